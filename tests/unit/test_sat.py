"""`SaT` and `WtP`: what always holds, whatever the model says."""

import copy
import pickle
import random

import numpy as np
import pytest
import tiny_models
from scriptio import ModelError, SaT, Segmentation, Segmenter, SentenceSegmenter, WtP
from scriptio.testing import check_segmentation

TEXTS = [
    "This is a test sentence. This is another test sentence.",
    "First line\nSecond line\n\nThird line",
    "Tabs\there\tand there. \t Done.",
    "Windows\r\nlines\r\n\r\nend here.",
    "   leading and trailing   ",
    "many     spaces    in   between. Yes.",
    "\n\n\n",
    "   ",
    "Hello 😀! That was 👩\u200d👩\u200d👧 fun. 🎉",
    "هذا نص عربي. هذه جملة أخرى.",
    "今天下雨。我们走了。今天天气很好！",
    "Это предложение. Это другое предложение.",
    "Mixed 今天 text и кириллица. Ünïcödé «quotes» — dashes…",
    "\u200bzero\u200dwidth\ufeff and \u00a0no-break\u3000spaces\u2028lines\u2029paragraphs",
    "word" * 200,
    "Short. Test. It is. " * 60,
    "It rained all day and we left. " * 120,
    "x",
    ".",
    "",
    "lone \ud83d surrogate. \udfff Yes.",
]

