"""What a model-based segmenter may be told, at construction or at a call."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypedDict

from scriptio._text import checked_int, checked_text
from scriptio.decoding import PRIOR_KEYS, DecodingPolicy

__all__ = ["Options", "Policy"]


class Options(TypedDict, total=False):
    """Options of `SaT` and `WtP`; a call may override what construction said.

    `strip_whitespace`, `prior_type`, `split_on_input_newlines` and
    `treat_newline_as_space` are the names that wtpsplit has for others.

    Attributes:
        threshold: Probability above which a boundary is one; the model's own
            unless told.
        lang: Language of the texts, for the usual length of its sentences.
        stride: Tokens from one window to the next; half a window unless told,
            so that each token is read twice.
        block_size: Tokens of a window; as many as the model can read unless told, and never more.
        batch_size: How many full windows are run at once, or as many shorter
            ones as have the same number of tokens.
        weighting: How much windows count that hold the same token:
            `uniform`, or `hat`, less towards the edges of a window; what the
            model's manifest says unless told, or `uniform`.
        min_length: Code points that a segment should have at least.
        max_length: Code points that a segment has at most.
        prior: How welcome segments are by their length: `uniform`,
            `gaussian`, `clipped_polynomial` or `lognormal`.
        prior_kwargs: Settings of the prior, such as `target_length`.
        algorithm: `viterbi` or `greedy`.
        meaning: What limits of length are for: `sentences` that are divided
            or joined only where they must, or to `pack` segments.
        newlines: What a line break means, as for `SentenceSegmenter`; models
            themselves do not see it.
        strip: Leave out white space on either side of each segment.
        remove_whitespace_before_inference: Do not show the model spaces
            (U+0020); for Chinese and Japanese that was laid out with them.
        strip_whitespace: `strip`.
        prior_type: `prior`.
        split_on_input_newlines: True is `newlines="always"`, False is
            `newlines="never"`.
        treat_newline_as_space: The contrary of it.
        outer_batch_size: Taken and not used, as `pad_last_batch` and
            `verbose` are: memory is bounded anyway, and nothing is padded
            more than it must be.
    """

    threshold: float | None
    lang: str | None
    stride: int | None
    block_size: int | None
    batch_size: int
    weighting: Literal["uniform", "hat"] | None
    min_length: int
    max_length: int | None
    prior: str
    prior_kwargs: Mapping[str, Any] | None
    algorithm: Literal["viterbi", "greedy"]
    meaning: Literal["sentences", "pack"]
    newlines: Literal["paragraph", "always", "never"]
    strip: bool
    remove_whitespace_before_inference: bool
    strip_whitespace: bool
    prior_type: str
    split_on_input_newlines: bool
    treat_newline_as_space: bool
    outer_batch_size: int
    pad_last_batch: bool
    verbose: bool


#: Names that wtpsplit has for ours.
ALIASES = {"strip_whitespace": "strip", "prior_type": "prior"}

#: wtpsplit's options that change nothing here.
UNUSED = ("outer_batch_size", "pad_last_batch", "verbose")

#: What users of wtpsplit may write, and what they should.
HINTS = {
    "do_paragraph_segmentation": "call split_paragraphs or segment_paragraphs",
    "paragraph_threshold": "it belongs to split_paragraphs and segment_paragraphs",
    "return_paragraph_probabilities": "SaT gives the same for both; call predict_proba",
    "lang_code": "it is lang here",
    "language": "it is lang here",
    "ort_providers": "it is providers here, of the constructor",
    "ort_kwargs": "it is session_options here, of the constructor",
    "tokenizer_name_or_path": "it is tokenizer here, of the constructor",
    "style_or_domain": "adapters are merged before a model is exported",
    "style": "adapters are merged before a model is exported",
    "lora_path": "adapters are merged before a model is exported",
    "hub_prefix": "nothing is ever downloaded; pass the directory of a model",
    "from_pretrained_kwargs": "nothing is ever downloaded; pass the directory of a model",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """`Options`, checked and complete."""

    threshold: float | None = None
    lang: str | None = None
    stride: int | None = None
    block_size: int | None = None
    batch_size: int = 8
    weighting: str | None = None
    min_length: int = 1
    max_length: int | None = None
    prior: str = "uniform"
    prior_kwargs: tuple[tuple[str, Any], ...] = ()
    algorithm: str = "viterbi"
    meaning: str = "sentences"
    newlines: str = "paragraph"
    strip: bool = False
    remove_whitespace_before_inference: bool = False

    def told(self, options: Mapping[str, Any]) -> "Policy":
        """This policy with `options` in place of what they name.

        Raises:
            TypeError: An option is not known, is of the wrong type, or is
                given under two names.
            ValueError: It is no usable value.
        """
        if not options:
            return self
        changes: dict[str, Any] = {}
        for name, value in options.items():
            for own, what in renamed(name, value):
                if own in changes:
                    raise TypeError(f"{own} is given twice, once under another name ({name})")
                changes[own] = what
        policy = replace(self, **{name: checked(name, value) for name, value in changes.items()})
        if policy.max_length is not None and policy.min_length > policy.max_length:
            raise ValueError(
                f"min_length is {policy.min_length}, which is greater than max_length, "
                f"{policy.max_length}"
            )
        return policy

    @property
    def limited(self) -> bool:
        """Whether lengths of segments are limited."""
        return self.max_length is not None or self.min_length > 1

    def decoding(self, **changes: Any) -> DecodingPolicy:
        """What of it concerns the decoder, with `changes`.

        Raises:
            TypeError: An option is of the wrong type.
            ValueError: An option is no usable value.
        """
        prior = dict(self.prior_kwargs)
        unknown = sorted(set(prior) - set(PRIOR_KEYS))
        if unknown:
            raise ValueError(
                f"unknown key {unknown[0]!r} in prior_kwargs; known: {', '.join(PRIOR_KEYS)}"
            )
        names = (
            "min_length",
            "max_length",
            "prior",
            "lang",
            "algorithm",
            "meaning",
            "newlines",
            "strip",
        )
        own: dict[str, Any] = {name: getattr(self, name) for name in names}
        own["lang"] = prior.pop("lang_code", None) if self.lang is None else self.lang
        prior.pop("lang_code", None)
        return DecodingPolicy(**{**own, **prior, **changes})

    def shown(self, usual: "Policy") -> list[str]:
        """What differs from the usual policy, as arguments."""
        return [
            f"{field.name}={dict(value) if field.name == 'prior_kwargs' else value!r}"
            for field in fields(self)
            if (value := getattr(self, field.name)) != getattr(usual, field.name)
        ]

    def options(self) -> dict[str, Any]:
        """The policy as options."""
        return {
            field.name: dict(value) if field.name == "prior_kwargs" else value
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }


def renamed(name: str, value: Any) -> list[tuple[str, Any]]:
    """Our name and value of an option that may be wtpsplit's."""
    if name in UNUSED:
        return []
    if name in ("split_on_input_newlines", "treat_newline_as_space"):
        if value is None:
            return []
        cut = bool(value) == (name == "split_on_input_newlines")
        return [("newlines", "always" if cut else "never")]
    own = ALIASES.get(name, name)
    if own not in Policy.__dataclass_fields__:
        hint = HINTS.get(name)
        known = ", ".join(field.name for field in fields(Policy))
        raise TypeError(f"unknown option {name!r}; {hint or f'the options are {known}'}")
    return [(own, value)]


#: Options that are one of a few words; the others' words are the decoder's to check.
WORDS = {"weighting": ("uniform", "hat"), "newlines": ("paragraph", "always", "never")}


def checked(name: str, value: Any) -> Any:
    """The value of an option, if it is usable."""
    if name in ("stride", "block_size", "max_length", "min_length", "batch_size"):
        if value is None and name not in ("min_length", "batch_size"):
            return None
        return checked_int(value, name)
    if name == "threshold":
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"threshold must be a number, not {type(value).__name__}")
        if not math.isfinite(value):
            raise ValueError(f"threshold is {value}; pass a probability, such as 0.25")
        return float(value)
    if name == "lang":
        return None if value is None else checked_text(value, name)
    if name == "prior_kwargs":
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"prior_kwargs must be a mapping, not {type(value).__name__}")
        return tuple(sorted((value or {}).items()))
    if name in ("strip", "remove_whitespace_before_inference"):
        return bool(value)
    if name == "weighting" and value is None:
        return None
    word = checked_text(value, name)
    if name in WORDS and word not in WORDS[name]:
        raise ValueError(f"{name} is {word!r}; known: {', '.join(WORDS[name])}")
    return word
