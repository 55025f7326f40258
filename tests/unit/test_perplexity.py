"""`PerplexityScorer`: the rule of minima, windows, and models of tokens and of bytes."""

import itertools
import math

import numpy as np
import pytest
import tiny_lm
from hypothesis import given
from hypothesis import strategies as st
from scriptio import ByteLM, ByteVocab, CallbackLM, ModelError, OnnxLM, TopicSegmenter
from scriptio.topics import PairScorer, PerplexityScorer

LETTERS = "ab. \n"
#: Every letter a token, and one of two.
SPEC = """{"model": {"type": "BPE", "vocab":
    {"a": 0, "b": 1, ".": 2, "Ġ": 3, "Ċ": 4, "ab": 5}, "merges": ["a b"]},
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}}"""
SIZE = 6


@pytest.fixture(scope="module")
def vocab():
    return ByteVocab.from_bytes(SPEC.encode())


def law(tokens):
    """Logarithms that depend on all tokens before."""
    seed = 7
    for token in tokens:
        seed = (seed * 31 + token + 1) % 1_000_003
    logits = np.random.default_rng(seed).normal(0, 1.5, SIZE)
    return logits - np.log(np.exp(logits).sum())


class Recorder:
    """A model as a function, and what it was asked."""

    def __init__(self):
        self.rows = []

    def model(self, **options):
        return CallbackLM(self, SIZE, **options)

    def __call__(self, rows):
        self.rows += rows
        return np.array([law(row) for row in rows])


def minima(values, theta):
    """The rule of Meta-Chunking, transcribed: sentences are numbered from 1 to n."""
    n = len(values)
    v = dict(enumerate(values, 1))
    return [
        i
        for i in range(2, n)
        if (v[i] < v[i - 1] and v[i] < v[i + 1]
            and (v[i - 1] - v[i] >= theta or v[i + 1] - v[i] >= theta))
        or (v[i] < v[i - 1] and v[i] == v[i + 1] and v[i - 1] - v[i] >= theta)
    ]  # fmt: skip


def fixed(values, theta):
    """A scorer whose units have these values: one token each, behind one that is not scored."""
    spec = b'{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "e": 3}, "merges": []}}'
    letters = dict(zip((0.5, 1.0, 2.0), "abc", strict=True))
    # Logits, so that all values are off by the same number.
    row = np.array([*(-value for value in letters), -9.0])
    model = CallbackLM(lambda rows: np.repeat(row[None], len(rows), 0), 4, logits=True)
    units = ["e" + letters[values[0]], *(letters[value] for value in values[1:])]
    return PerplexityScorer(model, ByteVocab.from_bytes(spec), theta=theta), units


@pytest.mark.parametrize("theta", [0.0, 0.5, 1.0, 1.5])
def test_boundaries_are_the_minima_of_the_rule(theta):
    for length in range(1, 6):
        for values in itertools.product((0.5, 1.0, 2.0), repeat=length):
            scorer, units = fixed(values, theta)
            # Numbers that are equal in the law are so in the sums.
            exact = scorer.perplexities(units)
            assert np.diff(exact) == pytest.approx(np.diff(values), abs=1e-6)
            scores = scorer.score(units[:-1], units[1:])
            found = [i for i, p in enumerate(scores, 1) if p > 0.5]
            assert found == minima(exact, scorer.theta)


def test_values_are_means_over_the_tokens_of_a_unit(vocab):
    units = ["ab. ", "a. ", "bbb.\n\n", "ab ab ab."]
    ids = vocab.encode("".join(units)).tolist()
    ends = np.cumsum([len(unit) for unit in units])
    found = [[] for _ in units]
    at = 0
    for place, token in enumerate(ids):
        at += len(vocab.token_bytes(token))
        owner = int(np.searchsorted(ends, at))
        if place > 0:
            found[owner].append(-law(ids[:place])[token])
    scorer = PerplexityScorer(Recorder().model(), vocab)
    assert scorer.perplexities(units) == pytest.approx([np.mean(losses) for losses in found])


