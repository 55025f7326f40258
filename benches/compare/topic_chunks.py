"""Chunks of topics on Chroma's corpora, beside chunks of paragraphs, of sentences and of peers.

    python topic_chunks.py --data CHUNKING [--models c99 texttiling DIRECTORY default] [--json FILE]

All rows of a target have the same mean size: that of semchunk's chunks at the budget, in tokens of
cl100k_base. Each model of topics is measured in two ways: its topics packed by a `Chunker` up to a
size, and its segments themselves, made of the wished length by `target_length`. Beside
Precision-Omega stands what the same sizes give in random order (`size_matched`: 30 draws, z is the
distance in deviations), and what BM25 finds for the question among the chunks of all corpora: IoU,
recall and precision of the five best, in characters. `default` is the model that `TopicSegmenter`
takes unless told; `none` is a control for `target_length`: a scorer to which all places are alike.
White space on either side of chunks is left out for every row. `more_than` is the difference of
Precision-Omega to another row, question by question, and its standard error.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import chunking
import common
from chunking import BM25, Chroma, Splitter, langchain, semchunk, stripped
from scriptio import Chunker, TopicSegmenter, metrics
from scriptio.topics import METHODS, scorer_of

#: How many chunks are found for a question, as in Chroma's evaluation.
FOUND = 5


class Once:
    """A scorer that remembers: each model reads each text once, however it is decoded."""

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer
        self._known: dict[tuple[str, ...], list[float]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scorer, name)

    def score(self, left: Sequence[str], right: Sequence[str]) -> list[float]:
        """What the scorer said of the same pairs."""
        key = (*left, right[-1])
        if key not in self._known:
            self._known[key] = list(self._scorer.score(left, right))
        return self._known[key]


class Alike:
    """A scorer that knows nothing."""

    def score(self, left: Sequence[str], right: Sequence[str]) -> list[float]:  # noqa: ARG002
        """One half for every place."""
        return [0.5] * len(left)


class Questions(Chroma):
    """The corpora with the questions in words."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked: dict[str, list[str]] = {name: [] for name in self.texts}
        with (directory / "chroma/questions_df.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.asked[row["corpus_id"]].append(row["question"])

    def found(self, split: Splitter) -> dict[str, float]:
        """Mean precision, recall and IoU of what BM25 finds, in percent."""
        places = [
            (name, span)
            for name, text in self.texts.items()
            for span in stripped(text, split(text))
        ]
        index = BM25(words(self.texts[name][start:end]) for name, (start, end) in places)
        scores = []
        for name, questions in self.asked.items():
            for question, gold in zip(questions, self.gold[name], strict=True):
                best = [places[i] for i in index.best(Counter(words(question)), FOUND)]
                here = [span for other, span in best if other == name]
                rest = sum(end - start for other, (start, end) in best if other != name)
                scores.append(metrics.retrieved_overlap(here, gold, elsewhere=rest))
        return {
            key: round(100 * statistics.fmean(getattr(one, key) for one in scores), 2)
            for key in ("iou", "recall", "precision")
        }


def words(text: str) -> list[str]:
    """Words and numbers in small letters."""
    return re.findall(r"\w+", text.lower())


def at(target: float, mean: Callable[[int], float], budget: int) -> int:
    """The budget whose mean size is nearest to a target."""
    best = (math.inf, budget)
    tried = set()
    for _ in range(8):
        if budget in tried:
            break
        tried.add(budget)
        size = mean(budget)
        best = min(best, (abs(size - target), budget))
        budget = max(1, round(budget * target / size))
    return best[1]


def main() -> None:
    """Measure all of it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory of the corpora")
    parser.add_argument("--models", nargs="*", default=["none", *METHODS], help="of topics")
    parser.add_argument("--unit", default="sentence", choices=("paragraph", "line", "sentence"))
    parser.add_argument("--budgets", type=int, nargs="+", default=[140, 200])
    parser.add_argument("--json", type=Path, help="add to this file the rows that it lacks")
    arguments = parser.parse_args()
    chroma = Questions(arguments.data)
    count = chunking.cl100k()
    one = cache(chunking.cl100k_one())

    def ours(by: Any) -> Callable[[int], Splitter]:
        def make(size: int) -> Splitter:
            chunker = Chunker(by, chunk_size=size, sizer=count)
            return lambda text: [(chunk.start, chunk.end) for chunk in chunker.chunk(text)]

        return make

    def balanced(size: int) -> Splitter:
        chunker = Chunker(chunk_size=size, sizer=count, packing="balanced")
        return lambda text: [(chunk.start, chunk.end) for chunk in chunker.chunk(text)]

    makers: dict[str, Callable[[int], Splitter]] = {
        "semchunk": lambda size: semchunk(size, one),
        "langchain recursive": lambda size: langchain(size, 0, one),
        "scriptio, paragraphs": ours(None),
        "scriptio, paragraphs, balanced": balanced,
        "scriptio, sentences": ours("sentences"),
    }
    lengths: dict[str, Callable[[int], Splitter]] = {}
    for name in arguments.models:
        default = name == "default"
        scorer: Any = Alike() if name == "none" else None
        if scorer is None:
            scorer = TopicSegmenter()._scorer if default else scorer_of(name)
        given: Any = Once(scorer) if scorer is not None else None if default else name
        options: dict[str, Any] = {"unit": arguments.unit, "lang": "en"}
        topics = cached(TopicSegmenter(given, **options))
        shown = Path(name).name
        if name != "none":
            makers[f"scriptio, topics of {shown}, packed"] = ours(topics)

        def wished(length: int, given: Any = given, options: Any = options) -> Splitter:
            segmenter = TopicSegmenter(given, target_length=length, **options)
            return lambda text: [(span.start, span.end) for span in segmenter.segment(text)]

        lengths[f"scriptio, topics of {shown}, target_length"] = wished
    known: dict[str, Any] = {}
    if arguments.json is not None and arguments.json.exists():
        known = json.loads(arguments.json.read_text(encoding="utf-8"))["chunks"]
    for budget in arguments.budgets:
        target = mean_size(chroma, makers["semchunk"], count, budget)
        row = known.setdefault(f"{target:.1f} tokens", {})
        scores: dict[str, list[float]] = {}
        for name, make in {**makers, **lengths}.items():
            # Of `target_length` characters, of which four make a token.
            first = budget if name in makers else round(4 * target)
            size = row[name]["budget"] if name in row else None
            if size is None and name == "semchunk":
                size = budget
            if size is None:
                size = at(target, partial(mean_size, chroma, make, count), first)
            split = cache(make(size))
            scores[name] = chroma.omega([split(text) for text in chroma.texts.values()])
            if name not in row:
                row[name] = {"budget": size, **chroma.score(split, count)}
                row[name]["same_sizes_shuffled"] = chroma.permuted(split)
                row[name]["bm25"] = chroma.found(split)
            row[name]["more_than"] = {
                other: beyond(scores[name], scores[other])
                for other in ("semchunk", "scriptio, topics of none, target_length")
                if other in scores
            }
            print(f"{target:.1f}", name, row[name], flush=True)
    if arguments.json is not None:
        packages = ("langchain-text-splitters", "semchunk", "bpe-openai")
        versions = chunking.versions(packages)
        common.write_json(arguments.json, (), packages=versions, unit=arguments.unit, chunks=known)


def beyond(scores: Sequence[float], others: Sequence[float]) -> list[float]:
    """By how much the mean over questions is greater, and the standard error of that."""
    differences = [one - other for one, other in zip(scores, others, strict=True)]
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    return [round(statistics.fmean(differences), 2), round(error, 2)]


def mean_size(
    chroma: Chroma,
    make: Callable[[int], Splitter],
    count: Callable[[Sequence[str]], list[int]],
    budget: int,
) -> float:
    """The mean size of the chunks of a budget."""
    split = make(budget)
    sizes: list[int] = []
    for text in chroma.texts.values():
        sizes += count([text[start:end] for start, end in stripped(text, split(text))])
    return statistics.fmean(sizes)


def cached(topics: TopicSegmenter) -> Any:
    """A segmenter that finds the topics of each text once."""
    segment = cache(topics.segment)

    class Cached:
        def segment(self, text: str) -> Any:
            return segment(text)

        def segment_batch(self, texts: Sequence[str], *, num_threads: int | None = None) -> Any:  # noqa: ARG002
            return [segment(text) for text in texts]

        def split(self, text: str) -> list[str]:
            return segment(text).texts()

        def pipe(self, texts: Sequence[str]) -> Any:
            return map(segment, texts)

    return Cached()


if __name__ == "__main__":
    main()
