"""What a compound splitter is made of besides its model, checked."""

from collections.abc import Iterable, Mapping
from typing import Literal

from scriptio._text import checked_int, checked_text, checked_words

__all__ = ["DEFAULTS", "Config", "Linking", "checked_config", "checked_exceptions", "checked_word"]

Linking = Literal["attach", "separate", "strip"]

#: What a splitter is made of besides its model: threshold, min_part, max_parts, linking, added
#: words, exceptions, protected words.
Config = tuple[
    float, int, int | None, str, tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...],
    tuple[str, ...],
]  # fmt: skip

DEFAULTS: Config = (0.0, 2, None, "attach", (), (), ())


def checked_word(word: object) -> str:
    """A word given by the caller, which may be no string."""
    try:
        return checked_text(word, "word")
    except TypeError as error:
        told = str(error).replace("segment_batch or pipe", "split_batch or pipe")
        raise TypeError(told) from None


def checked_exceptions(given: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Words with their pieces, or pairs of them."""
    items = given.items() if isinstance(given, Mapping) else given
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise TypeError(
            "exceptions must map words to their pieces, such as {'Staubecken': ['Stau', 'becken']}"
        )
    out = []
    for item in items:
        if not isinstance(item, tuple) or len(item) != 2:
            raise TypeError(f"exceptions must be pairs of a word and its pieces, not {item!r}")
        word = checked_text(item[0], "word of an exception")
        out.append((word, checked_words(item[1], f"pieces of {word!r}")))
    return tuple(out)


def checked_config(
    threshold: object,
    min_part: object,
    max_parts: object,
    linking: object,
    words: Iterable[str],
    exceptions: object,
    protected: Iterable[str],
) -> Config:
    """The options of a splitter, of the types that the compiled half takes."""
    if threshold is None:
        threshold = 0.0
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        raise TypeError(f"threshold must be a number, not {type(threshold).__name__}")
    return (
        float(threshold),
        checked_int(min_part, "min_part"),
        None if max_parts is None else checked_int(max_parts, "max_parts"),
        checked_text(linking, "linking"),
        checked_words(words, "words"),
        checked_exceptions(exceptions),
        checked_words(protected, "protected"),
    )
