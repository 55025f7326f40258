"""Endless training batches, each a function of the seed and its number alone."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from scriptio_training.corpora import Corpus
from scriptio_training.text import SPACES, UNSPACED, chat, speech

#: Shares of the sources, and how strongly the sizes of their corpora count.
SHARES = {"ud": 0.30, "ntrex": 0.14, "tico19": 0.05, "cv": 0.14, "tatoeba": 0.04, "raw": 0.33}
FLATNESS = {"ud": 0.4, "ntrex": 0.3, "tico19": 0.4, "cv": 0.4, "tatoeba": 0.5, "raw": 0.45}
#: Shares while the rate falls: more of the corpora with conventions of their own.
LAST_SHARES = {"ud": 0.50, "ntrex": 0.12, "tico19": 0.04, "cv": 0.10, "tatoeba": 0.04, "raw": 0.20}
#: Clean, speech-like and chat-like copies, and those while the rate falls.
STYLES = (0.36, 0.40, 0.24)
LAST_STYLES = (0.42, 0.40, 0.18)
#: What a boundary weighs in a copy, by style: where the best F1 is far below 1 the best threshold
#: is too, and this moves it back to the threshold of clean text.
POSITIVE = (1.0, 2.5, 1.5)
#: Lengths of the windows in tokens and their shares.
LENGTHS = {32: 0.15, 64: 0.15, 128: 0.70}

BEGIN, END, PAD = 0, 2, 1
IGNORE = -1.0


@dataclass
class Batch:
    """Windows of tokens with their labels."""

    ids: NDArray[np.int64]
    """Token ids, (windows, length)."""
    labels: NDArray[np.float32]
    """1 where a sentence ends, 0 elsewhere, -1 where nothing is learned."""
    positive: NDArray[np.float32]
    """What a boundary weighs, per window."""


class Mixture:
    """Draws batches of `tokens` tokens from the corpora; from batch `last` on by other shares."""

    def __init__(
        self,
        corpora: list[Corpus],
        tokenizer: Tokenizer,
        norm: dict[int, str],
        tokens: int = 8192,
        seed: int = 0,
        last: int | None = None,
    ) -> None:
        self.tokenizer, self.norm, self.tokens, self.seed = tokenizer, norm, tokens, seed
        self.last = last
        self.pools: dict[str, tuple[list[Corpus], list[float]]] = {}
        for source in SHARES:
            members = [c for c in corpora if c.source.split(":")[0] == source]
            weights = [c.characters ** FLATNESS[source] for c in members]
            self.pools[source] = members, weights

    def _sentences(
        self, rng: random.Random, characters: int, shares: dict[str, float]
    ) -> tuple[list[str], str]:
        """Neighbouring sentences of about so many characters, or single ones thrown together."""
        source = rng.choices(list(shares), list(shares.values()))[0]
        members, weights = self.pools[source]
        corpus = rng.choices(members, weights)[0]
        out: list[str] = []
        size = 0
        if corpus.flowing:
            # Long documents are drawn more often, but not in proportion.
            options = rng.choices(corpus.documents, k=4)
            document = max(options, key=len)
            at = rng.randrange(len(document))
            while size < characters and at < len(document):
                out.append(document[at])
                size += len(document[at])
                at += 1
        else:
            pool = corpus.documents[0]
            while size < characters:
                sentence = rng.choice(pool)
                out.append(sentence)
                size += len(sentence) + 1
        return out, corpus.lang

    def _text(self, rng: random.Random, length: int, last: bool) -> tuple[str, list[int], int]:
        """A text, where its sentences end, and its style."""
        style = rng.choices(range(3), LAST_STYLES if last else STYLES)[0]
        short = length < max(LENGTHS)
        # Short windows hold whole texts of one to four sentences.
        budget = 6 * length if not short else rng.choice((2, 3, 4)) * length // 2
        sentences, lang = self._sentences(rng, budget, LAST_SHARES if last else SHARES)
        if short:
            sentences = sentences[: rng.randint(1, 4)]
        gap = "" if lang in UNSPACED else " "
        parts: list[str] = []
        ends: list[int] = []
        size = 0
        for sentence in sentences:
            if style == 1:
                sentence = speech(sentence)
            elif style == 2:
                sentence = chat(sentence, rng)
            sentence = SPACES.sub(" ", sentence.translate(self.norm)).strip()
            if not sentence:
                continue
            if rng.random() < 0.003:
                # A run of one sign, as in drawings and tables, ends nothing.
                sentence = rng.choice("x-=a.") * rng.randint(20, 400) + " " + sentence
            joint = gap
            if style == 2 and rng.random() < 0.03:
                joint = " " if gap == "" else ""
                joint = gap if joint == "" and parts and parts[-1][-1].isalnum() else joint
            if parts:
                parts.append(joint)
                size += len(joint)
            parts.append(sentence)
            size += len(sentence)
            ends.append(size)
        return "".join(parts), ends, style

    def batch(self, number: int) -> Batch:
        """Batch `number`."""
        rng = random.Random(f"{self.seed}/{number}")
        length = rng.choices(list(LENGTHS), list(LENGTHS.values()))[0]
        rows = self.tokens // length
        last = self.last is not None and number >= self.last
        drawn = [self._text(rng, length, last) for _ in range(rows)]
        encoded = self.tokenizer.encode_batch([text for text, _, _ in drawn])
        ids = np.full((rows, length), PAD, np.int64)
        labels = np.full((rows, length), IGNORE, np.float32)
        positive = np.ones(rows, np.float32)
        for row, ((_, ends, style), code) in enumerate(zip(drawn, encoded, strict=True)):
            positive[row] = POSITIVE[style]
            room = length - 2
            count = len(code.ids)
            final = ends[-1] if ends else 0
            start = rng.randint(0, count - room) if count > room else 0
            # Half of the long windows begin where the text does.
            if count > room and rng.random() < 0.4:
                start = 0
            stop = min(start + room, count)
            used = stop - start
            wanted = set(ends)
            ids[row, 0] = BEGIN
            ids[row, 1 : used + 1] = code.ids[start:stop]
            ids[row, used + 1] = END
            marks = [1.0 if end in wanted else 0.0 for _, end in code.offsets[start:stop]]
            if stop == count and used and final not in {end for _, end in code.offsets[-1:]}:
                marks[-1] = IGNORE
            labels[row, 1 : used + 1] = marks
        return Batch(ids, labels, positive)
