"""The words of a text as rows of bytes, for models that pool words."""

from __future__ import annotations

from array import array
from operator import index as indexed
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from scriptio import _core
from scriptio._imports import require
from scriptio._text import checked_int, checked_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    Starts: TypeAlias = Iterable[int] | Iterable[tuple[int, int]]

__all__ = ["WordLayout"]


class WordLayout:
    """The words of a text as rows of bytes: what a word encoder and decoder read.

    A word encoder reads a row, whose first `prefix` slots (CLS) take up what the
    word says; a model of words goes on with these; a word decoder spells each
    word, byte by byte up to a symbol that ends it. Bytes are their own ids, 0 to
    255; the symbols follow. Nothing is learned here, and nothing lost: words
    partition the text.

    White space belongs to the word before it, and to the first where there is
    none. A word of more than `max_length` bytes goes on in the next row, cut
    between two code points unless rows are shorter than one: `row_words` tells
    which rows are of one word, and `MORE` stands in place of `END`.

    Thawani et al. 2023, "Learn Your Tokens: Word-Pooled Tokenization for
    Language Modeling", EMNLP Findings.

    Args:
        text: A string or bytes. A lone surrogate is three bytes, as
            `surrogatepass` writes it.
        words: `unicode` for what lies between the word boundaries of Unicode
            (UAX #29), `space` for what lies between white space; or where each
            word starts, as integers or spans in units of the text (code points
            or bytes), or a function that gives these for the text. A word lasts
            until the next one starts.
        max_length: Bytes of a row.
        prefix: Slots before the bytes.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A number is out of range, or words do not rise or overlap.

    Attributes:
        data: The bytes of the text.
        words: Start and end of each word, in units of the text.
        rows: Start and end of each row, in bytes.
        row_words: Of which word each row is.
        max_length: Bytes of a row.
        prefix: Slots before the bytes.

    Examples:
        >>> layout = WordLayout("so extraordinary", max_length=8)
        >>> layout.words.tolist(), layout.row_words.tolist()
        ([[0, 3], [3, 16]], [0, 1, 1])
        >>> layout.ids()[0].tolist()
        [260, 115, 111, 32, 256, 256, 256, 256, 256]
        >>> layout.decoder_targets()[1].tolist()  # ends with MORE
        [101, 120, 116, 114, 97, 111, 114, 100, 258]
        >>> data, words = WordLayout.decode(layout.decoder_targets())
        >>> data, words.tolist()
        (b'so extraordinary', [[0, 3], [3, 16]])
    """

    #: Fills a row up.
    PAD: ClassVar[int] = _core.WordRows.PAD
    #: Behind the last byte of a word.
    END: ClassVar[int] = _core.WordRows.END
    #: Behind the last byte of a row whose word goes on in the next one.
    MORE: ClassVar[int] = _core.WordRows.MORE
    #: What the decoder sees before the first byte.
    START: ClassVar[int] = _core.WordRows.START
    #: The first of the prefix slots; the others count on.
    PREFIX: ClassVar[int] = _core.WordRows.PREFIX

    data: bytes
    words: NDArray[np.int64]
    rows: NDArray[np.int64]
    row_words: NDArray[np.int64]
    max_length: int
    prefix: int

    __slots__ = (
        "__weakref__",
        "_core",
        *("data", "max_length", "prefix", "row_words", "rows", "words"),
    )

    def __init__(
        self,
        text: str | bytes,
        *,
        words: Literal["unicode", "space"] | Starts | Callable[[Any], Starts] = "unicode",
        max_length: int = 16,
        prefix: int = 1,
    ) -> None:
        require("numpy")
        import numpy as np

        if not isinstance(text, bytes):
            text = checked_text(text)
        self.max_length = checked_int(max_length, "max_length")
        self.prefix = checked_int(prefix, "prefix", least=0)
        self.data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if isinstance(words, str):
            ends = marks = np.array(_core.word_ends(self.data, words), np.int64)
            if isinstance(text, str):
                marks = np.array(_core.chars_of_bytes(text, ends.data), np.int64)
        else:
            ends = marks = np.array(_ends(words(text) if callable(words) else words, len(text)))
            if isinstance(text, str):
                ends = np.array(_core.bytes_of_chars(text, marks.data), np.int64)
        self._core = _core.WordRows(self.data, ends.data, self.max_length)
        self.words = _spans(marks)
        self.rows = _spans(np.array(self._core.ends(), np.int64))
        self.row_words = np.array(self._core.words(), np.int64)

    @property
    def vocab_size(self) -> int:
        """The largest id, plus one."""
        return self.PREFIX + self.prefix

    def ids(self) -> NDArray[np.int64]:
        """What the word encoder reads: a row of `prefix + max_length` ids each."""
        return self._rows(self._core.padded(self.prefix), self.prefix + self.max_length)

    def mask(self) -> NDArray[np.bool_]:
        """Which of `ids` are no padding: the slots and the bytes."""
        mask: NDArray[np.bool_] = self.ids() != self.PAD
        return mask

    def packed_ids(self) -> NDArray[np.int64]:
        """`ids` without padding, all rows as one sequence."""
        import numpy as np

        return np.array(self._core.packed(self.prefix), np.int64)

    def packed_rows(self) -> NDArray[np.int64]:
        """Of which row each of `packed_ids` is: they rise."""
        import numpy as np

        return np.repeat(np.arange(len(self.rows)), self._lengths() + self.prefix)

    def block_mask(self) -> NDArray[np.bool_]:
        """Which of `packed_ids` may see which: those of the same row.

        It takes the square of their number; `packed_rows` says the same.
        """
        rows = self.packed_rows()
        mask: NDArray[np.bool_] = rows[:, None] == rows[None, :]
        return mask

    def decoder_inputs(self) -> NDArray[np.int64]:
        """What the word decoder reads: `START`, the bytes, padding."""
        return self._rows(self._core.inputs(), self.max_length + 1)

    def decoder_targets(self) -> NDArray[np.int64]:
        """What it should say at each of them: the bytes, `END` or `MORE`, padding."""
        return self._rows(self._core.targets(), self.max_length + 1)

    @staticmethod
    def decode(targets: NDArray[Any]) -> tuple[bytes, NDArray[np.int64]]:
        """The way back from what a decoder said: the bytes, and the spans of words.

        What stands behind the `END` or `MORE` of a row is not looked at.

        Args:
            targets: Rows of ids, as `decoder_targets` gives them.

        Raises:
            ValueError: They are no matrix of integers, or a row does not end, or
                holds another symbol before its end.
        """
        require("numpy")
        import numpy as np

        table = np.asarray(targets)
        if table.ndim != 2 or table.dtype.kind not in "iu":
            raise ValueError(
                f"targets must be a matrix of integers, not of shape {table.shape} and type "
                f"{table.dtype}; take the argmax of logits first"
            )
        flat = np.ascontiguousarray(table, np.int64).reshape(-1)
        data, ends = _core.WordRows.decode(flat.data, max(table.shape[1], 1))
        return data, _spans(np.array(ends, np.int64))

    def pad(self, values: NDArray[Any], fill: Any = 0) -> NDArray[Any]:
        """One value for each byte as rows of `max_length`, filled up with `fill`.

        Args:
            values: An array whose first axis is the bytes of the text.
            fill: What stands where there is no byte.

        Raises:
            ValueError: The axis is of another length.
        """
        import numpy as np

        values = self._checked(values, len(self.data), "the bytes of the text")
        shape = (len(self.rows), self.max_length, *values.shape[1:])
        out = np.full(shape, fill, values.dtype)
        out[self._places()] = values
        return out

    def ragged(self, padded: NDArray[Any]) -> NDArray[Any]:
        """The way back from `pad`: one value for each byte.

        Args:
            padded: An array whose first two axes are rows and their bytes; from
                the outputs of an encoder cut the slots off.

        Raises:
            ValueError: The axes are of other lengths.
        """
        padded = self._checked(padded, len(self.rows), "the rows")
        if padded.ndim < 2 or padded.shape[1] != self.max_length:
            raise ValueError(
                f"padded is of shape {padded.shape}; its second axis must be the {self.max_length} "
                "bytes of a row, without the slots before them"
            )
        out: NDArray[Any] = padded[self._places()]
        return out

    def word_means(self, values: NDArray[Any]) -> NDArray[Any]:
        """The mean of the values of each word's bytes: pooling in its plainest form.

        Args:
            values: An array of floats whose first axis is the bytes of the text.

        Raises:
            ValueError: The axis is of another length.
        """
        import numpy as np

        values = self._checked(values, len(self.data), "the bytes of the text")
        if not self.data:
            return values
        rows, first = np.unique(self.row_words, return_index=True)
        starts = self.rows[first, 0]
        sums = np.add.reduceat(values, starts, axis=0)
        counts = np.diff(starts, append=len(self.data))
        out: NDArray[Any] = sums / counts.reshape(len(rows), *[1] * (values.ndim - 1))
        return out

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<WordLayout of {len(self.words)} words in {len(self.rows)} rows>"

    def _rows(self, ids: _core.IntArray, width: int) -> NDArray[np.int64]:
        import numpy as np

        return np.array(ids, np.int64).reshape(len(self.rows), width)

    def _lengths(self) -> NDArray[np.int64]:
        lengths: NDArray[np.int64] = self.rows[:, 1] - self.rows[:, 0]
        return lengths

    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of each byte."""
        import numpy as np

        row = np.repeat(np.arange(len(self.rows)), self._lengths())
        return row, np.arange(len(self.data)) - self.rows[row, 0]

    @staticmethod
    def _checked(values: NDArray[Any], length: int, what: str) -> NDArray[Any]:
        import numpy as np

        values = np.asarray(values)
        if values.ndim == 0 or len(values) != length:
            raise ValueError(
                f"an array of shape {values.shape} does not fit; its first axis must be {what}, "
                f"{length} of them"
            )
        return values


def _ends(words: Any, length: int) -> array[int]:
    """Where words end, of which the starts or the spans are given: where the next starts."""
    starts: list[int] = []
    last = 0
    for index, word in enumerate(words):
        try:
            # An index, or a pair of them; of numpy's kinds, too.
            pair = word if hasattr(word, "__len__") else [word, word]
            start, end = map(indexed, pair)
        except (TypeError, ValueError):
            raise TypeError(
                f"word {index} is {word!r}; pass where each word starts, or (start, end)"
            ) from None
        if start < last or (starts and start <= starts[-1]) or end < start or end > length:
            raise ValueError(
                f"word {index} is {word!r}, after {last} and in a text of {length}; words must "
                "rise, not overlap, and lie in the text"
            )
        starts.append(start)
        last = end
    if not length:
        return array("q")
    # What lies before the first belongs to it.
    return array("q", [*starts[1:], length])


def _spans(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    return np.stack([np.concatenate([[0], ends[:-1]])[: len(ends)], ends], axis=1)
