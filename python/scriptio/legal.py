"""The structure of legal texts: sections as a tree, and what they refer to."""

import importlib
import itertools
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Literal, SupportsIndex, overload

from scriptio import _core
from scriptio._outline_export import akoma_ntoso, markdown, tree
from scriptio._pipe import Piping
from scriptio._references import Reference, Step, expanded, find_references, references_of
from scriptio._text import (
    checked_int,
    checked_object,
    checked_text,
    checked_texts,
    thread_count,
)
from scriptio.protocols import Segmenter
from scriptio.types import Segmentation, Span

__all__ = [
    "Outline",
    "Reference",
    "Section",
    "SectionSegmenter",
    "Step",
    "find_references",
    "systems",
]


#: Kinds that are elements of lists wherever they stand.
_ITEMS = frozenset({"item", "subitem", "point", "subpoint", "letter", "indent", "number", "text"})

#: The kind of sections that no heading starts, but a fallback found.
TOPIC = "topic"

#: Kinds of sections that statutes and contracts are cited by.
_CITABLE = frozenset({"section", "article", "schedule-item", "clause1"})


def systems() -> list[str]:
    """The names of the legal systems that are known, sorted.

    Examples:
        >>> from scriptio.legal import systems
        >>> "de" in systems()
        True
    """
    return _core.legal_systems()


class Section:
    r"""One section of an outline: a heading and all text under it.

    It is a view: an index into its outline. Offsets are code points of the
    outline's text.

    Examples:
        >>> from scriptio import SectionSegmenter
        >>> outline = SectionSegmenter("de").outline("§ 1 Scope\n(1) This. \n(2) That.")
        >>> section = outline[1]
        >>> section.label, section.number, section.title, section.level
        ('§', '1', 'Scope', 1)
        >>> outline[3].path
        ('§ 1', '(2)')
    """

    __slots__ = ("_outline", "_row", "index")

    _outline: "Outline"
    _row: "_core._Row"
    #: Its place in the outline.
    index: int

    def __init__(self, outline: "Outline", index: int) -> None:
        self._outline = outline
        self.index = index
        self._row = outline.core.row(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Section):
            return NotImplemented
        return self.index == other.index and self._outline == other._outline

    def __hash__(self) -> int:
        return hash((self.index, self._outline))

    def __repr__(self) -> str:
        return f"<Section {self.index}: {self.kind} {' > '.join(self.path)!r}>"

    def _slice(self, span: tuple[int, int]) -> str:
        return self._outline.text[span[0] : span[1]]

    def slice(self, start: int, end: int) -> str:
        """The outline's text between two offsets."""
        return self._outline.text[start:end]

    @property
    def start(self) -> int:
        """First code point of the heading, or of the text where there is none."""
        return self._row[0][0]

    @property
    def end(self) -> int:
        """Behind the last code point of the last subsection."""
        return self._row[0][1]

    @property
    def span(self) -> Span:
        """Heading, text and all subsections."""
        return Span._make(self._row[0])

    @property
    def heading(self) -> Span | None:
        """Marker and title; None where nothing is printed above the text."""
        heading = Span._make(self._row[1])
        return heading if heading.end > heading.start else None

    @property
    def own(self) -> Span:
        """What is before the first subsection: the heading and the text of its own."""
        return Span._make(self._row[2])

    @property
    def marker(self) -> str:
        """Label and number as printed: `§ 312a`, `Article 5`, `(a)`."""
        return self._slice(self._row[3])

    @property
    def label(self) -> str:
        """The word or sign that names the unit: `§`, `Article`; empty for `(a)`."""
        (start, end), (first, last) = self._row[3], self._row[4]
        text = self._outline.text
        if first == last:
            return text[start:end].strip()
        words = (text[start:first], text[last:end])
        return " ".join(
            word for word in (w.strip(" .:()（）[]\u3000\u2002") for w in words) if word
        )

    @property
    def number(self) -> str:
        """The number as printed: `312a`; empty without one."""
        return self._slice(self._row[4])

    @property
    def value(self) -> tuple[int, ...]:
        """The number as integers: `312a` is (312, 1), `IV` is (4,). Values sort as numbers do."""
        return tuple(self._outline.core.value(self.index))

    @property
    def title(self) -> str:
        """The title; empty without one."""
        return self._slice(self._row[5]).strip()

    @property
    def kind(self) -> str:
        """What it is in its system: `section`, `chapter`, `item`; `document` for the root.

        `topic` for what `SectionSegmenter` cut by topics, without a heading.
        """
        return self._outline.kinds[self._row[6]]

    @property
    def level(self) -> int:
        """Depth in the tree; 0 for the root."""
        return self._row[7]

    @property
    def parent(self) -> int | None:
        """Index of the section it lies in; None for the root."""
        return self._row[8]

    @property
    def doubtful(self) -> bool:
        """Whether its number contradicts those around it."""
        return self._row[9]

    @property
    def is_item(self) -> bool:
        """Whether it is part of a citable section: a subsection, an element of a list."""
        at = self.parent
        while at:
            above = self._outline[at]
            if above.kind in _CITABLE:
                return True
            at = above.parent
        return self.kind in _ITEMS

    @property
    def children(self) -> tuple[int, ...]:
        """Indices of its subsections."""
        return self._outline.children[self.index]

    @property
    def path(self) -> tuple[str, ...]:
        """The markers from below the root down to this one; a title stands in for a marker.

        Topics have neither, and are not in it.
        """
        steps = []
        at: int | None = self.index
        while at:
            section = self._outline[at]
            if section.kind != TOPIC:
                steps.append(section.marker or section.title or section.kind)
            at = section.parent
        return tuple(reversed(steps))

    @property
    def text(self) -> str:
        """All its text."""
        return self._slice(self._row[0])

    def to_dict(self) -> dict[str, Any]:
        """What it is and where, ready for `json`; without its text."""
        return {
            "index": self.index,
            "start": self.start,
            "end": self.end,
            "heading": self.heading,
            "own": self.own,
            "kind": self.kind,
            "marker": self.marker,
            "label": self.label,
            "number": self.number,
            "value": self.value,
            "title": self.title,
            "level": self.level,
            "parent": self.parent,
            "path": self.path,
            "doubtful": self.doubtful,
        }


