"""One agreement printed in many ways: whatever the style and the layout, the tree is the same."""

from __future__ import annotations

import itertools
import random
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from scriptio import Outline, SectionSegmenter

SENTENCE = (
    "the Borrower shall deliver to each Lender notice of any default within ten days after it "
    "becomes aware thereof and shall pay all costs that arise from it including fees of counsel"
)
HEADINGS = (
    "Definitions,Commitments,Interest,Fees,Payments,Taxes,Conditions,Covenants,Defaults,Notices,"
    "Amendments,Assignment,Governing Law,Counterparts,Severability,Confidentiality,Indemnity"
)
WORDS = ("", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
ORDINALS = ("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "SEVENTH", "EIGHTH", "NINTH")
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclass(frozen=True)
class Style:
    """How sections are numbered."""

    article: Callable[[int], str]
    section: Callable[[int, int], str] | None
    items: tuple[str, ...] = ("(a)", "(i)", "(A)")
    #: The title of an article stands on a line of its own.
    below: bool = False


STYLES = {
    "articles": Style(
        lambda a: f"ARTICLE {ROMAN[a]}", lambda a, s: f"Section {a}.{s:02}", below=True
    ),
    "arabic": Style(lambda a: f"Article {a}", lambda a, s: f"{a}.{s}", below=True),
    "points": Style(lambda a: f"{a}.", lambda a, s: f"{a}.{s}."),
    "bare": Style(lambda a: f"{a}", lambda a, s: f"{a}.{s}"),
    "words": Style(lambda a: f"SECTION {a}.", lambda a, s: f"Section {a}.{s}."),
    "signs": Style(lambda a: f"§ {a}", lambda a, s: f"§ {a}.{s}"),
    "letters": Style(lambda a: f"{a}.", lambda a, s: f"{a}.{s}", ("a.", "i.")),
    "flat": Style(lambda a: f"{a}.", None),
    "flat sections": Style(lambda a: f"Section {a}.", None),
    "flat articles": Style(lambda a: f"ARTICLE {ROMAN[a]}", None, below=True),
    # Sections begin anew in each article.
    "outline": Style(lambda a: f"{ROMAN[a]}.", lambda _, s: f"{chr(64 + s)}.", ("1.", "a.")),
    "outline, brackets": Style(
        lambda a: f"{ROMAN[a]}.", lambda _, s: f"{chr(64 + s)}.", ("1.", "(a)", "(i)")
    ),
    "romans": Style(lambda a: f"{ROMAN[a]}.", lambda _, s: f"{s}."),
    "capital letters": Style(lambda a: f"{chr(64 + a)}.", lambda _, s: f"{s}."),
    "letters in numbers": Style(lambda a: f"{a}.", lambda _, s: f"{chr(64 + s)}.", ("(1)", "(a)")),
    "letters in articles": Style(
        lambda a: f"ARTICLE {ROMAN[a]}", lambda _, s: f"{chr(64 + s)}.", ("1.", "a."), below=True
    ),
    "bylaws": Style(lambda a: f"ARTICLE {ROMAN[a]}", lambda _, s: f"Section {s}.", below=True),
    "numbers in articles": Style(lambda a: f"ARTICLE {ROMAN[a]}", lambda _, s: f"{s}.", below=True),
    "parts": Style(lambda a: f"PART {ROMAN[a]}", lambda _, s: f"{s}.", below=True),
    "roman sections": Style(lambda a: f"SECTION {ROMAN[a]}.", lambda _, s: f"{s}."),
    "number words": Style(lambda a: f"ARTICLE {WORDS[a]}", lambda a, s: f"{a}.{s}", below=True),
    "zeros": Style(lambda a: f"{a}.0", lambda a, s: f"{a}.{s}"),
    "ordinals": Style(lambda a: f"{ORDINALS[a - 1]}:", None),
    "clauses": Style(lambda a: f"Clause {a}.", None),
    "items": Style(lambda a: f"Item {a}.", lambda _, s: f"{chr(64 + s)}.", ("1.", "a.")),
    "numbers above letters": Style(lambda a: f"Section {a}.", None, ("(1)", "(a)", "(i)")),
    "brackets": Style(lambda a: f"{a})", None, ("a)", "i)")),
    "romans above letters": Style(lambda a: f"{a}.", None, ("(i)", "(a)")),
    "capitals above romans": Style(lambda a: f"{a}.", None, ("A.", "i.")),
}


@dataclass(frozen=True)
class Part:
    """A numbered part of an agreement."""

    depth: int
    marker: str
    title: str
    body: str


def item_marker(style: str, number: int) -> str:
    letter = chr(96 + number)
    marks = {"a": letter, "i": ROMAN[number].lower(), "A": letter.upper(), "1": str(number)}
    return "".join(marks.get(c, c) for c in style)


def agreement(style: Style, seed: int) -> list[Part]:
    """An agreement with references in its text that look like headings when wrapped."""
    rng = random.Random(seed)
    cite = style.section or (lambda a, s: style.article(a).rstrip("."))
    headings = HEADINGS.split(",")
    titles = itertools.cycle(rng.sample(headings, len(headings)))
    parts: list[Part] = []

    def text(end: str) -> str:
        words = rng.choices(SENTENCE.split(), k=rng.randint(12, 50))
        for _ in range(rng.randint(0, 2)):
            number = cite(rng.randint(1, 9), rng.randint(1, 6)).rstrip(".").lstrip("§ ")
            number = number if number[0].isalpha() else f"Section {number}"
            tail = rng.choice(["", "(b)", " hereof", " of this Agreement"])
            other = rng.choice(["11:00 A.M.", "Exhibit B", "30 Rockefeller Plaza", "Schedule 2"])
            words.insert(rng.randint(3, len(words) - 3), rng.choice([number + tail, other]))
        return " ".join(words).capitalize().replace("section", "Section") + end

    def items(depth: int, kind: int) -> None:
        count = rng.randint(2, 4 if kind else 10)
        for number in range(1, count + 1):
            deeper = kind + 1 < len(style.items) and rng.random() < 0.25
            end = ":" if deeper else ";" if number < count else "."
            parts.append(Part(depth, item_marker(style.items[kind], number), "", text(end)))
            if deeper:
                items(depth + 1, kind + 1)

    def section(depth: int, marker: str) -> None:
        listed = rng.random() < 0.4
        parts.append(Part(depth, marker, next(titles), text(":" if listed else ".")))
        if listed:
            items(depth + 1, 0)

    for a in range(1, rng.randint(5, 9)):
        if style.section is None:
            section(1, style.article(a))
            continue
        parts.append(Part(1, style.article(a), next(titles), ""))
        for s in range(1, rng.randint(2, 13)):
            section(2, style.section(a, s))
    return parts


@dataclass(frozen=True)
class Layout:
    """How an agreement is printed."""

    width: int = 0
    blank: bool = True
    indent: int = 0
    upper: bool = False
    #: The table of contents: none, plain, with pages.
    table: str = ""
    exhibits: bool = False
    pages: str = ""
    front: tuple[str, ...] = ()


LAYOUTS = {
    "plain": Layout(),
    "wrapped": Layout(width=72),
    "without blank lines": Layout(blank=False),
    "wrapped without blank lines": Layout(width=80, blank=False),
    "indented": Layout(width=76, indent=4),
    "capitals": Layout(upper=True),
    "table": Layout(table="plain", width=78),
    "table with pages": Layout(table="pages", exhibits=True),
    "numbered pages": Layout(width=70, pages="{}"),
    "dashed pages": Layout(width=70, pages="- {} -", blank=False),
    "exhibits": Layout(width=72, exhibits=True),
    "labelled": Layout(front=("EXHIBIT 10.1", "EXECUTION COPY")),
}


def paragraphs(style: Style, parts: list[Part], layout: Layout) -> Iterator[tuple[int, str]]:
    """Paragraphs with their indentation."""
    yield from ((0, line) for line in (*layout.front, "CREDIT AGREEMENT"))
    if layout.table:
        yield 0, "TABLE OF CONTENTS"
        for page, part in enumerate((part for part in parts if part.title), 1):
            yield 0, f"{part.marker} {part.title}" + (f" {page}" if layout.table == "pages" else "")
        if layout.exhibits:
            yield from ((0, line) for line in ("EXHIBITS", "Exhibit A Note", "Exhibit B Guaranty"))
    yield 0, "THIS AGREEMENT is made on May 1, 2004 between the parties named below, who agree:"
    for part in parts:
        indent = layout.indent * (part.depth - 1)
        title = part.title.upper() if layout.upper else part.title
        if style.below and part.depth == 1:
            yield from ((indent, line) for line in (part.marker, title, part.body) if line)
        else:
            stop = ". " if title and part.body else ""
            yield indent, f"{part.marker} {title}{stop}{part.body}"
    yield 0, "IN WITNESS WHEREOF, the parties have executed this Agreement."
    if layout.exhibits:
        for letter in "AB":
            yield 0, f"EXHIBIT {letter}"
            yield 0, "FORM OF INSTRUMENT"
            for number in range(1, 4):
                yield 0, f"{number}. The maker of this instrument promises to pay when due."


def printed(style: Style, parts: list[Part], layout: Layout) -> str:
    """The agreement as text."""
    lines: list[str] = []
    for indent, paragraph in paragraphs(style, parts, layout):
        wrapped = [paragraph]
        if layout.width:
            wrapped = textwrap.wrap(
                paragraph, layout.width - indent, break_long_words=False, break_on_hyphens=False
            )
        lines += [" " * indent + line for line in wrapped]
        lines += [""] if layout.blank else []
    if not layout.pages:
        return "\n".join(lines)
    out: list[str] = []
    for number, line in enumerate(lines, 1):
        out.append(line)
        if number % 45 == 0:
            out += ["", layout.pages.format(number // 45), ""]
    return "\n".join(out)


def shape(outline: Outline) -> set[tuple[int, int, str]]:
    """Depth and marker of all parts that lie in no annex, each with how often it came before."""
    found: list[tuple[int, str]] = []
    for section in outline[1:]:
        above = [section]
        while above[-1].parent:
            above.append(outline[above[-1].parent])
        kinds = [other.kind for other in above]
        if section.kind in ("toc", "text", "annex") or "annex" in kinds:
            continue
        depth = sum(kind != "text" for kind in kinds)
        found.append((depth, section.marker.lower().rstrip(".")))
    return counted(found)


def counted(parts: list[tuple[int, str]]) -> set[tuple[int, int, str]]:
    seen: dict[tuple[int, str], int] = {}
    out = set()
    for depth, marker in parts:
        seen[depth, marker] = seen.get((depth, marker), 0) + 1
        out.add((seen[depth, marker], depth, marker))
    return out


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("style", STYLES)
def test_the_tree_does_not_depend_on_how_an_agreement_is_printed(style, layout):
    segmenter = SectionSegmenter("us-contract")
    wrong = total = 0
    for seed in range(3):
        parts = agreement(STYLES[style], seed)
        expected = counted([(p.depth, p.marker.lower().rstrip(".")) for p in parts])
        text = printed(STYLES[style], parts, LAYOUTS[layout])
        wrong += len(expected ^ shape(segmenter.outline(text)))
        total += len(expected)
    # A reference that wrapping puts behind a colon cannot be told from an element of a list.
    assert wrong <= (0.01 * total if LAYOUTS[layout].width else 0)
