"""Headings of terms of service whose headings are all known: those written to train scriptio-topic.

    python legal_terms.py ../../training/terms [--json FILE]

Nothing of what finds headings was fitted on them. Marks of Markdown are left out; what is left of
a heading is a line like others. `auto` counts the systems that are found.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

import common
from scriptio import SectionSegmenter

HEADING = re.compile(r"#{1,5} ")


def plain(markdown: str) -> tuple[str, set[int]]:
    """The text without marks, and where its headings start."""
    text, gold = "", set()
    for line in markdown.splitlines():
        heading = HEADING.match(line)
        if heading is not None:
            gold.add(len(text))
        elif not line.strip():
            continue
        text += line[heading.end() if heading else 0 :].replace("**", "") + "\n"
    return text, gold


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("terms", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    told, automatic = SectionSegmenter("tos"), SectionSegmenter()
    both = found = known = 0
    systems: Counter[str] = Counter()
    for path in sorted(options.terms.glob("*.md")):
        text, gold = plain(path.read_text(encoding="utf-8"))
        kinds = {"heading", "section", "part"}
        ours = {section.start for section in told.outline(text)[1:] if section.kind in kinds}
        both, found, known = both + len(gold & ours), found + len(ours), known + len(gold)
        systems[automatic.outline(text).system] += 1
    scores = {
        "precision": round(both / found, 4),
        "recall": round(both / known, 4),
        "f1": round(2 * both / (found + known), 4),
        "headings": known,
        "auto": dict(systems.most_common()),
    }
    print(scores)
    common.write_json(options.json, [], terms=scores)


if __name__ == "__main__":
    main()
