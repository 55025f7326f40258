"""Several language models as one, joined where their vocabularies meet: at bytes."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Self

from scriptio._byte_model import END, ByteModel, ByteState, as_bytes, generated
from scriptio._text import checked_int
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ByteEnsemble", "EnsembleState"]

#: What the logarithm of a probability counts for at least where two are subtracted.
FLOOR = -50.0

How = Literal["mean", "product", "proxy"]


class ByteEnsemble:
    """Models of different vocabularies, joined byte by byte.

    Each member says what comes next; a member need not be a `ByteLM`, an
    ensemble can be one, too. The law of the ensemble is a law of the next
    byte given what came before, so it is exact in the sense that the chain
    rule holds: `logprob` adds up what `next_logprobs` says.

    The ends of the members' texts are one outcome, whatever token each has for it. A member that
    knows no end gives it probability 0: in a mean it can still come, in a product it cannot.

    Args:
        members: Models over bytes.
        how: `mean`: the weighted arithmetic mean of the members' probabilities
            (Phan et al. 2025). `product`: the weighted geometric mean, made to
            add up to 1; what one member excludes, the ensemble excludes.
            `proxy`: three members, base, expert and anti-expert; the logarithm
            of the base's probability plus `weights[0]` times what the expert's
            has above the anti-expert's, made to add up to 1 (Liu et al. 2024,
            Tuning Language Models by Proxy; there on tokens). There, logarithms
            below -50 count as -50.
        weights: One for each member, above 0: of a mean they are made to add
            up to 1, of a product they are the exponents. Equal and adding up
            to 1 unless told. For `proxy` a single one, 1 unless told.

    Raises:
        TypeError: A member is no model over bytes.
        ValueError: There are no members or, for `proxy`, not three, or a weight
            is of no use.

    Examples:
        >>> import numpy as np
        >>> from scriptio import ByteEnsemble
        >>> class Coin:  # what a ByteLM is, of one letter and an end
        ...     symbols, text, logprob = 257, b"", 0.0
        ...     def __init__(self, p): self.p = p
        ...     def start(self, prompt=b""): return self
        ...     def fork(self): return self
        ...     def push(self, data): return self
        ...     def next_logprobs(self):
        ...         law = np.zeros(257)
        ...         law[[97, 256]] = self.p, 1 - self.p
        ...         with np.errstate(divide="ignore"):
        ...             return np.log(law)
        >>> both = ByteEnsemble([Coin(0.5), Coin(0.75)])
        >>> float(np.exp(both.next_byte_logprobs("a")[97]))
        0.625
    """

    __slots__ = ("_how", "_members", "_weights")

    def __init__(
        self,
        members: Sequence[ByteModel],
        *,
        how: How = "mean",
        weights: Sequence[float] | float | None = None,
    ) -> None:
        self._members = tuple(members)
        for number, member in enumerate(self._members):
            if not hasattr(member, "start") or not hasattr(member, "symbols"):
                raise TypeError(
                    f"members[{number}] must be a model over bytes, not {type(member).__name__}; "
                    "make one of a language model and its vocabulary with ByteLM"
                )
            if member.symbols != END + 1:
                raise ValueError(
                    f"members[{number}] has {member.symbols} outcomes; expected {END + 1}, 256 "
                    "bytes and the end of the text"
                )
        if how not in ("mean", "product", "proxy"):
            raise ValueError(f"how must be 'mean', 'product' or 'proxy', not {how!r}")
        if not self._members:
            raise ValueError("members must hold at least one model")
        if how == "proxy" and len(self._members) != 3:
            raise ValueError(
                f"members must be three for how='proxy', base, expert and anti-expert, not "
                f"{len(self._members)}"
            )
        self._how: How = how
        self._weights = self._checked_weights(weights)

    def _checked_weights(self, weights: Sequence[float] | float | None) -> tuple[float, ...]:
        wanted = 1 if self._how == "proxy" else len(self._members)
        if weights is None:
            return (1.0 / wanted,) * wanted
        given = [weights] if isinstance(weights, (int, float)) else weights
        found = tuple(float(weight) for weight in given)
        if len(found) != wanted or not all(0 < weight < float("inf") for weight in found):
            raise ValueError(
                f"weights must be {wanted} finite number{'s' if wanted > 1 else ''} above 0, not "
                f"{list(found)}"
            )
        if self._how == "mean":
            total = sum(found)
            return tuple(weight / total for weight in found)
        return found

    @property
    def members(self) -> tuple[ByteModel, ...]:
        """The models."""
        return self._members

    @property
    def how(self) -> How:
        """How they are joined."""
        return self._how

    @property
    def weights(self) -> tuple[float, ...]:
        """What each counts for."""
        return self._weights

    @property
    def symbols(self) -> int:
        """How many outcomes a law has: 256 bytes and, the last, the end of the text."""
        return END + 1

    def __repr__(self) -> str:
        return (
            f"ByteEnsemble({list(self._members)!r}, how={self._how!r}, "
            f"weights={list(self._weights)})"
        )

    def start(self, prompt: str | bytes = b"") -> "EnsembleState":
        """A state that has read the prompt; its `logprob` is that of the prompt.

        The probability of the prompt needs the members' laws at each of its
        bytes, so it costs what generating it would. `next_byte_logprobs` and
        `generate` do not ask for it.
        """
        state = EnsembleState(self, [member.start() for member in self._members])
        state.push(as_bytes(prompt, "prompt"))
        return state

    def _behind(self, prompt: bytes) -> "EnsembleState":
        """A state whose `logprob` begins behind the prompt, which members read at one go."""
        return EnsembleState(self, [member.start(prompt) for member in self._members], prompt)

    def next_byte_logprobs(self, prompt: str | bytes) -> "NDArray[np.float64]":
        """The law of what comes after a prompt."""
        return self._behind(as_bytes(prompt, "prompt")).next_logprobs()

    def logprob(self, text: str | bytes, *, given: str | bytes = b"") -> float:
        """The logarithm of the probability that `text` comes next after `given`."""
        state = self._behind(as_bytes(given, "given"))
        state.push(as_bytes(text, "text"))
        return state.logprob

    def end_logprob(self, text: str | bytes) -> float:
        """The logarithm of the probability of a text as a whole: that it ends where it does."""
        state = self.start(text)
        return state.logprob + float(state.next_logprobs()[END])

    def generate(
        self,
        prompt: str | bytes = b"",
        *,
        max_bytes: int,
        rng: "np.random.Generator | None" = None,
        temperature: float = 1.0,
        stop: str | bytes | Iterable[str | bytes] = (),
    ) -> bytes:
        """What may come after a prompt, byte by byte.

        Args:
            prompt: What comes before.
            max_bytes: How many bytes at most.
            rng: Source of chance; a new one each time if None.
            temperature: Divides logarithms before drawing, 0 takes the most
                probable byte. On bytes it is not what it is on tokens.
            stop: Strings that end the generation; they are left out.

        Raises:
            ValueError: An argument is no usable value.
        """
        return generated(
            self._behind(as_bytes(prompt, "prompt")),
            max_bytes=checked_int(max_bytes, "max_bytes"),
            rng=rng,
            temperature=temperature,
            stop=stop,
        )

    def joined(self, laws: "Sequence[NDArray[np.float64]]") -> "NDArray[np.float64]":
        """The law of the ensemble, of the members'.

        Raises:
            ModelError: No outcome is left that all members allow.
        """
        import numpy as np

        stacked = np.asarray(laws, np.float64)
        if self._how == "mean":
            found = np.logaddexp.reduce(stacked + np.log(self._weights)[:, None], axis=0)
        elif self._how == "product":
            found = (stacked * np.array(self._weights)[:, None]).sum(axis=0)
        else:
            base, expert, anti = stacked
            found = base + self._weights[0] * (np.maximum(expert, FLOOR) - np.maximum(anti, FLOOR))
        total = np.logaddexp.reduce(found)
        if not np.isfinite(total):
            raise ModelError(
                f"no outcome is left that every member of the ensemble allows (how={self._how!r}); "
                "join them by how='mean', or leave out the member that excludes what the others "
                "expect"
            )
        law: NDArray[np.float64] = found - total
        return law


class EnsembleState:
    """A text that all members of an ensemble have read."""

    __slots__ = ("_ensemble", "_law", "_logprob", "_states", "_text")

    def __init__(
        self, ensemble: ByteEnsemble, states: Sequence[ByteState], text: bytes = b""
    ) -> None:
        self._ensemble = ensemble
        self._states = list(states)
        self._text = bytearray(text)
        self._logprob = 0.0
        self._law: NDArray[np.float64] | None = None

    @property
    def text(self) -> bytes:
        """What was read."""
        return bytes(self._text)

    @property
    def logprob(self) -> float:
        """The logarithm of the probability of what was pushed, the sum of what the laws said."""
        return self._logprob

    @property
    def certificate(self) -> float:
        """By how much the law may be off in total variation: of a mean, the mean of the members'.

        Joined otherwise, exact members make an exact law, and nothing is
        known of others: then it is 1.
        """
        bounds = [state.certificate for state in self._states]
        if self._ensemble.how == "mean":
            pairs = zip(self._ensemble.weights, bounds, strict=True)
            return sum(weight * bound for weight, bound in pairs)
        return 1.0 if any(bounds) else 0.0

    @property
    def states(self) -> tuple[ByteState, ...]:
        """The members' states; what is pushed to one of them, the others do not see."""
        return tuple(self._states)

    def next_logprobs(self) -> "NDArray[np.float64]":
        """The law of what comes next: 256 bytes and the end of the text."""
        if self._law is None:
            self._law = self._ensemble.joined([state.next_logprobs() for state in self._states])
            # It is given out more than once.
            self._law.flags.writeable = False
        return self._law

    def push(self, text: str | bytes | int) -> Self:
        """Read on; the state itself comes back.

        Args:
            text: Text, bytes, or one byte as a number.

        Raises:
            ModelError: A member fails.
            TypeError: `text` is none of these.
            ValueError: It is a number that is no byte, or holds a lone surrogate.
        """
        if isinstance(text, int):
            if not 0 <= text < END:
                raise ValueError(f"text must be a byte, 0 to 255, not {text}")
            text = bytes([text])
        for byte in as_bytes(text, "text"):
            self._logprob += float(self.next_logprobs()[byte])
            self._law = None
            for state in self._states:
                state.push(byte)
            self._text.append(byte)
        return self

    def fork(self) -> Self:
        """A state of its own that has read the same."""
        made = type(self)(
            self._ensemble, [state.fork() for state in self._states], bytes(self._text)
        )
        made._logprob, made._law = self._logprob, self._law
        return made
