"""Bytes from tokens: sums over covers are what brute force over all token strings gives.

Random vocabularies of 1 to 14 merges over 2 to 4 letters, random models of the last one or two
tokens, with and without what the tokenizer never writes, with and without an end of the text.
"""

import itertools
import math

import numpy as np
import pytest
import scriptio
from byte_lm_reference import (
    END,
    ByteProcess,
    ReferenceLM,
    TokenLM,
    byte_letters,
    ideal_lm,
    random_lm,
    random_vocab,
    tokenizer_bytes,
    tokenizer_json,
    total_variation,
    wide_callback,
)
from hypothesis import given
from hypothesis import strategies as st

if not hasattr(scriptio, "ByteLM"):
    pytest.skip("this build has no ByteLM", allow_module_level=True)

MODES = ("canonical_local", "canonical", "all")
SEEDS = st.integers(0, 2**31)


@st.composite
def worlds(draw, *, ends=None, canonical=None):
    """A model over a vocabulary, and a text of its letters."""
    letters = b"abcd"[: draw(st.integers(2, 4))]
    rng = np.random.default_rng(draw(SEEDS))
    vocab = random_vocab(rng, letters, draw(st.integers(1, 14)))
    if ends is None:
        # Where no token can follow and no end either, mass is lost, and no law is proper.
        ends = draw(st.booleans()) or vocab.has_dead_ends()
    lm = random_lm(
        rng,
        vocab,
        order=draw(st.integers(1, 2)),
        ends=ends,
        canonical=draw(st.booleans()) if canonical is None else canonical,
    )
    text = bytes(draw(st.lists(st.sampled_from(list(letters)), max_size=6)))
    return lm, text


def ours(lm, mode="canonical_local", **options):
    fn, size = wide_callback(lm)
    model = scriptio.CallbackLM(fn, size, eos_ids=[len(lm.vocab)] if lm.ends else [])
    vocab = scriptio.ByteVocab.from_bytes(tokenizer_bytes(lm.vocab))
    return scriptio.ByteLM(model, vocab, mode=mode, **options)


def brute(lm, mode="canonical_local"):
    return ReferenceLM(lm.model, lm.vocab, mode=mode)


def assert_same(found, expected):
    """Laws are equal, as probabilities."""
    assert found.shape == (257,)
    np.testing.assert_allclose(np.exp(found), np.exp(expected), rtol=0, atol=1e-12)


# 1 and 3: laws, and sums over covers.


@given(worlds(), st.sampled_from(MODES))
def test_laws_are_those_of_brute_force(world, mode):
    lm, text = world
    one, slow = ours(lm, mode), brute(lm, mode)
    found = one.next_byte_logprobs(text)
    assert math.fsum(np.exp(found)) == pytest.approx(1, abs=1e-12)
    assert_same(found, slow.next_byte_logprobs(text))
    assert one.logprob(text) == pytest.approx(slow.logprob(text), abs=1e-11)
    assert one.end_logprob(text) == pytest.approx(slow.end_logprob(text), abs=1e-11)


@given(worlds(), st.sampled_from(MODES))
def test_covers_are_those_of_brute_force(world, mode):
    lm, text = world
    one, slow = ours(lm, mode), brute(lm, mode)
    found = {tuple(tokens): weight for tokens, weight in one.covers(text) if weight > -math.inf}
    expected = {tuple(tokens): weight for tokens, weight in slow.covers(text)}
    assert found.keys() == expected.keys()
    for tokens, weight in expected.items():
        assert found[tokens] == pytest.approx(weight, abs=1e-11)
    if mode == "canonical":
        # Not a probability of the text, but what the model gives to its canonical covers.
        total = math.log(math.fsum(math.exp(weight) for weight in expected.values()))
        assert one.logprob(text) == pytest.approx(total, abs=1e-11)
    tokens, more = one.sample_cover(text, np.random.default_rng(1))
    assert tuple(tokens) in expected
    assert lm.vocab.decode(tokens) == text + more


@given(worlds(canonical=True))
def test_modes_agree_where_the_model_writes_what_the_tokenizer_does(world):
    lm, text = world
    laws = [ours(lm, mode).next_byte_logprobs(text) for mode in MODES]
    assert_same(laws[0], laws[2])
    assert_same(laws[1], laws[2])


# 2: the chain rule.


@given(worlds(), st.sampled_from(["canonical_local", "all"]))
def test_conditionals_multiply_to_the_probability_of_the_text(world, mode):
    lm, text = world
    one = ours(lm, mode)
    state, total = one.start(), 0.0
    for byte in text:
        total += float(state.next_logprobs()[byte])
        state.push(byte)
    assert state.logprob == pytest.approx(total, abs=1e-11)
    assert one.logprob(text) == pytest.approx(total, abs=1e-11)
    half = len(text) // 2
    rest = one.logprob(text[half:], given=text[:half])
    assert rest == pytest.approx(one.logprob(text) - one.logprob(text[:half]), abs=1e-11)


