"""Reads documents whose headings tell where the topic changes, and leaves the headings out.

Sources are all under free licences or in the public domain: statutes and contracts (`legal`),
the documentation that Debian packages hold (unpacked with `dpkg-deb -x`, one folder a package),
the texts of open-source licences (`licensedcode-data`), and terms of services that do not exist,
written for this (`terms`). Terms of services that do exist are never read.
"""

import gzip
import json
import pickle
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

#: The deepest level of a heading; 0 is none.
NONE = 0
#: A level is what a document is cut at if it has so many headings, and segments of so many units.
FEWEST = 4
LONGEST = 25.0
#: Pages with fewer headings are put together with those beside them up to so many units.
PAGE = 60

#: What is left out of training to be measured.
LEFT_OUT = frozenset({"us_dc_code", "de_gesetze"})
STATUTES = (
    "us_code",
    "uslm_federal",
    "eu_eurlex",
    "fr_codes",
    "in_acts",
    "za_constitution",
    "es_uy_laws",
    "th_nitibench",
    "cn_laws",
    "jp_laws",
    *sorted(LEFT_OUT),
)
#: Files whose lines are those of paper.
WRAPPED = frozenset({"es_uy_laws", "us_contracts_toc"})
#: What titles a part; other nodes are its paragraphs.
TITLED = frozenset(
    (
        *("book", "part", "subpart", "title", "subtitle", "chapter", "subchapter", "division"),
        *("subdivision", "article", "section", "articulo", "capitulo", "titulo", "seccion"),
        *("sección", "libro", "parágrafo", "livre", "partie", "titre", "chapitre", "sous-section"),
        *("paragraphe", "paragraf", "heading", "matra", "มาตรา", "หมวด", "ส่วน", "条", "章", "节"),
        *("編", "節", "款", "编", "分编", "annex", "schedule", "anexo"),
    )
)
#: Packages, the folder of their pages and their language.
PACKAGES = (
    *(
        ("debian-handbook", f"usr/share/doc/debian-handbook/html/{code}", code[:2])
        for code in ("en-US", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR", "ja-JP", "ru-RU")
    ),
    *(("apache2-doc", f"usr/share/doc/apache2-doc/manual/{code}", code) for code in ("en", "fr")),
    ("postgresql-doc-15", "usr/share/doc/postgresql-doc-15/html", "en"),
    ("python3.11-doc", "usr/share/doc/python3.11/html", "en"),
    ("sqlite3-doc", "usr/share/doc/sqlite3", "en"),
    ("python-django-doc", "usr/share/doc/python-django-doc/html", "en"),
    ("bind9-doc", "usr/share/doc/bind9-doc", "en"),
    ("swift-doc", "usr/share/doc/swift-doc", "en"),
    ("nova-doc", "usr/share/doc/nova-doc", "en"),
    ("cinder-doc", "usr/share/doc/cinder-doc", "en"),
    ("keystone-doc", "usr/share/doc/keystone-doc", "en"),
    ("neutron-doc", "usr/share/doc/neutron-doc", "en"),
    ("glance-doc", "usr/share/doc/glance-doc", "en"),
    ("ganeti-doc", "usr/share/doc/ganeti-doc", "en"),
    ("llvm-14-doc", "usr/share/doc/llvm-14-doc", "en"),
    ("sphinx-doc", "usr/share/doc/sphinx-doc", "en"),
    ("rust-doc", "usr/share/doc/rust-doc/html/book", "en"),
    ("rust-doc", "usr/share/doc/rust-doc/html/reference", "en"),
    ("rust-doc", "usr/share/doc/rust-doc/html/rustdoc", "en"),
    ("rust-doc", "usr/share/doc/rust-doc/html/cargo", "en"),
    ("freedombox-doc-en", "usr/share/freedombox/manual/en", "en"),
    ("ubuntu-packaging-guide-html", "usr/share/doc/ubuntu-packaging-guide-html", "en"),
    ("postfix-doc", "usr/share/doc/postfix/html", "en"),
    ("ntpsec-doc", "usr/share/doc/ntpsec-doc/html", "en"),
    ("kea-doc", "usr/share/doc/kea/html/arm", "en"),
    ("ghc-doc", "usr/share/doc/ghc-doc/html/users_guide", "en"),
    ("python-flask-doc", "usr/share/doc/python-flask-doc/html", "en"),
    ("python-sqlalchemy-doc", "usr/share/doc/python-sqlalchemy-doc/html/orm", "en"),
    *(
        (f"libreoffice-help-{short}", f"usr/share/libreoffice/help/{code}", code[:2])
        for short, code in (("en-us", "en-US"), ("de", "de"), ("fr", "fr"), ("es", "es"))
    ),
)
#: Packages of help pages of GNOME, and languages of the first.
HELP = ("gnome-user-docs", "gnome-devel-docs", "evolution-common")
MALLARD = ("C", "de", "fr", "es", "it", "pl", "ru", "sv", "nl", "pt_BR", "cs", "hu", "ko", "zh_CN")

#: Pages that hold no text of their own.
GENERATED = re.compile(r"genindex|search|print\.html|singlehtml|/src/|_modules")

#: Guides under the GFDL.
LEFT = re.compile(r"/(optimization|accessibility-devel)-guide/")

#: A block of a page: how deep a heading it is, or none, and its text.
Block = tuple[int, str]


@dataclass
class Sectioned:
    """A document without its headings.

    `levels[i]` tells what heading stood before unit `i`: 1 is the highest, 0 none.
    """

    source: str
    lang: str
    name: str
    units: list[str]
    levels: list[int]

    def cut_level(self) -> int | None:
        """The highest level that is met often enough and whose segments are not too long."""
        inner = self.levels[1:]
        for level in sorted({level for level in inner if level}):
            starts = sum(0 < one <= level for one in inner)
            if starts >= FEWEST and len(self.units) / (starts + 1) <= LONGEST:
                return level
        return None

    def boundaries(self) -> list[bool]:
        """Before which units a segment starts; the first unit has no boundary before it."""
        level = self.cut_level() or 0
        return [i > 0 and 0 < one <= level for i, one in enumerate(self.levels)]


def plain(text: str) -> str:
    """Text with single spaces."""
    return " ".join(text.split())


def joined(source: str, lang: str, name: str, blocks: Iterable[Block]) -> Sectioned:
    """A document of blocks, of which headings are left out."""
    made = Sectioned(source, lang, name, [], [])
    waiting = NONE
    for depth, text in blocks:
        if depth:
            waiting = min(waiting, depth) if waiting else depth
        elif text:
            made.units.append(text)
            made.levels.append(waiting)
            waiting = NONE
    return made


MARKER = re.compile(
    r"\s*(\(?[0-9]{1,3}(\.[0-9]+)*[.)]|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,5}[.)]|[0-9]+(\.[0-9]+)+\s)"
)


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs of text whose lines are those of paper, and where they start."""
    lines = text.splitlines(keepends=True)
    widths = sorted(len(line.rstrip()) for line in lines if line.strip())
    width = widths[int(len(widths) * 0.9)] if widths else 0
    at, start, held, previous, blank = 0, 0, "", "", False
    for line in lines:
        stripped = line.strip()
        if not stripped:
            blank = True
        else:
            ended = held.endswith((".", ";", ":", "?", "!", ".”", '."'))
            short = len(previous) < 0.75 * width
            starts = MARKER.match(line) is not None and (ended or blank or short)
            new = (ended and (blank or short)) or starts or (blank and stripped[0].isupper())
            if held and new:
                yield start, held
                held = ""
            if not held:
                start = at
            held = f"{held} {stripped}" if held else stripped
            blank, previous = False, stripped
        at += len(line)
    if held:
        yield start, held


def legal(data: Path, name: str) -> Iterator[Sectioned]:
    """The documents of a file of statutes or contracts."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield joined(name, record["lang"][:2], record["id"], blocks_of(record, name in WRAPPED))


def blocks_of(record: dict[str, Any], wrapped: bool) -> Iterator[Block]:
    text, nodes = record["text"], record["nodes"]
    quoted = [(n["start"], n["end"]) for n in nodes if n["type"] == "quoted"]
    titled = [n for n in nodes if n["type"] in TITLED]
    titled = [n for n in titled if not any(a <= n["start"] < b for a, b in quoted)]
    titled.sort(key=lambda n: (n["start"], n["level"]))
    at = 0
    for node in [*titled, None]:
        end = len(text) if node is None else node["start"]
        part = text[at : max(at, end)]
        if wrapped:
            for _, held in paragraphs(part):
                yield NONE, clipped(held)
        else:
            for line in part.splitlines():
                yield NONE, clipped(line)
        if node is not None:
            yield node["level"] + 1, ""
            at = max(at, node["hend"])


def clipped(text: str) -> str:
    """A unit without the marks that a heading left behind, or nothing if no word is in it."""
    text = plain(text).lstrip(".-—–:·_*=;, ")
    return text if re.search(r"\w{2}", text) else ""


BREAKS = frozenset(
    (
        *("p", "li", "dd", "dt", "td", "th", "blockquote", "div", "section", "article"),
        *("ul", "ol", "dl", "table", "br"),
    )
)
SKIPPED = frozenset(
    ("pre", "script", "style", "nav", "footer", "head", "table", "form", "button", "svg", "math")
)
HEADINGS = {f"h{i}": i for i in range(1, 7)}


class Page(HTMLParser):
    """The blocks of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.held: list[str] = []
        self.depth = 0
        self.skipped = 0

    def flush(self) -> None:
        text = plain("".join(self.held)).replace("¶", "").strip()
        self.held = []
        if self.depth or re.search(r"\w{2}", text):
            self.blocks.append((self.depth, text))

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        if tag in SKIPPED:
            self.skipped += 1
        elif tag in HEADINGS:
            self.flush()
            self.depth = HEADINGS[tag]
        elif tag in BREAKS and not self.depth:
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self.skipped = max(self.skipped - 1, 0)
            self.held.append(" ")
        elif tag in HEADINGS and self.depth:
            self.flush()
            self.depth = 0
        elif tag in BREAKS and not self.depth:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.held.append(data)


def html(path: Path) -> list[Block]:
    """The blocks of a file, from its first heading on."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8", errors="replace"))
    page.flush()
    first = next((i for i, (depth, _) in enumerate(page.blocks) if depth), len(page.blocks))
    blocks = page.blocks[first:]
    tail = re.compile(r"(Prev|Next|Copyright|Submit correction|Help content debug|Comments?)\b")
    while blocks and (blocks[-1][0] or tail.match(blocks[-1][1]) or len(blocks[-1][1]) < 30):
        blocks.pop()
    return blocks


