"""Chunks of scriptio and its peers: sections kept, Precision-Omega, Thai retrieval, speed.

    python chunking.py legal --data LEGAL [--json FILE]      sections of statutes and contracts
    python chunking.py omega --data CHUNKING [--json FILE]   the five corpora of Chroma
    python chunking.py thai --data LEGAL [--json FILE]       fifty tax questions by BM25
    python chunking.py speed --data CHUNKING [--json FILE]   MB/s on one thread

`legal` and `thai` cut by gold section starts, and by detected ones with --detected. White space on
either side of chunks is left out before scoring, for everybody alike.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import importlib.metadata
import json
import math
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import common
from scriptio import ByteVocab, Chunk, Chunker, Span, metrics
from scriptio.chunking import SectionLike
from scriptio.metrics import Ranking, Share

Range = tuple[int, int]
Splitter = Callable[[str], list[Range]]
OfDocument = Callable[[dict[str, Any]], Iterable[Sequence[Any]]]

#: What a reader takes for a section in each corpus, and the legal system to detect it by.
UNITS = {
    "us_dc_code": (("section",), "us-code"),
    "us_code": (("section",), "us-code"),
    "uslm_federal": (("section",), "us-bill"),
    "us_contracts_toc": (("section",), "us-contract"),
    "de_gesetze": (("paragraf", "artikel"), "de"),
    "fr_codes": (("article",), "fr"),
    "eu_eurlex": (("article",), "eu"),
    "es_uy_laws": (("articulo",), "es"),
    "th_nitibench": (("matra",), "th"),
    "cn_laws": (("条",), "cn"),
    "jp_laws": (("条",), "jp"),
    "in_acts": (("section",), "in"),
    "za_constitution": (("section",), "za"),
}

#: Contracts and codes are long: as many documents of each corpus as make this many characters.
MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Section:
    """A gold section, as `Chunker.chunk_outline` wants it."""

    start: int
    end: int
    heading: Span | None
    own: Span
    level: int
    parent: int | None
    children: tuple[int, ...]
    path: tuple[str, ...]


class Gold(list[Section]):
    """A gold outline: a list of sections that knows its text."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.text: str = document["text"]
        below: dict[int, list[int]] = {}
        for i, node in enumerate(document["nodes"]):
            below.setdefault(node["parent"] + 1, []).append(i + 1)
        first = tuple(below.get(0, ()))
        whole = Span(0, len(self.text))
        super().__init__([Section(*whole, None, whole, 0, None, first, ())])
        for i, node in enumerate(document["nodes"]):
            parent = node["parent"] + 1
            children = tuple(below.get(i + 1, ()))
            start, end = node["start"], node["end"]
            own = Span(start, document["nodes"][children[0] - 1]["start"] if children else end)
            heading = Span(start, node["hend"])
            name = f"{node['type']} {node['num']}".strip()
            path = (*self[parent].path, name)
            level = self[parent].level + 1
            self.append(Section(start, end, heading, own, level, parent, children, path))


def documents(path: Path, most: int = MOST_CHARACTERS) -> Iterator[dict[str, Any]]:
    """The documents of a corpus, up to some number of characters."""
    taken = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            taken += len(document["text"])
            if taken > most and taken > len(document["text"]):
                return
            yield document


def stripped(text: str, chunks: Iterable[Sequence[Any]]) -> list[Range]:
    """Chunks without the white space on either side; those of nothing else are left out."""
    found = []
    for start, end, *_ in chunks:
        piece = text[start:end]
        if piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            found.append((left, start + len(piece.rstrip())))
    return found


def langchain(
    size: int, overlap: int = 0, length: Callable[[str], int] = len, *, lines: bool = False
) -> Splitter:
    """LangChain's recursive splitter, or the one by lines."""
    module = importlib.import_module("langchain_text_splitters")
    kind = module.CharacterTextSplitter if lines else module.RecursiveCharacterTextSplitter
    options = {"separator": "\n"} if lines else {}
    splitter = kind(chunk_size=size, chunk_overlap=overlap, length_function=length, **options)

    def split(text: str) -> list[Range]:
        ranges, at = [], 0
        for piece in splitter.split_text(text):
            # Chunks come in order, so this finds the right place unless one repeats right behind
            # its own start. Blank lines inside of one may be gone.
            start, end = text.find(piece, at), 0
            if start < 0:
                words = r"\s+".join(map(re.escape, piece.split()))
                found = re.compile(words).search(text, at)
                if found is None:
                    continue
                start, end = found.span()
            ranges.append((start, end or start + len(piece)))
            at = start + 1
        return ranges

    return split