class Outline(Sequence[Section]):
    r"""The sections of one text in its order: a sequence that is a tree.

    Section 0 is the root, which covers the text; a text without structure
    has no other. A section lies within its parent. `segment` cuts the text
    before every section, so nothing of it is lost.

    Made by `SectionSegmenter`. It cannot be changed, and can be hashed and pickled.

    Examples:
        >>> from scriptio import SectionSegmenter
        >>> outline = SectionSegmenter("th").outline("มาตรา 1 ก\nมาตรา 2 ข")
        >>> outline
        <Outline of 19 characters: 2 sections, th>
        >>> [section.number for section in outline][1:]
        ['1', '2']
    """

    def __init__(self, text: str, core: _core.Outline, topics: tuple[int, ...] = ()) -> None:
        self._text = text
        self._core = core if not topics else core.with_topics(text, list(topics))
        self._topics = topics

    @property
    def text(self) -> str:
        """The text that was read."""
        return self._text

    @property
    def core(self) -> _core.Outline:
        """The outline of the compiled half, for other parts of the package."""
        return self._core

    @property
    def system(self) -> str:
        """The legal system whose grammar was used."""
        return self._core.system

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of sections that there are."""
        return tuple(self._core.kinds)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The indices of the subsections of every section."""
        return tuple(map(tuple, self._core.children()))

    def __len__(self) -> int:
        return len(self._core)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Section: ...
    @overload
    def __getitem__(self, index: slice) -> list[Section]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Section | list[Section]:
        if isinstance(index, slice):
            return [Section(self, at) for at in range(*index.indices(len(self)))]
        at = index.__index__()
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError("section index out of range")
        return Section(self, at)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outline):
            return NotImplemented
        mine, yours = (self._text, self._topics), (other._text, other._topics)
        return self is other or (mine == yours and self.system == other.system)

    def __hash__(self) -> int:
        return hash((self._text, self.system))

    def __repr__(self) -> str:
        count = len(self) - 1
        return f"<Outline of {len(self._text)} characters: {count} sections, {self.system}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _outlined, (self.system, self._text, self._topics)

    @property
    def root(self) -> Section:
        """The section that covers the text."""
        return self[0]

    def leaves(self) -> Segmentation:
        """The text cut before every section.

        Each span is the own text of one section; concatenated they are the text.
        """
        starts = sorted({self._core.row(at)[0][0] for at in range(len(self))} - {0})
        bounds = [0, *starts, len(self._text)]
        spans = itertools.pairwise(bounds)
        return Segmentation(self._text, [span for span in spans if span[0] < span[1]])

    def at(self, offset: int) -> Section:
        """The innermost section that holds the code point `offset`.

        Raises:
            IndexError: The text has no such code point.
        """
        if not 0 <= offset < max(len(self._text), 1):
            raise IndexError(f"offset {offset} is outside of a text of {len(self._text)}")
        low, high = 0, len(self)
        while high - low > 1:
            middle = (low + high) // 2
            if self._core.row(middle)[0][0] <= offset:
                low = middle
            else:
                high = middle
        return self[low]

    def find(self, number: str, kind: str | None = None) -> list[Section]:
        """The sections with this number as printed, of one kind or of any."""
        found = (s for s in self if s.number == number and s.index)
        return [s for s in found if kind is None or s.kind == kind]

    def tree(self, width: int = 100) -> str:
        r"""The sections as an indented list of at most `width` columns.

        A question mark stands before a section whose number contradicts those
        around it.

        Raises:
            ValueError: `width` is smaller than 1.

        Examples:
            >>> from scriptio import SectionSegmenter
            >>> print(SectionSegmenter("de").outline("§ 1 Scope\n(1) This.").tree())
            § 1 Scope
              (1) This.
        """
        return "\n".join(tree(self, checked_int(width, "width")))

    def to_markdown(self) -> str:
        """The text as Markdown: headings by level, items as lists.

        White space is not kept, words are.
        """
        return markdown(self)

    def to_akoma_ntoso(self, name: str = "text") -> str:
        """The text as an Akoma Ntoso 3.0 document (OASIS LegalDocML), in XML.

        Sections become hierarchical elements with `num`, `heading` and
        `content`; identifiers follow the pattern `chapter_2__article_5`.
        Nothing is known of dates and authors, and the metadata says so.

        Args:
            name: What the document is called.

        Raises:
            TypeError: `name` is not a string.
        """
        return akoma_ntoso(self, checked_text(name, "name"))

    def references(self) -> list[Reference]:
        r"""What the text refers to, each resolved against this outline.

        Computed anew at each call, in one pass over the text.

        Examples:
            >>> from scriptio import SectionSegmenter
            >>> text = "มาตรา 1 ตามมาตรา 2\nมาตรา 2 ตามมาตรา 9"
            >>> outline = SectionSegmenter("th").outline(text)
            >>> [(r.text, r.resolution, r.targets) for r in outline.references()]
            [('มาตรา 2', 'resolved', (2,)), ('มาตรา 9', 'dangling', ())]
        """
        return references_of(self)

    def expand(
        self, seeds: Iterable[int], *, depth: int = 1, max_sections: int = 20
    ) -> list[tuple[int, int, int]]:
        """The sections that one needs to read along with `seeds`.

        Citable sections reached over resolved references, the nearest first;
        a section cites what its parts cite. Breadth first, so each stands at
        its shortest distance; cycles end.

        Args:
            seeds: Indices of sections.
            depth: How many references to follow one after another.
            max_sections: How many sections to give at most.

        Returns:
            Index, distance, and index of the section that cites it.

        Raises:
            ValueError: `depth` or `max_sections` is smaller than 1.
            IndexError: There is no such section.
        """
        checked_int(depth, "depth")
        checked_int(max_sections, "max_sections")
        starts = [self[seed].index for seed in seeds]
        return expanded(self, starts, depth, max_sections, self._citable)

    def _citable(self, index: int) -> int:
        """The citable section that a section is or lies in; itself where there is none."""
        at: int | None = index
        while at:
            if self[at].kind in _CITABLE:
                return at
            at = self[at].parent
        return index

    def to_dict(self) -> dict[str, Any]:
        """The tree as nested dictionaries, ready for `json`; without text."""

        def node(section: Section) -> dict[str, Any]:
            return section.to_dict()

        nodes = [node(section) for section in self]
        for at, children in enumerate(self.children):
            nodes[at]["children"] = [nodes[child] for child in children]
        return {"system": self.system, "root": nodes[0]}


