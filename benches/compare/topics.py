"""Topical change: Choi's concatenated documents, and terms of service without their headings.

    python topics.py choi --data CHUNKING [--stop-words FILE] [--json FILE]
    python topics.py tos --data LEGAL [--json FILE]
    python topics.py statutes --data LEGAL [--json FILE]
    python topics.py long --data CHUNKING [--json FILE]     ten thousand units: time and memory
    python topics.py speed --data LEGAL [--json FILE]       units a second of one thread

With --only REGEX the rows that it matches are measured, and those of the file beside them stay.

Pk of Choi's documents is by words, with the window that its logs were made with: half the mean
segment, rounded half up. Rows "as logged" take tokens as C99's author did: those of letters alone
(his logs with known counts) or of letters and hyphens (his logs without), lower-cased, without the
stop words of FILE, stemmed. His list of stop words is not free; without it these rows are left out.

Terms of service are lines, headings left out; boundaries are the starts of sections of the highest
level with five headings or more. Pk and WindowDiff are means over documents, precision, recall, F1
and accuracy are of all places together.

Statutes are the two that scriptio-topic was not trained on, lines too, without the headings of
sections and what is above them. Boundaries are the starts of parts of the highest level that has
four headings or more and parts of 25 units or fewer on average.
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
from scriptio.topics import TopicModel, c99, stem

#: Gives the units before which a text is cut, by its units and the true number of segments.
Method = Callable[[list[str], int], list[int]]

#: What can be measured.
WHAT = ("choi", "tos", "statutes", "long", "speed")

#: Draws of the random oracle.
DRAWS = 5

#: Statutes, and what titles a part of them.
STATUTES = {
    "us_dc_code": {"title", "subtitle", "division", "chapter", "subchapter", "part", "section"},
    "de_gesetze": {
        *("buch", "teil", "kapitel", "unterkapitel", "abschnitt", "unterabschnitt", "titel"),
        *("untertitel", "anlage", "anhang", "artikel", "paragraf", "heading"),
    },
}

#: A level of headings counts if so many are on it; above it are titles of the whole.
FEWEST = 5


def segmenter_of(model: str | TopicModel, known: bool, lang: str = "en") -> Method:
    """A method of scriptio on lines."""

    def cuts(units: list[str], count: int) -> list[int]:
        topics = TopicSegmenter(model, unit="line", lang=lang, count=count if known else None)
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


def choi(data: Path, stop_words: Path | None, only: re.Pattern[str]) -> dict[str, Any]:
    """Methods on the 700 documents."""
    documents = list(read(data / "choi" / "choi_docs.jsonl.gz"))
    with gzip.open(data / "choi" / "golden_pk.tsv.gz", "rt", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        logged = {(row["code"], row["doc"]): float(row["pk_error"]) for row in rows}
    # With each method the code of its rows in the logs.
    methods: dict[str, tuple[Method, str | None]] = {
        "no boundary": (nowhere, "1"),
        "evenly spaced, known count": (evenly, None),
        "TextTiling": (segmenter_of("texttiling", False), None),
        "TextTiling, known count": (segmenter_of("texttiling", True), None),
        "C99": (segmenter_of("c99", False), None),
        "C99, known count": (segmenter_of("c99", True), None),
        "scriptio-topic": (segmenter_of(TopicModel(num_threads=1), False), None),
        "scriptio-topic, known count": (segmenter_of(TopicModel(num_threads=1), True), None),
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
        if not only.search(name):
            continue
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


def statute_units(
    document: dict[str, Any], titled: set[str], fewest: int = 4, longest: float = 25.0
) -> tuple[list[str], list[int]]:
    """Lines without headings, and which of them start a part."""
    text = document["text"]
    nodes = [node for node in document["nodes"] if node["type"] in titled]
    units: list[str] = []
    # The highest level of the headings that stood before each unit.
    levels: list[int | None] = []
    waiting: int | None = None
    at = 0
    for node in [*sorted(nodes, key=lambda node: (node["start"], node["level"])), None]:
        end = len(text) if node is None else max(at, node["start"])
        for line in text[at:end].splitlines():
            unit = " ".join(line.split()).lstrip(".-—–:·_*=;, ")
            if re.search(r"\w{2}", unit):
                units.append(unit)
                levels.append(waiting)
                waiting = None
        if node is not None:
            waiting = node["level"] if waiting is None else min(waiting, node["level"])
            at = max(at, node["hend"])
    for level in sorted({level for level in levels[1:] if level is not None}):
        gold = [i for i, one in enumerate(levels) if i and one is not None and one <= level]
        if len(gold) >= fewest and len(units) / (len(gold) + 1) <= longest:
            return units, gold
    return units, []


def compared(
    documents: list[tuple[list[str], list[int]]], only: re.Pattern[str], lang: str = "en"
) -> dict[str, Any]:
    """Methods on documents of units whose boundaries are known."""
    documents = [(units, gold) for units, gold in documents if gold and len(units) >= 10]
    topic = TopicModel(num_threads=1)
    methods: dict[str, list[Method]] = {
        "no boundary": [nowhere],
        "random oracle, true rate": [oracle(seed) for seed in range(DRAWS)],
        "random words, true count": [by_words(seed) for seed in range(DRAWS)],
        "evenly spaced, true count": [evenly],
        "tf-idf, window 1, true count": [tf_idf(1)],
        "tf-idf, window 3, true count": [tf_idf(3)],
        "TextTiling": [segmenter_of("texttiling", False, lang)],
        "TextTiling, true count": [segmenter_of("texttiling", True, lang)],
        "C99": [segmenter_of("c99", False, lang)],
        "C99, true count": [segmenter_of("c99", True, lang)],
        "scriptio-topic": [segmenter_of(topic, False, lang)],
        "scriptio-topic, true count": [segmenter_of(topic, True, lang)],
    }
    results: dict[str, Any] = {
        "documents": len(documents),
        "units a document": round(statistics.mean(len(units) for units, _ in documents), 1),
        "segments a document": round(statistics.mean(len(gold) + 1 for _, gold in documents), 1),
    }
    print(results)
    for name, draws in methods.items():
        if not only.search(name):
            continue
        results[name] = scored(documents, draws)
        print(f"{name:30}", results[name], flush=True)
    return results


def scored(documents: list[tuple[list[str], list[int]]], draws: list[Method]) -> dict[str, Any]:
    """What one method gets right, on average of its draws."""
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
            hits += Counter(
                both=both,
                gold=len(gold),
                found=len(cuts),
                wrong=len(gold) + len(cuts) - 2 * both,
                places=len(units) - 1,
            )
    return {
        "precision": round(hits["both"] / hits["found"], 4) if hits["found"] else None,
        "recall": round(hits["both"] / hits["gold"], 4),
        "f1": round(2 * hits["both"] / (hits["gold"] + hits["found"]), 4),
        "pk": round(statistics.mean(pks), 4),
        "window_diff": round(statistics.mean(diffs), 4),
        "accuracy": round(1 - hits["wrong"] / hits["places"], 4),
        "found": hits["found"] // len(draws),
    }


def tos(data: Path, only: re.Pattern[str]) -> dict[str, Any]:
    """Methods on terms of service."""
    return compared([tos_units(document) for document in read(data / "tos_ota.jsonl.gz")], only)


def statutes(data: Path, only: re.Pattern[str]) -> dict[str, Any]:
    """Methods on the statutes that were left out of training."""
    return {
        name: compared(
            [statute_units(document, titled) for document in read(data / f"{name}.jsonl.gz")],
            only,
            name[:2] if name.startswith("de") else "en",
        )
        for name, titled in STATUTES.items()
    }


def speed(data: Path) -> dict[str, Any]:
    """Units a second of one thread, on the units of the terms of service."""
    texts = ["\n".join(tos_units(one)[0]) for one in read(data / "tos_ota.jsonl.gz")]
    results: dict[str, Any] = {"characters": sum(map(len, texts))}
    for name, model in (("scriptio-topic", TopicModel(num_threads=1)), ("c99", "c99")):
        topics = TopicSegmenter(model, unit="line", lang="en")
        units = sum(len(topics.units(text)) for text in texts)
        topics.segment(texts[0])
        seconds = []
        for _ in range(3):
            start = time.process_time()
            topics.segment_batch(texts, num_threads=1)
            seconds.append(time.process_time() - start)
        best = min(seconds)
        results[name] = {"units a second": round(units / best), "seconds": round(best, 2)}
        print(name, units, results[name])
    return results


def long(data: Path) -> dict[str, Any]:
    """Time and memory of ten thousand sentences."""
    documents = read(data / "choi" / "choi_docs.jsonl.gz")
    units = [unit for one in documents for segment in one["segments"] for unit in segment][:10_000]
    text = "\n".join(units)
    results: dict[str, Any] = {"units": len(units), "characters": len(text)}
    for model, count in (("texttiling", None), ("c99", 300), ("c99", None), (None, None)):
        topics = TopicSegmenter(model, unit="line", lang="en", count=count)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        segments = len(topics.segment(text))
        seconds = time.process_time() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        name = model or "scriptio-topic"
        name = name if count is None else f"{name}, {count} segments"
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
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--stop-words", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", type=re.compile, default=re.compile(""), metavar="REGEX")
    arguments = parser.parse_args()
    if arguments.what == "choi":
        results = choi(arguments.data, arguments.stop_words, arguments.only)
    elif arguments.what in ("tos", "statutes"):
        run = {"tos": tos, "statutes": statutes}[arguments.what]
        results = run(arguments.data, arguments.only)
    else:
        results = {"long": long, "speed": speed}[arguments.what](arguments.data)
    if arguments.json is not None:
        kept = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
        kept = {name: kept[name] for name in WHAT if name in kept}
        # Rows that were measured take the place of those of the same name.
        before = kept.get(arguments.what, {})
        if arguments.what == "statutes":
            results = {name: before.get(name, {}) | rows for name, rows in results.items()}
        common.write_json(arguments.json, ["scriptio"], **kept | {arguments.what: before | results})


if __name__ == "__main__":
    main()
