"""`SaT` with rules, as a cascade, and with an adapter."""

import copy
import itertools
import pickle
import warnings

import numpy as np
import pytest
import scriptio._session
import tiny_models
from hypothesis import given
from hypothesis import strategies as st
from scriptio import ModelError, SaT, Segmentation, SentenceSegmenter, _core
from scriptio._fusion import cascaded, fused
from scriptio._scores import Scores, sigmoid
from scriptio.adaptation import Adapter, RuleScorer, fit
from scriptio.errors import AdapterFileError
from scriptio.testing import check_segmentation

SURE = "It rained all day. We left the house at noon. Nobody saw us.\n\nThe end."
OPEN = "it rained all day we left the house at noon nobody saw us the dog was lazy"
TEXTS = [
    SURE,
    OPEN,
    f"{SURE} {OPEN}. {SURE}",
    "",
    " ",
    "\n\n  leading and trailing \n\n",
    "Hello 😀! That was fun. 🎉 Dr. Who left at 3 p.m. Yes",
    "今天下雨。我们走了。今天天气很好！" * 20,
    "Tabs\there\tand there. \t Done.\r\n\r\nNew ",
    "lone \ud83d surrogate. \udfff Yes.",
    "no. " * 300,
    "word" * 300,
    "it rained " * 300,
]

ENGLISH = SentenceSegmenter("en")
SENTENCES = ["it rained;", "we left the house;", "no one came, at last;", "she read on;"] * 8

PIECES = [
    "it rained",
    "We left",
    "Dr.",
    "3",
    "今天",
    "。",
    ".",
    "!",
    ",",
    ";",
    '"',
    " ",
    "  ",
    "\n",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_models.save_directory(tmp_path_factory.mktemp("models") / "sat")


@pytest.fixture(scope="module")
def adapter():
    return fit(RuleScorer("en"), SENTENCES, lang="en")


@pytest.fixture(scope="module")
def made(directory, adapter):
    return {
        "alone": SaT(directory, threshold=0.4),
        "rules": SaT(directory, threshold=0.4, rules=ENGLISH),
        "cascade": SaT(directory, threshold=0.4, rules=ENGLISH, cascade=True),
        "adapter": SaT(directory, adapter=adapter),
    }


@pytest.fixture(params=["rules", "cascade", "adapter"])
def sat(request, made):
    return made[request.param]


@pytest.fixture
def runs(monkeypatch):
    """The number of tokens of every batch that a model was run on."""
    counts = []
    run = scriptio._session.Session.run

    def counting(self, ids, mask):
        counts.append(ids.size)
        return run(self, ids, mask)

    monkeypatch.setattr(scriptio._session.Session, "run", counting)
    return counts


def spans(outs):
    return [list(out) for out in outs]


@pytest.mark.parametrize("text", TEXTS)
def test_segments_are_the_text(sat, text):
    for options in (
        {},
        {"newlines": "always"},
        {"threshold": 0.05},
        {"max_length": 20},
        {"max_length": 40, "min_length": 10, "meaning": "pack"},
        {"remove_whitespace_before_inference": True},
        {"weighting": "hat", "stride": 3, "block_size": 7},
    ):
        out = sat.segment(text, **options)
        check_segmentation(text, out)
        assert sat.split(text, **options) == out.texts()
        assert sat.segment(text, **options) == out


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=60))
def test_segments_are_any_text(made, text):
    for name in ("rules", "cascade", "adapter"):
        out = made[name].segment(text)
        check_segmentation(text, out)
        assert made[name].segment_batch(["Before.", text, OPEN])[1] == out
        assert list(made[name].pipe([text])) == [out]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=60))
def test_ends_rise_inside_the_text(made, text):
    scores = made["alone"].token_logits(text)
    core = ENGLISH.core
    plan = _core.Cascade(core, text)
    regions = plan.regions()
    assert all(first[1] < second[0] for first, second in itertools.pairwise(regions))
    assert all(0 <= start < end <= len(text) for start, end in regions)
    for found in (
        fused(core, text, scores, 0.4),
        *cascaded(core, [text], lambda shown: iter(made["alone"].token_logits_batch(shown)), 0.4),
    ):
        assert (np.diff(found.ends, prepend=0) > 0).all()
        assert len(found.ends) == len(found.logits)
        assert np.isfinite(found.logits).all()
        assert len(found.ends) == 0 or found.ends[-1] <= len(text)


def test_batches_make_no_difference(sat):
    expected = spans(map(sat.segment, TEXTS))
    assert spans(sat.segment_batch(TEXTS)) == expected
    assert spans(sat.segment_batch(TEXTS, batch_size=1, num_threads=3)) == expected
    assert spans(sat.pipe(iter(TEXTS), batch_size=3)) == expected
    pairs = list(sat.pipe(zip(TEXTS, range(99), strict=False), as_tuples=True, batch_size=2))
    assert [number for _, number in pairs] == list(range(len(TEXTS)))
    assert sat.segment_batch([]) == []


