"""Topics within limits of length, and topics in chunks and outlines."""

import math
import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scriptio import Chunker, SectionSegmenter, SentenceSegmenter, TopicSegmenter

LAW = ["Courts sit.", "A court of law.", "The judge left court.", "Judges know the law."]
SEA = ["Ships sail the sea.", "A ship in port.", "The sea took two ships.", "Sailors leave port."]
TEXT = "\n\n".join([*SEA, *LAW])
START = TEXT.index("Courts")


class Given:
    """The same probabilities for any text."""

    def __init__(self, *scores):
        self.scores = scores

    def score(self, left, right):
        return [self.scores[i % len(self.scores)] for i in range(len(left))]


class ByInitial:
    """The topic changes with the first letter."""

    def score(self, left, right):
        return [0.9 if a[0] != b[0] else 0.2 for a, b in zip(left, right, strict=True)]


def lines(count):
    """Units of ten characters."""
    return "".join(f"{i:08}.\n" for i in range(count))


def ends(out):
    return [span.end for span in out][:-1]


def test_too_long_segments_are_cut_where_that_is_most_probable():
    scorer = Given(0.1, 0.2, 0.4, 0.3, 0.1, 0.9, 0.0, 0.1, 0.2)
    topics = TopicSegmenter(scorer, unit="line", max_length=40)
    assert ends(TopicSegmenter(scorer, unit="line").segment(lines(10))) == [60]
    out = topics.segment(lines(10))
    assert ends(out) == [30, 60]
    assert out.probabilities.tolist() == pytest.approx([0.4, 0.9, 1.0])


def test_too_short_segments_join_a_neighbour():
    scorer = Given(0.6, 0.9, 0.1, 0.1, 0.1, 0.7, 0.1)
    assert ends(TopicSegmenter(scorer, unit="line").segment(lines(8))) == [10, 20, 60]
    out = TopicSegmenter(scorer, unit="line", min_length=20).segment(lines(8))
    assert ends(out) == [20, 60]


@pytest.mark.parametrize("decoder", ["threshold", "minima", "adaptive"])
def test_limits_that_do_not_matter_change_nothing(decoder):
    scorer = Given(0.1, 0.8, 0.3, 0.5, 0.45, 0.9, 0.0, 0.55)
    options = {"unit": "line", "decoder": decoder, "min_units": 2}
    plain = TopicSegmenter(scorer, **options).segment(lines(30))
    assert TopicSegmenter(scorer, **options, max_length=1000).segment(lines(30)) == plain
    assert TopicSegmenter(scorer, **options, min_length=1).segment(lines(30)) == plain


def test_the_best_cuts_of_the_wished_length_are_found():
    scores = (0.3, 0.02, 0.4, 0.9, 0.01, 0.3, 0.2, 0.8, 0.05)
    text, target = lines(10), 30
    found = TopicSegmenter(Given(*scores), unit="line", target_length=target).segment(text)

    def value(cuts):
        edges = [0, *cuts, 10]
        sizes = (10 * (b - a) for a, b in pairwise(edges))
        fit = sum(-0.5 * ((size - target) / (target / 4)) ** 2 for size in sizes)
        weights = (
            (0.75 + p / 4 if p > 0.5 else max(p / 2, 0.02)) for p in (scores[c - 1] for c in cuts)
        )
        return fit + sum(map(math.log, weights))

    every = ([i for i in range(1, 10) if bits >> i & 1] for bits in range(0, 1024, 2))
    assert ends(found) == [10 * cut for cut in max(every, key=value)]
    whole = TopicSegmenter(Given(*scores), unit="line", target_length=target).segment(lines(500))
    assert 20 < 5000 / len(whole) < 45


@pytest.mark.parametrize("scores", [(0.0,), (0.0, 0.0, 0.0, 0.0, 1.0), (0.3, 0.1), (1.0,)])
def test_segments_have_about_the_wished_length(scores):
    for target in (40, 100, 300):
        topics = TopicSegmenter(Given(*scores), unit="line", target_length=target)
        out = topics.segment(lines(3000))
        assert 0.7 * target < 30000 / len(out) < 1.35 * target