MAXIMA = (1, 10, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_models.save_directory(tmp_path_factory.mktemp("models") / "sat")


@pytest.fixture(scope="module")
def sat(directory):
    return SaT(directory, threshold=0.4)


@pytest.fixture(scope="module")
def wtp(tmp_path_factory):
    return WtP(
        tiny_models.save_wtp_directory(tmp_path_factory.mktemp("models") / "wtp"), threshold=0.5
    )


@pytest.fixture(params=["sat", "wtp"])
def segmenter(request, sat, wtp):
    return {"sat": sat, "wtp": wtp}[request.param]


def as_list(out):
    return [(*span, probability) for span, probability in zip(out, out.probabilities, strict=True)]


def test_it_is_a_segmenter(segmenter):
    assert isinstance(segmenter, Segmenter)


@pytest.mark.parametrize("text", TEXTS)
def test_segments_are_the_text(segmenter, text):
    for options in (
        {},
        {"newlines": "always"},
        {"newlines": "never"},
        {"threshold": 0.05},
        {"max_length": 20},
        {"max_length": 40, "min_length": 10, "prior": "gaussian"},
        {"min_length": 30},
        {"max_length": 30, "meaning": "pack"},
        {"max_length": 30, "algorithm": "greedy"},
        {"weighting": "hat", "stride": 3, "block_size": 7},
        {"remove_whitespace_before_inference": True},
    ):
        out = segmenter.segment(text, **options)
        check_segmentation(text, out)
        assert segmenter.split(text, **options) == out.texts()
        assert len(out.probabilities) == len(out)


def test_the_model_has_a_say(segmenter):
    # Not all of the above would be noticed if there were never or always a boundary.
    count = len(segmenter.segment(TEXTS[16]))
    assert 30 < count < len(TEXTS[16]) // 3


@pytest.mark.parametrize("most", MAXIMA)
def test_no_segment_is_longer_than_the_maximum(segmenter, most):
    for text in TEXTS:
        for options in ({}, {"meaning": "pack"}, {"algorithm": "greedy"}):
            pieces = segmenter.split(text, max_length=most, **options)
            assert "".join(pieces) == text
            assert all(len(piece) <= most for piece in pieces)


@pytest.mark.parametrize("text", ["A. " * 20, "Short. Test. It is. " * 20, TEXTS[1] * 9])
def test_short_segments_are_joined(segmenter, text):
    pieces = segmenter.split(text, min_length=15, max_length=30)
    assert "".join(pieces) == text
    assert all(15 <= len(piece) <= 30 for piece in pieces)


def test_results_are_the_same_again(segmenter):
    for options in ({}, {"max_length": 40}, {"max_length": 40, "algorithm": "greedy"}):
        first = [segmenter.segment(text, **options) for text in TEXTS]
        assert [segmenter.segment(text, **options) for text in TEXTS] == first
        assert segmenter.segment_batch(TEXTS, **options) == first


@pytest.mark.parametrize("batch_size", [1, 2, 7, 100])
def test_batches_make_no_difference(segmenter, batch_size):
    expected = [segmenter.segment(text) for text in TEXTS]
    for found, one in zip(
        segmenter.segment_batch(TEXTS, batch_size=batch_size, num_threads=3), expected, strict=True
    ):
        assert list(found) == list(one)
        np.testing.assert_allclose(found.probabilities, one.probabilities, atol=1e-3)
    piped = list(segmenter.pipe(iter(TEXTS), batch_size=batch_size))
    assert [list(out) for out in piped] == [list(out) for out in expected]
    pairs = segmenter.pipe(zip(TEXTS, range(99), strict=False), as_tuples=True, batch_size=3)
    assert [number for _, number in pairs] == list(range(len(TEXTS)))
    assert segmenter.split_batch(TEXTS) == [out.texts() for out in expected]
    assert segmenter.segment_batch([]) == []


def test_many_texts_are_scored_in_groups(sat, monkeypatch):
    expected = sat.segment_batch(TEXTS)
    monkeypatch.setattr("scriptio._scores.GROUP", 50)
    seen = []
    score = SaT._score_group

    def watching(self, texts, *rest):
        seen.append(texts)
        return score(self, texts, *rest)

    monkeypatch.setattr(SaT, "_score_group", watching)
    found = sat.segment_batch(TEXTS)
    assert [list(out) for out in found] == [list(out) for out in expected]
    assert sum(len(texts) for texts in seen) == len(TEXTS)
    assert all(len(texts) == 1 or sum(map(len, texts)) <= 50 for texts in seen)


def test_blank_texts_are_not_run(directory, tmp_path):
    broken = tmp_path / "broken"
    tiny_models.save_directory(broken, factor=float("nan"))
    sat = SaT(broken, threshold=0.5)
    assert sat.split_batch(["", " ", "\n \t"]) == [[], [" "], ["\n \t"]]
    with pytest.raises(ModelError, match="of text 2 is NaN"):
        sat.split_batch(["", " ", "It rained."])


def test_thresholds(sat, wtp):
    text = "This is a test sentence This is another test sentence."
    for segmenter in (sat, wtp):
        assert segmenter.split(text, threshold=1.0) == [text]
        assert segmenter.threshold in (0.4, 0.5)
    assert wtp.split(text, threshold=-1e-3)[:3] == ["T", "h", "i"]
    probabilities = sat.predict_proba(text)
    # The end of the text is a boundary anyway.
    *_, second, first = np.unique(probabilities[:-1])
    assert len(sat.split(text, threshold=float(second))) == 2
    assert len(sat.split(text, threshold=float(first))) == 1


def test_probabilities_stand_on_the_last_character_of_tokens(sat, directory):
    text = "It rained.  We left 今天 x."
    probabilities = sat.predict_proba(text)
    assert probabilities.shape == (len(text),)
    assert probabilities.dtype == np.float32
    ends, logits = sat.token_logits(text)
    assert ends.dtype == np.int64
    assert logits.dtype == np.float32
    expected = 1 / (1 + np.exp(-logits.astype(np.float64)))
    for index in range(len(text)):
        here = expected[ends == index + 1]
        np.testing.assert_allclose(probabilities[index], here[-1] if len(here) else 0.0, atol=1e-6)
    assert not probabilities[[at for at, char in enumerate(text) if char == " "]].any()


def test_probabilities_of_segments_are_those_of_their_ends(sat):
    text = TEXTS[0]
    out = sat.segment(text)
    found = sat.predict_proba(text)
    for (_, end), probability in list(zip(out, out.probabilities, strict=True))[:-1]:
        at = len(text[:end].rstrip()) - 1
        assert probability == pytest.approx(found[at], abs=1e-6)


def test_paragraphs_hold_segments(segmenter):
    for text in TEXTS:
        for options in ({}, {"max_length": 40, "min_length": 10}, {"newlines": "always"}):
            found = segmenter.segment_paragraphs(text, paragraph_threshold=0.6, **options)
            spans = [span for paragraph in found for span in paragraph]
            check_segmentation(text, Segmentation(text, spans))
            pieces = segmenter.split_paragraphs(text, paragraph_threshold=0.6, **options)
            assert pieces == [paragraph.texts() for paragraph in found]
            if "max_length" in options:
                assert all(len(piece) <= 40 for paragraph in pieces for piece in paragraph)
    text = TEXTS[16]
    coarse = segmenter.segment(text, threshold=0.6)
    assert [p[-1].end for p in segmenter.segment_paragraphs(text, paragraph_threshold=0.6)] == [
        end for _, end in coarse
    ]
    # What ends a paragraph ends a segment, where its threshold is higher.
    found = segmenter.segment_paragraphs(text, paragraph_threshold=0.6)
    assert [span for paragraph in found for span in paragraph] == list(segmenter.segment(text))


def test_blank_lines_end_paragraphs_unless_told(sat):
    text = "It rained\n\nWe left"
    assert sat.split_paragraphs(text, paragraph_threshold=1.0, threshold=1.0) == [
        ["It rained\n\n"],
        ["We left"],
    ]
    assert sat.split_paragraphs(text, paragraph_threshold=1.0, threshold=1.0, newlines="never") == [
        [text]
    ]


def test_newlines(sat):
    text = "Yes\nthis is a test\n\nsentence."
    assert sat.split(text, threshold=1.0) == ["Yes\nthis is a test\n\n", "sentence."]
    assert sat.split(text, threshold=1.0, newlines="never") == [text]
    always = ["Yes\n", "this is a test\n\n", "sentence."]
    assert sat.split(text, threshold=1.0, newlines="always") == always
    assert sat.split(text, threshold=1.0, split_on_input_newlines=True) == always
    assert sat.split(text, threshold=1.0, treat_newline_as_space=True) == [text]


def test_newlines_as_wtpsplit_has_them(directory):
    sat = SaT(directory, threshold=1.0, compat=True)
    text = "Yes\nthis is a test sentence."
    assert sat.split(text) == ["Yes", "this is a test sentence."]
    assert sat.segment(text)[0] == (0, 3)
    assert sat.split(text, treat_newline_as_space=True) == [text]
    assert sat.split(text, split_on_input_newlines=False) == [text]
    # Limits of length go before newlines and before the threshold, and pack.
    long = "Yes\nit rained. " * 20
    packed = SaT(directory, threshold=0.1, meaning="pack", newlines="never", stride=64)
    for limits in ({"max_length": 50}, {"max_length": 90, "min_length": 30}):
        pieces = sat.split(long, **limits)
        assert "".join(pieces) == long
        assert pieces == packed.split(long, **limits)
        assert pieces != packed.split(long, meaning="sentences", **limits)
    assert sat.split_paragraphs(text, paragraph_threshold=1.0) == [[text]]
    assert sat.split(" a \n b ", strip_whitespace=True) == ["a ", " b"]
    assert sat.split("  \n ", strip_whitespace=True) == []
    with pytest.raises(ValueError, match="which wtpsplit does not have"):
        SaT(directory, threshold=1.0, compat=True, newlines="paragraph")
    with pytest.raises(ValueError, match="compat has no streams"):
        sat.stream()


def test_white_space_is_stripped_if_told(segmenter):
    text = "This is a test sentence. This is another.   "
    whole = segmenter.segment(text)
    assert segmenter.segment(text, strip=True) == whole.stripped()
    assert segmenter.split(text, strip_whitespace=True) == [s.strip() for s in whole.texts()]


def test_uniform_is_the_usual_weighting(sat):
    text = TEXTS[15]
    assert sat.segment(text) == sat.segment(text, weighting="uniform")
    hat = sat.predict_proba(text, weighting="hat", block_size=64)
    assert np.abs(hat - sat.predict_proba(text, block_size=64)).max() > 1e-4


def test_a_call_overrides_construction(directory, sat):
    other = SaT(directory, threshold=0.4, max_length=20, strip=True, newlines="never")
    text = TEXTS[1] * 3
    assert other.split(text) == sat.split(text, max_length=20, strip=True, newlines="never")
    assert other.segment(text, max_length=None, strip=False, newlines="paragraph") == sat.segment(
        text
    )


def test_priors_know_languages(sat):
    text = TEXTS[16]
    options = {"max_length": 400, "prior": "gaussian", "meaning": "pack"}
    german = sat.segment(text, lang="de", **options)
    chinese = sat.segment(text, lang="zh", **options)
    assert len(chinese) > len(german)
    assert sat.segment(text, prior_kwargs={"lang_code": "zh"}, **options) == chinese
    told = sat.segment(text, prior_kwargs={"target_length": 29, "spread": 19}, **options)
    assert len(told) > len(german)


BAD = [
    ({"min_length": 50, "max_length": 20}, ValueError, "min_length is 50.*max_length, 20"),
    ({"min_length": 0}, ValueError, "min_length must be at least 1"),
    ({"max_length": 0}, ValueError, "max_length must be at least 1"),
    ({"prior": "cauchy"}, ValueError, "cauchy"),
    ({"algorithm": "beam"}, ValueError, "beam"),
    ({"meaning": "words"}, ValueError, "words"),
    ({"newlines": "sometimes"}, ValueError, "newlines is 'sometimes'; known: paragraph"),
    ({"weighting": "cap"}, ValueError, "weighting is 'cap'; known: uniform, hat"),
    ({"stride": 0}, ValueError, "stride must be at least 1"),
    ({"stride": 512, "block_size": 256}, ValueError, "stride is 512 for windows of 256"),
    ({"block_size": 0}, ValueError, "block_size must be at least 1"),
    ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
    ({"threshold": "high"}, TypeError, "threshold must be a number, not str"),
    ({"threshold": float("nan")}, ValueError, "threshold is nan"),
    ({"prior_kwargs": {"width": 3}}, ValueError, "unknown key 'width' in prior_kwargs"),
    ({"prior_kwargs": 3}, TypeError, "prior_kwargs must be a mapping, not int"),
    ({"lang": 3}, TypeError, "lang must be str, not int"),
    ({"colour": "red"}, TypeError, "unknown option 'colour'; the options are threshold, "),
    ({"strip": True, "strip_whitespace": True}, TypeError, "strip is given twice"),
    ({"do_paragraph_segmentation": True}, TypeError, "call split_paragraphs"),
    ({"lora_path": "x"}, TypeError, "adapters are merged before a model is exported"),
]


@pytest.mark.parametrize(("options", "kind", "told"), BAD)
def test_bad_options_are_told(directory, sat, options, kind, told):
    with pytest.raises(kind, match=told):
        sat.split("It rained.", **options)
    with pytest.raises(kind, match=told):
        SaT(directory, **{"threshold": 0.5, **options})


def test_options_of_wtpsplit_that_change_nothing_are_taken(sat):
    text = TEXTS[0]
    assert sat.segment(
        text, outer_batch_size=7, pad_last_batch=True, verbose=True, prior_type="uniform"
    ) == sat.segment(text)


@pytest.mark.parametrize("bad", [None, b"x", 5, ["x"]])
def test_what_is_no_text_is_refused(segmenter, bad):
    for method in (segmenter.segment, segmenter.split, segmenter.predict_proba):
        with pytest.raises(TypeError, match="text must be str"):
            method(bad)
    with pytest.raises(TypeError, match=r"texts\[1\] must be str"):
        segmenter.segment_batch(["x", bad])
    with pytest.raises(TypeError, match="must be an iterable of str, not one str"):
        segmenter.segment_batch("It rained.")
    with pytest.raises(TypeError, match="must be an iterable of str, not one str"):
        segmenter.pipe("It rained.")


def test_segmenters_are_values(directory, sat):
    options = {"threshold": 0.4, "max_length": 50, "prior_kwargs": {"target_length": 30}}
    one = SaT(directory, **options, num_threads=1, session_options={"log_severity_level": 3})
    one.split("It rained.")
    for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert other == one
        assert hash(other) == hash(one)
        assert repr(other) == repr(one)
        assert other.split(TEXTS[0]) == one.split(TEXTS[0])
    assert one != sat
    assert sat != SentenceSegmenter("en")
    assert repr(sat) == f"SaT({str(directory)!r}, threshold=0.4)"
    assert repr(SaT(directory, compat=True, strip=True, threshold=0.1)) == (
        f"SaT({str(directory)!r}, compat=True, threshold=0.1, strip=True)"
    )
    assert pickle.loads(pickle.dumps(SaT(directory, compat=True, threshold=0.1))).split("a\nb") == [
        "a",
        "b",
    ]


def test_wtp_is_a_value(wtp):
    other = pickle.loads(pickle.dumps(wtp))
    assert other == wtp
    assert hash(other) == hash(wtp)
    assert other.segment(TEXTS[0]) == wtp.segment(TEXTS[0])


def test_nothing_is_opened_before_the_first_text(directory):
    sat = SaT(directory, threshold=0.5)
    assert sat._scorer._session is None
    assert sat.load() is sat
    assert sat._scorer._session is not None


def test_texts_of_all_lengths_together(sat):
    rng = random.Random(5)
    words = [*tiny_models.WORDS, "yes.", "\n"]
    texts = [" ".join(rng.choices(words, k=k)) for k in [0, 1, 2, 600, 30, 700, 5] + [8] * 50]
    for out, text in zip(sat.segment_batch(texts), texts, strict=True):
        assert list(out) == list(sat.segment(text))
