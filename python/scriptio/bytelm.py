"""Exact probabilities of bytes from a language model over tokens."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from scriptio import _core
from scriptio._byte_model import END, as_bytes, as_stops, drawn
from scriptio.bytevocab import ByteVocab
from scriptio.errors import ModelError
from scriptio.language_model import Context, LanguageModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ByteLM", "ByteState", "Mode"]

#: Which token strings count; see `ByteLM`.
Mode = Literal["canonical_local", "canonical", "all"]

MODES: tuple[Mode, ...] = ("canonical_local", "canonical", "all")

#: Numbers that one call of the model may give: 128 MiB of float64.
BATCH_NUMBERS = 1 << 24


class ByteLM:
    """A language model over tokens, asked about bytes.

    A model over tokens answers for texts that end where a token ends. Asked
    for what follows `Thr`, it is asked for what follows the *token* `Thr`,
    which in its training was never followed by `ee`. This class sums over all
    token strings that write the text and perhaps run past its end (its
    *covers*), which is the probability of the text itself: exact, not a
    repair of the prompt (Phan et al. 2025, "Exact Byte-Level Probabilities
    from Tokenized Language Models"; Vieira et al. 2025).

    What "exact" means depends on what the model's other token strings count:

    * `canonical_local`: the strings that the tokenizer writes, with the model
      held to them at every step. A proper measure; one context a byte.
    * `canonical`: the same strings with the model's own probabilities. What
      the model gives to others is lost, so these are no probabilities of
      texts; the conditionals are normalised.
    * `all`: every token string. A proper measure with exponentially many
      covers, unless `beam` or `threshold` drop the unlikely ones; the
      canonical ones always stay.

    Tokens that neither write text nor end it have no part in any of them.

    Args:
        model: The language model.
        vocab: Its tokenizer.
        mode: Which token strings count.
        max_error: Ask the model less, and be wrong by at most this in total
            variation; 0 asks for all. `ByteState.certificate` tells the bound.
        beam: Covers kept beside the canonical ones, in mode `all`.
        threshold: Covers below this share of the best are dropped, in mode `all`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The model's vocabulary is smaller than the tokenizer's, or
            an argument is out of its range.
        ModelError: Later, if the model gives what is no distribution.

    Examples:
        >>> import math, numpy as np, scriptio
        >>> spec = '''{"model": {"type": "BPE", "vocab": {"A": 0, "B": 1, "AA": 2},
        ...            "merges": ["A A"]}}'''
        >>> vocab = scriptio.ByteVocab.from_bytes(spec.encode())
        >>> model = scriptio.CallbackLM(
        ...     lambda rows: np.log(np.full((len(rows), 3), 1 / 3)), 3)
        >>> lm = scriptio.ByteLM(model, vocab)
        >>> round(math.exp(lm.logprob("A")), 6)
        0.666667
    """

    __slots__ = ("_frame", "_mode", "_model", "_settings", "_vocab")

    def __init__(
        self,
        model: LanguageModel,
        vocab: ByteVocab,
        *,
        mode: Mode = "canonical_local",
        max_error: float = 0.0,
        beam: int | None = None,
        threshold: float | None = None,
    ) -> None:
        if not isinstance(model, LanguageModel):
            raise TypeError(
                f"model must be a language model, not {type(model).__name__}; a function makes "
                "one with CallbackLM, an ONNX file with OnnxLM"
            )
        if not isinstance(vocab, ByteVocab):
            raise TypeError(f"vocab must be a ByteVocab, not {type(vocab).__name__}")
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}; expected one of {', '.join(MODES)}")
        if mode != "all" and (beam is not None or threshold is not None):
            raise ValueError(
                f"beam and threshold are for mode 'all', but mode is {mode!r}; use max_error"
            )
        self._model = model
        self._vocab = vocab
        self._mode = mode
        self._settings: dict[str, Any] = {
            "mode": mode, "max_error": max_error, "beam": beam, "threshold": threshold,
        }  # fmt: skip
        self._frame = _core.ByteFrame(
            vocab.core, mode, max_error, beam, threshold, list(model.eos_ids), model.vocab_size
        )

    @property
    def model(self) -> LanguageModel:
        """The language model."""
        return self._model

    @property
    def vocab(self) -> ByteVocab:
        """Its tokenizer."""
        return self._vocab

    @property
    def mode(self) -> Mode:
        """Which token strings count."""
        return self._mode

    @property
    def symbols(self) -> int:
        """How many outcomes a law has: 256 bytes and, at 256, the end of the text."""
        return 257

    def with_model(self, model: LanguageModel) -> "ByteLM":
        """Another model read in the same way: with this vocabulary, mode, `max_error` and so on.

        Raises:
            TypeError, ValueError: As in `ByteLM`.
        """
        return ByteLM(model, self._vocab, **self._settings)

    def __repr__(self) -> str:
        return f"<ByteLM {self._mode!r} of {self._model!r}>"

    def start(self, prompt: str | bytes = b"") -> "ByteState":
        """The state behind `prompt`. The model is asked when an answer is wanted, not before.

        Args:
            prompt: Text, or bytes of UTF-8 that may end within a character.

        Raises:
            TypeError: `prompt` is neither str nor bytes.
            ValueError: `prompt` holds a lone surrogate.
        """
        state = ByteState(self, _core.ByteTree(self._frame))
        if self._vocab.prefix_space:
            # The tokenizer writes a space that the text does not have.
            state._advance(b" ")
            state._base = state._mass()
        return state.push(prompt)

    def next_byte_logprobs(self, prompt: str | bytes) -> "NDArray[np.float64]":
        """The law of the byte behind `prompt`.

        Returns:
            float64 of shape (257,): natural logarithms of the probabilities
            of the 256 bytes and, at 256, of the end of the text.

        Raises:
            ValueError: The model gives `prompt` no probability.
        """
        return self.start(prompt).next_logprobs()

    def logprob(self, text: str | bytes, *, given: str | bytes = b"") -> float:
        """Natural logarithm of the probability that a text goes on with `text` after `given`.

        -inf if the model's tokens cannot write it.
        """
        state = self.start(given)
        before = state.logprob
        return state.push(text).logprob - before

    def end_logprob(self, text: str | bytes) -> float:
        """Natural logarithm of the probability of `text` as a whole: that it ends where it does."""
        return self.start(text).end_logprob

    def covers(self, prompt: str | bytes) -> list[tuple[list[int], float]]:
        """The token strings that write `prompt` and may run past its end, likeliest first.

        Returns:
            Token ids, and the natural logarithm of the string's probability,
            of each. There may be as many as tokens in the vocabulary.
        """
        state = self.start(prompt)
        state._ask("mass")
        found = state._tree.covers()
        found.sort(key=lambda cover: -cover[2])
        return [(state._tokens(node, token), log - state._base) for node, token, log in found]

    def sample_cover(
        self, prompt: str | bytes, rng: "np.random.Generator | None" = None
    ) -> tuple[list[int], bytes]:
        """One cover of `prompt`, drawn with its probability given the prompt.

        Ordinary sampling of tokens from there on gives continuations with
        their exact probabilities (Vieira et al. 2025, proposition 2), at the
        price of one or two contexts.

        Returns:
            The token ids, and the bytes that run past the prompt.

        Raises:
            ValueError: The model gives `prompt` no probability.
        """
        state = self.start(prompt)
        return state._pick(_generator(rng))

    def generate(
        self,
        prompt: str | bytes = b"",
        *,
        max_bytes: int,
        rng: "np.random.Generator | None" = None,
        temperature: float = 1.0,
        by: Literal["tokens", "bytes"] = "tokens",
        stop: str | bytes | Iterable[str | bytes] = (),
    ) -> bytes:
        """Continues `prompt`.

        Args:
            prompt: What to continue; it may end anywhere.
            max_bytes: Most bytes to write. The last character may be cut.
            rng: Source of chance; a new one each time if None.
            temperature: Divides logarithms before drawing, 0 takes the
                likeliest. It acts on tokens or on bytes, which is not the same.
            by: Draw one cover of the prompt and then tokens, or byte for
                byte. At temperature 1 both have the same law; tokens are cheaper.
            stop: Strings that end the text; they are not part of the result.

        Raises:
            ValueError: An argument is out of its range, or the model gives
                the text no probability.
        """
        if max_bytes < 0:
            raise ValueError(f"max_bytes is {max_bytes}; expected at least 0")
        if not temperature >= 0:
            raise ValueError(f"temperature is {temperature}; expected at least 0")
        if by not in ("tokens", "bytes"):
            raise ValueError(f"by is {by!r}; expected 'tokens' or 'bytes'")
        stops = as_stops(stop)
        state = self.start(prompt)
        draw = state._draw_bytes if by == "bytes" else state._draw_tokens
        out = bytearray()
        longest = max(map(len, stops), default=1)
        for piece in draw(_generator(rng), temperature):
            seen = max(0, len(out) - longest)
            out += piece
            found = [at for at in (out.find(s, seen) for s in stops) if at >= 0]
            if found:
                return bytes(out[: min(min(found), max_bytes)])
            if len(out) >= max_bytes:
                break
        return bytes(out[:max_bytes])


class ByteState:
    """A text that is read byte by byte, and all its covers.

    States are made by `ByteLM.start`. Reading costs no model; asking does.
    """

    __slots__ = ("_base", "_contexts", "_lm", "_text", "_tree")

    def __init__(self, lm: ByteLM, tree: "_core.ByteTree") -> None:
        self._lm = lm
        self._tree = tree
        self._contexts: dict[int, Context] = {0: Context()}
        self._text = bytearray()
        self._base = 0.0

    @property
    def text(self) -> bytes:
        """What was read."""
        return bytes(self._text)

    def push(self, text: str | bytes | int) -> "ByteState":
        """Reads on, and returns the state itself.

        Args:
            text: Text, bytes, or one byte as a number.

        Raises:
            TypeError: `text` is none of these.
            ValueError: A number over 255, or a lone surrogate.
        """
        if isinstance(text, int):
            if not 0 <= text <= 255:
                raise ValueError(f"byte is {text}; expected 0 to 255")
            text = bytes([text])
        data = as_bytes(text, "text")
        self._advance(data)
        self._text += data
        return self

    def fork(self) -> "ByteState":
        """A copy that goes its own way; what the model said is shared."""
        self._forget()
        other = ByteState(self._lm, self._tree.fork())
        other._contexts = dict(self._contexts)
        other._text = bytearray(self._text)
        other._base = self._base
        return other

    def next_logprobs(self) -> "NDArray[np.float64]":
        """The law of the next byte.

        Returns:
            float64 of shape (257,): natural logarithms of the probabilities
            of the 256 bytes and, at 256, of the end of the text.

        Raises:
            ValueError: The model gives the text no probability.
            ModelError: The model gave what is no distribution.
        """
        import numpy as np

        self._ask("next")
        return np.frombuffer(self._tree.next(), dtype=np.float64)

    @property
    def logprob(self) -> float:
        """Natural logarithm of the probability that a text begins so.

        -inf if the model's tokens cannot write it. With `max_error`, a beam
        or a threshold it is a lower bound.
        """
        return self._mass() - self._base

    @property
    def end_logprob(self) -> float:
        """Natural logarithm of the probability that the text is this and ends here."""
        self._ask("next")
        return self._tree.log_end() - self._base

    @property
    def certificate(self) -> float:
        """Largest total variation between `next_logprobs` and the exact law; 0 if it is exact."""
        self._ask("next")
        return self._tree.certificate()

    def __repr__(self) -> str:
        return f"<ByteState behind {len(self._text)} bytes, {self._tree.contexts} contexts>"

    def _advance(self, data: bytes) -> None:
        if self._lm._frame.prunes:
            for byte in data:
                self._ask("next")
                self._tree.push(bytes([byte]))
        else:
            self._tree.push(data)
        self._forget()

    def _forget(self) -> None:
        """Lets go of the contexts that no cover has any more."""
        for node in self._tree.freed():
            self._contexts.pop(node, None)

    def _mass(self) -> float:
        self._ask("mass")
        return self._tree.log_mass()

    def _ask(self, goal: Literal["mass", "next"]) -> None:
        """Asks the model for all that `goal` needs."""
        model = self._lm._model
        batch = max(1, BATCH_NUMBERS // model.vocab_size)
        while nodes := self._tree.needed(goal):
            for first in range(0, len(nodes), batch):
                some = nodes[first : first + batch]
                rows = model.next_logprobs([self._context(node) for node in some])
                if len(rows) != len(some):
                    raise ModelError(
                        f"model gave {len(rows)} rows for {len(some)} contexts; expected one each"
                    )
                for node, row in zip(some, rows, strict=True):
                    self._supply(node, row)

    def _supply(self, node: int, row: object) -> None:
        import numpy as np

        array = np.ascontiguousarray(row)
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
        try:
            self._tree.supply(node, array.data)
        except ValueError as error:
            context = self._context(node)
            raise ModelError(f"model's answer behind {context!r} is unusable: {error}") from error

    def _context(self, node: int) -> Context:
        missing = []
        at = node
        while at not in self._contexts:
            parent, token = self._tree.link(at)
            missing.append((at, token))
            at = parent
        context = self._contexts[at]
        for at, token in reversed(missing):
            context = self._contexts[at] = context.child(token)
        return context

    def _tokens(self, node: int, token: int | None) -> list[int]:
        tokens: list[int] = self._tree.path(node)
        return tokens if token is None else [*tokens, token]

    def _pick(self, rng: "np.random.Generator") -> tuple[list[int], bytes]:
        self._ask("mass")
        picked = self._tree.pick(rng.random())
        if picked is None or self._tree.log_mass() == float("-inf"):
            raise ValueError(
                f"the model gives no probability to the {len(self._text)} bytes of the prompt; "
                "expected a text that its tokens can write"
            )
        tokens = self._tokens(*picked)
        written = b"".join(self._lm._vocab.token_bytes(token) or b"" for token in tokens)
        return tokens, written[self._tree.length :]

    def _draw_bytes(self, rng: "np.random.Generator", temperature: float) -> "Iterable[bytes]":
        state = self.fork()
        while True:
            symbol = drawn(state.next_logprobs(), rng, temperature)
            if symbol == END:
                return
            yield bytes([symbol])
            state.push(symbol)

    def _draw_tokens(self, rng: "np.random.Generator", temperature: float) -> "Iterable[bytes]":
        import numpy as np

        lm = self._lm
        if temperature == 0:
            self._ask("mass")
            node, last, _ = max(self._tree.covers(), key=lambda cover: cover[2])
            tokens = self._tokens(node, last)
            written = b"".join(lm._vocab.token_bytes(token) or b"" for token in tokens)
            past = written[self._tree.length :]
        else:
            tokens, past = self._pick(rng)
        yield past
        path = _core.TokenPath(lm._frame)
        context = self._contexts[0]
        for token in tokens:
            path.push(token)
            context = context.child(token)
        while True:
            row = np.ascontiguousarray(lm._model.next_logprobs([context])[0], dtype=np.float64)
            chosen = path.draw(row.data, temperature, rng.random())
            if chosen is None:
                return
            path.push(chosen)
            context = context.child(chosen)
            yield lm._vocab.token_bytes(chosen) or b""


def _generator(rng: "np.random.Generator | None") -> "np.random.Generator":
    import numpy as np

    return np.random.default_rng() if rng is None else rng
