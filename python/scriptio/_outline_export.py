"""An outline as text for people, as Markdown, and as Akoma Ntoso."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scriptio.legal import Outline, Section

__all__ = ["akoma_ntoso", "markdown", "tree"]

#: Akoma Ntoso's hierarchical elements by our kinds; any other kind is an `hcontainer`.
ELEMENTS = {
    "alinea": "alinea",
    "article": "article",
    "book": "book",
    "chapter": "chapter",
    "clause": "clause",
    "division": "division",
    "indent": "indent",
    "letter": "point",
    "list": "list",
    "paragraph": "paragraph",
    "part": "part",
    "point": "point",
    "section": "section",
    "subchapter": "subchapter",
    "subclause": "subclause",
    "subdivision": "subdivision",
    "subparagraph": "subparagraph",
    "subpart": "subpart",
    "subsection": "subsection",
    "subtitle": "subtitle",
    "title": "title",
}

#: Code points that XML does not allow, whatever their escape.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: What the text of a heading would mean in Markdown at the start of a line.
SPECIAL = re.compile(r"^(\d{0,9})(?=#{1,6} |[-+*] |(?<=\d)[.)] |>|```|~~~|=+\s*$|-+\s*$|\|)")

#: Markdown knows no more levels of headings.
DEEPEST = 6


def own_body(section: "Section") -> str:
    """The text of a section's own behind its heading."""
    heading = section.heading
    start = section.own.start if heading is None else heading.end
    return section.slice(start, max(section.own.end, start))


def before_heading(section: "Section") -> str:
    """What stands between a section's start and its heading."""
    heading = section.heading
    return "" if heading is None else section.slice(section.start, heading.start)


def tree(outline: "Outline", width: int) -> Iterator[str]:
    """A line for every section but the root: indentation, marker, title or first words."""
    for section in outline[1:]:
        told = section.title if section.title != section.marker else ""
        if not told:
            told = " ".join(own_body(section).split())
        told = " ".join(f"{section.marker} {' '.join(told.split())}".split())
        indent = "  " * (section.level - 1)
        doubt = "?" if section.doubtful else ""
        line = f"{indent}{doubt}{told or section.kind}"
        yield line if len(line) <= width else line[: width - 1] + "…"


def markdown(outline: "Outline") -> str:
    """Headings with as many `#` as their level has, items as lists, text as it is."""
    parts: list[str] = []
    for section in outline:
        heading, body = section.heading, own_body(section).strip()
        if heading is None:
            parts.append(escaped(body))
            continue
        words = " ".join(section.slice(heading.start, heading.end).split())
        if section.is_item or section.level > DEEPEST:
            steps = 0
            at = section.parent
            while at and outline[at].is_item:
                steps, at = steps + 1, outline[at].parent
            text = " ".join(f"{words} {body}".split())
            parts.append(f"{'  ' * steps}- {escaped(text)}")
        else:
            parts.append(f"{'#' * section.level} {words}")
            parts.append(escaped(body))
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """`text` with what begins its lines kept from becoming structure."""
    return "\n".join(SPECIAL.sub(r"\1\\", line) for line in text.split("\n"))


def xml(text: str) -> str:
    """`text` for XML: escaped, and with U+FFFD for what XML cannot hold."""
    text = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def akoma_ntoso(outline: "Outline", name: str) -> str:
    """An Akoma Ntoso 3.0 document: an act of elements with `num`, `heading`, `content`."""
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0">',
        f'<act name="{xml(name)}">',
        meta(name),
        "<body>",
    ]
    ids: dict[str, int] = {}
    names: list[str] = []
    # Every element is closed when the next section is not inside of it.
    open_elements: list[tuple[int, str]] = []
    for section in outline:
        while open_elements and section.level <= open_elements[-1][0]:
            out.append(f"</{open_elements.pop()[1]}>")
            names.pop()
        if section.index == 0:
            if own_body(section).strip() or len(outline) == 1:
                out.append('<hcontainer name="preamble" eId="preamble">')
                out.append(content(section))
                out.append("</hcontainer>")
            continue
        element = ELEMENTS.get(section.kind, "hcontainer")
        number = re.sub(r"[^\w]+", "-", section.number).strip("-")
        stem = f"{section.kind}_{number}" if number else section.kind
        stem = "__".join([*names[-1:], stem])
        ids[stem] = ids.get(stem, 0) + 1
        eid = stem if ids[stem] == 1 else f"{stem}_{ids[stem]}"
        kind = f' name="{xml(section.kind)}"' if element == "hcontainer" else ""
        out.append(f'<{element}{kind} eId="{xml(eid)}">')
        if section.marker:
            out.append(f"<num>{xml(section.marker)}</num>")
        if section.title:
            out.append(f"<heading>{xml(' '.join(section.title.split()))}</heading>")
        body = own_body(section).strip()
        if section.children:
            if body:
                out.append(f"<intro>{paragraphs(body)}</intro>")
        else:
            out.append(content(section))
        open_elements.append((section.level, element))
        names.append(eid)
    while open_elements:
        out.append(f"</{open_elements.pop()[1]}>")
    return "\n".join([*out, "</body>", "</act>", "</akomaNtoso>"]) + "\n"


def content(section: "Section") -> str:
    """A section's own text as `content`."""
    return f"<content>{paragraphs(own_body(section).strip())}</content>"


def paragraphs(text: str) -> str:
    """A `p` for every line; there must be one."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    return "".join(f"<p>{xml(line)}</p>" for line in lines or [""])


def meta(name: str) -> str:
    """What Akoma Ntoso demands to be said of a work; nothing of it is known of a bare text."""
    levels = []
    for level, tail in (("Work", ""), ("Expression", "/und@"), ("Manifestation", "/und@.xml")):
        uri = f"/akn/xx/act/{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-') or 'text'}{tail}"
        more = '<FRBRcountry value="xx"/>' if level == "Work" else ""
        more += '<FRBRlanguage language="und"/>' if level == "Expression" else ""
        levels.append(
            f'<FRBR{level}><FRBRthis value="{xml(uri)}"/><FRBRuri value="{xml(uri)}"/>'
            f'<FRBRdate date="0001-01-01" name="unknown"/><FRBRauthor href="#scriptio"/>{more}'
            f"</FRBR{level}>"
        )
    return f'<meta><identification source="#scriptio">{"".join(levels)}</identification></meta>'
