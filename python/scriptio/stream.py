"""Sentence segmentation of a text that arrives piece by piece."""

from scriptio import _core
from scriptio._text import checked_text
from scriptio.types import Segment

__all__ = ["SentenceStream"]


class SentenceStream:
    """Takes a text in pieces and gives each segment as soon as it is sure.

    Made by `SentenceSegmenter.stream`. All segments together are those of the
    whole text at once, wherever the pieces were cut, a CRLF or a surrogate
    pair between two of them included. What is kept is the unfinished end of
    the text alone, so memory does not grow with the text.

    Attributes:
        look_ahead: How many code points after a boundary (and the white space
            that follows it) can have a say in it.

    Examples:
        >>> import scriptio
        >>> stream = scriptio.SentenceSegmenter("en").stream()
        >>> segments = stream.feed("It rained. We")
        >>> segments += stream.feed(" left.")
        >>> segments += stream.finish()
        >>> [segment.text for segment in segments]
        ['It rained. ', 'We left.']
    """

    __slots__ = ("_core",)

    look_ahead: int = _core.SentenceStream.look_ahead

    def __init__(self, core: _core.SentenceStream) -> None:
        self._core = core

    def feed(self, piece: str) -> list[Segment]:
        """Take the next piece of the text.

        Args:
            piece: Any part of the text, the empty one included.

        Returns:
            The segments that no later text can change, often none. Their
            offsets are those of the whole text.

        Raises:
            TypeError: `piece` is not a string.
        """
        if type(piece) is not str:
            piece = checked_text(piece, "piece")
        return list(map(Segment._make, self._core.feed(piece)))

    def finish(self) -> list[Segment]:
        """The text is complete: the segments that are left.

        The stream is then ready for another text.
        """
        return list(map(Segment._make, self._core.finish()))
