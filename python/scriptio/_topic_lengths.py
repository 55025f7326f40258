"""Segments of topics within limits of length, by the decoder of sentences."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from scriptio._text import checked_int
from scriptio.decoding import DecodingPolicy
from scriptio.sentence import SentenceSegmenter
from scriptio.types import Segmentation

__all__ = ["Lengths", "lengths_of"]

#: What the least probable place between units counts as: were it less, segments of a wished length
#: would be much longer where a scorer, or a method that only says yes or no, finds few boundaries.
#: A place inside of a unit has 0, so that one between units is taken before it.
LEAST = 0.02

#: The share of `target_length` that lengths are usually off it.
SPREAD = 0.25


class Lengths(NamedTuple):
    """Limits of length.

    Attributes:
        policy: What the decoder does.
        sentences: Finds where a unit that is too long may be cut.
    """

    policy: DecodingPolicy
    sentences: SentenceSegmenter

    def segment(
        self, text: str, ends: Sequence[int], cuts: Sequence[int], found: Sequence[float] | None
    ) -> Segmentation:
        """The segments of a text within the limits.

        Args:
            text: The text.
            ends: Where its units end.
            cuts: The numbers of the units before which it would be cut without limits.
            found: How probable a boundary is behind each unit but the last;
                as it was cut, if None.
        """
        chosen = frozenset(cuts)
        places: list[int] = []
        weights: list[float] = []
        known: dict[int, float] = {}
        for i, (start, end) in enumerate(pairwise([0, *ends]), 1):
            for place in self._inside(text, start, end):
                places.append(place)
                weights.append(0.0)
            if i == len(ends):
                break
            own = float(i in chosen) if found is None else found[i - 1]
            known[end] = own
            places.append(end)
            # A chosen place is beyond the threshold of one half, however it was chosen.
            weights.append(0.75 + own / 4 if i in chosen else max(own / 2, LEAST))
        spans = self.policy.decode(text, places, weights).spans
        inner = [known.get(end, 0.0) for end in spans.ends()[:-1]]
        return Segmentation(text, spans, [*inner, *([1.0] if spans else [])])

    def _inside(self, text: str, start: int, end: int) -> list[int]:
        """Where a unit that is too long may be cut."""
        most = self.policy.max_length
        if most is None or end - start <= most:
            return []
        return [start + place for place in self.sentences.segment(text[start:end]).ends()[:-1]]


def lengths_of(
    min_length: int | None,
    max_length: int | None,
    target_length: int | None,
    sentences: SentenceSegmenter,
) -> Lengths | None:
    """Limits of length, if any is told.

    Raises:
        TypeError: One is no integer.
        ValueError: One is smaller than 1, or the least greater than the greatest.
    """
    if min_length is None and max_length is None and target_length is None:
        return None
    if target_length is not None:
        checked_int(target_length, "target_length")
    policy = DecodingPolicy(
        min_length=1 if min_length is None else min_length,
        max_length=max_length,
        prior="uniform" if target_length is None else "gaussian",
        target_length=target_length,
        spread=None if target_length is None else target_length * SPREAD,
        meaning="sentences" if target_length is None else "pack",
        newlines="never",
    )
    return Lengths(policy, sentences)
