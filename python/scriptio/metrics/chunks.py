"""What chunks do to the passages that answer a question, and to sections.

Spans are `(start, end)` in any one unit, such as code points; anything whose
first two items are start and end will do, such as a `Chunk`.

Precision-Omega, precision, recall and IoU are those of Smith & Troynikov 2024,
"Evaluating Chunking Strategies for Retrieval", Chroma technical report, with
characters for tokens as in its code. Precision-Omega mostly measures how large
chunks are: compare chunkers at equal mean size, and with :func:`size_matched`.

Example:
    >>> chunks, gold = [(0, 10), (10, 20), (20, 40)], [(12, 17)]
    >>> precision_omega(chunks, [gold])
    [0.5]
    >>> excerpt_integrity(chunks, gold).value
    1.0
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean, pstdev
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Overlap",
    "Permuted",
    "Share",
    "SpanLike",
    "excerpt_integrity",
    "precision_omega",
    "retrieved_overlap",
    "sections_whole",
    "size_matched",
    "starts_crossed",
]

SpanLike: TypeAlias = Sequence[Any]
"""Start and end first, whatever follows."""

Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, as counts that can be added over texts.

    Attributes:
        part: How many are so.
        whole: How many there are.

    Example:
        >>> (Share(1, 2) + Share(2, 4)).value
        0.5
    """

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float:
        """The share; 1 of none at all."""
        return self.part / self.whole if self.whole else 1.0

    def __add__(self, other: "Share") -> "Share":
        """Add counts: the share in both texts together."""
        if not isinstance(other, Share):
            return NotImplemented
        return Share(self.part + other.part, self.whole + other.whole)


class Overlap(NamedTuple):
    """How far retrieved chunks and gold passages cover each other.

    Attributes:
        precision: Gold that was retrieved, per what was retrieved; what chunks
            have in common counts each time.
        recall: Gold that was retrieved, per gold.
        iou: Gold that was retrieved, per what was retrieved and gold that was not.
    """

    precision: float
    recall: float
    iou: float


class Permuted(NamedTuple):
    """A score beside those of the same chunk sizes in random order.

    Attributes:
        score: The score itself.
        mean: Mean of the scores in random order.
        std: Their standard deviation.
        z: How many of these the score lies above the mean; 0 without deviation.
    """

    score: float
    mean: float
    std: float
    z: float


def precision_omega(
    chunks: Iterable[SpanLike], questions: Iterable[Iterable[SpanLike]], *, strict: bool = False
) -> list[float]:
    """Precision when every chunk is retrieved that touches a gold passage.

    Gold that lies in chunks, per all text of the chunks that gold touches and
    gold that lies in none; text in several chunks counts once.

    Args:
        chunks: The chunks of one text.
        questions: For each question, its gold passages in that text.
        strict: Leave out chunks that only adjoin a passage. The reference
            code counts them as touched.

    Returns:
        One score for each question, 0 where nothing is touched.

    Raises:
        ValueError: A span ends before it starts.

    Examples:
        >>> precision_omega([(0, 10), (10, 20)], [[(5, 10)]])
        [0.25]
        >>> precision_omega([(0, 10), (10, 20)], [[(5, 10)]], strict=True)
        [0.5]
    """
    index = _Index(chunks)
    scores = []
    for question in questions:
        gold = _ranges(question, "questions")
        touched: list[Range] = []
        common: list[Range] = []
        for start, end in gold:
            for at in index.touching(start, end):
                chunk = index.spans[at]
                shared = (max(start, chunk[0]), min(end, chunk[1]))
                if shared[0] < shared[1] or not strict:
                    touched.append(chunk)
                    common.append(shared)
        covered = _length(common)
        whole = _length(touched + gold)
        scores.append(covered / whole if covered else 0.0)
    return scores


def retrieved_overlap(
    retrieved: Iterable[SpanLike], gold: Iterable[SpanLike], *, elsewhere: int = 0
) -> Overlap:
    """Precision, recall and IoU of the chunks retrieved for one question.

    Args:
        retrieved: The chunks that were retrieved of the text with the gold passages.
        gold: These passages.
        elsewhere: Length of all chunks that were retrieved of other texts.

    Raises:
        ValueError: A span ends before it starts, `elsewhere` is negative, or
            there is no gold.

    Examples:
        >>> retrieved_overlap([(0, 10), (10, 20)], [(5, 9), (30, 34)])
        Overlap(precision=0.2, recall=0.5, iou=0.16666666666666666)
    """
    if elsewhere < 0:
        raise ValueError(f"elsewhere is {elsewhere}; it is a length, so pass 0 or more")
    spans, passages = _ranges(retrieved, "retrieved"), _ranges(gold, "gold")
    total = sum(end - start for start, end in passages)
    if not total:
        raise ValueError("gold is empty; leave questions out that have none")
    index = _Index(spans)
    common = [
        (max(start, index.spans[at][0]), min(end, index.spans[at][1]))
        for start, end in passages
        for at in index.touching(start, end)
    ]
    covered = _length(common)
    taken = sum(end - start for start, end in spans) + elsewhere
    missed = _length(passages) - covered
    return Overlap(
        precision=covered / taken if taken else 0.0,
        recall=covered / total,
        iou=covered / (taken + missed),
    )


