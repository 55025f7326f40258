"""Decoders: from a model's scores at candidates to exact segments."""

from __future__ import annotations

from array import array
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from scriptio import _core
from scriptio._text import checked_int, checked_text
from scriptio.types import Segmentation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer

    Numbers: TypeAlias = Buffer | Iterable[float]

__all__ = ["DecodingPolicy", "decode"]

#: What `prior_kwargs` may hold.
PRIOR_KEYS = ("target_length", "spread", "lang_code")


class DecodingPolicy:
    """How scores become segments: checked once, used for many texts.

    It cannot be changed, may be used by several threads at once, and can be
    pickled; two of the same arguments are equal. Each is an attribute, too.

    Without limits of length a segment ends at every candidate whose
    probability is greater than `threshold`, and where `newlines` says so.

    With them, lengths count code points of whole segments, white space
    included, before any stripping. `max_length` is never exceeded: where no
    candidate is near enough, a segment ends behind white space, else between
    two graphemes, else anywhere. `min_length` gives way to it, and is kept
    wherever it is at most half of it, rounded up, and the text long enough.
    A boundary that `newlines` forces gives way to `min_length` alone.

    Args:
        threshold: A candidate is a boundary if its probability, as a 32-bit
            number, is greater.
        min_length: The least length of a segment.
        max_length: The greatest length of a segment; None for none.
        prior: How welcome a segment is by its length: `uniform` (all alike),
            `gaussian`, `clipped_polynomial` or `lognormal`, which have their
            peak at `target_length`.
        target_length: The typical length; by default that of sentences of
            `lang`, or 70.
        spread: How far lengths are usually off it; by default that of
            sentences of `lang`, or 25.
        lang: Code of the language for these two. One that no numbers are
            known of is as good as none.
        algorithm: `viterbi` finds the best of all segmentations, `greedy` the
            best next segment each time.
        meaning: `sentences`: as few changes to the sentences as the limits
            allow; what is too long is divided where that is most probable,
            what is too short joins a neighbour. `pack`: the largest sum of
            log prior over the segments and log probability over the cuts,
            whatever the threshold; with the uniform prior that is as few
            cuts as `max_length` allows. This is what wtpsplit does.
        newlines: What a line break means. `paragraph`: a blank line ends a
            segment. `always`: every line break does. `never`: a line break
            is white space like any other.
        strip: Leave out white space on either side of each segment.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value, or `min_length` is
            greater than `max_length`.

    Examples:
        >>> policy = DecodingPolicy(max_length=12)
        >>> policy.decode("It rained. We left.", [2, 10, 13, 19], [0, 0.9, 0, 0.9]).texts()
        ['It rained. ', 'We left.']
    """

    threshold: float
    min_length: int
    max_length: int | None
    prior: str
    target_length: float | None
    spread: float | None
    lang: str | None
    algorithm: str
    meaning: str
    newlines: str
    strip: bool

    # Not a dataclass, which would double the time that the package takes to import.
    __slots__ = ("__weakref__", *__annotations__)

    def __init__(
        self,
        *,
        threshold: float = 0.5,
        min_length: int = 1,
        max_length: int | None = None,
        prior: Literal["uniform", "gaussian", "clipped_polynomial", "lognormal"] = "uniform",
        target_length: float | None = None,
        spread: float | None = None,
        lang: str | None = None,
        algorithm: Literal["viterbi", "greedy"] = "viterbi",
        meaning: Literal["sentences", "pack"] = "sentences",
        newlines: Literal["paragraph", "always", "never"] = "paragraph",
        strip: bool = False,
    ) -> None:
        put = partial(object.__setattr__, self)
        put("threshold", _checked_number(threshold, "threshold"))
        put("min_length", checked_int(min_length, "min_length"))
        put("max_length", None if max_length is None else checked_int(max_length, "max_length"))
        put("prior", checked_text(prior, "prior"))
        for name, value in [("target_length", target_length), ("spread", spread)]:
            put(name, None if value is None else _checked_number(value, name))
        put("lang", None if lang is None else checked_text(lang, "lang"))
        put("algorithm", checked_text(algorithm, "algorithm"))
        put("meaning", checked_text(meaning, "meaning"))
        put("newlines", checked_text(newlines, "newlines"))
        put("strip", bool(strip))
        # The core knows what goes together; the empty text costs nothing.
        _core.decode("", array("q"), array("f"), **self.arguments())

    def arguments(self) -> dict[str, Any]:
        """The arguments that make this policy, defaults included."""
        return {name: getattr(self, name) for name in DecodingPolicy.__slots__[1:]}

    def replace(self, **changes: Any) -> DecodingPolicy:
        """The same policy with other values for some arguments.

        Examples:
            >>> DecodingPolicy(lang="de").replace(max_length=200)
            DecodingPolicy(max_length=200, lang='de')
        """
        return type(self)(**{**self.arguments(), **changes})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a DecodingPolicy cannot be changed; use replace({name}=…)")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a DecodingPolicy cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DecodingPolicy):
            return NotImplemented
        return type(self) is type(other) and self.arguments() == other.arguments()

    def __hash__(self) -> int:
        return hash(tuple(self.arguments().values()))

    def __repr__(self) -> str:
        usual = type(self).__init__.__kwdefaults__ or {}
        told = [f"{k}={v!r}" for k, v in self.arguments().items() if v != usual.get(k)]
        return f"{type(self).__name__}({', '.join(told)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.arguments())

    def decode(self, text: str, ends: Numbers, probabilities: Numbers) -> Segmentation:
        """The segments of `text`, and the probability of the end of each.

        The interpreter lock is released while a text of 4 KiB or more is
        worked on.

        Args:
            text: The text that was scored.
            ends: Where the candidates end, in code points: the exclusive ends
                of the model's tokens, in order. Several may be equal.
            probabilities: How probable a boundary is at each of them. White
                space behind a candidate belongs to its segment; of candidates
                that lead to one boundary the most probable counts.

        Raises:
            TypeError: `text` is not a string, or the others hold no numbers.
            ValueError: `ends` fall or leave the text, a probability is not
                from 0 to 1, or there are not as many of both.
        """
        text = checked_text(text)
        spans, found = _core.decode(
            text,
            _numbers(ends, "q", "ends"),
            _numbers(probabilities, "f", "probabilities"),
            **self.arguments(),
        )
        return Segmentation(text, spans, found)


