"""What `SaT` and `WtP` have in common: texts in groups, scores, decoding.

Scoring and decoding are two steps: `_scores` gives logits at the ends of
tokens, `_decoded` makes segments of them.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self, Unpack

from scriptio import models
from scriptio._pipe import Piping
from scriptio._policy import Options, Policy
from scriptio._scores import (
    Scores,
    cut_at_newlines,
    groups,
    rising,
    sigmoid,
    with_spaces,
    without_empty,
)
from scriptio._text import checked_int, checked_text, checked_texts, thread_count
from scriptio.decoding import DecodingPolicy
from scriptio.models import ModelDirectory
from scriptio.onnx import OnnxScorer, Reading
from scriptio.sat_stream import SaTStream
from scriptio.types import Segmentation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scriptio.adaptation import Adapter
    from scriptio.sentence import SentenceSegmenter

__all__ = ["NeuralSegmenter"]


#: Code points of the texts whose regions a cascade shows the model at once.
CASCADE_GROUP = 1 << 21

#: wtpsplit's strides of `split` and of `predict_proba`.
COMPAT_STRIDES = {"split": 64, "predict_proba": 256}


class Decoding(NamedTuple):
    """How scores become segments.

    Attributes:
        policy: The decoder's.
        cut_newlines: Whether newlines are then cut out, as wtpsplit does.
    """

    policy: DecodingPolicy
    cut_newlines: bool = False


class NeuralSegmenter(Piping[Segmentation]):
    """Cuts texts where a model finds boundaries. The base of `SaT` and `WtP`."""

    __slots__ = (
        "__weakref__",
        "_adapter",
        "_arguments",
        "_base_threshold",
        "_cascade",
        "_compat",
        "_directory",
        "_policy",
        "_rules",
        "_scorer",
        "_threshold",
    )

    #: Tokens of the longest window, where the model's files do not tell.
    _usual_block: int

    def __init__(
        self,
        model: str | os.PathLike[str] | None,
        arguments: dict[str, Any],
        options: Mapping[str, Any],
    ) -> None:
        self._compat = bool(arguments["compat"])
        self._policy = Policy(newlines="always" if self._compat else "paragraph").told(options)
        if self._compat and self._policy.newlines == "paragraph":
            raise ValueError(
                "newlines is 'paragraph', which wtpsplit does not have; with compat it is 'always' "
                "or 'never'"
            )
        self._directory = models.find(model)
        self._scorer = OnnxScorer(
            self._directory.onnx,
            providers=arguments["providers"],
            num_threads=arguments["num_threads"],
            session_options=arguments["session_options"],
            labels=self._directory.integer("labels", config="num_labels"),
            size=self._directory.size(self._directory.onnx),
        )
        self._rules: SentenceSegmenter | None = arguments.get("rules")
        self._cascade: bool = arguments.get("cascade", False)
        self._adapter: Adapter | None = arguments.get("adapter")
        self._base_threshold = self._directory.threshold(
            self._policy.threshold if self._adapter is None else self._adapter.base_threshold
        )
        self._threshold = self._base_threshold if self._adapter is None else self._adapter.threshold
        if self._policy.threshold is not None:
            self._threshold = self._policy.threshold
        self._arguments = {"model": None if model is None else os.fspath(model), **arguments}
        # Whatever an option is worth is told now, not with the first text.
        self._reading(self._policy, "split")
        self._decoding(self._policy)

    @property
    def threshold(self) -> float:
        """The probability above which a boundary is one."""
        return self._threshold

    @property
    def model(self) -> ModelDirectory:
        """The model's directory and what its files say."""
        return self._directory

    def load(self) -> Self:
        """Open the model now rather than with the first text.

        Raises:
            MissingDependencyError: numpy or onnxruntime is not installed.
            ModelError: The model is damaged or of another kind.
        """
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NeuralSegmenter):
            return NotImplemented
        mine, yours = (self._arguments, self._policy), (other._arguments, other._policy)
        return type(self) is type(other) and mine == yours

    def __hash__(self) -> int:
        return hash((type(self), self._directory.path, self._policy))

    def __repr__(self) -> str:
        model, *rest = self._arguments.items()
        shown = [] if model[1] is None else [repr(model[1])]
        shown += [f"{name}={value!r}" for name, value in rest if value not in (None, False)]
        usual = Policy(newlines="always" if self._compat else "paragraph")
        shown += self._policy.shown(usual)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), {**self._arguments, **self._policy.options()})

    def _score_group(
        self,
        texts: list[str],
        reading: Reading,
        threads: int,
        all_labels: bool,
        first_text: int,
    ) -> list[Scores]:
        """The scores of texts that are read together."""
        raise NotImplementedError

    def _reading(self, policy: Policy, purpose: str) -> Reading:
        """How the model reads texts under a policy."""
        most = self._directory.integer("block") or self._usual_block
        block = min(policy.block_size or most, most)
        stride = policy.stride
        if stride is None and self._compat:
            stride = min(COMPAT_STRIDES[purpose], block)
        if stride is None and block == most:
            stride = self._directory.integer("stride")
        stride = stride or max(block // 2, 1)
        if stride > block:
            raise ValueError(
                f"stride is {stride} for windows of {block} tokens, which would leave tokens "
                f"unread; pass 1 to {block}"
            )
        return Reading(
            block=block,
            stride=stride,
            batch_size=policy.batch_size,
            weighting=policy.weighting or self._directory.word("weighting", ("uniform", "hat")),
            prefix=self._directory.ids("prefix", (0,)),
            suffix=self._directory.ids("suffix", (2,)),
            pad=self._directory.id("pad", 0),
            alone=self._directory.flag("alone"),
        )

    def _scores(
        self,
        texts: list[str],
        policy: Policy,
        *,
        num_threads: int | None = None,
        all_labels: bool = False,
        purpose: str = "split",
    ) -> Iterator[Scores]:
        """The scores of every text, a group of texts at a time."""
        self.load()
        reading, threads = self._reading(policy, purpose), thread_count(num_threads)
        spaceless = policy.remove_whitespace_before_inference
        for first in groups(texts):
            group = texts[first]
            shown = [text.replace(" ", "") for text in group] if spaceless else group
            found = self._score_group(shown, reading, threads, all_labels, first.start)
            for text, scores in zip(group, found, strict=True):
                yield with_spaces(text, scores) if spaceless else scores

    def _judged(
        self, texts: list[str], policy: Policy, *, num_threads: int | None = None
    ) -> Iterator[Scores]:
        """The scores that are decoded: the model's, with rules or an adapter if there are any."""
        if self._rules is not None and self._cascade:
            yield from self._cascaded(texts, policy, num_threads)
            return
        found = self._scores(texts, policy, num_threads=num_threads)
        for text, scores in zip(texts, found, strict=True):
            yield self._corrected(text, scores)

    def _corrected(self, text: str, scores: Scores) -> Scores:
        if self._adapter is not None:
            from scriptio._fusion import adapted

            return adapted(self._adapter, text, scores)
        if self._rules is not None:
            from scriptio._fusion import fused

            return fused(self._rules.core, text, scores, self._base_threshold)
        return scores

    def _cascaded(
        self, texts: list[str], policy: Policy, num_threads: int | None
    ) -> Iterator[Scores]:
        from scriptio._fusion import cascaded

        assert self._rules is not None
        for first in groups(texts, CASCADE_GROUP):
            yield from cascaded(
                self._rules.core,
                texts[first],
                lambda shown: self._scores(shown, policy, num_threads=num_threads),
                self._base_threshold,
            )

    def _decoding(self, policy: Policy) -> Decoding:
        """How scores become segments under a policy."""
        threshold = self._threshold if policy.threshold is None else policy.threshold
        if not self._compat:
            return Decoding(policy.decoding(threshold=threshold))
        # As wtpsplit does: limits of length take the place of the threshold and of newlines, and
        # pack; otherwise newlines are cut out after decoding.
        meaning = "pack" if policy.limited else "sentences"
        decoding = policy.decoding(threshold=threshold, newlines="never", meaning=meaning)
        return Decoding(decoding, policy.newlines == "always" and not policy.limited)

    def _decoded(self, text: str, scores: Scores, decoding: Decoding) -> Segmentation:
        """The segments of a text whose scores are known."""
        ends, logits = rising(scores)
        out = decoding.policy.decode(text, ends, sigmoid(logits))
        if self._compat and decoding.policy.strip:
            out = without_empty(out)
        return cut_at_newlines(out) if decoding.cut_newlines else out

    def segment(self, text: str, **options: Unpack[Options]) -> Segmentation:
        """The segments of one text, as spans with probabilities.

        Args:
            text: The text.
            options: `Options` in place of those given at construction.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `text` is not a string, or an option is not known.
            ValueError: An option is no usable value.
        """
        return self.segment_batch([checked_text(text)], **options)[0]

    def split(self, text: str, **options: Unpack[Options]) -> list[str]:
        """`segment`, as strings."""
        return self.segment(text, **options).texts()

    def segment_batch(
        self,
        texts: Iterable[str],
        *,
        num_threads: int | None = None,
        **options: Unpack[Options],
    ) -> list[Segmentation]:
        """The segments of every text, in the order of the texts.

        Texts of all lengths are sorted into batches for the model, so this
        is much faster than one call for each of many short texts.

        Args:
            texts: The texts, all at hand; see `pipe` for a stream of them.
            num_threads: How many threads tokenize; the threads of the model
                are set at construction.
            options: `Options` in place of those given at construction.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `texts` is a single string, an item is not a string, or
                an option is not known.
            ValueError: An option is no usable value.
        """
        items, policy = checked_texts(texts), self._policy.told(options)
        decoding = self._decoding(policy)
        scores = self._judged(items, policy, num_threads=num_threads)
        return [
            self._decoded(text, found, decoding) for text, found in zip(items, scores, strict=True)
        ]

    def split_batch(
        self,
        texts: Iterable[str],
        *,
        num_threads: int | None = None,
        **options: Unpack[Options],
    ) -> list[list[str]]:
        """`segment_batch`, as strings."""
        return [
            out.texts() for out in self.segment_batch(texts, num_threads=num_threads, **options)
        ]

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[Segmentation]:
        return self.segment_batch(texts, num_threads=num_threads)

    def segment_paragraphs(
        self, text: str, *, paragraph_threshold: float = 0.5, **options: Unpack[Options]
    ) -> list[Segmentation]:
        """The paragraphs of one text, each as its segments.

        A paragraph ends where the probability of a boundary is greater than
        `paragraph_threshold` and, unless `newlines` is `never`, at a blank
        line; limits of length concern the segments in it. Spans are those of
        the whole text.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `text` is not a string, or an option is not known.
            ValueError: An option is no usable value.
        """
        text, policy = checked_text(text), self._policy.told(options)
        if self._compat:
            policy = policy.told({"newlines": "never"})
        paragraphs = Policy().decoding(
            threshold=paragraph_threshold,
            newlines="never" if policy.newlines == "never" else "paragraph",
        )
        decoding = self._decoding(policy)
        (scores,) = self._judged([text], policy)
        out = []
        for start, end in self._decoded(text, scores, Decoding(paragraphs)):
            first, last = scores.ends.searchsorted([start, end], side="right")
            part = Scores(scores.ends[first:last] - start, scores.logits[first:last])
            inner = self._decoded(text[start:end], part, decoding)
            spans = [(start + s, start + e) for s, e in inner]
            out.append(Segmentation(text, spans, inner.probabilities))
        return out

    def split_paragraphs(
        self, text: str, *, paragraph_threshold: float = 0.5, **options: Unpack[Options]
    ) -> list[list[str]]:
        """`segment_paragraphs`, as strings."""
        found = self.segment_paragraphs(text, paragraph_threshold=paragraph_threshold, **options)
        return [paragraph.texts() for paragraph in found]

    def predict_proba(self, text: str, **options: Unpack[Options]) -> "NDArray[np.float32]":
        """The probability of a boundary behind every code point of a text.

        That of a token is on its last code point, all others have 0, white
        space between words included. With `compat` a text of white space
        alone gives one 0, whatever its length.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `text` is not a string, or an option is not known.
            ValueError: An option is no usable value.
        """
        return self.predict_proba_batch([checked_text(text)], **options)[0]

    def predict_proba_batch(
        self, texts: Iterable[str], **options: Unpack[Options]
    ) -> "list[NDArray[np.float32]]":
        """`predict_proba` of every text, in the order of the texts."""
        import numpy as np

        items, policy = checked_texts(texts), self._policy.told(options)
        out = []
        found = self._scores(items, policy, purpose="predict_proba")
        for text, (ends, logits) in zip(items, found, strict=True):
            blank = self._compat and (not text or text.isspace())
            probabilities = np.zeros(1 if blank else len(text), np.float32)
            # Of tokens that end on the same character the last one counts.
            probabilities[ends - 1] = sigmoid(logits)
            out.append(probabilities)
        return out

    def token_logits(self, text: str, **options: Unpack[Options]) -> Scores:
        """Where the tokens of a text end, and the logit of a boundary there.

        Ends rise: of tokens that end on the same code point the last counts.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `text` is not a string, or an option is not known.
            ValueError: An option is no usable value.
        """
        return self.token_logits_batch([checked_text(text)], **options)[0]

    def token_logits_batch(
        self, texts: Iterable[str], *, all_labels: bool = False, **options: Unpack[Options]
    ) -> list[Scores]:
        """`token_logits` of every text; with `all_labels` a row of logits for each token."""
        items, policy = checked_texts(texts), self._policy.told(options)
        return list(map(rising, self._scores(items, policy, all_labels=all_labels)))

    def stream(
        self, *, look_ahead: int = 128, step: int = 2048, **options: Unpack[Options]
    ) -> SaTStream:
        """A stream that takes one text piece by piece, in bounded memory.

        Args:
            look_ahead: How many tokens after a token the model sees before
                its score counts.
            step: How many code points are read at once. Segments come the
                sooner the smaller it is, and the model reads the more of the
                text again.
            options: `Options` in place of those given at construction.

        Raises:
            TypeError: An option is not known or of the wrong type.
            ValueError: An option is no usable value, or the segmenter was
                made with `compat`.
        """
        if self._compat:
            raise ValueError("compat has no streams; make another SaT, with newlines='always'")
        told = self._policy.told(options)
        policy = told.told({"strip": False})
        decoding = self._decoding(policy)

        def worth(new: str, logits: "NDArray[np.float32]") -> bool:
            found = policy.limited or policy.meaning == "pack" or len(new.splitlines()) > 1
            return found or bool((sigmoid(logits) > decoding.policy.threshold).any())

        return SaTStream(
            lambda text: next(self._judged([text], policy)),
            lambda text, ends, logits: self._decoded(text, Scores(ends, logits), decoding),
            look_ahead=checked_int(look_ahead, "look_ahead"),
            step=checked_int(step, "step"),
            margin=4 * (policy.max_length or 0),
            strip=told.strip,
            worth=worth,
        )


def _rebuilt(cls: type[NeuralSegmenter], arguments: dict[str, Any]) -> NeuralSegmenter:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    made: NeuralSegmenter = cls(**arguments)
    return made
