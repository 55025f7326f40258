"""What a compound splitter is asked: the pieces of words."""

from collections.abc import Iterable, Iterator
from itertools import islice

from scriptio._compound_config import checked_word
from scriptio._core import CompoundSplitter as Core
from scriptio._text import checked_int, checked_texts, thread_count

__all__ = ["Splitting"]


class Splitting:
    """The half of `CompoundSplitter` that reads words; the other half makes it."""

    __slots__ = ("__weakref__", "_core")

    _core: Core

    @property
    def core(self) -> Core:
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
        return self._core.split(word if type(word) is str else checked_word(word))

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
        return self._core.spans(checked_word(word))

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
        return self._core.margins(checked_word(word))

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
        return self._core.normalize(checked_word(word))

    def split_batch(
        self, words: Iterable[str], *, num_threads: int | None = None
    ) -> list[list[str]]:
        """`split` of every word, in the order of the words.

        The interpreter lock is released while words are cut. A word is cut once, however often it
        comes, so that running text costs a fraction of as many different words. Each word has a
        list of its own; their strings are shared. Python's cyclic garbage collector is held while
        these lists, which it would look through many times, are made.

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
