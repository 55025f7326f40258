"""What segmenters give back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex, overload

from scriptio._core import FloatArray, SpanArray
from scriptio._text import checked_text
from scriptio.errors import MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Explanation", "FloatArray", "Segment", "Segmentation", "Span", "SpanArray"]


class Span(NamedTuple):
    """A half-open range of code points: `text[span.start : span.end]`."""

    start: int
    end: int


class Segment(NamedTuple):
    """A span with its text."""

    start: int
    end: int
    text: str


class Explanation(NamedTuple):
    """Why a segment ends, or does not end, at one place.

    Two of them may share an offset, such as those of a full stop and of the
    line break after it; a segment ends there if either says so.

    Attributes:
        offset: Where the next segment would start, in code points.
        boundary: Whether a segment ends there.
        reason: What decided: the name of a rule, or `scorer`.
        probability: The scorer's, if the scorer decided.
    """

    offset: int
    boundary: bool
    reason: str
    probability: float | None


#: Spans made into tuples at once while looping: lazy, and faster than one by one.
BLOCK = 1024


def _pairs(spans: SpanArray) -> Iterator[tuple[int, int]]:
    for at in range(0, len(spans), BLOCK):
        yield from spans[at : at + BLOCK].tolist()


class Segmentation(Sequence[Span]):
    """The segments of one text: a sequence of spans that knows its text.

    It holds the text and one array of 16 bytes a span; spans and strings are
    made when they are asked for. A slice is a `Segmentation` of the same text
    with fewer spans. It cannot be changed, and can be hashed and pickled.

    Args:
        text: The text that was segmented.
        spans: Start and end of each segment in code points.
        probabilities: Where a model was asked, how probable a boundary is at
            the end of each segment.

    Raises:
        TypeError: `text` is not a string.
        ValueError: A span does not fit the text, or the probabilities are not
            as many as the spans.

    Examples:
        >>> import scriptio
        >>> out = scriptio.SentenceSegmenter("en").segment("It rained. We left.")
        >>> out
        <Segmentation of 19 characters: 2 segments>
        >>> out[1]
        Span(start=11, end=19)
        >>> out.texts()
        ['It rained. ', 'We left.']
    """

    __slots__ = ("__weakref__", "_probabilities", "_spans", "_text")

    _text: str
    _spans: SpanArray
    _probabilities: FloatArray | None

    def __init__(
        self,
        text: str,
        spans: SpanArray | Iterable[tuple[int, int]],
        probabilities: FloatArray | Iterable[float] | None = None,
    ) -> None:
        self._text = checked_text(text)
        self._spans = spans if isinstance(spans, SpanArray) else SpanArray(list(spans))
        if self._spans and self._spans[-1][1] > len(text):
            last = self._spans[-1]
            raise ValueError(f"span {last} does not fit a text of {len(text)} characters")
        if probabilities is not None and not isinstance(probabilities, FloatArray):
            probabilities = FloatArray(list(probabilities))
        if probabilities is not None and len(probabilities) != len(self._spans):
            raise ValueError(
                f"there are {len(probabilities)} probabilities and {len(self._spans)} spans; "
                "pass one for each span, or None"
            )
        self._probabilities = probabilities

    @property
    def text(self) -> str:
        """The text that was segmented."""
        return self._text

    @property
    def spans(self) -> SpanArray:
        """The array itself, for `memoryview` and other readers of buffers."""
        return self._spans

    @property
    def probabilities(self) -> FloatArray | None:
        """How probable the boundary at the end of each segment is.

        1 for the end of the text and for boundaries that line breaks make, 0
        where a limit of length alone made one. None where no model was asked.
        """
        return self._probabilities

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> "Segmentation": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "Span | Segmentation":
        if isinstance(index, slice):
            probabilities = self._probabilities
            picked = None if probabilities is None else probabilities[index]
            return Segmentation(self._text, self._spans[index], picked)
        return Span._make(self._spans[index])

    def __iter__(self) -> Iterator[Span]:
        return map(Span._make, _pairs(self._spans))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segmentation):
            return NotImplemented
        return (
            self._spans == other._spans
            and self._text == other._text
            and self._probabilities == other._probabilities
        )

    def __hash__(self) -> int:
        return hash((self._text, self._spans))

    def __repr__(self) -> str:
        return f"<Segmentation of {len(self._text)} characters: {len(self)} segments>"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        if self._probabilities is None:
            return type(self), (self._text, self._spans)
        return type(self), (self._text, self._spans, self._probabilities)

    def texts(self) -> list[str]:
        """The text of every segment."""
        return self._spans.texts(self._text)

    def segments(self) -> Iterator[Segment]:
        """Every segment with its text, made one by one.

        Examples:
            >>> import scriptio
            >>> out = scriptio.SentenceSegmenter("en").segment("It rained. We left.")
            >>> next(out.segments())
            Segment(start=0, end=11, text='It rained. ')
        """
        text = self._text
        for start, end in _pairs(self._spans):
            yield Segment(start, end, text[start:end])

    def stripped(self) -> "Segmentation":
        """The same segments without white space on either side of them.

        A segment of white space alone becomes empty, at its start. White
        space is what Unicode calls so, which leaves out the four separators
        U+001C to U+001F that `str.strip` takes away.
        """
        return Segmentation(self._text, self._spans.stripped(self._text), self._probabilities)

    def ends(self) -> list[int]:
        """Where the segments end, in code points."""
        return self._spans.ends()

    def byte_spans(self) -> SpanArray:
        """The spans as offsets into `text.encode("utf-8", "surrogatepass")`.

        Computed anew at each call, in one pass over the text.
        """
        return self._spans.byte_spans(self._text)

    def to_numpy(self) -> "NDArray[np.int64]":
        """The spans as a read-only numpy array of shape `(n, 2)`, not copied.

        Raises:
            MissingDependencyError: numpy is not installed.
        """
        try:
            import numpy as np
        except ImportError as error:
            raise MissingDependencyError("numpy", "numpy") from error
        return np.asarray(self._spans)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Start, end and text of every segment, ready for `json`."""
        return [segment._asdict() for segment in self.segments()]
