"""Segmentation by a model of a text that arrives piece by piece."""

import threading
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from scriptio._text import checked_text
from scriptio.types import Segment, Segmentation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SaTStream"]

#: Code points that a token is taken to have at most when text is put aside for look-ahead and
#: context. Longer ones make the look-ahead shorter than stated.
TOKEN = 8

#: Tokens of settled text that the model sees again before what is new.
CONTEXT = 128

#: An open segment of this many code points ends where the settled text does, so that memory is
#: bounded on text without boundaries.
LONGEST = 1 << 20


class SaTStream:
    r"""Takes a text in pieces and gives each segment as soon as it is settled.

    Made by `SaT.stream`. The text is read in steps of a fixed number of code
    points, each with `CONTEXT` tokens of the text before it; a score counts
    once `look_ahead` tokens stand behind its token. Segments do not depend on
    where the pieces were cut, and concatenate to the text. They are not always
    those of the whole text at once, whose windows lie elsewhere.

    What is kept is the open segment and the look-ahead, so memory does not
    grow with the text; a segment of a million code points is ended.

    Attributes:
        look_ahead: How many tokens behind a token the model sees before its
            score counts; fewer where tokens are longer than 8 code points on
            average.
        step: How many code points are read at once: a segment is given at the
            latest when these and the look-ahead have arrived after it.

    Examples:
        A stream that scores full stops, in place of a model:

        >>> import re
        >>> import numpy as np
        >>> from scriptio import Segmentation
        >>> from scriptio.sat_stream import SaTStream
        >>> def score(text):
        ...     ends = np.array([m.end() for m in re.finditer(r"\S+", text)], np.int64)
        ...     return ends, np.array([4.0 if text[e - 1] == "." else -4.0 for e in ends])
        >>> def decode(text, ends, logits):
        ...     starts = [re.compile(r"\s*").match(text, e).end() for e in ends[logits > 0]]
        ...     cuts = sorted({0, *starts, len(text)})
        ...     return Segmentation(text, list(zip(cuts, cuts[1:])))
        >>> stream = SaTStream(score, decode, look_ahead=4, step=16)
        >>> segments = stream.feed("It rained. We ") + stream.feed("left.") + stream.finish()
        >>> [segment.text for segment in segments]
        ['It rained. ', 'We left.']
    """

    __slots__ = (
        "_context",
        "_decode",
        "_ends",
        "_lock",
        "_logits",
        "_margin",
        "_open",
        "_pieces",
        "_score",
        "_settled",
        "_start",
        "_strip",
        "_unsettled",
        "_worth",
        "look_ahead",
        "step",
    )

    def __init__(
        self,
        score: "Callable[[str], tuple[NDArray[np.int64], NDArray[np.float32]]]",
        decode: "Callable[[str, NDArray[np.int64], NDArray[np.float32]], Segmentation]",
        *,
        look_ahead: int,
        step: int,
        margin: int = 0,
        strip: bool = False,
        worth: "Callable[[str, NDArray[np.float32]], bool]" = lambda *_: True,
    ) -> None:
        self._score = score
        self._decode = decode
        #: Whether new text, with the logits of its tokens, can hold a boundary.
        self._worth = worth
        self.look_ahead = look_ahead
        self.step = step
        #: A segment that ends nearer than this to the end of what is settled may yet change.
        self._margin = margin
        self._strip = strip
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        #: Where the open segment starts in the text, what is there of it and behind it, how much
        #: of that is settled, and the scores of the settled part.
        self._start = 0
        self._open = ""
        self._settled = 0
        self._ends: list[Any] = []
        self._logits: list[Any] = []
        #: The end of the text before the open segment.
        self._context = ""
        #: Pieces that `_open` does not hold yet, and the code points that are not settled.
        self._pieces: list[str] = []
        self._unsettled = 0

    def feed(self, piece: str) -> list[Segment]:
        """Take the next piece of the text.

        Args:
            piece: Any part of the text, the empty one included.

        Returns:
            The segments that are settled now, often none. Their offsets are
            those of the whole text.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `piece` is not a string.
        """
        return [segment for segment, _ in self.feed_scored(piece)]

    def feed_scored(self, piece: str) -> list[tuple[Segment, float]]:
        """`feed`, with the probability of a boundary at the end of each segment.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `piece` is not a string.
        """
        piece = checked_text(piece, "piece")
        out: list[tuple[Segment, float]] = []
        with self._lock:
            # A long piece goes in step by step, lest its rest is copied with each of them.
            for at in range(0, len(piece), self.step):
                part = piece[at : at + self.step]
                self._pieces.append(part)
                self._unsettled += len(part)
                while self._unsettled >= self.step + TOKEN * self.look_ahead:
                    out += self._advance()
        return out

    def finish(self) -> list[Segment]:
        """The text is complete: the segments that are left.

        The stream is then ready for another text.

        Raises:
            ModelError: The model cannot be used.
        """
        return [segment for segment, _ in self.finish_scored()]

    def finish_scored(self) -> list[tuple[Segment, float]]:
        """`finish`, with the probability of a boundary at the end of each segment.

        Raises:
            ModelError: The model cannot be used.
        """
        with self._lock:
            self._join()
            out: list[tuple[Segment, float]] = []
            if self._open:
                new, ends, logits = self._scored(self._unsettled)
                self._settle(len(new), ends, logits)
                out = self._given(whole=True)
            self._reset()
        return out

    def _join(self) -> None:
        self._open += "".join(self._pieces)
        self._pieces.clear()

    def _advance(self) -> list[tuple[Segment, float]]:
        """One step: score what is new, settle some of it, give what is finished."""
        self._join()
        new, ends, logits = self._scored(self.step + TOKEN * self.look_ahead)
        end = self._settled_end(new, ends)
        fresh = self._settle(end, ends, logits)
        full = self._settled >= LONGEST
        if full or self._worth(new[:end], fresh):
            return self._given(whole=full)
        return []

    def _scored(self, length: int) -> "tuple[str, NDArray[np.int64], NDArray[np.float32]]":
        """The next `length` code points, where their tokens end in them, and the logits."""
        seen = self._open[max(self._settled - CONTEXT * TOKEN, 0) : self._settled]
        if self._settled < CONTEXT * TOKEN:
            seen = self._context + seen
        before = context(seen)
        new = self._open[self._settled : self._settled + length]
        ends, logits = self._score(before + new)
        return new, ends - len(before), logits

    def _settled_end(self, new: str, ends: "NDArray[np.int64]") -> int:
        """How many of the new code points are settled: at most a step, at least half of one.

        The last token has the look-ahead behind it, if tokens are not very
        long, and no word is cut in two, if there is white space.
        """
        least = max(self.step // 2, 1)
        # The last token may be cut in two by the end of what was scored.
        behind = self.look_ahead + 1
        known = int(ends[-behind - 1]) if len(ends) > behind else 0
        end = max(min(known, self.step), least)
        return next((at for at in range(end, least, -1) if new[at].isspace()), end)

    def _settle(
        self, end: int, ends: "NDArray[np.int64]", logits: "NDArray[np.float32]"
    ) -> "NDArray[np.float32]":
        """Take the scores of the next `end` code points; the logits among them."""
        inside = (ends > 0) & (ends <= end)
        fresh = logits[inside]
        self._ends.append(ends[inside] + self._settled)
        self._logits.append(fresh)
        self._settled += end
        self._unsettled -= end
        return fresh

    def _given(self, *, whole: bool) -> list[tuple[Segment, float]]:
        """The finished segments of the settled text; all of them, if it is `whole`."""
        import numpy as np

        text = self._open[: self._settled]
        ends, logits = np.concatenate(self._ends), np.concatenate(self._logits)
        out = self._decode(text, ends, logits)
        count = len(out)
        if not whole:
            # The last segment ends where the settled text does, which means nothing.
            count -= 1
            while count > 0 and out[count - 1].end > self._settled - self._margin:
                count -= 1
        self._ends, self._logits = [ends], [logits]
        if count == 0:
            return []
        out = out[:count]
        cut = out[-1].end
        start, self._start = self._start, self._start + cut
        self._context = context(self._context + text[:cut])
        self._open = self._open[cut:]
        self._settled -= cut
        keep = ends > cut
        self._ends, self._logits = [ends[keep] - cut], [logits[keep]]
        segments = (out.stripped() if self._strip else out).segments()
        moved = [Segment(start + s, start + e, segment) for s, e, segment in segments]
        found = repeat(1.0) if out.probabilities is None else out.probabilities.tolist()
        return list(zip(moved, found, strict=False))


def context(text: str) -> str:
    """The end of a text that the model sees before what is new, from the start of a word."""
    if len(text) <= CONTEXT * TOKEN:
        return text
    tail = text[-CONTEXT * TOKEN :]
    at = next((at for at, char in enumerate(tail) if char.isspace()), 0)
    return tail[at:]
