"""What `pipe` of every segmenter does: a stream of texts, a batch at a time."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Generic, Literal, TypeVar, overload

from scriptio._text import checked_int, checked_text, refuse_one_text, thread_count

__all__ = ["Piping"]

C = TypeVar("C")
R = TypeVar("R")


class Piping(Generic[R]):
    """The base of whatever makes a result of each text: it gives them `pipe`."""

    __slots__ = ()

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[R]:
        """The results of texts that are all at hand."""
        raise NotImplementedError

    @overload
    def pipe(
        self,
        texts: Iterable[str],
        *,
        as_tuples: Literal[False] = False,
        batch_size: int = 256,
        num_threads: int | None = None,
    ) -> Iterator[R]: ...
    @overload
    def pipe(
        self,
        texts: Iterable[tuple[str, C]],
        *,
        as_tuples: Literal[True],
        batch_size: int = 256,
        num_threads: int | None = None,
    ) -> Iterator[tuple[R, C]]: ...
    def pipe(
        self,
        texts: Iterable[Any],
        *,
        as_tuples: bool = False,
        batch_size: int = 256,
        num_threads: int | None = None,
    ) -> Iterator[Any]:
        """The results of a stream of texts, in order, a batch at a time.

        Each is what a call for its text alone gives. Texts are taken as
        results are asked for, `batch_size` at once, and not kept. Whatever is
        wrong with one of them, the results of those before it come first.

        Args:
            texts: The texts, or with `as_tuples` pairs of a text and anything.
            as_tuples: Give pairs of a result and what came with its text.
            batch_size: How many texts to work on at once.
            num_threads: How many threads at most, as for a batch.

        Raises:
            TypeError: `texts` is a single string, or as a call for one text.
            ValueError: `batch_size` or `num_threads` is smaller than 1, or as
                a call for one text.
            ModelError: A model is needed and cannot be used.

        Examples:
            >>> from scriptio import SentenceSegmenter
            >>> pairs = [("It rained. We left.", "diary"), ("Hello.", "mail")]
            >>> for out, source in SentenceSegmenter("en").pipe(pairs, as_tuples=True):
            ...     print(source, len(out))
            diary 2
            mail 1
        """
        # Arguments are checked before the first text is asked for.
        refuse_one_text(texts)
        checked_int(batch_size, "batch_size")
        thread_count(num_threads)
        batch = partial(self._of_batch, num_threads=num_threads)
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
        try:
            results = segment_batch(texts)
        except Exception:
            results = []
            for text in texts:
                try:
                    results += segment_batch([text])
                except Exception as error:
                    failure = error
                    break
            del contexts[len(results) :]
        # Turned round, so that each result can be taken off and is then kept by the caller alone.
        results.reverse()
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
