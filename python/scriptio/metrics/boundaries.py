"""How well one segmentation agrees with another.

A *unit* is whatever the text is counted in: sentences, words, code points.
:func:`boundary_f1` takes end offsets or segmentations. The other measures take
*masses*, the number of units of each segment in order; :func:`masses` makes
them from end offsets or a segmentation. The reference always comes first.

All take time in the number of segments, whatever the text's length or window.

Example:
    >>> gold, pred = [3, 7, 9, 15, 16, 20], [3, 6, 9, 15, 17, 20]
    >>> boundary_f1(gold, pred).f1
    0.6
    >>> round(pk(masses(gold), masses(pred)), 4)
    0.1667
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from scriptio import _core

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BoundaryEdits",
    "BoundaryScore",
    "boundary_edits",
    "boundary_f1",
    "boundary_similarity",
    "masses",
    "pk",
    "segmentation_similarity",
    "window_diff",
]

End: TypeAlias = int | tuple[int, int]
"""Where a segment ends: its end offset, or the span ``(start, end)``."""


@dataclass(frozen=True, slots=True)
class BoundaryScore:
    """Counts of boundaries, and the precision, recall and F1 of them.

    Adding scores adds their counts, so the sum over the texts of a corpus has
    the micro averages.

    Attributes:
        matched: Boundaries that are both predicted and gold (true positives).
        predicted: Predicted boundaries.
        gold: Gold boundaries.

    Example:
        >>> first = boundary_f1([3, 7, 9], [3, 6, 9])
        >>> second = boundary_f1([5, 8], [5, 8])
        >>> first + second
        BoundaryScore(matched=2, predicted=3, gold=3)
        >>> round(sum([first, second], BoundaryScore()).f1, 4)
        0.6667
    """

    matched: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        """Matched per predicted; with none predicted 1 if there is no gold, else 0."""
        return self._ratio(self.matched, self.predicted)

    @property
    def recall(self) -> float:
        """Matched per gold; with no gold 1 if none is predicted, else 0."""
        return self._ratio(self.matched, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 if both sides are empty."""
        return self._ratio(2 * self.matched, self.predicted + self.gold)

    def _ratio(self, part: int, whole: int) -> float:
        if whole:
            return part / whole
        return float(self.predicted == self.gold)

    def __add__(self, other: BoundaryScore) -> BoundaryScore:
        """Add counts: the score of both texts together."""
        if not isinstance(other, BoundaryScore):
            return NotImplemented
        return BoundaryScore(
            self.matched + other.matched,
            self.predicted + other.predicted,
            self.gold + other.gold,
        )


class BoundaryEdits(NamedTuple):
    """What turns one segmentation into the other.

    Attributes:
        matches: Boundaries that both have.
        additions: Boundaries that one has and the other lacks, even near by.
        transpositions: Near misses: the two offsets of each, smaller first.
    """

    matches: int
    additions: int
    transpositions: list[tuple[int, int]]


def boundary_f1(
    gold: Iterable[End], pred: Iterable[End], *, length: int | None = None
) -> BoundaryScore:
    """Compare boundary positions; only exact matches count.

    The end of the text is neither found nor missed. Without ``length`` both
    arguments must be whole segmentations of the text, which end at the same
    offset. With it they may be boundaries inside the text alone, or end apart,
    as segments without the white space after them do; only the offset
    ``length`` is left out then.

    Args:
        gold: End offsets of the gold segments, or their ``(start, end)`` spans.
        pred: Those of the predicted segments, in the same unit.
        length: Length of the text in that unit.

    Raises:
        ValueError: If offsets do not rise strictly from above 0, lie past
            ``length``, or do not end together where that is not given.

    Example:
        >>> boundary_f1([3, 7, 9, 15, 16, 20], [3, 6, 9, 15, 17, 20])
        BoundaryScore(matched=3, predicted=5, gold=5)
        >>> boundary_f1([(0, 5), (5, 11)], [2, 5, 11]).precision
        0.5
        >>> boundary_f1([5], [2, 5], length=11).recall
        1.0
    """
    return BoundaryScore(*_core.boundary_score(_ends(gold), _ends(pred), length))


def masses(ends: Iterable[End]) -> list[int]:
    """Units per segment, from end offsets or a segmentation.

    Units between two spans are counted to the segment after them.

    Args:
        ends: End offsets of all segments of a text, its length last, or their
            ``(start, end)`` spans.

    Raises:
        ValueError: If the offsets do not rise strictly from above 0.

    Example:
        >>> masses([3, 7, 9])
        [3, 4, 2]
        >>> masses([(0, 3), (3, 7), (7, 9)])
        [3, 4, 2]
    """
    return _core.masses_of(_ends(ends))


