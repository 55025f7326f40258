"""`TopicSegmenter`: methods, decoders, and what it refuses."""

import math
import pickle

import pytest
import scriptio
from scriptio import Chunker, ModelError, Segmenter, TopicSegmenter
from scriptio.topics import c99, stem, texttiling

SEA = ["Ships sail the sea.", "A ship in port.", "The sea took two ships.", "Sailors leave port."]
LAW = ["Courts sit.", "A court of law.", "The judge left court.", "Judges know the law."]
TEXT = "\n\n".join([*SEA, *LAW])
START = TEXT.index("Courts")


class Fixed:
    """Gives what it was told, and remembers what it was asked."""

    def __init__(self, *scores):
        self.scores = scores
        self.asked = []

    def score(self, left, right):
        self.asked.append((list(left), list(right)))
        return self.scores


class ByInitial:
    """The topic changes with the first letter."""

    def score(self, left, right):
        return [float(a[0] != b[0]) for a, b in zip(left, right, strict=True)]


def test_words_that_change_are_a_boundary():
    topics = TopicSegmenter("c99", lang="en", count=2)
    assert [tuple(span) for span in topics.segment(TEXT)] == [(0, START), (START, len(TEXT))]
    assert topics.segment(TEXT).probabilities is None
    assert isinstance(topics, Segmenter)


def test_texttiling_finds_long_stretches():
    # Units of twenty words, as the sequences that are compared.
    text = "ships sail wide seas " * 5 + "\n"
    text = text * 12 + ("courts judge old laws " * 5 + "\n") * 12
    out = TopicSegmenter("texttiling", unit="line", lang="en").segment(text)
    assert [span.start for span in out] == [0, text.index("courts")]


@pytest.mark.parametrize("model", ["c99", "texttiling"])
@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence"])
@pytest.mark.parametrize(
    "text",
    ["", "One.", " \n\n ", "\n\n\n", "a\n\n\n\nb", "\ud800 x\n\n\udfff", "😀\n\n😀\r\n\r\n😀"],
)
def test_little_and_odd_texts_stay_whole(model, unit, text):
    topics = TopicSegmenter(model, unit=unit)
    out = topics.segment(text)
    assert "".join(out.texts()) == text
    assert len(out) <= len(topics.units(text))
    assert (len(out) == 0) == (text == "")


def test_units_are_what_they_are_called():
    text = "It rained. We left.\nGood.\n\nBye."
    for unit, expected in [
        ("paragraph", ["It rained. We left.\nGood.\n\n", "Bye."]),
        ("line", ["It rained. We left.\n", "Good.\n\n", "Bye."]),
        ("sentence", ["It rained. ", "We left.\n", "Good.\n\n", "Bye."]),
    ]:
        assert TopicSegmenter(unit=unit, lang="en").units(text).texts() == expected


def test_as_many_segments_as_asked_for():
    for count in range(1, 12):
        assert len(TopicSegmenter("c99", count=count).segment(TEXT)) == min(count, 8)
    assert len(TopicSegmenter("c99", count=8, min_units=3).segment(TEXT)) == 2
    assert len(TopicSegmenter(Fixed(*[0.0] * 7), count=3).segment(TEXT)) == 3


def test_batch_and_pipe_are_segment_many_times():
    texts = [TEXT, "", "One.", TEXT.upper(), TEXT * 3] * 3
    for model in ("c99", "texttiling", ByInitial()):
        topics = TopicSegmenter(model, lang="en")
        single = [topics.segment(text) for text in texts]
        assert topics.segment_batch(texts, num_threads=3) == single
        assert list(topics.pipe(texts, batch_size=2)) == single
        pairs = list(topics.pipe(zip(texts, range(15), strict=True), as_tuples=True))
        assert pairs == list(zip(single, range(15), strict=True))


def test_a_scorer_is_asked_about_neighbours():
    scorer = Fixed(0.2, 0.9, 0.6)
    out = TopicSegmenter(scorer).segment("a\n\nb\n\nc\n\nd")
    assert scorer.asked == [(["a\n\n", "b\n\n", "c\n\n"], ["b\n\n", "c\n\n", "d"])]
    assert out.texts() == ["a\n\nb\n\n", "c\n\n", "d"]
    assert out.probabilities.tolist() == pytest.approx([0.9, 0.6, 1.0])


def test_a_scorer_of_texts_is_given_all_units():
    class OfTexts(Fixed):
        threshold = 0.7

        def score_document(self, units):
            self.asked.append(list(units))
            return self.scores

    scorer = OfTexts(0.2, 0.9, 0.6)
    out = TopicSegmenter(scorer).segment("a\n\nb\n\nc\n\nd")
    assert scorer.asked == [["a\n\n", "b\n\n", "c\n\n", "d"]]
    assert out.texts() == ["a\n\nb\n\n", "c\n\nd"]
    assert len(TopicSegmenter(scorer, threshold=0.5).segment("a\n\nb\n\nc\n\nd")) == 3
    assert len(TopicSegmenter(scorer, decoder="minima").segment("a\n\nb\n\nc\n\nd")) == 2


def test_a_scorer_is_not_asked_about_less_than_two_units():
    scorer = Fixed()
    topics = TopicSegmenter(scorer)
    assert topics.segment("").probabilities.tolist() == []
    assert topics.segment("a").probabilities.tolist() == [1.0]
    assert scorer.asked == []


