"""Invariants that hold for every segmenter, whatever it thinks of a text.

Each check returns nothing or raises `AssertionError` with the reason.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

__all__ = [
    "check_pieces",
    "check_prefixes",
    "check_segmentation",
    "check_segmenter",
    "check_stripped",
]

#: A blank line and the white space after it, up to where a new paragraph begins.
BLANK_LINE = re.compile(r"\n[ \t]*+\r?\n[ \t\r\n]*+(?=\S)")


class SupportsSegment(Protocol):
    """The least that a segmenter can do."""

    def segment(self, text: str) -> Iterable[tuple[int, int]]:
        """Start and end of each segment in code points."""


def expect(holds: bool, reason: str) -> None:
    """Raise unless it holds, under `python -O` as well."""
    if not holds:
        raise AssertionError(reason)


def check_segmentation(text: str, spans: Iterable[tuple[int, int]]) -> None:
    """Check that `spans` partition `text`.

    No span is empty, each starts where the one before ended, the first starts
    at 0 and the last ends where the text does; the empty text has none. So
    the segments concatenate to the text.

    Raises:
        AssertionError: They do not; the message says where.

    Examples:
        >>> from scriptio.testing import check_segmentation
        >>> check_segmentation("It rained. We left.", [(0, 11), (11, 19)])
        >>> check_segmentation("It rained. We left.", [(0, 10), (11, 19)])
        Traceback (most recent call last):
        AssertionError: segment 1 starts at 11, but the one before it ends at 10
    """
    last = 0
    for index, (start, end) in enumerate(spans):
        before = "the one before it ends" if index else "the text starts"
        expect(start == last, f"segment {index} starts at {start}, but {before} at {last}")
        expect(end > start, f"segment {index} is empty or turned round: {start} to {end}")
        last = end
    expect(last == len(text), f"the last segment ends at {last}, the text at {len(text)}")


def check_stripped(
    text: str, whole: Iterable[Sequence[int]], inner: Iterable[Sequence[int]]
) -> None:
    """Check that stripped spans lie inside their own and miss white space alone.

    Raises:
        AssertionError: They do not; the message says where.
    """
    pairs = list(zip(whole, inner, strict=True))
    for index, ((start, end), (left, right)) in enumerate(pairs):
        expect(
            start <= left <= right <= end,
            f"stripped segment {index} is {left} to {right}, outside {start} to {end}",
        )
        missed = text[start:left] + text[right:end]
        expect(not missed.strip(), f"stripped segment {index} misses {missed!r}")
        kept = text[left:right]
        expect(
            kept.strip(" \t\r\n") == kept,
            f"stripped segment {index} still has white space around it: {kept!r}",
        )


def check_segmenter(segmenter: SupportsSegment, text: str) -> None:
    """Check one segmenter on one text.

    The segments must partition the text, and whatever else the segmenter
    offers of `split`, `segment_batch`, `split_batch`, `pipe` and `stream` must
    give the same. Not for a segmenter that strips.

    Raises:
        AssertionError: Something differs; the message says what.
    """
    spans = pairs(segmenter.segment(text))
    check_segmentation(text, spans)
    texts = [text[start:end] for start, end in spans]
    anything: Any = segmenter
    if hasattr(segmenter, "split"):
        expect(anything.split(text) == texts, "split differs from segment")
    # Between others and twice, to see whether one text leaves something behind for the next.
    others = ["", text, "It rained. We left.", text]
    if hasattr(segmenter, "segment_batch"):
        single = [pairs(segmenter.segment(other)) for other in others]
        for num_threads in (1, 3):
            batch = anything.segment_batch(others, num_threads=num_threads)
            expect([pairs(out) for out in batch] == single, "segment_batch differs from segment")
    if hasattr(segmenter, "split_batch"):
        expect(anything.split_batch([text]) == [texts], "split_batch differs from segment")
    if hasattr(segmenter, "pipe"):
        piped = [pairs(out) for out in anything.pipe(iter([text] * 3), batch_size=2)]
        expect(piped == [spans] * 3, "pipe differs from segment")
    if hasattr(segmenter, "stream"):
        check_pieces(segmenter, [text])
        check_pieces(segmenter, ["", text[: len(text) // 2], text[len(text) // 2 :]])


def check_pieces(segmenter: Any, pieces: Sequence[str]) -> None:
    """Check that a stream gives the same segments as the whole text at once.

    Args:
        segmenter: One with `segment` and `stream`.
        pieces: The text, cut anywhere.

    Raises:
        AssertionError: It does not, or gives one later than its look-ahead allows.
    """
    text = "".join(pieces)
    stream = segmenter.stream()
    segments = [segment for piece in pieces for segment in stream.feed(piece)]
    segments += stream.finish()
    whole = [(start, end, text[start:end]) for start, end in segmenter.segment(text)]
    expect(
        [tuple(segment) for segment in segments] == whole,
        f"the stream of {len(pieces)} pieces differs from the whole text",
    )


def check_prefixes(segmenter: SupportsSegment, text: str, most: int = 8) -> None:
    """Check that paragraphs do not depend on those that follow.

    The segments of a text up to the end of a blank line must be the first
    segments of the whole text. For segmenters that end a segment at every
    blank line, and look no further.

    Args:
        segmenter: The segmenter.
        text: The text.
        most: How many blank lines to look at.

    Raises:
        AssertionError: They are not; the message says where the text was cut.
    """
    whole = pairs(segmenter.segment(text))
    for found, _ in zip(BLANK_LINE.finditer(text), range(most), strict=False):
        if not text[: found.end()].strip():
            # White space before the first paragraph belongs to it.
            continue
        prefix = pairs(segmenter.segment(text[: found.end()]))
        expect(
            prefix == whole[: len(prefix)],
            f"the segments before {found.end()} change with the text that follows",
        )


def pairs(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of whatever kind as plain tuples."""
    return [(start, end) for start, end in spans]
