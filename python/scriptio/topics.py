"""Where the topic of a text changes: by a model, by its words, or by a scorer of pairs."""

import math
import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal, Protocol, runtime_checkable

from scriptio import _core
from scriptio._pipe import Piping
from scriptio._text import (
    checked_int,
    checked_object,
    checked_text,
    checked_texts,
    checked_words,
    refuse_one_text,
    thread_count,
)
from scriptio._topic_files import PairClassifier, load_scorer
from scriptio._topic_lengths import lengths_of
from scriptio._topic_model import TopicModel
from scriptio.perplexity import PerplexityScorer
from scriptio.sentence import SentenceSegmenter
from scriptio.types import Segmentation

__all__ = [
    "PairClassifier",
    "PairScorer",
    "PerplexityScorer",
    "TopicModel",
    "TopicSegmenter",
    "c99",
    "stem",
    "texttiling",
]

#: The methods that need no model.
METHODS = ("c99", "texttiling")


#: The arguments of `TopicSegmenter` but the first, in order.
NAMES = (
    *("unit", "lang", "count", "threshold", "decoder", "min_units", "stop_words"),
    *("min_length", "max_length", "target_length"),
)

#: The threshold of each decoder where none is told.
THRESHOLDS = {"threshold": 0.5, "minima": 0.0, "adaptive": 1.0}


@runtime_checkable
class PairScorer(Protocol):
    """Tells of neighbours how probable it is that the topic changes between them.

    A scorer that has a method `score_document(units)` is given all units of a
    text at once instead, and gives a probability for every unit but the first.
    One that has a `threshold` is decoded with that unless told.
    """

    def score(self, left: Sequence[str], right: Sequence[str]) -> Sequence[float]:
        """For every pair of a unit and the next one a probability from 0 to 1."""


