"""`Chunker`: what users see of chunks, outlines, sizers, and what is refused."""

import json
import pickle
from dataclasses import dataclass
from itertools import pairwise

import pytest
from scriptio import (
    ByteVocab,
    Chunk,
    Chunker,
    SectionSegmenter,
    SentenceSegmenter,
    Span,
    TopicSegmenter,
)
from scriptio.topics import TopicModel

TEXT = "It rained. We left.\n\nGood. Very good, all in all."


@dataclass
class Section:
    """A section, as an outline of any make may have it."""

    start: int
    end: int
    heading: Span | None
    own: Span
    level: int
    parent: int | None
    children: tuple[int, ...]
    path: tuple[str, ...]


class Outline(list):
    def __init__(self, text, sections):
        super().__init__(sections)
        self.text = text


def outline(text, *rows):
    """An outline of rows: name, start, end, index of the parent."""
    sections = [Section(0, len(text), None, Span(0, len(text)), 0, None, (), ())]
    for name, start, end, parent in rows:
        above = sections[parent]
        above.children += (len(sections),)
        path = (*above.path, name)
        own = Span(start, end)
        sections.append(Section(start, end, own, own, above.level + 1, parent, (), path))
    return Outline(text, sections)


LAW = "Preface.\nPart 1\n§ 1 One is short.\n§ 2 Two is a little longer. It has two.\nPart 2\n§ 3 x"
A, B, C, D, E = (LAW.index(what) for what in ("Part 1", "§ 1", "§ 2", "Part 2", "§ 3"))
SECTIONS = [
    ("Part 1", A, D, 0),
    ("§ 1", B, C, 1),
    ("§ 2", C, D, 1),
    ("Part 2", D, len(LAW), 0),
    ("§ 3", E, len(LAW), 4),
]


def law():
    return outline(LAW, *SECTIONS)


class Law:
    """Finds the sections of one text."""

    def outline(self, text):
        assert text == LAW
        return law()


def words_and_two(texts):
    """A sizer with two special tokens a text."""
    return [len(text.split()) + 2 for text in texts]


def texts(chunks):
    return [chunk.text for chunk in chunks]