def mallard(path: Path) -> list[Block]:
    """The blocks of a page of GNOME's help."""
    blocks: list[Block] = []

    def visit(element: ET.Element, depth: int) -> None:
        tag = element.tag.rpartition("}")[2]
        if tag in {"info", "links", "media", "code", "screen", "table", "comment"}:
            return
        inner = depth + (tag in {"page", "section"})
        if tag == "title":
            blocks.append((max(depth, 1), ""))
        elif tag == "p" or (tag == "item" and not any(e.tag.endswith("}p") for e in element)):
            blocks.append((NONE, plain("".join(element.itertext()))))
        else:
            for child in element:
                child_tag = str(child.tag).rpartition("}")[2]
                # A list's or a note's title is no heading.
                if child_tag == "title" and tag not in {"page", "section"}:
                    continue
                visit(child, inner)

    try:
        visit(ET.fromstring(path.read_text(encoding="utf-8")), 0)
    except ET.ParseError:
        return []
    return blocks


def collected(
    source: str, lang: str, pages: Iterable[tuple[str, list[Block]]]
) -> Iterator[Sectioned]:
    """Documents of pages: long ones alone, short ones with those beside them."""
    held: list[Block] = []
    name = ""
    for path, blocks in pages:
        alone = joined(source, lang, path, [(d + 1 if d else 0, text) for d, text in blocks])
        if len(alone.units) < 2:
            continue
        if alone.cut_level() is not None:
            yield alone
            continue
        name = name or path
        held += [(1, ""), *((d + 1 if d else 0, text) for d, text in blocks)]
        if sum(not d for d, _ in held) >= PAGE:
            yield joined(source, lang, name, held)
            held, name = [], ""
    if held:
        yield joined(source, lang, name, held)


