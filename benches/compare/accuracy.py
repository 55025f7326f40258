"""Boundary F1 of scriptio and its peers on gold documents, side by side.

    python benches/compare/accuracy.py GOLD [--split dev] [--protocol documents] [--json OUT]

GOLD is a directory of LANG_TREEBANK.SPLIT.jsonl.xz files (or some such files): one document a line,
{"text", "ends": code-point offset of each sentence end, "pars": paragraph starts, optional}.
`gold.py` makes them from CoNLL-U.

A boundary is the number of characters before it that are not white space, so that it does not
matter to which side white space goes; the end of a document does not count. F1 is micro-averaged
over a file. Protocols:

documents   every document as it stands; files most of whose documents are single sentences are
            joined to documents of 50
paragraphs  the same, with a blank line where the gold marks a paragraph
wtpsplit    the whole file as one text, sentences NFKC-normalised and joined by a space (by nothing
            in Chinese, Japanese, Burmese, Khmer), every tenth boundary left out: as SaT reports

A peer that does not know the language, fails or takes longer than --timeout scores what the naive
regex scores on that file; such scores are marked with *.
"""

from __future__ import annotations

import argparse
import json
import lzma
import multiprocessing as mp
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import common
import peers

PROTOCOLS = ("documents", "paragraphs", "wtpsplit")
NO_SPACE = {"zh", "ja", "my", "km", "yue"}
# Codes of treebanks that segmenters spell differently: Norwegian, and mixed Turkish and German.
ALIASES = {"no": "nb", "qtd": "und"}
GROUP = 50
HALVED = "comma-separated treebanks to score on half 2: a scorer was trained on half 1 of them"
HALF = "1: only the first, third, fifth … document of a file; 2: only the others"


class Document(NamedTuple):
    """A text and the code-point offsets at which its sentences end."""

    text: str
    ends: Sequence[int]


class Case(NamedTuple):
    """Everything that decides what is scored, but the peer."""

    path: str
    protocol: str
    half: int
    sentences: int
    wrap: int


def language(path: str) -> str:
    """The language of a gold file, from its name."""
    code = re.split(r"[_.]", Path(path).name)[0]
    return ALIASES.get(code, code.split("-")[0])


def read(path: str) -> list[dict[str, Any]]:
    """The documents of a gold file."""
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def sentences(document: dict[str, Any]) -> Iterator[str]:
    """The sentences of a document, trimmed, without empty ones."""
    start = 0
    for end in document["ends"]:
        sentence = document["text"][start:end].strip()
        start = end
        if sentence:
            yield sentence


def joined(parts: Sequence[str], lang: str) -> Document:
    """Sentences as one text."""
    gap = "" if lang in NO_SPACE else " "
    lengths = accumulate(len(part) + len(gap) for part in parts)
    return Document(gap.join(parts), [length - len(gap) for length in lengths])


def grouped(documents: Iterable[dict[str, Any]], lang: str, size: int) -> list[Document]:
    """All sentences in documents of `size`."""
    parts = [part for document in documents for part in sentences(document)]
    return [joined(parts[i : i + size], lang) for i in range(0, len(parts), size)]


def normalised(sentence: str) -> str:
    """A sentence as the SaT evaluation prepares it."""
    sentence = sentence.replace("\u200f", "").lstrip("-").strip()
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", sentence))


def with_paragraphs(document: dict[str, Any]) -> Document:
    """The document with one more newline before each paragraph but the first."""
    text, ends = document["text"], document["ends"]
    starts = sorted(p for p in document.get("pars") or () if 0 < p < len(text))
    edges = [0, *starts, len(text)]
    moved = [end + sum(start < end for start in starts) for end in ends]
    return Document("\n".join(text[a:b] for a, b in pairwise(edges)), moved)


def wrapped(document: Document, columns: int) -> Document:
    """The document with spaces turned into newlines so that lines fit; offsets stay."""
    chars = list(document.text)
    length, space = 0, -1
    for i, char in enumerate(document.text):
        if char == "\n":
            length, space = 0, -1
            continue
        if char == " ":
            space = i
        length += 1
        if length > columns and space >= 0:
            chars[space] = "\n"
            length, space = i - space, -1
    return Document("".join(chars), document.ends)


