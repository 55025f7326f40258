"""A model's scores together with the sentence rules, or corrected by an adapter."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from scriptio import _core
from scriptio._scores import Scores, last_of_each
from scriptio.adaptation import Adapter

if TYPE_CHECKING:
    from scriptio.sat import SaT

__all__ = ["RisingScorer", "adapted", "cascaded", "fused"]


class RisingScorer:
    """A segmenter's scores with one end for each place, as adapters want them."""

    def __init__(self, segmenter: "SaT") -> None:
        self._segmenter = segmenter

    def token_logits(self, text: str) -> tuple[memoryview, memoryview]:
        """See `scriptio.adaptation.TokenScorer`."""
        ends, logits = _rising(self._segmenter.token_logits(text))
        return ends.data, logits.data


def _rising(scores: Scores) -> Scores:
    ends, logits = scores
    if len(ends) > 1 and not (ends[1:] > ends[:-1]).all():
        return Scores(*last_of_each(ends, logits))
    return scores


def fused(rules: _core.SentenceSegmenter, text: str, scores: Scores, threshold: float) -> Scores:
    """What rules and model say together, to compare with the model's threshold."""
    ends, logits = _rising(scores)
    found = _core.fuse(rules, text, ends.data, logits.data, threshold)
    return Scores(np.asarray(found[0]), np.asarray(found[1]))


def adapted(adapter: Adapter, text: str, scores: Scores) -> Scores:
    """The scores as an adapter corrects them."""
    ends, logits = _rising(scores)
    return Scores(ends, np.asarray(adapter.logits(text, ends.data, logits.data), np.float32))


def cascaded(
    rules: _core.SentenceSegmenter,
    texts: list[str],
    score: Callable[[list[str]], Iterator[Scores]],
    threshold: float,
) -> list[Scores]:
    """What rules say of texts, and the model where they are unsure.

    All regions of all texts are scored together.
    """
    plans = [_core.Cascade(rules, text) for text in texts]
    regions = [plan.regions() for plan in plans]
    shown = [
        text[start:end] for text, spans in zip(texts, regions, strict=True) for start, end in spans
    ]
    answers = score(shown)
    out = []
    for text, plan, spans in zip(texts, plans, regions, strict=True):
        ends, logits = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for (start, _), scores in zip(spans, islice(answers, len(spans)), strict=True):
            part = _rising(scores)
            ends.append(part.ends + start)
            logits.append(part.logits.astype(np.float32, copy=False))
        merged = plan.merge(text, np.concatenate(ends).data, np.concatenate(logits).data, threshold)
        out.append(Scores(np.asarray(merged[0]), np.asarray(merged[1])))
    return out