def test_chunks_know_where_they_are():
    chunks = Chunker(chunk_size=24).chunk(TEXT)
    assert chunks[1] == Chunk(21, 27, 6, (), "", "Good. ")
    assert all(TEXT[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert "".join(texts(chunks)) == TEXT
    assert Chunker(chunk_size=24).split(TEXT) == texts(chunks)


def test_names_of_units():
    text = "One two. Three four.\n\nFive."
    assert Chunker("paragraphs", chunk_size=22).split(text) == Chunker(chunk_size=22).split(text)
    assert Chunker("sentences", chunk_size=18).split(text) == [
        "One two. ",
        "Three four.\n\nFive.",
    ]


def test_any_segmenter_will_do():
    class Halves:
        """Not ours, and it strips."""

        def segment(self, text):
            return SentenceSegmenter("en", strip=True).segment(text)

        def split(self, text):
            return self.segment(text).texts()

        def segment_batch(self, texts, *, num_threads=None):
            return [self.segment(text) for text in texts]

        def pipe(self, texts, *, as_tuples=False, batch_size=1, num_threads=None):
            return map(self.segment, texts)

    own = SentenceSegmenter("en")
    for by in (Halves(), own, SentenceSegmenter("en", strip=True)):
        chunker = Chunker(by, chunk_size=12)
        assert chunker.split("  It rained. We left. ") == ["  It ", "rained. ", "We left. "]
        assert chunker.chunk_batch([TEXT, "a b"]) == [chunker.chunk(TEXT), chunker.chunk("a b")]
        alone = Chunker(by, chunk_size=100, merge=False)
        assert alone.split("It rained. We left.") == ["It rained. ", "We left."]


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("size", range(10, 100, 5))
def test_sections_that_fit_are_whole(size, merge):
    chunks = Chunker(chunk_size=size, merge=merge).chunk_outline(law())
    assert "".join(texts(chunks)) == LAW
    assert all(chunk.size == len(chunk.text) <= size for chunk in chunks)
    for section in law():
        if section.end - section.start <= size:
            held = [c for c in chunks if c.start <= section.start and section.end <= c.end]
            assert len(held) == 1
        else:
            # No chunk goes across the start or end of a section that had to be cut.
            for place in (section.start, section.end):
                assert not any(
                    c.start < place < c.end and (section.start < c.start or c.end < section.end)
                    for c in chunks
                )


def test_chunks_know_their_sections():
    chunks = Chunker(chunk_size=50).chunk_outline(law())
    assert [(chunk.text, chunk.path) for chunk in chunks] == [
        ("Preface.\n", ()),
        ("Part 1\n§ 1 One is short.\n", ("Part 1",)),
        ("§ 2 Two is a little longer. It has two.\n", ("Part 1", "§ 2")),
        ("Part 2\n§ 3 x", ("Part 2",)),
    ]
    assert Chunker(Law(), chunk_size=50).chunk(LAW) == chunks
    assert Chunker(Law(), chunk_size=50).chunk_batch([LAW, LAW]) == [chunks, chunks]


def test_small_sections_are_merged_unless_told_otherwise():
    text = "".join(f"§ {i} x.\n" for i in range(1, 5))
    flat = outline(text, *((f"§ {i + 1}", 7 * i, 7 * i + 7, 0) for i in range(4)))
    assert texts(Chunker(chunk_size=15).chunk_outline(flat)) == [text[:14], text[14:]]
    assert len(Chunker(chunk_size=15, merge=False).chunk_outline(flat)) == 4
    # The text as a whole is a section that fits.
    assert len(Chunker(chunk_size=100, merge=False).chunk_outline(flat)) == 1
    chunker = Chunker(chunk_size=100, merge=lambda section: section.path != ("§ 2",))
    assert texts(chunker.chunk_outline(flat)) == [text[:7], text[7:14], text[14:]]


def test_context_has_what_the_chunk_lacks():
    chunks = Chunker(chunk_size=50, context=True).chunk_outline(law(), title="Law")
    assert [(chunk.prefix, chunk.text) for chunk in chunks] == [
        ("Law\n", "Preface.\n"),
        ("Law\n", "Part 1\n§ 1 One is short.\n"),
        ("Law > Part 1\n", "§ 2 Two is a little longer. "),
        ("Law > Part 1 > § 2\n", "It has two.\n"),
        ("Law\n", "Part 2\n§ 3 x"),
    ]
    for chunk in chunks:
        assert chunk.size == len(chunk.content) <= 50
        assert chunk.content == chunk.prefix + chunk.text
    titled = Chunker(chunk_size=50).chunk_outline(law(), title="Law")
    assert {chunk.prefix for chunk in titled} == {"Law\n"}


def test_context_may_be_written_by_a_function():
    chunker = Chunker(chunk_size=40, context=lambda title, path: f"[{title}/{'/'.join(path)}] ")
    assert chunker.chunk("It rained.", title="t")[0].content == "[t/] It rained."
    assert chunker.chunk_batch(["It rained."])[0][0].content == "[/] It rained."


def test_title_counts():
    chunks = Chunker(chunk_size=20).chunk(TEXT, title="Weather")
    assert {chunk.prefix for chunk in chunks} == {"Weather\n"}
    assert all(chunk.size == len(chunk.content) <= 20 for chunk in chunks)


def test_overlap_is_of_whole_sentences():
    text = "One two. Three. Four five. Six. Seven. Eight nine."
    chunks = Chunker("sentences", chunk_size=24, chunk_overlap=8).chunk(text)
    ends = [0, *SentenceSegmenter("und").segment(text).ends()]
    for before, after in pairwise(chunks):
        assert after.start in ends
        assert before.start < after.start <= before.end < after.end
        assert before.end - after.start <= 8
    assert any(after.start < before.end for before, after in pairwise(chunks))
    # Nothing is repeated across the start of a section.
    assert all(
        after.start == before.end
        for before, after in pairwise(Chunker(chunk_size=40, chunk_overlap=30).chunk_outline(law()))
    )


def test_sizers_count_what_they_say():
    for sizer, count in {
        "chars": len,
        "bytes": lambda text: len(text.encode()),
        "words": lambda text: len(text.split()),
        words_and_two: lambda text: len(text.split()) + 2,
    }.items():
        chunks = Chunker(chunk_size=7, sizer=sizer).chunk("Größe über alles. x\x1cy Straße, ja.")
        assert [chunk.size for chunk in chunks] == [count(chunk.text) for chunk in chunks]
        assert max(chunk.size for chunk in chunks) <= 7


def tokenizer_file(path):
    """A tokenizer of words, as a file."""
    vocabulary = [["<unk>", 0.0], *([f"▁{word}", -1.0] for word in ("It", "rained.", "We"))]
    model = {"type": "Unigram", "unk_id": 0, "vocab": vocabulary}
    pre = {"type": "Metaspace", "replacement": "▁"}
    data = {"normalizer": None, "pre_tokenizer": pre, "model": model}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_tokens_of_a_file(tmp_path):
    from scriptio import _core

    path = tokenizer_file(tmp_path / "tokenizer.json")
    text = "It rained. We It rained. It It We It rained."
    tokenizer = _core.Tokenizer.from_bytes(path.read_bytes())
    for sizer in (str(path), path, tokenizer, ByteVocab.from_file(path)):
        chunks = Chunker(chunk_size=4, sizer=sizer).chunk(text)
        assert [chunk.size for chunk in chunks] == [
            len(tokenizer.encode(chunk.text).ids) for chunk in chunks
        ]
        assert "".join(texts(chunks)) == text
        assert max(chunk.size for chunk in chunks) <= 4
    assert Chunker(sizer=str(path)).chunk_batch([text] * 3) == [Chunker(sizer=path).chunk(text)] * 3


def test_tokens_of_a_file_that_only_the_general_reader_knows(tmp_path):
    path = tmp_path / "tokenizer.json"
    vocabulary = {"<unk>": 0, "It": 1, "rained": 2, "We": 3}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"}
    data = {"model": model, "pre_tokenizer": {"type": "Whitespace"}}
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ValueError, match="WordLevel"):
        ByteVocab.from_file(path)
    chunks = Chunker(chunk_size=3, sizer=path).chunk("It rained. We left. It rained.")
    assert [(chunk.text, chunk.size) for chunk in chunks] == [
        ("It rained. ", 3),
        ("We left. ", 3),
        ("It rained.", 3),
    ]


def test_tokenizers_of_other_packages_are_known():
    class Tiktoken:
        def encode_ordinary_batch(self, texts):
            return [text.split() for text in texts]

    class Tokenizers:
        def encode_batch(self, texts):
            return [text.split() for text in texts]

    expected = Chunker(chunk_size=3, sizer="words").chunk(TEXT)
    for sizer in (Tiktoken(), Tokenizers()):
        assert Chunker(chunk_size=3, sizer=sizer).chunk(TEXT) == expected


def test_chunks_of_tokens_are_full_in_spite_of_special_tokens():
    chunks = Chunker(chunk_size=12, sizer=words_and_two).chunk("one two. " * 40)
    assert {chunk.size for chunk in chunks[:-1]} == {12}


def test_balanced_chunks_are_more_even():
    text = "Four letters. " * 11
    greedy, balanced = (
        [c.size for c in Chunker("sentences", chunk_size=70, packing=p).chunk(text)]
        for p in ("greedy", "balanced")
    )
    assert greedy == [70, 70, 14]
    assert balanced == [56, 56, 42]


def test_empty_text_has_no_chunk_and_white_space_is_one():
    assert Chunker().chunk("") == []
    assert Chunker().split(" \n\n ") == [" \n\n "]
    assert Chunker(chunk_size=2).split("\0\0\0") == ["\0\0", "\0"]


def test_lone_surrogates_are_kept():
    text = "a\ud800b. \udfffc"
    chunker = Chunker(chunk_size=3)
    assert "".join(chunker.split(text)) == text
    assert Chunker(chunk_size=5, sizer=words_and_two).split(text) == [text]
    assert chunker.chunk("ab", title="\ud800")[0].prefix == "\ud800\n"


def test_a_long_line_is_cut_in_one_pass():
    text = "x" * 10_000_000
    chunks = Chunker().chunk(text)
    assert (len(chunks), chunks[-1].end) == (10_000, len(text))


def test_pipe_and_batch_give_what_chunk_gives():
    chunker = Chunker(chunk_size=9, chunk_overlap=3)
    documents = [TEXT, "", "Größe. " * 30, "x" * 50]
    expected = [chunker.chunk(text) for text in documents]
    assert chunker.chunk_batch(documents, num_threads=2) == expected
    assert list(chunker.pipe(iter(documents), batch_size=2)) == expected
    pairs = zip(documents, range(4), strict=True)
    assert list(chunker.pipe(pairs, as_tuples=True)) == list(zip(expected, range(4), strict=True))
    counted = Chunker(chunk_size=9, sizer=words_and_two)
    assert counted.chunk_batch(documents) == [counted.chunk(text) for text in documents]


def test_chunkers_are_values():
    chunker = Chunker("sentences", chunk_size=9, chunk_overlap=2, sizer="words", lang="de")
    assert repr(chunker) == (
        "Chunker('sentences', chunk_size=9, chunk_overlap=2, sizer='words', lang='de')"
    )
    assert repr(Chunker()) == "Chunker()"
    copy = pickle.loads(pickle.dumps(chunker))
    assert (copy, hash(copy)) == (chunker, hash(chunker))
    assert copy.chunk(TEXT) == chunker.chunk(TEXT)
    assert chunker != Chunker("sentences")
    assert chunker != 9
    assert (chunker.chunk_size, chunker.chunk_overlap) == (9, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"chunk_size": 0}, "chunk_size must be at least 1, not 0"),
        ({"chunk_overlap": -1}, "chunk_overlap must be at least 0, not -1"),
        ({"chunk_overlap": 1000}, "chunk_overlap is 1000, which must be smaller than chunk_size"),
        ({"by": "words"}, "by is 'words'; known: paragraphs, sentences, sections"),
        ({"sizer": "tokens"}, "sizer is 'tokens', which is neither one of chars, bytes, words nor"),
        ({"sizer": "a\0b"}, "neither one of chars"),
        ({"packing": "tight"}, "packing must be"),
        ({"lang": "xx"}, "unknown lang"),
    ],
)
def test_wrong_values_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Chunker(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [{"chunk_size": "9"}, {"chunk_size": True}, {"chunk_overlap": 1.5}, {"sizer": 9}, {"by": 9}],
)
def test_wrong_types_are_refused(arguments):
    with pytest.raises(TypeError, match=next(iter(arguments))):
        Chunker(**arguments)


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    for path in (tmp_path / "x.json", tmp_path):
        with pytest.raises(ValueError, match="tokenizer"):
            Chunker(sizer=path)


