"""`ByteEnsemble`: laws of members of different vocabularies, joined."""

import itertools
import math

import numpy as np
import pytest
from byte_lm_reference import (
    END,
    ByteProcess,
    ReferenceLM,
    ideal_lm,
    random_lm,
    random_vocab,
    total_variation,
)
from scriptio import ByteEnsemble, ModelError

RNG = np.random.default_rng


def member(seed, *, ends=True, merges=5):
    rng = RNG(seed)
    vocab = random_vocab(rng, b"ab", merges)
    return ReferenceLM(random_lm(rng, vocab, order=2, ends=ends, canonical=False).model, vocab)


def retokenized(process, seed, merges):
    vocab = random_vocab(RNG(seed), process.letters, merges)
    return ReferenceLM(ideal_lm(process, vocab).model, vocab)


def texts(letters, longest):
    for length in range(longest + 1):
        yield from (bytes(text) for text in itertools.product(letters, repeat=length))


@pytest.mark.parametrize(
    ("how", "weights"),
    [("mean", None), ("mean", [1, 3]), ("product", None), ("product", [0.2, 0.8])],
)
def test_one_process_under_two_vocabularies_stays_that_process(how, weights):
    process = ByteProcess(RNG(1), b"ab", order=2, length=9, end=0.1)
    members = [retokenized(process, 2, 4), retokenized(process, 3, 7)]
    assert members[0].vocab.tokens != members[1].vocab.tokens
    both = ByteEnsemble(members, how=how, weights=weights)
    for text in texts(b"ab", 5):
        law = np.exp(both.next_byte_logprobs(text))
        assert total_variation(law, process.next(text)) < 1e-12
        assert math.exp(both.logprob(text)) == pytest.approx(process.prefix(text), rel=1e-12)


def test_a_proxy_of_one_process_is_that_process():
    process = ByteProcess(RNG(1), b"ab", order=2, length=9, end=0.1)
    members = [retokenized(process, seed, 3 + seed) for seed in (1, 2, 3)]
    for weight in (0.5, 1, 2):
        proxy = ByteEnsemble(members, how="proxy", weights=weight)
        for text in texts(b"ab", 4):
            assert total_variation(np.exp(proxy.next_byte_logprobs(text)), process.next(text)) < (
                1e-11
            )


@pytest.mark.parametrize("how", ["mean", "product"])
def test_a_model_with_itself_is_that_model(how):
    one = member(5)
    both = ByteEnsemble([one, one], how=how)
    for text in texts(b"ab", 4):
        np.testing.assert_allclose(
            both.next_byte_logprobs(text), one.next_byte_logprobs(text), atol=1e-12
        )


def test_laws_are_joined_as_told():
    members = [member(1), member(2), member(3)]
    laws = [np.exp(one.next_byte_logprobs(b"ab")) for one in members]

    def normal(law):
        return law / law.sum()

    expected = {
        "mean": 0.25 * laws[0] + 0.25 * laws[1] + 0.5 * laws[2],
        "product": normal(laws[0] * laws[1] * laws[2] ** 2),
        "proxy": None,
    }
    found = ByteEnsemble(members, weights=[1, 1, 2]).next_byte_logprobs("ab")
    np.testing.assert_allclose(np.exp(found), expected["mean"], atol=1e-13)
    found = ByteEnsemble(members, how="product", weights=[1, 1, 2]).next_byte_logprobs("ab")
    np.testing.assert_allclose(np.exp(found), expected["product"], atol=1e-13)
    some = laws[0] > 0
    proxy = np.zeros(257)
    proxy[some] = laws[0][some] * (laws[1][some] / laws[2][some]) ** 1.5
    found = ByteEnsemble(members, how="proxy", weights=1.5).next_byte_logprobs("ab")
    np.testing.assert_allclose(np.exp(found), normal(proxy), atol=1e-12)


def test_streaming_forks_and_scores_are_one():
    both = ByteEnsemble([member(1), member(2)])
    state = both.start("ab")
    whole = both.logprob("ab")
    assert state.logprob == pytest.approx(whole, abs=1e-12)
    fork = state.fork()
    assert fork.push(b"ba") is fork
    assert (state.text, fork.text) == (b"ab", b"abba")
    assert fork.logprob == pytest.approx(both.logprob("abba"), abs=1e-12)
    assert fork.logprob - state.logprob == pytest.approx(both.logprob("ba", given="ab"), abs=1e-12)
    state.push(97)
    np.testing.assert_allclose(state.next_logprobs(), both.next_byte_logprobs("aba"), atol=1e-12)
    np.testing.assert_allclose(fork.next_logprobs(), both.next_byte_logprobs("abba"), atol=1e-12)
    assert [one.text for one in state.states] == [b"aba", b"aba"]
    end = both.logprob("ab") + both.next_byte_logprobs("ab")[END]
    assert both.end_logprob("ab") == pytest.approx(end, abs=1e-12)


