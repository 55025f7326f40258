"""What a language model over bytes is for: prompts that end anywhere, and texts with a gap."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from scriptio._byte_model import END, ByteState, TokenByteModel, as_bytes, as_stops, drawn
from scriptio._text import checked_int
from scriptio.errors import ModelError
from scriptio.language_model import Context, LanguageModel, PrefixedLM, checked_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Fill", "FimTemplate", "Healed", "fill", "heal", "heal_one_token", "naive_next"]

#: How far the logarithm of a candidate's weight may fall below the best before it is left.
HOPELESS = 30.0

#: What a template whose middle stands alone takes back of the prefix: white space and a word, or as
#: many bytes of a text without white space.
LAST_WORD = re.compile(rb"\s*\S*\Z")
LONGEST_WORD = 64


class Healed(NamedTuple):
    """A prompt that tokens can continue.

    Attributes:
        tokens: What to feed the model instead of the encoded prompt.
        text: The bytes by which they run past the prompt; the continuation begins with them.
    """

    tokens: list[int]
    text: bytes


class Fill(NamedTuple):
    """What was put between a prefix and a suffix.

    Attributes:
        middle: The bytes.
        finished: Whether the model ended it, rather than `max_bytes`.
        effective: How many equally good candidates there were, at least 1:
            near 1 of many says that more would be better. 1 with a template.
    """

    middle: bytes
    finished: bool
    effective: float


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """How a model that was trained to fill gaps is asked to.

    Attributes:
        parts: What the model reads: ids of its special tokens and, each once,
            the words `prefix` and `suffix` where those stand. What comes
            behind is the middle. If the last part is `prefix`, the middle
            continues it; the other order is more usual.
        ends: The ids that end a middle.

    Raises:
        ValueError: `parts` lack one of the two, or hold something else.

    Examples:
        >>> from scriptio import FimTemplate
        >>> FimTemplate([1, "prefix", 2, "suffix", 3], ends=[4]).continues_prefix
        False
        >>> FimTemplate([1, 2, "suffix", 3, "prefix"], ends=[4]).continues_prefix
        True
    """

    parts: Sequence[int | str]
    ends: Sequence[int]

    def __post_init__(self) -> None:
        names = [part for part in self.parts if isinstance(part, str)]
        if sorted(names) != ["prefix", "suffix"]:
            raise ValueError(
                f"parts must hold 'prefix' and 'suffix' once each, beside token ids, not {names}"
            )
        if not self.ends:
            raise ValueError("ends must hold the id of the token that ends a middle")

    @property
    def continues_prefix(self) -> bool:
        """Whether the middle stands right behind the prefix."""
        return self.parts[-1] == "prefix"


def heal(
    lm: TokenByteModel, prompt: str | bytes, rng: "np.random.Generator | None" = None
) -> Healed:
    """A prompt whose end is no burden: tokens that write it and perhaps run past it.

    They are drawn with their probability given the prompt, so ordinary
    sampling of tokens behind them gives continuations as probable as the
    model makes them. That is all that a program needs that samples by itself:
    once for each prompt, one or two contexts more than the encoded prompt has.

    Args:
        lm: The model.
        prompt: A text that may end anywhere, also within a character.
        rng: Source of chance; without it the most probable tokens are taken.

    Raises:
        ValueError: The model gives the prompt no probability.
    """
    if rng is not None:
        return Healed(*lm.sample_cover(prompt, rng))
    found = lm.covers(prompt)
    if not found:
        raise ValueError(
            f"prompt has {len(as_bytes(prompt, 'prompt'))} bytes that no tokens of the vocabulary "
            "write, or that the model gives no probability"
        )
    tokens = max(found, key=lambda cover: cover[1])[0]
    written = b"".join(lm.vocab.token_bytes(token) or b"" for token in tokens)
    # Some tokenizers write a space before every text.
    space = int(lm.vocab.prefix_space)
    return Healed(tokens, written[space + len(as_bytes(prompt, "prompt")) :])


def fill(
    lm: TokenByteModel,
    prefix: str | bytes,
    suffix: str | bytes,
    *,
    template: FimTemplate | None = None,
    max_bytes: int = 256,
    rng: "np.random.Generator | None" = None,
    temperature: float = 1.0,
    stop: str | bytes | Iterable[str | bytes] = (),
    candidates: int = 8,
    suffix_bytes: int = 48,
) -> Fill:
    """What may stand between a prefix and a suffix.

    With a `template`, for a model that was trained to fill gaps, the middle
    is drawn token by token up to one of the template's ends. The prefix may
    end within a word: where the middle continues it, the covers of the prefix
    are summed over, as everywhere; where the middle stands alone, the last
    word of the prefix is taken back and the middle drawn on condition that it
    begins with it.

    Without one, for any model, middles m are drawn in proportion to the
    probability of prefix + m + suffix: continuations of the prefix are drawn,
    and each of their beginnings is a candidate that weighs what the model
    gives the suffix behind it (sampling and importance resampling; Rubin
    1987). That is right in the limit of many candidates, whatever the lengths
    of the middles, and `Fill.effective` tells how near one is. Suffixes are
    scored as bytes, so no candidate is favoured for ending where a token does.

    Args:
        lm: The model.
        prefix: What comes before.
        suffix: What comes behind.
        template: How the model is asked.
        max_bytes: How many bytes the middle may have.
        rng: Source of chance; a new one each time if None.
        temperature: As `ByteLM.generate` has it, for what is drawn.
        stop: Strings that end the middle; they are left out.
        candidates: How many continuations are drawn without a template.
        suffix_bytes: How many bytes of the suffix are scored without one; each
            may cost a context of the model for each byte of a candidate.

    Raises:
        ModelError: Nothing that was drawn can be followed by the suffix.
        ValueError: An argument is no usable value.
    """
    import numpy as np

    before, behind = as_bytes(prefix, "prefix"), as_bytes(suffix, "suffix")
    checked_int(max_bytes, "max_bytes")
    checked_int(candidates, "candidates")
    checked_int(suffix_bytes, "suffix_bytes")
    rng = np.random.default_rng() if rng is None else rng
    settings: dict[str, Any] = {
        "max_bytes": max_bytes, "rng": rng, "temperature": temperature, "stop": as_stops(stop),
    }  # fmt: skip
    if template is not None:
        return _by_template(lm, before, behind, template, settings)
    if not behind:
        raise ValueError("suffix is empty, so there is no gap to fill; use lm.generate(prefix)")
    found: list[bytes] = []
    weights: list[float] = []
    for _ in range(candidates):
        text = lm.generate(before, **settings)
        scores = _suffix_scores(
            lm.start(before), text, behind[:suffix_bytes], max(weights, default=-np.inf)
        )
        for length, score in scores:
            found.append(text[:length])
            weights.append(score)
    law = np.array(weights)
    if not np.isfinite(law.max(initial=-np.inf)):
        raise ModelError(
            f"none of the {len(found)} candidates for the middle can be followed by the suffix, "
            "which begins with "
            f"{behind[:20]!r}: draw more (candidates), or allow more bytes (max_bytes)"
        )
    shares = np.exp(law - law.max())
    chosen = drawn(law, rng, 1.0)
    return Fill(
        found[chosen],
        len(found[chosen]) < max_bytes,
        float(shares.sum() ** 2 / (shares**2).sum()),
    )


def _suffix_scores(
    state: ByteState, text: bytes, suffix: bytes, best: float
) -> "Iterable[tuple[int, float]]":
    """How probable a suffix is behind each beginning of a text that ends with a character."""
    for length in range(len(text) + 1):
        if length:
            state.push(text[length - 1])
        if length < len(text) and text[length] & 0xC0 == 0x80:
            continue
        ahead = state.fork()
        start = ahead.logprob
        score = 0.0
        for byte in suffix:
            ahead.push(byte)
            score = ahead.logprob - start
            if score < best - HOPELESS:
                break
        else:
            best = max(best, score)
            yield length, score


def _by_template(
    lm: TokenByteModel,
    prefix: bytes,
    suffix: bytes,
    template: FimTemplate,
    settings: dict[str, Any],
) -> Fill:
    """A middle drawn by a model that was trained to fill gaps."""
    kept = b"" if template.continues_prefix else _without_last_word(prefix)
    head: list[int] = []
    for part in template.parts if not template.continues_prefix else template.parts[:-1]:
        if part == "prefix":
            head += _encoded(lm, kept, "prefix")
        elif part == "suffix":
            head += _encoded(lm, suffix, "suffix")
        elif not isinstance(part, str):
            head.append(part)
    checked_ids(template.ends, lm.model.vocab_size, "ends")
    ends = [*template.ends, *(i for i in lm.model.eos_ids if i not in template.ends)]
    over = lm.with_model(PrefixedLM(lm.model, head, eos_ids=ends))
    middle = over.generate(prefix[len(kept) :], **settings)
    return Fill(middle, len(middle) < settings["max_bytes"], 1.0)


def _without_last_word(prefix: bytes) -> bytes:
    """A prefix up to where its last word, and the white space before that, begins."""
    word = LAST_WORD.search(prefix[-LONGEST_WORD:])
    assert word is not None, "every text ends with a word, if an empty one"
    kept = prefix[: len(prefix) - len(word[0])]
    # A long word is cut before a character.
    while kept and len(kept) < len(prefix) and prefix[len(kept)] & 0xC0 == 0x80:
        kept = kept[:-1]
    return kept


def _encoded(lm: TokenByteModel, text: bytes, name: str) -> list[int]:
    """The tokens of a whole text."""
    try:
        return list(lm.vocab.encode(text.decode()))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is no UTF-8 from byte {error.start} on ({error.reason}); a tokenizer encodes "
            "whole characters, so end it behind one"
        ) from error


def naive_next(lm: TokenByteModel, prompt: str | bytes) -> "NDArray[np.float64]":
    """The law of the next byte as it is usually had: the encoded prompt, then any token.

    Wrong wherever the text could go on within a token; here for comparison.

    Returns:
        float64 of 257, as `ByteLM.next_byte_logprobs` gives.

    Raises:
        ValueError: The prompt is no UTF-8 text.
    """
    tokens = _encoded(lm, as_bytes(prompt, "prompt"), "prompt")
    return _normalised(_after(lm, tokens), "naive")


def heal_one_token(lm: TokenByteModel, prompt: str | bytes) -> "NDArray[np.float64]":
    """The law of the next byte with *token healing*.

    The last token is taken back, and the next one must begin with its bytes.
    This is what programs that sample tokens do (guidance, transformers). Wrong
    where what was taken back is not what the text would be written with;
    here for comparison.

    Returns:
        float64 of 257, as `ByteLM.next_byte_logprobs` gives.

    Raises:
        ValueError: The prompt is no UTF-8 text, or no token that begins with
            its last one has any probability.
    """
    import numpy as np

    tokens = _encoded(lm, as_bytes(prompt, "prompt"), "prompt")
    if not tokens:
        return naive_next(lm, prompt)
    taken = lm.vocab.token_bytes(tokens[-1]) or b""
    law = _law(lm.model, tokens[:-1])
    found = np.zeros(END + 1)
    whole = 0.0
    for token, written in _writing(lm):
        if written.startswith(taken) and law[token]:
            if len(written) > len(taken):
                found[written[len(taken)]] += law[token]
            else:
                whole += law[token]
    return _normalised(found + whole * _after(lm, tokens) if whole else found, "healing")


def _law(model: LanguageModel, tokens: Iterable[int]) -> "NDArray[np.float64]":
    """Probabilities of the next token."""
    import numpy as np

    context = Context()
    for token in tokens:
        context = context.child(token)
    return np.exp(np.asarray(model.next_logprobs([context])[0], np.float64))


def _writing(lm: TokenByteModel) -> "Iterable[tuple[int, bytes]]":
    """The tokens that write something, with what they write."""
    ends = set(lm.model.eos_ids)
    for token in range(min(len(lm.vocab), lm.model.vocab_size)):
        written = lm.vocab.token_bytes(token)
        if written and token not in ends:
            yield token, written


def _after(lm: TokenByteModel, tokens: Sequence[int]) -> "NDArray[np.float64]":
    """Probabilities of the next byte, or the end, if a token ends where the text does."""
    import numpy as np

    law = _law(lm.model, tokens)
    found = np.zeros(END + 1)
    for token, written in _writing(lm):
        found[written[0]] += law[token]
    for token in lm.model.eos_ids:
        found[END] += law[token]
    # Tokens that neither write nor end a text have no part.
    return np.asarray(found / (found.sum() or 1.0))


def _normalised(found: "NDArray[np.float64]", what: str) -> "NDArray[np.float64]":
    """Logarithms of weights that are made to add up to 1."""
    import numpy as np

    total = found.sum()
    if not total > 0:
        raise ValueError(
            f"the model gives no probability to what {what} lets follow the prompt; the law of "
            "bytes itself is ByteLM.next_byte_logprobs"
        )
    with np.errstate(divide="ignore"):
        law: NDArray[np.float64] = np.log(found / total)
    return law
