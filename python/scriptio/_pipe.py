"""What `pipe` of every segmenter does: a stream of texts, a batch at a time."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from scriptio._text import checked_text

__all__ = ["piped"]


def piped(
    segment_batch: Callable[[list[str]], list[Any]],
    items: Iterator[Any],
    as_tuples: bool,
    batch_size: int,
) -> Iterator[Any]:
    """Give the results of `items` in order.

    Items are taken as results are asked for, and neither they nor the results
    are kept. What goes wrong with an item is raised after the results of
    those before it, so that the batch size makes no difference.
    """
    taken = 0
    failure: Exception | None = None
    while failure is None:
        texts: list[str] = []
        contexts: list[Any] = []
        try:
            for item in islice(items, batch_size):
                text, context = item if as_tuples else (item, None)
                texts.append(checked_text(text, f"texts[{taken}]"))
                contexts.append(context)
                taken += 1
        except Exception as error:
            failure = error
        if not texts and failure is None:
            return
        # Turned round, so that each result can be taken off and is then kept by the caller alone.
        results = segment_batch(texts)[::-1]
        contexts.reverse()
        item = text = context = None
        texts.clear()
        while results:
            yield (results.pop(), contexts.pop()) if as_tuples else results.pop()
    try:
        raise failure
    finally:
        # The exception knows this frame; the frame need not know the exception.
        failure = None
