"""Boundary F1 of scriptio's model on treebanks: alone, with rules, as a cascade, and rules alone.

    python benches/compare/sat_accuracy.py GOLD [--model scriptio-sat] [--published TSV]
        [--thresholds 0.3,0.5] [--json OUT]

GOLD is a directory of LANG_TREEBANK.SPLIT.jsonl.xz files as for accuracy.py. Of a treebank with a
train file beside, the file is scored whole; of another only every second document, the first one
left out, because models learn from the others. `manifest.tsv` in GOLD, with the columns lang,
treebank and cls, tells which treebanks have a free licence; the others are a block of their own.
Without it all are one block.

Protocols:

clean         the whole file as one text, as accuracy.py's `wtpsplit`
corrupt       the same, lower-cased and without punctuation
pairs         documents of two sentences; `exact` is the share of those with exactly the right cut
pairs corrupt the same of what is lower-cased and without punctuation

Systems: `sat`, the model alone; `fused`, with the rules of the file's language; `cascade`, which
asks the model only where the rules are unsure; `rules`. The model reads each text once: `sat`,
`fused` and the thresholds to be compared share its logits. The cascade's regions are read besides;
`shown` is their share of the text.

Published F1 in percent stand beside `clean` and `corrupt` where --published names a table,
tab-separated with a header: lang, corpus and one column a system, or lang, corpus, system and f1.
Those of the corpora in --corpora are taken, the first for `clean`, the second for `corrupt`. They
were measured on the test sets of all treebanks of a language: compare means, not lines.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing as mp
import re
import statistics
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import accuracy
import common
import numpy as np
from accuracy import Document
from scriptio import SaT, SentenceSegmenter, models
from scriptio._fusion import cascaded, fused
from scriptio._scores import Scores, sigmoid
from scriptio.decoding import DecodingPolicy

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROTOCOLS = ("clean", "corrupt", "pairs", "pairs corrupt")
SYSTEMS = ("sat", "fused", "cascade", "rules")
#: Systems whose threshold can be compared without the model reading anything again.
SWEPT = ("sat", "fused")


class Case(NamedTuple):
    """A gold file and how it is scored."""

    path: str
    half: int
    free: bool
    characters: int


class Job(NamedTuple):
    """What every file is scored for."""

    model: str | None
    protocols: tuple[str, ...]
    systems: tuple[str, ...]
    thresholds: tuple[float, ...]


def corrupted(sentence: str) -> str:
    """A sentence in small letters, without punctuation."""
    kept = (char for char in sentence.lower() if unicodedata.category(char)[0] != "P")
    return re.sub(r"\s+", " ", "".join(kept)).strip()


def prepared(case: Case, protocol: str) -> list[Document]:
    """The documents of a file that a protocol scores."""
    lang = accuracy.language(case.path)
    documents = accuracy.read(case.path)
    if case.half:
        documents = documents[case.half - 1 :: 2]
    if protocol.startswith("pairs"):
        pairs = accuracy.grouped(documents, lang, 2)
        if protocol == "pairs corrupt":
            records = ({"text": pair.text, "ends": pair.ends} for pair in pairs)
            bare = [[corrupted(part) for part in accuracy.sentences(one)] for one in records]
            pairs = [accuracy.joined([part for part in both if part], lang) for both in bare]
        if not case.characters:
            return pairs
        return pairs[: 1 + sum(at < case.characters for at in lengths(pairs))]
    parts = [
        accuracy.normalised(part) for document in documents for part in accuracy.sentences(document)
    ]
    if protocol == "corrupt":
        parts = [corrupted(part) for part in parts]
    text, ends = accuracy.joined([part for part in parts if part], lang)
    if case.characters and len(text) > case.characters:
        ends = [end for end in ends if end <= case.characters] or ends[:1]
        text = text[: ends[-1]]
    return [Document(text, ends)]


def lengths(documents: Iterable[Document]) -> Iterator[int]:
    """How many characters there are up to the end of each document."""
    total = 0
    for document in documents:
        total += len(document.text)
        yield total


@dataclass
class Count:
    """Boundaries of a system, added up over documents."""

    hits: int = 0
    predicted: int = 0
    gold: int = 0
    exact: int = 0
    documents: int = 0

    def add(self, wanted: set[int], found: set[int]) -> None:
        """One more document."""
        self.hits += len(wanted & found)
        self.predicted += len(found)
        self.gold += len(wanted)
        self.exact += wanted == found
        self.documents += 1

    def result(self) -> dict[str, Any]:
        """F1, precision, recall and exact documents in percent."""
        precision = self.hits / self.predicted if self.predicted else 0.0
        recall = self.hits / self.gold if self.gold else 0.0
        both = precision + recall
        return {
            "f1": round(200 * precision * recall / both, 2) if both else 0.0,
            "p": round(100 * precision, 2),
            "r": round(100 * recall, 2),
            "gold": self.gold,
            "pred": self.predicted,
            "exact": round(100 * self.exact / max(self.documents, 1), 2),
        }


class Marks:
    """Boundaries of one document as accuracy.py compares them."""

    def __init__(self, document: Document, masked: bool) -> None:
        text, ends = document
        filled = np.fromiter((not char.isspace() for char in text), np.int64, len(text))
        self._before: NDArray[np.int64] = np.concatenate([[0], np.cumsum(filled)])
        self._left_out = {int(self._before[-1])}
        wanted = self.of(ends)
        if masked:
            self._left_out |= set(sorted(wanted)[9::10])
        self.wanted = wanted - self._left_out

    def of(self, ends: Sequence[int]) -> set[int]:
        """The ends as numbers of characters that are not white space."""
        inside = np.asarray(ends, np.int64)
        inside = inside[(inside > 0) & (inside < len(self._before))]
        return set(self._before[inside].tolist()) - self._left_out


class Systems:
    """The model and the rules of one language, applied to documents."""

    def __init__(self, sat: SaT | None, lang: str, job: Job) -> None:
        try:
            self._rules = SentenceSegmenter(lang)
        except ValueError:
            self._rules = SentenceSegmenter("und")
        self._sat, self._job = sat, job
        self.counts: dict[tuple[str, float | None], Count] = defaultdict(Count)
        self.shown = self.characters = 0

    def score(self, documents: Sequence[Document], protocol: str) -> None:
        """Count what every system finds."""
        masked = not protocol.startswith("pairs")
        marks = [Marks(document, masked) for document in documents]
        texts = [document.text for document in documents]
        self.characters = sum(map(len, texts))
        if "rules" in self._job.systems:
            for mark, out in zip(marks, self._rules.segment_batch(texts), strict=True):
                self._add("rules", None, mark, [end for _, end in out])
        if self._sat is None:
            return
        usual = self._sat.threshold
        if any(system in SWEPT for system in self._job.systems):
            scores = self._sat.token_logits_batch(texts)
            for threshold in (None, *self._job.thresholds):
                used = usual if threshold is None else threshold
                for text, mark, found in zip(texts, marks, scores, strict=True):
                    if "sat" in self._job.systems:
                        self._add("sat", threshold, mark, decoded(text, found, used))
                    if "fused" in self._job.systems:
                        both = fused(self._rules.core, text, found, used)
                        self._add("fused", threshold, mark, decoded(text, both, used))
        if "cascade" in self._job.systems:
            asked = cascaded(self._rules.core, texts, self._shown, usual)
            for text, mark, found in zip(texts, marks, asked, strict=True):
                self._add("cascade", None, mark, decoded(text, found, usual))

    def _shown(self, texts: list[str]) -> Iterator[Scores]:
        assert self._sat is not None
        self.shown = sum(map(len, texts))
        return iter(self._sat.token_logits_batch(texts))

    def _add(self, system: str, threshold: float | None, marks: Marks, ends: Sequence[int]) -> None:
        self.counts[system, threshold].add(marks.wanted, marks.of(ends))


def decoded(text: str, scores: Scores, threshold: float) -> list[int]:
    """Where the segments of a text end, as `SaT` decodes its scores."""
    policy = DecodingPolicy(threshold=threshold)
    return [end for _, end in policy.decode(text, scores.ends, sigmoid(scores.logits))]


def scored(sat: SaT | None, job: Job, case: Case) -> list[dict[str, Any]]:
    """The rows of one file."""
    rows = []
    for protocol in job.protocols:
        systems = Systems(sat, accuracy.language(case.path), job)
        systems.score(prepared(case, protocol), protocol)
        if not any(count.gold for count in systems.counts.values()):
            continue  # Nothing is left of the file, or one sentence.
        for (system, threshold), count in systems.counts.items():
            row = {"file": Path(case.path).name, "free": case.free, "half": case.half}
            row |= {"protocol": protocol, "system": system, "threshold": threshold}
            row |= {**count.result(), "chars": systems.characters}
            if system == "cascade":
                row["shown"] = round(100 * systems.shown / max(systems.characters, 1), 2)
            rows.append(row)
    return rows


class Worker:
    """A process that holds the model."""

    sat: SaT | None = None
    job: Job

    @classmethod
    def start(cls, job: Job) -> None:
        """Open the model."""
        cls.job = job
        if set(job.systems) - {"rules"}:
            cls.sat = SaT(job.model, num_threads=1).load()

    @classmethod
    def score(cls, case: Case) -> list[dict[str, Any]]:
        """The rows of one file."""
        return scored(cls.sat, cls.job, case)


def results(cases: Sequence[Case], job: Job, processes: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of every file, in any order."""
    if processes == 1:
        Worker.start(job)
        yield from map(Worker.score, cases)
        return
    with mp.get_context("spawn").Pool(processes, Worker.start, (job,)) as pool:
        yield from pool.imap_unordered(Worker.score, cases)