def decode(
    text: str,
    ends: Numbers,
    probabilities: Numbers,
    *,
    threshold: float = 0.5,
    min_length: int = 1,
    max_length: int | None = None,
    prior: Literal["uniform", "gaussian", "clipped_polynomial", "lognormal"] = "uniform",
    prior_kwargs: Mapping[str, Any] | None = None,
    algorithm: Literal["viterbi", "greedy"] = "viterbi",
    meaning: Literal["sentences", "pack"] = "sentences",
    lang: str | None = None,
    newlines: Literal["paragraph", "always", "never"] = "paragraph",
    strip: bool = False,
) -> Segmentation:
    """The segments of a text by the probabilities of boundaries at its tokens.

    The arguments are those of `DecodingPolicy`, which see, and of its method
    `decode`.

    Args:
        text: The text that was scored.
        ends: The exclusive ends of its tokens in code points, in order; any
            buffer or iterable of integers, such as a list or a numpy array.
        probabilities: One for each of them, likewise.
        threshold: A candidate is a boundary if its probability is greater.
        min_length: The least length of a segment in code points.
        max_length: The greatest length; None for none.
        prior: How welcome a segment is by its length.
        prior_kwargs: `target_length` and `spread` of the prior; `lang_code`
            is another name of `lang`.
        algorithm: `viterbi` or `greedy`.
        meaning: `sentences` or `pack`.
        lang: The language whose typical lengths the prior takes by default.
        newlines: `paragraph`, `always` or `never`.
        strip: Leave out white space on either side of each segment.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value.

    Examples:
        >>> text = "Call me. It is late, so be short."
        >>> ends = [4, 7, 8, 11, 14, 20, 23, 26, 33]
        >>> probabilities = [0, 0, 0.9, 0, 0, 0.2, 0, 0, 1]
        >>> out = decode(text, ends, probabilities)
        >>> out.texts()
        ['Call me. ', 'It is late, so be short.']
        >>> decode(text, ends, probabilities, max_length=15).texts()
        ['Call me. ', 'It is late, ', 'so be short.']
        >>> [round(p, 2) for p in out.probabilities.tolist()]
        [0.9, 1.0]
    """
    options = dict(prior_kwargs or {})
    unknown = sorted(set(options) - set(PRIOR_KEYS))
    if unknown:
        raise ValueError(
            f"unknown key {unknown[0]!r} in prior_kwargs; known: {', '.join(PRIOR_KEYS)}"
        )
    policy = DecodingPolicy(
        threshold=threshold,
        min_length=min_length,
        max_length=max_length,
        prior=prior,
        target_length=options.get("target_length"),
        spread=options.get("spread"),
        lang=options.get("lang_code") if lang is None else lang,
        algorithm=algorithm,
        meaning=meaning,
        newlines=newlines,
        strip=strip,
    )
    return policy.decode(text, ends, probabilities)


def _rebuilt(kind: type[DecodingPolicy], arguments: dict[str, Any]) -> DecodingPolicy:
    return kind(**arguments)


def _checked_number(value: object, name: str) -> float:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    return float(value)


def _numbers(values: Numbers, typecode: str, name: str) -> Buffer:
    """`values` as a buffer of one row of 64-bit integers or 32-bit floats."""
    formats = ("q", "l") if typecode == "q" else ("f",)
    item = 8 if typecode == "q" else 4
    try:
        view = memoryview(values)  # type: ignore[arg-type]
    except TypeError:
        source: Any = values
    else:
        if view.ndim != 1:
            raise TypeError(f"{name} must have one dimension, not {view.ndim}")
        if view.format in formats and view.itemsize == item and view.c_contiguous:
            return view
        try:
            source = view.tolist()
        except NotImplementedError:
            # Half precision, or the bytes the wrong way round: its owner can read it.
            source = iter(values)  # type: ignore[arg-type]
    try:
        return array(typecode, source)
    except TypeError as error:
        raise TypeError(f"{name} must hold numbers: {error}") from None
    except OverflowError:
        raise ValueError(f"{name} holds a number that is too large to be one of them") from None
