"""Few-shot adaptation: a few dozen labelled sentences correct a scorer.

Works with any scorer that gives logits at the ends of its tokens, and, with
`RuleScorer`, without any model.
"""

import json
import math
import os
import time
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scriptio import _core
from scriptio._adapter_file import FORMAT, WEIGHTS, read_adapter
from scriptio._labelled import UNSPACED, Documents, labelled_texts
from scriptio._rule_scorer import RuleScorer, TokenScorer, rules_of
from scriptio._text import checked_text
from scriptio.errors import AdapterFileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["AdaptationReport", "Adapter", "RuleScorer", "TokenScorer", "fit"]

#: Fewest sentences to learn from.
FEWEST = 8


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
        self._core = _core.Adapter.from_parts(rules_of(record["lang"]), *arguments)
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
        fields = dict(list(AdaptationReport.__annotations__.items())[:-1])
        record, numbers = read_adapter(checked_text(data, "data"), fields)
        try:
            return cls._of(record, AdaptationReport(**numbers))
        except ValueError as error:
            raise AdapterFileError(str(error)) from error

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
        >>> fit(RuleScorer("en"), sentences, lang="en", separator=chr(10))
        <Adapter for 'en': 40 sentences, F1 ... -> 1.000>
    """
    started = time.perf_counter()
    rules = rules_of(lang)
    if separator is None:
        separator = "" if rules.lang in UNSPACED else " "
    labelled = labelled_texts(documents, checked_text(separator, "separator"))
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