def test_a_cascade_shows_regions_in_groups(made, monkeypatch):
    expected = spans(made["cascade"].segment_batch(TEXTS))
    monkeypatch.setattr("scriptio._neural.CASCADE_GROUP", 100)
    monkeypatch.setattr("scriptio._scores.GROUP", 150)
    assert spans(made["cascade"].segment_batch(TEXTS)) == expected


def test_rules_have_a_say(made):
    alone, together = (made[name].segment(SURE) for name in ("alone", "rules"))
    assert together != alone
    # A model that never sees a boundary: the verdict of the rules is what is left.
    ends, _ = made["alone"].token_logits(SURE)
    silent = Scores(ends, np.full(len(ends), -0.1, np.float32))
    found = fused(ENGLISH.core, SURE, silent, 0.5)
    boundaries = set(found.ends[found.logits > 0].tolist())
    assert boundaries == {18, 45, 60}
    # One that is certain of none is not overruled.
    certain = Scores(ends, np.full(len(ends), -9.0, np.float32))
    assert (fused(ENGLISH.core, SURE, certain, 0.5).logits < 0).all()


def test_a_cascade_does_not_ask_where_rules_are_sure(made, runs):
    cascade = made["cascade"]
    texts = [SURE, SURE * 3, "", "Yes.", "\n"]
    found = cascade.segment_batch(texts)
    assert runs == []
    for text, out in zip(texts, found, strict=True):
        assert out.texts() == ENGLISH.split(text)
    assert cascade.segment_paragraphs(SURE)[0][0] == (0, 19)
    stream = cascade.stream(step=64)
    segments = stream.feed(SURE * 30) + stream.finish()
    assert "".join(segment.text for segment in segments) == SURE * 30
    assert runs == []
    # The model is asked once for all that is open, and reads but that.
    prose = SURE + " " + (SURE + "\n\n") * 40
    found = cascade.segment_batch([prose, prose + OPEN, prose])
    assert len(runs) == 1
    assert list(found[0]) == list(found[2])
    assert len(found[0].text) // 4 > runs[0]


def test_a_cascade_without_doubts_needs_no_usable_model(directory, tmp_path):
    broken = tiny_models.save_directory(tmp_path / "broken", factor=float("nan"))
    cascade = SaT(broken, threshold=0.4, rules=ENGLISH, cascade=True)
    assert cascade.split(SURE) == ENGLISH.split(SURE)
    with pytest.raises(ModelError, match="is NaN"):
        cascade.split(OPEN)


def test_a_cascade_that_asks_for_all_is_a_fusion(made):
    # One region holds the whole text, so that the model sees the same.
    assert _core.Cascade(ENGLISH.core, OPEN).regions() == [(0, len(OPEN))]
    assert made["cascade"].segment(OPEN) == made["rules"].segment(OPEN)
    assert len(made["cascade"].segment(OPEN)) > 1


def test_scores_are_those_of_the_model(made, sat):
    expected = made["alone"].token_logits(SURE)
    found = sat.token_logits(SURE)
    np.testing.assert_array_equal(found.ends, expected.ends)
    np.testing.assert_array_equal(found.logits, expected.logits)
    np.testing.assert_array_equal(sat.predict_proba(SURE), made["alone"].predict_proba(SURE))


def test_adapted_probabilities_are_those_of_the_adapter(made, adapter):
    text = "it rained; we left; no one came; she read on"
    scores = made["adapter"].token_logits(text)
    probabilities = sigmoid(
        np.asarray(adapter.logits(text, scores.ends.data, scores.logits.data), np.float32)
    )
    assert made["adapter"].threshold == adapter.threshold
    assert made["adapter"].adapter == adapter
    out = made["adapter"].segment(text)
    assert [end for _, end in out] == adapter.ends(text, scores.ends.data, scores.logits.data)
    assert len(out) > 1
    for (_, end), probability in list(zip(out, out.probabilities, strict=True))[:-1]:
        at = scores.ends.tolist().index(len(text[:end].rstrip()))
        assert probability == pytest.approx(probabilities[at], abs=1e-6)


def test_adapt_learns_a_convention(directory):
    sat = SaT(directory, threshold=0.4, newlines="never", num_threads=1)
    text = "she left; it rained on, and on; no one came"
    pieces = ["she left; ", "it rained on, and on; ", "no one came"]
    assert sat.split(text) != pieces
    assert sat.adapter is None
    learnt = sat.adapt(SENTENCES, lang="en")
    assert isinstance(learnt, SaT)
    assert learnt.split(text) == pieces
    assert learnt.adapter.report.f1 > learnt.adapter.report.f1_before
    # What was told is kept, and the threshold is that of the scores which were corrected.
    assert learnt.split("it rained\n\non; we left") == ["it rained\n\non; ", "we left"]
    assert learnt.adapter.base_threshold == 0.4
    assert learnt.threshold == learnt.adapter.threshold
    # As it was, and the same again.
    assert sat.adapter is None
    assert sat.adapt(SENTENCES, lang="en") == learnt
    # What is learnt is learnt about the model, not about rules or another adapter.
    assert learnt.adapt(SENTENCES, lang="en") == learnt
    fused = SaT(directory, threshold=0.4, newlines="never", num_threads=1, rules=ENGLISH)
    assert fused.adapt(SENTENCES, lang="en") == learnt


