"""Section trees of legal texts against gold, as they are and wrapped at 80 columns.

    python benches/compare/legal.py DATA [--only us_code,de_gesetze] [--split dev|test|held]

DATA is a directory of JSON Lines, `{id, text, nodes: [{type, num, level, parent, start, end}]}`,
with offsets in code points. Documents that were never looked at while rules were written are the
split `held`; of the others a fifth, by the hash of the id, is `test`.

Boundaries are compared by the first code point that is no white space, without tolerance, as micro
averages. What lies inside `quoted` gold nodes, the text of another law, counts neither way. *Parent
accuracy*: of the starts that both have, the share whose parent starts at the same place in both.
*Known parents*: the same with our nearest ancestor that the gold has, since some gold leaves whole
levels out: tables of contents that list sections and not the articles above them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import common
from scriptio import Section, SectionSegmenter

#: Corpus: the system, the gold types of the citable unit, the kinds of ours that stand for it.
CORPORA: dict[str, tuple[str, set[str], set[str]]] = {
    "th_nitibench": ("th", {"matra"}, {"section", "schedule-item"}),
    "th_constitutions": ("th", {"มาตรา"}, {"section"}),
    "de_gesetze": ("de", {"paragraf", "artikel"}, {"section"}),
    "fr_codes": ("fr", {"article"}, {"article", "annex-article"}),
    "jp_laws": ("jp", {"条"}, {"article"}),
    "cn_laws": ("cn", {"条"}, {"article"}),
    "us_code": ("us-code", {"section"}, {"section"}),
    "us_dc_code": ("us-code", {"section"}, {"section"}),
    "za_constitution": ("za", {"section"}, {"section"}),
    "in_acts": ("in", {"section"}, {"section"}),
    "es_uy_laws": ("es", {"articulo"}, {"article"}),
    "uslm_federal": ("us-bill", {"section"}, {"section"}),
    "akn_mixed": ("uk", {"section", "article"}, {"section", "article"}),
    "eu_eurlex": ("eu", {"article"}, {"article"}),
    "us_contracts_toc": (
        "us-contract",
        {"section", "article"},
        {"section", "article", "clause1"},
    ),
    "tos_ota": ("tos", {"h1", "h2", "h3", "h4", "h5", "h6"}, {"heading", "section", "part"}),
    "es_ar_civil_code_wrapped": ("es", {"articulo"}, {"article"}),
}

#: The one obvious pattern of a corpus for the citable unit, as a rule on single lines has it.
NAIVE = {
    "th_nitibench": r"มาตรา [0-9๐-๙]",
    "th_constitutions": r"มาตรา [0-9๐-๙]",
    "de_gesetze": r"(?:§§? ?|Art(?:ikel|\.) )\d",
    "fr_codes": r"Article \S*\d",
    "jp_laws": r"(?:（[^\n]*）\n)?第[0-9０-９〇一二三四五六七八九十百千]+条",
    "cn_laws": r"第[0-9０-９〇一二三四五六七八九十百千]+条",
    "us_code": r"§ ?\d",
    "us_dc_code": r"§ ?\d",
    "za_constitution": r"\d+[A-Z]?\. ",
    "in_acts": r"\d+[A-Z]*\. ",
    "es_uy_laws": r"(?i:art[íi]culo) \d",
    "es_ar_civil_code_wrapped": r"(?i:art[íi]culo) \d|ART\.? ?\d",
    "uslm_federal": r"SEC(?:TION|\.) \d|Section \d",
    "eu_eurlex": r"Article \d",
    "us_contracts_toc": r"(?:Section |SECTION |ARTICLE |Article )?(?:\d+\.\d+|[IVX]+\b|\d+\b)",
    "tos_ota": r"\d+(?:\.\d+)*[.)]? +[A-Z]",
}

#: Systems of single documents, by the start of their id.
SYSTEMS = {"eu-": "eu", "uy-": "es", "us-act": "us-bill", "it-": "it"}

#: Gold nodes that nothing printed shows.
UNMARKED = {"list", "quoted", "eingangsformel"}

#: Never looked at.
HELD = ("uk-", "jp-刑法", "in-nia", "th-ก0123-1B-0001", "ar-ley-26994")


@dataclass
class Document:
    """A text with its gold starts."""

    id: str
    text: str
    nodes: list[dict[str, Any]]
    traps: list[Any] = field(default_factory=list)


def split_of(name: str, document: str) -> str:
    """Which split a document is in."""
    value = int(hashlib.sha1(document.encode(), usedforsecurity=False).hexdigest(), 16)
    if document.startswith(HELD) or (name == "us_contracts_toc" and value % 3 == 0):
        return "held"
    return "test" if value % 5 == 0 else "dev"


def documents(data: Path, name: str, split: str) -> Iterator[Document]:
    """The documents of a corpus."""
    path = data / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if split in ("all", split_of(name, record["id"])):
                if name == "de_gesetze":
                    repair(record["nodes"])
                yield Document(
                    record["id"], record["text"], record["nodes"], record.get("traps", [])
                )


def wrapped(text: str, width: int) -> tuple[str, list[int]]:
    """The text with lines of at most `width`, and where line breaks were inserted.

    A blank becomes a line break, which moves nothing; only a word that is too long is broken by
    inserting one.
    """
    out: list[str] = []
    inserted: list[int] = []
    at = 0
    for line in text.split("\n"):
        start = 0
        while len(line) - start > width:
            blank = line.rfind(" ", start, start + width + 1)
            if blank > start:
                out.append(line[start:blank] + "\n")
                start = blank + 1
            else:
                out.append(line[start : start + width] + "\n")
                start += width
                inserted.append(at + start)
        out.append(line[start:] + "\n")
        at += len(line) + 1
    return "".join(out)[:-1], inserted


def after_blanks(text: str, at: int) -> int:
    """The first code point from `at` on that is no white space."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at


