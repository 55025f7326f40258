"""Few-shot adaptation: a few dozen labelled sentences correct a scorer.

Works with any scorer that gives logits at the ends of its tokens, and, with
`RuleScorer`, without any model.
"""

import json
import math
import operator
import os
import time
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from scriptio import _core
from scriptio._text import checked_text, refuse_one_text
from scriptio.errors import AdapterFileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["AdaptationReport", "Adapter", "RuleScorer", "TokenScorer", "fit"]

#: What every adapter file says of itself.
FORMAT = "scriptio-adapter"

#: Fewest sentences to learn from.
FEWEST = 8

#: Languages that put nothing between sentences.
UNSPACED = frozenset({"ja", "km", "my", "yue", "zh"})

#: Sentences of one document, or documents as sentences or as a text with ends.
Documents: TypeAlias = (
    Iterable[str] | Iterable[Sequence[str]] | Iterable[tuple[str, Iterable[int]]]
)

#: Largest hash and weight that a file may hold.
LARGEST_HASH = 2**32 - 1
LARGEST_WEIGHT = 2**31 - 1


class TokenScorer(Protocol):
    """What can be adapted: logits of a boundary at the end of every token."""

    def token_logits(self, text: str) -> "tuple[Buffer, Buffer]":
        """The ends of the tokens, and a logit at each.

        Ends are 64-bit integers: code points, exclusive, rising. Logits are
        32-bit numbers. White space behind a boundary belongs to what is before it.
        """


class RuleScorer:
    """The rules of `SentenceSegmenter` as a scorer: adaptation without a model.

    Args:
        lang: ISO 639 code; see `SentenceSegmenter`.

    Raises:
        TypeError: `lang` is not a string.
        ValueError: The language is not known.

    Examples:
        >>> from scriptio.adaptation import RuleScorer
        >>> ends, logits = RuleScorer("en").token_logits("It rained. We left.")
        >>> ends.tolist(), [logit > 0 for logit in logits]
        ([2, 10, 13, 19], [False, True, False, False])
    """

    __slots__ = ("_core",)

    def __init__(self, lang: str) -> None:
        self._core = _rules(lang)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self._core.lang,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core.lang!r})"

    def token_logits(self, text: str) -> "tuple[array[int], array[float]]":
        """The ends of tokens and of the rules' candidates, and what the rules say there.

        Raises:
            TypeError: `text` is not a string.
        """
        ends, logits = array("q"), array("f")
        for target, data in zip(
            (ends, logits), _core.rule_logits(self._core, checked_text(text)), strict=True
        ):
            target.frombytes(data)
        return ends, logits


class AdaptationReport(NamedTuple):
    """How much an adaptation helped, by five-fold cross-validation.

    Every fifth of the sentences was segmented with weights and threshold
    learned from the others. Scores are in `[0, 1]`; the end of a document is
    no boundary.

    Attributes:
        sentences: How many sentences were learned from.
        places: How many places there were where a sentence could end.
        f1_before: F1 of the scorer with the threshold it came with.
        f1_threshold: F1 of the scorer with a threshold tuned to the sentences.
        f1: F1 of the adapter.
        precision: Precision of the adapter.
        recall: Recall of the adapter.
        penalty: Strength of the penalty on weights that did best; 0 where no
            regression was learned, because a threshold did as well.
        seconds: How long it took, the scorer included. Not stored: `None`
            for an adapter that was loaded.
    """

    sentences: int
    places: int
    f1_before: float
    f1_threshold: float
    f1: float
    precision: float
    recall: float
    penalty: float
    seconds: float | None = None


