"""What may be passed where a text is asked for, and what is said otherwise."""

import os

import pytest
import scriptio
from scriptio._text import checked_text, thread_count


class Shouting(str):
    """A string that lies about itself."""

    def __len__(self):
        return 1000

    def __getitem__(self, index):
        return "!"


@pytest.fixture
def segmenter():
    return scriptio.SentenceSegmenter("en")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"Hi.", "text must be str, not bytes; decode it first"),
        (bytearray(b"Hi."), "text must be str, not bytearray; decode it first"),
        (None, "text must be str, not None"),
        (5, "text must be str, not int; convert it first"),
        (["Hi."], "text must be str, not list; pass several texts to segment_batch"),
    ],
)
@pytest.mark.parametrize("method", ["segment", "split", "explain"])
def test_what_is_no_text_is_refused_with_a_remedy(segmenter, method, value, told):
    with pytest.raises(TypeError) as caught:
        getattr(segmenter, method)(value)
    assert str(caught.value).startswith(told)


def test_the_function_names_its_arguments():
    with pytest.raises(TypeError, match=r"text must be str, not bytes"):
        scriptio.split(b"Hi.")
    with pytest.raises(TypeError, match=r"lang must be str, not None"):
        scriptio.split("Hi.", lang=None)
    with pytest.raises(TypeError, match=r"lang must be str, not list"):
        scriptio.split("Hi.", lang=["en"])


def test_one_text_is_not_taken_for_many(segmenter):
    for method in (segmenter.segment_batch, segmenter.split_batch, segmenter.pipe):
        with pytest.raises(TypeError, match="texts must be an iterable of str, not one str"):
            method("Hello.")
        with pytest.raises(TypeError, match="texts must be an iterable of str, not one bytes"):
            method(b"Hello.")
        with pytest.raises(TypeError, match="texts must be an iterable of str, not int"):
            method(5)


def test_the_item_that_is_no_text_is_named(segmenter):
    with pytest.raises(TypeError, match=r"texts\[1\] must be str, not None"):
        segmenter.segment_batch(["a", None])
    with pytest.raises(TypeError, match=r"texts\[300\] must be str, not bytes"):
        list(segmenter.pipe(["a"] * 300 + [b"b"]))


def test_a_subclass_of_str_is_taken_by_its_characters(segmenter):
    out = segmenter.segment(Shouting("It rained. We left."))
    assert type(out.text) is str
    assert out.texts() == ["It rained. ", "We left."]
    assert type(checked_text(Shouting("x"))) is str
    assert segmenter.split_batch([Shouting("It rained.")]) == [["It rained."]]


@pytest.mark.parametrize("bad", [0, -1])
def test_numbers_too_small_are_refused(segmenter, bad):
    with pytest.raises(ValueError, match="num_threads must be at least 1"):
        segmenter.segment_batch(["a"], num_threads=bad)
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        segmenter.pipe(["a"], batch_size=bad)


@pytest.mark.parametrize("bad", [1.5, "2", True])
def test_numbers_of_another_type_are_refused(segmenter, bad):
    with pytest.raises(TypeError, match="num_threads must be int"):
        segmenter.segment_batch(["a"], num_threads=bad)
    with pytest.raises(TypeError, match="batch_size must be int"):
        segmenter.pipe(["a"], batch_size=bad)


def test_the_environment_sets_the_number_of_threads(monkeypatch):
    monkeypatch.setenv("SCRIPTIO_NUM_THREADS", "3")
    assert thread_count(None) == 3
    assert thread_count(2) == 2
    monkeypatch.setenv("SCRIPTIO_NUM_THREADS", "many")
    with pytest.raises(ValueError, match="SCRIPTIO_NUM_THREADS must be a number"):
        thread_count(None)
    monkeypatch.delenv("SCRIPTIO_NUM_THREADS")
    assert 1 <= thread_count(None) <= (os.cpu_count() or 1)
