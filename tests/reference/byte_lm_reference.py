"""Byte probabilities of a token language model by brute force, and small worlds to try them in.

Nothing here is clever. A vocabulary is a list of byte strings with the merges that made them; a
model is a function from a tuple of token ids to an array of probabilities; sums run over all
covers of a prefix, found by trying every token at every place. A cover of x is a token string whose
last token, and no other, reaches or passes the end of x (Phan et al. 2024; Vieira et al. 2024).
"""

import itertools
import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
from scriptio import CallbackLM, Context, LanguageModel

#: The index of the end of a text among the outcomes; the others are the bytes.
END = 256

Tokens = tuple[int, ...]


class ToyVocab:
    """Single bytes and what merges make of them, encoded as byte pair encoding does."""

    def __init__(self, letters: Iterable[bytes], merges: Sequence[tuple[bytes, bytes]]) -> None:
        self.merges = list(merges)
        self.tokens = [*letters, *(left + right for left, right in merges)]
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        assert len(self.ids) == len(self.tokens), "tokens differ"
        self._encoded = cache(self._encode)
        self.follows = cache(self._follows)

    #: No space before a text.
    prefix_space = False

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: bytes | str) -> Tokens:
        return self._encoded(as_bytes(text))

    def token_bytes(self, token: int) -> bytes:
        return self.tokens[token]

    def decode(self, tokens: Iterable[int]) -> bytes:
        return b"".join(self.tokens[token] for token in tokens)

    def _encode(self, text: bytes) -> Tokens:
        """Merge the pair of least rank, the leftmost of several, until there is none."""
        parts = [bytes([byte]) for byte in text]
        while True:
            ranked = [
                (self.ranks[pair], at)
                for at, pair in enumerate(itertools.pairwise(parts))
                if pair in self.ranks
            ]
            if not ranked:
                return tuple(self.ids[part] for part in parts)
            at = min(ranked)[1]
            parts[at : at + 2] = [parts[at] + parts[at + 1]]

    def _follows(self, left: int, right: int) -> bool:
        """Whether the encoder ever puts one token behind another."""
        return self.encode(self.tokens[left] + self.tokens[right]) == (left, right)

    def allowed(self, context: Tokens, token: int) -> bool:
        """Whether a token may follow canonical tokens; some merges can never come to pass."""
        if not context:
            return self.encode(self.tokens[token]) == (token,)
        return self.follows(context[-1], token)

    def has_dead_ends(self) -> bool:
        """Whether some canonical token can be followed by none, so that only the end can come."""
        every = range(len(self))
        return any(
            not any(self.follows(left, right) for right in every)
            for left in every
            if self.allowed((), left)
        )

    def canonical(self, tokens: Tokens) -> bool:
        return self.encode(self.decode(tokens)) == tokens


def random_vocab(rng: np.random.Generator, letters: bytes, merges: int) -> ToyVocab:
    """A vocabulary of random merges of tokens that are there by then."""
    tokens = [bytes([letter]) for letter in letters]
    made: list[tuple[bytes, bytes]] = []
    while len(made) < merges:
        left, right = (tokens[at] for at in rng.integers(len(tokens), size=2))
        if left + right not in tokens and len(left + right) <= 6:
            made.append((left, right))
            tokens.append(left + right)
    return ToyVocab((bytes([letter]) for letter in letters), made)


