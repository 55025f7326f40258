"""Compounds cut into the words they are made of."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from scriptio import _core
from scriptio._compound_config import (
    DEFAULTS,
    Config,
    Linking,
    checked_config,
    checked_exceptions,
)
from scriptio._compound_fit import DEFAULT_EPOCHS, learned, training
from scriptio._compound_models import bundled_model, loaded_model, supported
from scriptio._compound_words import Splitting
from scriptio._text import checked_text, checked_words

__all__ = ["CompoundSplitter", "supported"]


class CompoundSplitter(Splitting):
    """Cuts compounds into the words they are made of, and leaves other words whole.

    Every gap between two characters is scored by a linear model over what a word list says of the
    words around it and, in languages with labelled data, hashed n-grams; the idea of learning from
    hyphens and of the tokenizer is that of CompoundPiece (Minixhofer, Pfeiffer and Vulić 2023).

    Words are never rewritten: with `linking="attach"` and `"separate"` the pieces of a word join to
    it. Case, Unicode form (NFC or not), soft hyphens and joiners make no difference to where a word
    is cut. A word is always cut at hyphens inside it; they go to the piece before. What is longer
    than 100 characters without a hyphen is left whole.

    A splitter cannot be changed, may be used by several threads at once, and can be pickled.

    Args:
        lang: ISO 639 code of a language that came with the package, see `supported`; or the path of
            a file that `save` or `scriptio compounds build` wrote (anything with a suffix or a path
            separator, or a `Path`).
        threshold: Margin above which a gap is cut, 0 unless told. Higher means fewer cuts; margins
            are logits, so 2 stands for odds of seven to one.
        min_part: Characters that a piece has at least, 2 unless told.
        max_parts: Pieces that a word has at most; the surest cuts are made.
        linking: What `split` does with linking elements (the first s of `wirtschaftslehre`) and
            hyphens. `attach`: they stay with the piece before. `separate`: they are pieces of
            their own. `strip`: they are left out.
        words: Words that the lexicon should know besides its own.
        exceptions: Words with the pieces that they are to be cut into, in any case.
        protected: Words that are never cut, in any case.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The language is not known, or another argument is no usable value.
        ModelError: The file is missing, damaged or no compound model.

    Examples:
        >>> from scriptio import CompoundSplitter
        >>> splitter = CompoundSplitter("de")
        >>> splitter.split("Hauswirtschaftslehre")
        ['Haus', 'wirtschafts', 'lehre']
        >>> splitter.normalize("Hauswirtschaftslehre")
        ['Haus', 'Wirtschaft', 'Lehre']
        >>> splitter.split("Präsident")
        ['Präsident']
    """

    __slots__ = ("_base", "_config", "_lang")

    def __init__(
        self,
        lang: str | os.PathLike[str],
        *,
        threshold: float | None = None,
        min_part: int = 2,
        max_parts: int | None = None,
        linking: Linking = "attach",
        words: Iterable[str] = (),
        exceptions: Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]] = (),
        protected: Iterable[str] = (),
    ) -> None:
        base, name = loaded_model(lang)
        self._set(base, name, checked_config(
            threshold, min_part, max_parts, linking, words, exceptions, protected
        ))  # fmt: skip

    def _set(self, base: _core.CompoundSplitter, lang: str | None, config: Config) -> None:
        threshold, min_part, max_parts, linking, words, exceptions, protected = config
        self._base = base
        #: The language whose bundled model this is; none for any other model.
        self._lang = lang
        self._config = config
        self._core = base.configured(
            threshold,
            min_part,
            max_parts,
            linking,
            list(words),
            [(word, list(pieces)) for word, pieces in exceptions],
            list(protected),
        )

    @classmethod
    def _made(cls, base: _core.CompoundSplitter, lang: str | None, config: Config) -> Self:
        splitter = cls.__new__(cls)
        splitter._set(base, lang, config)
        return splitter

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CompoundSplitter):
            return NotImplemented
        same = self._base is other._base or self._base.to_bytes() == other._base.to_bytes()
        return same and self._config == other._config

    def __hash__(self) -> int:
        return hash((self.lang, self._config))

    def __repr__(self) -> str:
        names = ("threshold", "min_part", "max_parts", "linking")
        told = [
            f"{name}={value!r}"
            for name, value, usual in zip(names, self._config, DEFAULTS, strict=False)
            if value != usual
        ]
        told += [f"{len(items)} {name}" for name, items in zip(
            ("words", "exceptions", "protected"), self._config[4:], strict=True
        ) if items]  # fmt: skip
        return f"{type(self).__name__}({', '.join([repr(self.lang), *told])})"

    def __reduce__(self) -> tuple[Any, ...]:
        model: str | bytes = self._base.to_bytes() if self._lang is None else self._lang
        return _rebuilt, (type(self), model, self._config)

    def add_words(self, words: Iterable[str]) -> Self:
        """A splitter whose lexicon knows these words, too.

        Raises:
            TypeError: `words` is a single string or holds something else.
            ValueError: One of them is empty or has white space in it.
        """
        config = list(self._config)
        config[4] = (*self._config[4], *checked_words(words, "words"))
        return self._made(self._base, self._lang, tuple(config))  # type: ignore[arg-type]

    def add_exceptions(
        self, exceptions: Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]]
    ) -> Self:
        """A splitter that cuts these words as it is told, in any case.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The pieces of a word do not join to it.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> splitter = CompoundSplitter("de").add_exceptions({"Häkelnadel": ["Häkel", "nadel"]})
            >>> splitter.split("HÄKELNADEL")
            ['HÄKEL', 'NADEL']
        """
        config = list(self._config)
        config[5] = (*self._config[5], *checked_exceptions(exceptions))
        return self._made(self._base, self._lang, tuple(config))  # type: ignore[arg-type]

    def protect(self, words: Iterable[str]) -> Self:
        """A splitter that never cuts these words, in any case.

        Raises:
            TypeError: `words` is a single string or holds something else.
            ValueError: One of them is empty.
        """
        config = list(self._config)
        config[6] = (*self._config[6], *checked_words(words, "protected"))
        return self._made(self._base, self._lang, tuple(config))  # type: ignore[arg-type]

    @classmethod
    def fit(
        cls,
        lang: str,
        *,
        pairs: Iterable[Any] | None = None,
        text: Iterable[str] | str | None = None,
        words: Iterable[str] | None = None,
        table_bits: int = 18,
        epochs: int = DEFAULT_EPOCHS,
        seed: int = 1,
        note: str = "",
    ) -> Self:
        """Learn a splitter from labelled words, from raw text, or from a word list alone.

        At least one source is needed. `words` is the lexicon: with nothing else, what other
        languages have taught about compounds labels the words of the list, and the spelling of this
        language is learned from those. `text` gives the compounds that people write with a hyphen
        (stage 1 of CompoundPiece: kept are those whose closed form is at most e^6 times as
        frequent), as many frequent words that are none, and a lexicon where `words` gives none.
        `pairs` are labels by hand, the best source.

        Args:
            lang: Code or name of the language; kept, and not looked at.
            pairs: Labelled words, compounds and others: lists of pieces, or pairs of the pieces and
                the words that they stand for, each a list or a string joined with `|`. A word that
                is no compound is one piece.
            text: Raw text, or an iterable of texts, such as an open file.
            words: The most frequent words of the language, the most frequent first.
            table_bits: Binary logarithm of the size of the table of n-grams in bytes.
            epochs: Passes over the words.
            seed: The same data and seed give the same model.
            note: What the model was made from, kept with it.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: There is too little to learn from, or a pair does not fit together.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> words = ["kaffi", "borð", "bolli", "hús", "stóll", "og", "að", "kaffihús"]
            >>> splitter = CompoundSplitter.fit("is", words=words)
            >>> splitter.word_count
            8
        """
        core = learned(lang, pairs, text, words, training(table_bits, epochs, seed))
        return cls._made(core.with_note(checked_text(note, "note")), None, DEFAULTS)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, with the words that were added, to a file for `CompoundSplitter(path)`.

        Options, exceptions and protected words are not part of it.

        Raises:
            OSError: The file cannot be written.
        """
        Path(path).write_bytes(self._core.to_bytes())


def _rebuilt(cls: type[CompoundSplitter], model: str | bytes, config: Config) -> CompoundSplitter:
    """Unpickle."""
    if isinstance(model, str):
        return cls._made(bundled_model(model), model, config)
    return cls._made(_core.CompoundSplitter.from_bytes(model), None, config)
