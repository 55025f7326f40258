"""Size-limited chunks of texts, cut where their structure allows."""

import importlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from scriptio import _core
from scriptio._partition import (
    APART,
    OPEN,
    ContextRule,
    OutlineLike,
    Partition,
    Paths,
    SectionLike,
    partition_of,
    usual_prefix,
)
from scriptio._pipe import Piping
from scriptio._sizers import Sizer, core_sizer
from scriptio._text import (
    checked_int,
    checked_object,
    checked_text,
    checked_texts,
    thread_count,
)
from scriptio.protocols import Segmenter
from scriptio.sentence import SentenceSegmenter
from scriptio.types import Segmentation

__all__ = ["Chunk", "Chunker", "OutlineLike", "SectionLike", "Sizer"]


#: What `by` may name.
UNITS = ("paragraphs", "sentences", "sections", "topics")

#: Where text is cut that is too large, the largest level first.
LEVELS = ("paragraph", "line", "sentence", "clause", "phrase", "word")

#: What gives the units to pack: a name, a segmenter, or what makes outlines.
By: TypeAlias = Literal["paragraphs", "sentences", "sections", "topics"] | Segmenter | Any


class Chunk(NamedTuple):
    """A piece of a text that fits.

    Attributes:
        start: Where it starts, in code points.
        end: Where it ends.
        size: What the sizer counts for `prefix` and `text` together.
        path: What the sections are called that hold all of it, the highest
            first; empty where there are none.
        prefix: What comes before the text for a reader who sees only this
            chunk; not in the text itself.
        text: `text[start:end]` of the text.
    """

    start: int
    end: int
    size: int
    path: tuple[str, ...]
    prefix: str
    text: str

    @property
    def content(self) -> str:
        """Prefix and text: what has the size, and what to embed."""
        return self.prefix + self.text


