"""Cuts the vocabulary and the embeddings of the pretrained encoder down to what is needed.

    python -m scriptio_training.vocabulary --data DATA --encoder e5-small-q4.bin --out OUT

The encoder is multilingual-e5-small (MIT) with the pieces of XLM-R. Those are kept that occur most
often where every language and source weighs the square root of its size; the four special ones and
every single character seen stay, so that little becomes unknown.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from scriptio_training import corpora, encoder
from scriptio_training.text import speech

SPECIAL = 4
UNKNOWN = 3
#: Characters of text read for each language and source.
SAMPLE = 400_000


def trimmed(folder: Path) -> tuple[list[tuple[str, float]], dict[int, str]]:
    """The pieces that were kept, and what code points are replaced by."""
    pieces = json.loads((folder / "pieces.json").read_text())
    norm = json.loads((folder / "norm.json").read_text())
    return [(piece, score) for piece, score in pieces], {int(k): v for k, v in norm.items()}


def tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """A Unigram tokenizer over normalised text."""
    built = Tokenizer(models.Unigram(pieces, UNKNOWN, False))
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    return built


def count(
    pieces: list[tuple[str, float]], norm: dict[int, str], data: Path, cache: Path
) -> Counter[int]:
    """Frequency of each piece, every language and source weighing the square root of its size."""
    whole = tokenizer(pieces)
    rng = random.Random(0)
    total: Counter[int] = Counter()
    for corpus in corpora.load(data, cache):
        documents = corpus.documents[:]
        rng.shuffle(documents)
        texts: list[str] = []
        size = 0
        for document in documents:
            for sentence in document:
                texts += [sentence, speech(sentence)]
                size += 2 * len(sentence)
            if size > SAMPLE:
                break
        counts: Counter[int] = Counter()
        for encoded in whole.encode_batch([t.translate(norm) for t in texts[:20_000]]):
            counts.update(encoded.ids)
        tokens = max(sum(counts.values()), 1)
        weight = tokens**0.5 * (3.0 if corpus.source.startswith("ud") else 1.0) / tokens
        for piece, times in counts.items():
            total[piece] += weight * times
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--size", type=int, default=48_000)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    whole = encoder.read(options.encoder)
    pieces, norm = whole.pieces, whole.replaced
    counts = count(pieces, norm, options.data, options.cache)
    kept = set(range(SPECIAL))
    kept |= {i for i in counts if len(pieces[i][0].lstrip("\u2581")) <= 1}
    for index, _ in counts.most_common():
        if len(kept) >= options.size:
            break
        kept.add(index)
    ids = sorted(kept)
    options.out.mkdir(parents=True, exist_ok=True)
    covered = sum(counts[i] for i in ids) / sum(counts.values())
    print(f"{len(ids)} pieces cover {covered:.4f} of the weighted text")
    small = [(piece, score) for piece, score in (pieces[i] for i in ids)]
    (options.out / "pieces.json").write_text(json.dumps(small, ensure_ascii=False))
    (options.out / "norm.json").write_text(json.dumps({str(k): v for k, v in norm.items()}))
    arrays: dict[str, Any] = {**whole.weights, "emb.word": whole.weights["emb.word"][ids]}
    np.savez(options.out / "encoder.npz", **arrays)


if __name__ == "__main__":
    main()
