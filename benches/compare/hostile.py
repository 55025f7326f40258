"""How the time of scriptio and its peers grows on hostile text.

    python benches/compare/hostile.py [--prose CORPUS.txt] [--big 100] [--json OUT]

For every pattern and peer, in a process of its own: CPU time at n, 2n, 4n, … characters until it
takes a second or n is --max. The call is the one to offsets where the package has one, else the one
to strings. The exponent is the slope of log time over log n through the last points that are long
enough to be told from noise: 1 is linear, 2 quadratic, "fast" means that even the largest text was
done too soon to tell. --big N measures one line of N MB of prose in one call.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import peers

PROSE = (
    "The committee met on Tuesday, Jan. 4, at 9 a.m. in Washington, D.C. Mrs. Ortega said that "
    '"nothing was settled yet." Nobody asked why (see p. 3). Was it the cost, about $3.5 million? '
    "Perhaps. It rained all day, and the delegates went home early! "
)

PATTERNS: dict[str, Callable[[int], str]] = {
    "full stops": lambda n: "." * n,
    "spaced full stops": lambda n: ". " * (n // 2),
    "marks": lambda n: "!?" * (n // 2),
    "one word": lambda n: "a" * n,
    "dotted word": lambda n: "a." * (n // 2),
    "quotes opened often": lambda n: 'He said "yes. ' * (n // 14),
    "quote opened once": lambda n: "“" + "Some words here. " * (n // 17),
    "brackets": lambda n: "(" * n,
    "quotes": lambda n: '"' * n,
    "apostrophes": lambda n: "it's ' " * (n // 7),
    "abbreviations": lambda n: "Dr. " * (n // 4),
    "initials": lambda n: "A. " * (n // 3),
    "digits": lambda n: "1.2." * (n // 4),
    "newlines": lambda n: "\n" * n,
    "spaces": lambda n: " " * n,
    "numbered lines": lambda n: "1. a\n" * (n // 5),
    "numbers in brackets": lambda n: "..[" + "111 " * (n // 4) + "]",
    "tags": lambda n: "<a " * (n // 3),
    "ideographic stops": lambda n: "。" * (n // 3),
}


def prose(path: str, length: int) -> str:
    """`length` characters of running text on one line."""
    text = PROSE
    if path:
        sample = common.read_corpus(Path(path), 3_000_000).decode("utf-8")
        text = sample.replace("\r", " ").replace("\n", " ")
    return (text * (length // len(text) + 1))[:length]


def slope(points: list[tuple[int, float]]) -> float | None:
    """The exponent by least squares through the last four points of at least 5 ms."""
    last = [(math.log(n), math.log(seconds)) for n, seconds in points if seconds >= 0.005][-4:]
    if len(last) < 3:
        return None
    sizes, times = zip(*last, strict=True)
    return statistics.linear_regression(sizes, times).slope


def worker(name: str, pattern: str, path: str, most: int) -> dict[str, Any]:
    """Time one peer on one pattern at growing sizes."""
    peer = peers.load(name, "en")
    call = peer.offsets or peer.strings
    call("Hello there. All fine.")
    points: list[tuple[int, float]] = []
    n = 1000
    while n <= most:
        text = prose(path, n) if pattern == "prose" else PATTERNS[pattern](n)
        seconds = math.inf
        for _ in range(3):
            start = time.process_time()
            call(text)
            seconds = min(seconds, time.process_time() - start)
            if seconds > 0.1:
                break
        if name == "scriptio" and n < 100_000 and "".join(peer.strings(text)) != text:
            raise SystemExit("the segments do not concatenate to the text")
        points.append((n, seconds))
        if seconds > 1.0:
            break
        n *= 2
    return {"points": points, "exponent": slope(points)}


def big_worker(name: str, path: str, megabytes: int) -> dict[str, Any]:
    """Time one peer on one long line, in one call."""
    text = prose(path, megabytes * 1_000_000)
    size = len(text.encode("utf-8"))
    peer = peers.load(name, "en")
    call = peer.offsets or peer.strings
    call(text[:10_000])
    start = time.process_time()
    count = len(call(text))
    seconds = time.process_time() - start
    return {"bytes": size, "seconds": seconds, "segments": count}


def main() -> None:
    """Run all patterns and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prose", default="", help="a corpus for the prose (default: made here)")
    parser.add_argument("--max", type=int, default=40_000_000, help="largest text, characters")
    parser.add_argument("--big", type=int, default=0, metavar="MB", help="also one long line")
    parser.add_argument("--timeout", type=float, default=30, help="seconds for one process")
    common.add_common(parser)
    options = parser.parse_args()
    names = common.chosen_peers(options.peers)

    growth: list[dict[str, Any]] = []
    lines = []
    for pattern in [*PATTERNS, "prose"]:
        line: list[object] = [pattern]
        for name in names:
            arguments = [name, pattern, options.prose, str(options.max)]
            got = common.run_worker(__file__, arguments, options.timeout, common.GIVE_BACK)
            growth.append({"peer": name, "pattern": pattern, **got})
            if "error" in got:
                line.append("timeout" if "timeout" in got["error"] else "failed")
            elif got["exponent"] is None:
                line.append("fast")
            else:
                line.append(f"{got['exponent']:.2f}")
        lines.append(line)
        print(*line, flush=True)
    print()
    print(common.table(["exponent", *names], lines))

    big = []
    if options.big:
        lines = []
        for name in names:
            arguments = [name, "--big", options.prose, str(options.big)]
            got = common.run_worker(__file__, arguments, max(options.timeout, 150))
            big.append({"peer": name, **got})
            if "error" in got:
                lines.append([name, got["error"], "", ""])
            else:
                speed = got["bytes"] / 1e6 / got["seconds"]
                lines.append([name, f"{got['seconds']:.2f}", f"{speed:.1f}", got["segments"]])
        print()
        header = [f"{options.big} MB on one line", "CPU seconds", "MB/s", "segments"]
        print(common.table(header, lines))
    common.write_json(options.json, names, hostile=growth, big=big)


if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["--worker"]:
        name, pattern, path, number = sys.argv[2:6]
        if pattern == "--big":
            print(json.dumps(big_worker(name, path, int(number))))
        else:
            print(json.dumps(worker(name, pattern, path, int(number))))
    else:
        main()
