"""The slow reference itself: it must be right before anything is held against it."""

import itertools
import math

import numpy as np
import pytest
from byte_lm_reference import (
    END,
    ByteProcess,
    ReferenceLM,
    ToyVocab,
    ideal_lm,
    random_lm,
    random_vocab,
    total_variation,
)

MODES = ("all", "canonical", "canonical_local")


def strings(letters, longest):
    for length in range(1, longest + 1):
        for text in itertools.product(letters, repeat=length):
            yield bytes(text)


def world(seed, *, canonical):
    rng = np.random.default_rng(seed)
    vocab = random_vocab(rng, b"abcd"[: rng.integers(2, 5)], int(rng.integers(1, 15)))
    lm = random_lm(rng, vocab, order=2, ends=bool(seed % 2), canonical=canonical)
    return vocab, lm


def test_the_encoder_merges_the_least_rank_and_then_the_leftmost():
    vocab = ToyVocab([b"a", b"b"], [(b"a", b"a"), (b"a", b"b"), (b"aa", b"ab")])
    assert [vocab.token_bytes(t) for t in vocab.encode(b"aaab")] == [b"aaab"]
    assert [vocab.token_bytes(t) for t in vocab.encode(b"aaa")] == [b"aa", b"a"]
    assert [vocab.token_bytes(t) for t in vocab.encode(b"aab")] == [b"aa", b"b"]


@pytest.mark.parametrize("seed", range(10))
def test_a_string_is_canonical_where_all_pairs_are(seed):
    vocab, _ = world(seed, canonical=False)
    rng = np.random.default_rng(seed)
    for _ in range(200):
        tokens = tuple(rng.integers(len(vocab), size=rng.integers(1, 5)).tolist())
        pairs = all(
            vocab.allowed(tokens[:at], tokens[at]) and vocab.allowed((), tokens[at])
            for at in range(len(tokens))
        )
        assert pairs == vocab.canonical(tokens)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("mode", MODES)
def test_laws_add_up_and_measures_are_proper(seed, mode):
    vocab, lm = world(seed, canonical=False)
    ours = ReferenceLM(lm.model, vocab, mode=mode)
    text = next(itertools.islice(strings(vocab.tokens[0] + vocab.tokens[1], 5), 40, None))
    law = np.exp(ours.next_byte_logprobs(text))
    assert law.sum() == pytest.approx(1, abs=1e-12)
    if mode != "canonical":
        assert ours.prefix(text + b"a") == pytest.approx(ours.prefix(text) * law[97], rel=1e-12)
    for tokens, _ in ours.weights(text):
        assert mode == "all" or vocab.canonical(tokens)
        assert vocab.decode(tokens).startswith(text)
        assert len(vocab.decode(tokens[:-1])) < len(text)


@pytest.mark.parametrize("seed", range(6))
def test_all_modes_agree_where_the_model_writes_as_the_encoder_does(seed):
    vocab, lm = world(seed, canonical=True)
    laws = [ReferenceLM(lm.model, vocab, mode=mode).next_byte_logprobs(b"abab") for mode in MODES]
    np.testing.assert_allclose(np.exp(laws[1]), np.exp(laws[0]), atol=1e-13)
    np.testing.assert_allclose(np.exp(laws[2]), np.exp(laws[0]), atol=1e-13)


def test_the_two_state_chain_of_the_paper():
    a, b = 0.4, 0.3
    rows = {b"": [0.5, 0.5], b"A": [1 - a, a], b"B": [b, 1 - b]}
    rng = np.random.default_rng(0)
    process = ByteProcess(rng, b"AB", order=1, length=8, rows=rows)
    vocab = ToyVocab([b"A", b"B"], [(b"A", b"A")])
    lm = ideal_lm(process, vocab)
    after = {name: lm.law(vocab.encode(b"B" + name)) for name in (b"AA", b"B", b"A")}
    # A, B, AA, end: section 3.1 of Phan et al. 2025.
    np.testing.assert_allclose(after[b"AA"], [(1 - a) * a, a, (1 - a) ** 2, 0], atol=1e-12)
    np.testing.assert_allclose(after[b"B"], [b * a, 1 - b, b * (1 - a), 0], atol=1e-12)
    np.testing.assert_allclose(after[b"A"], [0, 1, 0, 0], atol=1e-12)
    truth = ReferenceLM(lm.model, vocab).next_byte_logprobs(b"A")
    assert math.exp(truth[65]) == pytest.approx(1 - a, abs=1e-12)


@pytest.mark.parametrize("end", [0.0, 0.1])
def test_the_ideal_model_gives_the_process_back(end):
    rng = np.random.default_rng(4)
    process = ByteProcess(rng, b"AB", order=2, length=9, end=end)
    vocab = random_vocab(rng, b"AB", 6)
    lm = ideal_lm(process, vocab)
    for mode in MODES:
        ours = ReferenceLM(lm.model, vocab, mode=mode)
        for text in strings(b"AB", 4):
            law = np.exp(ours.next_byte_logprobs(text))
            assert total_variation(law, process.next(text)) < 1e-12
            assert ours.prefix(text) == pytest.approx(process.prefix(text), rel=1e-12)
            ending = process.prefix(text) * process.next(text)[END]
            assert ours.end(text) == pytest.approx(ending, abs=1e-13)
