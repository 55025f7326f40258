"""What a legal text refers to."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from scriptio import _core
from scriptio._text import checked_text
from scriptio.types import Span

if TYPE_CHECKING:
    from scriptio.legal import Outline

__all__ = ["Reference", "Step", "expanded", "find_references", "references_of"]

Resolution = Literal["resolved", "external", "ambiguous", "dangling"]


class Step(NamedTuple):
    """One unit in the chain of a citation.

    Attributes:
        kind: What is cited, such as `section` or `subsection`.
        number: Its number as printed.
        value: The number as integers, as `Section.value`.
        start: Where the number stands.
    """

    kind: str
    number: str
    value: tuple[int, ...]
    start: int


class Reference(NamedTuple):
    """A citation: where it stands, what it says, what it means.

    A list gives one reference for each element, a range one with `upto`.

    Attributes:
        start: First code point of the citation, or of the element of a list.
        end: Behind its last code point.
        text: The citation as printed.
        steps: The units cited, the outermost first; empty for `this chapter`.
        upto: The value of the last number of a range, if it is one.
        law: The name of the law that is cited, where one is named.
        anchor: From where the steps count: `law` for this law as a whole,
            `here` for the unit that the citation stands in, `back` for the
            sections before or behind it, `other` for another law.
        here: The kind of unit, for the anchor `here`.
        back: How many sections back, for the anchor `back`; negative onwards.
        resolution: `resolved`; `external`, to another law; `ambiguous`, where
            several sections fit; `dangling`, where none does.
        targets: Indices of the sections that were found.
        source: Index of the innermost section that the citation stands in.
    """

    start: int
    end: int
    text: str
    steps: tuple[Step, ...]
    upto: tuple[int, ...] | None
    law: str | None
    anchor: str
    here: str | None
    back: int
    resolution: Resolution
    targets: tuple[int, ...]
    source: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for `json`."""
        return {**self._asdict(), "steps": [step._asdict() for step in self.steps]}


def _made(text: str, row: "_core._Reference") -> Reference:
    (start, end), steps, upto, law, (anchor, here, back), resolution, targets, source = row
    return Reference(
        start,
        end,
        text[start:end],
        tuple(Step(kind, text[a:b], tuple(value), a) for kind, (a, b), value in steps),
        None if upto is None else tuple(upto),
        None if law is None else text[law[0] : law[1]],
        anchor,
        here,
        back,
        cast("Resolution", resolution),
        tuple(targets),
        source,
    )


def find_references(text: str, system: str) -> list[Reference]:
    """The citations of any text, such as a decision, with nothing to resolve them against.

    Their resolution is `dangling`, or `external` where another law is named.

    Args:
        text: The text.
        system: The legal system whose way of citing is used; not `auto`.

    Raises:
        TypeError: An argument is not a string.
        ValueError: The system is not known.

    Examples:
        >>> from scriptio.legal import find_references
        >>> for reference in find_references("gemäß §§ 433, 434 Abs. 1 BGB", "de"):
        ...     print(reference.text, reference.law, [step.number for step in reference.steps])
        §§ 433 BGB ['433']
        434 Abs. 1 BGB BGB ['434', '1']
    """
    text = checked_text(text)
    if checked_text(system, "system") == "auto":
        raise ValueError(
            "system must be that of the text, not 'auto'; pass one of scriptio.legal.systems()"
        )
    found = (_made(text, row) for row in _core.find_references(text, system))
    return [r._replace(resolution="external") if r.anchor == "other" else r for r in found]


def references_of(outline: "Outline") -> list[Reference]:
    """The references of an outline's text, resolved against it."""
    return [_made(outline.text, row) for row in outline.core.references(outline.text)]


def expanded(
    outline: "Outline",
    seeds: Iterable[int],
    depth: int,
    most: int,
    lift: Callable[[int], int],
) -> list[tuple[int, int, int]]:
    """Index, distance and citing section of what is reached from `seeds`."""
    lifted = [lift(at) for at in range(len(outline))]
    return outline.core.expand(outline.text, lifted, list(seeds), depth, most)
