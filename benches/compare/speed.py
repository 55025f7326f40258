"""Speed of scriptio and its peers, side by side, on one thread.

    python benches/compare/speed.py CORPORA [--rounds 3] [--passes 3] [--json OUT]

CORPORA is a directory of .txt (or .txt.xz) files named after their language. Every measurement runs
in a process of its own; the peers take turns within a round, so that whatever else the machine does
hits them all. Times are CPU seconds of the process; MB are 10^6 bytes of UTF-8; the figure is the
median over all rounds and passes. Every pass gets a new `str`, because CPython keeps a UTF-8 copy
in one that was once converted. Two columns: to offsets, as the package gives them (a list, or
scriptio's array), and to a list of strings.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import common
import peers

MODES = ("offsets", "strings")


def worker(name: str, lang: str, path: str, mode: str, passes: int) -> dict[str, Any]:
    """Time one peer on one corpus."""
    data = common.read_corpus(Path(path), peers.LIMITS.get(name))
    try:
        peer = peers.load(name, lang)
    except peers.UnknownLanguageError:
        return {"skipped": f"does not know {lang}"}
    call = peer.offsets if mode == "offsets" else peer.strings
    if call is None:
        return {"skipped": "has no offsets"}
    call(data[:50_000].decode("utf-8", "ignore"))
    seconds, count = [], 0
    for _ in range(passes):
        text = data.decode("utf-8")
        by_paragraph = name in peers.BY_PARAGRAPH
        parts = [p for p in text.split("\n\n") if p.strip()] if by_paragraph else [text]
        start = time.process_time()
        count = sum(len(call(part)) for part in parts)
        seconds.append(time.process_time() - start)
    return {"bytes": len(data), "segments": count, "seconds": seconds}


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--only", help="comma-separated names of corpora")
    parser.add_argument("--timeout", type=float, default=150, help="seconds for one process")
    common.add_common(parser)
    options = parser.parse_args()
    names = common.chosen_peers(options.peers)
    files = common.corpus_files(options.corpora)
    if options.only:
        files = {name: files[name] for name in options.only.split(",")}

    results: dict[tuple[str, str, str], dict[str, Any]] = {}
    for round_number in range(options.rounds):
        for corpus, path in files.items():
            for mode in MODES:
                for name in names:
                    key = (corpus, name, mode)
                    before = results.get(key)
                    if before and "seconds" not in before:
                        continue
                    arguments = [
                        name, common.corpus_language(corpus), str(path), mode, str(options.passes)
                    ]  # fmt: skip
                    got = common.run_worker(__file__, arguments, options.timeout)
                    if before and "seconds" in got:
                        before["seconds"] += got["seconds"]
                    else:
                        results[key] = got
                    print(round_number + 1, *key, got.get("error", ""), flush=True)

    rows = []
    for (corpus, name, mode), got in results.items():
        row = {"corpus": corpus, "peer": name, "mode": mode, **got}
        if "seconds" in got:
            row["mb_per_second"] = got["bytes"] / 1e6 / statistics.median(got["seconds"])
        rows.append(row)

    def speed(corpus: str, name: str, mode: str) -> str:
        got = next(r for r in rows if (r["corpus"], r["peer"], r["mode"]) == (corpus, name, mode))
        if "error" in got:
            return "failed"
        return f"{got['mb_per_second']:.2f}" if "mb_per_second" in got else "-"

    header = ["MB/s", *(f"{corpus} {mode}" for corpus in files for mode in MODES)]
    lines = [
        [name, *(speed(corpus, name, mode) for corpus in files for mode in MODES)] for name in names
    ]
    print()
    print(common.table(header, lines))
    common.write_json(options.json, names, speed=rows)


if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["--worker"]:
        name, lang, path, mode, passes = sys.argv[2:7]
        print(json.dumps(worker(name, lang, path, mode, int(passes))))
    else:
        main()
