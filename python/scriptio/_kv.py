"""What a model with a cache of keys and values has computed, and the order in which to run it.

The cache is kept once for each token of a tree of contexts, in pieces: one piece for each row of a
run. Memory is linear in the number of contexts, whatever the branching; what a run needs of the
past is put together from the pieces on its path.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from scriptio.language_model import Context

__all__ = ["Cached", "Chain", "Piece", "chains", "gathered", "pieces_on"]

#: From how many pieces on a path on they are joined into one.
MANY_PIECES = 16

#: A row of a run: nodes of a tree from the top down, each the parent of the next.
Chain = list[Context]


class Piece:
    """The keys and values of the tokens of one row.

    Attributes:
        base: The piece that holds what comes before, if anything does.
        start: How many tokens come before. `base` may hold more.
        arrays: A tensor for each input of the cache, without the batch axis.
    """

    __slots__ = ("arrays", "base", "start")

    def __init__(self, base: "Piece | None", start: int, arrays: list[Any]) -> None:
        self.base = base
        self.start = start
        self.arrays = arrays


class Cached(NamedTuple):
    """What a model keeps in `Context.cache`.

    Attributes:
        owner: The model; a context may have been read by another one before.
        piece: Holds the context's last token.
        end: How many tokens the model has read there, those before the text included.
    """

    owner: object
    piece: Piece
    end: int


def pieces_on(piece: Piece | None) -> int:
    """How many pieces hold a path."""
    count = 0
    while piece is not None:
        count += 1
        piece = piece.base
    return count


def gathered(
    piece: Piece | None,
    length: int,
    cut: Callable[[Any, int], Any],
    join: Callable[[Sequence[Any]], Any],
) -> list[Any]:
    """The keys and values of the first `length` tokens of a path; none of an empty one.

    Args:
        piece: The last piece of the path.
        length: How many tokens.
        cut: The first tokens of an array.
        join: One array of several that follow each other.
    """
    parts: list[list[Any]] = []
    upto = length
    while piece is not None and upto > 0:
        if upto > piece.start:
            parts.append([cut(array, upto - piece.start) for array in piece.arrays])
            upto = piece.start
        piece = piece.base
    if len(parts) == 1:
        return parts[0]
    return [join(arrays) for arrays in zip(*reversed(parts), strict=True)]


def joined_if_many(
    context: Context,
    held: Cached,
    cut: Callable[[Any, int], Any],
    join: Callable[[Sequence[Any]], Any],
) -> Cached:
    """What is held of a context, in one piece if there were many.

    All contexts on the path are pointed to the new piece, so that the old
    ones live on for branches alone.
    """
    if pieces_on(held.piece) < MANY_PIECES:
        return held
    whole = Piece(None, 0, gathered(held.piece, held.end, cut, join))
    node: Context | None = context
    while node is not None:
        found = node.cache
        if isinstance(found, Cached) and found.owner is held.owner:
            node.cache = found._replace(piece=whole)
        node = node.parent
    return held._replace(piece=whole)


def chains(
    contexts: Sequence[Context], ready: Callable[[Context], bool], longest: int | None
) -> list[list[Chain]]:
    """Rounds of rows that read every context once, each row after what comes before it.

    The first round holds the longest path that is missing, of each tree; what
    branches off comes in the next, so that a trunk is one row and its branches
    one batch. There are at most as many rounds as the logarithm of the
    number of contexts, plus one for each `longest` tokens.

    Args:
        contexts: What must be read; they may hold ancestors of each other, or one twice.
        ready: Whether what a context holds is known, so that rows may start behind it.
        longest: How many tokens a row may have.
    """
    needed: dict[int, Context] = {}
    for context in contexts:
        node: Context | None = context
        while node is not None and id(node) not in needed:
            needed[id(node)] = node
            node = node.parent
            if node is not None and ready(node):
                break
    followers: dict[int, list[Context]] = {}
    roots: list[Context] = []
    heights: dict[int, int] = {}
    for node in sorted(needed.values(), key=lambda node: -node.depth):
        below = followers.get(id(node), ())
        heights[id(node)] = 1 + max((heights[id(child)] for child in below), default=0)
        if node.parent is not None and id(node.parent) in needed:
            followers.setdefault(id(node.parent), []).append(node)
        else:
            roots.append(node)
    rounds = []
    while roots:
        rows: list[Chain] = []
        later: list[Context] = []
        for node in roots:
            row = [node]
            while below := followers.get(id(row[-1]), []):
                best = max(below, key=lambda child: heights[id(child)])
                later += [child for child in below if child is not best]
                if longest is not None and len(row) >= longest:
                    later.append(best)
                    break
                row.append(best)
            rows.append(row)
        rounds.append(rows)
        roots = later
    return rounds
