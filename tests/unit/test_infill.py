"""Prompts that end within a token, gaps between texts, and the baselines."""

import itertools
import json
import math
from collections import Counter

import numpy as np
import pytest
from byte_lm_reference import (
    END,
    ByteProcess,
    ReferenceLM,
    TokenLM,
    ToyVocab,
    ideal_lm,
    random_lm,
    random_vocab,
    total_variation,
)
from scriptio import ByteLM, ByteVocab, CallbackLM, FimTemplate, ModelError, fill, heal
from scriptio.infill import _without_last_word, heal_one_token, naive_next

RNG = np.random.default_rng


def chain(a=0.4, b=0.3):
    """The chain of two states of Phan et al. 2025, and its ideal model over A, B, AA."""
    rows = {b"": [0.5, 0.5], b"A": [1 - a, a], b"B": [b, 1 - b]}
    process = ByteProcess(RNG(0), b"AB", order=1, length=8, rows=rows)
    vocab = ToyVocab([b"A", b"B"], [(b"A", b"A")])
    return process, ReferenceLM(ideal_lm(process, vocab).model, vocab)


def random_world(seed, *, ends=True):
    rng = RNG(seed)
    vocab = random_vocab(rng, b"ab", 5)
    lm = random_lm(rng, vocab, order=2, ends=ends, canonical=False)
    return ReferenceLM(lm.model, vocab)


def test_the_naive_law_is_wrong_where_the_true_one_is_not():
    process, lm = chain()
    naive = np.exp(naive_next(lm, "A"))
    # An A alone is never followed by another: the tokenizer would have merged them.
    assert naive[ord("A")] == 0
    assert naive[ord("B")] == pytest.approx(1)
    assert np.exp(lm.next_byte_logprobs("A"))[ord("A")] == pytest.approx(0.6)
    healed = np.exp(heal_one_token(lm, "A"))
    assert healed[ord("A")] == pytest.approx(0.6)
    # Where the text ends with a token that nothing runs past, all agree.
    for law in (naive_next(lm, "AAB"), heal_one_token(lm, "AAB")):
        assert total_variation(np.exp(law), process.next(b"AAB")) < 1e-12


def test_healing_one_token_is_not_enough():
    rng = RNG(3)
    process = ByteProcess(rng, b"AB", order=3, length=12)
    vocab = random_vocab(rng, b"AB", 7)
    lm = ReferenceLM(ideal_lm(process, vocab).model, vocab)
    worst = {"naive": 0.0, "healed": 0.0, "ours": 0.0}
    for text in map(bytes, itertools.product(b"AB", repeat=5)):
        truth = process.next(text)
        for name, law in [
            ("naive", naive_next(lm, text)),
            ("healed", heal_one_token(lm, text)),
            ("ours", lm.next_byte_logprobs(text)),
        ]:
            worst[name] = max(worst[name], total_variation(np.exp(law), truth))
    assert worst["naive"] > 0.1
    assert worst["healed"] > 0.01
    assert worst["ours"] < 1e-12


def test_baselines_say_what_they_cannot_do():
    _, lm = chain()
    with pytest.raises(ValueError, match="prompt is no UTF-8 from byte 1 on"):
        naive_next(lm, b"A\xff")
    np.testing.assert_allclose(np.exp(naive_next(lm, ""))[[65, 66]], 0.5)
    np.testing.assert_allclose(np.exp(heal_one_token(lm, ""))[[65, 66]], 0.5)
    nothing = ReferenceLM(
        CallbackLM(lambda rows: [np.log([1, 1e-320, 1e-320])] * len(rows), 3, logits=True),
        lm.vocab,
    )
    assert np.isfinite(heal_one_token(nothing, "B")[ord("A")])
    never = ReferenceLM(CallbackLM(lambda rows: [[0.0, -np.inf, -np.inf]] * len(rows), 3), lm.vocab)
    with pytest.raises(ValueError, match="no probability to what healing"):
        heal_one_token(never, "AB")


