"""Chunks cover the text, fit, repeat whole segments, and depend on nothing else."""

from hypothesis import given
from hypothesis import strategies as st
from scriptio import Chunker, SentenceSegmenter
from scriptio.testing import documents, hostile_text


def words_and_one(texts):
    return [len(text.split()) + 1 for text in texts]


COUNTS = {
    "chars": len,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "words": lambda text: len(text.split()),
    words_and_one: lambda text: len(text.split()) + 1,
}

texts = st.one_of(documents(), hostile_text())


@st.composite
def chunkers(draw):
    size = draw(st.integers(4, 200))
    return Chunker(
        draw(st.sampled_from([None, "sentences", SentenceSegmenter("en", strip=True)])),
        chunk_size=size,
        chunk_overlap=draw(st.integers(0, size - 1)),
        sizer=draw(st.sampled_from(list(COUNTS))),
        packing=draw(st.sampled_from(["greedy", "balanced"])),
        merge=draw(st.booleans()),
    )


@given(chunkers(), texts)
def test_chunks_cover_the_text_and_fit(chunker, text):
    chunks = chunker.chunk(text)
    count = COUNTS[chunker._config[3]]
    end = start = -1
    reach = 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.size == count(chunk.text) <= chunker.chunk_size
        assert chunk.start <= reach < chunk.end
        assert chunk.start > start
        assert chunk.end > end
        if chunker.chunk_overlap == 0:
            assert chunk.start == reach
        start, end = chunk.start, chunk.end
        reach = end
    assert reach == len(text)


@given(chunkers(), st.lists(texts, max_size=4), st.integers(1, 3))
def test_batches_and_threads_make_no_difference(chunker, batch, threads):
    single = [chunker.chunk(text) for text in batch]
    assert chunker.chunk_batch(batch, num_threads=threads) == single
    assert list(chunker.pipe(batch, batch_size=threads)) == single


@given(texts, st.integers(20, 200), st.integers(0, 19))
def test_overlap_is_of_whole_sentences(text, size, overlap):
    by = SentenceSegmenter("en")
    ends = {0, *by.segment(text).ends()}
    longest = max((b - a for a, b in by.segment(text)), default=0)
    chunks = Chunker(by, chunk_size=size, chunk_overlap=overlap).chunk(text)
    reach = 0
    for chunk in chunks:
        assert reach - chunk.start <= overlap
        if longest <= size:
            assert chunk.start in ends
            assert chunk.end in ends
        reach = chunk.end
