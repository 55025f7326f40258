"""`SentenceStream`: the same segments, wherever the pieces are cut."""

import pytest
from scriptio import Segment, SentenceSegmenter
from scriptio.testing import check_pieces

TEXTS = [
    "",
    "It rained. We left.",
    "One.\r\n\r\nTwo.\r\nThree. \u2028 Four",
    "Café 😀 is open. e\u0301 👩\u200d👩\u200d👧. 今天下雨。我们走了。",
    "It \ud83d\ude00 rained \udfff. We\ud800 left. \ud83d",
]


@pytest.fixture
def segmenter():
    return SentenceSegmenter("en")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 2, 3, 64, 1000])
def test_pieces_of_every_size(segmenter, text, size):
    check_pieces(segmenter, [text[at : at + size] for at in range(0, len(text), size)])


@pytest.mark.parametrize("text", TEXTS)
def test_every_single_cut(segmenter, text):
    for cut in range(len(text) + 1):
        check_pieces(segmenter, [text[:cut], text[cut:]])


def test_segments_have_offsets_of_the_whole_text(segmenter):
    stream = segmenter.stream()
    segments = stream.feed("Café 😀. ") + stream.feed("We left.") + stream.finish()
    assert all(type(segment) is Segment for segment in segments)
    assert [segment[:2] for segment in segments] == list(segmenter.segment("Café 😀. We left."))


def test_halves_of_a_surrogate_pair_stay_two(segmenter):
    stream = segmenter.stream()
    segments = stream.feed("Oh \ud83d") + stream.feed("\ude00 no.") + stream.finish()
    assert [segment.text for segment in segments] == ["Oh \ud83d\ude00 no."]
    assert segments[0].end == 9


def test_surrogates_are_put_back_where_they_were(segmenter):
    pieces = ["A\ud800 b. ", "\udfffC d. E", " \ud83d\ufffd f.", "\ude00"]
    check_pieces(segmenter, pieces)


def test_finish_starts_afresh(segmenter):
    stream = segmenter.stream()
    first = stream.feed("It \ud800rained. We left.") + stream.finish()
    assert stream.finish() == []
    again = stream.feed("It \ud800rained. We left.") + stream.finish()
    assert first == again


def test_streams_do_not_know_each_other(segmenter):
    one, two = segmenter.stream(), segmenter.stream()
    one.feed("It rained")
    two.feed("We left")
    assert [s.text for s in one.finish()] == ["It rained"]
    assert [s.text for s in two.finish()] == ["We left"]


def test_look_ahead_is_stated(segmenter):
    assert segmenter.stream().look_ahead == 64


@pytest.mark.parametrize("bad", [b"x", None, 5])
def test_what_is_no_text_is_refused(segmenter, bad):
    stream = segmenter.stream()
    stream.feed("It rained. ")
    with pytest.raises(TypeError, match="piece must be str"):
        stream.feed(bad)
    assert [s.text for s in stream.feed("We left.") + stream.finish()] == [
        "It rained. ",
        "We left.",
    ]


def test_segments_come_before_the_end(segmenter):
    paragraph = "It rained all day and the streets were wet. We left early.\n\n"
    stream = segmenter.stream()
    given = sum(len(s.text) for _ in range(50) for s in stream.feed(paragraph))
    # What is held back: one sentence, its white space, and the look-ahead.
    assert 50 * len(paragraph) - given <= 2 * len(paragraph) + stream.look_ahead