def test_adapt_warns_of_no_threshold_that_was_told(directory):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SaT(directory, threshold=0.3).adapt(SENTENCES)


def test_an_adapter_may_be_a_file(directory, adapter, tmp_path):
    path = tmp_path / "house.json"
    adapter.save(path)
    by_path = SaT(directory, adapter=path)
    assert by_path == SaT(directory, adapter=adapter) == SaT(directory, adapter=str(path))
    path.unlink()
    assert pickle.loads(pickle.dumps(by_path)).split(OPEN) == by_path.split(OPEN)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(AdapterFileError, match=r"bad\.json: format is None"):
        SaT(directory, adapter=tmp_path / "bad.json")
    with pytest.raises(FileNotFoundError):
        SaT(directory, adapter=tmp_path / "none.json")


def test_a_threshold_that_is_told_goes_before_the_adapters(directory, adapter):
    told = SaT(directory, adapter=adapter, threshold=0.9)
    assert told.threshold == 0.9
    assert SaT(directory, adapter=adapter).segment(OPEN, threshold=0.9) == told.segment(OPEN)


def test_they_are_values(made, sat, directory, adapter):
    for other in (pickle.loads(pickle.dumps(sat)), copy.deepcopy(sat)):
        assert other == sat
        assert hash(other) == hash(sat)
        assert repr(other) == repr(sat)
        assert spans(other.segment_batch(TEXTS)) == spans(sat.segment_batch(TEXTS))
    assert all((sat == other) == (sat is other) for other in made.values())
    german = SaT(directory, threshold=0.4, rules=SentenceSegmenter("de"))
    assert german != made["rules"]
    assert SaT(directory, threshold=0.4, rules=SentenceSegmenter("en")) == made["rules"]
    assert "rules=SentenceSegmenter('en'), cascade=True" in repr(made["cascade"])


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"rules": "en"}, TypeError, "rules must be a SentenceSegmenter, not str"),
        ({"cascade": True}, ValueError, r"pass rules=SentenceSegmenter\(lang\)"),
        ({"adapter": 5}, TypeError, "adapter must be an Adapter or the path of one, not int"),
        ({"adapter": b"x"}, TypeError, "adapter must be an Adapter or the path of one, not bytes"),
        ({"adapter": "x", "rules": ENGLISH}, ValueError, "pass either rules or adapter"),
    ],
)
def test_what_does_not_go_together_is_told(directory, options, kind, told):
    with pytest.raises(kind, match=told):
        SaT(directory, threshold=0.4, **options)


def test_too_little_to_learn_from_is_told(made):
    with pytest.raises(ValueError, match="documents hold 2 sentences; at least 8"):
        made["alone"].adapt(SENTENCES[:2])
    with pytest.raises(TypeError, match="documents"):
        made["alone"].adapt("It rained.")
    with pytest.raises(ValueError, match="lang"):
        made["alone"].adapt(SENTENCES, lang="xx-none")


def test_the_border_tells_what_does_not_fit():
    ends, logits = np.array([2, 9], np.int64), np.zeros(2, np.float32)
    plan = _core.Cascade(ENGLISH.core, "It.")
    for call in (
        lambda *rest: _core.fuse(ENGLISH.core, "It.", *rest, 0.5),
        lambda *rest: plan.merge("It.", *rest, 0.5),
    ):
        with pytest.raises(ValueError, match=r"ends\[1\]"):
            call(ends.data, logits.data)
        with pytest.raises(ValueError, match="there are 1 ends and 2 logits"):
            call(ends[:1].data, logits.data)
        with pytest.raises(TypeError, match="ends"):
            call(logits.data, logits.data)


def test_paragraphs_hold_segments(sat):
    for text in TEXTS:
        found = sat.segment_paragraphs(text, paragraph_threshold=0.6)
        check_segmentation(
            text, Segmentation(text, [span for paragraph in found for span in paragraph])
        )


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_streams_lose_nothing(sat, pieces):
    text = "".join(TEXTS)
    stream = sat.stream(look_ahead=16, step=128)
    segments = [
        segment
        for at in range(0, len(text), pieces)
        for segment in stream.feed(text[at : at + pieces])
    ]
    segments += stream.finish()
    assert "".join(segment.text for segment in segments) == text
    assert [text[start:end] for start, end, _ in segments] == [s.text for s in segments]


def test_a_file_of_an_adapter_that_was_learnt_here(directory, tmp_path):
    learnt = SaT(directory, threshold=0.4).adapt(SENTENCES, lang="en")
    learnt.adapter.save(tmp_path / "house.json")
    again = SaT(directory, adapter=Adapter.load(tmp_path / "house.json"))
    assert again.split(OPEN) == learnt.split(OPEN)
    assert again.adapter == learnt.adapter