@given(worlds(), st.sampled_from(["canonical_local", "all"]))
def test_a_text_ends_or_goes_on(world, mode):
    lm, text = world
    one = ours(lm, mode)
    whole = math.exp(one.logprob(text))
    parts = [math.exp(one.logprob(text + bytes([byte]))) for byte in b"abcd"]
    assert math.fsum([*parts, math.exp(one.end_logprob(text))]) == pytest.approx(whole, rel=1e-11)
    if not lm.ends:
        assert one.end_logprob(text) == -math.inf
        assert one.next_byte_logprobs(text)[END] == -math.inf


# 4: streaming, chunks, forks.


@given(worlds(), st.sampled_from(MODES), st.integers(0, 6))
def test_pieces_and_forks_make_no_difference(world, mode, cut):
    lm, text = world
    one = ours(lm, mode)
    expected = one.next_byte_logprobs(text)
    by_byte, by_piece = one.start(), one.start(text[:cut])
    for byte in text:
        by_byte.push(byte)
    before = by_piece.next_logprobs()
    fork = by_piece.fork()
    fork.push(text[cut:])
    for state in (by_byte, fork):
        assert state.text == text
        assert_same(state.next_logprobs(), expected)
    # What the fork read is nothing to its origin, and the other way round.
    assert by_piece.text == text[:cut]
    assert_same(by_piece.next_logprobs(), before)
    by_piece.push(b"b")
    assert_same(fork.next_logprobs(), expected)
    assert_same(by_piece.next_logprobs(), one.next_byte_logprobs(text[:cut] + b"b"))


# 5: what tokens are called is nothing to bytes.


def relabelled(lm, mode, ids, size):
    """The model under other ids; those that have no name cannot follow."""
    names = {number: other for other, number in ids.items()}
    spec = tokenizer_json(lm.vocab, every_byte=False)
    spec["model"]["vocab"] = {
        piece: ids[number] for piece, number in spec["model"]["vocab"].items()
    }
    spec["added_tokens"][0]["id"] = ids[len(lm.vocab)]
    taken = set(ids.values())
    free = (number for number in itertools.count() if number not in taken)
    for letter in byte_letters().values():
        if letter not in spec["model"]["vocab"]:
            number = spec["model"]["vocab"][letter] = next(free)
            size = max(size, number + 1)

    def fn(rows):
        law = lm.callback([[names[token] for token in row] for row in rows])
        found = np.full((len(rows), size), -np.inf)
        for number in range(lm.size):
            found[:, ids[number]] = law[:, number]
        return found

    import json

    model = scriptio.CallbackLM(fn, size, eos_ids=[ids[len(lm.vocab)]] if lm.ends else [])
    vocab = scriptio.ByteVocab.from_bytes(json.dumps(spec).encode())
    return scriptio.ByteLM(model, vocab, mode=mode)


@given(worlds(), st.sampled_from(MODES), SEEDS)
def test_ids_may_be_permuted_and_unused_tokens_added(world, mode, seed):
    lm, text = world
    rng = np.random.default_rng(seed)
    count = len(lm.vocab) + 1
    # More room than tokens: what is left is of bytes that the model never gives.
    ids = dict(enumerate(rng.permutation(count + 40)[:count].tolist()))
    other = relabelled(lm, mode, ids, count + 40)
    assert_same(other.next_byte_logprobs(text), ours(lm, mode).next_byte_logprobs(text))


@given(worlds(ends=False), SEEDS)
def test_two_tokens_of_equal_bytes_share_a_probability(world, seed):
    lm, text = world
    share = float(np.random.default_rng(seed).uniform(0.1, 0.9))
    size = len(lm.vocab)
    letters = [token for token in lm.vocab.tokens if len(token) == 1]
    pieces = {token.decode(): number for number, token in enumerate(lm.vocab.tokens)}
    for number, letter in enumerate(letters):
        pieces[f"<0x{letter[0]:02X}>"] = size + number

    def fn(rows):
        law = lm.callback([[n if n < size else n - size for n in row] for row in rows])
        twice = law[:, : len(letters)]
        return np.hstack(
            [twice + math.log(share), law[:, len(letters) :], twice + math.log1p(-share)]
        )

    spec = {
        "added_tokens": [],
        "model": {
            "type": "BPE",
            "byte_fallback": True,
            "vocab": pieces,
            "merges": [f"{a.decode()} {b.decode()}" for a, b in lm.vocab.merges],
        },
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
    }
    import json

    vocab = scriptio.ByteVocab.from_bytes(json.dumps(spec).encode())
    model = scriptio.CallbackLM(fn, size + len(letters))
    two = scriptio.ByteLM(model, vocab, mode="all")
    assert_same(two.next_byte_logprobs(text), brute(lm, "all").next_byte_logprobs(text))


# 6: single bytes.


@st.composite
def bytes_and_modes(draw):
    """A mode and bytes; no text that a tokenizer writes ends within a character."""
    mode = draw(st.sampled_from(MODES))
    letters = st.characters(max_codepoint=0x7F)
    plain = st.text(letters, max_size=5).map(str.encode)
    return mode, draw(st.binary(max_size=5) if mode == "all" else plain)


