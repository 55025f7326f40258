"""How well text was cut, and how well what was cut is found again.

* :mod:`scriptio.metrics.boundaries`: how well one segmentation agrees with another.
* :mod:`scriptio.metrics.chunks`: what chunks do to the passages that answer a question, and to
  the sections of a text.
* :mod:`scriptio.metrics.retrieval`: ranked results against several relevant items.

Example:
    >>> from scriptio import metrics
    >>> metrics.boundary_f1([3, 7, 9], [3, 6, 9]).f1
    0.5
"""

from scriptio.metrics.boundaries import (
    BoundaryEdits,
    BoundaryScore,
    boundary_edits,
    boundary_f1,
    boundary_similarity,
    masses,
    pk,
    segmentation_similarity,
    window_diff,
)
from scriptio.metrics.chunks import (
    Overlap,
    Permuted,
    Share,
    excerpt_integrity,
    precision_omega,
    retrieved_overlap,
    sections_whole,
    size_matched,
    starts_crossed,
)
from scriptio.metrics.retrieval import Ranking, RankingMeans, rank_means, rank_score

__all__ = [
    "BoundaryEdits",
    "BoundaryScore",
    "Overlap",
    "Permuted",
    "Ranking",
    "RankingMeans",
    "Share",
    "boundary_edits",
    "boundary_f1",
    "boundary_similarity",
    "excerpt_integrity",
    "masses",
    "pk",
    "precision_omega",
    "rank_means",
    "rank_score",
    "retrieved_overlap",
    "sections_whole",
    "segmentation_similarity",
    "size_matched",
    "starts_crossed",
    "window_diff",
]
