"""Topical change: Choi's concatenated documents, and terms of service without their headings.

    python topics.py choi --data CHUNKING [--stop-words FILE] [--json FILE]
    python topics.py tos --data LEGAL [--json FILE]
    python topics.py long --data CHUNKING [--json FILE]     ten thousand units: time and memory

Pk of Choi's documents is by words, with the window that its logs were made with: half the mean
segment, rounded half up. Rows "as logged" take tokens as C99's author did: those of letters alone
(his logs with known counts) or of letters and hyphens (his logs without), lower-cased, without the
stop words of FILE, stemmed. His list of stop words is not free; without it these rows are left out.

Terms of service are lines, headings left out; boundaries are the starts of sections of the highest
level with five headings or more. Pk and WindowDiff are means over documents, F1 and accuracy are of
all places together.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import math
import random
import re
import resource
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import common
from scriptio import TopicSegmenter, metrics
from scriptio.topics import c99, stem

#: Gives the units before which a text is cut, by its units and the true number of segments.
Method = Callable[[list[str], int], list[int]]

#: Draws of the random oracle.
DRAWS = 5

#: A level of headings counts if so many are on it; above it are titles of the whole.
FEWEST = 5


def lexical(model: str, known: bool) -> Method:
    """A method of scriptio on lines of English."""

    def cuts(units: list[str], count: int) -> list[int]:
        topics = TopicSegmenter(
            model,
            unit="line",
            lang="en",
            count=count if known else None,
        )
        found, at, before = [], 0, 0
        text = "\n".join(units)
        ends = [span.end for span in topics.units(text)]
        assert len(ends) == len(units), "a unit is not a line"
        for span in topics.segment(text)[:-1]:
            at = ends.index(span.end, before) + 1
            found.append(at)
            before = at
        return found

    return cuts


def nowhere(units: list[str], count: int) -> list[int]:  # noqa: ARG001  # A `Method`.
    """No boundary."""
    return []


def evenly(units: list[str], count: int) -> list[int]:
    """Segments of like size."""
    return sorted({round(i * len(units) / count) for i in range(1, count)} - {0, len(units)})


def oracle(seed: int) -> Method:
    """Boundaries by chance, at the true rate."""
    draw = random.Random(seed)

    def cuts(units: list[str], count: int) -> list[int]:
        rate = (count - 1) / (len(units) - 1)
        return [i for i in range(1, len(units)) if draw.random() < rate]

    return cuts


def by_words(seed: int) -> Method:
    """Words by chance, and the nearest start of a unit: long units attract boundaries."""
    draw = random.Random(seed)

    def cuts(units: list[str], count: int) -> list[int]:
        ends = list(accumulate(len(unit.split()) for unit in units))
        words = (draw.randrange(ends[-1]) for _ in range(count - 1))
        inner = range(1, len(units))
        return sorted({min(inner, key=lambda at: abs(ends[at - 1] - word)) for word in words})

    return cuts


def tf_idf(window: int) -> Method:
    """The least similar neighbours, `window` units on each side, as many as there are."""

    def cuts(units: list[str], count: int) -> list[int]:
        bags = [Counter(re.findall(r"\w+", unit.lower())) for unit in units]
        seen = Counter(term for bag in bags for term in bag)

        def vector(part: Sequence[Counter[str]]) -> dict[str, float]:
            total: Counter[str] = sum(part, Counter())
            return {t: n * math.log(len(units) / seen[t]) for t, n in total.items()}

        def similar(at: int) -> float:
            left = vector(bags[max(0, at - window) : at])
            right = vector(bags[at : at + window])
            product = sum(value * right.get(term, 0.0) for term, value in left.items())
            sizes = (sum(v * v for v in side.values()) for side in (left, right))
            return product / math.sqrt(math.prod(sizes)) if product else 0.0

        return sorted(sorted(range(1, len(units)), key=similar)[: count - 1])

    return cuts


def masses(cuts: Iterable[int], sizes: Sequence[int]) -> list[int]:
    """Sizes of the segments between cuts, by the sizes of the units."""
    return [sum(sizes[a:b]) for a, b in pairwise([0, *cuts, len(sizes)])]


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a compressed file of JSON Lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def as_logged(word: str, stop: frozenset[str]) -> Callable[[Sequence[str]], list[list[str]]]:
    """Makes units into terms as the author of C99 did."""
    matches = re.compile(word).fullmatch

    def terms(units: Sequence[str]) -> list[list[str]]:
        tokens = (unit.lower().split() for unit in units)
        return [[stem(t) for t in unit if matches(t) and t not in stop] for unit in tokens]

    return terms


def choi(data: Path, stop_words: Path | None) -> dict[str, Any]:
    """Every method on the 700 documents."""
    documents = list(read(data / "choi" / "choi_docs.jsonl.gz"))
    with gzip.open(data / "choi" / "golden_pk.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        logged = {(row["code"], row["doc"]): float(row["pk_error"]) for row in rows}
    # With each method the code of its rows in the logs.
    methods: dict[str, tuple[Method, str | None]] = {
        "no boundary": (nowhere, "1"),
        "evenly spaced, known count": (evenly, None),
        "TextTiling": (lexical("texttiling", False), None),
        "TextTiling, known count": (lexical("texttiling", True), None),
        "C99": (lexical("c99", False), None),
        "C99, known count": (lexical("c99", True), None),
    }
    if stop_words is not None:
        stop = frozenset(stop_words.read_text(encoding="utf-8").split())
        letters, hyphens = as_logged("[a-z]+", stop), as_logged("[a-z-]+", stop)
        methods |= {
            "C99, as logged": (lambda units, _: c99(hyphens(units)), "26"),
            "C99, known count, as logged": (lambda units, n: c99(letters(units), count=n), "25"),
        }
    results: dict[str, Any] = {}
    for name, (method, code) in methods.items():
        pks: dict[str, list[float]] = {}
        pairs: list[tuple[float, float]] = []
        hits = Counter[str]()
        for document in documents:
            segments = document["segments"]
            units = [sentence for segment in segments for sentence in segment]
            sizes = [len(unit.split()) for unit in units]
            gold = [sum(map(len, segments[:i])) for i in range(1, len(segments))]
            cuts = method(units, len(segments))
            reference = masses(gold, sizes)
            window = math.floor(sum(reference) / len(reference) / 2 + 0.5)
            value = metrics.pk(reference, masses(cuts, sizes), k=window)
            sort = document["id"].split("/")[1]
            for key in ("all", sort):
                pks.setdefault(key, []).append(value)
            hits += Counter(both=len({*gold} & {*cuts}), gold=len(gold), found=len(cuts))
            if (code, document["id"]) in logged and document["id"].startswith("1/"):
                pairs.append((value, logged[code or "", document["id"]]))
        results[name] = {
            "pk": {key: round(statistics.mean(values), 4) for key, values in sorted(pks.items())},
            "f1": round(2 * hits["both"] / (hits["gold"] + hits["found"]), 4),
        }
        if pairs:
            results[name]["set 1 logged"] = {
                "documents": len(pairs),
                "equal to 1e-6": sum(abs(own - log) < 1e-6 for own, log in pairs),
                "mean pk": round(statistics.mean(own for own, _ in pairs), 4),
                "mean pk logged": round(statistics.mean(log for _, log in pairs), 4),
            }
    for name, row in results.items():
        print(f"{name:30} F1 {row['f1']:.3f}  Pk", row["pk"], row.get("set 1 logged", ""))
    return results


def tos_units(document: dict[str, Any]) -> tuple[list[str], list[int]]:
    """Lines without headings, and which of them start a section of the highest level."""
    text = document["text"]
    headings = sorted((node["start"], node["hend"]) for node in document["nodes"])
    by_level: dict[int, list[int]] = {}
    for node in document["nodes"]:
        by_level.setdefault(node["level"], []).append(node["start"])
    wide = (sorted(found) for _, found in sorted(by_level.items()) if len(found) >= FEWEST)
    starts = next(wide, [])
    units: list[str] = []
    gold: list[int] = []
    at = done = 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        inside = any(first < at and start < last for first, last in headings)
        if inside or not line.strip():
            continue
        passed = sum(first <= start for first in starts)
        if passed > done and units:
            gold.append(len(units))
        done = passed
        units.append(" ".join(line.split()))
    return units, gold


def tos(data: Path) -> dict[str, Any]:
    """Every method on terms of service."""
    documents = [tos_units(document) for document in read(data / "tos_ota.jsonl.gz")]
    documents = [(units, gold) for units, gold in documents if gold and len(units) >= 10]
    methods: dict[str, list[Method]] = {
        "no boundary": [nowhere],
        "random oracle, true rate": [oracle(seed) for seed in range(DRAWS)],
        "random words, true count": [by_words(seed) for seed in range(DRAWS)],
        "evenly spaced, true count": [evenly],
        "tf-idf, window 1, true count": [tf_idf(1)],
        "tf-idf, window 3, true count": [tf_idf(3)],
        "TextTiling": [lexical("texttiling", False)],
        "TextTiling, true count": [lexical("texttiling", True)],
        "C99": [lexical("c99", False)],
        "C99, true count": [lexical("c99", True)],
    }
    results: dict[str, Any] = {
        "documents": len(documents),
        "units a document": round(statistics.mean(len(units) for units, _ in documents), 1),
        "segments a document": round(statistics.mean(len(gold) + 1 for _, gold in documents), 1),
    }
    print(results)
    for name, draws in methods.items():
        pks, diffs, hits = [], [], Counter[str]()
        for method in draws:
            for units, gold in documents:
                cuts = method(units, len(gold) + 1)
                sizes = [1] * len(units)
                reference, found = masses(gold, sizes), masses(cuts, sizes)
                window = max(2, round(len(units) / len(reference) / 2))
                pks.append(metrics.pk(reference, found, k=window))
                diffs.append(metrics.window_diff(reference, found, k=window))
                both = len({*gold} & {*cuts})
                wrong = len(gold) + len(cuts) - 2 * both
                hits += Counter(
                    both=both,
                    gold=len(gold),
                    found=len(cuts),
                    wrong=wrong,
                    places=len(units) - 1,
                )
        results[name] = {
            "f1": round(2 * hits["both"] / (hits["gold"] + hits["found"]), 4),
            "pk": round(statistics.mean(pks), 4),
            "window_diff": round(statistics.mean(diffs), 4),
            "accuracy": round(1 - hits["wrong"] / hits["places"], 4),
            "found": hits["found"] // len(draws),
        }
        print(f"{name:30}", results[name])
    return results


def long(data: Path) -> dict[str, Any]:
    """Time and memory of ten thousand sentences."""
    documents = read(data / "choi" / "choi_docs.jsonl.gz")
    units = [unit for one in documents for segment in one["segments"] for unit in segment][:10_000]
    text = "\n".join(units)
    results: dict[str, Any] = {"units": len(units), "characters": len(text)}
    for model, count in (("texttiling", None), ("c99", 300), ("c99", None)):
        topics = TopicSegmenter(model, unit="line", lang="en", count=count)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        segments = len(topics.segment(text))
        seconds = time.process_time() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        name = model if count is None else f"{model}, {count} segments"
        results[name] = {
            "seconds": round(seconds, 2),
            "units a second": round(len(units) / seconds),
            "peak memory grown by MiB": round(grown, 1),
            "segments": segments,
        }
        print(name, results[name])
    return results


def main() -> None:
    """Run what was asked for, and put it beside what the file holds already."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("choi", "tos", "long"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--stop-words", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "choi":
        results = choi(arguments.data, arguments.stop_words)
    else:
        results = (tos if arguments.what == "tos" else long)(arguments.data)
    if arguments.json is not None:
        kept = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
        kept = {name: kept[name] for name in ("choi", "tos", "long") if name in kept}
        common.write_json(arguments.json, ["scriptio"], **{**kept, arguments.what: results})


if __name__ == "__main__":
    main()
