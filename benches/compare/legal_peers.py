"""Section starts of English legal texts: scriptio beside LexNLP.

    python benches/compare/legal_peers.py DATA [--split dev] [--json FILE]

LexNLP 2.3.0 (AGPL, run here and nowhere else) pins packages that no longer install; what works is
`pip install --no-deps lexnlp` beside scikit-learn 1.2.2, numpy below 2, pandas below 2.1, nltk and
what its imports ask for. Of LexNLP a start is right if any heading of the gold begins there, of
scriptio's sections of the kinds that the gold marks too; recall is over the sections of the gold.
Documents on which a peer fails count as without sections.
"""

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import common
from legal import CORPORA, after_blanks, documents, gold_of, inside, system_of
from scriptio import SectionSegmenter

#: English corpora that print their headings at the start of lines.
ENGLISH = (
    "us_contracts_toc",
    "us_code",
    "us_dc_code",
    "uslm_federal",
    "in_acts",
    "za_constitution",
)


def lexnlp(text: str, system: str, kinds: set[str]) -> list[int]:
    """Starts by LexNLP's classifier of lines."""
    del system, kinds
    from lexnlp.nlp.en.segments.sections import (  # type: ignore[import-not-found]
        get_section_spans,
    )

    return [span.start for span in get_section_spans(text)]


def scriptio(text: str, system: str, kinds: set[str]) -> list[int]:
    """Starts of the sections of the kinds that the corpus marks."""
    outline = SectionSegmenter(system).outline(text)
    return [section.start for section in outline[1:] if section.kind in kinds]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="dev", choices=("dev", "test"))
    parser.add_argument("--most", type=int, default=300_000, help="longest text, in characters")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows, results = [], {}
    for name in ENGLISH:
        kinds = set(CORPORA[name][2])
        given = list(documents(options.data, name, options.split))
        given = [d for d in given if len(d.text) <= options.most]
        for system in (scriptio, lexnlp):
            right = found = hit = total = failed = size = 0
            began = time.process_time()
            for document in given:
                gold, quoted = gold_of(document)
                masked = sorted(quoted)
                sections = {at for at, node in gold.items() if node["type"] in CORPORA[name][1]}
                try:
                    starts = system(document.text, system_of(name, document.id), kinds)
                except Exception:
                    starts, failed = [], failed + 1
                places = {after_blanks(document.text, at) for at in starts}
                places = {at for at in places if not inside(masked, at)}
                right += len(places & set(gold))
                found += len(places)
                hit += len(places & sections)
                total += len(sections)
                size += len(document.text.encode())
            if not given:
                continue
            p, r = right / max(found, 1), hit / max(total, 1)
            row: dict[str, Any] = {
                "documents": len(given),
                "failed": failed,
                "p": round(p, 4),
                "r": round(r, 4),
                "f1": round(2 * p * r / max(p + r, 1e-9), 4),
                "mb_per_s": round(size / 1e6 / max(time.process_time() - began, 1e-9), 3),
            }
            results[f"{name}, {system.__name__}"] = row
            rows.append([name, system.__name__, *row.values()])
            print(rows[-1], flush=True)
    header = ["corpus", "system", "docs", "failed", "P", "R", "F1", "MB/s"]
    print(common.table(header, rows))
    common.write_json(options.json, ["lexnlp"], split=options.split, corpora=results)


if __name__ == "__main__":
    main()
