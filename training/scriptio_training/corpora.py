"""Reads the corpora: documents of sentences, each with its language and licence class.

Only corpora under free licences are read (CC0, CC BY, CC BY-SA, MPL, public domain); see
`models/scriptio-sat/manifest.json` for the list that a shipped model has seen.
"""

import csv
import json
import lzma
import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scriptio_training.text import clean

#: Language codes of the data and what the segmenter calls them.
ALIAS = {"no": "nb", "2": "es", "kmr": "ku", "kr": "ko"}
MIN_SENTENCES = 40
#: Paragraphs without a final mark that are kept, of all such.
UNMARKED = 0.3


@dataclass
class Corpus:
    """Documents of one language from one source.

    `flowing` tells whether neighbouring sentences follow one another in a text.
    """

    source: str
    lang: str
    flowing: bool
    documents: list[list[str]] = field(default_factory=list)

    @property
    def characters(self) -> int:
        return sum(len(s) for d in self.documents for s in d)


def language(path: Path) -> str:
    code = path.name.split(".")[0].split("_")[0]
    if path.name.startswith("2.spa"):
        return "es"
    return ALIAS.get(code, code.split("-")[0])


def gold(path: Path) -> Iterator[list[str]]:
    """The documents of a gold file, as sentences."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("multi"):
                continue
            start, sentences = 0, []
            for end in record["ends"]:
                sentence = clean(record["text"][start:end].strip().lstrip("-"))
                start = end
                if sentence:
                    sentences.append(sentence)
            if sentences:
                yield sentences


def _paragraphs(path: Path) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        document: list[str] = []
        for line in lines:
            if line.strip():
                document.append(line.strip())
            elif document:
                yield document
                document = []
        if document:
            yield document


def free_treebanks(data: Path) -> set[str]:
    """The treebanks under a free licence, by file name (`en_ewt`)."""
    with open(data / "ud/manifest.tsv", encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return {
        f"{row['lang']}_{row['treebank'].split('-')[1].lower()}"
        for row in rows
        if row["cls"] == "free"
    }


def _treebanks(data: Path) -> Iterator[Corpus]:
    free = free_treebanks(data)
    stems = {path.name.split(".")[0] for path in (data / "ud").glob("*.train.*")}
    for path in sorted((data / "ud").glob("*.jsonl.xz")):
        stem, split = path.name.split(".")[:2]
        if stem not in free or (split == "dev" and stem in stems):
            continue
        documents = list(gold(path))
        # Treebanks without training data give the odd documents of dev; the even ones are scored.
        documents = documents if split == "train" else documents[0::2]
        yield Corpus(f"ud:{stem}", language(path), True, documents)


def _translations(data: Path) -> Iterator[Corpus]:
    for folder in ("ntrex", "tico19"):
        for path in sorted((data / folder).glob("*.jsonl.xz")):
            yield Corpus(folder, language(path), True, list(gold(path)))


def _singles(data: Path) -> Iterator[Corpus]:
    for path in sorted((data / "sents").glob("*.txt.xz")):
        kind = path.name.split(".")[1]
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            sentences = [s for s in map(clean, lines) if s]
        if len(sentences) >= MIN_SENTENCES:
            yield Corpus(kind, language(path), False, [sentences])


def _raw(data: Path, rng: random.Random) -> Iterator[Corpus]:
    """Running text whose sentences the rules of scriptio tell apart."""
    import scriptio

    known = set(scriptio.languages())
    for path in sorted((data / "raw").glob("*.txt.xz")):
        lang = language(path)
        if lang not in known:
            continue
        segmenter = scriptio.SentenceSegmenter(lang)
        corpus = Corpus("raw", lang, True)
        for paragraphs in _paragraphs(path):
            sentences = []
            for paragraph in paragraphs:
                unmarked = paragraph[-1].isalnum()
                if unmarked and rng.random() > UNMARKED and lang != "th":
                    continue
                sentences += [s for s in map(clean, segmenter.split(paragraph)) if s]
            if sentences:
                corpus.documents.append(sentences)
        if corpus.characters >= 20_000:
            yield corpus


def load(data: Path, cache: Path | None = None, seed: int = 0) -> list[Corpus]:
    """Every corpus, read once and kept in `cache`."""
    if cache and cache.exists():
        with open(cache, "rb") as file:
            corpora: list[Corpus] = pickle.load(file)
            return corpora
    rng = random.Random(seed)
    corpora = [
        *_treebanks(data),
        *_translations(data),
        *_singles(data),
        *_raw(data, rng),
    ]
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with open(cache, "wb") as file:
            pickle.dump(corpora, file)
    return corpora
