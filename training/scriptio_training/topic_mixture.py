"""Endless training batches for scriptio-topic, each a function of the seed and its number alone."""

import hashlib
import pickle
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scriptio import SentenceSegmenter, _core, languages
from scriptio._topic_features import MARKER, features

from scriptio_training.corpora import Corpus
from scriptio_training.topic_corpora import LEFT_OUT, STATUTES, Sectioned

#: Shares of the kinds of documents.
SHARES = {
    "terms": 0.32,
    "contracts": 0.16,
    "licences": 0.1,
    "statutes en": 0.06,
    "statutes": 0.05,
    "docs en": 0.2,
    "docs": 0.05,
    "sentences": 0.06,
}
#: Windows whose units have lost their numbers, and those put together from several documents.
STRIPPED, SPLICED = 0.5, 0.15
#: Windows of sentences instead of the units of the document, and those without what tells how units
#: look.
SPLIT, BLIND = 0.1, 0.1
#: Units of a window, windows of a batch, and tokens of a unit at most: more are left out of the
#: middle in training, never afterwards.
LENGTH, WINDOWS, TOKENS = 48, 16, 48
#: What stands where there is no unit.
NOTHING = np.array([3], np.int32)
#: Every eighth document is kept for development.
HELD = 8
#: Packages that say little in sentences.
TERSE = ("cinder-doc", "keystone-doc", "glance-doc", "neutron-doc", "nova-doc", "llvm-14-doc")
#: Sentences of a language that put-together documents are made of, and languages.
SENTENCES = 6000


@dataclass
class Units:
    """Units of a document as the model takes them."""

    ids: list[NDArray[np.int32]]
    surface: NDArray[np.float32]


@dataclass
class Prepared:
    """A document ready for training."""

    source: str
    lang: str
    name: str
    whole: Units
    stripped: Units
    top: NDArray[np.bool_]
    any: NDArray[np.bool_]
    sentences: Units | None = None
    owners: NDArray[np.int64] | None = None
    """The unit that each sentence begins, or -1 for those inside."""


@dataclass
class Batch:
    """Units of several windows, all of the same number."""

    ids: list[NDArray[np.int32]]
    whole: list[NDArray[np.int32]]
    """The ids of units that were not shortened."""
    surface: NDArray[np.float32]
    top: NDArray[np.float32]
    any: NDArray[np.float32]


def is_held(document: Sectioned) -> bool:
    """Whether a document is for development; translations and versions stay together."""
    name = document.name
    if document.source == "licences":
        name = re.split(r"[-.0-9]", name)[0]
    elif document.source not in STATUTES and document.source != "us_contracts_toc":
        name = Path(name).name.split(".")[0]
    return hashlib.sha256(f"held {name}".encode()).digest()[0] % HELD == 0


def kind(document: Sectioned | Prepared) -> str | None:
    """What a document is drawn as; none, if it is left out of training."""
    if document.source in LEFT_OUT:
        return None
    if document.source == "us_contracts_toc":
        return "contracts"
    if document.source in {"licences", "terms"}:
        return document.source
    base = "statutes" if document.source in STATUTES else "docs"
    return f"{base} en" if document.lang == "en" else base


def without_marker(unit: str) -> str:
    """A unit without what enumerates it."""
    found = MARKER.match(unit)
    rest = unit[found.end() :].strip() if found else unit
    return rest if re.search(r"\w", rest) else unit


def tokenized(units: Sequence[str], tokenizer: _core.Tokenizer) -> Units:
    """Ids and features of units."""
    encoded = tokenizer.encode_batch(list(units), 1)
    ids = [np.asarray(one.ids).astype(np.int32) for one in encoded]
    return Units(ids, np.array(features(units), np.float32))


def split(units: Sequence[str], lang: str) -> tuple[list[str], NDArray[np.int64]]:
    """The sentences of units, and the unit that each begins."""
    segmenter = SentenceSegmenter(lang)
    sentences: list[str] = []
    owners: list[int] = []
    for at, found in enumerate(segmenter.segment_batch(units)):
        texts = [text for text in map(str.strip, found.texts()) if text]
        sentences += texts
        owners += [at, *[-1] * (len(texts) - 1)][: len(texts)]
    return sentences, np.array(owners)


