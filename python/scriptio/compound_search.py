"""Compounds for search: tokens in, tokens and subwords out, with offsets and positions."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from scriptio._text import checked_int
from scriptio.compounds import CompoundSplitter

__all__ = ["SearchToken", "search_tokens"]

#: Tokens worked on at once.
BATCH = 4096


class SearchToken(NamedTuple):
    """A token of a stream for an index.

    Attributes:
        text: What is indexed.
        start: Where it begins in the text, in code points.
        end: Where it ends.
        increment: Positions from the token before; 0 for one at the same position.
        length: How many positions it covers: more than 1 for an original whose subwords follow.
    """

    text: str
    start: int
    end: int
    increment: int
    length: int


def search_tokens(
    tokens: Iterable[tuple[str, int, int]],
    splitter: CompoundSplitter,
    *,
    keep_original: bool = True,
    min_subword: int = 1,
) -> Iterator[SearchToken]:
    """Subwords of a stream of tokens, none of which lies over or in another.

    Subwords have the offsets of their own stretch of the text and follow each other at positions of
    their own, so that a phrase query finds them in their order and highlights mark them alone. With
    `keep_original` a compound comes first, at the position of its first subword, and tells by its
    `length` how many positions it covers (a graph, as Lucene's token streams are). Linking elements
    and hyphens are treated as the splitter's `linking` says: `strip` leaves them out of the text
    and the offsets of subwords.

    Args:
        tokens: The text of each token with its start and end in code points, as a tokenizer gives
            them. Where a token's text is not as long as its stretch of the text, having been
            changed before, its subwords take the offsets of the whole token.
        splitter: Cuts the tokens. Its `linking` may be any.
        keep_original: Give the compound, too.
        min_subword: A compound with a subword of fewer characters is left whole.

    Raises:
        TypeError: A token is no triple of a string and two integers.
        ValueError: A token is empty, has white space in it, or ends before it starts.

    Examples:
        >>> from scriptio import CompoundSplitter
        >>> from scriptio.compound_search import search_tokens
        >>> tokens = [("ein", 0, 3), ("Sommerkleid", 4, 15)]
        >>> for token in search_tokens(tokens, CompoundSplitter("de")):
        ...     print(*token)
        ein 0 3 1 1
        Sommerkleid 4 15 1 2
        Sommer 4 10 0 1
        kleid 10 15 1 1
    """
    checked_int(min_subword, "min_subword")
    if not isinstance(splitter, CompoundSplitter):
        raise TypeError(f"splitter must be a CompoundSplitter, not {type(splitter).__name__}")

    def given() -> Iterator[SearchToken]:
        stream = iter(tokens)
        while batch := [_checked(token) for token in islice(stream, BATCH)]:
            # One thread: a stream is one of many in a server.
            found = splitter.split_batch([text for text, _, _ in batch], num_threads=1)
            for (text, start, end), pieces in zip(batch, found, strict=True):
                if len(pieces) < 2 or min(map(len, pieces)) < min_subword:
                    yield SearchToken(text, start, end, 1, 1)
                    continue
                if keep_original:
                    yield SearchToken(text, start, end, 1, len(pieces))
                exact = len(text) == end - start
                at = 0
                for rank, piece in enumerate(pieces):
                    # What `strip` leaves out lies between pieces.
                    at = text.index(piece, at)
                    span = (start + at, start + at + len(piece)) if exact else (start, end)
                    at += len(piece)
                    increment = 0 if keep_original and rank == 0 else 1
                    yield SearchToken(piece, *span, increment, 1)

    return given()


def _checked(token: object) -> tuple[str, int, int]:
    if not isinstance(token, tuple) or len(token) != 3:
        raise TypeError(f"tokens must be triples of text, start and end, not {token!r}")
    text, start, end = token
    if not isinstance(text, str) or not isinstance(start, int) or not isinstance(end, int):
        raise TypeError(f"tokens must be triples of str, int and int, not {token!r}")
    if not 0 <= start <= end:
        raise ValueError(f"a token must end where it starts or later, not {token!r}")
    return text, start, end
