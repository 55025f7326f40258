"""What a language model over bytes offers, and drawing from laws of bytes."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

from scriptio.language_model import LanguageModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "END",
    "ByteModel",
    "ByteState",
    "TokenByteModel",
    "Vocabulary",
    "as_bytes",
    "as_stops",
    "drawn",
    "generated",
]

#: Where the end of a text stands among the outcomes; before it are the bytes.
END = 256


class ByteState(Protocol):
    """A text that was read, and what can come next."""

    @property
    def text(self) -> bytes:
        """What was read."""

    @property
    def certificate(self) -> float:
        """By how much the law may be off, in total variation."""

    @property
    def logprob(self) -> float:
        """The logarithm of the probability that a text begins so."""

    def next_logprobs(self) -> "NDArray[np.float64]":
        """The law of what comes next: 256 bytes and the end of the text."""

    def push(self, text: str | bytes | int, /) -> Self:
        """Read on; the state itself comes back."""

    def fork(self) -> Self:
        """A state of its own that has read the same."""


class ByteModel(Protocol):
    """What `ByteLM` and `ByteEnsemble` have in common."""

    @property
    def symbols(self) -> int:
        """How many outcomes a law has."""

    def start(self, prompt: str | bytes = b"") -> ByteState:
        """A state that has read the prompt."""


class Vocabulary(Protocol):
    """What a tokenizer is asked for."""

    @property
    def prefix_space(self) -> bool:
        """Whether it writes a space before every text."""

    def __len__(self) -> int: ...
    def encode(self, text: str, /) -> Sequence[int]:
        """The ids that it writes."""

    def token_bytes(self, token: int, /) -> bytes | None:
        """What a token writes; None if it is special."""


class TokenByteModel(ByteModel, Protocol):
    """What `ByteLM` offers beside: its tokens."""

    @property
    def model(self) -> LanguageModel:
        """The model over tokens."""

    @property
    def vocab(self) -> Vocabulary:
        """Its tokenizer."""

    @property
    def mode(self) -> str:
        """Which token strings count."""

    def with_model(self, model: LanguageModel, /) -> "TokenByteModel":
        """Another model read in the same way."""

    def next_byte_logprobs(self, prompt: str | bytes) -> "NDArray[np.float64]":
        """The law of what comes after a prompt."""

    def logprob(self, text: str | bytes, *, given: str | bytes = b"") -> float:
        """The logarithm of the probability that `text` comes next after `given`."""

    def end_logprob(self, text: str | bytes) -> float:
        """The logarithm of the probability of a text as a whole."""

    def covers(self, prompt: str | bytes) -> list[tuple[list[int], float]]:
        """The token strings that write the prompt and may run past it."""

    def sample_cover(
        self, prompt: str | bytes, rng: "np.random.Generator"
    ) -> tuple[list[int], bytes]:
        """One of them, and the bytes that run past."""

    def generate(
        self,
        prompt: str | bytes,
        *,
        max_bytes: int,
        rng: "np.random.Generator",
        temperature: float,
        stop: Sequence[bytes],
    ) -> bytes:
        """What may come next, drawn token by token."""


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


def drawn(logprobs: "NDArray[Any]", rng: "np.random.Generator", temperature: float) -> int:
    """An outcome, drawn from the law at a temperature; at 0 the most probable one."""
    import numpy as np

    if temperature == 0:
        return int(np.argmax(logprobs))
    scaled = np.asarray(logprobs, np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    sums = shares.cumsum()
    # Behind the last sum there is nothing to draw, also where it was rounded.
    return min(
        int(np.searchsorted(sums, rng.random() * sums[-1], side="right")),
        int(np.flatnonzero(shares)[-1]),
    )


def as_stops(stop: str | bytes | Iterable[str | bytes]) -> tuple[bytes, ...]:
    """What ends a generation, as bytes.

    Raises:
        TypeError: One is neither a string nor bytes.
        ValueError: One is empty.
    """
    given = [stop] if isinstance(stop, (str, bytes)) else list(stop)
    stops = tuple(as_bytes(one, "stop") for one in given)
    if b"" in stops:
        raise ValueError("stop holds an empty string, which every text has; leave it out")
    return stops


def checked_temperature(temperature: float) -> float:
    """`temperature`, if it is one.

    Raises:
        ValueError: It is below 0 or no number.
    """
    if not temperature >= 0:
        raise ValueError(f"temperature must be at least 0, not {temperature}")
    return float(temperature)


def generated(
    state: ByteState,
    *,
    max_bytes: int,
    rng: "np.random.Generator | None",
    temperature: float,
    stop: str | bytes | Iterable[str | bytes],
) -> bytes:
    """Bytes that follow, one after the other, up to the end, a stop (left out) or a number."""
    import numpy as np

    rng = np.random.default_rng() if rng is None else rng
    temperature = checked_temperature(temperature)
    stops = as_stops(stop)
    longest = max(map(len, stops), default=1)
    made = bytearray()
    while len(made) < max_bytes:
        outcome = drawn(state.next_logprobs(), rng, temperature)
        if outcome >= END:
            break
        made.append(outcome)
        found = [at for s in stops if (at := made.find(s, max(0, len(made) - longest))) >= 0]
        if found:
            return bytes(made[: min(found)])
        # The law behind the last byte is nobody's business.
        if len(made) < max_bytes:
            state.push(outcome)
    return bytes(made)
