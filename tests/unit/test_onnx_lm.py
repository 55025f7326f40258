"""`OnnxLM`: with and without a cache, whatever the shape of the tree, the same numbers."""

import gc
import json
import pickle
import random
import weakref

import numpy as np
import pytest
import tiny_lm
import tiny_models
from onnx import TensorProto
from scriptio import Context, LanguageModel, ModelError, OnnxLM, _cached_lm, _kv

VOCAB = 11
LAYOUTS = {
    "cache": {},
    "no positions": {"position_ids": False},
    "no cache": {"cache": False},
    "neither": {"cache": False, "position_ids": False},
    "mask of floats": {"mask_kind": TensorProto.FLOAT},
    "merged": None,
}
MANIFEST = {
    "format": "scriptio-lm-1",
    "positions": "position_ids",
    "ids": "input_ids",
    "mask": "attention_mask",
    "mask_kind": "additive",
    "past": ["past"],
    "present": ["present"],
    "batch_axis": 2,
    "sequence_axis": 4,
    "output": "logits",
    "normalised": True,
    "eos_ids": [2, 3],
    "bos_ids": [1],
    "max_context": 60,
}


def descended(context, tokens):
    for token in tokens:
        context = context.child(token)
    return context


def grown(rng, root, count):
    """A random tree of contexts, deep and bushy."""
    nodes = [root]
    for _ in range(count):
        parent = nodes[-1] if rng.random() < 0.6 else rng.choice(nodes)
        if parent.depth < 40:
            nodes.append(parent.child(rng.randrange(VOCAB)))
    return nodes


def check(lm, weights, contexts, bos=()):
    found = lm.next_logprobs(contexts)
    assert found.shape == (len(contexts), VOCAB)
    assert found.dtype == np.float32
    for row, context in zip(found, contexts, strict=True):
        expected = tiny_lm.logprobs(weights, [*bos, *context.tokens()])
        np.testing.assert_allclose(row, expected, atol=1e-5)