def test_healed_prompts_write_the_prompt_and_follow_the_law():
    lm = random_world(1)
    prompt = "abab"
    rng = RNG(5)
    count = 4000
    found = Counter()
    for _ in range(count):
        tokens, text = heal(lm, prompt, rng)
        assert lm.vocab.decode(tokens) == prompt.encode() + text
        found[tuple(tokens)] += 1
    covers = {tuple(tokens): math.exp(weight) for tokens, weight in lm.covers(prompt)}
    total = sum(covers.values())
    off = sum(abs(found[tokens] / count - weight / total) for tokens, weight in covers.items())
    assert off / 2 < 0.05
    best = heal(lm, prompt)
    assert tuple(best.tokens) == max(covers, key=covers.get)
    assert lm.vocab.decode(best.tokens) == prompt.encode() + best.text


def test_a_prompt_that_cannot_be_written_is_told():
    lm = random_world(1)
    with pytest.raises(ValueError, match="prompt has 1 bytes that no tokens"):
        heal(lm, "x")


@pytest.mark.parametrize("seed", [1, 5])
def test_gaps_are_filled_in_proportion_to_the_whole_text(seed):
    lm = random_world(seed)
    prefix, suffix, longest = b"ab", b"bb", 3
    middles = [
        bytes(text) for size in range(longest + 1) for text in itertools.product(b"ab", repeat=size)
    ]
    weights = np.array([math.exp(lm.logprob(prefix + m + suffix)) for m in middles])
    law = dict(zip(middles, weights / weights.sum(), strict=True))
    rng = RNG(seed)
    count = 400
    found = Counter(
        fill(lm, prefix, suffix, max_bytes=longest, rng=rng, candidates=25).middle
        for _ in range(count)
    )
    assert set(found) <= set(law)
    off = sum(abs(found[middle] / count - law[middle]) for middle in law) / 2
    assert off < 0.1
    # What follows the prefix is another law, so the test would notice.
    free = np.array([math.exp(lm.logprob(prefix + m)) for m in middles])
    free /= free.sum()
    assert 0.5 * np.abs(free - np.array(list(law.values()))).sum() > 0.15


def test_middles_end_with_characters_and_before_stops():
    vocab = ToyVocab([b"a", b"\xc3", b"\xa9"], [(b"\xc3", b"\xa9")])
    lm = random_lm(RNG(1), vocab, order=1, ends=False, canonical=False)
    ours = ReferenceLM(lm.model, vocab)
    for seed in range(20):
        made = fill(ours, "a", "aé", max_bytes=6, rng=RNG(seed), candidates=4)
        assert 1 <= made.effective <= 4 * 7
        assert made.finished == (len(made.middle) < 6)
        assert not made.middle or made.middle[-1] != 0xC3 or len(made.middle) == 6
        cut = fill(ours, "a", "aé", max_bytes=6, rng=RNG(seed), candidates=4, stop="aa")
        assert b"aa" not in cut.middle


def fim_world(size=8):
    """A model that keeps what it was given, and ends after four tokens at most."""
    vocab = ToyVocab([b"a", b"b"], [(b"a", b"b")])
    seen = []

    def fn(rows):
        seen.extend(rows)
        out = np.full((len(rows), size), -np.inf)
        for at, row in enumerate(rows):
            # Ids 3 to 6 are special, 7 ends a text.
            last = max((n for n, token in enumerate(row) if token > 2), default=-1)
            tail = row[last + 1 :]
            out[at, [0, 1, 2]] = np.log([0.2, 0.3, 0.1])
            out[at, 6] = np.log(0.4) if len(tail) < 4 else 0
            if len(tail) >= 4:
                out[at, [0, 1, 2]] = -np.inf
        return out

    return ReferenceLM(CallbackLM(fn, size, eos_ids=[7]), vocab, mode="all"), seen


def test_a_template_that_ends_with_the_prefix_continues_it():
    lm, seen = fim_world()
    template = FimTemplate([3, 4, "suffix", 5, "prefix"], ends=[6])
    counts = Counter()
    for seed in range(400):
        made = fill(lm, "a", "bab", template=template, max_bytes=20, rng=RNG(seed))
        counts[made.middle[:1]] += 1
        assert made.finished
    # The head is fixed, and the prefix is text that covers may run past: "ab" is one token.
    assert all(row[:5] == [3, 4, 1, 2, 5] for row in seen)
    covers = {b"b": 0.1 + 0.2 * 0.3, b"a": 0.2 * (0.2 + 0.1), b"": 0.2 * 0.4}
    total = sum(covers.values())
    for first, weight in covers.items():
        assert counts[first] / 400 == pytest.approx(weight / total, abs=0.08)


