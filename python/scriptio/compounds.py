"""Compounds cut into the words they are made of."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self

from scriptio import _core
from scriptio._compound_fit import (
    DEFAULT_EPOCHS,
    checked_pairs,
    examples_of,
    from_text,
    training,
    word_list,
)
from scriptio._compound_models import bundled_path, lang_of, read_model, supported, unknown_lang
from scriptio._text import checked_int, checked_text, checked_texts, checked_words, thread_count

__all__ = ["CompoundSplitter", "supported"]

Linking = Literal["attach", "separate", "strip"]

#: What a splitter is made of besides its model: threshold, min_part, max_parts, linking, added
#: words, exceptions, protected words.
_Config = tuple[
    float, int, int | None, str, tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...],
    tuple[str, ...],
]  # fmt: skip


class CompoundSplitter:
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

    __slots__ = ("__weakref__", "_base", "_config", "_core", "_lang")

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
        base, name = _loaded(lang)
        self._set(base, name, _config(
            threshold, min_part, max_parts, linking, words, exceptions, protected
        ))  # fmt: skip

    def _set(self, base: _core.CompoundSplitter, lang: str | None, config: _Config) -> None:
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
    def _made(cls, base: _core.CompoundSplitter, lang: str | None, config: _Config) -> Self:
        splitter = cls.__new__(cls)
        splitter._set(base, lang, config)
        return splitter

    @property
    def core(self) -> _core.CompoundSplitter:
        """The splitter of the compiled half, for other parts of the package."""
        return self._core

    @property
    def lang(self) -> str:
        """The code of the language."""
        return self._core.lang

    @property
    def note(self) -> str:
        """What the model was made from."""
        return self._core.note

    @property
    def is_labelled(self) -> bool:
        """Whether the model knows spelling, and not just words."""
        return self._core.is_spelled

    @property
    def word_count(self) -> int:
        """How many words the lexicon has."""
        return self._core.word_count

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
            for name, value, usual in zip(names, self._config, _DEFAULTS, strict=False)
            if value != usual
        ]
        told += [f"{len(items)} {name}" for name, items in zip(
            ("words", "exceptions", "protected"), self._config[4:], strict=True
        ) if items]  # fmt: skip
        return f"{type(self).__name__}({', '.join([repr(self.lang), *told])})"

    def __reduce__(self) -> tuple[Any, ...]:
        model: str | bytes = self._base.to_bytes() if self._lang is None else self._lang
        return _rebuilt, (type(self), model, self._config)

    def split(self, word: str) -> list[str]:
        """The pieces of a word.

        Args:
            word: One word, without white space.

        Raises:
            TypeError: `word` is not a string.
            ValueError: `word` is empty or has white space in it.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> CompoundSplitter("de", linking="separate").split("Liebesbrief")
            ['Liebe', 's', 'brief']
            >>> CompoundSplitter("de", linking="strip").split("Liebesbrief")
            ['Liebe', 'brief']
        """
        return self._core.split(word if type(word) is str else _word(word))

    def spans(self, word: str) -> list[tuple[int, int]]:
        """Start and end of every piece in code points, linking elements with the piece before.

        Spans lie one behind the other and cover the word.

        Raises:
            TypeError: `word` is not a string.
            ValueError: `word` is empty or has white space in it.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> CompoundSplitter("de").spans("Liebesbrief")
            [(0, 6), (6, 11)]
        """
        return self._core.spans(_word(word))

    def margins(self, word: str) -> list[tuple[int, float]]:
        """How sure every gap is to be cut: code-point offset and margin, a logit.

        Gaps with less than two characters on a side, and those at hyphens, are not scored; a word
        of more than 100 characters between hyphens has none.

        Raises:
            TypeError: `word` is not a string.
            ValueError: `word` is empty or has white space in it.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> margins = CompoundSplitter("de").margins("Liebesbrief")
            >>> max(margins, key=lambda gap: gap[1])[0]
            6
        """
        return self._core.margins(_word(word))

    def normalize(self, word: str) -> list[str]:
        """The words that a compound is made of, as a dictionary has them.

        Linking elements and changed stems are undone where the language's model knows them (`de`,
        `da`, `sv`, `nb`, `nn`, `fi`, `en`) and the lexicon knows the outcome; German nouns get
        their capital, all else is in lower case. The last word is left in its form. A word that is
        no compound is returned as it is.

        Raises:
            TypeError: `word` is not a string.
            ValueError: `word` is empty or has white space in it.

        Examples:
            >>> from scriptio import CompoundSplitter
            >>> CompoundSplitter("de").normalize("Bücherkiste")
            ['Buch', 'Kiste']
        """
        return self._core.normalize(_word(word))

    def split_batch(
        self, words: Iterable[str], *, num_threads: int | None = None
    ) -> list[list[str]]:
        """`split` of every word, in the order of the words.

        The interpreter lock is released. Words that come again, as they do in running text, cost
        next to nothing.

        Args:
            words: The words, all at hand; see `pipe` for a stream of them.
            num_threads: How many threads at most; as many as there are
                processors unless told. The result does not depend on it.

        Raises:
            TypeError: `words` is a single string, or an item is not a string.
            ValueError: A word is empty or has white space in it, or `num_threads` is smaller
                than 1.
        """
        return self._core.split_batch(checked_texts(words, "words"), thread_count(num_threads))

    def pipe(
        self, words: Iterable[str], *, batch_size: int = 4096, num_threads: int | None = None
    ) -> Iterator[list[str]]:
        """`split` of a stream of words, in order, a batch at a time.

        Args:
            words: The words; they are taken as results are asked for.
            batch_size: How many words to work on at once.
            num_threads: As for `split_batch`.

        Raises:
            TypeError: `words` is a single string, or an item is not a string.
            ValueError: A word is empty or has white space in it, or a number is smaller than 1.
        """
        if isinstance(words, (str, bytes, bytearray)):
            raise TypeError(
                f"words must be an iterable of str, not one {type(words).__name__}; "
                "pass [words] for one"
            )
        checked_int(batch_size, "batch_size")
        thread_count(num_threads)

        def batches() -> Iterator[list[str]]:
            items = iter(words)
            while batch := list(islice(items, batch_size)):
                yield from self.split_batch(batch, num_threads=num_threads)

        return batches()

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
        config[5] = (*self._config[5], *_exceptions(exceptions))
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
        lang = checked_text(lang, "lang")
        note = checked_text(note, "note")
        options = training(table_bits, epochs, seed)
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
            core = base.with_lexicon(lang, lexicon, True)
        else:
            core = _core.CompoundSplitter.fit(
                lang, lexicon, [], examples, constituents, options(bool(examples)), base
            )
        return cls._made(core.with_note(note), None, _DEFAULTS)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, with the words that were added, to a file for `CompoundSplitter(path)`.

        Options, exceptions and protected words are not part of it.

        Raises:
            OSError: The file cannot be written.
        """
        Path(path).write_bytes(self._core.to_bytes())