def test_ensembles_are_members():
    a, b, c = member(1), member(2), member(3)
    nested = ByteEnsemble([ByteEnsemble([a, b]), c], weights=[2, 1])
    flat = ByteEnsemble([a, b, c])
    np.testing.assert_allclose(
        nested.next_byte_logprobs("aab"), flat.next_byte_logprobs("aab"), atol=1e-12
    )


def test_ends_are_one_outcome_and_may_be_lacking():
    members = [member(1, ends=True), member(2, ends=False)]
    laws = [np.exp(one.next_byte_logprobs(b"ab")) for one in members]
    assert laws[1][END] == 0 < laws[0][END]
    mean = np.exp(ByteEnsemble(members).next_byte_logprobs("ab"))
    assert mean[END] == pytest.approx(laws[0][END] / 2, abs=1e-13)
    assert ByteEnsemble(members, how="product").next_byte_logprobs("ab")[END] == -np.inf


def test_generation_follows_the_law():
    both = ByteEnsemble([member(1), member(2)])
    rng = RNG(7)
    count = 2000
    counts = np.zeros(257)
    for _ in range(count):
        text = both.generate("a", max_bytes=1, rng=rng)
        counts[text[0] if text else END] += 1
    law = np.exp(both.next_byte_logprobs("a"))
    assert total_variation(counts / count, law) < 0.05


def test_generation_ends_where_it_should():
    both = ByteEnsemble([member(1, ends=False), member(2, ends=False)])
    likeliest = both.generate("a", max_bytes=12, temperature=0)
    assert len(likeliest) == 12
    assert likeliest == both.generate("a", max_bytes=12, temperature=0)
    state = both.start("a")
    for byte in likeliest:
        assert byte == int(np.argmax(state.next_logprobs()))
        state.push(byte)
    text = both.generate("a", max_bytes=30, rng=RNG(3))
    for stop in ("ba", b"ba", ["zz", "ba"]):
        cut = both.generate("a", max_bytes=30, rng=RNG(3), stop=stop)
        assert cut == (text[: text.index(b"ba")] if b"ba" in text else text)
    with pytest.raises(ValueError, match="stop holds an empty string"):
        both.generate("a", max_bytes=3, stop="")
    with pytest.raises(ValueError, match="temperature must be at least 0, not -1"):
        both.generate("a", max_bytes=3, temperature=-1)
    with pytest.raises(ValueError, match="max_bytes must be at least 1"):
        both.generate("a", max_bytes=0)


def test_members_that_exclude_each_other_are_told():
    class Sure:
        symbols, text, logprob = 257, b"", 0.0

        def __init__(self, byte):
            self.law = np.where(np.arange(257) == byte, 0.0, -np.inf)

        def start(self, prompt=b""):
            return self

        def next_logprobs(self):
            return self.law

    with pytest.raises(ModelError, match=r"no outcome is left .*how='product'.*how='mean'"):
        ByteEnsemble([Sure(1), Sure(2)], how="product").next_byte_logprobs("")
    law = ByteEnsemble([Sure(1), Sure(2)]).next_byte_logprobs("")
    assert np.exp(law[[1, 2]]).tolist() == [0.5, 0.5]


def test_arguments_are_checked():
    one = member(1)
    with pytest.raises(ValueError, match="at least one model"):
        ByteEnsemble([])
    with pytest.raises(TypeError, match=r"members\[1\] must be a model over bytes, not int"):
        ByteEnsemble([one, 3])
    with pytest.raises(ValueError, match="how must be 'mean', 'product' or 'proxy', not 'sum'"):
        ByteEnsemble([one], how="sum")
    with pytest.raises(ValueError, match="must be three for how='proxy'"):
        ByteEnsemble([one, one], how="proxy")
    for weights in ([1], [1, 0], [1, -1], [1, math.inf], [1, math.nan]):
        with pytest.raises(ValueError, match="weights must be 2 finite numbers above 0"):
            ByteEnsemble([one, one], weights=weights)
    both = ByteEnsemble([one, one], weights=[1, 3])
    assert (both.weights, both.how, both.symbols) == ((0.25, 0.75), "mean", 257)
    with pytest.raises(TypeError, match="text must be str or bytes, not list"):
        both.start().push([1])
    with pytest.raises(ValueError, match="text must be a byte, 0 to 255, not 256"):
        both.start().push(256)
    with pytest.raises(ValueError, match="lone surrogate"):
        both.start("\ud800")
