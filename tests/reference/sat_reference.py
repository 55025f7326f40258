"""What SaT and WtP compute, written for reading: slow, plain numpy, no code shared with scriptio.

Windows, averages, characters and sentences are as wtpsplit has them (2.2), but for the sums, which
it keeps in float16 and which are float32 here.
"""

from collections.abc import Callable, Sequence

import numpy as np

#: ids (or hashes) and mask of a batch to its logits.
Model = Callable[[np.ndarray, np.ndarray], np.ndarray]

MOST_TOKENS = 510
PRIMES = (31, 43, 59, 61, 73, 97, 103, 113)


def hashed(text: str, hashes: int, buckets: int) -> np.ndarray:
    """Row by row the hashes of each character."""
    rows = [[(ord(char) + 1) * PRIMES[i] % buckets for i in range(hashes)] for char in text]
    return np.array(rows, np.int64).reshape(len(text), hashes)


def extract(
    texts: Sequence[np.ndarray],
    model: Model,
    *,
    block_size: int,
    stride: int,
    batch_size: int = 32,
    weighting: str = "uniform",
    specials: bool = True,
) -> list[np.ndarray]:
    """Logits of every token (or character) of every text, averaged over the windows."""
    lengths = [len(ids) for ids in texts]
    block = min(block_size, max(lengths))
    if specials:
        block = min(block, MOST_TOKENS)
    edge = 1 if specials else 0
    if weighting == "uniform":
        weights = np.ones(block, np.float32)
    else:
        x = np.linspace(-(1 - 1 / block), 1 - 1 / block, block)
        weights = (1 - np.abs(x)).astype(np.float32)

    places = []
    for text, length in enumerate(lengths):
        count = int(np.ceil(max(length - block, 0) / stride)) + 1
        for k in range(count):
            start = k * stride
            end = start + block
            if end >= length:
                start, end = max(length - block, 0), length
            places.append((text, start, end))

    width = block + 2 * edge
    shape = (len(places), width, *texts[0].shape[1:])
    inputs, mask = np.zeros(shape, np.int64), np.zeros((len(places), width), np.float32)
    for row, (text, start, end) in enumerate(places):
        part = texts[text][start:end]
        if specials:
            part = np.concatenate([[0], part, [2]])
        inputs[row, : len(part)] = part
        mask[row, : len(part)] = 1

    sums: list = [None] * len(texts)
    totals = [np.zeros((length, 1), np.float32) for length in lengths]
    for at in range(0, len(places), batch_size):
        logits = np.asarray(model(inputs[at : at + batch_size], mask[at : at + batch_size]))
        for row, (text, start, end) in enumerate(places[at : at + batch_size]):
            n = end - start
            found = logits[row, edge : edge + n].astype(np.float32)
            if sums[text] is None:
                sums[text] = np.zeros((lengths[text], found.shape[1]), np.float32)
            sums[text][start:end] += weights[:n, None] * found
            totals[text][start:end] += weights[:n, None]
    return [total / weight for total, weight in zip(sums, totals, strict=True)]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x.astype(np.float32)))


def character_probabilities(text: str, ends: Sequence[int], logits: np.ndarray) -> np.ndarray:
    """A probability for each character: a token's on its last one."""
    spread = np.full(len(text), -np.inf, np.float32)
    for end, logit in zip(ends, logits, strict=True):
        spread[end - 1] = logit
    return sigmoid(spread)


def indices_to_sentences(text: str, indices: Sequence[int], strip: bool = False) -> list[str]:
    """Sentences that end at the characters `indices` and the white space behind."""
    sentences = []
    offset = 0
    for index in indices:
        end = index + 1
        while end < len(text) and text[end].isspace():
            end += 1
        sentence = text[offset:end]
        if strip:
            sentence = sentence.strip()
        if sentence:
            sentences.append(sentence)
        offset = max(offset, end)
    rest = text[offset:]
    if strip:
        rest = rest.strip()
    return [*sentences, rest] if rest else sentences


def cut_at_newlines(sentences: Sequence[str]) -> list[str]:
    out = []
    for number, sentence in enumerate(sentences):
        if number < len(sentences) - 1 and sentence.endswith("\n"):
            sentence = sentence[:-1]
        out += sentence.split("\n")
    return out


def split(
    text: str,
    probabilities: np.ndarray,
    threshold: float,
    *,
    strip: bool = False,
    newlines: bool = True,
) -> list[str]:
    """Sentences of a text whose characters' probabilities are known."""
    indices = np.flatnonzero(probabilities > np.float32(threshold))
    sentences = indices_to_sentences(text, indices.tolist(), strip)
    return cut_at_newlines(sentences) if newlines else sentences
