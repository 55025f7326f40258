"""Build the compound models that ride in the wheel.

    python scripts/build_compounds.py --data DATA [--out DIR] [--lang de,nl] [--index-only]

DATA holds `train.tsv.xz` and `extra_LANG.tsv.xz`: tab-separated language, source, pos or neg, word,
its pieces joined by `|`, the words they stand for joined by `|` (or nothing). Which sources each
model learns from, and all settings, are in models/compounds/recipe.toml; a source that is not
named there is left out. Word lists are those of the packages wordfreq, wordninja-pp and simplemma
(`pip install wordfreq wordninja-pp simplemma`).

The same data and packages give the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import json
import lzma
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scriptio import _core

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "models" / "compounds" / "recipe.toml"
OUT = ROOT / "python" / "scriptio" / "_models" / "compounds"


class Row(NamedTuple):
    """A labelled word."""

    source: str
    pieces: list[str]
    words: list[str]


def rows(path: Path, lang: str) -> Iterator[Row]:
    """The rows of a language in one file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if columns[0] == lang:
                words = columns[5].split("|") if len(columns) > 5 and columns[5] else []
                yield Row(columns[1], columns[4].split("|"), words)


def ninja_list(lang: str) -> list[str]:
    """The words of wordninja-pp by falling frequency."""
    package = Path(str(importlib.import_module("wordninja").__file__)).parent
    path = package / "wordninja" / f"{lang}_words.txt.gz"
    if not path.exists():
        return []
    return gzip.decompress(path.read_bytes()).decode("utf-8").split()


def frequency_list(lang: str, count: int) -> list[str]:
    """The most frequent words of a language, the most frequent first.

    wordfreq's list where it is long; where it is short, continued with wordninja-pp's.
    """
    wordfreq: Any = importlib.import_module("wordfreq")
    words: list[str] = []
    if lang in wordfreq.available_languages("best"):
        words = wordfreq.top_n_list(lang, 3 * count, wordlist="best")
    if len(words) < 60_000:
        words = list(dict.fromkeys([*words, *ninja_list(lang)]))
    return [word for word in words if word.isalpha() and len(word) > 1][:count]


def german_nouns(words: Iterable[str], known_nouns: set[str]) -> list[bool]:
    """Which words are nouns: those of the labels, and those whose lemma has a capital."""
    lemmatizer: Any = importlib.import_module("simplemma")

    def is_noun(word: str) -> bool:
        if word in known_nouns:
            return True
        if len(word) < 3:
            return False
        capital = word.capitalize()
        lemma: str = lemmatizer.lemmatize(capital, lang="de")
        known: bool = lemmatizer.is_known(capital, lang="de")
        if not known or not lemma[:1].isupper():
            return False
        # A verb or adjective in its basic form is that first, and a noun when it must.
        small: str = lemmatizer.lemmatize(word, lang="de")
        return small != word or not lemmatizer.is_known(word, lang="de")

    return [is_noun(word) for word in words]


class Data:
    """What a model learns from."""

    def __init__(self, lang: str, recipe: dict[str, Any], folder: Path) -> None:
        settings = {**recipe["defaults"], **recipe["language"].get(lang, {})}
        self.settings = settings
        weights: dict[str, float] = {**settings["sources"]}
        self.words = frequency_list(settings.get("list", lang), settings["words"])
        if settings.get("nn_words"):
            self.words = self.words[: settings["nn_words"]]
        self.examples: list[tuple[list[str], float]] = []
        self.constituents: list[tuple[str, str]] = []
        counts: dict[str, int] = {}
        nouns: set[str] = set()
        found = list(rows(folder / "train.tsv.xz", lang))
        extra = folder / f"extra_{lang}.tsv.xz"
        if extra.exists():
            found += rows(extra, lang)
        for source, pieces, words in found:
            kind = "compounds" if len(pieces) > 1 else "others"
            weight = weights.get(f"{source} {kind}", weights.get(source, 0.0))
            if weight <= 0:
                continue
            self.examples.append((pieces, weight))
            if source == "wikidata":
                nouns.update(word.lower() for word in words if word[:1].isupper())
            if len(words) == len(pieces):
                self.constituents += zip(pieces[:-1], words[:-1], strict=True)
            if source not in ("infl", "silver"):
                for word in words or pieces:
                    counts[word.lower()] = counts.get(word.lower(), 0) + 1
        least = settings["constituents"]
        if least:
            # Words that the list does not have, as often as they are part of compounds.
            known = set(self.words)
            more = [(n, w) for w, n in counts.items() if n >= least and w not in known]
            more.sort(key=lambda pair: (-pair[0], pair[1]))
            self.words += [word for _, word in more if len(word) > 1]
        self.nouns = german_nouns(self.words, nouns) if lang == "de" else []

    def options(self) -> tuple[int, int, float, float, float, float, float, int]:
        """The settings of the training, as the extension takes them."""
        s = self.settings
        return (
            s["epochs"], s["bits"], s["rate"], s["dropout"], s["own_words"], s["sure"],
            s["caution"], s["seed"],
        )  # fmt: skip