def semantic_text_splitter(size: int) -> Splitter:
    """semantic-text-splitter by characters."""
    module = importlib.import_module("semantic_text_splitter")
    splitter = module.TextSplitter(size, trim=False)

    def split(text: str) -> list[Range]:
        return [(start, start + len(chunk)) for start, chunk in splitter.chunk_indices(text)]

    return split


def semchunk(size: int, length: Callable[[str], int]) -> Splitter:
    """The package semchunk, which otherwise remembers the counts of the run before."""
    chunker = importlib.import_module("semchunk").chunkerify(length, size, memoize=False)

    def split(text: str) -> list[Range]:
        ranges: list[Range] = chunker(text, offsets=True)[1]
        return ranges

    return split


def detected(text: str, system: str) -> Any:
    """The outline that scriptio finds in a text."""
    return importlib.import_module("scriptio.legal").SectionSegmenter(system).outline(text)


def by_gold(chunker: Chunker) -> OfDocument:
    """Chunks by the gold sections of a document."""
    return lambda document: chunker.chunk_outline(Gold(document))


def by_detected(chunker: Chunker, system: str) -> OfDocument:
    """Chunks by the sections that are found."""
    return lambda document: chunker.chunk_outline(detected(document["text"], system))


def by_text(split: Callable[[str], Iterable[Sequence[Any]]]) -> OfDocument:
    """Chunks of a splitter that knows the text alone."""
    return lambda document: split(document["text"])


def legal(arguments: argparse.Namespace) -> dict[str, Any]:
    """How many sections that fit are whole, and how many chunks cross a start."""
    rows: dict[str, Any] = {}
    for size in (1000, 2000):
        for corpus, (kinds, system) in UNITS.items():
            path = arguments.data / f"{corpus}.jsonl.gz"
            packed = Chunker(chunk_size=size)
            chunkers = {
                "scriptio, gold": by_gold(packed),
                "scriptio, gold, unmerged": by_gold(Chunker(chunk_size=size, merge=False)),
                "scriptio, paragraphs": by_text(packed.chunk),
                "langchain recursive": by_text(langchain(size)),
                "semantic-text-splitter": by_text(semantic_text_splitter(size)),
            }
            if arguments.detected:
                chunkers["scriptio, detected"] = by_detected(packed, system)
            for name, chunk in chunkers.items():
                whole, crossed, torn, covered = Share(), Share(), Share(), Share()
                count = 0
                for document in documents(path):
                    text = document["text"]
                    nodes = [n for n in document["nodes"] if n["type"] in kinds]
                    sections = stripped(text, ((n["start"], n["end"]) for n in nodes))
                    fitting = [
                        s
                        for n, s in zip(nodes, sections, strict=True)
                        if n["end"] - n["start"] <= size
                    ]
                    ranges = [(row[0], row[1]) for row in chunk(document)]
                    assert all(end - start <= size for start, end in ranges), name
                    chunks = stripped(text, ranges)
                    whole += metrics.sections_whole(chunks, fitting)
                    crossed += metrics.starts_crossed(chunks, sections)
                    torn += metrics.starts_crossed(chunks, sections, merged=False)
                    blank = text.split()
                    kept = sum(len(text[a:b].split()) for a, b in ranges)
                    covered += Share(kept >= len(blank), 1)
                    count += len(chunks)
                rows.setdefault(str(size), {}).setdefault(corpus, {})[name] = {
                    "sections_whole": round(whole.value, 4),
                    "sections_that_fit": whole.whole,
                    "chunks": count,
                    "cross_a_start": round(crossed.value, 4),
                    "cross_and_cut_a_section": round(torn.value, 4),
                    "texts_covered": round(covered.value, 4),
                }
            for name, row in rows[str(size)][corpus].items():
                print(size, corpus, name, *row.values(), flush=True)
    return rows


def cl100k() -> Callable[[Sequence[str]], list[int]]:
    """Counts tokens of cl100k_base."""
    encoding = importlib.import_module("bpe_openai").get_encoding("cl100k_base")

    def count(texts: Sequence[str]) -> list[int]:
        return [len(tokens) for tokens in encoding.encode_ordinary_batch(list(texts))]

    return count


def cl100k_one() -> Callable[[str], int]:
    """Counts tokens of one text, for splitters that ask for one at a time."""
    encoding = importlib.import_module("bpe_openai").get_encoding("cl100k_base")
    return lambda text: len(encoding.encode_ordinary(text))


