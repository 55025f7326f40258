"""A model's scores together with the sentence rules, or corrected by an adapter."""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from scriptio import _core
from scriptio._scores import Scores, rising
from scriptio.adaptation import Adapter

__all__ = ["adapted", "cascaded", "fused"]


def fused(rules: _core.SentenceSegmenter, text: str, scores: Scores, threshold: float) -> Scores:
    """What rules and model say together, to compare with the model's threshold."""
    ends, logits = rising(scores)
    found = _core.fuse(rules, text, ends.data, logits.data, threshold)
    return Scores(np.asarray(found[0]), np.asarray(found[1]))


def adapted(adapter: Adapter, text: str, scores: Scores) -> Scores:
    """The scores as an adapter corrects them."""
    ends, logits = rising(scores)
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
            part = rising(scores)
            ends.append(part.ends + start)
            logits.append(part.logits.astype(np.float32, copy=False))
        merged = plan.merge(text, np.concatenate(ends).data, np.concatenate(logits).data, threshold)
        out.append(Scores(np.asarray(merged[0]), np.asarray(merged[1])))
    return out
