"""Learn what headings of web pages look like from lines that are marked as headings.

    python scripts/fit_headings.py DATA.jsonl.gz > rust/scriptio/data/legal/headings.bin

DATA holds one document a line, `{id, text, nodes: [{start}]}`; a line is a heading if a node starts
there. A fifth of the documents, by the hash of the id, is left out and measured. The features are
those of rust/scriptio/src/legal/layout.rs: hashed strings of the line and its neighbours, each with
one weight of a logistic regression. Weights are signed bytes, 24 a unit; the bias and threshold are
in layout.rs.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

SLOTS = 1 << 14
SCALE = 24.0
STOP = {
    "the",
    "a",
    "an",
    "of",
    "to",
    "and",
    "or",
    "in",
    "for",
    "with",
    "on",
    "by",
    "at",
    "from",
    "your",
    "our",
    "as",
    "is",
    "are",
    "us",
    "we",
    "you",
    "it",
    "its",
    "this",
    "that",
    "be",
    "may",
    "if",
    "not",
    "do",
    "any",
    "these",
    "will",
    "can",
    "how",
    "what",
}
VERBS = {
    "is",
    "are",
    "will",
    "may",
    "shall",
    "can",
    "must",
    "agree",
    "have",
    "has",
    "use",
    "do",
    "we",
    "you",
    "be",
    "please",
}
LENGTHS = (1, 6, 12, 20, 30, 40, 55, 75, 100, 150, 250)


def numbered(line: str) -> re.Match[str] | None:
    """The number that a line begins with."""
    return re.match(r"([0-9]+)(\.[0-9]+)*[.)]?[ \t]", line)


def capitals(line: str) -> bool:
    """Whether a line has letters and all are capitals."""
    return line.upper() == line and any(c.isalpha() for c in line)


def bucket(count: int, bounds: tuple[int, ...]) -> int:
    """How many of the bounds are reached."""
    return sum(count >= bound for bound in bounds)


def length(line: str) -> int:
    """The class of a line's length."""
    return bucket(len(line), LENGTHS)


def ending(line: str) -> str:
    """The class of a line's last letter."""
    if not line:
        return "0"
    c = line[-1]
    if c in '.:;,?!)"”*|>-–':
        return c
    return "d" if c.isdigit() else "a" if c.isalpha() else "o"


def opening(line: str) -> str:
    """The class of a line's first letters."""
    if not line:
        return "0"
    if match := numbered(line):
        found = match.group(0)
        parts = found.count(".") + (0 if found.strip().endswith(".") else 1)
        return f"n{min(parts, 3)}"
    if re.match(r"\(?[a-zA-Z]{1,4}[.)] ", line):
        return "l"
    c = line[0]
    if c in "-•*·–—●":
        return "b"
    if c.isupper():
        return "u"
    if c.islower():
        return "w"
    return "d" if c.isdigit() else "q" if c in "\"“'‘" else "o"


def features(lines: list[str], at: int, repeats: Counter[str], style: tuple[int, int]) -> list[str]:
    """The features of one line, in the order of layout.rs."""
    line = lines[at]
    before = lines[at - 1] if at else ""
    earlier = lines[at - 2] if at > 1 else ""
    behind = lines[at + 1] if at + 1 < len(lines) else ""
    later = lines[at + 2] if at + 2 < len(lines) else ""
    words = line.split(" ")
    plain = [word.strip('.,:;()"“”’') for word in words]
    plain = [word for word in plain if word and word[0].isalpha()]
    upper = sum(word[0].isupper() for word in plain)
    low = min(sum(word[0].islower() and word not in STOP for word in plain), 5)
    ratio = 0
    if len(behind) * 8 > len(line):
        ratio = max(min(6, int(math.log2(max(len(behind), 1) / max(len(line), 1)) + 2)), 0)
    n, p, q = length(line), length(before), length(behind)
    e, pe, qe = ending(line), ending(before), ending(behind)
    o, po, qo = opening(line), opening(before), opening(behind)
    first = "".join(c for c in words[0].lower() if c.isalnum() or c == "_")[:12]
    return [
        f"{n}",
        f"{p}",
        f"{q}",
        e,
        pe,
        qe,
        o,
        po,
        qo,
        f"{po}{o}{qo}",
        f"{5 * upper // len(plain) if plain else 0}",
        f"{low}",
        f"{int(capitals(line))}",
        f"{int(capitals(before))}",
        f"{int(capitals(behind))}",
        f"{min(len(words), 14)}",
        f"{min(sum(word.lower() in VERBS for word in plain), 3)}",
        f"{min(repeats[line], 3)}",
        f"{int(at == 0)}",
        f"{int(at < 6)}",
        f"{min(9, 10 * at // len(lines))}",
        f"{ratio}",
        f"{e}|{n}",
        f"{n}|{q}",
        f"{o}|{n}|{e}",
        f"{pe}|{e}",
        f"{o}|{qe}",
        f"{p}|{n}",
        f"{q}|{length(later)}",
        f"{length(earlier)}|{p}",
        f"{low}|{e}|{min(len(words), 10)}",
        f"{min(line.count(', '), 3)}",
        f"{int(': ' in line)}",
        f"{int('. ' in line[4:])}",
        f"{int('http' in line or '@' in line or 'www.' in line)}",
        f"{style[0]}|{o}",
        f"{style[1]}|{int(capitals(line))}",
        f"{min(sum(c.isdigit() for c in line), 6)}",
        first,
    ]