class TopicSegmenter(Piping[Segmentation]):
    r"""Cuts texts where their topic changes.

    A text is cut into units, and boundaries lie between units, so that the
    segments of a text concatenate to it. The bundled model `scriptio-topic`
    has read documents whose headings were left out, and tells where they
    stood. The two methods that need no model find places where the words
    change. Where all parts of a text share one vocabulary, as in terms of
    service, most of what they find is wrong.

    The file of a model is opened with the first text.

    A segmenter cannot be changed, may be used by several threads at once if
    its scorer may, and can be pickled if its scorer can.

    Args:
        model: The bundled model, `scriptio-topic`, unless told, whose time is
            linear; `c99` (Choi 2000), whose time grows with the square of the
            number of units; `texttiling` (Hearst 1997), whose time is linear;
            the directory of a model like the bundled one or of a
            `PairClassifier`; or an object whose method `score` is given the
            units on the left and on the right of every place and gives the
            probabilities that the topic changes there, such as a `TopicModel`
            with settings of its own.
        unit: `paragraph`: what blank lines part; `line`: what line breaks
            part; `sentence`.
        lang: Language of the sentences and words, as for
            `SentenceSegmenter`. For `en` words are stemmed, and stop words
            are left out; for others they are compared as they are, in lower
            case.
        count: The number of segments, where it is known. C99 and scorers
            give as many if there are units enough and `min_units` allows,
            `texttiling` at most as many.
        threshold: For a model or scorer, what the decoder takes. For `c99` and
            `texttiling`, by how many standard deviations a boundary must
            stand out from the mean: 1.2 and -0.5 unless told. Of no effect
            with `count`.
        decoder: What becomes of probabilities. `threshold`: those greater
            than the threshold are boundaries (the model's, or 0.5, unless
            told). `minima`:
            those greater than both neighbours, and than one of them by the
            threshold (0); cohesion has a minimum there. `adaptive`: those
            greater than the mean of the text by so many standard deviations
            as the threshold (1). For scorers alone.
        min_units: The least number of units of a segment.
        stop_words: Words that tell nothing of a topic, in place of those
            known for `lang`. Of no effect for scorers.
        min_length: The least length of a segment in code points; a shorter
            one joins a neighbour. It gives way to `max_length`.
        max_length: The greatest length; a longer one is cut between units
            where that is most probable. A unit that is longer itself is cut
            between its sentences, and where nothing else is left behind white
            space or anywhere.
        target_length: How long segments should be. The boundaries are then
            those of the best sum of log probabilities of the cuts and of a
            Gaussian of the lengths, whose deviation is a quarter of it. What
            the decoder or a lexical method would cut counts as more probable
            than any other place.

    Raises:
        ModelError: There is no such model, or it is of another kind.
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value.

    Examples:
        >>> from scriptio import TopicSegmenter
        >>> text = "Ships sail.\n\nA ship in port.\n\nCourts sit.\n\nA court of law."
        >>> TopicSegmenter("c99", lang="en", count=2).split(text)
        ['Ships sail.\n\nA ship in port.\n\n', 'Courts sit.\n\nA court of law.']
        >>> class ByInitial:
        ...     def score(self, left, right):
        ...         return [float(a[0] != b[0]) for a, b in zip(left, right)]
        >>> out = TopicSegmenter(ByInitial(), unit="sentence", lang="en").segment("Ah. All. Be.")
        >>> out.texts(), out.probabilities.tolist()
        (['Ah. All. ', 'Be.'], [1.0, 1.0])
    """

    __slots__ = ("__weakref__", "_config", "_core", "_lengths", "_scorer")

    def __init__(
        self,
        model: str | os.PathLike[str] | PairScorer | None = None,
        *,
        unit: Literal["paragraph", "line", "sentence"] = "paragraph",
        lang: str = "und",
        count: int | None = None,
        threshold: float | None = None,
        decoder: Literal["threshold", "minima", "adaptive"] | None = None,
        min_units: int = 1,
        stop_words: Iterable[str] | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        target_length: int | None = None,
    ) -> None:
        self._scorer = scorer_of(model)
        if decoder is not None and self._scorer is None:
            raise ValueError(
                f"decoder is {decoder!r}, and {model!r} gives no probabilities; "
                "leave it out, or pass a scorer as model"
            )
        if decoder is not None and decoder not in THRESHOLDS:
            raise ValueError(f"decoder is {decoder!r}; known: {', '.join(THRESHOLDS)}")
        threshold = checked_number(threshold, "threshold")
        words = None if stop_words is None else checked_words(stop_words, "stop_words")
        sentences = SentenceSegmenter(lang)
        self._lengths = lengths_of(min_length, max_length, target_length, sentences)
        if self._lengths is not None and count is not None:
            raise ValueError(
                f"count is {count}, and limits of length decide how many segments there are; leave "
                "out count, or min_length, max_length and target_length"
            )
        self._core = _core.TopicSegmenter(
            method=model if isinstance(model, str) and model in METHODS else "c99",
            unit=checked_text(unit, "unit"),
            lang=checked_text(lang, "lang"),
            sentences=sentences.core,
            stop_words=None if words is None else list(words),
            count=None if count is None else checked_int(count, "count"),
            deviations=threshold,
            min_units=checked_int(min_units, "min_units"),
        )
        config = (model, unit, lang, count, threshold, decoder, min_units, words)
        self._config = (*config, min_length, max_length, target_length)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TopicSegmenter):
            return NotImplemented
        return type(self) is type(other) and self._config == other._config

    def __hash__(self) -> int:
        return hash(self._config)

    def __repr__(self) -> str:
        usual = ("paragraph", "und", None, None, None, 1, None, None, None, None)
        told = [] if self._config[0] is None else [repr(self._config[0])]
        for name, value, default in zip(NAMES, self._config[1:], usual, strict=True):
            if value != default:
                told.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(told)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), *self._config)

    def units(self, text: str) -> Segmentation:
        """The units of one text: what boundaries lie between.

        Raises:
            TypeError: `text` is not a string.
        """
        text = checked_text(text)
        return Segmentation(text, self._core.units(text))

    def segment(self, text: str) -> Segmentation:
        """The segments of one text, with the probabilities of a model or scorer.

        White space behind a unit belongs to it. The empty text has no
        segments. The interpreter lock is released while `c99` or
        `texttiling` work on a text of 4 KiB or more.

        Raises:
            MissingDependencyError: A model is asked, and numpy or onnxruntime
                is not installed.
            ModelError: The model's files are not as they should be.
            TypeError: `text` is not a string, or a scorer gives no numbers.
            ValueError: A scorer gives not one probability from 0 to 1 for
                each place.
        """
        text = checked_text(text)
        if self._scorer is None:
            return self._fitted(text, self._core.segment(text))
        return self._scored(text, self._scorer)

    def split(self, text: str) -> list[str]:
        """The segments of one text, as strings.

        Raises:
            TypeError: As `segment`.
            ValueError: As `segment`.
        """
        return self.segment(text).texts()

    def segment_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[Segmentation]:
        """The segments of every text, in the order of the texts.

        Args:
            texts: The texts, all at hand; see `pipe` for a stream of them.
            num_threads: How many threads at most; a scorer is called by this
                thread alone, once for each text of two units or more.

        Raises:
            TypeError: `texts` is a single string, or as `segment`.
            ValueError: `num_threads` is smaller than 1, or as `segment`.
        """
        items = checked_texts(texts)
        threads = thread_count(num_threads)
        if self._scorer is None:
            return list(map(self._fitted, items, self._core.segment_batch(items, threads)))
        return [self._scored(text, self._scorer) for text in items]

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[Segmentation]:
        return self.segment_batch(texts, num_threads=num_threads)

    def _scored(self, text: str, scorer: PairScorer) -> Segmentation:
        spans = self._core.units(text)
        ends = spans.ends()
        found: list[float] = []
        if len(ends) > 1:
            units = spans.texts(text)
            whole = getattr(scorer, "score_document", None)
            scores = scorer.score(units[:-1], units[1:]) if whole is None else whole(units)
            found = checked_scores(scores, len(ends) - 1)
        count, threshold, decoder, min_units = self._config[3:7]
        decoder = decoder or "threshold"
        cuts = _core.decode_topics(
            found,
            decoder=decoder,
            threshold=usual_threshold(scorer, decoder) if threshold is None else threshold,
            count=count,
            min_units=min_units,
        )
        if self._lengths is not None:
            return self._lengths.segment(text, ends, cuts, found)
        last = [*(cut - 1 for cut in cuts), *([len(ends) - 1] if ends else [])]
        starts = [0, *(ends[i] for i in last)]
        segments = list(pairwise(starts))
        probabilities = [*(found[cut - 1] for cut in cuts), *([1.0] if ends else [])]
        return Segmentation(text, segments, probabilities)

    def _fitted(self, text: str, spans: _core.SpanArray) -> Segmentation:
        """What a lexical method found, within the limits of length if there are any."""
        if self._lengths is None:
            return Segmentation(text, spans)
        ends = self._core.units(text).ends()
        places = {end: i + 1 for i, end in enumerate(ends)}
        cuts = [places[end] for end in spans.ends()[:-1]]
        return Segmentation(text, self._lengths.segment(text, ends, cuts, None).spans)