def documentation(packages: Path) -> Iterator[Sectioned]:
    """What unpacked Debian packages document."""
    for package, folder, lang in PACKAGES:
        root = packages / package / folder
        files = sorted(path for path in root.rglob("*.html") if not path.is_symlink())
        files = [path for path in files if not GENERATED.search(str(path))]
        pages = ((str(path.relative_to(packages)), html(path)) for path in files)
        yield from collected(package, lang, pages)
    for package in HELP:
        for code in MALLARD if package == HELP[0] else MALLARD[:1]:
            files = sorted((packages / package / "usr/share/help" / code).rglob("*.page"))
            files = [path for path in files if not LEFT.search(str(path))]
            pages = ((str(path.relative_to(packages)), mallard(path)) for path in files)
            yield from collected("gnome", "en" if code == "C" else code[:2], pages)


NUMBERED = re.compile(
    r"(?:(?:section|article|clause|§)\s*)?\(?([0-9]{1,2}|[IVX]{1,5})[.):]?[.:\s)-]+", re.IGNORECASE
)
RUN_IN = re.compile(
    r"((?:[A-Z][\w'’/-]*|and|or|of|the|to|for|in|by|with|on|a|&)[ ,;]*){1,9}"
    r"[.:—-]\s+(?=[A-Z\"“(])"
)
ROMAN = {"I": 1, "V": 5, "X": 10}