@given(SEEDS, bytes_and_modes())
def test_a_vocabulary_of_bytes_has_the_models_own_law(seed, given):
    mode, text = given
    own = {}

    def law(context):
        if context not in own:
            rng = np.random.default_rng([seed, *context])
            own[context] = rng.dirichlet(np.ones(257))
        return own[context]

    from byte_lm_reference import ToyVocab

    lm = TokenLM(ToyVocab([bytes([byte]) for byte in range(256)], []), law, ends=True)
    one = ours(lm, mode)
    assert_same(one.next_byte_logprobs(text), np.log(law(tuple(text))))
    expected = math.fsum(math.log(law(tuple(text[:at]))[byte]) for at, byte in enumerate(text))
    assert one.logprob(text) == pytest.approx(expected, abs=1e-10)


# 7: what is left out is bounded.


@given(worlds(), st.sampled_from(["canonical_local", "canonical"]), st.floats(0.001, 0.5))
def test_a_lazy_law_is_as_near_as_its_certificate_says(world, mode, error):
    lm, text = world
    exact, lazy = ours(lm, mode), ours(lm, mode, max_error=error)
    states = exact.start(), lazy.start()
    for byte in [*text, None]:
        laws = [np.exp(state.next_logprobs()) for state in states]
        bound = states[1].certificate
        assert 0 <= bound <= error + 1e-12
        assert total_variation(*laws) <= bound + 1e-12
        assert math.fsum(laws[1]) == pytest.approx(1, abs=1e-12)
        assert states[1].logprob <= states[0].logprob + 1e-11
        if byte is not None:
            for state in states:
                state.push(byte)
    assert states[0].certificate == 0


@given(worlds())
def test_a_beam_gives_less_and_ever_less_so(world):
    lm, text = world
    whole = ours(lm, "all").logprob(text)
    least = brute(lm, "canonical").logprob(text)
    found = [
        ours(lm, "all", threshold=threshold).logprob(text) for threshold in (0.5, 0.1, 1e-3, 1e-12)
    ]
    # Canonical covers always stay, so a beam cannot run empty.
    for one in found:
        assert least - 1e-11 <= one <= whole + 1e-11
    assert found[-1] == pytest.approx(whole, abs=1e-6)
    assert ours(lm, "all", beam=10_000).logprob(text) == pytest.approx(whole, abs=1e-11)
    assert least - 1e-11 <= ours(lm, "all", beam=1).logprob(text) <= whole + 1e-11


# 11: ensembles.


@given(SEEDS, st.sampled_from(["mean", "product"]), st.sampled_from(["canonical_local", "all"]))
def test_one_process_under_two_vocabularies_stays_that_process(seed, how, mode):
    rng = np.random.default_rng(seed)
    end = float(rng.uniform(0, 0.2))
    process = ByteProcess(rng, b"ab", order=2, length=6, end=end)
    members = [
        ours(ideal_lm(process, random_vocab(rng, b"ab", merges)), mode)
        for merges in rng.integers(1, 8, size=2)
    ]
    both = scriptio.ByteEnsemble(members, how=how)
    text = bytes(rng.choice(list(b"ab"), size=4).tolist())
    state = both.start()
    for at in range(5):
        law = np.exp(state.next_logprobs())
        assert total_variation(law, process.next(text[:at])) < 1e-12
        assert math.exp(state.logprob) == pytest.approx(process.prefix(text[:at]), rel=1e-11)
        if at < 4:
            state.push(text[at])


@given(worlds(), st.sampled_from(["mean", "product"]))
def test_a_model_with_itself_is_that_model(world, how):
    lm, text = world
    one = ours(lm)
    both = scriptio.ByteEnsemble([one, one], how=how)
    assert_same(both.next_byte_logprobs(text), one.next_byte_logprobs(text))


# Generation: a cover and then tokens is as byte for byte.


@pytest.mark.parametrize("by", ["tokens", "bytes"])
def test_what_is_drawn_follows_the_law(by):
    rng = np.random.default_rng(8)
    lm = random_lm(rng, random_vocab(rng, b"ab", 4), order=1, ends=True, canonical=False)
    one, slow, count, counts = ours(lm), brute(lm), 3000, {}
    for _ in range(count):
        text = one.generate(b"ab", max_bytes=2, rng=rng, by=by)
        counts[text] = counts.get(text, 0) + 1
    law = {}
    for size in range(3):
        for text in map(bytes, itertools.product(b"ab", repeat=size)):
            whole = b"ab" + text
            end = slow.logprob if size == 2 else slow.end_logprob
            law[text] = math.exp(end(whole) - slow.logprob(b"ab"))
    assert math.fsum(law.values()) == pytest.approx(1, abs=1e-12)
    assert counts.keys() <= law.keys()
    assert sum(abs(counts.get(text, 0) / count - law[text]) for text in law) / 2 < 0.04