@dataclass
class Tally:
    """Counts of one corpus."""

    hit: int = 0
    found: int = 0
    gold: int = 0

    def add(self, gold: set[int], found: set[int]) -> None:
        """Compare two sets of starts."""
        self.hit += len(gold & found)
        self.found += len(found)
        self.gold += len(gold)

    def row(self) -> dict[str, float]:
        """Precision, recall and F1."""
        p = self.hit / self.found if self.found else 0.0
        r = self.hit / self.gold if self.gold else 0.0
        return {"p": p, "r": r, "f1": 2 * p * r / (p + r) if p + r else 0.0, "gold": self.gold}


@dataclass
class Score:
    """What is measured on one corpus."""

    section: Tally = field(default_factory=Tally)
    every: Tally = field(default_factory=Tally)
    wrapped: Tally = field(default_factory=Tally)
    wrapped_every: Tally = field(default_factory=Tally)
    naive: Tally = field(default_factory=Tally)
    naive_wrapped: Tally = field(default_factory=Tally)
    same_parent: int = 0
    same_known: int = 0
    matched: int = 0
    same_number: int = 0
    numbered: int = 0
    bytes: int = 0
    seconds: float = 0.0
    types: Counter[str] = field(default_factory=Counter)
    type_hits: Counter[str] = field(default_factory=Counter)

    def row(self) -> dict[str, Any]:
        """All figures."""
        return {
            "section": self.section.row(),
            "every": self.every.row(),
            "wrapped": self.wrapped.row(),
            "wrapped_every": self.wrapped_every.row(),
            "naive": self.naive.row(),
            "naive_wrapped": self.naive_wrapped.row(),
            "parent": self.same_parent / max(self.matched, 1),
            "parent_known": self.same_known / max(self.matched, 1),
            "number": self.same_number / max(self.numbered, 1),
            "mb_per_s": self.bytes / 1e6 / max(self.seconds, 1e-9),
        }


#: German levels that may be printed at the depth of the sections in them.
CONTAINERS = {"kapitel", "unterkapitel", "untertitel", "heading", "unterabschnitt"}