class SectionSegmenter(Piping[Segmentation]):
    r"""Reads the structure out of legal texts.

    What headings look like is known for each legal system; which lines are
    headings, and which lies in which, is decided for all lines at once, so
    that the numbers follow each other.

    A segmenter cannot be changed, may be used by several threads at once, and
    can be pickled; two of the same configuration are equal.

    Args:
        system: One of `scriptio.legal.systems()`, or `auto` to find it out
            for each text.
        fallback: What cuts a text in which no section is found at all:
            `topics`, a `TopicSegmenter` as it is unless told otherwise, or
            any segmenter. Its segments, if there are several, become sections
            of the kind `topic`, right below the root, with no heading, marker
            or path. Without a fallback such a text is one section, the root.

    Raises:
        ModelError: The fallback needs a model that cannot be used.
        TypeError: An argument is of the wrong type.
        ValueError: The system or the fallback is not known.

    Examples:
        >>> from scriptio import SectionSegmenter
        >>> text = "Article 1\nScope\n1. This.\n(a) one;\n(b) two.\nArticle 2\nTerms"
        >>> for section in SectionSegmenter("eu").outline(text)[1:]:
        ...     print("  " * section.level + section.marker, section.title)
          Article 1 Scope
            1.
              (a)
              (b)
          Article 2 Terms
    """

    __slots__ = ("__weakref__", "_core", "_fallback", "_told")

    def __init__(
        self, system: str = "auto", *, fallback: Literal["topics"] | Segmenter | None = None
    ) -> None:
        self._core = _core.SectionSegmenter(checked_text(system, "system"))
        self._told = fallback
        self._fallback = _fallback_of(fallback)

    @property
    def system(self) -> str:
        """The legal system, or `auto`."""
        return self._core.system

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SectionSegmenter):
            return NotImplemented
        return self.system == other.system and self._told == other._told

    def __hash__(self) -> int:
        return hash((self.system, self._told))

    def __repr__(self) -> str:
        told = "" if self._told is None else f", fallback={self._told!r}"
        return f"{type(self).__name__}({self.system!r}{told})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.system, self._told)

    def outline(self, text: str) -> Outline:
        """The tree of sections of one text.

        Raises:
            TypeError: `text` is not a string.
        """
        text = checked_text(text)
        (found,) = self._with_topics([Outline(text, self._core.outline(text))], 1)
        return found

    def outline_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[Outline]:
        """The outline of every text, in the order of the texts.

        Raises:
            TypeError: `texts` is a single string, or an item is not a string.
            ValueError: `num_threads` is smaller than 1.
        """
        items, threads = checked_texts(texts), thread_count(num_threads)
        outlines = list(map(Outline, items, self._core.outline_batch(items, threads)))
        return self._with_topics(outlines, threads)

    def _with_topics(self, outlines: list[Outline], threads: int) -> list[Outline]:
        """The same outlines, those without sections cut by the fallback."""
        if self._fallback is None:
            return outlines
        bare = [i for i, outline in enumerate(outlines) if len(outline) == 1 and outline.text]
        texts = [outlines[i].text for i in bare]
        for i, parts in zip(
            bare, self._fallback.segment_batch(texts, num_threads=threads), strict=True
        ):
            if len(parts) > 1:
                # White space that a segmenter strips stays with the segment before it.
                starts = (0, *(span.start for span in parts[1:]))
                outlines[i] = Outline(outlines[i].text, outlines[i].core, starts)
        return outlines

    def segment(self, text: str) -> Segmentation:
        """The leaves of one text: it is cut before every section.

        Raises:
            TypeError: `text` is not a string.
        """
        text = checked_text(text)
        if self._fallback is not None:
            return self.outline(text).leaves()
        return Segmentation(text, self._core.segment(text))

    def split(self, text: str) -> list[str]:
        """The leaves of one text, as strings."""
        return self.segment(text).texts()

    def segment_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[Segmentation]:
        """The leaves of every text, in the order of the texts."""
        items, threads = checked_texts(texts), thread_count(num_threads)
        if self._fallback is not None:
            return [outline.leaves() for outline in self.outline_batch(items, num_threads=threads)]
        return list(map(Segmentation, items, self._core.segment_batch(items, threads)))

    def _of_batch(self, texts: list[str], num_threads: int | None) -> list[Segmentation]:
        return self.segment_batch(texts, num_threads=num_threads)


def _rebuilt(cls: type[SectionSegmenter], system: str, fallback: Any) -> SectionSegmenter:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return cls(system, fallback=fallback)


def _outlined(system: str, text: str, topics: tuple[int, ...]) -> Outline:
    """Unpickle: reading again gives the same tree."""
    return Outline(text, SectionSegmenter(system).outline(text).core, topics)


def _fallback_of(fallback: object) -> Segmenter | None:
    """What cuts texts that have no sections.

    Raises:
        TypeError: `fallback` is no segmenter.
        ValueError: It is an unknown name.
    """
    if fallback == "topics":
        found: Segmenter = importlib.import_module("scriptio.topics").TopicSegmenter()
        return found
    if isinstance(fallback, str):
        raise ValueError(f"fallback is {fallback!r}; known: topics, or pass a segmenter")
    checked_object(fallback, "fallback")
    if fallback is None or isinstance(fallback, Segmenter):
        return fallback
    raise TypeError(
        f"fallback must be 'topics', a segmenter or None, not {type(fallback).__name__}"
    )
