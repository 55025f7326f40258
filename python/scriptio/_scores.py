"""Logits at the ends of tokens, and what is done to them before and after decoding."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from scriptio.types import Segmentation, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Scores",
    "cut_at_newlines",
    "groups",
    "rising",
    "sigmoid",
    "with_spaces",
    "without_empty",
]

#: Texts are scored in groups of about this many code points: enough to fill batches, and little
#: beside the model.
GROUP = 1 << 18


class Scores(NamedTuple):
    """What a model says of one text.

    Attributes:
        ends: Where each token ends, in code points, int64.
        logits: The logit of a boundary there, float32; with all labels a row
            for each token.
    """

    ends: "NDArray[np.int64]"
    logits: "NDArray[np.float32]"


def groups(texts: list[str], most: int | None = None) -> Iterator[slice]:
    """Neighbouring texts of at most `most` code points in all, or one that is longer.

    `most` is `GROUP` unless told.
    """
    most = GROUP if most is None else most
    start, size = 0, 0
    for index, text in enumerate(texts):
        if start < index and size + len(text) > most:
            yield slice(start, index)
            start, size = index, 0
        size += len(text)
    if texts:
        yield slice(start, len(texts))


def with_spaces(text: str, scores: Scores) -> Scores:
    """The scores of a text that was scored without its spaces."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    kept = np.flatnonzero(codes != ord(" "))
    return Scores(kept[scores.ends - 1] + 1, scores.logits)


def sigmoid(logits: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Probabilities of logits."""
    import numpy as np

    one = np.float32(1)
    with np.errstate(over="ignore"):
        return one / (one + np.exp(-logits.astype(np.float32, copy=False)))


def rising(scores: Scores) -> Scores:
    """The scores with rising ends: of tokens with the same end the last counts."""
    import numpy as np

    ends, logits = scores
    if len(ends) < 2 or (ends[1:] > ends[:-1]).all():
        return scores
    order = np.argsort(ends, kind="stable")
    ends, logits = ends[order], logits[order]
    last = np.append(ends[1:] != ends[:-1], True)
    return Scores(ends[last], logits[last])


def with_probabilities(out: Segmentation) -> Iterator[tuple[Span, float]]:
    """Every span with its probability, from a decoder that gives them."""
    found = [] if out.probabilities is None else out.probabilities.tolist()
    return zip(out, found, strict=True)


def without_empty(out: Segmentation) -> Segmentation:
    """The segments that hold something."""
    kept = [(span, found) for span, found in with_probabilities(out) if span.end > span.start]
    return Segmentation(out.text, [span for span, _ in kept], [found for _, found in kept])


def cut_at_newlines(out: Segmentation) -> Segmentation:
    """Segments cut at newlines as wtpsplit does, which leaves the newlines out.

    Of each segment but the last one newline at its end is dropped, then it is
    cut at every newline; empty segments stay.
    """
    text, spans, probabilities = out.text, [], []
    for index, ((start, end), probability) in enumerate(with_probabilities(out)):
        if index < len(out) - 1 and text[start:end].endswith("\n"):
            end -= 1
        while (at := text.find("\n", start, end)) >= 0:
            spans.append((start, at))
            probabilities.append(1.0)
            start = at + 1
        spans.append((start, end))
        probabilities.append(probability)
    return Segmentation(text, spans, probabilities)
