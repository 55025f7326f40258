"""What holds of topics for any text, and C99 against plain Python."""

from itertools import pairwise

import c99_reference as reference
from hypothesis import assume, given
from hypothesis import strategies as st
from scriptio import TopicSegmenter, testing
from scriptio.topics import TopicModel, c99

WORDS = st.sampled_from(["ship", "ships", "law", "the", "Größe", "海", "\ud800", "", "a b"])
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", ". ", "\n", "\n\n", "\r\n \r\n"])))
OPTIONS = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(["paragraph", "line", "sentence"]),
        "lang": st.sampled_from(["en", "und", "zh"]),
        "count": st.none() | st.integers(1, 5),
        "threshold": st.none() | st.floats(-3, 3),
        "min_units": st.integers(1, 4),
    }
)


class ByLength:
    """The topic changes as the lengths do."""

    def score(self, left, right):
        pairs = zip(left, right, strict=True)
        return [abs(len(a) - len(b)) / (len(a) + len(b)) for a, b in pairs]


MODELS = st.sampled_from(["c99", "texttiling", ByLength(), TopicModel(num_threads=1)])


@given(pieces=TEXTS, options=OPTIONS, model=MODELS)
def test_segments_are_runs_of_whole_units(pieces, options, model):
    text = "".join(word + gap for word, gap in pieces)
    topics = TopicSegmenter(model, **options)
    out = topics.segment(text)
    assert "".join(out.texts()) == text
    ends = [span.end for span in topics.units(text)]
    places = [ends.index(span.end) + 1 for span in out]
    sizes = [b - a for a, b in pairwise([0, *places])]
    assert all(size >= min(options["min_units"], len(ends)) for size in sizes)
    if options["count"] is not None:
        assert len(out) <= options["count"]
    assert topics.segment_batch([text, text]) == [out, out]
    testing.check_segmenter(topics, text)


UNITS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=6), max_size=16)


@given(units=UNITS, count=st.integers(1, 6))
def test_c99_is_the_plain_algorithm(units, count):
    assert c99(units, count=count) == reference.c99(units, count)


@given(units=UNITS)
def test_c99_stops_where_the_plain_algorithm_does(units):
    _, densities = reference.division(units, len(units))
    # Gains that are equal to the threshold but for rounding may fall on either side of it.
    assume(all(abs(over) > 1e-9 for over in reference.excess(densities)))
    assert c99(units) == reference.c99(units)
