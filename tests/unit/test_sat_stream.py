"""`SaTStream`: lossless, the same however the pieces are cut, in bounded memory."""

import random
import re
import tracemalloc
import zlib

import numpy as np
import pytest
import tiny_models
from scriptio import SaT, SaTStream, Segment, Segmentation, WtP, decode
from scriptio.sat_stream import CONTEXT, LONGEST, TOKEN
from scriptio.testing import check_segmentation

rng = random.Random(3)
WORDS = [
    *tiny_models.WORDS,
    "yes.",
    "Hello 😀",
    "今天下雨。",
    "Zürich",
    "\n\n",
    "\r\n",
    "  ",
    "\ud83d",
]
PROSE = " ".join(rng.choices(WORDS, k=900))
TEXTS = [
    "",
    " ",
    "It rained. We left.",
    PROSE,
    "今天下雨。我们走了。" * 300,
    " \n" * 1500,
    "x" * 3000,
    "yes " * 40 + " " * 2000 + "no. " * 40,
]


@pytest.fixture(scope="module")
def sat(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "sat"
    return SaT(tiny_models.save_directory(path), threshold=0.6)


def streamed(stream, pieces):
    segments = [segment for piece in pieces for segment in stream.feed(piece)]
    return segments + stream.finish()


def checked(text, segments):
    assert all(type(segment) is Segment for segment in segments)
    check_segmentation(text, Segmentation(text, [segment[:2] for segment in segments]))
    assert [segment.text for segment in segments] == [text[s:e] for s, e, _ in segments]


OPTIONS = [
    {},
    {"newlines": "always"},
    {"max_length": 60, "min_length": 10},
    {"max_length": 60, "meaning": "pack"},
    {"min_length": 50},
    {"threshold": 1.0, "newlines": "never"},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("step", [1, 50, 400, 5000])
def test_pieces_make_no_difference(sat, options, step):
    for text in TEXTS:
        if step == 1 and len(text) > 100:
            continue
        settings = {"look_ahead": 8, "step": step, **options}
        expected = streamed(sat.stream(**settings), [text])
        checked(text, expected)
        for size in (1, 7, 64, 1000):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert streamed(sat.stream(**settings), pieces) == expected
        if "max_length" in options:
            assert all(len(segment.text) <= 60 for segment in expected)


def test_short_texts_are_segmented_as_a_whole(sat):
    for options in OPTIONS:
        for text in (PROSE[:2500], TEXTS[2], " ", ""):
            segments = streamed(sat.stream(**options), [text])
            assert [segment[:2] for segment in segments] == list(sat.segment(text, **options))


# Words of more than 8 letters take more room than is put aside for them; a step has it.
@pytest.mark.parametrize(
    ("step", "repeat"), [(1, 1), (20, 1), (33, 1), (100, 1), (1000, 1), (200, 3), (1000, 5)]
)
def test_a_model_that_sees_no_farther_gives_the_segments_of_the_whole(step, repeat):
    reach = 6

    def score(text):
        # Boundaries depend on the words around, as far as the look-ahead and the context reach.
        words = list(re.finditer(r"\S+", text))
        names = [match.group() for match in words]
        found = [
            zlib.crc32(" ".join(names[max(at - 3, 0) : at + reach + 1]).encode()) % 100 - 85
            for at in range(len(words))
        ]
        ends = np.array([match.end() for match in words], np.int64)
        return ends, np.array(found, np.float32)

    def decode_all(text, ends, logits):
        return decode(text, ends, 1 / (1 + np.exp(-logits)), newlines="never")

    words = random.Random(step).choices(tiny_models.WORDS, k=700)
    text = " ".join(word * repeat for word in words)
    expected = decode_all(text, *score(text))
    assert len(expected) > 50
    stream = SaTStream(score, decode_all, look_ahead=reach, step=step)
    found = streamed(stream, [text])
    # Nothing is before the text itself, and nothing behind it.
    assert [segment[:2] for segment in found] == list(expected)


def test_white_space_is_stripped_if_told(sat):
    for text in TEXTS[:5]:
        plain = streamed(sat.stream(look_ahead=8, step=100), [text])
        stripped = streamed(sat.stream(look_ahead=8, step=100, strip=True), [text])
        spans = Segmentation(text, [segment[:2] for segment in plain]).stripped()
        assert stripped == [Segment(*segment) for segment in spans.segments()]


def test_segments_come_as_soon_as_stated(sat):
    look_ahead, step = 8, 50
    stream = sat.stream(look_ahead=look_ahead, step=step, newlines="always")
    assert (stream.look_ahead, stream.step) == (look_ahead, step)
    line = "it rained all day and we left\n"
    given = 0
    for number in range(1, 60):
        given += sum(len(segment.text) for segment in stream.feed(line))
        # What is held back: the step, the look-ahead, and the open segment.
        assert number * len(line) - given <= step + TOKEN * look_ahead + 2 * len(line)


def test_a_token_counts_once_its_look_ahead_is_there():
    seen = []

    def score(text):
        ends = np.arange(1, len(text) + 1)
        seen.append(text)
        return ends, np.where(ends == len(text), 9.0, -9.0).astype(np.float32)

    def decode(text, ends, logits):
        # The end of what the model saw must never be taken for a boundary but at the end.
        assert not (logits[:-1] > 0).any()
        return Segmentation(text, [(0, len(text))])

    stream = SaTStream(score, decode, look_ahead=5, step=20)
    text = "".join(rng.choices("ab ", k=500))
    assert [s.text for s in streamed(stream, [text])] == [text]
    assert len(seen) > 20
    assert all(len(one) <= 20 + TOKEN * 5 + CONTEXT * TOKEN for one in seen)
    # Every step but the first sees what was before.
    assert all(text[:at].endswith(one[:3]) or one[:3] in text for at, one in enumerate(seen))


def test_a_text_without_boundaries_is_ended_somewhere(monkeypatch):
    monkeypatch.setattr("scriptio.sat_stream.LONGEST", 1000)
    assert LONGEST > 1000

    def score(text):
        return np.arange(1, len(text) + 1), np.full(len(text), -9.0, np.float32)

    def decode(text, ends, logits):
        return Segmentation(text, [(0, len(text))])

    stream = SaTStream(score, decode, look_ahead=5, step=50, worth=lambda *_: False)
    text = "word " * 700
    segments = streamed(stream, [text[:70], text[70:]])
    checked(text, segments)
    assert all(1000 <= len(segment.text) <= 1050 for segment in segments[:-1])
    assert len(segments) == 4


def test_memory_does_not_grow_with_the_text(sat):
    sat.load()
    text = PROSE.replace("\ud83d", "") + "\n\n"

    def peak(times):
        stream = sat.stream(step=8192)
        tracemalloc.start()
        for _ in range(times):
            stream.feed(text)
        stream.finish()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40) < 1.5 * peak(10)


def test_finish_starts_afresh(sat):
    stream = sat.stream(look_ahead=8, step=50)
    first = streamed(stream, [PROSE])
    assert stream.finish() == []
    assert streamed(stream, [PROSE]) == first


def test_characters_are_streamed_as_well(tmp_path):
    wtp = WtP(tiny_models.save_wtp_directory(tmp_path / "wtp"), threshold=0.5)
    for text in TEXTS[:5]:
        expected = streamed(wtp.stream(look_ahead=16, step=300), [text])
        checked(text, expected)
        pieces = [text[at : at + 11] for at in range(0, len(text), 11)]
        assert streamed(wtp.stream(look_ahead=16, step=300), pieces) == expected


@pytest.mark.parametrize("bad", [b"x", None, 5])
def test_what_is_no_text_is_refused(sat, bad):
    stream = sat.stream()
    stream.feed("It rained. ")
    with pytest.raises(TypeError, match="piece must be str"):
        stream.feed(bad)
    assert "".join(s.text for s in stream.finish()) == "It rained. "


@pytest.mark.parametrize("options", [{"step": 0}, {"look_ahead": 0}, {"max_length": 0}])
def test_bad_settings_are_told(sat, options):
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        sat.stream(**options)


def test_segments_come_with_probabilities(sat):
    stream = sat.stream(look_ahead=8, step=100)
    scored = stream.feed_scored(PROSE) + stream.finish_scored()
    assert [segment for segment, _ in scored] == streamed(stream, [PROSE])
    assert scored[-1][1] == 1.0
    assert all(p > 0.6 for _, p in scored)
    # Short texts are read at once, so probabilities are those of the whole.
    text = PROSE[:2500]
    stream = sat.stream()
    found = [p for _, p in stream.feed_scored(text) + stream.finish_scored()]
    assert found == sat.segment(text).probabilities.tolist()
