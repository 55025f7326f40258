"""A trained language model, where one is at hand: see `glass.py` for which and how."""

import json
import math
import random

import glass
import numpy as np
import pytest
from scriptio import Context, OnnxLM


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return glass.files(tmp_path_factory.mktemp("glass"))


@pytest.fixture(scope="module")
def lm(files):
    return OnnxLM(files[0], num_threads=1)


def test_a_chain_read_at_once_and_by_steps_is_one(lm):
    assert (lm.vocab_size, lm.eos_ids, lm.max_context) == (1024, (3,), glass.LIMIT - 1)
    rng = random.Random(0)
    tokens = [rng.randrange(4, 1024) for _ in range(60)]
    chain = [Context()]
    for token in tokens:
        chain.append(chain[-1].child(token))
    at_once = lm.next_logprobs(chain)
    node = Context()
    for number, token in enumerate(tokens):
        (row,) = lm.next_logprobs([node])
        np.testing.assert_allclose(row, at_once[number], atol=2e-5)
        branches = lm.next_logprobs([node.child(token), node.child(7), node.child(8).child(9)])
        np.testing.assert_allclose(branches[0], at_once[number + 1], atol=2e-5)
        node = node.child(token)


def test_it_knows_english(lm, files):
    ids = json.loads(files[1].read_text("utf-8"))["model"]["vocab"]
    pieces = ["Alice", "▁was", "▁begin", "ning", "▁to"]
    node, score = Context(), 0.0
    for piece in pieces:
        score += float(lm.next_logprobs([node])[0][ids[piece]])
        node = node.child(ids[piece])
    # Better than a guess by far, on words of its training data.
    assert score / len(pieces) > -6 > -math.log(1024)


def test_too_long_a_context_is_refused(lm):
    node = Context()
    for _ in range(glass.LIMIT):
        node = node.child(5)
    with pytest.raises(ValueError, match="longer than the 127 that the model can read"):
        lm.next_logprobs([node])
