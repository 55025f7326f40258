"""The invariants I1 to I6 of ARCHITECTURE.md, on texts from `scriptio.testing`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scriptio import SentenceSegmenter
from scriptio.testing import (
    check_pieces,
    check_prefixes,
    check_segmentation,
    check_segmenter,
    check_stripped,
    documents,
    hostile_text,
)

SEGMENTERS = [
    SentenceSegmenter("en"),
    SentenceSegmenter("und"),
    SentenceSegmenter("de", newlines="always"),
    SentenceSegmenter("zh", newlines="never"),
    SentenceSegmenter("th", abbreviations=["It"], protect=[r"\d+\. \w+"]),
]

#: Inner sizes: the window of a verdict, blocks of counting and scanning, the length from which the
#: interpreter lock is released, and the work that is worth a thread.
EDGES = [64, 192, 1024, 4 * 1024, 64 * 1024]

#: What must not be torn apart, or counted twice, at an edge.
AT_THE_EDGE = [
    "é",
    "e\u0301",
    "👩\u200d👧",
    "\r\n",
    "\n\n",
    ". ",
    ".\u2003",
    "。",
    "\ud800",
    "Dr. X",
]

segmenters = st.sampled_from(SEGMENTERS)
texts = st.one_of(documents(), hostile_text())


@given(segmenters, texts)
def test_spans_partition_the_text_and_all_ways_agree(segmenter, text):
    check_segmenter(segmenter, text)


@given(segmenters, texts)
def test_byte_spans_lie_on_characters(segmenter, text):
    out = segmenter.segment(text)
    encoded = text.encode("utf-8", "surrogatepass")
    cut = [encoded[start:end] for start, end in out.byte_spans().tolist()]
    assert [piece.decode("utf-8", "surrogatepass") for piece in cut] == out.texts()


@given(segmenters, texts)
def test_stripped_spans_lie_inside(segmenter, text):
    out = segmenter.segment(text)
    check_stripped(text, out, out.stripped())
    assert out.stripped().stripped() == out.stripped()


@given(segmenters, texts, st.data())
def test_pieces_make_no_difference(segmenter, text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    check_pieces(
        segmenter, [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    )


@given(st.sampled_from([s for s in SEGMENTERS if s.newlines != "never"]), texts)
def test_paragraphs_do_not_depend_on_what_follows(segmenter, text):
    check_prefixes(segmenter, text)


@given(segmenters, st.lists(texts, max_size=6), st.integers(1, 4), st.integers(1, 7))
def test_batch_size_and_threads_make_no_difference(segmenter, batch, num_threads, batch_size):
    single = [segmenter.segment(text) for text in batch]
    assert segmenter.segment_batch(batch, num_threads=num_threads) == single
    piped = segmenter.pipe(iter(batch), batch_size=batch_size, num_threads=num_threads)
    assert list(piped) == single


@given(segmenters, texts)
def test_explanations_agree_with_the_boundaries(segmenter, text):
    ends = set(segmenter.segment(text).ends())
    # Two candidates may share an offset, such as a full stop and the line break after it.
    decided: dict[int, bool] = {}
    for offset, boundary, _, _ in segmenter.explain(text):
        decided[offset] = decided.get(offset, False) or boundary
    for offset, boundary in decided.items():
        assert boundary == (offset in ends)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("piece", AT_THE_EDGE)
@pytest.mark.parametrize("filler", ["a", "It rained. ", "é", "\n", " "])
def test_nothing_breaks_at_an_inner_edge(edge, piece, filler):
    segmenter = SEGMENTERS[0]
    lead = filler * (edge // len(filler.encode()) + 1)
    # All bytes of the piece, one after another, come to lie on the edge.
    for back in range(len(piece.encode("utf-8", "surrogatepass")) + 2):
        head = lead.encode()[: max(0, edge - back)].decode("utf-8", "ignore")
        text = f"{head}{piece}{filler} We left. {filler}"
        out = segmenter.segment(text)
        check_segmentation(text, out)
        cut = [text.encode("utf-8", "surrogatepass")[a:b] for a, b in out.byte_spans().tolist()]
        assert [one.decode("utf-8", "surrogatepass") for one in cut] == out.texts()
        assert segmenter.segment_batch([text, text], num_threads=2) == [out, out]
    check_pieces(segmenter, [head, piece, text[len(head) + len(piece) :]])
    check_pieces(segmenter, [text[: edge - 1], text[edge - 1 :]])