def prepare(document: Sectioned, tokenizer: _core.Tokenizer) -> Prepared:
    """A document ready for training."""
    made = _prepare(document, tokenizer)
    if document.lang in languages():
        sentences, owners = split(document.units, document.lang)
        made.sentences, made.owners = tokenized(sentences, tokenizer), owners
    return made


def _prepare(document: Sectioned, tokenizer: _core.Tokenizer) -> Prepared:
    return Prepared(
        document.source,
        document.lang,
        document.name,
        tokenized(document.units, tokenizer),
        tokenized([without_marker(unit) for unit in document.units], tokenizer),
        np.array(document.boundaries()),
        np.array([i > 0 and level > 0 for i, level in enumerate(document.levels)]),
    )


WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def sentence_pools(
    corpora: list[Corpus], tokenizer: _core.Tokenizer, seed: int
) -> dict[str, list[Units]]:
    """Documents of sentences by language; every other one with spaces around all marks."""
    rng = random.Random(seed)
    pools: dict[str, list[Units]] = {}
    for corpus in corpora:
        if not corpus.flowing or len(corpus.documents) < 8:
            continue
        budget = SENTENCES if corpus.lang == "en" else SENTENCES // 6
        documents = corpus.documents[:]
        rng.shuffle(documents)
        for document in documents:
            if budget <= 0:
                break
            if len(document) < 4:
                continue
            start = rng.randrange(max(len(document) - 40, 1))
            part = document[start : start + 40]
            budget -= len(part)
            if rng.random() < 0.5:
                part = [" ".join(WORD.findall(sentence)) for sentence in part]
            pools.setdefault(corpus.lang, []).append(tokenized(part, tokenizer))
    return {lang: pool for lang, pool in pools.items() if len(pool) >= 8}


def shortened(ids: NDArray[np.int32], rng: random.Random) -> NDArray[np.int32]:
    """At most `TOKENS` tokens: the first, the last and some of the others."""
    if len(ids) <= TOKENS:
        return ids
    half, quarter = TOKENS // 2, TOKENS // 6
    middle = TOKENS - half - quarter
    at = rng.randrange(half, len(ids) - quarter - middle + 1)
    return np.concatenate([ids[:half], ids[at : at + middle], ids[len(ids) - quarter :]])