def slot(feature: str) -> int:
    """FNV-1a, folded."""
    value = 0xCBF29CE484222325
    for byte in feature.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return (value ^ (value >> 29)) % SLOTS


def rows(document: dict[str, Any]) -> Iterator[tuple[list[int], bool]]:
    """Slots of the features of every line, and whether it is a heading."""
    text = document["text"]
    lines, starts, at = [], [], 0
    for line in text.split("\n"):
        if line.strip():
            starts.append(at + len(line) - len(line.lstrip()))
            lines.append(line.strip())
        at += len(line) + 1
    gold = set()
    for node in document["nodes"]:
        start = node["start"]
        while start < len(text) and text[start].isspace():
            start += 1
        gold.add(start)
    repeats = Counter(lines)
    bounds = (1, 3, 6, 10, 20)
    style = (
        bucket(sum(numbered(line) is not None and len(line) < 90 for line in lines), bounds),
        bucket(sum(capitals(line) and len(line) < 90 for line in lines), bounds),
    )
    for index, start in enumerate(starts):
        found = features(lines, index, repeats, style)
        yield [slot(f"{at}:{feature}") for at, feature in enumerate(found)], start in gold


def held(name: str) -> bool:
    """Whether a document is left out of training."""
    return int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16) % 5 == 0


def fit(x: Any, y: Any, epochs: int = 10, rate: float = 0.15, decay: float = 2e-5) -> Any:
    """Weights and bias, by AdaGrad."""
    weights, squares, bias = np.zeros(SLOTS), np.full(SLOTS, 1e-6), 0.0
    random = np.random.default_rng(0)
    for _ in range(epochs):
        order = random.permutation(len(x))
        for start in range(0, len(order), 64):
            part = order[start : start + 64]
            error = 1 / (1 + np.exp(-(weights[x[part]].sum(1) + bias))) - y[part]
            gradient = np.zeros(SLOTS)
            np.add.at(gradient, x[part].ravel(), np.repeat(error, x.shape[1]))
            gradient = gradient / len(part) + decay * weights * 50
            squares += gradient * gradient
            weights -= rate * gradient / np.sqrt(squares)
            bias -= rate * 0.05 * error.mean()
    return weights, bias


def main() -> None:
    """Fit, measure, and write the weights to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    with gzip.open(options.data, "rt", encoding="utf-8") as source:
        documents = [json.loads(line) for line in source]
    parts = []
    for wanted in (False, True):
        found = [row for d in documents if held(d["id"]) == wanted for row in rows(d)]
        parts.append((np.array([r[0] for r in found]), np.array([r[1] for r in found], float)))
    (x, y), (test_x, test_y) = parts
    weights, bias = fit(x, y)
    coded = np.clip(np.rint(weights * SCALE), -127, 127).astype(np.int8)
    print(f"bias {bias:.4f}, in units {bias * SCALE:.1f}", file=sys.stderr)
    for threshold in (-1.0, -0.75, -0.5, -0.25, 0.0):
        line = []
        for part, gold in ((x, y), (test_x, test_y)):
            found = (coded[part].astype(int).sum(1) / SCALE + bias) > threshold
            hit = (found & (gold > 0)).sum()
            line.append(2 * hit / (found.sum() + gold.sum()))
        print(f"threshold {threshold}: F1 {line[0]:.4f}, left out {line[1]:.4f}", file=sys.stderr)
    sys.stdout.buffer.write(coded.tobytes())


if __name__ == "__main__":
    main()