def test_lexical_methods_have_limits_too():
    for model in ("c99", "texttiling"):
        topics = TopicSegmenter(model, lang="en", max_length=60)
        out = topics.segment(TEXT)
        assert "".join(out.texts()) == TEXT
        assert max(end - start for start, end in out) <= 60
        assert out.probabilities is None
        assert topics.segment_batch([TEXT, ""], num_threads=2) == [out, topics.segment("")]
    count = len(TopicSegmenter("c99", lang="en").segment(TEXT))
    assert len(TopicSegmenter("c99", lang="en", max_length=10_000).segment(TEXT)) == count


def test_units_that_are_too_long_are_cut_between_sentences():
    text = "It rained all day long. We left. Nobody came.\n\nGood."
    out = TopicSegmenter(ByInitial(), lang="en", max_length=35).segment(text)
    assert out.texts() == ["It rained all day long. We left. ", "Nobody came.\n\n", "Good."]
    # Between sentences alone nobody was asked.
    assert out.probabilities.tolist() == pytest.approx([0.0, 0.9, 1.0])
    out = TopicSegmenter(ByInitial(), lang="en", max_length=10).segment(text)
    assert max(end - start for start, end in out) <= 10


@given(
    st.lists(st.sampled_from(["a. ", "b b. ", "c\n", "\n\n", "  d ", "é. ", "😀"]), max_size=30),
    st.sampled_from(["paragraph", "line", "sentence"]),
    st.lists(st.floats(0, 1), min_size=1, max_size=8),
    st.integers(1, 12),
    st.integers(0, 20),
)
def test_limits_hold_for_any_text(parts, unit, scores, least, more):
    text = "".join(parts)
    limits = {"min_length": least, "max_length": 2 * least + more}
    out = TopicSegmenter(Given(*scores), unit=unit, **limits).segment(text)
    assert "".join(out.texts()) == text
    lengths = [end - start for start, end in out]
    assert all(length <= limits["max_length"] for length in lengths)
    assert all(length >= least for length in lengths) or len(text) < least
    # Where every unit fits, boundaries are between units.
    topics = TopicSegmenter(Given(*scores), unit=unit, min_length=least)
    assert set(ends(topics.segment(text))) <= set(ends(topics.units(text)))


def test_limits_are_part_of_the_configuration():
    topics = TopicSegmenter("texttiling", min_length=2, max_length=9, target_length=5)
    assert repr(topics) == (
        "TopicSegmenter('texttiling', min_length=2, max_length=9, target_length=5)"
    )
    assert pickle.loads(pickle.dumps(topics)) == topics
    assert topics != TopicSegmenter("texttiling", min_length=2, max_length=9)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"min_length": 0}, ValueError, "min_length must be at least 1"),
        ({"max_length": 0}, ValueError, "max_length must be at least 1"),
        ({"target_length": 0}, ValueError, "target_length must be at least 1"),
        ({"target_length": 9.5}, TypeError, "target_length must be int"),
        ({"min_length": 9, "max_length": 8}, ValueError, "greater than max_length"),
        ({"count": 3, "max_length": 8}, ValueError, "leave out count, or min_length"),
    ],
)
def test_wrong_limits_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        TopicSegmenter(**arguments)


def test_chunks_of_topics():
    text = TEXT * 3
    topics = TopicSegmenter(lang="en")
    by_name = Chunker("topics", chunk_size=100, lang="en")
    assert by_name.split(text) == Chunker(topics, chunk_size=100, lang="en").split(text)
    chunks = by_name.chunk(text)
    assert "".join(chunk.text for chunk in chunks) == text
    assert max(chunk.size for chunk in chunks) <= 100
    assert by_name.chunk_batch([text, ""]) == [chunks, []]
    assert list(by_name.pipe([text])) == [chunks]
    assert pickle.loads(pickle.dumps(by_name)) == by_name
    assert repr(by_name) == "Chunker('topics', chunk_size=100, lang='en')"
    overlapping = Chunker("topics", chunk_size=100, chunk_overlap=30, lang="en").chunk(text)
    assert any(a.end > b.start for a, b in pairwise(overlapping))