class TokenLM:
    """A law of the next token after each tuple of tokens.

    The last id, if `ends`, ends a text; the ids before it are those of the vocabulary.
    """

    def __init__(self, vocab: ToyVocab, law: Callable[[Tokens], np.ndarray], *, ends: bool) -> None:
        self.vocab = vocab
        self.ends = ends
        self.size = len(vocab) + ends
        self.law = cache(law)
        self.calls = 0

    @property
    def model(self) -> CallbackLM:
        """The model as the package takes it."""
        eos = [len(self.vocab)] if self.ends else []
        return CallbackLM(self.callback, self.size, eos_ids=eos)

    def callback(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Logarithms, as `scriptio.CallbackLM` takes them."""
        self.calls += len(rows)
        with np.errstate(divide="ignore"):
            return np.log(np.array([self.law(tuple(row)) for row in rows]))


def random_lm(
    rng: np.random.Generator,
    vocab: ToyVocab,
    *,
    order: int,
    ends: bool,
    canonical: bool,
    spread: float = 1.5,
) -> TokenLM:
    """A law of the last `order` tokens; with `canonical` none that the encoder never gives."""
    seed = int(rng.integers(2**31))
    size = len(vocab) + ends

    def law(context: Tokens) -> np.ndarray:
        seen = context[len(context) - min(order, len(context)) :]
        own = np.random.default_rng([seed, len(seen), *seen])
        logits = own.normal(0, spread, size)
        if canonical:
            for token in range(len(vocab)):
                if not vocab.allowed(context, token):
                    logits[token] = -np.inf
        # Behind some tokens nothing can stand; nothing ever asks what does.
        weights = np.exp(logits - logits.max()) if np.isfinite(logits.max()) else np.ones(size)
        return weights / weights.sum()

    return TokenLM(vocab, law, ends=ends)


class ReferenceLM:
    """What `scriptio.ByteLM` gives, by enumeration, with the same members.

    Args:
        model: Gives laws of tokens; its ids begin with those of the vocabulary.
        vocab: The tokens.
        mode: `all`, `canonical` or `canonical_local`.
    """

    symbols = 257

    def __init__(
        self, model: LanguageModel, vocab: ToyVocab, *, mode: str = "canonical_local"
    ) -> None:
        assert mode in ("all", "canonical", "canonical_local")
        self.model, self.vocab, self.mode = model, vocab, mode
        self.law = cache(self._law)
        self.prefix = cache(self._prefix)

    def with_model(self, model: LanguageModel) -> "ReferenceLM":
        """Another model over the same tokens."""
        return ReferenceLM(model, self.vocab, mode=self.mode)

    def _law(self, tokens: Tokens) -> np.ndarray:
        """Probabilities of the tokens that this mode lets follow, and of the end."""
        context = Context()
        for token in tokens:
            context = context.child(token)
        law = np.exp(self.model.next_logprobs([context])[0])
        for token in range(len(law)):
            if token not in self.model.eos_ids and not self._may_follow(tokens, token):
                law[token] = 0.0
        total = law.sum()
        return law if self.mode == "canonical" or not total else law / total

    def _may_follow(self, tokens: Tokens, token: int) -> bool:
        if token >= len(self.vocab):
            return False
        return self.mode == "all" or self.vocab.allowed(tokens, token)

    def _walk(self, text: bytes, context: Tokens, weight: float) -> list[tuple[Tokens, float]]:
        """Covers of the rest of a text, behind tokens that end before it."""
        found = []
        law = self.law(context)
        for number, token in enumerate(self.vocab.tokens):
            share = weight * float(law[number])
            if share == 0.0:
                continue
            if len(token) >= len(text):
                if token.startswith(text):
                    found.append(((*context, number), share))
            elif text.startswith(token):
                found += self._walk(text[len(token) :], (*context, number), share)
        return found

    def weights(self, prompt: bytes) -> list[tuple[Tokens, float]]:
        """Each cover with its probability; of the empty text the empty one."""
        return self._walk(prompt, (), 1.0) if prompt else [((), 1.0)]

    def _prefix(self, text: bytes) -> float:
        """The probability that a text begins like that: the sum over covers."""
        return math.fsum(weight for _, weight in self.weights(text))

    def end(self, text: bytes) -> float:
        """The probability that exactly this is the text."""
        return math.fsum(
            weight * float(self.law(tokens)[eos])
            for tokens, weight in self.weights(text)
            if self.vocab.decode(tokens) == text
            for eos in self.model.eos_ids
        )

    def next_byte_logprobs(self, prompt: bytes | str) -> np.ndarray:
        """The law of what comes next; of `canonical` made to add up to 1."""
        found = np.zeros(257)
        for letter in {token[0] for token in self.vocab.tokens}:
            found[letter] = self.prefix(as_bytes(prompt) + bytes([letter]))
        found[END] = self.end(as_bytes(prompt))
        with np.errstate(divide="ignore"):
            return np.log(found) - math.log(math.fsum(found))

    def logprob(self, text: bytes | str, *, given: bytes | str = b"") -> float:
        before = as_bytes(given)
        return log(self.prefix(before + as_bytes(text))) - log(self.prefix(before))

    def end_logprob(self, text: bytes | str) -> float:
        return log(self.end(as_bytes(text)))

    def covers(self, prompt: bytes | str) -> list[tuple[list[int], float]]:
        return [(list(tokens), log(weight)) for tokens, weight in self.weights(as_bytes(prompt))]

    def sample_cover(
        self, prompt: bytes | str, rng: np.random.Generator
    ) -> tuple[list[int], bytes]:
        weights = self.weights(as_bytes(prompt))
        shares = np.array([weight for _, weight in weights])
        tokens = weights[rng.choice(len(weights), p=shares / shares.sum())][0]
        return list(tokens), self.vocab.decode(tokens)[len(prompt) :]

    def generate(
        self,
        prompt: bytes | str,
        *,
        max_bytes: int,
        rng: np.random.Generator,
        temperature: float = 1.0,
        stop: Sequence[bytes] = (),
    ) -> bytes:
        """A cover, then tokens; only what tests ask for."""
        assert temperature == 1.0, "the reference draws at temperature 1"
        drawn, text = self.sample_cover(prompt, rng)
        tokens = tuple(drawn)
        while len(text) < max_bytes:
            law = self.law(tokens)
            token = int(rng.choice(len(law), p=law / law.sum()))
            if token in self.model.eos_ids:
                break
            tokens = (*tokens, token)
            text += self.vocab.token_bytes(token)
        ends = [at for one in stop if (at := text.find(one)) >= 0]
        return text[: min([*ends, max_bytes])]

    def start(self, prompt: bytes | str = b"") -> "ReferenceState":
        return ReferenceState(self, as_bytes(prompt))


def as_bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


class ReferenceState:
    """What `scriptio.ByteState` gives."""

    certificate = 0.0

    def __init__(self, lm: ReferenceLM, text: bytes) -> None:
        self.lm, self.text = lm, text

    def next_logprobs(self) -> np.ndarray:
        return self.lm.next_byte_logprobs(self.text)

    def push(self, text: bytes | str | int) -> "ReferenceState":
        self.text += bytes([text]) if isinstance(text, int) else as_bytes(text)
        return self

    def fork(self) -> "ReferenceState":
        return ReferenceState(self.lm, self.text)

    @property
    def logprob(self) -> float:
        return log(self.lm.prefix(self.text))

    @property
    def end_logprob(self) -> float:
        return self.lm.end_logprob(self.text)


def log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


class ByteProcess:
    """A chain over bytes: the next one depends on the last `order`, and after `length` is the end.

    Args:
        rng: Draws the rows.
        letters: The bytes.
        order: How many bytes the next one depends on.
        length: After how many bytes a text ends, if it did not before.
        end: The probability of the end after any byte.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        letters: bytes,
        *,
        order: int,
        length: int,
        end: float = 0.0,
        rows: dict[bytes, Sequence[float]] | None = None,
    ) -> None:
        self.letters, self.order, self.length, self.end = letters, order, length, end
        self.rows: dict[bytes, np.ndarray] = {}
        for size in range(order + 1):
            for seen in itertools.product(letters, repeat=size):
                self.rows[bytes(seen)] = rng.dirichlet(np.ones(len(letters)))
        for seen, row in (rows or {}).items():
            self.rows[seen] = np.array(row)

    def next(self, text: bytes) -> np.ndarray:
        """The law of the next byte, or the end."""
        found = np.zeros(257)
        if len(text) >= self.length:
            found[END] = 1.0
            return found
        end = self.end if text else 0.0
        row = self.rows[text[len(text) - min(self.order, len(text)) :]]
        found[list(self.letters)] = row * (1 - end)
        found[END] = end
        return found

    def texts(self) -> Iterable[tuple[bytes, float]]:
        """Every text with its probability."""
        stack = [(b"", 1.0)]
        while stack:
            text, weight = stack.pop()
            law = self.next(text)
            if law[END]:
                yield text, weight * float(law[END])
            stack += [
                (text + bytes([letter]), weight * float(law[letter]))
                for letter in self.letters
                if law[letter]
            ]

    def prefix(self, text: bytes) -> float:
        """The probability that a text begins like that."""
        weight = 1.0
        for at, byte in enumerate(text):
            weight *= float(self.next(text[:at])[byte])
        return weight


