"""`PerplexityScorer`: topics end where a language model is least surprised."""

import math
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from scriptio._byte_model import as_bytes
from scriptio._text import checked_int, checked_texts
from scriptio.bytelm import BATCH_NUMBERS, ByteLM
from scriptio.bytevocab import ByteVocab
from scriptio.errors import ModelError
from scriptio.language_model import Context, LanguageModel, checked_ids

__all__ = ["PerplexityScorer"]

#: The least context that leaves room for a character whose bytes a window must not part.
LEAST_CONTEXT = 8


class PerplexityScorer:
    """Cuts behind units that a language model predicts better than their neighbours.

    A scorer for `TopicSegmenter`: the perplexity chunking of Meta-Chunking
    (Zhao et al. 2024, arXiv 2410.12788). Every unit has a value, the mean
    over its tokens of the negative logarithm of their probabilities given the
    text before. A unit whose value is less than those of both neighbours, by
    `theta` for one of them at least, ends a segment; of two equal ones the
    first does. The first unit, which has no neighbour before it, ends none.

    What is scored is the text as a whole, not unit by unit, and a token
    counts for the unit that holds its end. Each token has `context` tokens
    before it at most, and half as many at least unless the text begins
    later: the model reads each token twice, so that the time is linear in
    the text. The first token has nothing before it, and is not scored. A
    value depends on nothing behind its unit.

    Args:
        model: A language model over tokens, such as `OnnxLM` or `CallbackLM`,
            or a `ByteLM`, whose values are means over bytes.
        vocab: The tokenizer of a model over tokens; none for a `ByteLM`,
            which has its own.
        theta: How much less a value must be, in natural logarithms.
        context: How many tokens (or bytes) before a token the model sees at
            most, 8 or more; less if it cannot read as many.

    Raises:
        TypeError: An argument is of the wrong type, or `vocab` is missing or
            one too many.
        ValueError: An argument is no usable value.

    Examples:
        >>> import numpy as np
        >>> from scriptio import ByteVocab, CallbackLM, TopicSegmenter
        >>> from scriptio.topics import PerplexityScorer
        >>> vocab = ByteVocab.from_bytes(
        ...     b'{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, ".": 2}, "merges": []}}')
        >>> model = CallbackLM(lambda rows: np.log([[0.7, 0.1, 0.2]] * len(rows)), 3)
        >>> scorer = PerplexityScorer(model, vocab)
        >>> [round(value, 2) for value in scorer.perplexities(["ab.", "aa.", "bb.", "ba."])]
        [1.96, 0.77, 2.07, 1.42]
        >>> [p > 0.5 for p in scorer.score(["ab.", "aa.", "bb."], ["aa.", "bb.", "ba."])]
        [False, True, False]
    """

    __slots__ = ("__weakref__", "_context", "_model", "_theta", "_vocab")

    def __init__(
        self,
        model: LanguageModel | ByteLM,
        vocab: ByteVocab | None = None,
        *,
        theta: float = 0.0,
        context: int = 256,
    ) -> None:
        if isinstance(model, ByteLM):
            if vocab is not None:
                raise TypeError("a ByteLM has its own vocabulary; leave out vocab")
            limit = model.model.max_context
            # A window may begin a few bytes early, and the tokenizer may write a space before it.
            limit = None if limit is None else limit - LEAST_CONTEXT
        elif isinstance(model, LanguageModel):
            if not isinstance(vocab, ByteVocab):
                raise TypeError(
                    f"vocab must be the ByteVocab of the model, not {type(vocab).__name__}"
                )
            limit = model.max_context
        else:
            raise TypeError(
                f"model must be a language model or a ByteLM, not {type(model).__name__}; a "
                "function makes one with CallbackLM, an ONNX file with OnnxLM"
            )
        if isinstance(theta, bool) or not isinstance(theta, (int, float)):
            raise TypeError(f"theta must be a number, not {type(theta).__name__}")
        if not 0 <= theta < sys.float_info.max:
            raise ValueError(f"theta is {theta}; pass a number from 0 on, such as 0.5")
        checked_int(context, "context", LEAST_CONTEXT)
        if limit is not None and limit < LEAST_CONTEXT:
            raise ValueError(
                f"the model reads {limit} tokens at most; {LEAST_CONTEXT} are needed to tell how "
                "probable a text is"
            )
        self._model = model
        self._vocab = vocab
        self._theta = float(theta)
        self._context = context if limit is None else min(context, limit)

    @property
    def theta(self) -> float:
        """How much less than a neighbour's a value must be."""
        return self._theta

    @property
    def context(self) -> int:
        """How many tokens before a token the model sees at most."""
        return self._context

    def __repr__(self) -> str:
        return f"<PerplexityScorer of {self._model!r}, theta {self._theta:g}>"

    def perplexities(self, units: Sequence[str]) -> list[float]:
        """The value of each unit of a text: mean negative log probability, in nats.

        It is the logarithm of what is usually called perplexity, as in the
        code of Meta-Chunking. A unit of which nothing is scored has the value
        of the one before it.

        Args:
            units: Neighbours that together are the text.

        Raises:
            ModelError: The model gives what is no law, or a text no
                probability.
            TypeError: `units` holds something else than strings.
            ValueError: The tokenizer and the model do not belong together.
        """
        texts = checked_texts(units, "units")
        if isinstance(self._model, ByteLM):
            sums, counts = self._of_bytes(texts, self._model)
        else:
            sums, counts = self._of_tokens(texts, self._model)
        values: list[float] = []
        for number, (total, count) in enumerate(zip(sums, counts, strict=True)):
            if not math.isfinite(total):
                raise ModelError(
                    f"{self._model!r} gives unit {number} of {len(texts)} the probability 0; only "
                    "texts that the model thinks possible have a perplexity"
                )
            values.append(total / count if count else math.nan)
        return _filled(values)

    def score(self, left: Sequence[str], right: Sequence[str]) -> list[float]:
        """For every place the logistic function of how much a value is beyond `theta`.

        Above one half where the unit on the left ends a segment, 0 where its
        value is no minimum.

        Args:
            left: All units of a text but the last.
            right: All but the first.

        Raises:
            ModelError: As `perplexities`.
            TypeError: As `perplexities`.
            ValueError: As `perplexities`, or the pairs are no neighbours of
                one text.
        """
        lefts, rights = checked_texts(left, "left"), checked_texts(right, "right")
        if not lefts and not rights:
            return []
        if len(lefts) != len(rights) or lefts[1:] != rights[:-1]:
            raise ValueError(
                "left and right are no neighbours of one text; perplexity needs all units in order,"
                " so right must be left without its first unit and with one more"
            )
        values = self.perplexities([*lefts, rights[-1]])
        return [0.0, *(self._probability(*values[i - 1 : i + 2]) for i in range(1, len(lefts)))]

    def _probability(self, before: float, value: float, after: float) -> float:
        fall, rise = before - value, after - value
        if fall <= 0 or rise < 0:
            return 0.0
        depth = max(fall, rise)
        if depth < self._theta:
            return 1 / (1 + math.exp(min(self._theta - depth, 700.0)))
        # Exactly theta is enough, and must be above one half.
        return max(1 / (1 + math.exp(self._theta - depth)), math.nextafter(0.5, 1))

    def _windows(self, length: int, first: int) -> Iterator[tuple[int, int, int]]:
        """Where a window begins, and from where to where it is scored.

        Args:
            length: Tokens or bytes of the text.
            first: The first one that is scored.
        """
        stride = (self._context + 1) // 2
        start, scored = 0, first
        while scored < length:
            end = min(start + self._context + 1, length)
            yield start, scored, end
            start, scored = start + stride, end

    def _of_tokens(self, units: list[str], model: LanguageModel) -> tuple[list[float], list[int]]:
        """Sums of the losses of each unit's tokens, and how many there are."""
        import numpy as np

        assert self._vocab is not None, "checked when it was made"
        encoding = self._vocab.encode_with_offsets("".join(units))
        ids = checked_ids(encoding.ids.tolist(), model.vocab_size, "the ids of the text")
        bounds = np.cumsum([len(unit) for unit in units])
        owners = np.searchsorted(bounds, np.asarray(encoding.ends), side="left")
        losses = np.zeros(len(ids))
        most = max(1, BATCH_NUMBERS // model.vocab_size)
        for start, scored, end in self._windows(len(ids), 1):
            node, contexts = Context(), []
            for at in range(start, end - 1):
                node = node.child(ids[at])
                if at + 1 >= scored:
                    contexts.append(node)
            for first in range(0, len(contexts), most):
                some = contexts[first : first + most]
                targets = ids[scored + first : scored + first + len(some)]
                rows = np.asarray(model.next_logprobs(some))
                found = rows[np.arange(len(some)), targets]
                losses[scored + first : scored + first + len(some)] = -found
        scores = np.arange(len(ids)) > 0
        sums = np.bincount(owners[scores], weights=losses[scores], minlength=len(units))
        return sums.tolist(), np.bincount(owners[scores], minlength=len(units)).tolist()

    def _of_bytes(self, units: list[str], model: ByteLM) -> tuple[list[float], list[int]]:
        """Sums of the losses of each unit's bytes, and how many there are."""
        parts = [as_bytes(unit, f"units[{at}]") for at, unit in enumerate(units)]
        data = b"".join(parts)
        counts = [len(part) for part in parts]
        bounds = list(accumulate(counts))
        sums = [0.0] * len(units)
        for start, scored, end in self._windows(len(data), 0):
            while data[start] & 0xC0 == 0x80:
                start -= 1
            state = model.start(data[start:scored])
            before = state.logprob
            at = scored
            while at < end:
                unit = bisect_right(bounds, at)
                stop = min(bounds[unit], end)
                after = state.push(data[at:stop]).logprob
                if not math.isfinite(after):
                    sums[unit] = math.inf
                    return sums, counts
                sums[unit] += before - after
                at, before = stop, after
        return sums, counts


def _filled(values: list[float]) -> list[float]:
    """Values where there are none: that of the one before, or behind at the beginning."""
    last = next((value for value in values if not math.isnan(value)), 0.0)
    found = []
    for value in values:
        last = last if math.isnan(value) else value
        found.append(last)
    return found