def test_chunks_of_any_topics():
    topics = TopicSegmenter(ByInitial(), unit="sentence", lang="en")
    text = "Ah. All. An. Be. Boo. Cat."
    assert Chunker(topics, chunk_size=13).split(text) == ["Ah. All. An. ", "Be. Boo. Cat."]
    assert Chunker(topics, merge=False).split(text) == ["Ah. All. An. ", "Be. Boo. ", "Cat."]
    # A topic that is too large shares no chunk with another.
    assert Chunker(topics, chunk_size=9).split(text) == ["Ah. All. ", "An. ", "Be. Boo. ", "Cat."]


@pytest.mark.parametrize("fallback", ["topics", TopicSegmenter(lang="en", count=2)])
def test_texts_without_sections_are_cut_by_topics_if_asked(fallback):
    plain = SectionSegmenter("de")
    sections = SectionSegmenter("de", fallback=fallback)
    assert len(plain.outline(TEXT)) == 1
    outline = sections.outline(TEXT)
    parts = (TopicSegmenter() if fallback == "topics" else fallback).segment(TEXT)
    assert len(parts) > 1
    assert [section.span for section in outline[1:]] == list(parts)
    for section in outline[1:]:
        assert (section.kind, section.level, section.parent) == ("topic", 1, 0)
        assert (section.heading, section.marker, section.path) == (None, "", ())
        assert section.own == section.span
    assert outline.leaves() == parts.__class__(TEXT, parts.spans)
    assert sections.segment(TEXT) == outline.leaves()
    assert sections.segment_batch([TEXT, ""]) == [outline.leaves(), sections.segment("")]
    assert sections.outline_batch([TEXT], num_threads=1) == [outline]
    assert outline != plain.outline(TEXT)
    again = pickle.loads(pickle.dumps(outline))
    assert again == outline
    assert [s.to_dict() for s in again] == [s.to_dict() for s in outline]
    assert outline.to_markdown().split() == TEXT.split()
    assert 'name="topic"' in outline.to_akoma_ntoso()
    assert outline.references() == []


def test_texts_with_sections_need_no_fallback():
    text = "§ 1 Scope\nShips.\n\nCourts.\n\n§ 2 Terms\nShips."
    plain, sections = SectionSegmenter("de"), SectionSegmenter("de", fallback="topics")
    assert sections.outline(text) == plain.outline(text)
    assert sections.segment(text) == plain.segment(text)
    assert sections.split("§ 1 A\n\nB\n\nC") == plain.split("§ 1 A\n\nB\n\nC")


def test_little_and_odd_texts_have_no_topics():
    sections = SectionSegmenter(fallback="topics")
    for text in ("", "One.", " \n\n ", "\ud800"):
        assert len(sections.outline(text)) == 1
        assert "".join(sections.split(text)) == text
    text = "😀 Ships.\n\n\ud800 \n\nCourts é."
    sections = SectionSegmenter(fallback=TopicSegmenter(Given(0.9)))
    assert "".join(sections.split(text)) == text
    assert len(sections.outline(text)) == 4


def test_white_space_that_a_fallback_strips_is_kept():
    strict = SentenceSegmenter("en", strip=True)
    text = "  It rained.  We left. "
    outline = SectionSegmenter("de", fallback=strict).outline(text)
    assert [section.text for section in outline[1:]] == ["  It rained.  ", "We left. "]


def test_chunks_of_sections_that_are_topics():
    topics = TopicSegmenter("c99", lang="en", count=2)
    chunker = Chunker(SectionSegmenter("de", fallback=topics), context=True, chunk_size=100)
    assert chunker.split(TEXT) == [TEXT[:START], TEXT[START:]]
    assert [chunk.prefix for chunk in chunker.chunk(TEXT)] == ["", ""]
    assert chunker.chunk(TEXT, title="Sea")[0].prefix == "Sea\n"


def test_section_segmenters_with_a_fallback_are_values():
    sections = SectionSegmenter("de", fallback="topics")
    assert pickle.loads(pickle.dumps(sections)) == sections
    assert hash(sections) == hash(SectionSegmenter("de", fallback="topics"))
    assert sections != SectionSegmenter("de")
    assert repr(sections) == "SectionSegmenter('de', fallback='topics')"
    with pytest.raises(ValueError, match="fallback is 'sections'; known: topics"):
        SectionSegmenter(fallback="sections")
    with pytest.raises(TypeError, match="fallback must be 'topics', a segmenter or None"):
        SectionSegmenter(fallback=3)
