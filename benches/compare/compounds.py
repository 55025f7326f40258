"""Compounds: exact match on labelled words, beside peers, and speed.

    python compounds.py DEV [--lang de,sv] [--peers NAMES] [--models DIR] [--sample 600]
        [--words TEXT] [--json OUT]

DEV is a file of tab-separated lines, plain or .xz: language, source, pos or neg, word, its pieces
joined by `|`; a linking element stays with the piece before it. A word is right if it is cut where
it should be and nowhere else; pos, neg and all are shares of compounds, of other words and of both.
Peers are asked for a sample of each set (the same for all), because some are slow; scriptio for all
words. A peer's pieces are laid over the word; what it leaves out goes to the piece before.

Speed is that of one thread, by CPU time: of scriptio on the distinct words of DEV and TEXT, and on
the words of TEXT as they come.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import lzma
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import common
from scriptio import CompoundSplitter
from scriptio.compounds import supported

Cut = Callable[[str], Iterable[str]]


class Word(NamedTuple):
    """A labelled word."""

    word: str
    pieces: list[str]


def read(path: Path) -> dict[tuple[str, str], list[Word]]:
    """The words of every language and source."""
    found: dict[tuple[str, str], list[Word]] = defaultdict(list)
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) < 5 or len(columns[4].replace("|", "")) != len(columns[3]):
                raise SystemExit(f"{path}:{number}: pieces do not join to the word: {line!r}")
            # Pieces may be in another case than the word.
            word, at, pieces = columns[3], 0, []
            for piece in columns[4].split("|"):
                pieces.append(word[at : at + len(piece)])
                at += len(piece)
            found[columns[0], columns[1]].append(Word(word, pieces))
    return found


def offsets(word: str, pieces: Iterable[str]) -> frozenset[int]:
    """Where pieces that may leave out or change letters cut the word."""
    lower = word.lower()
    at = 0
    cuts = []
    for piece in pieces:
        bare = piece.lower().strip("-")
        start = lower.find(bare, at) if bare else -1
        if start < 0:
            # A changed stem: as far as its first letters agree.
            start = lower.find(bare[:3], at)
        if start > 0:
            cuts.append(start)
        if start >= 0:
            at = max(at, start) + max(1, min(len(bare), len(lower) - start))
    return frozenset(cut for cut in cuts if 0 < cut < len(word))


# Peers: what makes a cutter of a language, or None if it does not know it.


def charsplit_fst(lang: str) -> Cut | None:
    """CharSplit on an automaton: the best cut if its score is above 0."""
    if lang != "de":
        return None
    module: Any = importlib.import_module("charsplit_fst")
    splitter = module.Splitter()

    def cut(word: str) -> list[str]:
        score, left, right = splitter.split_compound(word)[0]
        return [left, right] if score > 0 else [word]

    return cut


def compound_split(lang: str) -> Cut | None:
    """CharSplit's n-grams: the best cut if its score is above 0."""
    if lang != "de":
        return None
    module: Any = importlib.import_module("compound_split.char_split")

    def cut(word: str) -> list[str]:
        found = module.split_compound(word)
        return list(found[0][1:]) if found and found[0][0] > 0 else [word]

    return cut


def split_words(lang: str) -> Cut | None:
    """A copy of CharSplit: the best cut if its score is above 0."""
    if lang != "de":
        return None
    module: Any = importlib.import_module("split_words")
    splitter = module.Splitter()

    def cut(word: str) -> list[str]:
        found = splitter.split_compound(word)
        return list(found[0][1:]) if found and found[0][0] > 0 else [word]

    return cut


def german_nouns(lang: str) -> Cut | None:
    """Longest nouns from the right."""
    if lang != "de":
        return None
    module: Any = importlib.import_module("german_nouns.lookup")
    nouns = module.Nouns()
    return lambda word: nouns.parse_compound(word) or [word]


