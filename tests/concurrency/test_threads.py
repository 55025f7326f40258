"""Segmenters, results and streams shared by threads."""

from concurrent.futures import ThreadPoolExecutor

from scriptio import Segmentation, SentenceSegmenter

TEXTS = [f"It rained {n} days. Café 😀 is open.\n\nWe left. " * (n + 1) for n in range(60)]


def test_one_segmenter_serves_many_threads():
    segmenter = SentenceSegmenter("en")
    expected = [segmenter.segment(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(segmenter.segment, TEXTS)) == expected
            batches = pool.map(lambda _: segmenter.segment_batch(TEXTS, num_threads=3), range(4))
            assert all(batch == expected for batch in batches)


def test_one_result_serves_many_threads():
    out = SentenceSegmenter("en").segment("".join(TEXTS))
    expected = (out.texts(), out.byte_spans(), out.stripped(), list(out))
    with ThreadPoolExecutor(8) as pool:
        ways = pool.map(
            lambda _: (out.texts(), out.byte_spans(), out.stripped(), list(out)), range(16)
        )
        assert all(way == expected for way in ways)


def test_a_stream_fed_by_many_threads_loses_nothing():
    # In which order the pieces arrive is theirs to know; but each arrives whole and once.
    stream = SentenceSegmenter("en").stream()
    pieces = [f"Piece {n} was here. \ud800 " * 200 for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        segments = [segment for found in pool.map(stream.feed, pieces) for segment in found]
    segments += stream.finish()
    segments.sort()
    text = "".join(segment.text for segment in segments)
    assert sorted(text.split()) == sorted("".join(pieces).split())
    assert Segmentation(text, [segment[:2] for segment in segments]).texts() == [
        segment.text for segment in segments
    ]


def test_many_threads_make_segmenters():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: SentenceSegmenter("de", strip=True), range(32)))
    assert len(set(made)) == 1
