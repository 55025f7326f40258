"""`SentenceSegmenter`: construction, the ways to call it, and that they agree."""

import copy
import gc
import pickle
import weakref

import pytest
import scriptio
from scriptio import Segmenter, SentenceSegmenter

RAIN = "It rained. We left."
RAIN_TEXTS = ["It rained. ", "We left."]


def test_split_gives_strings():
    assert scriptio.split(RAIN) == RAIN_TEXTS
    assert scriptio.split(RAIN, lang="de") == RAIN_TEXTS
    assert scriptio.split("") == []


def test_segment_gives_spans():
    out = SentenceSegmenter("en").segment(RAIN)
    assert list(out) == [(0, 11), (11, 19)]
    assert out.text is RAIN


def test_white_space_alone_is_one_segment():
    assert SentenceSegmenter("en").split(" \n ") == [" \n "]


def test_leading_white_space_belongs_to_the_first():
    assert SentenceSegmenter("en").split("  " + RAIN) == ["  It rained. ", "We left."]


def test_a_blank_line_ends_a_segment():
    assert SentenceSegmenter("en").split("Heading\n\nText") == ["Heading\n\n", "Text"]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_offsets_are_code_points(ascii_only):
    head = "Cafe" if ascii_only else "Café 😀"
    text = f"{head} is open. We went."
    out = SentenceSegmenter("en").segment(text)
    assert (
        [text[start:end] for start, end in out] == out.texts() == [f"{head} is open. ", "We went."]
    )


def test_lone_surrogates_survive_one_for_one():
    text = "It \ud83d\ude00 rained \udfff. We\ud800 left."
    out = SentenceSegmenter("en").segment(text)
    assert "".join(out.texts()) == text
    assert out.ends()[-1] == len(text)
    encoded = text.encode("utf-8", "surrogatepass")
    assert out.byte_spans()[-1][1] == len(encoded)
    cut = [encoded[start:end] for start, end in out.byte_spans().tolist()]
    assert [piece.decode("utf-8", "surrogatepass") for piece in cut] == out.texts()


def test_batch_keeps_the_order():
    texts = [RAIN, "", "One.", RAIN * 500, "x"]
    segmenter = SentenceSegmenter("en")
    single = [segmenter.segment(text) for text in texts]
    for num_threads in (None, 1, 2, 7):
        assert segmenter.segment_batch(texts, num_threads=num_threads) == single
    assert segmenter.split_batch(iter(texts)) == [out.texts() for out in single]
    assert segmenter.segment_batch([]) == []


@pytest.mark.parametrize("batch_size", [1, 2, 3, 256])
def test_pipe_is_lazy_and_ordered(batch_size):
    taken = []

    def texts():
        for number in range(7):
            taken.append(number)
            yield f"It rained {number} days. We left."

    results = SentenceSegmenter("en").pipe(texts(), batch_size=batch_size)
    assert taken == []
    first = next(results)
    assert len(taken) == min(batch_size, 7)
    assert [out.text for out in (first, *results)] == [
        f"It rained {number} days. We left." for number in range(7)
    ]


def test_pipe_carries_what_comes_with_a_text():
    marker = object()
    results = SentenceSegmenter("en").pipe([(RAIN, marker), ("", 5)], as_tuples=True)
    (first, one), (second, two) = results
    assert (first.texts(), one, len(second), two) == (RAIN_TEXTS, marker, 0, 5)


def test_pipe_keeps_nothing_it_has_given_away():
    class Context:
        pass

    def texts():
        for _ in range(10):
            yield RAIN, Context()

    alive = []
    for out, context in SentenceSegmenter("en").pipe(texts(), as_tuples=True, batch_size=2):
        alive += [weakref.ref(out), weakref.ref(context)]
        del out, context
        gc.collect()
        assert [ref for ref in alive if ref() is not None] == []


