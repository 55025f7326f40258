"""Few-shot adaptation on legal text: F1 before and after, beside rule-based peers.

    python adaptation.py DATA [--lang it,pt] [--by-kind] [--sizes 64,256] [--seeds 3]
        [--peers NAMES] [--model PATH] [--json OUT]

DATA is a directory that holds `multilegalsbd.jsonl` (MultiLegalSBD, Brugger, Stürmer & Niklaus
2023), or any file of JSON lines with `lang`, `text` and `spans`, the sentences as pairs of
code-point offsets.

For each language and seed the documents are shuffled. Sentences are taken from the first of them
until there are as many as wanted; the last document is cut behind the sentence that fills the
number. All documents that gave none are tested, by all systems. A boundary is the number of
characters before it that are no white space; the end of a document does not count. Scores are
micro-averages over the tested documents, means over the seeds. Columns of numbers are the adapted
scorer after so many sentences, `cv` the F1 that its own report gives, by cross-validation.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import common
import peers
import scriptio
from scriptio.adaptation import Adapter, RuleScorer, TokenScorer, fit

Ends = Callable[[str], Iterable[int]]


class Document(NamedTuple):
    """A text and where its sentences end."""

    text: str
    ends: list[int]


def read(path: Path, by_kind: bool = False) -> dict[str, list[Document]]:
    """The documents of every language, or language and kind, that have a boundary inside."""
    if path.is_dir():
        path /= "multilegalsbd.jsonl"
    found: dict[str, list[Document]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            ends = sorted({end for _, end in record["spans"]})
            if len(ends) > 1:
                kind = "judgements" if record.get("name", "").startswith("CD_") else "laws"
                group = f"{record['lang']} {kind}" if by_kind else record["lang"]
                found[group].append(Document(record["text"], ends))
    return found


def sample(documents: list[Document], size: int) -> tuple[list[Document], list[Document]]:
    """`size` sentences from the front, and the documents that gave none."""
    taken: list[Document] = []
    for at, (text, ends) in enumerate(documents):
        room = size - sum(len(document.ends) for document in taken)
        if room <= 0:
            return taken, documents[at:]
        cut = ends[:room]
        taken.append(Document(text[: cut[-1]], cut))
    return taken, []


def marks(text: str, ends: Iterable[int]) -> set[int]:
    """Boundaries as the number of characters before them that are no white space."""
    counts = [0]
    for char in text:
        counts.append(counts[-1] + (not char.isspace()))
    return {counts[end] for end in ends if end <= len(text)} - {0, counts[-1]}


class Score:
    """Boundaries found, predicted and there, added up over documents."""

    def __init__(self) -> None:
        self.found = self.predicted = self.gold = 0

    def add(self, document: Document, ends: Iterable[int]) -> None:
        """Count one more document."""
        gold, predicted = marks(*document), marks(document.text, ends)
        self.found += len(gold & predicted)
        self.predicted += len(predicted)
        self.gold += len(gold)

    def f1(self) -> float:
        """In percent."""
        return 200 * self.found / max(self.predicted + self.gold, 1)


def measure(system: Ends, documents: Iterable[Document]) -> float:
    """F1 of a system in percent."""
    score = Score()
    for document in documents:
        score.add(document, system(document.text))
    return score.f1()


class Remembering:
    """A model's scores, each text read once."""

    def __init__(self, segmenter: scriptio.SaT) -> None:
        self.segmenter = segmenter
        self.known: dict[str, tuple[Any, Any]] = {}

    def token_logits(self, text: str) -> tuple[Any, Any]:
        """See `TokenScorer`."""
        if text not in self.known:
            self.known[text] = self.segmenter.token_logits(text)
        return self.known[text]


def base_scorer(model: str | None, lang: str) -> tuple[TokenScorer, float]:
    """What is adapted, and its threshold: the rules, or a neural model."""
    if model is None:
        return RuleScorer(lang), 0.5

    sat = scriptio.SaT(None if model == "scriptio-sat" else model)
    return Remembering(sat), sat.threshold


