"""A text with two sections, for the tests of the integrations."""

from dataclasses import dataclass

from scriptio import Span

SECTIONED = "§ 1 One.\n§ 2 Two is long. Two again."


@dataclass
class Section:
    start: int
    end: int
    heading: Span | None
    own: Span
    level: int
    parent: int | None
    children: tuple[int, ...]
    path: tuple[str, ...]


class Outline(list):
    text = SECTIONED


class Law:
    """Finds the sections of that text alone."""

    def outline(self, text):
        assert text == SECTIONED
        whole, one, two = Span(0, len(text)), Span(0, 9), Span(9, len(text))
        return Outline(
            [
                Section(*whole, None, whole, 0, None, (1, 2), ()),
                Section(*one, one, one, 1, 0, (), ("§ 1",)),
                Section(*two, two, two, 1, 0, (), ("§ 2",)),
            ]
        )
