"""Fast sentence segmentation: rules and a learned scorer."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from scriptio import _core
from scriptio._pipe import Piping
from scriptio._text import (
    checked_text,
    checked_texts,
    checked_words,
    thread_count,
)
from scriptio.stream import SentenceStream
from scriptio.types import Explanation, Segmentation

__all__ = ["SentenceSegmenter", "split"]


class SentenceSegmenter(Piping[Segmentation]):
    """Cuts texts into sentences.

    White space after a sentence belongs to it, so the segments of a text
    concatenate to the text; leading white space belongs to the first segment.
    A text of white space alone is one segment, the empty text has none.

    A segmenter cannot be changed, may be used by several threads at once, and
    can be pickled; two of the same configuration are equal.

    Args:
        lang: ISO 639 code, such as `de`; a region or script as in `pt-BR` is
            accepted and dropped. `und` is for text of unknown or mixed
            language. `scriptio.languages` lists all.
        newlines: What a line break means. `paragraph`: a blank line ends a
            sentence, a single line break may or may not. `always`: every line
            break ends one. `never`: a line break is white space like any
            other.
        abbreviations: More abbreviations, with or without their full stop.
        protect: Regular expressions whose matches are never cut. They are looked for in the 64
            code points on either side of a candidate, so a longer match may be missed, and a pair
            of equal delimiters taken the wrong way round; best for short things with an outline.
        strip: Leave out white space on either side of each segment. Then the
            segments no longer concatenate to the text.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The language is not known, or another argument is no
            usable value.

    Examples:
        >>> from scriptio import SentenceSegmenter
        >>> segmenter = SentenceSegmenter("en", newlines="always")
        >>> segmenter
        SentenceSegmenter('en', newlines='always')
        >>> segmenter.split("It rained. We left.")
        ['It rained. ', 'We left.']
    """

    __slots__ = ("__weakref__", "_config", "_core")

    def __init__(
        self,
        lang: str,
        *,
        newlines: Literal["paragraph", "always", "never"] = "paragraph",
        abbreviations: Iterable[str] = (),
        protect: Iterable[str] = (),
        strip: bool = False,
    ) -> None:
        words = checked_words(abbreviations, "abbreviations")
        patterns = checked_words(protect, "protect")
        newline = checked_text(newlines, "newlines")
        strip = bool(strip)
        self._core = _core.SentenceSegmenter(
            checked_text(lang, "lang"), newline, list(words), list(patterns), strip
        )
        self._config = (self._core.lang, newline, words, patterns, strip)

    @property
    def core(self) -> _core.SentenceSegmenter:
        """The segmenter of the compiled half, for other parts of the package."""
        return self._core

    @property
    def lang(self) -> str:
        """The code of the language, without region or script."""
        return self._config[0]

    @property
    def newlines(self) -> str:
        """What a line break means."""
        return self._config[1]

    @property
    def abbreviations(self) -> tuple[str, ...]:
        """The abbreviations that were added."""
        return self._config[2]

    @property
    def protect(self) -> tuple[str, ...]:
        """The regular expressions whose matches are never cut."""
        return self._config[3]

    @property
    def strip(self) -> bool:
        """Whether white space around segments is left out."""
        return self._config[4]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SentenceSegmenter):
            return NotImplemented
        return type(self) is type(other) and self._config == other._config

    def __hash__(self) -> int:
        return hash(self._config)

    def __repr__(self) -> str:
        options = {
            "newlines": (self.newlines, "paragraph"),
            "abbreviations": (self.abbreviations, ()),
            "protect": (self.protect, ()),
            "strip": (self.strip, False),
        }
        told = [f"{name}={value!r}" for name, (value, usual) in options.items() if value != usual]
        return f"{type(self).__name__}({', '.join([repr(self.lang), *told])})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), *self._config)

    def segment(self, text: str) -> Segmentation:
        """The sentences of one text, as spans.

        The interpreter lock is released while a text of 4 KiB or more is
        worked on.

        Raises:
            TypeError: `text` is not a string.
        """
        if type(text) is not str:
            text = checked_text(text)
        return Segmentation(text, self._core.segment(text))

    def split(self, text: str) -> list[str]:
        """The sentences of one text, as strings.

        Raises:
            TypeError: `text` is not a string.
        """
        if type(text) is not str:
            text = checked_text(text)
        return self._core.segment(text).texts(text)

    def segment_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[Segmentation]:
        """The sentences of every text, in the order of the texts.

        The interpreter lock is released.

        Args:
            texts: The texts, all at hand; see `pipe` for a stream of them.
            num_threads: How many threads at most; as many as there are
                processors unless told. The result does not depend on it.

        Raises:
            TypeError: `texts` is a single string, or an item is not a string.
            ValueError: `num_threads` is smaller than 1.
        """
        items = checked_texts(texts)
        return list(map(Segmentation, items, self._spans(items, num_threads)))

    def split_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[list[str]]:
        """`segment_batch`, as strings."""
        items = checked_texts(texts)
        spans = self._spans(items, num_threads)
        return [array.texts(text) for text, array in zip(items, spans, strict=True)]

    def _spans(self, texts: list[str], num_threads: int | None) -> list[_core.SpanArray]:
        return self._core.segment_batch(texts, thread_count(num_threads))

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[Segmentation]:
        return self.segment_batch(texts, num_threads=num_threads)

    def explain(self, text: str) -> list[Explanation]:
        """Every place of a text where a sentence could end, and why it does or not.

        Raises:
            TypeError: `text` is not a string.
        """
        return list(map(Explanation._make, self._core.explain(checked_text(text))))

    def stream(self) -> SentenceStream:
        """A stream that takes one text piece by piece."""
        return SentenceStream(self._core.stream())


def _rebuilt(
    cls: type[SentenceSegmenter],
    lang: str,
    newlines: Any,
    abbreviations: tuple[str, ...],
    protect: tuple[str, ...],
    strip: bool,
) -> SentenceSegmenter:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return cls(lang, newlines=newlines, abbreviations=abbreviations, protect=protect, strip=strip)


@lru_cache(maxsize=64)
def _cached(lang: str) -> SentenceSegmenter:
    return SentenceSegmenter(lang)


def split(text: str, lang: str = "en") -> list[str]:
    """The sentences of a text, as strings.

    The segmenter of each language is made once. For spans, options or many
    texts use `SentenceSegmenter`.

    Args:
        text: The text.
        lang: Its language; see `SentenceSegmenter`.

    Raises:
        TypeError: An argument is not a string.
        ValueError: The language is not known.

    Examples:
        >>> import scriptio
        >>> scriptio.split("It rained. We left.")
        ['It rained. ', 'We left.']
    """
    return _cached(checked_text(lang, "lang")).split(text)
