"""`Segmentation` and `SpanArray`: results that are one object, made lazily."""

import copy
import json
import pickle
import sys
from collections.abc import Sequence

import pytest
import scriptio
from scriptio import (
    MissingDependencyError,
    Segment,
    Segmentation,
    SentenceSegmenter,
    Span,
    SpanArray,
)

TEXT = "It rained. Café 😀 is open. We left."
SPANS = [(0, 11), (11, 27), (27, 35)]


@pytest.fixture
def out():
    return Segmentation(TEXT, SPANS)


def test_is_a_sequence_of_spans(out):
    assert isinstance(out, Sequence)
    assert list(out) == SPANS
    assert all(type(span) is Span for span in out)
    assert (len(out), out[0], out[-1]) == (3, Span(0, 11), Span(27, 35))
    assert Span(11, 27) in out
    assert out.index(Span(27, 35)) == 2
    assert list(reversed(out)) == SPANS[::-1]
    assert TEXT[slice(*out[1])] == "Café 😀 is open. "


@pytest.mark.parametrize("index", [3, -4, 2**40])
def test_index_out_of_range(out, index):
    with pytest.raises(IndexError):
        out[index]


def test_index_of_another_type(out):
    with pytest.raises(TypeError):
        out["0"]


@pytest.mark.parametrize(
    "cut", [slice(None), slice(1, None), slice(None, None, -1), slice(5, 9), slice(0, 3, 2)]
)
def test_a_slice_is_a_segmentation_of_the_same_text(out, cut):
    part = out[cut]
    assert type(part) is Segmentation
    assert part.text is out.text
    assert list(part) == SPANS[cut]
    assert part.texts() == out.texts()[cut]
    assert part.byte_spans().tolist() == out.byte_spans().tolist()[cut]
    assert part.stripped().texts() == out.stripped().texts()[cut]


def test_texts_and_segments(out):
    assert out.texts() == [TEXT[start:end] for start, end in SPANS]
    segments = out.segments()
    assert next(segments) == Segment(0, 11, "It rained. ")
    assert [segment.text for segment in segments] == out.texts()[1:]
    assert out.ends() == [11, 27, 35]
    assert json.loads(json.dumps(out.to_dicts()))[0] == {
        "start": 0,
        "end": 11,
        "text": "It rained. ",
    }


def test_stripped_trims_spans_not_text():
    text = "\n Hi.  \u2003\u2028 \u00a0Yes\u3000"
    out = Segmentation(text, [(0, 7), (7, 10), (10, len(text))])
    assert list(out.stripped()) == [(2, 5), (7, 7), (11, 14)]
    assert out.stripped().texts() == ["Hi.", "", "Yes"]
    assert out.stripped().text is text
    assert out.stripped().stripped() == out.stripped()


def test_byte_spans(out):
    encoded = TEXT.encode()
    cut = [encoded[start:end].decode() for start, end in out.byte_spans().tolist()]
    assert cut == out.texts()


def test_equal_by_text_and_spans(out):
    same = Segmentation(str(TEXT), SpanArray(SPANS))
    assert out == same
    assert hash(out) == hash(same)
    assert out != Segmentation(TEXT, SPANS[:2])
    assert out != Segmentation(TEXT.upper(), SPANS)
    assert out != SPANS


def test_repr_shows_counts_only(out):
    assert repr(out) == "<Segmentation of 35 characters: 3 segments>"
    assert len(repr(Segmentation("x" * 10**6, [(0, 10**6)]))) < 80
    assert repr(out.spans) == "<SpanArray of 3 spans>"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_survives_pickling(out, protocol):
    assert pickle.loads(pickle.dumps(out, protocol)) == out
    assert copy.deepcopy(out) == out
    empty = Segmentation("", [])
    assert pickle.loads(pickle.dumps(empty, protocol)) == empty


def test_cannot_be_changed(out):
    for name in ("text", "spans", "other"):
        with pytest.raises(AttributeError):
            setattr(out, name, None)
    with pytest.raises(TypeError):
        out[0] = (1, 2)


@pytest.mark.parametrize("bad", [[(0, 36)], [(5, 2)], [(-1, 2)]])
def test_spans_must_fit(bad):
    with pytest.raises(ValueError, match=r"span .*"):
        Segmentation(TEXT, bad)


def test_wrong_types_are_refused():
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        Segmentation(b"Hi.", [])
    with pytest.raises(TypeError):
        SpanArray([(0, "1")])
    with pytest.raises(ValueError, match="16 bytes"):
        SpanArray._from_bytes(b"12345678")


def test_the_buffer_is_the_array_itself(out):
    view = memoryview(out.spans)
    assert (view.format, view.shape, view.strides, view.itemsize) == ("q", (3, 2), (16, 8), 8)
    assert view.readonly
    assert view.c_contiguous
    assert view.tolist() == [list(span) for span in SPANS]
    assert view[2, 1] == 35
    with pytest.raises(TypeError):
        view[0, 0] = 5


def test_the_buffer_outlives_the_array():
    view = memoryview(SpanArray(SPANS))
    assert view.tolist()[-1] == [27, 35]
    data = bytes(SpanArray(SPANS))
    assert len(data) == 16 * 3
    assert SpanArray._from_bytes(data) == SpanArray(SPANS) or sys.byteorder == "big"


def test_an_empty_buffer():
    view = memoryview(SpanArray())
    assert view.shape == (0, 2)
    assert bytes(view) == b""


def test_a_span_takes_16_bytes():
    text = "It rained. We left. " * 1000
    spans = SentenceSegmenter("en").segment(text).spans
    assert memoryview(spans).nbytes == 16 * len(spans)


def test_to_numpy_copies_nothing(out):
    np = pytest.importorskip("numpy")
    array = out.to_numpy()
    assert array.dtype == np.int64
    assert array.shape == (3, 2)
    assert array.tolist() == [list(span) for span in SPANS]
    assert not array.flags.writeable
    assert not array.flags.owndata
    assert np.shares_memory(array, out.to_numpy())
    assert Segmentation("", []).to_numpy().shape == (0, 2)


def test_to_numpy_without_numpy(out, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'scriptio\[numpy\]'") as caught:
        out.to_numpy()
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, scriptio.ScriptioError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_surrogates_survive_slicing():
    text = "a\ud800b. c"
    out = Segmentation(text, [(0, 5), (5, 6)])
    assert out.texts() == ["a\ud800b. ", "c"]
    assert out.stripped().texts() == ["a\ud800b.", "c"]
    assert out.byte_spans().tolist() == [(0, 7), (7, 8)]
