"""Decoders on any text, any candidates and any limits."""

import math
import struct

from hypothesis import assume, given
from hypothesis import strategies as st
from scriptio import decode
from scriptio.testing import check_segmentation, documents, hostile_text

PRIORS = ["uniform", "gaussian", "clipped_polynomial", "lognormal"]
TEXTS = st.one_of(documents(), hostile_text(max_run=129), st.text(st.characters(), max_size=60))


@st.composite
def scored(draw):
    """A text with candidates at some of its code points."""
    text = draw(TEXTS)
    places = st.integers(0, len(text))
    ends = sorted(draw(st.lists(places, max_size=2 * len(text) if len(text) < 60 else 60)))
    probability = st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0, 0.5, 1.0]))
    probabilities = draw(st.lists(probability, min_size=len(ends), max_size=len(ends)))
    return text, ends, probabilities


POLICIES = st.fixed_dictionaries(
    {
        "threshold": st.floats(0, 1),
        "prior": st.sampled_from(PRIORS),
        "prior_kwargs": st.fixed_dictionaries(
            {
                "target_length": st.floats(1e-3, 1e6),
                "spread": st.floats(1e-3, 1e6),
            }
        ),
        "algorithm": st.sampled_from(["viterbi", "greedy"]),
        "meaning": st.sampled_from(["sentences", "pack"]),
        "newlines": st.sampled_from(["paragraph", "always", "never"]),
    }
)


@given(scored(), POLICIES, st.integers(1, 80), st.integers(0, 120))
def test_limits_hold_and_nothing_is_lost(given_, policy, low, over):
    text, ends, probabilities = given_
    for low_, high in [(low, None), (1, low), (low, low + over), (low, 2 * low + over)]:
        options = {**policy, "min_length": low_, "max_length": high}
        out = decode(text, ends, probabilities, **options)
        check_segmentation(text, out)
        assert "".join(out.texts()) == text
        assert len(out.probabilities) == len(out)
        assert out == decode(text, ends, probabilities, **options)
        lengths = [end - start for start, end in out]
        assert high is None or all(length <= high for length in lengths)
        if len(text) >= low_ and (high is None or 2 * low_ <= high + 1):
            assert all(length >= low_ for length in lengths)


@given(scored(), st.floats(0, 1), st.floats(0, 1))
def test_a_lower_threshold_only_adds_boundaries(given_, one, other):
    text, ends, probabilities = given_
    many = decode(text, ends, probabilities, threshold=min(one, other))
    few = decode(text, ends, probabilities, threshold=max(one, other))
    assert set(few.ends()) <= set(many.ends())


@given(scored(), POLICIES)
def test_limits_that_nothing_breaks_change_no_sentence(given_, policy):
    text, ends, probabilities = given_
    assume(text)
    policy = {**policy, "meaning": "sentences"}
    plain = decode(text, ends, probabilities, **policy)
    lengths = [end - start for start, end in plain]
    policy |= {"min_length": min(lengths), "max_length": max(lengths), "algorithm": "viterbi"}
    assert decode(text, ends, probabilities, **policy) == plain


def objective(lengths, probabilities, log_prior):
    """What packing makes as large as it can."""
    total, at = 0.0, 0
    for length in lengths:
        at += length
        total += log_prior(length)
        if at < len(probabilities):
            total += math.log(probabilities[at - 1])
    return total


def compositions(total, low, high):
    """All ways to cut `total` into lengths within the limits."""
    if not total:
        yield []
    for first in range(low, min(high, total) + 1):
        for rest in compositions(total - first, low, high):
            yield [first, *rest]


def log_prior(name, target, spread):
    if name == "gaussian":
        return lambda length: -0.5 * ((length - target) / spread) ** 2
    if name == "lognormal":
        sigma = spread / target
        mu = math.log(target) + sigma**2
        return lambda length: -0.5 * ((math.log(length) - mu) / sigma) ** 2 - math.log(length)
    return lambda length: 0.0


@given(
    st.lists(st.floats(2**-10, 1, width=32), min_size=1, max_size=12),
    st.sampled_from(["uniform", "gaussian", "lognormal"]),
    st.floats(1, 12),
    st.floats(0.5, 6),
    st.integers(1, 5),
    st.integers(0, 6),
)
def test_packing_is_the_best_of_all(probabilities, prior, target, spread, low, over):
    high = low + over
    ways = list(compositions(len(probabilities), low, high))
    assume(ways)
    prior_of = log_prior(prior, target, spread)
    best = max(objective(way, probabilities, prior_of) for way in ways)
    out = decode(
        "x" * len(probabilities),
        range(1, len(probabilities) + 1),
        probabilities,
        meaning="pack",
        prior=prior,
        prior_kwargs={"target_length": target, "spread": spread},
        min_length=low,
        max_length=high,
    )
    found = [end - start for start, end in out]
    assert found in ways
    assert math.isclose(objective(found, probabilities, prior_of), best, rel_tol=1e-9, abs_tol=1e-9)


@given(scored())
def test_probabilities_come_out_as_they_went_in(given_):
    text, ends, probabilities = given_
    out = decode(text, ends, probabilities, threshold=0, newlines="never")
    known = {struct.pack("f", value) for value in [*probabilities, 1.0]}
    assert all(struct.pack("f", value) in known for value in out.probabilities.tolist())