def numeral(text: str) -> int:
    """What an Arabic or Roman numeral counts."""
    if text.isdigit():
        return int(text)
    values = [ROMAN[c] for c in text.upper()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def licence(text: str) -> Iterator[Block]:
    """The blocks of a licence: numbered clauses in sequence, and short titles."""
    expected: set[int] = {0, 1}
    for _, block in paragraphs(text):
        block = clipped(block)
        if not block:
            continue
        found = NUMBERED.match(block)
        number = numeral(found[1]) if found and not re.match(r"\(?[0-9]+\.[0-9]", block) else -1
        if found and number in expected:
            expected = {number + 1}
            rest = block[found.end() :]
            yield 1, ""
            short = len(rest) < 90 and not rest.endswith((".", ";", ":", ","))
            head = RUN_IN.match(rest)
            if not short:
                yield NONE, clipped(rest[head.end() :] if head and head.end() < 90 else rest)
        elif len(block) < 80 and not block.endswith((".", ";", ":", ",")) and is_title(block):
            yield 1, ""
        else:
            yield NONE, block


def is_title(block: str) -> bool:
    """Whether most words are capitalised."""
    words = re.findall(r"[A-Za-z]{4,}", block)
    return bool(words) and sum(word[0].isupper() for word in words) / len(words) > 0.8


#: Kinds of licences that are read.
FREE = re.compile(
    r"^category: (Permissive|Copyleft|Copyleft Limited|CLA|Public Domain)$", re.MULTILINE
)


def licences(folder: Path) -> Iterator[Sectioned]:
    """The texts of free licences in `licensedcode-data`; one of each family of versions."""
    seen: set[str] = set()
    for path in sorted(folder.rglob("licenses/*.LICENSE")):
        text = path.read_text(encoding="utf-8", errors="replace")
        head, _, body = text.removeprefix("---").partition("\n---")
        english = "language: en" in head or "language:" not in head
        if not FREE.search(head) or len(body) < 3000 or not english:
            continue
        made = joined("licences", "en", path.stem, licence(body))
        key = " ".join(made.units)[1500:1700]
        if key in seen:
            continue
        seen.add(key)
        yield made


TITLED_LINE = re.compile(r"(#{1,5}) ")


def terms(folder: Path) -> Iterator[Sectioned]:
    """The written terms: a unit a line, headings as in Markdown."""
    for path in sorted(folder.glob("*.md")):
        blocks: list[Block] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            heading = TITLED_LINE.match(line)
            text = plain(line.replace("**", "").replace("__", ""))
            # The first line is the name of the document.
            if heading is None and re.search(r"\w{2}", text):
                blocks.append((NONE, text))
            elif heading is not None and len(heading[1]) > 1:
                blocks.append((len(heading[1]) - 1, ""))
        yield joined("terms", "en", path.stem, blocks)


def load(
    data: Path, packages: Path, licence_texts: Path, written: Path, cache: Path | None = None
) -> list[Sectioned]:
    """Every document that can be cut, those that are left out of training too."""
    if cache is not None and cache.exists():
        with cache.open("rb") as file:
            kept: list[Sectioned] = pickle.load(file)
            return kept
    found = [
        *(one for name in (*STATUTES, "us_contracts_toc") for one in legal(data, name)),
        *licences(licence_texts),
        *terms(written),
        *documentation(packages),
    ]
    usable = [one for one in found if one.cut_level() is not None and len(one.units) >= 10]
    if cache is not None:
        with cache.open("wb") as file:
            pickle.dump(usable, file)
    return usable
