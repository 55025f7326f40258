"""Ranked results against several relevant items.

The measures of NitiBench (Akarajaradwong et al. 2025, "NitiBench: Benchmarking
LLM Frameworks on Thai Legal Question Answering", EMNLP): a question about law
often needs several sections, so besides whether one was found it counts
whether all were. An item that is retrieved, such as a chunk, brings a set of
relevant things, such as the sections that it holds as a whole.

Example:
    >>> scores = [rank_score({"s1"}, [{"s2"}, {"s1"}]), rank_score({"s1", "s4"}, [{"s4"}])]
    >>> rank_means(scores).hit_rate, rank_means(scores).multi_hit_rate
    (1.0, 0.5)
"""

from collections.abc import Hashable, Iterable
from typing import NamedTuple

__all__ = ["Ranking", "RankingMeans", "rank_means", "rank_score"]


class Ranking(NamedTuple):
    """The scores of one question.

    Attributes:
        hit: 1 if anything relevant was retrieved, else 0.
        multi_hit: 1 if everything relevant was retrieved, else 0.
        recall: The share of what is relevant that was retrieved.
        mrr: 1 divided by the rank of the first relevant item, or 0.
        multi_mrr: Recall times the mean of 1 / (rank - j + 1) over the items
            that bring something new, `j` of them in order; 1 exactly when
            they come first and are all.
        found: How many relevant things were retrieved.
        relevant: How many there are.
    """

    hit: float
    multi_hit: float
    recall: float
    mrr: float
    multi_mrr: float
    found: int
    relevant: int


class RankingMeans(NamedTuple):
    """Means over questions, each of which counts the same.

    Attributes:
        hit_rate: Mean of `hit`.
        multi_hit_rate: Mean of `multi_hit`.
        recall: Mean of `recall`.
        mrr: Mean of `mrr`.
        multi_mrr: Mean of `multi_mrr`.
        micro_recall: Recall where each relevant thing counts the same.
    """

    hit_rate: float
    multi_hit_rate: float
    recall: float
    mrr: float
    multi_mrr: float
    micro_recall: float


def rank_score(
    relevant: Iterable[Hashable],
    retrieved: Iterable[Iterable[Hashable]],
    *,
    k: int | None = None,
) -> Ranking:
    """Score what was retrieved for one question.

    Args:
        relevant: What answers the question; at least one thing.
        retrieved: For each item, the best first, the things that it brings:
            `[["s1"], ["s4", "s5"]]`; an item may bring none.
        k: Count the first `k` items alone.

    Raises:
        TypeError: `relevant` or an item is a single string.
        ValueError: Nothing is relevant, or `k` is smaller than 1.

    Examples:
        >>> rank_score({"a", "b"}, [["x"], ["a"], ["b"]])
        Ranking(hit=1.0, multi_hit=1.0, recall=1.0, mrr=0.5, multi_mrr=0.5, found=2, relevant=2)
    """
    wanted = set(_refused_if_text(relevant, "relevant"))
    if not wanted:
        raise ValueError("relevant is empty; leave questions out that nothing answers")
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    found: set[Hashable] = set()
    reciprocals: list[float] = []
    first = 0
    for rank, item in enumerate(retrieved, 1):
        if k is not None and rank > k:
            break
        new = (wanted & set(_refused_if_text(item, f"retrieved[{rank - 1}]"))) - found
        if new:
            found |= new
            first = first or rank
            # As many items before it brought something as there are reciprocals.
            reciprocals.append(1 / (rank - len(reciprocals)))
    recall = len(found) / len(wanted)
    return Ranking(
        hit=float(bool(found)),
        multi_hit=float(found == wanted),
        recall=recall,
        mrr=1 / first if first else 0.0,
        multi_mrr=recall * sum(reciprocals) / len(reciprocals) if reciprocals else 0.0,
        found=len(found),
        relevant=len(wanted),
    )


def rank_means(scores: Iterable[Ranking]) -> RankingMeans:
    """Means of the scores of several questions.

    Raises:
        ValueError: There are none.
    """
    items = list(scores)
    if not items:
        raise ValueError("scores is empty; pass the score of at least one question")
    hit, multi_hit, recall, mrr, multi_mrr = (
        sum(column) / len(items) for column in list(zip(*items, strict=True))[:5]
    )
    micro = sum(score.found for score in items) / sum(score.relevant for score in items)
    return RankingMeans(hit, multi_hit, recall, mrr, multi_mrr, micro)


def _refused_if_text(things: Iterable[Hashable], name: str) -> Iterable[Hashable]:
    if isinstance(things, (str, bytes)):
        raise TypeError(f"{name} must be a collection, not one {type(things).__name__}; wrap it")
    return things
