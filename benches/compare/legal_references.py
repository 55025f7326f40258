"""References of legal texts against gold: Thai edges, US Code, D.C. and German citations.

    python benches/compare/legal_references.py DATA [--only th,us,dc,de] [--errors N]

*Thai*: edges from section to section of all laws of the corpus as sets, beside a naive resolver
that takes every `มาตรา n` for one of the same law. *US Code, D.C.*: pairs of place and target, of
our references those of the forms that the gold marks. *German*: paragraph and law of each citation
whose span overlaps; the gold leaves many citations out, so that precision is a lower bound.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import common
from scriptio import SectionSegmenter
from scriptio.legal import Outline, Reference, find_references


def records(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The documents of a corpus."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def f1(hit: int, found: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    p, r = hit / max(found, 1), hit / max(gold, 1)
    return p, r, 2 * p * r / max(p + r, 1e-9)


def squeezed(name: str) -> str:
    """A law's name without blanks."""
    return re.sub(r"\s+", "", name).replace("พุทธศักราช", "พ.ศ.")


def normal(number: str) -> str:
    """A Thai number with one blank before a word."""
    return re.sub(r"\s+", " ", number).strip()


def section_of(outline: Outline, index: int) -> str | None:
    """The number of the citable section that holds a section."""
    at: int | None = index
    while at:
        section = outline[at]
        if section.kind == "section":
            return normal(section.number)
        at = section.parent
    return None