def adapted(adapter: Adapter, scorer: TokenScorer) -> Ends:
    """The scorer with the adapter behind it."""
    return lambda text: adapter.ends(text, *scorer.token_logits(text))


def unadapted(scorer: TokenScorer, threshold: float) -> Ends:
    """The scorer as it is."""
    cut = math.log(threshold / (1.0 - threshold))

    def ends(text: str) -> list[int]:
        found, logits = scorer.token_logits(text)
        pairs = zip(memoryview(found), memoryview(logits), strict=True)
        return [end for end, logit in pairs if logit > cut]

    return ends


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--lang", default="en,es,fr,it,pt")
    parser.add_argument("--by-kind", action="store_true", help="judgements and laws apart")
    parser.add_argument("--sizes", default="16,64,256", help="numbers of sentences")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--model", help="adapt this neural model instead of the rules")
    common.add_common(parser)
    arguments = parser.parse_args()
    names = [name for name in common.chosen_peers(arguments.peers) if name != "scriptio"]
    sizes = [int(size) for size in arguments.sizes.split(",")]
    corpora = read(arguments.data, arguments.by_kind)
    header = ["lang", "before", *map(str, sizes), *(f"cv {size}" for size in sizes), *names]
    rows: list[list[object]] = []
    seconds: dict[int, list[float]] = defaultdict(list)
    bytes_of: dict[int, int] = defaultdict(int)
    results: dict[str, dict[str, float]] = {}
    for group in sorted(corpora):
        lang = group.split()[0]
        if lang not in arguments.lang.split(","):
            continue
        scorer, threshold = base_scorer(arguments.model, lang)
        systems: dict[str, Ends] = {}
        for name in names:
            try:
                systems[name] = peers.load(name, lang).ends
            except (peers.UnknownLanguageError, KeyError, ValueError):
                continue
        predictions: dict[str, dict[str, Iterable[int]]] = defaultdict(dict)
        scores: dict[str, list[float]] = defaultdict(list)
        for seed in range(arguments.seeds):
            documents = sorted(corpora[group])
            random.Random(seed).shuffle(documents)
            # What the largest sample leaves is tested by all.
            _, tested = sample(documents, max(sizes))
            for size in sizes:
                taken, _ = sample(documents, size)
                started = time.process_time()
                adapter = fit(scorer, taken, lang=lang, base_threshold=threshold)
                seconds[size].append(time.process_time() - started)
                bytes_of[size] = max(bytes_of[size], len(adapter.to_json()))
                scores[str(size)].append(measure(adapted(adapter, scorer), tested))
                scores[f"cv {size}"].append(100 * adapter.report.f1)
            scores["before"].append(measure(unadapted(scorer, threshold), tested))
            for name, system in systems.items():
                cache = predictions[name]
                for document in tested:
                    if document.text not in cache:
                        cache[document.text] = list(system(document.text))
                scores[name].append(measure(cache.__getitem__, tested))
        results[group] = {name: statistics.mean(values) for name, values in scores.items()}
        rows.append(
            [
                group,
                *(f"{results[group][h]:.1f}" if h in results[group] else "-" for h in header[1:]),
            ]
        )
        print(
            *rows[-1],
            {k: round(v, 1) for k, v in results[group].items() if k.startswith("cv")},
            flush=True,
        )
    mean = [
        statistics.mean(result[h] for result in results.values())
        if all(h in result for result in results.values())
        else None
        for h in header[1:]
    ]
    rows.append(["mean", *("-" if value is None else f"{value:.1f}" for value in mean)])
    print(common.table(header, rows))
    for size in sizes:
        print(
            f"{size} sentences: {statistics.mean(seconds[size]):.2f} s, at most"
            f" {max(seconds[size]):.2f} s; file at most {bytes_of[size] / 1000:.0f} kB"
        )
    common.write_json(arguments.json, ["scriptio", *names], f1=results, seconds=seconds)


if __name__ == "__main__":
    main()