def cwsplit(lang: str) -> Cut | None:
    """Cuts that a spell checker accepts."""
    if lang not in ("de", "en"):
        return None
    module: Any = importlib.import_module("cwsplit.splitter")
    module.load_dict("de_DE" if lang == "de" else "en_US")
    dictionary = module._dictionary

    def cut(word: str) -> list[str]:
        # The package holds one dictionary at a time.
        module._dictionary = dictionary
        return module.split(word) or [word]

    return cut


def wordninja_pp(lang: str) -> Cut | None:
    """Cheapest path by rank in a word list."""
    module: Any = importlib.import_module("wordninja")
    path = Path(str(module.__file__)).parent / "wordninja" / f"{lang}_words.txt.gz"
    if not path.exists():
        return None
    model = module.LanguageModel(str(path))
    return lambda word: model.split(word)


def voikko(lang: str) -> Cut | None:
    """Finnish morphology: where the structure of the first analysis has the start of a word."""
    if lang != "fi":
        return None
    module: Any = importlib.import_module("libvoikko")
    analyser = module.Voikko("fi")

    def cut(word: str) -> list[str]:
        found = analyser.analyze(word)
        pieces: list[str] = []
        at = 0
        for mark in found[0]["STRUCTURE"] if found else "":
            if mark == "=":
                pieces.append("")
                continue
            pieces = pieces or [""]
            pieces[-1] += word[at : at + 1]
            at += 1
        return [piece for piece in pieces if piece] if at == len(word) else [word]

    return cut


def vabamorf(lang: str) -> Cut | None:
    """Estonian morphology: roots of the first analysis, of which the last has the ending."""
    if lang != "et":
        return None
    module: Any = importlib.import_module("estnltk.vabamorf.morf")

    analyser = module.Vabamorf.instance()

    def cut(word: str) -> list[str]:
        analyses = analyser.analyze([word], disambiguate=False, phonetic=False)[0]["analysis"]
        return list(analyses[0]["root"].split("_")) if analyses else [word]

    return cut


PEERS: dict[str, tuple[str, Callable[[str], Cut | None]]] = {
    "charsplit-fst": ("charsplit_fst", charsplit_fst),
    "compound-split": ("compound_split", compound_split),
    "split-words": ("split_words", split_words),
    "german-nouns": ("german_nouns", german_nouns),
    "cwsplit": ("cwsplit", cwsplit),
    "wordninja-pp": ("wordninja", wordninja_pp),
    "libvoikko": ("libvoikko", voikko),
    "vabamorf": ("estnltk", vabamorf),
}


def score(cut: Cut, words: list[Word]) -> dict[str, float]:
    """Shares of words that are cut as they should be, in percent, and words a second."""
    right = {True: 0, False: 0}
    count = {True: 0, False: 0}
    started = time.process_time()
    found = [list(cut(word)) for word, _ in words]
    seconds = time.process_time() - started
    for (word, pieces), got in zip(words, found, strict=True):
        compound = len(pieces) > 1
        count[compound] += 1
        right[compound] += offsets(word, got) == offsets(word, pieces)
    return {
        "pos": 100 * right[True] / max(count[True], 1),
        "neg": 100 * right[False] / max(count[False], 1),
        "all": 100 * sum(right.values()) / len(words),
        "words_per_second": len(words) / max(seconds, 1e-9),
    }


def exact(splitter: CompoundSplitter) -> Callable[[list[Word]], dict[str, float]]:
    """How scriptio is scored: by its own pieces, exactly."""

    def scored(words: list[Word]) -> dict[str, float]:
        got = splitter.split_batch([word for word, _ in words], num_threads=1)
        right = [pieces == found for (_, pieces), found in zip(words, got, strict=True)]
        shares = {}
        for name, kind in (("pos", True), ("neg", False)):
            chosen = [r for r, w in zip(right, words, strict=True) if (len(w.pieces) > 1) == kind]
            shares[name] = 100 * sum(chosen) / max(len(chosen), 1)
        return {**shares, "all": 100 * sum(right) / len(words)}

    return scored