def thai(data: Path, errors: int) -> list[dict[str, Any]]:
    """Edges of the Thai corpus."""
    ours, naive, gold = set(), set(), set()
    seconds = size = 0.0
    for record in records(data, "th_nitibench"):
        text, title = record["text"], record["title"]
        begin = time.process_time()
        outline = SectionSegmenter("th").outline(text)
        middle = time.process_time()
        references = outline.references()
        seconds += time.process_time() - middle
        size += len(text.encode())
        del begin
        for entry in record["section_refs"]:
            for law, number in entry["targets"]:
                gold.add((title, entry["src"], squeezed(law), normal(number)))
        for reference in references:
            source = section_of(outline, reference.source)
            if source is None:
                continue
            if reference.law and reference.anchor == "other":
                law = squeezed(reference.law)
                if reference.resolution == "external" and reference.steps:
                    ours.add((title, source, law, normal(reference.steps[0].number)))
                continue
            for target in reference.targets:
                number = section_of(outline, target)
                if number is not None and number != source:
                    ours.add((title, source, squeezed(title), number))
        for node in record["nodes"]:
            body = text[node["hend"] : node["end"]]
            for m in re.finditer(r"มาตรา\s*(\d+(?:/\d+)?(?: (?:ทวิ|ตรี|จัตวา|เบญจ))?)", body):
                naive.add((title, node["num"], squeezed(title), normal(m.group(1))))
    # The corpus names laws in full, texts by their first words: match by the beginning.
    gold_laws = {edge[2] for edge in gold}

    def canonical(edge: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
        if edge[2] in gold_laws:
            return edge
        same = [law for law in gold_laws if law.startswith(edge[2]) or edge[2].startswith(law)]
        return (*edge[:2], min(same, key=len), edge[3]) if same else edge

    ours = {canonical(edge) for edge in ours}
    if errors:
        for what, edges in (("MISSED", gold - ours), ("EXTRA", ours - gold)):
            for edge in sorted(edges)[:: max(len(edges) // errors, 1)]:
                print(what, edge)
    rows = []
    for name, edges in (("th edges", ours), ("th edges, naive", naive)):
        p, r, f = f1(len(edges & gold), len(edges), len(gold))
        rows.append({"name": name, "p": p, "r": r, "f1": f, "gold": len(gold)})
    rows[0]["mb_per_s"] = size / 1e6 / max(seconds, 1e-9)
    return rows


def item_parts(reference: Reference) -> list[str]:
    """The items of a citation as printed, without brackets."""
    return [s.number for s in reference.steps if s.kind not in ("section", "title")]


def us_target(reference: Reference, title: str, text: str) -> str | None:
    """The path that the US Code gives a target, of the forms it links."""
    steps = [step for step in reference.steps if step.kind == "section"]
    if not steps:
        return None
    whole = text[reference.start : reference.end]
    law = reference.law or ""
    usc = re.match(r"(\d+) U\.?S\.?C", law)
    if usc:
        where = usc.group(1)
    elif reference.anchor == "here" and reference.here == "title":
        where = title
    elif match := re.match(r"[Tt]itle (\d+)$", law):
        where = match.group(1)
    else:
        return None
    # Singular labels alone are linked, and the first of the elements in a list.
    label = text[max(0, steps[0].start - 9) : steps[0].start].lower()
    if not usc and not label.endswith("section "):
        return None
    if "sections" in whole.lower()[:9] or reference.upto:
        return None
    inner = [s.number for s in reference.steps if s.start > steps[0].start and s.kind != "title"]
    return "/".join([f"/us/usc/t{where}", f"s{steps[0].number}", *inner])


def us_place(reference: Reference, text: str) -> int:
    """Where the link of the US Code begins: at the label of the section."""
    section = next(step for step in reference.steps if step.kind == "section")
    at = section.start - len("section ")
    return at if text[at : section.start].lower() == "section " else reference.start


def code(data: Path, errors: int) -> list[dict[str, Any]]:
    """Linked references of the US Code."""
    hit = found = total = spans = 0
    seconds = size = 0.0
    for record in records(data, "us_code"):
        text = record["text"]
        title = str(int(record["id"].split("-")[-1]))
        outline = SectionSegmenter("us-code").outline(text)
        begin = time.process_time()
        references = outline.references()
        seconds += time.process_time() - begin
        size += len(text.encode())
        gold = {
            (r["start"], r["target"])
            for r in record["refs"]
            if (r["target"] or "").startswith("/us/usc/t") and "/s" in (r["target"] or "")
        }
        places = {start for start, _ in gold}
        ours: dict[int, str] = {}
        for reference in references:
            target = us_target(reference, title, text)
            if target is not None:
                ours.setdefault(us_place(reference, text), target)
        hits = {(at, target) for at, target in ours.items() if (at, target) in gold}
        hit += len(hits)
        found += len(ours)
        total += len(gold)
        spans += len(places & set(ours))
        if errors:
            for at, target in sorted(gold - set(ours.items()))[:errors]:
                print("MISSED", target, repr(text[at - 30 : at + 60]), ours.get(at))
            for at in sorted(set(ours) - places)[:errors]:
                print("EXTRA", ours[at], repr(text[max(0, at - 40) : at + 60]))
    p, r, f = f1(hit, found, total)
    return [
        {
            "name": "us code targets",
            "p": p,
            "r": r,
            "f1": f,
            "gold": total,
            "mb_per_s": size / 1e6 / max(seconds, 1e-9),
        }
    ]


def dc_target(outline: Outline, reference: Reference) -> str | None:
    """The path that the D.C. Code gives a target."""
    section = [step for step in reference.steps if step.kind == "section"]
    if section and "-" in section[0].number and reference.anchor != "other":
        return "|".join([f"§{section[0].number}", *(f"({n})" for n in item_parts(reference))])
    containers = [s for s in reference.steps if s.kind in CONTAINERS]
    if reference.anchor == "here" and reference.here in CONTAINERS:
        if not reference.steps and reference.here == "title":
            return None
        at: int | None = reference.source
        while at and outline[at].kind != reference.here:
            at = outline[at].parent
        path: list[str] = []
        while at:
            if outline[at].kind in CONTAINERS:
                path.insert(0, outline[at].number)
            at = outline[at].parent
        if not path:
            return None
        return "|".join([*path, *(step.number for step in containers)])
    law = re.match(r"[Tt]itle (\d+)$", reference.law or "")
    if containers and law:
        numbers = [step.number for step in containers]
        return "|".join(numbers)
    return None


CONTAINERS = ("title", "subtitle", "unit", "chapter", "subchapter", "part", "subpart")


def district(data: Path, errors: int) -> list[dict[str, Any]]:
    """Cited paths of the D.C. Code."""
    hit = found = total = 0
    for record in records(data, "us_dc_code"):
        text = record["text"]
        outline = SectionSegmenter("us-code").outline(text)
        gold = [
            (r["start"], r["end"], r["target"])
            for r in record["refs"]
            if r["target"] and not r["text"].startswith("(") and "ersion" not in r["text"]
        ]
        starts = {at for start, end, _ in gold for at in range(start, end)}
        ours: dict[int, tuple[int, str]] = {}
        for reference in outline.references():
            target = dc_target(outline, reference)
            if target is not None:
                # Relative words are linked only in some places: neither way.
                # Nor does the gold link `section 16-501` without its sign, or `(b)` in a list.
                loose = reference.text.lower().startswith(("this ", "section", "[section", "("))
                if not loose or reference.start in starts:
                    ours[reference.start] = (reference.end, target)
        total += len(gold)
        found += len(ours)
        spans = sorted((start, end, target) for start, (end, target) in ours.items())
        for start, end, target in gold:
            same = [t for s, e, t in spans if s < end and e > start]
            if target in same:
                hit += 1
            elif errors:
                print("MISSED", target, same, repr(text[max(0, start - 50) : end + 30]))
                errors -= 1
        if errors:
            for start, end, target in spans:
                if not any(at in starts for at in range(start, end)):
                    print("EXTRA", target, repr(text[max(0, start - 40) : end + 30]))
                    errors -= 1
                    if errors < 1:
                        break
    p, r, f = f1(hit, found, total)
    return [{"name": "dc targets", "p": p, "r": r, "f1": f, "gold": total}]


def german(data: Path, errors: int) -> list[dict[str, Any]]:
    """Citations of German decisions: paragraph and law."""
    hit = found = total = booked = spans = exact = 0
    for record in records(data, "de_citations_gold"):
        text = record["text"]
        gold = [r for r in record["refs"] if r["number"] and r["text"].strip()[:1] != "R"]
        ours = find_references(text, "de")
        total += len(gold)
        found += len([r for r in ours if r.steps])
        used = set()
        for r in gold:
            same = [o for o in ours if o.start < r["end"] and o.end > r["start"] and o.steps]
            good = [o for o in same if o.steps[0].number.replace(" ", "") == r["number"]]
            if good:
                spans += 1
                book = (good[0].law or "").lower()
                # `SGB V` is book `5` in the gold, or what its extractor carried over from before.
                loose = r["kind"] != "full" or r["book"].isdigit()
                right = loose or not r["book"] or r["book"] in book
                exact += good[0].start == r["start"] and good[0].end == r["end"]
                booked += right
                hit += right
                used.add(good[0].start)
                if errors and not right:
                    print("LAW", r["book"], book, repr(text[r["start"] : r["end"] + 40]))
            elif errors:
                print("MISSED", r["number"], repr(text[r["start"] - 20 : r["end"] + 30]))
        if errors:
            marked = [(r["start"], r["end"]) for r in record["refs"]]
            for o in ours:
                if not any(o.start < e and o.end > s for s, e in marked):
                    print("EXTRA", o.text, repr(text[max(0, o.start - 30) : o.end + 30]))
    p, r, f = f1(hit, found, total)
    q = f1(spans, found, total)
    return [
        {"name": "de number and law", "p": p, "r": r, "f1": f, "gold": total},
        {"name": "de number", "p": q[0], "r": q[1], "f1": q[2], "gold": total},
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="th,us,dc,de")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = {"th": thai, "us": code, "dc": district, "de": german}
    results = []
    for name in options.only.split(","):
        results += runs[name](options.data, options.errors)
    rows = [
        [
            r["name"],
            r["gold"],
            *(f"{r[key]:.4f}" for key in ("p", "r", "f1")),
            f"{r['mb_per_s']:.0f}" if "mb_per_s" in r else "",
        ]
        for r in results
    ]
    print(common.table(["references", "gold", "P", "R", "F1", "MB/s"], rows))
    common.write_json(options.json, [], references=results)


if __name__ == "__main__":
    main()