def prepared(case: Case) -> list[Document]:
    """The documents that the case scores."""
    lang = language(case.path)
    documents = read(case.path)
    if case.half:
        documents = documents[case.half - 1 :: 2]
    several = sum(len(document["ends"]) > 1 for document in documents)
    size = case.sentences or (GROUP if documents and several < len(documents) / 2 else 0)
    if case.protocol == "wtpsplit":
        parts = [normalised(part) for document in documents for part in sentences(document)]
        parts = [part for part in parts if part]
        out = [joined(parts, lang)]
    elif size:
        out = grouped(documents, lang, size)
    elif case.protocol == "paragraphs":
        out = [with_paragraphs(document) for document in documents]
    else:
        out = [Document(document["text"], document["ends"]) for document in documents]
    return [wrapped(document, case.wrap) for document in out] if case.wrap else out


def score(name: str, case: Case) -> dict[str, Any]:
    """F1 of one peer on one file."""
    peer = peers.load(name, language(case.path))
    hits = predicted = gold = chars = exact = 0
    documents = prepared(case)
    for text, ends in documents:
        guess = list(peer.ends(text))
        before = [0, *accumulate(not char.isspace() for char in text)]
        total = before[-1]
        wanted = {before[end] for end in ends if 0 < end <= len(text)} - {total}
        found = {before[end] for end in guess if 0 < end <= len(text)} - {total}
        if case.protocol == "wtpsplit":
            masked = set(sorted(wanted)[9::10])
            wanted -= masked
            found -= masked
        hits += len(wanted & found)
        predicted += len(found)
        gold += len(wanted)
        chars += len(text)
        exact += wanted == found
    precision = hits / predicted if predicted else 0.0
    recall = hits / gold if gold else 0.0
    both = precision + recall
    return {
        "f1": round(200 * precision * recall / both, 2) if both else 0.0,
        "p": round(100 * precision, 2),
        "r": round(100 * recall, 2),
        "gold": gold,
        "pred": predicted,
        "chars": chars,
        "exact": round(100 * exact / max(len(documents), 1), 2),
    }


def child(name: str, case: Case, answer: Connection) -> None:
    """Score in a process of its own: a crash takes nobody along."""
    try:
        result = score(name, case)
    except peers.UnknownLanguageError:
        result = {"fallback": "does not know the language"}
    except BaseException as error:
        result = {"fallback": f"{type(error).__name__}: {error}"[:200]}
    answer.send(result)
    answer.close()


def score_all(
    tasks: Sequence[tuple[str, Case]], processes: int, timeout: float
) -> dict[tuple[str, Case], dict[str, Any]]:
    """Score the tasks, `processes` at a time, each for at most `timeout` seconds."""
    results: dict[tuple[str, Case], dict[str, Any]] = {}
    running: dict[Connection, tuple[mp.Process, tuple[str, Case], float]] = {}
    waiting = list(reversed(tasks))
    while waiting or running:
        while waiting and len(running) < processes:
            task = waiting.pop()
            here, there = mp.Pipe(duplex=False)
            process = mp.Process(target=child, args=(*task, there), daemon=True)
            process.start()
            there.close()
            running[here] = (process, task, time.monotonic() + timeout)
        for ready in wait(list(running), timeout=0.2):
            assert isinstance(ready, Connection)
            process, task, _ = running.pop(ready)
            try:
                results[task] = ready.recv()
            except EOFError:
                results[task] = {"fallback": "crashed"}
            process.join()
        for answer, (process, task, deadline) in list(running.items()):
            if time.monotonic() > deadline:
                process.kill()
                process.join()
                results[task] = {"fallback": f"timeout after {timeout:.0f} s"}
                del running[answer]
        done = len(results)
        if sys.stderr.isatty():
            print(f"\r{done}/{len(tasks)}", end="", file=sys.stderr, flush=True)
    return results