def c99(
    units: Iterable[Sequence[str]],
    *,
    count: int | None = None,
    threshold: float | None = None,
    min_units: int = 1,
) -> list[int]:
    """The units before which C99 cuts, by the terms of each unit.

    For texts that were made into terms elsewhere: nothing is left out or
    stemmed. Choi 2000, "Advances in domain independent linear text
    segmentation", NAACL, with ranks among 11 by 11 neighbours.

    Args:
        units: The terms of each unit.
        count: The number of segments; found by the method if None.
        threshold: By how many standard deviations the gain of a cut must
            exceed the mean; 1.2 unless told.
        min_units: The least number of units of a segment.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A number is not usable.

    Examples:
        >>> c99([["sea", "ship"], ["ship"], ["law", "court"], ["law"]], count=2)
        [2]
    """
    return _cuts("c99", units, count, threshold, min_units)


def texttiling(
    units: Iterable[Sequence[str]],
    *,
    count: int | None = None,
    threshold: float | None = None,
    min_units: int = 1,
) -> list[int]:
    """The units before which TextTiling cuts, by the terms of each unit.

    Hearst 1997, "TextTiling: segmenting text into multi-paragraph subtopic
    passages", Computational Linguistics 23(1): sequences of 20 terms, blocks
    of 10 sequences.

    Args:
        units: The terms of each unit.
        count: The greatest number of segments; found by the method if None.
        threshold: By how many standard deviations the depth of a boundary
            must exceed the mean; -0.5 unless told.
        min_units: The least number of units of a segment.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A number is not usable.

    Examples:
        >>> texttiling([["sea"] * 30] * 8 + [["law"] * 30] * 8)
        [8]
    """
    return _cuts("texttiling", units, count, threshold, min_units)