def shared(recipe: dict[str, Any], folder: Path, without: str = "") -> _core.CompoundSplitter:
    """What the languages have in common, of all or of all but one."""
    settings = recipe["shared"]
    corpora = []
    for lang in settings["languages"]:
        if lang == without:
            continue
        data = Data(lang, recipe, folder)
        # A language counts for no more than this many words, spread over all of its sources.
        step = max(1, len(data.examples) // settings["examples"])
        corpora.append((data.words, data.examples[::step]))
    options = (
        settings["epochs"], 0, settings["rate"], 0.0, 0.0, 0.0, 1.0,
        settings["seed"],
    )  # fmt: skip
    return _core.CompoundSplitter.fit_shared(corpora, options)


def labelled(
    lang: str, recipe: dict[str, Any], folder: Path, prior: _core.CompoundSplitter
) -> _core.CompoundSplitter:
    """The model of a language with labelled words."""
    data = Data(lang, recipe, folder)
    return _core.CompoundSplitter.fit(
        lang, data.words, data.nouns, data.examples, data.constituents, data.options(), prior
    ).with_note(recipe["language"][lang]["trained_on"])


def unlabelled(
    lang: str, recipe: dict[str, Any], prior: _core.CompoundSplitter, words: int | None = None
) -> _core.CompoundSplitter:
    """The model of a language of which there is a word list alone."""
    s = recipe["unlabelled"]
    options = (
        s["epochs"], s["bits"], s["rate"], s["dropout"], s["own_words"], s["sure"],
            s["caution"], s["seed"],
    )  # fmt: skip
    return _core.CompoundSplitter.fit(
        lang, frequency_list(lang, words or s["words"]), [], [], [], options, prior
    ).with_note(s["trained_on"])


def write(path: Path, model: _core.CompoundSplitter) -> None:
    """Write a model and say so."""
    data = model.to_bytes()
    path.write_bytes(data)
    print(f"{path.name}\t{len(data):,} bytes\t{hashlib.sha256(data).hexdigest()[:16]}", flush=True)


def write_index(recipe: dict[str, Any], out: Path) -> None:
    """What `supported` tells: the languages, and how well their compounds are cut."""
    scores_path = ROOT / "models" / "compounds" / "eval.json"
    scores: dict[str, Any] = {}
    if scores_path.exists():
        scores = json.loads(scores_path.read_text(encoding="utf-8"))["accuracy"]
    languages: dict[str, Any] = {}
    for code in recipe["build"]["languages"]:
        languages[code] = {"mode": "build", "accuracy": {}, "trained_on": recipe["build"]["from"]}
    for code in recipe["unlabelled"]["languages"]:
        languages[code] = {"mode": "words", "trained_on": recipe["unlabelled"]["trained_on"]}
    for code, settings in recipe["language"].items():
        if settings.get("ship"):
            languages[code] = {"mode": "labelled", "trained_on": settings["trained_on"]}
    for code, entry in languages.items():
        entry["accuracy"] = scores.get(code, {})
    ordered = {code: languages[code] for code in sorted(languages)}
    text = json.dumps({"languages": ordered}, indent=1, ensure_ascii=False) + "\n"
    (out / "index.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--lang", help="these alone, comma-separated; und is the shared model")
    parser.add_argument("--without", help="leave this language out of the shared model, and build "
                        "it from its word list: what a language never seen gets")  # fmt: skip
    parser.add_argument("--index-only", action="store_true", help="write the index alone")
    arguments = parser.parse_args()
    recipe = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    if arguments.index_only:
        write_index(recipe, out)
        return
    if arguments.without:
        lang = arguments.without
        prior = shared(recipe, arguments.data, without=lang)
        words = recipe["defaults"]["words"]
        write(out / f"{lang}.compounds", unlabelled(lang, recipe, prior, words))
        return
    chosen = arguments.lang.split(",") if arguments.lang else None
    path = out / "und.compounds"
    if chosen is None or "und" in chosen:
        started = time.process_time()
        write(path, shared(recipe, arguments.data).with_note(recipe["shared"]["trained_on"]))
        print(f"und: {time.process_time() - started:.0f} s")
    prior = _core.CompoundSplitter.from_bytes(path.read_bytes())
    for lang, settings in recipe["language"].items():
        if settings.get("ship") and (chosen is None or lang in chosen):
            write(out / f"{lang}.compounds", labelled(lang, recipe, arguments.data, prior))
    for lang in recipe["unlabelled"]["languages"]:
        if chosen is None or lang in chosen:
            write(out / f"{lang}.compounds", unlabelled(lang, recipe, prior))
    write_index(recipe, out)


if __name__ == "__main__":
    main()
