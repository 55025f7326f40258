"""What counts as a segmenter, for code that takes any."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol, TypeVar, overload, runtime_checkable

from scriptio.types import Segmentation

__all__ = ["Segmenter"]

C = TypeVar("C")


@runtime_checkable
class Segmenter(Protocol):
    """Partitions texts into segments.

    The segments of a text concatenate to the text unless the segmenter was
    told to strip them.
    """

    def segment(self, text: str) -> Segmentation:
        """The segments of one text."""

    def split(self, text: str) -> list[str]:
        """The segments of one text, as strings."""

    def segment_batch(
        self, texts: Sequence[str], *, num_threads: int | None = None
    ) -> list[Segmentation]:
        """The segments of every text, in order."""

    @overload
    def pipe(
        self,
        texts: Iterable[str],
        *,
        as_tuples: Literal[False] = False,
        batch_size: int = ...,
        num_threads: int | None = None,
    ) -> Iterator[Segmentation]: ...
    @overload
    def pipe(
        self,
        texts: Iterable[tuple[str, C]],
        *,
        as_tuples: Literal[True],
        batch_size: int = ...,
        num_threads: int | None = None,
    ) -> Iterator[tuple[Segmentation, C]]: ...