def test_pipe_gives_results_before_the_failure():
    def texts():
        yield RAIN
        yield RAIN
        raise OSError("the disk is gone")

    results = SentenceSegmenter("en").pipe(texts())
    assert [len(next(results)), len(next(results))] == [2, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(results)
    results = SentenceSegmenter("en").pipe([RAIN, None])
    assert len(next(results)) == 2
    with pytest.raises(TypeError, match=r"texts\[1\]"):
        next(results)


def test_pipe_of_nothing_is_empty():
    assert list(SentenceSegmenter("en").pipe([])) == []


def test_strip_leaves_white_space_out():
    text = " \n It rained.  \u00a0We left.\n"
    segmenter = SentenceSegmenter("en", strip=True)
    whole = SentenceSegmenter("en").segment(text)
    assert segmenter.segment(text) == whole.stripped()
    assert segmenter.split(text) == [piece.strip() for piece in whole.texts()]
    assert segmenter.segment_batch([text]) == [segmenter.segment(text)]
    stream = segmenter.stream()
    segments = stream.feed(text) + stream.finish()
    assert [segment.text for segment in segments] == segmenter.split(text)
    assert [(start, end) for start, end, _ in segments] == list(segmenter.segment(text))


@pytest.mark.parametrize(
    ("code", "lang"),
    [("no", "nb"), ("en-GB", "en"), ("zh_Hant", "zh"), ("DE", "de"), ("eng", "en"), ("und", "und")],
)
def test_other_spellings_of_a_language(code, lang):
    assert SentenceSegmenter(code).lang == lang


def test_an_unknown_language_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown lang .*xx.*known: .*de, .*en, .*und"):
        SentenceSegmenter("xx")
    with pytest.raises(ValueError, match="unknown lang"):
        scriptio.split("Hi.", lang="klingon")


def test_languages_are_sorted_and_usable():
    codes = scriptio.languages()
    assert codes == sorted(codes)
    assert {"en", "de", "ja", "th"} <= set(codes)
    for code in codes:
        assert SentenceSegmenter(code).lang == code


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"newlines": "sometimes"}, ValueError, "newlines must be"),
        ({"newlines": None}, TypeError, "newlines must be str"),
        ({"abbreviations": "Dr."}, TypeError, "abbreviations must be an iterable of str, not one"),
        ({"abbreviations": [b"Dr."]}, TypeError, r"abbreviations\[0\] must be str, not bytes"),
        ({"abbreviations": ["two words"]}, ValueError, "two words"),
        ({"protect": "a+"}, TypeError, "protect must be an iterable of str, not one str"),
        ({"protect": [""]}, ValueError, "protected pattern"),
        ({"protect": [None]}, TypeError, r"protect\[0\] must be str"),
    ],
)
def test_bad_options_are_named(options, error, told):
    with pytest.raises(error, match=told):
        SentenceSegmenter("en", **options)


def test_options_are_by_name_alone():
    with pytest.raises(TypeError):
        SentenceSegmenter("en", "always")


def test_repr_is_a_constructor_call():
    segmenters = [
        SentenceSegmenter("en"),
        SentenceSegmenter("de", newlines="never", strip=True),
        SentenceSegmenter("fr", abbreviations=["cf."], protect=[r"\d+\.\d+"]),
    ]
    for segmenter in segmenters:
        assert eval(repr(segmenter)) == segmenter
    assert repr(segmenters[0]) == "SentenceSegmenter('en')"


def test_equal_by_configuration():
    one = SentenceSegmenter("no", abbreviations=["f.eks."])
    two = SentenceSegmenter("nb", abbreviations=("f.eks.",))
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two, SentenceSegmenter("nb")}) == 2
    assert one != SentenceSegmenter("nb", strip=True)
    assert one != "nb"


def test_survives_pickling_and_copying():
    segmenter = SentenceSegmenter("de", newlines="always", abbreviations=["bspw"], strip=True)
    for twin in (pickle.loads(pickle.dumps(segmenter)), copy.deepcopy(segmenter)):
        assert twin == segmenter
        assert twin.split(RAIN) == segmenter.split(RAIN)
    assert pickle.dumps(segmenter) == pickle.dumps(pickle.loads(pickle.dumps(segmenter)))


def test_cannot_be_changed():
    segmenter = SentenceSegmenter("en")
    for name in ("lang", "newlines", "abbreviations", "protect", "strip", "other"):
        with pytest.raises(AttributeError):
            setattr(segmenter, name, "x")


def test_explain_speaks_in_code_points():
    text = "Café 😀 rained. We left."
    segmenter = SentenceSegmenter("en")
    explanations = segmenter.explain(text)
    found = [one.offset for one in explanations if one.boundary and one.offset < len(text)]
    assert set(found) <= set(segmenter.segment(text).ends())
    for offset, boundary, reason, probability in explanations:
        assert 0 < offset <= len(text)
        assert isinstance(boundary, bool)
        assert reason
        assert probability is None or 0 <= probability <= 1


def test_satisfies_the_protocol():
    assert isinstance(SentenceSegmenter("en"), Segmenter)


def test_every_public_name_is_there():
    for name in scriptio.__all__:
        assert hasattr(scriptio, name)


def test_a_newline_is_a_space_where_newlines_never_matter() -> None:
    segmenter = SentenceSegmenter("en", newlines="never")
    text = "The news of the day\n\nIt rained. We left."
    assert segmenter.split(text) == ["The news of the day\n\nIt rained. ", "We left."]


def test_a_list_marker_does_not_cut_a_protected_pattern() -> None:
    text = "Note: a) x and b) y."
    segmenter = SentenceSegmenter("en", protect=[r"Note: a\) x"])
    assert segmenter.split(text)[0].startswith("Note: a) x")


@pytest.mark.parametrize("lang", ["\ud800", "e\udfffn"])
def test_a_language_with_a_lone_surrogate_is_refused_as_any_other(lang):
    with pytest.raises(ValueError, match="unknown lang") as caught:
        SentenceSegmenter(lang)
    assert type(caught.value) is ValueError
    with pytest.raises(ValueError, match="newlines must be") as caught:
        SentenceSegmenter("en", newlines=lang)
    assert type(caught.value) is ValueError