class Adapter:
    """What was learned from labelled sentences. Made by `fit`, stored as JSON.

    Cannot be changed, may be used by several threads at once, and can be
    pickled; two of the same content are equal.

    Examples:
        >>> from scriptio.adaptation import Adapter, RuleScorer, fit
        >>> scorer = RuleScorer("en")
        >>> sentences = ["it rained;", "we left;", "no one came;", "she read on;"] * 8
        >>> adapter = fit(scorer, sentences, lang="en")
        >>> adapter.report.f1_before, adapter.report.f1
        (0.0, 1.0)
        >>> text = "they came; it was late"
        >>> adapter.ends(text, *scorer.token_logits(text))
        [11, 22]
        >>> Adapter.from_json(adapter.to_json()) == adapter
        True
    """

    __slots__ = ("__weakref__", "_core", "_record", "_report")

    _core: _core.Adapter
    _record: dict[str, Any]
    _report: AdaptationReport

    def __init__(self) -> None:
        raise TypeError("an Adapter is made by fit, Adapter.from_json or Adapter.load")

    @classmethod
    def _of(cls, record: dict[str, Any], report: AdaptationReport) -> "Adapter":
        self = object.__new__(cls)
        arguments = (record[key] for key in ("base_threshold", "threshold", *WEIGHTS))
        self._core = _core.Adapter.from_parts(_rules(record["lang"]), *arguments)
        self._record = record
        self._report = report
        return self

    @property
    def lang(self) -> str:
        """The language whose rules are asked."""
        return str(self._record["lang"])

    @property
    def threshold(self) -> float:
        """The probability from which an adapted logit is a boundary."""
        return float(self._record["threshold"])

    @property
    def base_threshold(self) -> float:
        """The probability from which the scorer, as it was, saw a boundary."""
        return float(self._record["base_threshold"])

    @property
    def report(self) -> AdaptationReport:
        """How much the adaptation helped."""
        return self._report

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Adapter):
            return NotImplemented
        return self._record == other._record

    def __hash__(self) -> int:
        return hash((self.lang, self.threshold, self.base_threshold, *self._record["hashes"]))

    def __repr__(self) -> str:
        report = self.report
        return (
            f"<Adapter for {self.lang!r}: {report.sentences} sentences,"
            f" F1 {report.f1_before:.3f} -> {report.f1:.3f}>"
        )

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return type(self).from_json, (self.to_json(),)

    def logits(self, text: str, ends: "Buffer", logits: "Buffer") -> "array[float]":
        """A scorer's logits, adapted.

        Where no segment can end, such as inside a word, the logit is -30; at
        the end of the text it stays what it was. Linear in the text.

        Args:
            text: The text.
            ends: Where its tokens end, as `TokenScorer.token_logits` gives it.
            logits: The scorer's logit at each.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: `ends` do not rise or do not fit the text, or there
                are not as many logits.
        """
        adapted = array("f")
        adapted.frombytes(self._core.logits(checked_text(text), ends, logits))
        return adapted

    def ends(self, text: str, ends: "Buffer", logits: "Buffer") -> list[int]:
        """Where the segments of a text end, by its adapted logits and the threshold.

        White space behind a segment belongs to it; the last end is the length
        of the text.

        Args:
            text: The text.
            ends: Where its tokens end.
            logits: The scorer's logit at each, not adapted yet.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: As for `logits`.
        """
        cut = math.log(self.threshold / (1.0 - self.threshold))
        found: list[int] = []
        for end, logit in zip(memoryview(ends), self.logits(text, ends, logits), strict=True):
            if logit < cut:
                continue
            while end < len(text) and text[end].isspace():
                end += 1
            if not found or end > found[-1]:
                found.append(end)
        if text and (not found or found[-1] < len(text)):
            found.append(len(text))
        return found

    def to_json(self) -> str:
        """The adapter as JSON, at most some 100 KB; the weights are thousandths."""
        report = self.report._asdict()
        del report["seconds"]
        head = {"format": FORMAT, "version": _core.Adapter.VERSION}
        return json.dumps({**head, **self._record, "report": report}, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: str) -> "Adapter":
        """The adapter that `to_json` wrote.

        Raises:
            TypeError: `data` is not a string.
            AdapterFileError: It is not what `to_json` writes, or was written
                by a version with other features. Also a `ValueError`.
        """
        return _read(cls, checked_text(data, "data"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the adapter to a JSON file.

        Raises:
            OSError: The file cannot be written.
        """
        Path(path).write_text(self.to_json() + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Adapter":
        """The adapter that `save` wrote.

        Raises:
            OSError: The file cannot be read.
            AdapterFileError: It holds no adapter. Also a `ValueError`.
        """
        try:
            data = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise AdapterFileError(f"{os.fspath(path)}: not UTF-8, expected JSON") from error
        try:
            return cls.from_json(data)
        except AdapterFileError as error:
            raise AdapterFileError(f"{os.fspath(path)}: {error}") from error


def fit(
    scorer: TokenScorer,
    documents: Documents,
    *,
    lang: str = "und",
    base_threshold: float = 0.5,
    separator: str | None = None,
) -> Adapter:
    """Learn from labelled sentences where sentences end in texts of their kind.

    A logistic regression over the scorer's logits, the verdicts of the rules
    and hashed features of the text around each place (Minixhofer, Pfeiffer &
    Vulić 2023 have the first of these), drawn to the scorer as it is where the
    sentences show nothing. Its penalty and the threshold are chosen by
    cross-validation; where a tuned threshold does as well, it is all that is
    learned.

    64 sentences from the texts at hand already tell much, 256 tell most. They
    should come as they stand, with their line breaks: pass texts with ends, or
    sentences that keep the white space behind them, rather than bare ones.

    Args:
        scorer: What is to be adapted.
        documents: The sentences of one document; or several documents, each
            a list of its sentences or a pair of its text and the offsets at
            which its sentences end, in code points.
        lang: ISO 639 code of the texts, for the rules.
        base_threshold: The probability from which the scorer, as it is, sees
            a boundary.
        separator: What to put between two sentences where the first has no
            white space at its end: a space, or nothing for Burmese, Chinese,
            Japanese and Khmer, unless told.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: There are fewer than 8 sentences, one is empty, no text
            has a boundary inside, ends do not fit a text, or another argument
            is no usable value.

    Examples:
        >>> from scriptio.adaptation import RuleScorer, fit
        >>> sentences = ["Art. 1.", "Subject", "The law applies;", "it binds all;"] * 10
        >>> fit(RuleScorer("en"), sentences, lang="en", separator="\\n")
        <Adapter for 'en': 40 sentences, F1 ... -> 1.000>
    """
    started = time.perf_counter()
    rules = _rules(lang)
    if separator is None:
        separator = "" if rules.lang in UNSPACED else " "
    labelled = _labelled(documents, checked_text(separator, "separator"))
    count = sum(len(ends) for _, ends in labelled)
    if count < FEWEST:
        raise ValueError(f"documents hold {count} sentences; at least {FEWEST} are needed")
    if all(len(ends) < 2 for _, ends in labelled):
        raise ValueError(
            "no document has a boundary inside: each holds one sentence; pass a flat list of"
            " sentences to have them joined"
        )
    scored = [(text, *scorer.token_logits(text), ends) for text, ends in labelled]
    core, numbers = _core.Adapter.fit(rules, scored, float(base_threshold))
    threshold, dense, hashes, weights = core.parts()
    record = {
        "lang": rules.lang,
        "base_threshold": float(base_threshold),
        "threshold": round(threshold, 6),
        "dense": dense,
        "hashes": hashes,
        "weights": weights,
    }
    rounded = (value if isinstance(value, int) else round(value, 4) for value in numbers)
    report = AdaptationReport(*rounded)  # type: ignore[arg-type] # As the core orders them.
    return Adapter._of(record, report._replace(seconds=time.perf_counter() - started))


def _rules(lang: str) -> _core.SentenceSegmenter:
    return _core.SentenceSegmenter(checked_text(lang, "lang"), "paragraph", [], [], False)


def _labelled(documents: Documents, separator: str) -> list[tuple[str, list[int]]]:
    """Every document as a text and the ends of its sentences, the last end included."""
    refuse_one_text(documents, "documents")
    items = list(documents)
    if items and isinstance(items[0], str):
        return [_joined(items, separator, "documents")]
    labelled = []
    for at, item in enumerate(items):
        name = f"documents[{at}]"
        if isinstance(item, tuple) and len(item) == 2 and not isinstance(item[1], str):
            labelled.append(_marked(*item, name))
        else:
            labelled.append(_joined(item, separator, name))
    return labelled


def _joined(sentences: Iterable[object], separator: str, name: str) -> tuple[str, list[int]]:
    refuse_one_text(sentences, name)
    pieces: list[str] = []
    ends: list[int] = []
    length = 0
    for at, item in enumerate(sentences):
        sentence = checked_text(item, f"{name}[{at}]")
        if not sentence.strip():
            raise ValueError(f"{name}[{at}] is {sentence!r}; leave empty sentences out")
        if pieces and not pieces[-1][-1].isspace():
            pieces.append(separator)
            length += len(separator)
        pieces.append(sentence)
        length += len(sentence)
        ends.append(length)
    return "".join(pieces), ends


def _marked(text: object, ends: object, name: str) -> tuple[str, list[int]]:
    text = checked_text(text, f"{name}[0]")
    if not isinstance(ends, Iterable):
        raise TypeError(f"{name}[1] must be an iterable of int, not {type(ends).__name__}")
    offsets = []
    for at, end in enumerate(ends):
        try:
            offsets.append(operator.index(end))
        except TypeError:
            kind = type(end).__name__
            raise TypeError(f"{name}[1][{at}] must be int, not {kind}") from None
    # The last sentence ends with its text, whether that is said or not.
    if not offsets or offsets[-1] < len(text.rstrip()):
        offsets.append(len(text))
    return text, offsets


#: The parts of a file that hold what was learned.
WEIGHTS = ("dense", "hashes", "weights")


def _read(cls: type[Adapter], data: str) -> Adapter:
    try:
        content = json.loads(data)
    except ValueError as error:
        raise AdapterFileError(f"not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise AdapterFileError(f"format is {found!r}, expected {FORMAT!r}")
    version = content.get("version")
    if version != _core.Adapter.VERSION:
        raise AdapterFileError(
            f"version is {version!r}, expected {_core.Adapter.VERSION}: fit the adapter again"
        )
    record = {
        "lang": _field(content, "lang", str),
        "base_threshold": _field(content, "base_threshold", float),
        "threshold": _field(content, "threshold", float),
        "dense": None if content.get("dense", 0) is None else _integers(content, "dense"),
        "hashes": _integers(content, "hashes", 0, LARGEST_HASH),
        "weights": _integers(content, "weights"),
    }
    numbers = _field(content, "report", dict)
    names = AdaptationReport._fields[:-1]
    kinds = [AdaptationReport.__annotations__[name] for name in names]
    report = AdaptationReport(
        *(_field(numbers, name, kind) for name, kind in zip(names, kinds, strict=True))
    )
    try:
        return cls._of(record, report)
    except ValueError as error:
        raise AdapterFileError(str(error)) from error


def _field(content: dict[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise AdapterFileError(f"{name} is {value!r}, expected {kind.__name__}")
    return value


def _integers(
    content: dict[str, Any], name: str, low: int = -LARGEST_WEIGHT, high: int = LARGEST_WEIGHT
) -> list[int]:
    values = _field(content, name, list)
    for at, value in enumerate(values):
        if type(value) is not int or not low <= value <= high:
            raise AdapterFileError(
                f"{name}[{at}] is {value!r}, expected an integer from {low} to {high}"
            )
    return list(values)
