"""What a language model over bytes offers, and drawing from laws of bytes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["END", "ByteModel", "ByteState", "as_bytes", "drawn", "earliest", "generated"]

#: Where the end of a text stands among the outcomes; before it are the bytes.
END = 256


class ByteState(Protocol):
    """A text that was read, and what can come next."""

    @property
    def text(self) -> bytes:
        """What was read."""

    @property
    def logprob(self) -> float:
        """The logarithm of the probability that a text begins so."""

    def next_logprobs(self) -> "NDArray[np.float64]":
        """The law of what comes next: 256 bytes and the end of the text."""

    def push(self, data: bytes | int, /) -> None:
        """Read a byte or several."""

    def fork(self) -> Self:
        """A state of its own that has read the same."""


class ByteModel(Protocol):
    """What `ByteLM` and `ByteEnsemble` have in common."""

    @property
    def symbols(self) -> int:
        """How many outcomes a law has."""

    def start(self, prompt: bytes | str = b"") -> ByteState:
        """A state that has read the prompt."""


def as_bytes(text: object, name: str) -> bytes:
    """A text as bytes, in UTF-8 if it is a string.

    Raises:
        TypeError: It is neither.
        ValueError: It holds a lone surrogate.
    """
    if isinstance(text, str):
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{name} holds the lone surrogate {text[error.start]!r} at {error.start}, which no "
                "UTF-8 spells; pass bytes, or replace it"
            ) from error
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text)
    raise TypeError(f"{name} must be str or bytes, not {type(text).__name__}")


def drawn(
    logprobs: "NDArray[Any]", rng: "np.random.Generator | None", temperature: float
) -> int:
    """An outcome: the most probable one without `rng`, else one drawn from the tempered law.

    Raises:
        ValueError: `temperature` is not above 0.
    """
    import numpy as np

    if not temperature > 0:
        raise ValueError(
            f"temperature must be above 0, not {temperature}; for the most probable outcome leave "
            "rng out"
        )
    if rng is None:
        return int(np.argmax(logprobs))
    scaled = np.asarray(logprobs, np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    sums = shares.cumsum()
    # Behind the last sum there is nothing to draw, also where it was rounded.
    return min(
        int(np.searchsorted(sums, rng.random() * sums[-1], side="right")),
        int(np.flatnonzero(shares)[-1]),
    )


def earliest(text: bytes, stops: Sequence[bytes], start: int = 0) -> int | None:
    """Where the first of some strings begins in a text, if any is in it."""
    found = [at for stop in stops if (at := text.find(stop, start)) >= 0]
    return min(found, default=None)


def as_stops(stop: bytes | str | Sequence[bytes | str] | None) -> tuple[bytes, ...]:
    """What ends a generation, as bytes.

    Raises:
        TypeError: One is neither a string nor bytes.
        ValueError: One is empty.
    """
    given = [] if stop is None else [stop] if isinstance(stop, (str, bytes)) else list(stop)
    stops = tuple(as_bytes(one, "stop") for one in given)
    if b"" in stops:
        raise ValueError("stop holds an empty string, which would end every text at once")
    return stops


def generated(
    state: ByteState,
    *,
    max_bytes: int,
    rng: "np.random.Generator | None",
    temperature: float,
    stop: bytes | str | Sequence[bytes | str] | None,
) -> bytes:
    """Bytes that follow, one after the other, up to the end, a stop (left out) or a number."""
    stops = as_stops(stop)
    longest = max(map(len, stops), default=1)
    made = bytearray()
    while len(made) < max_bytes:
        outcome = drawn(state.next_logprobs(), rng, temperature)
        if outcome >= END:
            break
        made.append(outcome)
        at = earliest(bytes(made), stops, max(0, len(made) - longest))
        if at is not None:
            return bytes(made[:at])
        # The law behind the last byte is nobody's business.
        if len(made) < max_bytes:
            state.push(outcome)
    return bytes(made)