class Chroma:
    """The five corpora and the gold passages of their questions."""

    def __init__(self, directory: Path) -> None:
        import csv

        home = directory / "chroma"
        self.texts = {
            path.stem: path.read_text(encoding="utf-8")
            for path in sorted((home / "corpora").glob("*.md"))
        }
        self.gold: dict[str, list[list[Range]]] = {name: [] for name in self.texts}
        with (home / "questions_df.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                passages = json.loads(row["references"])
                spans = [(one["start_index"], one["end_index"]) for one in passages]
                self.gold[row["corpus_id"]].append(spans)

    def omega(self, chunks: Sequence[Sequence[Range]]) -> list[float]:
        """Precision-Omega of every question in percent, the corpora in order."""
        scores: list[float] = []
        for (name, text), ranges in zip(self.texts.items(), chunks, strict=True):
            scores += metrics.precision_omega(stripped(text, ranges), self.gold[name])
        return [100 * score for score in scores]

    def score(self, split: Splitter, count: Callable[[Sequence[str]], list[int]]) -> dict[str, Any]:
        """Number and mean size of chunks, Precision-Omega, and excerpts kept whole."""
        chunks = [split(text) for text in self.texts.values()]
        sizes: list[int] = []
        kept = Share()
        for (name, text), ranges in zip(self.texts.items(), chunks, strict=True):
            clean = stripped(text, ranges)
            sizes += count([text[start:end] for start, end in clean])
            passages = [span for question in self.gold[name] for span in question]
            kept += metrics.excerpt_integrity(clean, passages)
        scores = self.omega(chunks)
        return {
            "chunks": len(sizes),
            "mean_tokens": round(statistics.fmean(sizes), 1),
            "std_tokens": round(statistics.pstdev(sizes), 1),
            "precision_omega": round(statistics.fmean(scores), 2),
            "std": round(statistics.pstdev(scores), 2),
            "excerpts_whole": round(kept.value, 4),
        }

    def permuted(self, split: Splitter) -> dict[str, Any]:
        """The same chunk sizes in random order."""
        partitions = []
        for text in self.texts.values():
            # Chunks that leave white space out are made a partition again.
            starts = [start for start, _ in split(text)][1:]
            ends = [*starts, len(text)]
            partitions.append(list(zip([0, *starts], ends, strict=True)))
        found = metrics.size_matched(partitions, lambda d: statistics.fmean(self.omega(d)))
        return {name: round(value, 2) for name, value in found._asdict().items()}


def golden(data: Path, chroma: Chroma) -> dict[str, Any]:
    """Mean and deviation for the spans of Chroma's own chunkers, beside what they published."""
    rows = {}
    with gzip.open(data / "golden" / "chroma_precision_omega.json.gz", "rt") as file:
        configs = json.load(file)["configs"]
    for name, config in configs.items():
        scores: list[float] = []
        for corpus in chroma.texts:
            scores += metrics.precision_omega(config["spans"][corpus], chroma.gold[corpus])
        reference = sorted(config["per_question"])
        rows[name] = {
            "mean": round(100 * statistics.fmean(scores), 2),
            "std": round(100 * statistics.pstdev(scores), 2),
            "published": config["published_mean_std"],
            "largest_difference_to_reference_code": max(
                abs(a - b) for a, b in zip(sorted(scores), reference, strict=True)
            ),
        }
        print(name, rows[name], flush=True)
    return rows


def omega(arguments: argparse.Namespace) -> dict[str, Any]:
    """Precision-Omega at the mean sizes that peers have at their budgets."""
    chroma = Chroma(arguments.data)
    count, one = cl100k(), cl100k_one()

    def ours(size: int, **options: Any) -> Splitter:
        chunker = Chunker(options.pop("by", None), chunk_size=size, sizer=count, **options)
        return lambda text: [(chunk.start, chunk.end) for chunk in chunker.chunk(text)]

    def at(target: float, make: Callable[[int], Splitter], budget: int) -> tuple[int, Splitter]:
        """The budget whose mean size is nearest to a target."""
        best = (math.inf, budget)
        for _ in range(3):
            mean = chroma.score(make(budget), count)["mean_tokens"]
            best = min(best, (abs(mean - target), budget))
            budget = round(budget * target / mean)
        return best[1], make(best[1])

    rows: dict[str, Any] = {"golden": golden(arguments.data, chroma)}
    for budget in arguments.budgets:
        peers = {
            "semchunk": semchunk(budget, one),
            "langchain recursive": langchain(budget, 0, one),
        }
        rows[str(budget)] = {}
        target = chroma.score(peers["semchunk"], count)["mean_tokens"]
        makers: dict[str, Callable[[int], Splitter]] = {
            "scriptio": ours,
            "scriptio, balanced": lambda n: ours(n, packing="balanced"),
            "scriptio, by sentences": lambda n: ours(n, by="sentences"),
        }
        splitters = {name: (budget, split) for name, split in peers.items()}
        splitters |= {name: at(target, make, budget) for name, make in makers.items()}
        for name, (used, split) in splitters.items():
            row = {"budget": used, **chroma.score(split, count)}
            if budget <= 200:
                row["same_sizes_shuffled"] = chroma.permuted(split)
            rows[str(budget)][name] = row
            print(budget, name, row, flush=True)
    return rows


class BM25:
    """Okapi BM25 with k1 1.5 and b .75."""

    def __init__(self, texts: Iterable[list[str]]) -> None:
        self._counts = [Counter(words) for words in texts]
        lengths = [counts.total() for counts in self._counts]
        mean = statistics.fmean(lengths)
        self._norms = [1.5 * (0.25 + 0.75 * length / mean) for length in lengths]
        self._places: dict[str, list[int]] = {}
        for i, counts in enumerate(self._counts):
            for word in counts:
                self._places.setdefault(word, []).append(i)

    def best(self, query: Mapping[str, int], k: int) -> list[int]:
        """The `k` best texts for words and how often each is asked for, the best first."""
        scores: dict[int, float] = {}
        for word, asked in query.items():
            places = self._places.get(word, [])
            rarity = math.log(1 + (len(self._counts) - len(places) + 0.5) / (len(places) + 0.5))
            for i in places:
                times = self._counts[i][word]
                gain = asked * rarity * times * 2.5 / (times + self._norms[i])
                scores[i] = scores.get(i, 0.0) + gain
        return sorted(scores, key=lambda i: (-scores[i], i))[:k]


def newmm() -> Callable[[str], list[str]]:
    """Thai words of a text, without marks; lines are cut once, however many chunks hold them."""
    tokenize = importlib.import_module("pythainlp.tokenize").word_tokenize

    @cache
    def of_line(line: str) -> list[str]:
        return [word for word in tokenize(line, engine="newmm") if re.search(r"\w", word)]

    return lambda text: [word for line in text.split("\n") for word in of_line(line)]


def answers(law: dict[str, Any], start: int, end: int, part: float) -> set[tuple[str, str]]:
    """The sections of which a chunk holds at least a part."""
    found = set()
    for node in law["nodes"]:
        # What NitiBench calls a whole section has no line break at its end.
        low, high = node["start"], node["end"] - 1
        if min(end, high) - max(start, low) >= part * (high - low):
            found.add((law["title"], node["num"]))
    return found


def thai(arguments: argparse.Namespace) -> dict[str, Any]:
    """Retrieval of the sections that answer fifty tax questions."""
    words = newmm()
    laws = list(documents(arguments.data / "th_nitibench.jsonl.gz", 1 << 40))
    questions = json.loads((arguments.data / "th_nitibench_tax_qa.json").read_text("utf-8"))
    asked = [words(question["question"]) for question in questions]
    wanted = [{tuple(section) for section in question["relevant"]} for question in questions]

    def may_merge(section: SectionLike) -> bool:
        return not (section.path and section.path[-1].startswith(("มาตรา", "matra")))

    # Each section is a chunk of its own, whatever is around it.
    alone = Chunker(chunk_size=10_000, merge=may_merge)
    packed, plain = Chunker(chunk_size=1000), Chunker(chunk_size=553, chunk_overlap=50)
    lines = langchain(553, 50, lines=True)
    indexes: dict[str, OfDocument] = {
        "a chunk a section, gold": lambda law: alone.chunk_outline(Gold(law), title=law["title"]),
        "sections packed to 1000, gold": lambda law: packed.chunk_outline(
            Gold(law), title=law["title"]
        ),
        "paragraphs, 553/50": lambda law: plain.chunk(law["text"]),
        "naive lines, 553/50 (langchain)": lambda law: lines(law["text"]),
    }
    if arguments.detected:
        # Items of the schedule of stamp duties are sections of the gold, too.
        def is_no_unit(section: Any) -> bool:
            return section.kind not in {"section", "schedule-item"}

        found = Chunker(chunk_size=10_000, merge=is_no_unit)
        indexes["a chunk a section, detected"] = lambda law: found.chunk_outline(
            detected(law["text"], "th"), title=law["title"]
        )
    rows: dict[str, Any] = {}
    for name, chunks_of in indexes.items():
        # NitiBench indexes what holds a section as a whole, and nothing else. More mildly, what
        # holds half of one stands for it; for single sections both are the same.
        rules = {"whole sections": 1.0, "half a section": 0.5}
        if name.startswith("a chunk a section"):
            del rules["half a section"]
        for rule, part in rules.items():
            held: list[set[tuple[str, str]]] = []
            texts: list[str] = []
            for law in laws:
                for row in chunks_of(law):
                    inside = answers(law, row[0], row[1], part)
                    if inside or part < 1:
                        held.append(inside)
                        prefix = row.prefix if isinstance(row, Chunk) else ""
                        texts.append(prefix + law["text"][row[0] : row[1]])
            index = BM25([words(text) for text in texts])
            for query, once in {"all words": False, "each word once": True}.items():
                counted = [Counter(set(one)) if once else Counter(one) for one in asked]
                best20 = [index.best(one, 20) for one in counted]
                for k in (5, 10, 20):
                    ranked = [best[:k] for best in best20]
                    scores: list[Ranking] = [
                        metrics.rank_score(want, [held[i] for i in best], k=k)
                        for want, best in zip(wanted, ranked, strict=True)
                    ]
                    means = metrics.rank_means(scores)._asdict()
                    read = statistics.fmean(sum(len(texts[i]) for i in best) for best in ranked)
                    scored = {key: round(value, 3) for key, value in means.items()}
                    scored["characters"] = round(read)
                    rows.setdefault(f"{name}; {rule}; {query}", {})[f"k={k}"] = scored
                    if k == 10:
                        print(name, rule, query, len(texts), scored, flush=True)
    return rows


def speed(arguments: argparse.Namespace) -> dict[str, Any]:
    """MB/s of CPU time, one thread, the best of five."""
    texts = Chroma(arguments.data).texts
    text = "\n\n".join(texts.values()) * 8
    count, one = cl100k(), cl100k_one()
    short = text[: len(text) // 8]
    runs: dict[str, tuple[Callable[[str], object], str]] = {
        f"scriptio, {name}": (chunker.chunk, text)
        for name, chunker in {
            "paragraphs, 1000 chars": Chunker(),
            "sentences, 1000 chars": Chunker("sentences"),
            "paragraphs, 1000 chars, overlap 200": Chunker(chunk_overlap=200),
            "paragraphs, 1000 chars, balanced": Chunker(packing="balanced"),
            "paragraphs, 1000 bytes": Chunker(sizer="bytes"),
            "paragraphs, 200 words": Chunker(sizer="words", chunk_size=200),
        }.items()
    }
    runs["scriptio, 200 tokens by a function"] = (Chunker(chunk_size=200, sizer=count).chunk, short)
    if arguments.tokenizer:
        vocab = ByteVocab.from_file(arguments.tokenizer)
        runs["scriptio, 200 tokens"] = (Chunker(chunk_size=200, sizer=vocab).chunk, short)
        runs["its encoder alone, once"] = (vocab.count, short)
    # Its counter refuses a text of megabytes in one piece.
    paragraphs = short.split("\n\n")
    runs["the tokenizer alone, once"] = (lambda _: count(paragraphs), short)
    runs["semchunk, 200 tokens"] = (semchunk(200, one), short)
    runs["semantic-text-splitter, 1000 chars"] = (semantic_text_splitter(1000), short)
    runs["langchain recursive, 1000 chars"] = (langchain(1000), short)
    rows = {}
    for name, (run, given) in runs.items():
        times = []
        for _ in range(5):
            before = time.process_time()
            run(given)
            times.append(time.process_time() - before)
        rows[name] = round(len(given.encode()) / 1e6 / min(times), 2)
        print(f"{name}: {rows[name]} MB/s", flush=True)
    return rows


PARTS = {"legal": legal, "omega": omega, "thai": thai, "speed": speed}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--data", type=Path, required=True, help="directory of the corpora")
    parser.add_argument("--detected", action="store_true", help="by detected sections, too")
    parser.add_argument(
        "--budgets",
        type=int,
        nargs="+",
        default=[140, 200, 400],
        help="tokens of a chunk of the peers, for omega (default: 140 200 400)",
    )
    parser.add_argument("--tokenizer", type=Path, help="a file, for the speed of tokens")
    parser.add_argument("--json", type=Path, help="add the results to this file")
    arguments = parser.parse_args()
    results = PARTS[arguments.part](arguments)
    if arguments.json is None:
        return
    parts = {}
    if arguments.json.exists():
        known = json.loads(arguments.json.read_text(encoding="utf-8"))
        parts = {name: known[name] for name in PARTS if name in known}
    packages = ("langchain-text-splitters", "semantic-text-splitter", "semchunk", "pythainlp")
    common.write_json(
        arguments.json, (), packages=versions(packages), **{**parts, arguments.part: results}
    )


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of the peers that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
