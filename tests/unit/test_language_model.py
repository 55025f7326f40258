"""Contexts, functions as models, and what is refused."""

import gc
import itertools
import random
import weakref

import numpy as np
import pytest
from scriptio import CallbackLM, Context, LanguageModel, ModelError, PrefixedLM
from scriptio._kv import chains


def uniform(rows):
    return np.full((len(rows), 4), np.log(0.25))


def test_contexts_are_a_tree():
    root = Context()
    assert (root.tokens(), root.depth, root.parent, root.token) == ([], 0, None, None)
    left, right = root.child(3).child(1), root.child(3).child(2)
    assert (left.tokens(), right.tokens(), left.depth) == ([3, 1], [3, 2], 2)
    assert left.parent is not right.parent
    assert repr(left) == "Context([3, 1], depth=2)"
    with pytest.raises(TypeError, match="neither"):
        Context(root)


def test_a_long_context_ends_without_recursion():
    node = Context()
    for token in range(200_000):
        node = node.child(token % 7)
    first = weakref.ref(node)
    assert len(node.tokens()) == node.depth == 200_000
    del node
    gc.collect()
    assert first() is None


def test_a_callback_gets_tokens_and_gives_log_probabilities():
    seen = []

    def fn(rows):
        seen.append(rows)
        return np.array([[0.0, 1.0, -np.inf, 2.0]] * len(rows))

    lm = CallbackLM(fn, 4, eos_ids=[3], logits=True, max_context=2)
    assert isinstance(lm, LanguageModel)
    assert (lm.vocab_size, lm.eos_ids, lm.max_context) == (4, (3,), 2)
    found = lm.next_logprobs([Context(), Context().child(2)])
    assert seen == [[[], [2]]]
    assert found.dtype == np.float64
    np.testing.assert_allclose(np.exp(found).sum(1), 1, atol=1e-15)
    assert found[0, 2] == -np.inf
    assert lm.next_logprobs([]).shape == (0, 4)


def test_log_probabilities_stay_as_they_are():
    row = np.log([0.1, 0.2, 0.3, 0.4])
    given = CallbackLM(lambda rows: [row] * len(rows), 4).next_logprobs([Context()])
    np.testing.assert_allclose(given[0], row, atol=1e-15)
    narrow = CallbackLM(lambda rows: np.float32([row]), 4).next_logprobs([Context()])
    assert narrow.dtype == np.float32
    # Within the tolerance rows are made to add up to 1 exactly.
    nearly = CallbackLM(lambda rows: [row + 5e-4], 4).next_logprobs([Context()])
    np.testing.assert_allclose(np.exp(nearly).sum(), 1, atol=1e-15)


@pytest.mark.parametrize(
    ("rows", "logits", "told"),
    [
        (np.zeros((1, 5)), True, r"shape \(1, 5\) for 1 contexts and a vocabulary of 4"),
        (np.zeros(4), True, r"shape \(4,\).*expected \(1, 4\)"),
        (np.zeros((2, 4)), True, r"shape \(2, 4\)"),
        ([[0, 1], [1]], True, "rows of different lengths"),
        ([["a"] * 4], True, "expected float32 or float64"),
        (np.ones((1, 4), bool), True, "array of bool"),
        (np.array([[0, 0, np.nan, 0]]), True, r"gave nan for token 2 after Context\(\[9\]"),
        (np.array([[0, np.inf, 0, 0]]), True, "gave inf for token 1"),
        (np.full((1, 4), -np.inf), True, "probability 0 to every token"),
        (np.full((1, 4), -2.0), False, "add up to 0.541341 as probabilities, not 1"),
        (np.log([[0.25, 0.25, 0.25, 0.252]]), False, "pass logits=True"),
    ],
)
def test_what_is_no_law_is_refused(rows, logits, told):
    lm = CallbackLM(lambda _: rows, 4, logits=logits)
    with pytest.raises(ModelError, match=told):
        lm.next_logprobs([Context().child(9)])


