"""An outline as places to cut at and prefixes to put before chunks."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from scriptio.types import Span

__all__ = [
    "ContextRule",
    "OutlineLike",
    "Partition",
    "Paths",
    "SectionLike",
    "partition_of",
    "usual_prefix",
]

#: How strict a place is: chunks may overlap across it, may go across it, or neither.
OPEN, CLOSED, APART = 0, 1, 2

#: Makes the prefix of a chunk from the title of its text and the path above its start.
ContextRule: TypeAlias = Callable[[str, tuple[str, ...]], str]


class SectionLike(Protocol):
    """A section of a text, with everything below it."""

    @property
    def start(self) -> int:
        """Where it starts, in code points."""

    @property
    def end(self) -> int:
        """Where the last section below it ends."""

    @property
    def heading(self) -> Span | None:
        """Its heading."""

    @property
    def own(self) -> Span:
        """What comes before the first section below it, heading included."""

    @property
    def level(self) -> int:
        """How far below the root it is; 0 is the root."""

    @property
    def parent(self) -> int | None:
        """Index of the section above it."""

    @property
    def children(self) -> Sequence[int]:
        """Indices of the sections below it."""

    @property
    def path(self) -> tuple[str, ...]:
        """What it and the sections above it are called, the highest first."""


class OutlineLike(Protocol):
    """The sections of a text in document order; the first is the text as a whole."""

    @property
    def text(self) -> str:
        """The text."""

    def __len__(self) -> int:
        """How many sections there are."""

    def __getitem__(self, index: int, /) -> SectionLike:
        """One section."""

    def __iter__(self) -> Iterator[SectionLike]:
        """All sections."""


def usual_prefix(title: str, path: tuple[str, ...]) -> str:
    """Title and headings with `>` between them, and a line break."""
    parts = [part for part in (title, *path) if part]
    return " > ".join(parts) + "\n" if parts else ""


class Partition(NamedTuple):
    """What the core needs to know of an outline.

    Attributes:
        places: Offset, level and strictness of each place.
        prefixes: Prefixes of chunks.
        contexts: From which offset which prefix holds, or -1 for none.
    """

    places: list[tuple[int, int, int]]
    prefixes: list[str]
    contexts: list[tuple[int, int]]


def partition_of(
    outline: OutlineLike,
    may_merge: Callable[[SectionLike], bool] | None,
    prefix: Callable[[tuple[str, ...]], str],
) -> Partition:
    """The partition of an outline.

    Args:
        outline: The sections.
        may_merge: Tells of a section whether it may share a chunk with its
            neighbours; any may if None.
        prefix: Makes the prefix of a chunk from the path above its start.

    Raises:
        ValueError: The sections are no tree in document order.
    """
    sections = list(outline)
    _check(sections, len(outline.text))
    places: dict[int, tuple[int, int]] = {}
    depths = [0] * len(sections)
    for i, section in enumerate(sections):
        if section.parent is None:
            continue
        depths[i] = depths[section.parent] + 1
        strict = CLOSED if may_merge is None or may_merge(section) else APART
        for offset in (section.start, section.end):
            level, before = places.get(offset, (depths[i], CLOSED))
            places[offset] = (min(level, depths[i]), max(before, strict))
    prefixes: list[str] = []
    known: dict[str, int] = {"": -1}
    contexts: list[tuple[int, int]] = []
    for offset, i in sorted(_open_at(sections).items()):
        text = prefix(tuple(sections[i].path))
        if text not in known:
            known[text] = len(prefixes)
            prefixes.append(text)
        if known[text] != (contexts[-1][1] if contexts else -1):
            contexts.append((offset, known[text]))
    rows = [(offset, level, strict) for offset, (level, strict) in sorted(places.items())]
    return Partition(rows, prefixes, contexts)


def _open_at(sections: Sequence[SectionLike]) -> dict[int, int]:
    """From each offset on, the innermost section that has started before it and goes on."""
    found = {0: 0} if sections else {}
    stack: list[int] = []
    for i, section in enumerate(sections):
        _close(sections, stack, section.start, found)
        above = len(stack)
        while above and sections[stack[above - 1]].start == section.start:
            above -= 1
        found[section.start] = stack[above - 1] if above else 0
        stack.append(i)
        found[section.start + 1] = i
    _close(sections, stack, None, found)
    return found


def _close(
    sections: Sequence[SectionLike], stack: list[int], until: int | None, found: dict[int, int]
) -> None:
    while stack and (until is None or sections[stack[-1]].end <= until):
        end = sections[stack.pop()].end
        if stack:
            found[end] = stack[-1]


def _check(sections: Sequence[SectionLike], length: int) -> None:
    before = 0
    for i, section in enumerate(sections):
        if (section.parent is None) != (i == 0) or (section.parent or 0) > max(0, i - 1):
            raise ValueError(
                f"outline[{i}] has the parent {section.parent}; the first section must be the "
                "root, without one, and every other one come after its parent"
            )
        above = None if section.parent is None else sections[section.parent]
        start, end = (0, length) if above is None else (above.start, above.end)
        if not (start <= section.start <= section.end <= end and section.start >= before):
            raise ValueError(
                f"outline[{i}] spans ({section.start}, {section.end}), which is before "
                f"outline[{i - 1}] or outside of its parent's ({start}, {end}); pass sections in "
                "document order, each inside its parent"
            )
        before = section.start


class Paths:
    """Finds the section that a chunk lies in."""

    def __init__(self, outline: OutlineLike) -> None:
        self._sections = list(outline)
        self._starts = [section.start for section in self._sections]

    def of(self, start: int, end: int) -> tuple[str, ...]:
        """The path of the smallest section that holds `start` to `end`."""
        index: int | None = bisect_right(self._starts, start) - 1
        while index is not None and index >= 0:
            section = self._sections[index]
            if end <= section.end:
                return tuple(section.path)
            index = section.parent
        return ()
