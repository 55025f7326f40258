"""A long text cut slab by slab, where a whole one at a time would take too much memory."""

import re
from collections.abc import Callable

from scriptio.types import Segment, Segmentation

__all__ = ["SlabStream"]

#: Code points of a slab.
SLAB = 1 << 20

#: A segment that ends nearer than this to the end of a slab may yet change.
MARGIN = 1 << 12

#: A blank line with the white space behind it, which belongs to the segment before it. The four
#: separators that `re` takes for white space and Unicode does not are left out.
BLANK_LINE = re.compile(r"\n[ \t]*\r?\n[^\S\x1c-\x1f]*")


class SlabStream:
    """Takes a text in pieces and has it segmented slab by slab.

    A slab ends at the last blank line of its second half. Without one, the
    whole slab is segmented, its last segments are left to the next one, and
    a segment as long as a slab ends where that does. Segments concatenate to
    the text and do not depend on where the pieces were cut; memory does not
    grow with the text.

    Args:
        segment: Segments a text.
        blank_lines: Whether a segment ends at every blank line.
        margin: Code points at the end of a slab whose segments may change.
    """

    def __init__(
        self,
        segment: Callable[[str], Segmentation],
        *,
        blank_lines: bool,
        margin: int = MARGIN,
    ) -> None:
        self._segment = segment
        self._blank_lines = blank_lines
        self._margin = margin
        #: Where what is open starts in the text, what there is of it, and how much that is.
        self._start = 0
        self._pieces: list[str] = []
        self._length = 0

    def feed_scored(self, piece: str) -> list[tuple[Segment, float]]:
        """Take the next piece; the segments that are settled, with their probabilities."""
        self._pieces.append(piece)
        self._length += len(piece)
        out: list[tuple[Segment, float]] = []
        while self._length >= SLAB:
            text = "".join(self._pieces)
            given = self._settled(text[:SLAB])
            rest = text[given.text_end :]
            self._pieces, self._length = [rest], len(rest)
            out += given.moved(self._start)
            self._start += given.text_end
        return out

    def finish_scored(self) -> list[tuple[Segment, float]]:
        """The text is complete: the segments that are left."""
        text = "".join(self._pieces)
        out = Given(self._segment(text)).moved(self._start)
        self._start, self._pieces, self._length = 0, [], 0
        return out

    def _settled(self, slab: str) -> "Given":
        cut = blank_line_end(slab) if self._blank_lines else 0
        if cut:
            return Given(self._segment(slab[:cut]))
        out = self._segment(slab)
        count = sum(end <= len(slab) - self._margin for end in out.ends())
        return Given(out[:count] if count else out)


class Given:
    """Segments that are settled."""

    def __init__(self, out: Segmentation) -> None:
        self._out = out
        #: Where the last of them ends.
        self.text_end = out[-1].end if out else 0

    def moved(self, start: int) -> list[tuple[Segment, float]]:
        """The segments of a text that starts there, with their probabilities."""
        found = self._out.probabilities
        assert found is not None, "a model gives probabilities"
        segments = [Segment(start + s, start + e, text) for s, e, text in self._out.segments()]
        return list(zip(segments, found.tolist(), strict=True))


def blank_line_end(slab: str) -> int:
    """Where the last blank line in the second half of a slab ends, or 0."""
    # White space at the end may go on in the next slab.
    matches = BLANK_LINE.finditer(slab, len(slab) // 2, len(slab.rstrip()))
    return max((match.end() for match in matches), default=0)