@pytest.mark.parametrize(
    ("options", "starts"),
    [
        ({}, [0, 2, 4, 5]),
        ({"threshold": 0.7}, [0, 2]),
        ({"count": 2}, [0, 2]),
        ({"count": 9}, [0, 1, 2, 3, 4, 5]),
        ({"min_units": 2}, [0, 2, 4]),
        ({"min_units": 4}, [0]),
        ({"decoder": "minima"}, [0, 2, 4]),
        ({"decoder": "minima", "threshold": 0.65}, [0, 2]),
        ({"decoder": "adaptive"}, [0, 2]),
        ({"decoder": "adaptive", "threshold": -2}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_decoders(options, starts):
    out = TopicSegmenter(Fixed(0.1, 0.8, 0.1, 0.7, 0.6), unit="line", **options).segment("a\n" * 6)
    assert [span.start // 2 for span in out] == starts


@pytest.mark.parametrize(
    ("scores", "error", "message"),
    [
        ([0.5], ValueError, "score gave 1 numbers for 2 pairs"),
        ([0.5] * 3, ValueError, "score gave 3 numbers"),
        ([0.5, math.nan], ValueError, "behind unit 1 is NaN"),
        ([0.5, -0.1], ValueError, "must be from 0 to 1"),
        ([math.inf, 0.1], ValueError, "behind unit 0 is inf"),
        (["x", 0.1], TypeError, "score must give numbers"),
        ([None, 0.1], TypeError, "score must give numbers"),
    ],
)
def test_wrong_scores_are_refused(scores, error, message):
    with pytest.raises(error, match=message):
        TopicSegmenter(Fixed(*scores)).segment("a\n\nb\n\nc")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "c98"}, ModelError, "there is no model 'c98'"),
        ({"model": 3}, TypeError, "a method score"),
        ({"unit": "page"}, ValueError, "unit must be"),
        ({"lang": "xx"}, ValueError, "unknown lang"),
        ({"count": 0}, ValueError, "count must be at least 1"),
        ({"count": 2.0}, TypeError, "count must be int"),
        ({"threshold": math.nan}, ValueError, "threshold is nan"),
        ({"threshold": "1"}, TypeError, "threshold must be a number"),
        ({"min_units": 0}, ValueError, "min_units must be at least 1"),
        ({"model": "c99", "decoder": "minima"}, ValueError, "'c99' gives no probabilities"),
        ({"model": ByInitial(), "decoder": "best"}, ValueError, "known: threshold, minima"),
        ({"stop_words": "the"}, TypeError, "stop_words must be an iterable"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        TopicSegmenter(**arguments)


def test_texts_are_checked():
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        TopicSegmenter().segment(b"x")
    with pytest.raises(TypeError, match="not one str"):
        TopicSegmenter().segment_batch("x")


def test_stop_words_take_the_place_of_the_known_ones():
    # Without its stop words, "the" is all that these share.
    units = ["the ship", "the port", "law court", "court law"]
    text = "\n".join(units)
    options = {"model": "c99", "unit": "line", "lang": "en", "count": 2}
    known = TopicSegmenter(**options).split(text)
    none = TopicSegmenter(**options, stop_words=[]).split(text)
    assert none == ["the ship\nthe port\n", "law court\ncourt law"]
    assert TopicSegmenter(**options, stop_words=["THE"]).split(text) == known


def test_equality_repr_and_pickling():
    topics = TopicSegmenter("texttiling", unit="line", count=3, stop_words=["x"])
    assert repr(topics) == "TopicSegmenter('texttiling', unit='line', count=3, stop_words=('x',))"
    again = pickle.loads(pickle.dumps(topics))
    assert again == topics
    assert hash(again) == hash(topics)
    assert again != TopicSegmenter()
    assert topics != 3
    assert scriptio.TopicSegmenter is TopicSegmenter


def test_chunks_by_topic():
    chunks = Chunker(TopicSegmenter("c99", lang="en", count=2), merge=False).split(TEXT)
    assert chunks == [TEXT[:START], TEXT[START:]]


def test_terms_are_compared_as_they_are():
    units = [["sea", "ship"], ["ship"], ["law", "court"], ["law"]]
    assert c99(units, count=2) == [2]
    assert c99([]) == texttiling([]) == []
    assert c99([[], []], count=2) == [1]
    assert texttiling([["sea"] * 30] * 8 + [["law"] * 30] * 8, count=1) == []
    assert stem("sailing") == "sail"
    with pytest.raises(TypeError, match=r"units\[0\] must be an iterable"):
        c99(["sea", "law"])
    with pytest.raises(TypeError, match="units must be an iterable"):
        c99("sea")


def test_many_equal_units_end_soon_enough():
    text = "same words here\n" * 1500
    for model in ("c99", "texttiling"):
        assert "".join(TopicSegmenter(model, unit="line").split(text)) == text


def test_what_fails_in_a_stream_comes_after_the_results_before_it():
    class Sour:
        def score(self, left, right):
            if "bad" in left[0]:
                raise RuntimeError("bad")
            return [0.0] * len(left)

    for size in (1, 2, 256):
        results = TopicSegmenter(Sour(), unit="line").pipe(
            ["a\nb", "c\nd", "bad\ne"], batch_size=size
        )
        assert [next(results).texts(), next(results).texts()] == [["a\nb"], ["c\nd"]]
        with pytest.raises(RuntimeError, match="bad"):
            next(results)


@pytest.mark.parametrize("name", ["count", "min_units", "max_length", "target_length"])
def test_numbers_beyond_any_length_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at most"):
        TopicSegmenter("c99", **{name: 10**30})