def ideal_lm(process: ByteProcess, vocab: ToyVocab) -> TokenLM:
    """The token model that training without end on a byte process would give, by enumeration.

    A context that no text has leaves it free; it is uniform there, which is
    neither right nor wrong.
    """
    weights: dict[Tokens, float] = {}
    end = len(vocab)
    for text, weight in process.texts():
        tokens = (*vocab.encode(text), end)
        for at in range(len(tokens) + 1):
            weights[tokens[:at]] = weights.get(tokens[:at], 0.0) + weight

    def law(context: Tokens) -> np.ndarray:
        found = np.array([weights.get((*context, token), 0.0) for token in range(end + 1)])
        total = math.fsum(found)
        return found / total if total else np.full(end + 1, 1 / (end + 1))

    return TokenLM(vocab, law, ends=True)


def tokenizer_json(vocab: ToyVocab, *, every_byte: bool = True) -> dict:
    """The vocabulary as a `tokenizer.json`, with the ids that it has here.

    `every_byte` adds the bytes that it lacks behind it, and behind the id of
    the end, so that every text can be spelled.
    """
    table = byte_letters()

    def spelled(token: bytes) -> str:
        return "".join(table[byte] for byte in token)

    pieces = {spelled(token): number for number, token in enumerate(vocab.tokens)}
    if every_byte:
        for byte in range(256):
            pieces.setdefault(table[byte], len(pieces) + (len(pieces) >= len(vocab)))
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
    end = {"id": len(vocab), "content": "<end>", "special": True, "normalized": False}
    return {
        "version": "1.0",
        "added_tokens": [{**end, "single_word": False, "lstrip": False, "rstrip": False}],
        "normalizer": None,
        "pre_tokenizer": {**level, "use_regex": False},
        "post_processor": None,
        "decoder": {**level, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": pieces,
            "merges": [f"{spelled(left)} {spelled(right)}" for left, right in vocab.merges],
        },
    }


def tokenizer_bytes(vocab: ToyVocab) -> bytes:
    return json.dumps(tokenizer_json(vocab)).encode()


def wide_callback(lm: TokenLM) -> tuple[Callable[[list[list[int]]], np.ndarray], int]:
    """The model's function over the ids of `tokenizer_json`, and how many there are.

    The bytes that are no letters of the vocabulary cannot follow; the end has
    its id whether the model has one or not.
    """
    size = max(*tokenizer_json(lm.vocab)["model"]["vocab"].values(), len(lm.vocab)) + 1

    def fn(rows: list[list[int]]) -> np.ndarray:
        found = np.full((len(rows), size), -np.inf)
        found[:, : lm.size] = lm.callback(rows)
        return found

    return fn, size


@cache
def byte_letters() -> dict[int, str]:
    """The letter that GPT-2's files write for each byte."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in plain)
    table = {byte: chr(byte) for byte in plain}
    table.update((byte, chr(256 + number)) for number, byte in enumerate(others))
    return table


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """Half the sum of what two laws, given as probabilities, differ by."""
    return 0.5 * math.fsum(np.abs(one - other))