@given(st.text(LETTERS, min_size=1, max_size=120), st.integers(8, 30))
def test_contexts_are_bounded_and_no_token_is_left_out(text, context):
    vocab = ByteVocab.from_bytes(SPEC.encode())
    recorder = Recorder()
    scorer = PerplexityScorer(recorder.model(), vocab, context=context)
    units = [text[i : i + 7] for i in range(0, len(text), 7)]
    values = scorer.perplexities(units)
    ids = vocab.encode(text).tolist()
    assert len(recorder.rows) == len(ids) - 1
    for place, row in enumerate(recorder.rows, 1):
        assert row == ids[place - len(row) : place]
        assert min(place, context // 2) <= len(row) <= context
    # What is behind a unit has no part in its value, unless the last token changes with it.
    for count in range(1, len(units)):
        begun = vocab.encode("".join(units[:count])).tolist()
        if begun == ids[: len(begun)]:
            assert scorer.perplexities(units[:count]) == pytest.approx(values[:count])


def test_a_file_is_a_model_like_any_other(tmp_path, vocab):
    weights = tiny_lm.save(tmp_path / "model.onnx", vocab=SIZE)
    model = OnnxLM(tmp_path / "model.onnx")
    reference = CallbackLM(
        lambda rows: np.array([tiny_lm.logprobs(weights, row) for row in rows]), SIZE
    )
    units = ["ab. ", "aba. bb. ", "bbb ", "a. ", "ab ab ab."] * 4
    one = PerplexityScorer(model, vocab, context=16).perplexities(units)
    assert one == pytest.approx(PerplexityScorer(reference, vocab, context=16).perplexities(units),
                                abs=1e-4)  # fmt: skip


def test_bytes_count_where_the_model_is_one_of_bytes(vocab):
    lm = ByteLM(Recorder().model(), vocab)
    units = ["ab. ", "a. ", "bb.\n", "ab"]
    expected = []
    before = ""
    for unit in units:
        expected.append(-lm.logprob(unit, given=before) / len(unit.encode()))
        before += unit
    assert PerplexityScorer(lm).perplexities(units) == pytest.approx(expected)


def test_bytes_are_read_in_windows(vocab):
    recorder = Recorder()
    lm = ByteLM(recorder.model(), vocab)
    units = ["ab. ", "a.\n", "bb. "] * 12
    values = PerplexityScorer(lm, context=16).perplexities(units)
    assert len(values) == len(units)
    assert max(map(len, recorder.rows)) <= 17
    whole = PerplexityScorer(lm).perplexities(units)
    assert values[:4] == pytest.approx(whole[:4])
    assert values != pytest.approx(whole)
    # Windows begin with characters.
    accents = ByteVocab.from_bytes(
        '{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},'
        ' "model": {"type": "BPE", "vocab": {"Ã": 0, "©": 1, "a": 2}, "merges": []}}'.encode()
    )
    row = np.log([[0.4, 0.3, 0.3]])
    lm = ByteLM(CallbackLM(lambda rows: row.repeat(len(rows), 0), 3), accents)
    values = PerplexityScorer(lm, context=8).perplexities(["aé", "éééééé", "aéa"] * 3)
    assert all(math.isfinite(value) for value in values)


def test_models_that_read_little_are_given_little(vocab):
    scorer = PerplexityScorer(Recorder().model(max_context=12), vocab)
    assert scorer.context == 12
    assert len(scorer.perplexities(["ab. "] * 30)) == 30
    lm = ByteLM(Recorder().model(max_context=24), vocab)
    assert len(PerplexityScorer(lm).perplexities(["ab. "] * 30)) == 30
    with pytest.raises(ValueError, match="reads 5 tokens at most"):
        PerplexityScorer(Recorder().model(max_context=5), vocab)


def test_segments_end_at_minima(vocab):
    text = "ab. bb. aab. b b. abab. a. b. aba."
    scorer = PerplexityScorer(Recorder().model(), vocab)
    assert isinstance(scorer, PairScorer)
    topics = TopicSegmenter(scorer, unit="sentence", lang="en")
    units = topics.units(text)
    expected = minima(scorer.perplexities(units.texts()), 0)
    assert expected
    out = topics.segment(text)
    assert [span.end for span in out][:-1] == [units[i - 1].end for i in expected]
    assert "".join(out.texts()) == text


def test_units_without_tokens_are_like_those_before(vocab):
    # The only token of the first unit has nothing before it.
    values = PerplexityScorer(Recorder().model(), vocab).perplexities(["a", "", "b.", "", "ab"])
    assert values[0] == values[1] == values[2]
    assert values[3] == values[2] != values[4]
    assert PerplexityScorer(Recorder().model(), vocab).perplexities([]) == []
    assert PerplexityScorer(Recorder().model(), vocab).perplexities(["a"]) == [0.0]


def test_impossible_texts_are_told(vocab):
    with np.errstate(divide="ignore"):
        row = np.log([[0.5, 0.0, 0.1, 0.1, 0.2, 0.1]])
    model = CallbackLM(lambda rows: row.repeat(len(rows), 0), SIZE)
    for scorer in (PerplexityScorer(model, vocab), PerplexityScorer(ByteLM(model, vocab))):
        with pytest.raises(ModelError, match="gives unit 1 of 2 the probability 0"):
            scorer.perplexities(["aa.", "bb."])


def test_pairs_must_be_neighbours(vocab):
    scorer = PerplexityScorer(Recorder().model(), vocab)
    assert scorer.score([], []) == []
    for left, right in ((["a"], []), (["a", "b"], ["a", "b"])):
        with pytest.raises(ValueError, match="no neighbours of one text"):
            scorer.score(left, right)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": 3}, TypeError, "must be a language model or a ByteLM"),
        ({"vocab": None}, TypeError, "vocab must be the ByteVocab"),
        ({"theta": -1}, ValueError, "theta is -1"),
        ({"theta": math.nan}, ValueError, "theta is nan"),
        ({"theta": "1"}, TypeError, "theta must be a number"),
        ({"context": 7}, ValueError, "context must be at least 8"),
        ({"context": 8.0}, TypeError, "context must be int"),
    ],
)
def test_wrong_arguments_are_refused(vocab, arguments, error, message):
    with pytest.raises(error, match=message):
        PerplexityScorer(**{"model": Recorder().model(), "vocab": vocab, **arguments})


def test_a_model_of_bytes_has_its_own_vocabulary(vocab):
    with pytest.raises(TypeError, match="has its own vocabulary"):
        PerplexityScorer(ByteLM(Recorder().model(), vocab), vocab)
