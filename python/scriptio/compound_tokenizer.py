"""Tokenizers whose tokens respect the words of compounds."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scriptio._imports import require
from scriptio._text import checked_int, checked_text
from scriptio.compounds import CompoundSplitter

__all__ = ["train_unigram", "word_tokenizer"]

#: The mark of a word's beginning: SentencePiece's.
MARK = "▁"

#: Longer words are garbage, in bytes: CompoundPiece's limit.
MAX_BYTES = 32

#: Words and pieces shown to the trainer, about: more are shown in proportion, each at least once.
SHOWN = 3_000_000


def train_unigram(
    corpus: Iterable[str] | Mapping[str, int],
    *,
    vocab_size: int = 32_000,
    decompound: CompoundSplitter | None = None,
    min_count: int = 2,
    special_tokens: Iterable[str] = ("<unk>", "<s>", "</s>"),
    save: str | os.PathLike[str] | None = None,
) -> Any:
    """Train a unigram tokenizer, with the words of compounds apart.

    With `decompound` the training is that of CompoundPiece (Minixhofer, Pfeiffer and Vulić 2023):
    every word is cut into its pieces, and each piece is shown by itself, so that no token is
    learned that lies across the words of a compound. Nothing changes when the tokenizer is used: it
    is an ordinary `tokenizer.json`, and needs no splitter.

    Args:
        corpus: Texts, or words with their counts.
        vocab_size: Tokens of the vocabulary, special ones included.
        decompound: Cuts the words of the corpus; none trains an ordinary tokenizer, for comparison.
        min_count: Rarer words are left out.
        special_tokens: The first tokens of the vocabulary; the first is the unknown one.
        save: Where to write `tokenizer.json`.

    Returns:
        The `tokenizers.Tokenizer`.

    Raises:
        MissingDependencyError: The package `tokenizers` is not installed.
        TypeError: An argument is of the wrong type.
        ValueError: There is no word, or a number is too small.
        OSError: The file cannot be written.
    """
    checked_int(vocab_size, "vocab_size")
    checked_int(min_count, "min_count")
    if decompound is not None and not isinstance(decompound, CompoundSplitter):
        raise TypeError(f"decompound must be a CompoundSplitter, not {type(decompound).__name__}")
    specials = [checked_text(token, "special_tokens") for token in special_tokens]
    if not specials:
        raise ValueError("special_tokens must hold at least the unknown token")
    require("tokenizers")
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

    counts = _counts(corpus, min_count)
    # What is shown: words with the mark of their beginning, or their pieces.
    shown: Counter[str] = Counter()
    words = list(counts)
    if decompound is None:
        shown.update(counts)
    else:
        # Marks are no words; the splitter leaves them as they are.
        pieces = decompound.split_batch([word.removeprefix(MARK) for word in words])
        for word, parts in zip(words, pieces, strict=True):
            begins = MARK if word.startswith(MARK) else ""
            for rank, part in enumerate(parts):
                shown[begins + part if rank == 0 else part] += counts[word]
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size,
        special_tokens=specials,
        unk_token=specials[0],
        show_progress=False,
        max_piece_length=16,
    )
    # Every item is a word by itself: nothing may be learned across two of them.
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(_shown(shown), trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="always")
    if save is not None:
        Path(save).write_text(tokenizer.to_str(), encoding="utf-8")
    return tokenizer


def _counts(corpus: Iterable[str] | Mapping[str, int], min_count: int) -> dict[str, int]:
    """What is to be learned from by count: words, and of texts the marks around them.

    What white space comes before begins with the mark of a word's beginning.
    """
    if isinstance(corpus, (str, bytes)):
        raise TypeError(
            f"corpus must be texts or counts of words, not one {type(corpus).__name__}; pass "
            "[corpus] for one text"
        )
    found: Counter[str] = Counter()
    if isinstance(corpus, Mapping):
        for word, count in corpus.items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise TypeError(f"corpus[{word!r}] must be a number of times, not {count!r}")
            checked_text(word, "word of corpus")
            if word and len(word.split()) == 1:
                found[MARK + word] += count
    else:
        for at, text in enumerate(corpus):
            found.update(_words(checked_text(text, f"corpus[{at}]")))
    kept = {
        word: count
        for word, count in found.items()
        if count >= min_count and _bytes(word) < MAX_BYTES
    }
    if not kept:
        raise ValueError(
            f"corpus must hold at least one word that is there {min_count} times; lower min_count "
            "for little text"
        )
    return kept


def _bytes(word: str) -> int:
    return len(word.removeprefix(MARK).encode("utf-8", "replace"))


def _words(text: str) -> Iterator[str]:
    """Words, and the marks around them, which are learned by themselves."""
    for token in text.replace(MARK, " ").split():
        start, end = 0, len(token)
        while start < end and not token[start].isalnum():
            start += 1
        while end > start and not token[end - 1].isalnum():
            end -= 1
        begins = MARK
        for part in (token[:start], token[start:end], token[end:]):
            if part:
                yield begins + part
                begins = ""


def _shown(shown: Counter[str]) -> Iterator[str]:
    """Every item as often as it counts; in proportion, if that is more than is needed."""
    scale = max(1.0, shown.total() / SHOWN)
    for item, count in shown.items():
        # One string with the item many times is one step for the trainer.
        yield " ".join([item] * max(1, round(count / scale)))


def word_tokenizer(tokenizer: Any) -> "_Tokenize":
    """What gives the tokens of a word, without the mark of its beginning, for `hard_rate`."""
    return _Tokenize(tokenizer)


class _Tokenize:
    """Tokens of a word by a tokenizer's offsets."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __call__(self, word: str) -> list[str]:
        offsets = self._tokenizer.encode(word, add_special_tokens=False).offsets
        # A mark alone covers nothing of the word, or shares its first character.
        ends = sorted({end for start, end in offsets if end > start} | {len(word)})
        starts = [0, *ends[:-1]]
        return [word[start:end] for start, end in zip(starts, ends, strict=True)]
