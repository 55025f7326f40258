"""C99 in plain Python, straight from the paper: every matrix whole, every sum anew.

Choi 2000, "Advances in domain independent linear text segmentation", NAACL.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise


def c99(units: Sequence[Sequence[str]], count: int | None = None) -> list[int]:
    """The units before which C99 cuts."""
    cuts, densities = division(units, len(units) if count is None else count)
    return sorted(cuts if count is not None else cuts[: worth(densities)])


def division(units: Sequence[Sequence[str]], count: int) -> tuple[list[int], list[float]]:
    """The cuts that make so many segments, in the order they are made, and all densities."""
    ranks = rank_matrix(units)
    bounds = [0, len(units)]
    cuts: list[int] = []
    densities = [inside(ranks, bounds)] if units else []
    while len(cuts) + 1 < min(count, len(units)):
        best: tuple[Fraction, int] | None = None
        for start, end in pairwise(bounds):
            if end - start < 2:
                continue
            at, most = start + 1, Fraction(0)
            for place in range(start + 1, end):
                density = inside(ranks, [start, place, end])
                if density >= most > 0 or density > most:
                    at, most = place, density
            density = inside(ranks, sorted([*bounds, at]))
            if best is None or density >= best[0]:
                best = density, at
        assert best is not None
        bounds = sorted([*bounds, best[1]])
        cuts.append(best[1])
        densities.append(best[0])
    return cuts, list(map(float, densities))


def rank_matrix(units: Sequence[Sequence[str]]) -> list[list[Fraction]]:
    """The share of the neighbours in a square of 11 by 11 that are less similar."""
    bags = [Counter(unit) for unit in units]
    similar = [[cosine(a, b) for b in bags] for a in bags]
    n = len(units)

    def rank(i: int, j: int) -> Fraction:
        rows = range(max(0, i - 5), min(n, i + 6))
        columns = range(max(0, j - 5), min(n, j + 6))
        smaller = sum(similar[row][column] < similar[i][j] for row in rows for column in columns)
        # Rounded as the core does it, so that what is equal there is equal here.
        return Fraction((smaller << 30) // max(1, len(rows) * len(columns) - 1), 1 << 30)

    return [[rank(i, j) for j in range(n)] for i in range(n)]


def cosine(a: Counter[str], b: Counter[str]) -> float:
    """The cosine of two counts, as a 32-bit number."""
    product = sum(count * b[term] for term, count in a.items())
    if not product:
        return 0.0
    squares = sum(c * c for c in a.values()) * sum(c * c for c in b.values())
    (single,) = struct.unpack("f", struct.pack("f", product / math.sqrt(squares)))
    return float(single)


def inside(ranks: list[list[Fraction]], bounds: Sequence[int]) -> Fraction:
    """Mean rank inside the segments between the bounds."""
    total, area = Fraction(0), 0
    for start, end in pairwise(bounds):
        total += sum((sum(row[start:end], Fraction(0)) for row in ranks[start:end]), Fraction(0))
        area += (end - start) ** 2
    return total / area


def worth(densities: Sequence[float]) -> int:
    """How many of the first cuts have a smoothed gain that stands out."""
    return next((i for i, over in enumerate(excess(densities)) if over <= 0), len(densities) - 1)


def excess(densities: Sequence[float]) -> list[float]:
    """By how much each smoothed gain in density is above what makes it stand out."""
    gains = [b - a for a, b in pairwise(densities)]
    weights = {-3: 1, -2: 2, -1: 4, 0: 8, 1: 4, 2: 2, 3: 1}
    smoothed = []
    for i in range(len(gains)):
        near = [(w, gains[i + s]) for s, w in weights.items() if 0 <= i + s < len(gains)]
        smoothed.append(sum(w * gain for w, gain in near) / sum(w for w, _ in near))
    if not smoothed:
        return []
    mean = sum(smoothed) / len(smoothed)
    least = mean + 1.2 * math.sqrt(sum((g - mean) ** 2 for g in smoothed) / len(smoothed))
    return [gain - least for gain in smoothed]