def repair(nodes: list[dict[str, Any]]) -> None:
    """Put sections below the container that their source prints at the same depth.

    The German source has Markdown headings, which know six levels: what lies deeper is printed at
    the sixth, so that a section becomes the sibling of the chapter that it lies in.
    """
    containers: dict[int, int] = {}
    for index, node in enumerate(nodes):
        parent = node["parent"]
        if node["type"] in ("paragraf", "artikel"):
            node["parent"] = containers.get(parent, parent)
        # `(XXXX) §§ 3 bis 6 (weggefallen)` is a heading that holds nothing.
        elif node["type"] in CONTAINERS and not (node["heading"] or "").startswith("(XXXX)"):
            containers[parent] = index


def gold_of(document: Document) -> tuple[dict[int, dict[str, Any]], list[tuple[int, int]]]:
    """Gold nodes by start, and the quoted spans."""
    text = document.text
    quoted = [(n["start"], n["end"]) for n in document.nodes if n["type"] == "quoted"]
    gold: dict[int, dict[str, Any]] = {}
    for node in document.nodes:
        if node["type"] not in UNMARKED and not inside(quoted, node["start"]):
            gold.setdefault(after_blanks(text, node["start"]), node)
    return gold, quoted


def inside(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether a place lies in one of the spans."""
    return any(start <= at < end for start, end in spans)


def gold_parent(document: Document, node: dict[str, Any]) -> int:
    """Where the nearest marked parent starts; -1 for none."""
    at = node["parent"]
    while at >= 0 and document.nodes[at]["type"] in UNMARKED - {"quoted"}:
        at = document.nodes[at]["parent"]
    return -1 if at < 0 else after_blanks(document.text, document.nodes[at]["start"])


def normal(number: str | None) -> str:
    """A number as printed, without marks and case."""
    return "".join(c for c in (number or "").lower() if c.isalnum())


#: Kinds of ours that are no sections with a heading.
PLAIN = {"text", "toc", "quoted"}


def evaluate(name: str, document: Document, system: str, score: Score, errors: int) -> None:
    """Add one document to the score."""
    _, gold_types, our_kinds = CORPORA[name]
    text = document.text
    segmenter = SectionSegmenter(system)
    begin = time.process_time()
    outline = segmenter.outline(text)
    score.seconds += time.process_time() - begin
    score.bytes += len(text.encode())
    gold, quoted = gold_of(document)
    masked = sorted(quoted)
    ours: dict[int, Section] = {}
    for section in outline[1:]:
        start = after_blanks(text, section.start)
        if section.kind not in PLAIN and not inside(masked, start):
            ours.setdefault(start, section)
    gold_sections = {at for at, node in gold.items() if node["type"] in gold_types}
    found = {at for at, section in ours.items() if section.kind in our_kinds}
    score.section.add(gold_sections, found)
    score.every.add(set(gold), set(ours))
    for at, node in gold.items():
        score.types[node["type"]] += 1
        if at not in ours:
            continue
        section = ours[at]
        score.type_hits[node["type"]] += 1
        score.matched += 1
        above = section
        while above.parent and outline[above.parent].kind in PLAIN:
            above = outline[above.parent]
        parent = after_blanks(text, outline[above.parent].start) if above.parent else -1
        expected = gold_parent(document, node)
        right = parent == expected
        score.same_parent += right
        known = section
        while known.parent:
            known = outline[known.parent]
            if after_blanks(text, known.start) in gold:
                break
        else:
            known = outline[0]
        score.same_known += expected == (after_blanks(text, known.start) if known.level else -1)
        if node["num"] and section.number:
            score.numbered += 1
            score.same_number += normal(section.number) in normal(node["num"])
        if errors and not right:
            show(document, at, f"parent {section.marker!r} {section.path} {node['type']}")
    if errors:
        for at in sorted(set(gold) ^ set(ours)):
            if at in gold:
                show(document, at, f"MISSED {gold[at]['type']}")
            else:
                show(document, at, f"EXTRA {ours[at].kind} {ours[at].path}")
    # The same, wrapped.
    narrow, inserted = wrapped(text, 80)
    breaks = [place + i for i, place in enumerate(inserted)]
    if name in NAIVE:
        plain = {at for at in naive(name, text) if not inside(masked, at)}
        score.naive.add(gold_sections, plain)
        moved = {at - bisect_right(breaks, at) for at in naive(name, narrow)}
        score.naive_wrapped.add(gold_sections, {at for at in moved if not inside(masked, at)})
    again = segmenter.outline(narrow)
    starts: dict[int, str] = {}
    for section in again[1:]:
        at = after_blanks(narrow, section.start)
        # Inserted breaks are counted in the narrow text.
        at -= bisect_right(breaks, at)
        if section.kind not in PLAIN and not inside(masked, at):
            starts.setdefault(at, section.kind)
    score.wrapped.add(gold_sections, {at for at, kind in starts.items() if kind in our_kinds})
    score.wrapped_every.add(set(gold), set(starts))
    if errors > 1:
        for at in sorted(set(starts) - set(gold)):
            show(document, at, f"WRAPPED EXTRA {starts[at]}")
        for at in sorted(set(gold) - set(starts)):
            show(document, at, f"WRAPPED MISSED {gold[at]['type']}")


def naive(name: str, text: str) -> set[int]:
    """Starts of the lines that the pattern of a corpus fits."""
    pattern = re.compile(rf"^[ \t]*({NAIVE[name]})", re.MULTILINE)
    return {match.start(1) for match in pattern.finditer(text)}


def show(document: Document, at: int, what: str) -> None:
    """Print a place that went wrong."""
    text = document.text
    print(f"{document.id}:{at} {what}: {text[max(0, at - 50) : at]!r} || {text[at : at + 70]!r}")


def system_of(name: str, document: str) -> str:
    """The system a document is read with."""
    if name == "akn_mixed":
        for start, system in SYSTEMS.items():
            if document.startswith(start):
                return system
    return CORPORA[name][0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", help="comma-separated corpora")
    parser.add_argument("--split", default="dev", choices=("dev", "test", "held", "all"))
    parser.add_argument("--auto", action="store_true", help="let the system be found")
    parser.add_argument("--doc", help="only documents whose id contains this")
    parser.add_argument("--errors", type=int, default=0, help="1: print errors, 2: wrapped too")
    parser.add_argument("--types", action="store_true", help="recall by gold type")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CORPORA)
    rows, results = [], {}
    for name in names:
        if not (options.data / f"{name}.jsonl.gz").exists():
            continue
        score = Score()
        count = 0
        for document in documents(options.data, name, options.split):
            if options.doc and options.doc not in document.id:
                continue
            count += 1
            system = "auto" if options.auto else system_of(name, document.id)
            evaluate(name, document, system, score, options.errors)
        if not count:
            continue
        row = score.row()
        results[name] = row | {"documents": count}
        section, every, narrow = row["section"], row["every"], row["wrapped"]
        rows.append(
            [
                name,
                count,
                section["gold"],
                *(f"{section[key]:.4f}" for key in ("p", "r", "f1")),
                *(f"{every[key]:.4f}" for key in ("p", "r", "f1")),
                f"{row['parent']:.4f}",
                f"{row['parent_known']:.4f}",
                f"{row['number']:.3f}",
                *(f"{narrow[key]:.4f}" for key in ("p", "r", "f1")),
                f"{row['wrapped_every']['f1']:.4f}",
                f"{row['naive']['f1']:.4f}",
                f"{row['naive_wrapped']['p']:.4f}",
                f"{row['mb_per_s']:.0f}",
            ]
        )
        if options.types:
            for kind, gold in score.types.most_common():
                print(f"  {name} {kind}: {score.type_hits[kind]} of {gold}")
    header = ["corpus", "docs", "gold", "P", "R", "F1", "all P", "R", "F1", "parent", "known"]
    header += ["number", "wrap P", "R", "F1", "all F1", "naive F1", "wrap P", "MB/s"]
    print(common.table(header, rows))
    common.write_json(options.json, [], split=options.split, corpora=results)


if __name__ == "__main__":
    main()