_DEFAULTS: _Config = (0.0, 2, None, "attach", (), (), ())


def _word(word: object) -> str:
    try:
        return checked_text(word, "word")
    except TypeError as error:
        told = str(error).replace("segment_batch or pipe", "split_batch or pipe")
        raise TypeError(told) from None


def _exceptions(given: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
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


def _config(
    threshold: object,
    min_part: object,
    max_parts: object,
    linking: object,
    words: Iterable[str],
    exceptions: object,
    protected: Iterable[str],
) -> _Config:
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
        _exceptions(exceptions),
        checked_words(protected, "protected"),
    )


@lru_cache(maxsize=8)
def _bundled(lang: str) -> _core.CompoundSplitter:
    return read_model(bundled_path(lang))


def _loaded(lang: object) -> tuple[_core.CompoundSplitter, str | None]:
    """The model, and the language whose bundled model it is."""
    if isinstance(lang, os.PathLike):
        return read_model(Path(lang)), None
    name = checked_text(lang, "lang")
    code = lang_of(name)
    if code is not None:
        return _bundled(code), code
    if os.sep in name or "/" in name or Path(name).suffix:
        return read_model(Path(name)), None
    raise unknown_lang(name)


def _rebuilt(cls: type[CompoundSplitter], model: str | bytes, config: _Config) -> CompoundSplitter:
    """Unpickle."""
    if isinstance(model, str):
        return cls._made(_bundled(model), model, config)
    return cls._made(_core.CompoundSplitter.from_bytes(model), None, config)
