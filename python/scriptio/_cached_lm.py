"""Reading trees of contexts with a model that runs batches and may keep keys and values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scriptio._kv import Cached, Chain, Piece, chains, gathered, joined_if_many
from scriptio.language_model import Context, checked_depth, checked_ids, normalised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CachedLM"]

#: Tokens of one row of a run with a cache: a long prompt is read in steps, because the model gives
#: a row of the size of the vocabulary for each token.
LONGEST_ROW = 256

#: Rows of one run.
MOST_ROWS = 32

#: Rows whose pasts differ by no more tokens are run together: the longer pasts are cut, and what
#: was cut is read again. So no past is ever filled up, which some exports do not understand.
SLACK = 8


class CachedLM:
    """What `OnnxLM` and `TransformersLM` have in common; each says how a batch is run."""

    __slots__ = ("__weakref__", "_bos", "_eos", "_limit", "_name", "_size")

    #: The ids before every text, those that end one, and how many tokens fit in all.
    _bos: tuple[int, ...]
    _eos: tuple[int, ...]
    _limit: int | None
    #: What errors call the model, and how many tokens it scores.
    _name: str
    _size: int

    def _init(
        self,
        name: str,
        size: int,
        eos_ids: Sequence[int],
        bos_ids: Sequence[int],
        max_context: int | None,
    ) -> None:
        """Check and keep what does not depend on how batches are run."""
        self._name = name
        self._size = size
        self._eos = checked_ids(eos_ids, size, "eos_ids")
        self._bos = checked_ids(bos_ids, size, "bos_ids")
        self._limit = max_context
        if max_context is not None and max_context < len(self._bos):
            raise ValueError(
                f"max_context is {max_context}, less than the {len(self._bos)} ids of bos_ids"
            )

    @property
    def vocab_size(self) -> int:
        """How many tokens the model scores."""
        return self._size

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a text."""
        return self._eos

    @property
    def bos_ids(self) -> tuple[int, ...]:
        """What it reads before every text."""
        return self._bos

    @property
    def max_context(self) -> int | None:
        """How many tokens a context may have, `bos_ids` left out; None if nobody says."""
        return None if self._limit is None else self._limit - len(self._bos)

    def _keeps(self) -> bool:
        """Whether keys and values are kept."""
        raise NotImplementedError

    def _gives_logits(self) -> bool:
        """Whether scores are logits rather than logarithms of probabilities."""
        raise NotImplementedError

    def _forward(
        self, ids: "NDArray[np.int64]", lengths: list[int], past: int, before: list[list[Any]]
    ) -> tuple[Any, list[Any]]:
        """Scores (batch by sequence by vocabulary) and the tensors of keys and values.

        Args:
            ids: A row for each text, filled up behind.
            lengths: How many of a row are the text's.
            past: How many tokens come before each.
            before: For each row its keys and values up to there; empty without any.
        """
        raise NotImplementedError

    def _row(self, scores: Any, row: int, column: int) -> "NDArray[Any]":
        """The scores of one place, alone."""
        raise NotImplementedError

    def _part(self, tensor: Any, row: int, first: int, last: int) -> Any:
        """A copy of the keys or values of a row from one token to another, without the batch."""
        raise NotImplementedError

    def _cut(self, array: Any, length: int) -> Any:
        """The first tokens of what `_part` gave."""
        raise NotImplementedError

    def _join(self, arrays: Sequence[Any]) -> Any:
        """One array of several that follow each other."""
        raise NotImplementedError

    def next_logprobs(self, contexts: Sequence[Context]) -> "NDArray[np.floating[Any]]":
        """As `LanguageModel.next_logprobs`; float32.

        Raises:
            ModelError: The model cannot be run or gives no law of tokens.
            ValueError: A context is longer than `max_context`, holds an id
                that the model does not have, or is empty and there are no
                `bos_ids`.
        """
        import numpy as np

        limit = self.max_context
        for context in contexts:
            checked_depth(context, limit)
            if context.depth == 0 and not self._bos:
                raise ValueError(
                    f"{self._name} cannot tell how a text begins: the context is empty and there "
                    "are no bos_ids; pass bos_ids=[...], what the model was trained to see first"
                )
        if not contexts:
            return np.zeros((0, self._size), np.float32)
        wanted = {id(context) for context in contexts}
        found: dict[int, NDArray[Any]] = {}
        rounds = chains(contexts, self._ready, LONGEST_ROW if self._keeps() else None)
        if not self._keeps():
            # Every row begins at the root, so none has to wait for another.
            rounds = [[row for rows in rounds for row in rows]]
        for rows in rounds:
            for group in self._groups(rows):
                self._run(group, wanted, found)
        made = np.stack([found[id(context)] for context in contexts])
        return normalised(
            made, contexts, self._size, logits=self._gives_logits(), source=self._name
        )

    def _held(self, context: Context | None) -> Cached | None:
        """What this model has kept of a context."""
        held = None if context is None else context.cache
        return held if isinstance(held, Cached) and held.owner is self else None

    def _ready(self, context: Context) -> bool:
        """Whether a row may start behind a context."""
        return self._held(context) is not None or (context.depth == 0 and not self._bos)

    def _before(self, row: Chain) -> int:
        """How many tokens a row has before it that need not be read again."""
        held = self._held(row[0].parent)
        return 0 if held is None else held.end

    def _groups(self, rows: list[Chain]) -> list[list[Chain]]:
        """Rows that are run together: of similar pasts and lengths."""
        groups: list[list[Chain]] = []
        least = shortest = 0
        keyed = [(self._before(row), row[-1].depth + len(self._bos), row) for row in rows]
        for before, end, row in sorted(keyed, key=lambda given: given[:2]):
            if (
                groups
                and len(groups[-1]) < MOST_ROWS
                and before - least <= SLACK
                and end - least <= 2 * (shortest + SLACK)
            ):
                groups[-1].append(row)
            else:
                groups.append([row])
                least, shortest = before, end - before
        return groups

    def _run(self, rows: list[Chain], wanted: set[int], found: "dict[int, NDArray[Any]]") -> None:
        """Read the rows of a group, keep their keys and values and the scores that are wanted."""
        import numpy as np

        past = min(map(self._before, rows))
        texts = [self._tokens(row[-1], past) for row in rows]
        ids = np.zeros((len(rows), max(map(len, texts))), np.int64)
        for number, text in enumerate(texts):
            ids[number, : len(text)] = text
        before = [self._keys(row, past) for row in rows] if past else []
        scores, present = self._forward(ids, [len(text) for text in texts], past, before)
        for number, row in enumerate(rows):
            held = self._held(row[0].parent)
            first = 0 if held is None else held.end
            last = len(self._bos) + row[-1].depth
            arrays = [self._part(tensor, number, first, last) for tensor in present]
            piece = Piece(None if held is None else held.piece, first, arrays)
            for node in row:
                end = len(self._bos) + node.depth
                if self._keeps():
                    node.cache = Cached(self, piece, end)
                if id(node) in wanted:
                    found[id(node)] = self._row(scores, number, end - past - 1)

    def _keys(self, row: Chain, past: int) -> list[Any]:
        """The keys and values before a row."""
        parent = row[0].parent
        held = self._held(parent)
        assert parent is not None, "a row with a past has a parent"
        assert held is not None, "the parent of a row with a past was read"
        held = joined_if_many(parent, held, self._cut, self._join)
        return gathered(held.piece, past, self._cut, self._join)

    def _tokens(self, context: Context, past: int) -> list[int]:
        """The tokens that the model must read: `bos_ids` and the context's, all but the first."""
        wanted = len(self._bos) + context.depth - past
        read: list[int] = []
        node: Context | None = context
        while node is not None and node.token is not None and len(read) < wanted:
            read.append(node.token)
            node = node.parent
        read.reverse()
        if len(read) < wanted:
            read = [*self._bos[len(self._bos) - (wanted - len(read)) :], *read]
        return list(checked_ids(read, self._size, "a context's tokens"))