def excerpt_integrity(chunks: Iterable[SpanLike], excerpts: Iterable[SpanLike]) -> Share:
    """How many excerpts lie in one chunk as a whole.

    Raises:
        ValueError: A span ends before it starts.

    Examples:
        >>> excerpt_integrity([(0, 10), (10, 20)], [(2, 5), (8, 12)])
        Share(part=1, whole=2)
    """
    index = _Index(chunks)
    spans = _ranges(excerpts, "excerpts")
    return Share(sum(index.holds(start, end) for start, end in spans), len(spans))


def sections_whole(
    chunks: Iterable[SpanLike], sections: Iterable[SpanLike], *, limit: int | None = None
) -> Share:
    """How many sections lie in one chunk as a whole, of those that could.

    Args:
        chunks: The chunks of one text.
        sections: The spans of its sections.
        limit: Sections longer than this do not count.

    Raises:
        ValueError: A span ends before it starts.

    Examples:
        >>> sections_whole([(0, 10), (10, 20)], [(0, 4), (4, 12), (12, 40)], limit=10)
        Share(part=1, whole=2)
    """
    spans = _ranges(sections, "sections")
    return excerpt_integrity(chunks, [(a, b) for a, b in spans if limit is None or b - a <= limit])


def starts_crossed(
    chunks: Iterable[SpanLike], sections: Iterable[SpanLike], *, merged: bool = True
) -> Share:
    """How many chunks go across the start of a section.

    Args:
        chunks: The chunks of one text.
        sections: The spans of its sections.
        merged: Count chunks of whole sections, too; without them those are
            left that hold a part of one section and something of another.

    Raises:
        ValueError: A span ends before it starts.

    Examples:
        >>> sections = [(0, 4), (4, 12), (12, 20)]
        >>> starts_crossed([(0, 12), (12, 20)], sections)
        Share(part=1, whole=2)
        >>> starts_crossed([(0, 12), (12, 20)], sections, merged=False)
        Share(part=0, whole=2)
    """
    spans = _ranges(chunks, "chunks")
    index = _Index(sections)
    crossed = 0
    for start, end in spans:
        inside = bisect_left(index.starts, end) - bisect_right(index.starts, start)
        crossed += inside > 0 and (merged or index.cuts(start, end))
    return Share(crossed, len(spans))


def size_matched(
    documents: Iterable[Sequence[SpanLike]],
    score: Callable[[list[list[Range]]], float],
    *,
    draws: int = 30,
    seed: int = 0,
) -> Permuted:
    """Compare a score with that of the same chunk sizes in random order.

    Whether boundaries carry information beyond their spacing: a score that
    rises as chunks shrink cannot tell.

    Args:
        documents: The chunks of each text, which partition it.
        score: Scores the chunks of all texts.
        draws: How many random orders.
        seed: Of the random numbers.

    Raises:
        ValueError: `draws` is smaller than 2, or chunks do not adjoin.

    Examples:
        >>> def halved(documents):
        ...     return sum((0, 8) in chunks for chunks in documents)
        >>> size_matched([[(0, 8), (8, 10), (10, 11)]], halved, draws=100).score
        1
    """
    if draws < 2:
        raise ValueError(f"draws must be at least 2, not {draws}")
    own = [_ranges(chunks, "documents") for chunks in documents]
    for chunks in own:
        for before, after in pairwise(chunks):
            if before[1] != after[0]:
                raise ValueError(f"chunks {before} and {after} do not adjoin; pass a partition")
    shuffle = random.Random(seed).shuffle
    scores = []
    for _ in range(draws):
        drawn = []
        for chunks in own:
            sizes = [end - start for start, end in chunks]
            shuffle(sizes)
            first = chunks[0][0] if chunks else 0
            ends = list(accumulate(sizes, initial=first))
            drawn.append(list(pairwise(ends)))
        scores.append(score(drawn))
    found, mean, std = score(own), fmean(scores), pstdev(scores)
    return Permuted(found, mean, std, (found - mean) / std if std else 0.0)


class _Index:
    """Spans in the order of their starts, to be asked by place."""

    def __init__(self, spans: Iterable[SpanLike]) -> None:
        self.spans = sorted(_ranges(spans, "spans"))
        self.starts = [start for start, _ in self.spans]
        # Spans may lie inside others, so ends need not rise; their maxima do.
        self._reach = list(accumulate((end for _, end in self.spans), max))

    def touching(self, start: int, end: int) -> Iterable[int]:
        """The spans that share something with a range, or adjoin it."""
        first = bisect_left(self._reach, start)
        last = bisect_right(self.starts, end)
        return (at for at in range(first, last) if self.spans[at][1] >= start)

    def holds(self, start: int, end: int) -> bool:
        """Whether one span holds the range as a whole."""
        last = bisect_right(self.starts, start)
        return last > 0 and self._reach[last - 1] >= end

    def cuts(self, start: int, end: int) -> bool:
        """Whether a span lies in the range in part, and does not hold it."""
        return any(
            a < end
            and b > start
            and not (start <= a and b <= end)
            and not (a <= start and end <= b)
            for a, b in (self.spans[at] for at in self.touching(start, end))
        )


def _ranges(spans: Iterable[SpanLike], name: str) -> list[Range]:
    ranges = [(span[0], span[1]) for span in spans]
    for i, (start, end) in enumerate(ranges):
        if end < start:
            raise ValueError(f"{name}[{i}] is ({start}, {end}), which ends before it starts")
    return ranges


def _length(ranges: Iterable[Range]) -> int:
    """How much the ranges cover together."""
    total = 0
    reach: int | None = None
    for start, end in sorted(ranges):
        if reach is None or end > reach:
            total += end - (start if reach is None or start > reach else reach)
            reach = end
    return total