def free_treebanks(directory: Path) -> set[str] | None:
    """The treebanks that the manifest calls free, named as the files are."""
    path = directory / "manifest.tsv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    names = ((f"{r['lang']}_{r['treebank'].split('-')[-1].lower()}", r["cls"]) for r in rows)
    return {name for name, cls in names if cls == "free"}


def cases(directory: Path, options: argparse.Namespace) -> list[Case]:
    """The files of a directory that are scored."""
    free = free_treebanks(directory)
    found = []
    for path in sorted(directory.glob(f"*.{options.split}.jsonl*")):
        name = path.name.split(".")[0]
        if options.lang and accuracy.language(str(path)) not in options.lang.split(","):
            continue
        train = path.with_name(path.name.replace(f".{options.split}.", ".train."))
        whole = options.whole or train.exists()
        is_free = free is None or name in free
        found.append(Case(str(path), 0 if whole else 2, is_free, options.characters))
    return found


def published(path: Path | None, corpora: Sequence[str]) -> dict[tuple[str, str], dict[str, float]]:
    """Published F1 in percent: of a protocol and language, by system."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    if path is None:
        return found
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            told = {key.lower(): value for key, value in row.items() if key and value}
            lang = told.pop("lang", told.pop("language", ""))
            corpus = told.pop("corpus", told.pop("dataset", corpora[0])).lower()
            if corpus not in corpora[:2]:
                continue
            if "system" in told:
                told = {told["system"]: told.get("f1", "")}
            for system, value in told.items():
                try:
                    f1 = float(value)
                except ValueError:
                    continue
                percent = 100 * f1 if f1 <= 1 else f1
                found[PROTOCOLS[corpora.index(corpus)], lang][system] = percent
    return found


def report(
    rows: Sequence[dict[str, Any]],
    protocol: str,
    systems: Sequence[str],
    others: dict[tuple[str, str], dict[str, float]],
) -> dict[str, Any]:
    """Print the table of a protocol and a block of files; the means."""
    key = "exact" if protocol.startswith("pairs") else "f1"
    by_file: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        if row["protocol"] == protocol and row["threshold"] is None:
            by_file[row["file"]][row["system"]] = row
    names = sorted({name for (of, _), told in others.items() if of == protocol for name in told})
    # What is published of a language stands in the line of its first file alone, and counts once.
    beside: dict[str, dict[str, float]] = {}
    seen: set[str] = set()
    for file in by_file:
        lang = accuracy.language(file)
        beside[file] = {} if lang in seen else others.get((protocol, lang), {})
        seen.add(lang)
    means = {s: statistics.fmean(r[s][key] for r in by_file.values()) for s in systems}
    told = {n: [b[n] for b in beside.values() if n in b] for n in names}
    lines: list[Sequence[object]] = [
        [file, *(f"{of[s][key]:.2f}" for s in systems)]
        + ([f"{of['cascade']['shown']:.1f}"] if "cascade" in systems else [])
        + [f"{beside[file][n]:.1f}" if n in beside[file] else "-" for n in names]
        for file, of in by_file.items()
    ]
    shown = [r["cascade"]["shown"] for r in by_file.values()] if "cascade" in systems else []
    lines.append(
        [f"mean of {len(by_file)}", *(f"{means[s]:.2f}" for s in systems)]
        + [f"{statistics.fmean(shown):.1f}" for _ in shown[:1]]
        + [f"{statistics.fmean(told[n]):.1f} of {len(told[n])}" if told[n] else "-" for n in names]
    )
    header = [f"{protocol}, {key}", *systems, *["% shown" for _ in shown[:1]], *names]
    print("\n" + common.table(header, lines), flush=True)
    return {
        "protocol": protocol,
        "measure": key,
        "files": len(by_file),
        "means": {s: round(mean, 2) for s, mean in means.items()},
        "shown": round(statistics.fmean(shown), 2) if shown else None,
        "published": {n: round(statistics.fmean(of), 2) for n, of in told.items() if of},
    }


def sweep(rows: Sequence[dict[str, Any]], job: Job) -> list[dict[str, Any]]:
    """Print the means over the files for every threshold."""
    found, lines = [], []
    for system in (name for name in SWEPT if name in job.systems):
        for threshold in job.thresholds:
            line: list[object] = [f"{system} at {threshold:g}"]
            for protocol in job.protocols:
                key = "exact" if protocol.startswith("pairs") else "f1"
                mean = statistics.fmean(
                    row[key]
                    for row in rows
                    if (row["system"], row["threshold"], row["protocol"])
                    == (system, threshold, protocol)
                )
                line.append(f"{mean:.2f}")
                told = {"system": system, "threshold": threshold, "protocol": protocol}
                found.append({**told, "measure": key, "mean": round(mean, 2)})
            lines.append(line)
    if lines:
        print("\n" + common.table(["mean at threshold", *job.protocols], lines), flush=True)
    return found


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("gold", type=Path)
    add("--model", help="a directory; the bundled model unless told")
    add("--split", default="dev")
    add("--whole", action="store_true", help="score all documents of every file")
    add("--lang", help="only files of these languages, comma-separated")
    add("--protocol", action="append", choices=PROTOCOLS, help="default: all")
    add("--systems", default=",".join(SYSTEMS), help="comma-separated (default: all)")
    add("--thresholds", default="", help="compare these, comma-separated, besides the model's own")
    add("--characters", type=int, default=0, help="only so many of each file; all unless told")
    add("--published", type=Path, help="a table of published F1")
    add("--corpora", default="ud,ud-corrupted", help="of that table (default: %(default)s)")
    add("--processes", type=int, default=1, help="each holds the model, with one thread")
    add("--json", type=Path, help="also write the results to this file")
    return parser.parse_args()


def main() -> None:
    """Score everything and print the tables."""
    options = parsed()
    systems = tuple(options.systems.split(","))
    unknown = sorted(set(systems) - set(SYSTEMS))
    if unknown:
        raise SystemExit(f"--systems: {', '.join(unknown)}; known are {', '.join(SYSTEMS)}")
    thresholds = tuple(float(told) for told in options.thresholds.split(",") if told)
    if not all(0 < threshold < 1 for threshold in thresholds):
        raise SystemExit("--thresholds: pass numbers between 0 and 1")
    chosen = cases(options.gold, options)
    if not chosen:
        raise SystemExit(f"{options.gold} holds no *.{options.split}.jsonl files to score")
    corpora = options.corpora.lower().split(",")
    others = published(options.published, corpora)
    job = Job(options.model, tuple(options.protocol or PROTOCOLS), systems, thresholds)

    rows: list[dict[str, Any]] = []
    ordered = sorted(chosen, key=lambda case: -Path(case.path).stat().st_size)
    for done, found in enumerate(results(ordered, job, options.processes), 1):
        rows += found
        if sys.stderr.isatty():
            print(f"\r{done}/{len(chosen)}", end="", file=sys.stderr, flush=True)
    place = {Path(case.path).name: at for at, case in enumerate(chosen)}
    rows.sort(key=lambda row: place[row["file"]])

    summary = []
    for free in (True, False):
        block = [row for row in rows if row["free"] is free]
        if not block:
            continue
        print(f"\n{'free licences' if free else 'other licences'}")
        means = [report(block, protocol, systems, others) for protocol in job.protocols]
        summary.append({"free": free, "protocols": means, "thresholds": sweep(block, job)})
    model = models.find(options.model) if set(systems) - {"rules"} else None
    common.write_json(
        options.json,
        ["scriptio"],
        model=None if model is None else model.name,
        threshold=None if model is None else model.threshold(),
        split=options.split,
        characters=options.characters,
        summary=summary,
        rows=rows,
    )


if __name__ == "__main__":
    main()