def report(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """Print the table of one protocol: files, means, and scriptio against the best peer."""
    by_file: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_file.setdefault(row["file"], {})[row["peer"]] = row
    rivals = [name for name in names if name != "scriptio"]
    lines = []
    margins = []
    for file, scores in by_file.items():
        line: list[object] = [file]
        line += [f"{scores[n]['f1']:.2f}{'*' if 'fallback' in scores[n] else ' '}" for n in names]
        if "scriptio" in scores and rivals:
            best = max(scores[name]["f1"] for name in rivals)
            margins.append((scores["scriptio"]["f1"] - best, file))
            line.append(f"{margins[-1][0]:+.2f}")
        lines.append(line)
    header = ["file", *(f"{name} " for name in names), *(["to best"] if margins else [])]

    def mean(name: str, leave_out: str = "\0") -> float:
        kept = [s[name]["f1"] for file, s in by_file.items() if not file.startswith(leave_out)]
        return statistics.fmean(kept) if kept else 0.0

    extra = ["-" for _ in margins[:1]]
    lines.append(["mean", *(f"{mean(name):.2f} " for name in names), *extra])
    if any(file.startswith("th_tud") for file in by_file):
        without = (f"{mean(name, 'th_tud'):.2f} " for name in names)
        lines.append(["mean without th_tud", *without, *extra])
    print(common.table(header, lines))
    print("* the regex's score: the peer does not know the language, failed or took too long")
    if margins:
        behind = sorted(margin for margin in margins if margin[0] < -0.3)
        print(f"files where scriptio is over 0.3 below the best peer: {len(behind)}")
        for margin, file in behind:
            print(f"  {file} {margin:+.2f}")


def main() -> None:
    """Score everything and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--protocol", action="append", choices=PROTOCOLS, help="default: all")
    parser.add_argument("--split", help="only files of this split, such as dev")
    parser.add_argument("--lang", help="only files of these languages, comma-separated")
    parser.add_argument("--half", type=int, default=0, choices=(0, 1, 2), help=HALF)
    parser.add_argument("--halved", default="", help=HALVED)
    parser.add_argument("--sentences", type=int, default=0, help="regroup to documents of N")
    parser.add_argument("--wrap", type=int, default=0, help="re-wrap documents at N columns")
    parser.add_argument("--timeout", type=float, default=100, help="seconds for a peer and file")
    parser.add_argument("--processes", type=int, default=2)
    common.add_common(parser)
    options = parser.parse_args()

    names = common.chosen_peers(options.peers)
    if "regex" not in names:
        names.append("regex")  # What the others fall back to.
    paths: list[Path] = []
    for given in options.gold:
        paths += sorted(given.glob("*.jsonl*")) if given.is_dir() else [given]
    if options.split:
        paths = [path for path in paths if f".{options.split}." in path.name]
    if options.lang:
        paths = [path for path in paths if language(str(path)) in options.lang.split(",")]
    if not paths:
        raise SystemExit("no gold files")
    protocols = options.protocol or PROTOCOLS
    halved = set(filter(None, options.halved.split(",")))
    missing = halved - {path.name.split(".")[0] for path in paths}
    if missing:
        raise SystemExit(f"--halved names no gold file: {', '.join(sorted(missing))}")

    def case(path: Path, protocol: str) -> Case:
        half = 2 if path.name.split(".")[0] in halved else options.half
        return Case(str(path), protocol, half, options.sentences, options.wrap)

    tasks = [
        (name, case(path, protocol)) for protocol in protocols for path in paths for name in names
    ]
    results = score_all(tasks, options.processes, options.timeout)

    everything = []
    for protocol in protocols:
        rows = []
        for path in paths:
            of_regex = results["regex", case(path, protocol)]
            for name in names:
                got = results[name, case(path, protocol)]
                row = {"peer": name, "file": path.name, "protocol": protocol}
                row |= {**of_regex, **got} if "fallback" in got else got
                rows.append(row)
        print(f"\n{protocol}")
        report(rows, names)
        everything += rows
    common.write_json(
        options.json,
        names,
        half=options.half,
        halved=sorted(halved),
        sentences=options.sentences,
        wrap=options.wrap,
        accuracy=everything,
    )


if __name__ == "__main__":
    mp.set_start_method("fork" if sys.platform == "linux" else "spawn")
    main()