@pytest.fixture(scope="module", params=LAYOUTS)
def model(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("lm") / "model.onnx"
    layout = LAYOUTS[request.param]
    if layout is None:
        weights = tiny_lm.save_merged(path, vocab=VOCAB)
    else:
        weights = tiny_lm.save(path, vocab=VOCAB, **layout)
    return OnnxLM(path, bos_ids=[1], num_threads=1), weights


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("lm") / "model.onnx"
    return path, tiny_lm.save(path, vocab=VOCAB)


def test_a_model_is_a_language_model(model):
    lm, _ = model
    assert isinstance(lm, LanguageModel)
    assert (lm.vocab_size, lm.bos_ids, lm.eos_ids, lm.max_context) == (VOCAB, (1,), (), None)


def test_a_chain_a_branch_and_a_batch(model):
    lm, weights = model
    root = Context()
    trunk = descended(root, [3, 4, 5, 6])
    chain = [trunk, trunk.parent, trunk.parent.parent, root]
    check(lm, weights, chain, [1])
    branches = [trunk.parent.child(7), trunk.parent.child(8).child(9), trunk.child(10)]
    check(lm, weights, branches, [1])
    check(lm, weights, [branches[1], trunk, branches[1], root], [1])
    assert lm.next_logprobs([]).shape == (0, VOCAB)


@pytest.mark.parametrize("seed", range(6))
def test_any_tree_in_any_order(model, seed):
    lm, weights = model
    rng = random.Random(seed)
    nodes = grown(rng, Context(), 60)
    for _ in range(8):
        check(lm, weights, rng.choices(nodes, k=rng.randrange(1, 12)), [1])


def test_without_ids_before_it_the_first_token_is_read_first(plain):
    path, weights = plain
    lm = OnnxLM(path)
    nodes = grown(random.Random(9), Context(), 30)[1:]
    check(lm, weights, nodes[::3])
    check(lm, weights, nodes)
    with pytest.raises(ValueError, match=r"cannot tell how a text begins.*pass bos_ids"):
        lm.next_logprobs([Context()])


def watched(monkeypatch):
    """The shapes of all runs: rows, tokens and past."""
    shapes = []
    feed = OnnxLM._feed

    def watching(self, ids, lengths, past):
        shapes.append((*ids.shape, past))
        return feed(self, ids, lengths, past)

    monkeypatch.setattr(OnnxLM, "_feed", watching)
    return shapes


def test_a_trunk_is_one_run_and_its_branches_are_another(plain, monkeypatch):
    lm = OnnxLM(plain[0])
    shapes = watched(monkeypatch)
    trunk = descended(Context(), range(10))
    branches = [trunk.parent.parent.child(5), trunk.parent.child(6).child(7), trunk.child(8)]
    lm.next_logprobs([trunk, trunk.parent, trunk.parent.parent.parent, *branches])
    # The longest path is the trunk; two branches leave it one and two tokens before its end.
    assert shapes[0] == (1, 11, 0)
    assert len(shapes) == 2
    assert shapes[1][0] == 2
    shapes.clear()
    lm.next_logprobs([branches[2].child(1)])
    assert shapes == [(1, 1, 11)]


def test_long_rows_are_read_in_steps(plain, monkeypatch):
    path, weights = plain
    monkeypatch.setattr(_cached_lm, "LONGEST_ROW", 7)
    shapes = watched(monkeypatch)
    node = descended(Context(), [n % VOCAB for n in range(31)])
    check(OnnxLM(path), weights, [node, node.parent.parent])
    assert [shape[1] for shape in shapes] == [7, 7, 7, 7, 3]
    assert [shape[2] for shape in shapes] == [0, 7, 14, 21, 28]


def test_many_pieces_are_joined_and_old_ones_go(plain):
    path, weights = plain
    lm = OnnxLM(path)
    node = Context()
    early = None
    for step in range(60):
        node = node.child(step % VOCAB)
        check(lm, weights, [node])
        if step == 3:
            early = weakref.ref(node.cache.piece.arrays[0])
    assert _kv.pieces_on(node.cache.piece) <= _kv.MANY_PIECES
    gc.collect()
    assert early() is None
    # Every context on the path can still be the start of a branch.
    check(lm, weights, [node.parent.parent.parent.child(3), descended(Context(), [4, 2])])


def test_a_cache_is_gone_with_its_context(plain):
    lm = OnnxLM(plain[0])
    node = descended(Context(), [1, 2, 3])
    lm.next_logprobs([node])
    held = weakref.ref(node.cache.piece.arrays[0])
    del node
    gc.collect()
    assert held() is None


def test_two_models_may_read_one_tree(plain, tmp_path):
    path, weights = plain
    other = tiny_lm.save(tmp_path / "model.onnx", vocab=VOCAB, seed=5)
    one, two = OnnxLM(path), OnnxLM(tmp_path / "model.onnx")
    node = descended(Context(), [1, 2, 3, 4])
    for lm, mine in [(one, weights), (two, other), (one, weights)]:
        check(lm, mine, [node, node.parent.child(5)])


def test_a_manifest_describes_another_layout(tmp_path):
    weights = tiny_lm.save(
        tmp_path / "mine.onnx", vocab=VOCAB, additive=True, log_probabilities=True
    )
    (tmp_path / "mine.json").write_text(json.dumps(MANIFEST))
    for given in (tmp_path, tmp_path / "mine.json", tmp_path / "mine.onnx"):
        lm = OnnxLM(given)
        assert (lm.eos_ids, lm.bos_ids, lm.max_context) == ((2, 3), (1,), 59)
        nodes = grown(random.Random(3), Context(), 50)
        check(lm, weights, nodes, [1])
        check(lm, weights, [nodes[-1].child(3), nodes[5].child(1).child(2)], [1])


def test_a_directory_tells_ends_beginning_and_limit(tmp_path):
    path = tiny_lm.save_directory(tmp_path / "lm")
    lm = OnnxLM(path)
    assert (lm.eos_ids, lm.bos_ids, lm.max_context) == ((2,), (1,), 63)
    (path / "generation_config.json").write_text('{"eos_token_id": [2, 4]}')
    assert OnnxLM(path).eos_ids == (2, 4)
    assert OnnxLM(path, eos_ids=[5], bos_ids=(), max_context=9).max_context == 9
    (path / "onnx").mkdir()
    (path / "model.onnx").rename(path / "onnx" / "model.onnx")
    assert OnnxLM(path).eos_ids == (2, 4)


def test_pickled_it_is_opened_again(plain):
    lm = OnnxLM(plain[0], bos_ids=[1], eos_ids=[2], num_threads=1)
    again = pickle.loads(pickle.dumps(lm))
    assert (again.bos_ids, again.eos_ids, repr(again)) == ((1,), (2,), repr(lm))
    node = descended(Context(), [3, 4])
    np.testing.assert_allclose(again.next_logprobs([node]), lm.next_logprobs([node]), atol=1e-6)


def test_too_long_a_context_is_refused(plain):
    lm = OnnxLM(plain[0], bos_ids=[1], max_context=5)
    lm.next_logprobs([descended(Context(), [2] * 4)])
    with pytest.raises(ValueError, match=r"context of 5 tokens.*longer than the 4.*max_context"):
        lm.next_logprobs([descended(Context(), [2] * 5)])
    with pytest.raises(ValueError, match="max_context is 1, less than the 2 ids of bos_ids"):
        OnnxLM(plain[0], bos_ids=[1, 2], max_context=1)


def test_ids_that_the_model_lacks_are_refused(plain):
    with pytest.raises(ValueError, match="token id 11, but the model has the ids 0 to 10"):
        OnnxLM(plain[0]).next_logprobs([Context().child(11)])
    with pytest.raises(ValueError, match="eos_ids hold the token id 12"):
        OnnxLM(plain[0], eos_ids=[12])


def test_numbers_that_are_none_are_told(tmp_path):
    tiny_lm.save(tmp_path / "model.onnx", vocab=VOCAB, factor=float("nan"))
    with pytest.raises(ModelError, match=r"model\.onnx gave nan for token 0 after Context"):
        OnnxLM(tmp_path / "model.onnx").next_logprobs([Context().child(3)])


def test_files_that_are_no_language_model_are_told(tmp_path):
    with pytest.raises(ModelError, match=r"holds no model\.onnx"):
        OnnxLM(tmp_path)
    with pytest.raises(ModelError, match="is no file"):
        OnnxLM(tmp_path / "none.onnx")
    # A classifier of tokens has one label; that is no law of tokens.
    tiny_models.save_sat(tmp_path / "sat.onnx")
    with pytest.raises(ModelError, match="size of the vocabulary, 2 or more"):
        OnnxLM(tmp_path / "sat.onnx")
    tiny_models.save_wtp(tmp_path / "wtp.onnx")
    with pytest.raises(ModelError, match=r"takes the inputs attention_mask, hashed_ids.*manifest"):
        OnnxLM(tmp_path / "wtp.onnx")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pasts": ["past"]}, "unknown key 'pasts'"),
        ({"batch_axis": "2"}, "batch_axis is '2'; expected int"),
        ({"mask_kind": "causal"}, "mask_kind is 'causal'"),
        ({"present": []}, "past and present must be lists of names of the same length"),
        ({"present": ["past"]}, "has no output past; it gives logits, present"),
        ({"past": ["keys"], "present": ["present"]}, "has no input keys; it takes"),
        ({"positions": None}, "takes the input position_ids as well"),
        ({"sequence_axis": 2}, "must be two axes of the cache"),
        ({"sequence_axis": 3}, "must be numbers"),
        ({"eos_ids": [-1]}, r"eos_ids is \[-1\]; expected a token id"),
        ({"normalised": 1}, "normalised is 1; expected bool"),
    ],
)
def test_a_manifest_that_is_wrong_is_told(tmp_path, change, told):
    tiny_lm.save(tmp_path / "mine.onnx", vocab=VOCAB, additive=True)
    (tmp_path / "mine.json").write_text(json.dumps({**MANIFEST, **change}))
    with pytest.raises(ModelError, match=told):
        OnnxLM(tmp_path / "mine.onnx")


def test_log_probabilities_that_are_none_are_told(tmp_path):
    tiny_lm.save(tmp_path / "mine.onnx", vocab=VOCAB, additive=True)
    (tmp_path / "mine.json").write_text(json.dumps(MANIFEST))
    with pytest.raises(ModelError, match=r"add up to .* not 1"):
        OnnxLM(tmp_path / "mine.onnx").next_logprobs([Context()])


def test_settings_are_checked(plain):
    with pytest.raises(TypeError, match=r"providers must be a list of names, not str"):
        OnnxLM(plain[0], providers="CPUExecutionProvider")
    with pytest.raises(ValueError, match="'NoProvider' is not available"):
        OnnxLM(plain[0], providers=["NoProvider"])
    with pytest.raises(ValueError, match="session_options"):
        OnnxLM(plain[0], session_options={"no_such": 1})