def test_the_row_that_is_wrong_is_named():
    def fn(rows):
        found = np.zeros((len(rows), 4))
        found[2, 1] = np.nan
        return found

    with pytest.raises(ModelError, match=r"after Context\(\[7\], depth=1\) \(row 2 of 3; 1 such"):
        CallbackLM(fn, 4, logits=True).next_logprobs([Context(), Context(), Context().child(7)])


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="fn must be a function, not int"):
        CallbackLM(3, 4)
    with pytest.raises(ValueError, match="vocab_size must be at least 1"):
        CallbackLM(uniform, 0)
    with pytest.raises(ValueError, match="eos_ids hold the token id 4, but the model has"):
        CallbackLM(uniform, 4, eos_ids=[4])
    with pytest.raises(TypeError, match="eos_ids hold 'a'"):
        CallbackLM(uniform, 4, eos_ids=["a"])
    lm = CallbackLM(uniform, 4, max_context=1)
    with pytest.raises(ValueError, match=r"2 tokens is longer than the 1 .* \(max_context\)"):
        lm.next_logprobs([Context().child(1).child(1)])


def test_a_prefix_is_read_before_every_context():
    seen = []

    def fn(rows):
        seen.extend(rows)
        return uniform(rows)

    inner = CallbackLM(fn, 4, eos_ids=[0], max_context=5)
    lm = PrefixedLM(inner, [1, 2])
    assert isinstance(lm, LanguageModel)
    assert (lm.vocab_size, lm.eos_ids, lm.max_context) == (4, (0,), 3)
    assert (lm.model, lm.tokens) == (inner, (1, 2))
    node = Context().child(3)
    lm.next_logprobs([node, Context(), node.child(0)])
    assert seen == [[1, 2, 3], [1, 2], [1, 2, 3, 0]]
    assert PrefixedLM(lm, [3], eos_ids=[2]).eos_ids == (2,)
    assert PrefixedLM(lm, [3]).max_context == 2
    with pytest.raises(ValueError, match="longer than the 3"):
        lm.next_logprobs([node.child(1).child(1).child(1)])
    with pytest.raises(ValueError, match="tokens are 6, more than the 5"):
        PrefixedLM(inner, [1] * 6)
    with pytest.raises(ValueError, match="tokens hold the token id 9"):
        PrefixedLM(inner, [9])


def test_a_prefix_keeps_the_contexts_that_the_model_sees():
    seen = []

    class Watching(CallbackLM):
        def next_logprobs(self, contexts):
            seen.extend(contexts)
            return super().next_logprobs(contexts)

    lm = PrefixedLM(Watching(uniform, 4), [1])
    node = Context().child(2)
    lm.next_logprobs([node])
    lm.next_logprobs([node, node.child(3), node.child(0)])
    assert seen[0] is seen[1] is seen[2].parent is seen[3].parent


@pytest.mark.parametrize("seed", range(20))
def test_rows_read_everything_once_and_after_what_comes_before(seed):
    rng = random.Random(seed)
    nodes = [Context()]
    for _ in range(80):
        parent = rng.choice(nodes[-3:] if rng.random() < 0.7 else nodes)
        nodes.append(parent.child(0))
    asked = rng.choices(nodes, k=10)
    known = {id(node) for node in rng.sample(nodes, 20)}
    longest = rng.choice([None, 1, 3])
    read = set()
    for found in chains(asked, lambda node: id(node) in known, longest):
        before = read | known
        for row in found:
            assert longest is None or len(row) <= longest
            assert row[0].parent is None or id(row[0].parent) in before
            assert all(b.parent is a for a, b in itertools.pairwise(row))
            assert not read & {id(node) for node in row}
            read |= {id(node) for node in row}
    assert {id(node) for node in asked} <= read


def test_the_trunk_is_the_first_row():
    root = Context()
    trunk = root
    for _ in range(5):
        trunk = trunk.child(1)
    branches = [trunk.child(2).child(3), trunk.parent.child(4), trunk.child(5)]
    rounds = chains([*branches, trunk], lambda node: node is root, None)
    assert [[len(row) for row in found] for found in rounds] == [[7], [1, 1]]
