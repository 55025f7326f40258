"""Fits the weights of rules and model in `rust/scriptio/src/scores/fuse.rs`.

    python -m scriptio_training.fusion --data DATA --model DIRECTORY

Logistic regression over the places of the development texts, each file weighing the same: those
with training data whole, of the others the documents that were not trained on. Clean text only;
where no boundary of the rules is near, the model alone decides.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import scriptio
from numpy.typing import NDArray

from scriptio_training.corpora import free_treebanks, gold, language
from scriptio_training.text import UNSPACED

#: As in fuse.rs.
CERTAIN, VERDICT, NEAR = 8.0, 6.0, 300
#: Code points of each file.
SAMPLE = 60_000


def texts(data: Path) -> list[tuple[str, str, set[int]]]:
    """Language, text and ends of sentences of each development file."""
    free = free_treebanks(data)
    trained = {path.name.split(".")[0] for path in (data / "ud").glob("*.train.*")}
    out = []
    for path in sorted((data / "ud").glob("*.dev.*")):
        stem = path.name.split(".")[0]
        if stem not in free:
            continue
        documents = list(gold(path))[0 if stem in trained else 1 :: 1 if stem in trained else 2]
        lang = language(path)
        gap = "" if lang in UNSPACED else " "
        text, ends = "", set()
        for sentence in (sentence for document in documents for sentence in document):
            if len(text) > SAMPLE:
                break
            text += (gap if text else "") + sentence
            ends.add(len(text))
        out.append((lang, text, ends - {len(text)}))
    return out


def rules_of(lang: str, text: str) -> dict[int, float]:
    """The logit of the rules at each of their candidates, by where it ends."""
    known = lang if lang in scriptio.languages() else "und"
    found: dict[int, float] = {}
    for place in scriptio.SentenceSegmenter(known).explain(text):
        if place.probability is None:
            logit = VERDICT if place.boundary else -VERDICT
        else:
            p = min(max(place.probability, 1e-6), 1 - 1e-6)
            logit = min(max(math.log(p / (1 - p)), -VERDICT), VERDICT)
        end = len(text[: place.offset].rstrip())
        found[end] = max(logit, found.get(end, -math.inf))
    return found


def regression(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights by Newton's method, the bias first."""
    x = np.c_[np.ones(len(x)), x]
    w = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ w))
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(len(w))
        w -= np.linalg.solve(curve, x.T @ (weight * (p - y)) + 1e-6 * w)
    return w


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    options = parser.parse_args()
    segmenter = scriptio.SaT(options.model, num_threads=1)
    shift = math.log(segmenter.threshold / (1 - segmenter.threshold))
    candidate: list[tuple[float, float, float, float]] = []
    plain: list[tuple[float, float, float]] = []
    for lang, text, ends in texts(options.data):
        scores = segmenter.token_logits(text)
        model = dict(zip(scores.ends.tolist(), (scores.logits - shift).tolist(), strict=True))
        rules = rules_of(lang, text)
        strong = np.array(sorted(end for end, logit in rules.items() if logit > 0) or [-(10**9)])
        share = 1 / max(len(ends), 1)
        for end in sorted(set(model) | set(rules)):
            said = min(max(model.get(end, -CERTAIN), -CERTAIN), CERTAIN)
            true = float(end in ends)
            if end in rules:
                candidate.append((said, rules[end], true, share))
            elif text[end : end + 1].isspace() and np.abs(strong - end).min() < NEAR:
                plain.append((said, true, share))
    for name, rows in (("CANDIDATE", np.array(candidate)), ("PLAIN", np.array(plain))):
        weights = regression(rows[:, :-2], rows[:, -2], rows[:, -1])
        print(name, ", ".join(f"{weight:.3f}" for weight in weights))


if __name__ == "__main__":
    main()