def model_of(lang: str, models: Path | None) -> CompoundSplitter | None:
    """The bundled model of a language, or that of a directory."""
    if models is not None:
        path = models / f"{lang}.compounds"
        return CompoundSplitter(path) if path.exists() else None
    mode = supported().get(lang, {"mode": "build"})["mode"]
    return None if mode == "build" else CompoundSplitter(lang)


def speed(splitter: CompoundSplitter, words: list[str]) -> tuple[float, float]:
    """Words a second of CPU: distinct ones, and all as they come."""
    rates = []
    distinct = list(dict.fromkeys(words))
    for some in (distinct, words):
        best = 0.0
        for _ in range(3):
            started = time.process_time()
            splitter.split_batch(some, num_threads=1)
            best = max(best, len(some) / (time.process_time() - started))
        rates.append(best)
    return rates[0], rates[1]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("dev", type=Path)
    parser.add_argument("--lang", help="these alone, comma-separated")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--models", type=Path, help="models here, not the bundled ones")
    parser.add_argument("--sample", type=int, default=600, help="words for peers, of each set")
    parser.add_argument("--words", type=Path, help="a German text for the speed")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    names = [name for name in arguments.peers.split(",") if name]
    chosen = arguments.lang.split(",") if arguments.lang else None
    results: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    skipped = {}
    for name in list(names):
        if name not in PEERS:
            raise SystemExit(f"unknown peer {name!r}; known: {', '.join(PEERS)}")
        if importlib.util.find_spec(PEERS[name][0]) is None:
            skipped[name] = "not installed"
            names.remove(name)
    rows = []
    cutters: dict[tuple[str, str], Cut | None] = {}
    for (lang, source), words in sorted(read(arguments.dev).items()):
        if chosen is not None and lang not in chosen:
            continue
        splitter = model_of(lang, arguments.models)
        systems: dict[str, dict[str, float]] = {}
        if splitter is not None:
            systems["scriptio"] = exact(splitter)(words)
        sample = random.Random(1).sample(words, min(arguments.sample, len(words)))
        for name in names:
            try:
                if (name, lang) not in cutters:
                    cutters[name, lang] = PEERS[name][1](lang)
                cut = cutters[name, lang]
                if cut is not None:
                    systems[name] = score(cut, sample)
            except Exception as error:
                # A peer that fails is reported, not mended.
                skipped[name] = f"{type(error).__name__}: {error}"[:200]
                names.remove(name)
                break
        results[lang][source] = systems
        for name, shares in systems.items():
            cells = [f"{shares[kind]:.1f}" for kind in ("pos", "neg", "all")]
            rate = shares.get("words_per_second")
            rows.append([f"{lang} {source}", name, *cells, f"{rate:.0f}" if rate else "-"])
    print(common.table(["set", "system", "pos", "neg", "all", "words/s"], rows))
    for name, why in skipped.items():
        print(f"{name}: left out, {why}")
    rates = {}
    if arguments.words is not None:
        text = common.read_corpus(arguments.words, 20_000_000).decode("utf-8")
        splitter = model_of("de", arguments.models)
        assert splitter is not None, "there is a German model"
        distinct, running = speed(splitter, re.findall(r"\w+(?:-\w+)*", text))
        rates = {"distinct": distinct, "running": running}
        print(f"scriptio de: {distinct:,.0f} distinct words/s, {running:,.0f} running words/s")
    if arguments.json is not None:
        accuracy = {
            lang: {source: round(systems["scriptio"]["all"], 1) for source, systems in sets.items()
                   if "scriptio" in systems}
            for lang, sets in results.items()
        }  # fmt: skip
        record = {
            "date": time.strftime("%Y-%m-%d"),
            "cpu": common.cpu_model(),
            "accuracy": {lang: sets for lang, sets in accuracy.items() if sets},
            "results": results,
            "skipped": skipped,
            "words_per_second": rates,
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        arguments.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
