"""Memory of scriptio and its peers: while they work, and what the result keeps.

    python benches/compare/memory.py CORPUS.txt [--lang en] [--megabytes 8] [--json OUT]

Every peer runs in a process of its own. "Peak" is how far the process's resident size rises above
what it was before the first call, per byte of UTF-8 of the text. "Result" is what further results
for the same text add, per segment, with memory released as soon as it is freed, so that no reuse
hides it. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import gc
import json
from pathlib import Path
from typing import Any

import common
import peers

COPIES = 4


def resident(field: str) -> int:
    """`VmRSS` or `VmHWM` (its peak) in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise SystemExit("/proc/self/status tells no " + field)


def worker(name: str, lang: str, path: str, limit: int, mode: str) -> dict[str, Any]:
    """Measure one peer."""
    limit = min(limit, peers.LIMITS.get(name, limit))
    text = common.read_corpus(Path(path), limit).decode("utf-8")
    size = len(text.encode("utf-8"))
    peer = peers.load(name, lang)
    call = peer.offsets if mode == "offsets" else peer.strings
    if call is None:
        return {"skipped": "has no offsets"}
    call(text[:20_000])
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # The peak starts anew.
    before = resident("VmRSS")
    first = call(text)
    peak = resident("VmHWM") - before
    gc.collect()
    settled = resident("VmRSS")
    kept = [first, *(call(text) for _ in range(COPIES))]
    gc.collect()
    added = (resident("VmRSS") - settled) / COPIES
    return {
        "bytes": size,
        "segments": len(kept[0]),
        "peak_per_byte": peak / size,
        "result_per_segment": max(added, 0.0) / max(len(kept[0]), 1),
    }


def main() -> None:
    """Measure them all and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--lang", default="en")
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--timeout", type=float, default=150, help="seconds for one process")
    common.add_common(parser)
    options = parser.parse_args()
    names = common.chosen_peers(options.peers)
    rows, lines = [], []
    for name in names:
        for mode in ("offsets", "strings"):
            arguments = [
                name, options.lang, str(options.corpus), str(int(options.megabytes * 1e6)), mode
            ]  # fmt: skip
            got = common.run_worker(__file__, arguments, options.timeout, common.GIVE_BACK)
            rows.append({"peer": name, "mode": mode, **got})
            if "skipped" not in got:
                failed = got.get("error")
                lines.append([
                    f"{name} {mode}",
                    failed or f"{got['bytes'] / 1e6:.1f}",
                    "" if failed else got["segments"],
                    "" if failed else f"{got['peak_per_byte']:.2f}",
                    "" if failed else f"{got['result_per_segment']:.0f}",
                ])  # fmt: skip
    header = ["", "MB", "segments", "peak, bytes per byte", "result, bytes per segment"]
    print(common.table(header, lines))
    common.write_json(options.json, names, memory=rows)


if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["--worker"]:
        name, lang, path, limit, mode = sys.argv[2:7]
        print(json.dumps(worker(name, lang, path, int(limit), mode)))
    else:
        main()