def test_a_template_leaves_the_settings_of_the_model_as_they_are():
    """`max_error` holds with a template, too: fewer contexts are asked for."""
    # `the` may be the token, or `th` before `eq`.
    names = ("t", "h", "e", "q", "eq", "th", "the")
    spec = {"type": "BPE", "vocab": {name: at for at, name in enumerate(names)}}
    spec["merges"] = ["e q", "t h", "th e"]
    vocab = ByteVocab.from_bytes(json.dumps({"model": spec}))
    asked = {}
    for max_error in (0.0, 0.9):
        rows = asked[max_error] = []

        def fn(contexts, rows=rows):
            rows += contexts
            return np.tile(
                np.log([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1]), (len(contexts), 1)
            )

        lm = ByteLM(CallbackLM(fn, 9), vocab, max_error=max_error)
        template = FimTemplate([7, "suffix", "prefix"], ends=[8])
        made = fill(lm, "the", "q", template=template, max_bytes=1, rng=RNG(0))
        assert len(made.middle) <= 1
    assert [7, 3, 5] in asked[0.0]
    assert [7, 3, 5] not in asked[0.9]


def test_a_template_that_ends_with_a_token_takes_the_last_word_back():
    lm, seen = fim_world()
    template = FimTemplate([3, "prefix", 4, "suffix", 5], ends=[6])
    # No white space: the whole prefix is the last word, so the middle must begin with it.
    made = fill(lm, "aba", "b", template=template, max_bytes=20, rng=RNG(1))
    assert made.finished
    assert all(row[:4] == [3, 4, 1, 5] for row in seen)


@pytest.mark.parametrize(
    ("prefix", "kept"),
    [
        (b"", b""),
        (b"word", b""),
        (b"one two", b"one"),
        (b"one two  ", b"one two"),
        (b"one\n    tw", b"one"),
        (b"one " + b"x" * 64, b"one "),
        (b"one " + b"x" * 63, b"one"),
        ("é".encode() * 33, "é".encode()),
        (b"x" + "é".encode() * 40, b"x" + "é".encode() * 8),
        ("é".encode() * 40 + b"z", "é".encode() * 8),
    ],
)
def test_the_last_word_begins_with_white_space_or_a_character(prefix, kept):
    assert _without_last_word(prefix) == kept


def test_arguments_are_checked():
    lm = random_world(1)
    for parts in ([1, "prefix"], ["prefix", "suffix", "prefix"], [1, "middle", "suffix"]):
        with pytest.raises(ValueError, match="parts must hold 'prefix' and 'suffix' once each"):
            FimTemplate(parts, ends=[1])
    with pytest.raises(ValueError, match="ends must hold"):
        FimTemplate(["prefix", "suffix"], ends=[])
    with pytest.raises(ValueError, match="suffix is empty"):
        fill(lm, "a", "")
    with pytest.raises(TypeError, match="prefix must be str or bytes, not int"):
        fill(lm, 3, "a")
    with pytest.raises(ValueError, match="max_bytes must be at least 1, not 0"):
        fill(lm, "a", "b", max_bytes=0)
    with pytest.raises(ValueError, match="ends hold the token id 99"):
        fill(lm, "a", "b", template=FimTemplate(["suffix", "prefix"], ends=[99]))
    with pytest.raises(ValueError, match="suffix is no UTF-8"):
        fill(lm, "a", b"\xff", template=FimTemplate(["suffix", "prefix"], ends=[1]))
    with pytest.raises(ModelError, match=r"none of the \d+ candidates.*begins with b'x'"):
        fill(lm, "a", "x", max_bytes=3, rng=RNG(0))


def test_a_token_model_has_its_law_of_ends():
    # The end of a text is an outcome of the baselines, too.
    vocab = ToyVocab([b"a"], [])
    lm = TokenLM(vocab, lambda context: np.array([0.75, 0.25]), ends=True)
    ours = ReferenceLM(lm.model, vocab)
    for law in (naive_next(ours, "a"), heal_one_token(ours, "a"), ours.next_byte_logprobs("a")):
        np.testing.assert_allclose(np.exp(law)[[97, END]], [0.75, 0.25])