class Chunker(Piping[list[Chunk]]):
    r"""Packs texts into chunks of at most a size.

    What fits into one chunk is not cut. A unit that does not fit is cut at the
    next level: a section into the sections below it, then paragraphs, lines,
    sentences, clauses, phrases, words, and, where nothing else is left,
    between characters. Neighbouring units that fit together share a chunk.

    Without overlap the chunks of a text concatenate to it. A chunker cannot
    be changed, may be used by several threads at once, and can be pickled if
    its arguments can; two of the same configuration are equal.

    Args:
        by: What to pack. `paragraphs` unless told; `sentences`, without
            regard to paragraphs; `sections` of a legal text; `topics`, as
            `TopicSegmenter` finds them unless told otherwise; any segmenter,
            such as `SaT` or a `TopicSegmenter` of one's own; or an object
            whose method `outline` gives the sections of a text.
        chunk_size: How much a chunk holds at most, its prefix included.
        chunk_overlap: How much of the chunk before is repeated at most, in
            whole units. Nothing is repeated across the start of a section.
        sizer: What sizes are counted in: `chars` (code points), `bytes` (of
            UTF-8), `words` (as `str.split` finds them), the path of a
            `tokenizer.json`, a `ByteVocab`, a tokenizer of `tokenizers` or
            `tiktoken`, or a function that is given a list of texts and gives
            their sizes. A size should not fall when a text grows.
        context: Put a prefix before each chunk: the title of its text and the
            headings above its start, where they are not in the chunk itself.
            A function is given both and returns the prefix.
        merge: Whether small neighbours may share a chunk. With False, every
            segment of `by` is a chunk of its own, and so is every section,
            with all below it, that fits and is not part of one that does. A
            function is given a section and says whether it may share a chunk
            with what comes before and after it at all.
        packing: `greedy` fills each chunk; `balanced` makes as few chunks,
            with the largest as small as that allows.
        lang: Language of the sentences, as for `SentenceSegmenter`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value.

    Examples:
        >>> from scriptio import Chunker
        >>> chunker = Chunker(chunk_size=24)
        >>> chunker.split("It rained. We left.\n\nGood. Very good, all in all.")
        ['It rained. We left.\n\n', 'Good. ', 'Very good, all in all.']
        >>> chunker.chunk("It rained.")
        [Chunk(start=0, end=10, size=10, path=(), prefix='', text='It rained.')]
    """

    __slots__ = ("__weakref__", "_by", "_config", "_core", "_prefix")

    def __init__(
        self,
        by: By | None = None,
        *,
        chunk_size: int = 1000,
        chunk_overlap: int = 0,
        sizer: Sizer = "chars",
        context: bool | ContextRule = False,
        merge: bool | Callable[[SectionLike], bool] = True,
        packing: Literal["greedy", "balanced"] = "greedy",
        lang: str = "und",
    ) -> None:
        checked_int(chunk_size, "chunk_size")
        checked_int(chunk_overlap, "chunk_overlap", 0)
        sentences = SentenceSegmenter(lang)
        self._by = sentences if by == "sentences" else _maker(by, lang)
        self._core = _core.Chunker(
            chunk_size=chunk_size,
            chunk_overlap=chunk_overlap,
            packing=checked_text(packing, "packing"),
            merge=True if callable(merge) else bool(merge),
            levels=list(LEVELS),
            sentences=sentences.core,
            by=self._by.core if self._native and self._by is not None else None,
            sizer=core_sizer(sizer),
        )
        self._prefix: ContextRule = context if callable(context) else usual_prefix
        self._config = (by, chunk_size, chunk_overlap, sizer, context, merge, packing, lang)

    @property
    def chunk_size(self) -> int:
        """How much a chunk holds at most."""
        return self._config[1]

    @property
    def chunk_overlap(self) -> int:
        """How much of the chunk before is repeated at most."""
        return self._config[2]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chunker):
            return NotImplemented
        return type(self) is type(other) and self._config == other._config

    def __hash__(self) -> int:
        return hash(self._config)

    def __repr__(self) -> str:
        names = ("chunk_size", "chunk_overlap", "sizer", "context", "merge", "packing", "lang")
        usual = (1000, 0, "chars", False, True, "greedy", "und")
        told = [] if self._config[0] is None else [repr(self._config[0])]
        for name, value, default in zip(names, self._config[1:], usual, strict=True):
            if value != default:
                told.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(told)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), *self._config)

    def chunk(self, text: str, *, title: str = "") -> list[Chunk]:
        """The chunks of one text, in order.

        Args:
            text: The text.
            title: What the text is called; it stands in the prefix of every
                chunk, with `context` or without.

        Raises:
            TypeError: `text` is not a string, or the sizer gives no integers.
            ValueError: Not even one character fits with its prefix, or the
                sizer gives negative counts or not one for each text.
        """
        text = checked_text(text)
        if hasattr(self._by, "outline"):
            return self.chunk_outline(self._by.outline(text), title=title)
        segmentation = None if self._native else self._by.segment(text)
        return self._flat(text, segmentation, checked_text(title, "title"))

    def split(self, text: str, *, title: str = "") -> list[str]:
        """The chunks of one text as strings, without their prefixes.

        Raises:
            TypeError: As `chunk`.
            ValueError: As `chunk`.
        """
        return [chunk.text for chunk in self.chunk(text, title=title)]

    def chunk_outline(self, outline: OutlineLike, *, title: str = "") -> list[Chunk]:
        """The chunks of a text whose sections are known.

        Args:
            outline: Its sections in document order, the root first.
            title: As for `chunk`.

        Raises:
            TypeError: As `chunk`.
            ValueError: As `chunk`, or the outline is no tree in document order.
        """
        title = checked_text(title, "title")
        context, merge = self._config[4:6]

        def prefix(path: tuple[str, ...]) -> str:
            return self._prefix(title, path if context else ()) if title or context else ""

        may_merge = merge if callable(merge) else None
        partition = partition_of(outline, may_merge, prefix)
        return self._partitioned(outline.text, partition, Paths(outline))

    def chunk_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[list[Chunk]]:
        """The chunks of every text, in the order of the texts.

        Args:
            texts: The texts, all at hand; see `pipe` for a stream of them.
            num_threads: How many threads at most, as for `SentenceSegmenter`.
                A sizer that is a function is called by this thread alone.

        Raises:
            TypeError: `texts` is a single string, or as `chunk`.
            ValueError: `num_threads` is smaller than 1, or as `chunk`.
        """
        items = checked_texts(texts)
        threads = thread_count(num_threads)
        if self._native and not self._config[4]:
            found = self._core.chunk_batch(items, threads)
            return [_made(text, chunks) for text, chunks in zip(items, found, strict=True)]
        if self._native or hasattr(self._by, "outline"):
            return [self.chunk(text) for text in items]
        segmentations = self._by.segment_batch(items, num_threads=threads)
        pairs = zip(items, segmentations, strict=True)
        return [self._flat(text, segmentation, "") for text, segmentation in pairs]

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[list[Chunk]]:
        return self.chunk_batch(texts, num_threads=num_threads)

    @property
    def _native(self) -> bool:
        """Whether the core itself finds the units."""
        by = self._by
        return by is None or (isinstance(by, SentenceSegmenter) and not by.strip)

    def _flat(self, text: str, segmentation: Segmentation | None, title: str) -> list[Chunk]:
        context = self._config[4]
        prefix = self._prefix(title, ()) if title or context else ""
        if segmentation is None and not prefix:
            return _made(text, self._core.chunk(text))
        if segmentation is None:
            by = self._by
            segmentation = by.segment(text) if by is not None else Segmentation(text, [])
        # White space that was stripped stays with the segment before it, and first with the first.
        starts = [start for start, _ in segmentation.spans.tolist()]
        strict = OPEN if self._config[5] else APART
        places = [(after, 0, strict) for before, after in pairwise(starts) if after > before]
        partition = Partition(places, [prefix] if prefix else [], [(0, 0)] if prefix else [])
        return self._partitioned(text, partition, None)

    def _partitioned(self, text: str, partition: Partition, paths: Paths | None) -> list[Chunk]:
        chunks = self._core.chunk_partition(text, *partition)
        return _made(text, chunks, partition.prefixes, paths)


