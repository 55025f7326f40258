"""Shorter inputs for a model: merged tokens, and words pooled from their bytes.

Both say only where things lie: what vector a merged token or a word gets is up
to the model. `DynamicBpe` merges the commonest neighbours of a batch of token
ids into new ids. `WordLayout` lays a text out as one row of bytes for each word.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

from scriptio import _core
from scriptio._imports import require
from scriptio._text import checked_int
from scriptio._word_layout import WordLayout

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Buffer

    Ids: TypeAlias = Buffer | Iterable[int]

__all__ = ["DynamicBpe", "Merge", "MergedTokens", "WordLayout"]

#: Ids have 32 bits; the largest is kept free.
MOST_IDS = 2**32 - 1


class Merge(NamedTuple):
    """Two tokens became one.

    Attributes:
        id: The new token.
        left: Its left half: an id of the batch, or of an earlier merge.
        right: Its right half.
        occurrences: How often they were merged in the batch; 0 if the table was
            not learned but given.
    """

    id: int
    left: int
    right: int
    occurrences: int


class MergedTokens(NamedTuple):
    """A sequence after the merges, as arrays of 64-bit integers.

    Attributes:
        ids: Its tokens.
        starts: Where each starts, counted in tokens before the merges.
        ends: Where each ends; the next one starts there.
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class DynamicBpe:
    """Merges of tokens, learned from a batch: BPE on top of a model's own tokens.

    Each merge makes one new token of two neighbours that are the commonest pair
    of the batch at that time, wherever they stand. A pair counts as often as it
    can be merged (`a a a` holds `a a` once), so the batch becomes that many
    tokens shorter. Of pairs that count alike the one with the smaller ids comes
    first: the order of the batch does not matter.

    It cannot be changed, may be used by several threads at once, and can be
    pickled, which keeps the table but not the counts.

    Feher, Vulić & Minixhofer 2025, "Retrofitting Large Language Models with
    Dynamic Tokenization", ACL.

    Args:
        first_id: The id of the first new token; the others count on.
        pairs: Left and right half of each, in the order of the merges.

    Raises:
        ValueError: A half is neither below `first_id` nor the id of an earlier
            pair, a pair comes twice, or ids or expansions leave 32 bits.

    Examples:
        >>> bpe, merged = DynamicBpe.learn([[7, 8, 9, 7, 8, 5, 7, 8, 9]], first_id=100, merges=2)
        >>> merged[0].ids.tolist(), merged[0].starts.tolist()
        ([101, 100, 5, 101], [0, 3, 5, 6])
        >>> bpe.merges[1]
        Merge(id=101, left=100, right=9, occurrences=2)
        >>> bpe.expand([101, 5]).tolist()
        [7, 8, 9, 5]
    """

    __slots__ = ("__weakref__", "_inner")

    _inner: _core.DynamicBpe

    def __init__(self, first_id: int, pairs: Iterable[tuple[int, int]]) -> None:
        first_id = _checked_id(first_id, "first_id")
        halves = [
            (_checked_id(left, f"pairs[{at}][0]"), _checked_id(right, f"pairs[{at}][1]"))
            for at, (left, right) in enumerate(pairs)
        ]
        self._put(_core.DynamicBpe.from_pairs(first_id, halves))

    def _put(self, inner: _core.DynamicBpe) -> None:
        object.__setattr__(self, "_inner", inner)

    @classmethod
    def learn(
        cls,
        batch: Iterable[Ids],
        *,
        first_id: int,
        merges: int | None = None,
        reduction: float | None = None,
        word_starts: Iterable[Ids] | None = None,
        min_count: int = 2,
    ) -> tuple[DynamicBpe, list[MergedTokens]]:
        """The merges of a batch, and the batch after them.

        Stops as soon as `merges` or `reduction` is reached, or no pair counts
        enough. O(n log n) for n tokens and all merges together. The interpreter
        lock is released.

        Args:
            batch: The token ids of each sequence: buffers or iterables.
            first_id: The id of the first new token, above all in `batch`: for
                the usual model the size of its vocabulary.
            merges: How many new tokens to make.
            reduction: Which share of its tokens the batch should lose, 0 to 1.
            word_starts: For each sequence at which tokens its words start,
                rising. Tokens of two words are never merged. By default a
                sequence is one word.
            min_count: How often a pair must count to be merged.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: Neither `merges` nor `reduction` is given, an id is not
                below `first_id`, word starts do not rise or leave their
                sequence, or there are not as many of them as sequences.
        """
        inner, merged = _core.DynamicBpe.learn(
            _buffers(batch, word_starts),
            _checked_id(first_id, "first_id"),
            None if merges is None else checked_int(merges, "merges", least=0),
            None if reduction is None else float(reduction),
            checked_int(min_count, "min_count"),
        )
        bpe = cls.__new__(cls)
        bpe._put(inner)
        return bpe, _arrays(merged)

    def apply(
        self, batch: Iterable[Ids], *, word_starts: Iterable[Ids] | None = None
    ) -> list[MergedTokens]:
        """Other sequences after the same merges, in their order.

        Those that the merges were learned from become what they became there.
        O(n log n) for a word of n tokens. The interpreter lock is released.

        Args:
            batch: The token ids of each sequence.
            word_starts: As for `learn`.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: What is no id or no start of a word, as for `learn`.
        """
        return _arrays(self._inner.apply(_buffers(batch, word_starts)))

    def expand(self, ids: Ids) -> NDArray[np.int64]:
        """The original tokens that `ids` stand for, one after another.

        Raises:
            TypeError: They are no integers.
            ValueError: One is neither an original nor a new token.
        """
        return _array(self._inner.expand(_integers(ids, "ids")))

    @property
    def first_id(self) -> int:
        """The id of the first new token."""
        return self._inner.first_id

    @property
    def merges(self) -> list[Merge]:
        """The merges in their order; the ids of the new tokens count up."""
        return [Merge(*merge) for merge in self._inner.merges()]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Left and right half of each new token: what the constructor takes."""
        return [(left, right) for _, left, right, _ in self._inner.merges()]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a DynamicBpe cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DynamicBpe):
            return NotImplemented
        return (self.first_id, self.pairs) == (other.first_id, other.pairs)

    def __hash__(self) -> int:
        return hash((self.first_id, tuple(self.pairs)))

    def __repr__(self) -> str:
        return f"<DynamicBpe of {len(self.pairs)} merges, ids from {self.first_id}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.first_id, self.pairs)


def _checked_id(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    if not 0 <= value < MOST_IDS:
        raise ValueError(f"{name} is {value}; ids are from 0 to {MOST_IDS - 1}")
    return value


def _buffers(
    batch: Iterable[Ids], word_starts: Iterable[Ids] | None
) -> list[tuple[Buffer, Buffer]]:
    ids = [_integers(ids, f"batch[{at}]") for at, ids in enumerate(batch)]
    if word_starts is None:
        return [(sequence, array("q")) for sequence in ids]
    starts = [_integers(starts, f"word_starts[{at}]") for at, starts in enumerate(word_starts)]
    if len(starts) != len(ids):
        raise ValueError(
            f"word_starts are given for {len(starts)} sequences, but there are {len(ids)}; "
            "pass an empty list for a sequence that is one word"
        )
    return list(zip(ids, starts, strict=True))


def _integers(values: Ids, name: str) -> Buffer:
    """`values` as a buffer of 64-bit integers."""
    if isinstance(values, (str, bytes, bytearray)):
        raise TypeError(f"{name} must hold token ids, not be {type(values).__name__}")
    try:
        view = memoryview(values)  # type: ignore[arg-type]
    except TypeError:
        source: Any = values
    else:
        if view.ndim == 1 and view.format in ("q", "l") and view.itemsize == 8:
            return view if view.c_contiguous else array("q", view.tolist())
        source = view.tolist()
    try:
        return array("q", source)
    except TypeError as error:
        raise TypeError(f"{name} must hold token ids: {error}") from None
    except OverflowError:
        raise ValueError(f"{name} holds a number that is too large to be a token id") from None


def _array(numbers: _core.IntArray) -> NDArray[np.int64]:
    require("numpy")
    import numpy as np

    return np.array(numbers, np.int64)


def _arrays(
    merged: list[tuple[_core.IntArray, _core.IntArray, _core.IntArray]],
) -> list[MergedTokens]:
    return [MergedTokens(*map(_array, columns)) for columns in merged]