def stem(word: str) -> str:
    """The stem of an English word in lower case: Porter 1980.

    Raises:
        TypeError: `word` is not a string.

    Examples:
        >>> stem("relational")
        'relat'
    """
    return _core.stem(checked_text(word, "word"))


def _cuts(
    method: str,
    units: Iterable[Sequence[str]],
    count: int | None,
    threshold: float | None,
    min_units: int,
) -> list[int]:
    refuse_one_text(units, "units")
    return _core.topic_cuts(
        [checked_texts(unit, f"units[{i}]") for i, unit in enumerate(units)],
        method=method,
        count=None if count is None else checked_int(count, "count"),
        deviations=checked_number(threshold, "threshold"),
        min_units=checked_int(min_units, "min_units"),
    )


def scorer_of(model: object) -> PairScorer | None:
    """The scorer that `model` is or names; None for what needs none.

    Raises:
        ModelError: There is no such model, or it is of another kind.
        TypeError: It is none of it.
    """
    if isinstance(model, str) and model in METHODS:
        return None
    if model is None:
        return TopicModel()
    if isinstance(model, (str, os.PathLike)):
        return load_scorer(model)
    checked_object(model, "model")
    if isinstance(model, PairScorer):
        return model
    raise TypeError(
        "model must be 'c99', 'texttiling', the id or directory of a model, or an object with a "
        f"method score(left, right), not {type(model).__name__}"
    )


def usual_threshold(scorer: PairScorer, decoder: str) -> float:
    """What a decoder takes unless told: of a threshold, the scorer's own if it has one."""
    own = getattr(scorer, "threshold", None) if decoder == "threshold" else None
    return THRESHOLDS[decoder] if own is None else float(own)


def checked_number(value: object, name: str) -> float | None:
    """`value`, if it is None or a finite number.

    Raises:
        TypeError: It is no number.
        ValueError: It is not finite.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is {value}; pass a finite number, such as 0.5")
    return number


def checked_scores(scores: Iterable[Any], places: int) -> list[float]:
    """What a scorer gave, as a list of numbers.

    Raises:
        TypeError: It holds something else.
        ValueError: They are not as many as the places.
    """
    try:
        found = [float(score) for score in scores]
    except (TypeError, ValueError) as error:
        raise TypeError(f"score must give numbers: {error}") from None
    if len(found) != places:
        raise ValueError(
            f"score gave {len(found)} numbers for {places} pairs; it must give one for each"
        )
    return found


def _rebuilt(cls: type[TopicSegmenter], model: Any, *config: Any) -> TopicSegmenter:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return cls(model, **dict(zip(NAMES, config, strict=True)))