def _made(
    text: str, chunks: _core.Chunks, prefixes: Sequence[str] = (), paths: Paths | None = None
) -> list[Chunk]:
    """Chunks with their texts."""
    spans = chunks.spans.tolist()
    texts = chunks.spans.texts(text)
    sizes = chunks.sizes.tolist()
    named = [prefixes[i] if i >= 0 else "" for i in chunks.prefixes.tolist()]
    if paths is None:
        return [
            Chunk(start, end, size, (), prefix, piece)
            for (start, end), size, prefix, piece in zip(spans, sizes, named, texts, strict=True)
        ]
    rows = zip(spans, chunks.bodies.tolist(), sizes, named, texts, strict=True)
    return [
        Chunk(start, end, size, paths.of(body, end), prefix, piece)
        for (start, end), body, size, prefix, piece in rows
    ]


def _maker(by: Any, lang: str) -> Any:
    """What finds the units: nothing, a segmenter, or what makes outlines.

    Raises:
        TypeError: `by` is none of it.
        ValueError: It is an unknown name.
    """
    if by is None or by == "paragraphs":
        return None
    if by == "sections":
        try:
            return importlib.import_module("scriptio.legal").SectionSegmenter()
        except ModuleNotFoundError as error:
            raise ValueError(
                "by is 'sections', which this build cannot find in plain text; pass an object with "
                "a method outline, or call chunk_outline"
            ) from error
    if by == "topics":
        return importlib.import_module("scriptio.topics").TopicSegmenter(lang=lang)
    if isinstance(by, str):
        raise ValueError(f"by is {by!r}; known: {', '.join(UNITS)}, or pass a segmenter")
    checked_object(by, "by")
    if hasattr(by, "outline") or isinstance(by, Segmenter):
        return by
    raise TypeError(
        f"by must be one of {', '.join(UNITS)}, a segmenter, or have a method outline, not "
        f"{type(by).__name__}"
    )


def _rebuilt(cls: type[Chunker], *config: Any) -> Chunker:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    names = ("chunk_size", "chunk_overlap", "sizer", "context", "merge", "packing", "lang")
    return cls(config[0], **dict(zip(names, config[1:], strict=True)))
