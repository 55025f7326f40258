"""What a compound splitter can be learned from, checked and put into examples."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scriptio import _core
from scriptio._compound_models import bundled_path, read_model
from scriptio._text import checked_int, checked_text, checked_texts

__all__ = [
    "DEFAULT_EPOCHS",
    "Example",
    "Options",
    "checked_pairs",
    "examples_of",
    "from_text",
    "learned",
    "training",
    "word_list",
]

#: Passes over the words where the caller does not say.
DEFAULT_EPOCHS = 6

#: Words of a lexicon; more make the model larger and hardly better.
MAX_WORDS = 100_000

#: A word in pieces, and what it counts.
Example = tuple[list[str], float]

#: Epochs, bits, rate, dropout, weight of the lexicon's own words, margin of confidence, caution,
#: runs, seed.
Options = tuple[int, int, float, float, float, float, float, int, int]


def training(table_bits: object, epochs: object, seed: object) -> Callable[[bool], Options]:
    """What gives the options of a training with, or without, labelled words.

    Raises:
        TypeError: An argument is no integer.
        ValueError: An argument is out of its range.
    """
    bits = checked_int(table_bits, "table_bits")
    if not 8 <= bits <= 22:
        raise ValueError(f"table_bits must be from 8 to 22, not {bits}")
    passes = checked_int(epochs, "epochs")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be int, not {type(seed).__name__}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2**63 - 1, not {seed}")

    def options(labelled: bool) -> Options:
        # Without labels nothing but the list's own words is learned from: their weight is all the
        # same, and a smaller margin leaves enough of them. Figures of models/compounds/recipe.toml.
        if labelled:
            return passes, bits, 0.25, 0.1, 0.1, 2.0, 1.0, 1, seed
        return max(1, passes // 2), bits, 0.1, 0.2, 1.0, 1.0, 1.0, 1, seed

    return options


def word_list(words: Iterable[str]) -> list[str]:
    """The words of a list for a lexicon, at most 100,000, the first of those that are there twice.

    Raises:
        TypeError: It is a single string or holds something else.
        ValueError: A word has white space in it, or there is no word.
    """
    seen: dict[str, None] = {}
    for at, word in enumerate(checked_texts(words, "words")):
        word = word.strip()
        if len(word.split()) > 1:
            raise ValueError(
                f"words[{at}] must be one word, not {word!r}; give the column of words alone, the "
                "most frequent word first"
            )
        if word and any(c.isalpha() for c in word):
            seen.setdefault(word.lower(), None)
        if len(seen) == MAX_WORDS:
            break
    if not seen:
        raise ValueError("words must hold at least one word with a letter in it")
    return list(seen)


def _pieces(given: object, name: str) -> list[str]:
    pieces = given.split("|") if isinstance(given, str) else checked_texts(given, name)  # type: ignore[arg-type]
    if not pieces or not all(pieces) or any(len(piece.split()) != 1 for piece in pieces):
        raise ValueError(
            f"{name} must be pieces without white space, none of them empty, not {given!r}"
        )
    return list(pieces)


def checked_pairs(pairs: Iterable[Any]) -> Iterator[tuple[list[str], list[str]]]:
    """Pieces and the words that they stand for, of each labelled word.

    Raises:
        TypeError: An item is of the wrong type.
        ValueError: An item holds no usable pieces.
    """
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
        raise TypeError(f"pairs must be an iterable of labelled words, not {type(pairs).__name__}")
    for at, item in enumerate(pairs):
        name = f"pairs[{at}]"
        if isinstance(item, tuple):
            if len(item) != 2:
                raise ValueError(f"{name} must be a pair of pieces and words, not {item!r}")
            surface, words = _pieces(item[0], name), _pieces(item[1], name)
        elif isinstance(item, (str, list)):
            surface = words = _pieces(item, name)
        else:
            raise TypeError(
                f"{name} must be pieces, or a pair of pieces and words, not {type(item).__name__}"
            )
        yield surface, words


def examples_of(
    pairs: Iterable[tuple[list[str], list[str]]],
) -> tuple[list[Example], list[tuple[str, str]]]:
    """Examples, and pairs of a piece that another follows and the word that it stands for."""
    examples: list[Example] = []
    constituents: list[tuple[str, str]] = []
    for surface, words in pairs:
        examples.append((surface, 1.0))
        if len(surface) == len(words):
            constituents += zip(surface[:-1], words[:-1], strict=True)
    return examples, constituents


def from_text(text: Iterable[str] | str) -> tuple[list[Example], list[str]]:
    """Examples from the hyphens of raw text, and its words by falling frequency.

    Raises:
        TypeError: `text` is no text or iterable of texts.
    """
    counts = _core.HyphenCounts()
    if isinstance(text, str):
        counts.add(checked_text(text))
    else:
        given: object = text
        if isinstance(given, (bytes, bytearray)) or not isinstance(given, Iterable):
            raise TypeError(f"text must be str or an iterable of str, not {type(given).__name__}")
        for at, piece in enumerate(text):
            counts.add(checked_text(piece, f"text[{at}]"))
    words = counts.words()[:MAX_WORDS]
    # In little text a compound that is seen once is better than none.
    examples = counts.examples(len(counts) < 1_000_000)
    return examples, words


def learned(
    lang: str,
    pairs: Iterable[Any] | None,
    text: Iterable[str] | str | None,
    words: Iterable[str] | None,
    options: Callable[[bool], Options],
) -> _core.CompoundSplitter:
    """The splitter that what there is of the three sources makes; see `CompoundSplitter.fit`."""
    lang = checked_text(lang, "lang")
    if pairs is None and text is None and words is None:
        raise ValueError("fit needs pairs, text or words to learn from")
    lexicon = [] if words is None else word_list(words)
    examples, constituents = ([], []) if pairs is None else examples_of(checked_pairs(pairs))
    if text is not None:
        found, known = from_text(text)
        examples += found
        lexicon = lexicon or known
    lexicon = lexicon or [piece.lower() for piece, _ in constituents]
    base = read_model(bundled_path("und"))
    if not examples and len(lexicon) < 1000:
        # Too few words to learn any spelling from.
        return base.with_lexicon(lang, lexicon, True)
    return _core.CompoundSplitter.fit(
        lang, lexicon, [], examples, constituents, options(bool(examples)), base
    )
