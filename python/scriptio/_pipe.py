"""What `pipe` of every segmenter does: a stream of texts, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from scriptio._text import checked_int, checked_text, refuse_one_text, thread_count

__all__ = ["piped"]


def piped(
    segment_batch: Callable[..., list[Any]],
    texts: Iterable[Any],
    as_tuples: bool,
    batch_size: int,
    num_threads: int | None,
) -> Iterator[Any]:
    """The results of `texts` in order; arguments are checked before the first is asked for.

    Args:
        segment_batch: What makes results of a list of texts, and takes `num_threads`.
        texts: The texts, or with `as_tuples` pairs of a text and anything.
        as_tuples: Give pairs of a result and what came with its text.
        batch_size: How many texts to work on at once.
        num_threads: Handed on.

    Raises:
        TypeError: `texts` is a single string or cannot be looped over.
        ValueError: `batch_size` or `num_threads` is smaller than 1.
    """
    refuse_one_text(texts)
    checked_int(batch_size, "batch_size")
    thread_count(num_threads)
    batch = partial(segment_batch, num_threads=num_threads)
    return _results(batch, iter(texts), as_tuples, batch_size)


def _results(
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