def pk(reference: Iterable[int], hypothesis: Iterable[int], *, k: int | None = None) -> float:
    """Pk: share of windows whose ends only one side has in one segment; 0 is best.

    Beeferman, Berger & Lafferty 1999, "Statistical models for text
    segmentation", Machine Learning 34.

    Args:
        reference: Masses of the reference segments.
        hypothesis: Masses of the segments to score, in the same unit.
        k: Window size in units, less than their number. By default half the
            mean mass of the reference, rounded half to even and at least 2,
            as in segeval; other tools round differently.

    Raises:
        ValueError: If a mass is not positive, the totals differ, or ``k`` does
            not fit the text; by default a text needs three units.

    Example:
        >>> round(pk([3, 4, 2, 6, 1, 4], [3, 3, 3, 6, 2, 3]), 6)
        0.166667
    """
    return _core.pk(list(reference), list(hypothesis), k)


def window_diff(
    reference: Iterable[int],
    hypothesis: Iterable[int],
    *,
    k: int | None = None,
    lamprier: bool = False,
) -> float:
    """WindowDiff: share of windows with unequal numbers of boundaries; 0 is best.

    Pevzner & Hearst 2002, "A critique and improvement of an evaluation metric
    for text segmentation", Computational Linguistics 28(1).

    Args:
        reference: Masses of the reference segments.
        hypothesis: Masses of the segments to score, in the same unit.
        k: Window size in units, as for :func:`pk`.
        lamprier: Pad both sides by ``k`` units, so that errors near the ends of
            the text weigh as much as others (Lamprier et al. 2007), and divide
            by the number of windows plus one, as segeval does.

    Raises:
        ValueError: As :func:`pk`, with ``lamprier`` too.

    Example:
        >>> round(window_diff([3, 4, 2, 6, 1, 4], [3, 3, 3, 6, 2, 3]), 6)
        0.222222
    """
    return _core.window_diff(list(reference), list(hypothesis), k, lamprier)


def boundary_edits(
    reference: Iterable[int], hypothesis: Iterable[int], *, n_t: int = 2
) -> BoundaryEdits:
    """Boundary edit distance, as counts and near misses.

    Boundaries that one side lacks are paired with one of the other side less
    than ``n_t`` units away: closest pairs first, then left to right, as in segeval.

    Fournier 2013, "Evaluating text segmentation using boundary edit distance", ACL.

    Args:
        reference: Masses of the reference segments.
        hypothesis: Masses of the segments to score, in the same unit.
        n_t: Distance in units from which a miss is no longer a near one.

    Raises:
        ValueError: If a mass is not positive, the totals differ, or ``n_t`` is
            below 1.

    Example:
        >>> boundary_edits([2, 2, 7], [2, 3, 6])
        BoundaryEdits(matches=1, additions=0, transpositions=[(4, 5)])
    """
    return BoundaryEdits(*_core.boundary_edits(list(reference), list(hypothesis), n_t))


def boundary_similarity(
    reference: Iterable[int], hypothesis: Iterable[int], *, n_t: int = 2
) -> float:
    """B: 1 minus the mean cost of matches, misses and near misses; 1 is best.

    A match costs 0, a full miss 1, a near miss its distance divided by ``n_t``.
    Two segmentations without a boundary agree: 1. Symmetric. Fournier 2013, see
    :func:`boundary_edits`.

    Args:
        reference: Masses of the reference segments.
        hypothesis: Masses of the segments to score, in the same unit.
        n_t: As for :func:`boundary_edits`.

    Raises:
        ValueError: As :func:`boundary_edits`.

    Example:
        >>> round(boundary_similarity([3, 4, 2, 6, 1, 4], [3, 3, 3, 6, 2, 3]), 6)
        0.8
        >>> round(boundary_similarity([2, 2, 7], [2, 3, 6], n_t=3), 6)
        0.833333
    """
    return _core.boundary_similarity(list(reference), list(hypothesis), n_t)


def segmentation_similarity(
    reference: Iterable[int], hypothesis: Iterable[int], *, n_t: int = 2
) -> float:
    """S: 1 minus the cost of all edits per possible boundary; 1 is best.

    Long segments bring S close to 1 whatever the boundaries are: prefer B
    unless you compare with published values. Symmetric.

    Fournier & Inkpen 2012, "Segmentation similarity and agreement", NAACL, with
    the costs of :func:`boundary_similarity`.

    Args:
        reference: Masses of the reference segments.
        hypothesis: Masses of the segments to score, in the same unit.
        n_t: As for :func:`boundary_edits`.

    Raises:
        ValueError: As :func:`boundary_edits`.

    Example:
        >>> round(segmentation_similarity([3, 4, 2, 6, 1, 4], [3, 3, 3, 6, 2, 3]), 6)
        0.947368
    """
    return _core.segmentation_similarity(list(reference), list(hypothesis), n_t)


def _ends(ends: Iterable[End]) -> list[int]:
    return [end[1] if isinstance(end, tuple) else end for end in ends]