class Mixture:
    """Draws batches."""

    def __init__(
        self, documents: list[Prepared], sentences: dict[str, list[Units]], seed: int
    ) -> None:
        self.seed, self.sentences = seed, sentences
        self.pools: dict[str, tuple[list[Prepared], list[float]]] = {}
        for name in SHARES:
            members = [one for one in documents if kind(one) == name]
            self.pools[name] = members, [self.weight(one) for one in members]
        self.families: dict[str, int] = {}
        for one in self.pools["licences"][0]:
            family = re.split(r"[-.0-9]", one.name)[0]
            self.families[family] = self.families.get(family, 0) + 1
        members, weights = self.pools["licences"]
        for i, one in enumerate(members):
            weights[i] /= self.families[re.split(r"[-.0-9]", one.name)[0]] ** 0.7
        self.langs = list(sentences)
        self.lang_weights = [
            len(sentences[lang]) ** 0.5 * (12.0 if lang == "en" else 1.0) for lang in self.langs
        ]

    @staticmethod
    def weight(one: Prepared) -> float:
        return len(one.top) ** 0.5 * (0.2 if one.source in TERSE else 1.0)

    def window(
        self, rng: random.Random
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        name = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if name == "sentences":
            return self.put_together(rng)
        members, weights = self.pools[name]
        stripped = rng.random() < STRIPPED
        if rng.random() < SPLICED:
            return self.spliced(rng, members, weights, stripped)
        document = rng.choices(members, weights)[0]
        for _ in range(4):
            if len(document.top) >= LENGTH:
                break
            document = rng.choices(members, weights)[0]
        if document.sentences is not None and rng.random() < SPLIT:
            return self.by_sentence(rng, document, document.sentences)
        start = rng.randrange(max(len(document.top) - LENGTH, 0) + 1)
        part = slice(start, start + LENGTH)
        units = document.stripped if stripped else document.whole
        return units.ids[part], units.surface[part], document.top[part], document.any[part]

    def by_sentence(
        self, rng: random.Random, document: Prepared, units: Units
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Sentences of a document."""
        assert document.owners is not None
        start = rng.randrange(max(len(units.ids) - LENGTH, 0) + 1)
        part = slice(start, start + LENGTH)
        owners = document.owners[part]
        top = (owners >= 0) & document.top[owners]
        some = (owners >= 0) & document.any[owners]
        return units.ids[part], units.surface[part], top, some

    def spliced(
        self, rng: random.Random, members: list[Prepared], weights: list[float], stripped: bool
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Sections of several documents in turn."""
        documents = rng.choices(members, weights, k=3)
        ids: list[NDArray[np.int32]] = []
        rows, top, some = [], [], []
        while len(ids) < LENGTH:
            document = rng.choice(documents)
            starts = [0, *np.flatnonzero(document.top).tolist(), len(document.top)]
            at = rng.randrange(len(starts) - 1)
            first, last = starts[at], min(starts[at + 1], starts[at] + 14)
            units = document.stripped if stripped else document.whole
            ids += units.ids[first:last]
            rows.append(units.surface[first:last])
            new = np.zeros(last - first, bool)
            new[0] = True
            top.append(new)
            some.append(document.any[first:last] | new)
        cut = slice(0, LENGTH)
        surface, tops, anys = (np.concatenate(one)[cut] for one in (rows, top, some))
        return ids[cut], surface, tops, anys

    def put_together(
        self, rng: random.Random
    ) -> tuple[list[NDArray[np.int32]], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
        """Sentences of several documents of a language in turn."""
        pool = self.sentences[rng.choices(self.langs, self.lang_weights)[0]]
        low, high = rng.choice(((3, 11), (3, 5), (6, 8), (9, 11), (2, 20)))
        ids: list[NDArray[np.int32]] = []
        rows, top = [], []
        while len(ids) < LENGTH:
            units = rng.choice(pool)
            size = min(rng.randint(low, high), len(units.ids))
            at = rng.randrange(len(units.ids) - size + 1)
            ids += units.ids[at : at + size]
            rows.append(units.surface[at : at + size])
            new = np.zeros(size, bool)
            new[0] = True
            top.append(new)
        cut = slice(0, LENGTH)
        tops = np.concatenate(top)[cut]
        return ids[cut], np.concatenate(rows)[cut], tops, tops

    def batch(self, number: int) -> Batch:
        """Batch `number`."""
        rng = random.Random(f"{self.seed}/{number}")
        whole: list[NDArray[np.int32]] = []
        surface = np.zeros(
            (WINDOWS, LENGTH, self.pools["contracts"][0][0].whole.surface.shape[1]), np.float32
        )
        top = np.full((WINDOWS, LENGTH), -1.0, np.float32)
        some = top.copy()
        for row in range(WINDOWS):
            found, rows, tops, anys = self.window(rng)
            count = len(found)
            whole += [*found, *[NOTHING] * (LENGTH - count)]
            surface[row, :count] = rows if rng.random() >= BLIND else 0.0
            top[row, :count], some[row, :count] = tops, anys
            top[row, 0] = some[row, 0] = -1.0
        ids = [shortened(one, rng) for one in whole]
        return Batch(ids, whole, surface.reshape(-1, surface.shape[-1]), top, some)


def prepared(
    documents: list[Sectioned],
    corpora: list[Corpus],
    tokenizer: _core.Tokenizer,
    cache: Path | None,
    seed: int = 0,
) -> tuple[list[Prepared], list[Prepared], dict[str, list[Units]]]:
    """What is trained on, what is held for development or left out, and sentences."""
    if cache is not None and cache.exists():
        with cache.open("rb") as file:
            kept: tuple[list[Prepared], list[Prepared], dict[str, list[Units]]] = pickle.load(file)
            return kept
    seen = [one for one in documents if kind(one) is not None and not is_held(one)]
    held = [one for one in documents if kind(one) is None or is_held(one)]
    made = (
        [prepare(one, tokenizer) for one in seen],
        [prepare(one, tokenizer) for one in held],
        sentence_pools(corpora, tokenizer, seed),
    )
    if cache is not None:
        with cache.open("wb") as file:
            pickle.dump(made, file)
    return made
