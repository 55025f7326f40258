"""`scriptio.testing`: checks that find what is wrong, and strategies that reach it."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scriptio import MissingDependencyError, Segmentation, SentenceSegmenter, testing

TEXT = "It rained. We left."


class Broken:
    """A segmenter made wrong in one way at a time."""

    def __init__(self, **methods):
        good = SentenceSegmenter("en")
        for name in ("segment", "split", "segment_batch", "pipe", "stream"):
            setattr(self, name, methods.get(name, getattr(good, name)))


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [(0, 11)],
        [(0, 11), (12, 19)],
        [(0, 11), (10, 19)],
        [(1, 19)],
        [(0, 11), (11, 11), (11, 19)],
        [(0, 20)],
    ],
)
def test_what_is_no_partition_is_found(spans):
    with pytest.raises(AssertionError):
        testing.check_segmentation(TEXT, spans)


def test_a_partition_passes():
    testing.check_segmentation(TEXT, [(0, 11), (11, 19)])
    testing.check_segmentation("", [])


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        ({"segment": lambda text: [(0, max(0, len(text) - 1))]}, "last segment ends"),
        ({"split": lambda text: [text.strip()]}, "split differs"),
        (
            {"segment_batch": lambda texts, num_threads: [Segmentation(t, []) for t in texts]},
            "segment_batch differs",
        ),
        ({"pipe": lambda texts, batch_size: iter([])}, "pipe differs"),
        ({"stream": SentenceSegmenter("en", strip=True).stream}, "stream of 1 pieces differs"),
    ],
)
def test_a_broken_segmenter_is_found(methods, told):
    with pytest.raises(AssertionError, match=told):
        testing.check_segmenter(Broken(**methods), TEXT)


def test_a_segmenter_may_have_segment_alone():
    class Whole:
        def segment(self, text):
            return [(0, len(text))] if text else []

    testing.check_segmenter(Whole(), TEXT)


def test_stripped_spans_must_lie_inside():
    testing.check_stripped(" a ", [(0, 3)], [(1, 2)])
    for bad in ([(0, 2)], [(1, 3)], [(1, 1)]):
        with pytest.raises(AssertionError):
            testing.check_stripped(" a ", [(0, 3)], bad)
    with pytest.raises(AssertionError, match="outside"):
        testing.check_stripped("ab", [(0, 1)], [(0, 2)])


def test_a_paragraph_that_depends_on_the_next_is_found():
    class Peeking:
        def segment(self, text):
            cut = 1 if text.endswith("!") else 2
            return [(0, cut), (cut, len(text))]

    with pytest.raises(AssertionError, match="change with the text that follows"):
        testing.check_prefixes(Peeking(), "abc\n\nd!")


def drawn(strategy, count=400):
    """Examples of a strategy, the same at every run."""
    texts = []

    @settings(max_examples=count, database=None, derandomize=True)
    @given(strategy)
    def collect(text):
        texts.append(text)

    collect()
    return texts


@pytest.mark.parametrize("strategy", [testing.documents(), testing.hostile_text()])
def test_strategies_reach_what_is_hard(strategy):
    everything = "\n\n".join(drawn(strategy))
    for wanted in ("\r\n", "\n\n", "\u2028", "\u00a0", "Dr.", "。", "፧", "։", "https://", '."'):
        assert wanted in everything


def test_hostile_text_crosses_sizes_and_holds_surrogates():
    texts = drawn(testing.hostile_text())
    assert any(len(text) > 1024 for text in texts)
    assert any("\ud800" <= char <= "\udfff" for text in texts for char in text)
    assert "" in texts
    assert any("\0" in text for text in texts)


@given(st.data())
def test_sentences_of_a_script(data):
    text = data.draw(testing.sentences("Han"))
    assert text
    assert text.strip() == text


def test_an_unknown_script_lists_the_known():
    with pytest.raises(ValueError, match="unknown script 'Runes'; known: Latin, Cyrillic"):
        testing.sentences("Runes")


@pytest.mark.parametrize("make", [testing.sentences, testing.documents, testing.hostile_text])
def test_without_hypothesis(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'scriptio\[testing\]'"):
        make()