def test_what_cannot_fit_is_refused_by_name():
    with pytest.raises(ValueError, match=r"chunk_size is 3, and the character .* alone has 4"):
        Chunker(chunk_size=3, sizer="bytes").chunk("a😀")
    with pytest.raises(ValueError, match=r"the context .*before a chunk alone has 8"):
        Chunker(chunk_size=5).chunk("a b c", title="Weather")
    with pytest.raises(ValueError, match=r"the context .Part 1 > § 2"):
        Chunker(chunk_size=12, context=True).chunk_outline(law())


@pytest.mark.parametrize(
    ("sizer", "error", "message"),
    [
        (lambda texts: [1] * (len(texts) + 1), ValueError, "gave 2 counts for 1 texts"),
        (lambda texts: [], ValueError, "gave 0 counts"),
        (lambda texts: [-1 for _ in texts], ValueError, "gave -1 for a text"),
        (lambda texts: [0.5 for _ in texts], TypeError, "a list of int"),
        (lambda texts: None, TypeError, "not this NoneType"),
        (lambda texts: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_a_sizer_that_gives_nonsense_is_refused(sizer, error, message):
    with pytest.raises(error, match=message):
        Chunker(sizer=sizer).chunk(TEXT)


@pytest.mark.parametrize(
    "sizer",
    [
        lambda texts: [sum(map(ord, text)) % 6 for text in texts],
        lambda texts: [0 for _ in texts],
        lambda texts: [6 - min(6, len(text)) for text in texts],
    ],
)
def test_a_sizer_that_makes_no_sense_loses_nothing(sizer):
    chunks = Chunker(chunk_size=6, sizer=sizer).chunk(TEXT)
    assert "".join(texts(chunks)) == TEXT
    assert all(chunk.size == sizer([chunk.text])[0] <= 6 for chunk in chunks)


def test_a_sizer_that_nothing_pleases_is_refused():
    with pytest.raises(ValueError, match="alone has 7"):
        Chunker(chunk_size=6, sizer=lambda texts: [7 for _ in texts]).chunk(TEXT)


def test_an_outline_that_is_no_tree_is_refused():
    for rows, message in [
        ([("a", 5, 9, 0), ("b", 0, 4, 0)], r"outline\[2\] spans \(0, 4\), which is before"),
        ([("a", 0, 4, 0), ("b", 2, 9, 1)], r"outside of its parent's \(0, 4\)"),
        ([("a", 0, 99, 0)], "outside of its parent"),
    ]:
        with pytest.raises(ValueError, match=message):
            Chunker().chunk_outline(outline("0123456789", *rows))
    wrong = law()
    wrong[2].parent = 3
    with pytest.raises(ValueError, match=r"outline\[2\] has the parent 3"):
        Chunker().chunk_outline(wrong)


def test_text_must_be_text():
    for call in (Chunker().chunk, Chunker().split):
        with pytest.raises(TypeError, match="text must be str, not bytes"):
            call(b"x")
    with pytest.raises(TypeError, match="not one str"):
        Chunker().chunk_batch("abc")
    with pytest.raises(TypeError, match="not one str"):
        Chunker().pipe("abc")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Chunker(SentenceSegmenter),
        lambda: Chunker(sizer=ByteVocab),
        lambda: TopicSegmenter(TopicModel),
        lambda: SectionSegmenter(fallback=TopicSegmenter),
    ],
)
def test_a_class_is_refused_where_one_of_its_objects_is_meant(make):
    with pytest.raises(TypeError, match=r"is the class \w+; pass one of its objects"):
        make()
