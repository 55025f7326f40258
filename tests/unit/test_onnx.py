"""`OnnxScorer`: what it takes, what it refuses, and what it says then."""

import pickle
import subprocess
import sys

import numpy as np
import onnx
import pytest
import tiny_models
from onnx import TensorProto, helper, numpy_helper
from scriptio import MissingDependencyError, ModelError, OnnxScorer, SaT, WtP
from scriptio.onnx import Reading

READING = Reading(block=16, stride=8)


def ids_of(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(4, tiny_models.VOCAB, n) for n in lengths]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    tiny_models.save_sat(path)
    return path


def model_of(path, inputs, outputs, nodes, weights=()):
    """A file with a graph of one's own."""
    graph = helper.make_graph(nodes, "odd", inputs, outputs, list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    path.write_bytes(model.SerializeToString())
    return path


def value(name, kind=TensorProto.FLOAT, shape=("batch", "sequence")):
    return helper.make_tensor_value_info(name, kind, list(shape))


IDS = value("input_ids", TensorProto.INT64)
MASK = value("attention_mask")
LOGITS = value("logits", shape=("batch", "sequence", 1))
ONE = numpy_helper.from_array(np.array([2], np.int64), "axis")
#: The mask as logits: the least graph that does something.
ECHO = [helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["logits"])]


def test_logits_are_given_for_every_text(path):
    scorer = OnnxScorer(path)
    found = scorer.score_tokens(ids_of(3, 0, 40, 16, 1), READING)
    assert [len(logits) for logits in found] == [3, 0, 40, 16, 1]
    assert all(logits.dtype == np.float32 for logits in found)
    assert scorer.score_tokens([], READING) == []
    assert (scorer.kind, scorer.labels) == ("tokens", 1)


def test_no_text_of_tokens_is_no_run(tmp_path):
    # A file that cannot be opened would tell if it was.
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"no model")
    assert [len(logits) for logits in OnnxScorer(broken).score_tokens(ids_of(0, 0), READING)] == [
        0,
        0,
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_the_size_of_batches_makes_no_difference(path, batch_size):
    ids = ids_of(3, 100, 17, 16, 1, 30, 30, 30)
    expected = OnnxScorer(path).score_tokens(ids, READING)
    found = OnnxScorer(path).score_tokens(ids, READING._replace(batch_size=batch_size))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_results_are_the_same_again_and_with_other_threads(path):
    ids = ids_of(100, 50, 3)
    one, two = OnnxScorer(path, num_threads=1), OnnxScorer(path, num_threads=2)
    first = one.score_tokens(ids, READING)
    for other in (one, two):
        for found, expected in zip(other.score_tokens(ids, READING), first, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-6)


def test_batches_are_bounded_and_sorted_by_length(path, monkeypatch):
    scorer = OnnxScorer(path)
    shapes = []
    run = OnnxScorer.run

    def watching(self, ids, mask):
        shapes.append(ids.shape)
        return run(self, ids, mask)

    monkeypatch.setattr(OnnxScorer, "run", watching)
    scorer.score_tokens(ids_of(*[200, 5, 3, 60] * 10), READING._replace(batch_size=4))
    budget = 4 * 18
    assert all(rows * length <= budget or rows == 1 for rows, length in shapes)
    lengths = [length for _, length in shapes]
    assert lengths == sorted(lengths, reverse=True)
    assert max(rows for rows, _ in shapes) == budget // 8


def test_what_surrounds_and_fills_windows_is_as_told(tmp_path):
    path = model_of(
        tmp_path / "model.onnx",
        [IDS, MASK],
        [LOGITS],
        [
            helper.make_node("Cast", ["input_ids"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["floats", "axis"], ["ids"]),
            helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["mask"]),
            helper.make_node("Mul", ["ids", "mask"], ["logits"]),
        ],
        [ONE],
    )
    seen = []

    class Watching(OnnxScorer):
        __slots__ = ()

        def run(self, ids, mask):
            seen.append((ids.tolist(), mask.tolist()))
            return super().run(ids, mask)

    reading = Reading(block=8, stride=4, prefix=(91, 92), suffix=(93,), pad=94)
    ids = [np.arange(10, 16), np.arange(20, 22)]
    found = Watching(path).score_tokens(ids, reading)
    # What is given back is what was put in, so places are right.
    assert [row.tolist() for row in found] == [list(range(10, 16)), [20, 21]]
    (batch, mask), = seen  # fmt: skip
    assert batch == [
        [91, 92, 10, 11, 12, 13, 14, 15, 93, 94, 94],
        [91, 92, 20, 21, 93, *[94] * 6],
    ]
    assert mask == [[1] * 9 + [0] * 2, [1] * 5 + [0] * 6]


def test_the_mask_comes_in_the_type_that_the_file_declares(tmp_path):
    for kind in (TensorProto.FLOAT16, TensorProto.INT64, TensorProto.FLOAT):
        path = model_of(
            tmp_path / f"{kind}.onnx",
            [IDS, value("attention_mask", kind)],
            [LOGITS],
            [
                helper.make_node("Cast", ["attention_mask"], ["float"], to=TensorProto.FLOAT),
                helper.make_node("Unsqueeze", ["float", "axis"], ["logits"]),
            ],
            [ONE],
        )
        (found,) = OnnxScorer(path).score_tokens(ids_of(5), READING)
        assert found.tolist() == [1] * 5


def test_a_missing_or_empty_file_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"model\.onnx is no file; pass the path"):
        OnnxScorer(tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="is no file"):
        OnnxScorer(tmp_path)
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="is empty; copy it again"):
        OnnxScorer(tmp_path / "empty.onnx")


@pytest.mark.parametrize("cut", [10, 1000, -1])
def test_a_truncated_file_is_told(path, tmp_path, cut):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"broken\.onnx .* could not be opened .*copy or export"):
        OnnxScorer(broken).load()
    with pytest.raises(ModelError, match=r"not the \d+ of its manifest"):
        OnnxScorer(broken, size=path.stat().st_size)


def test_a_file_of_something_else_is_told(tmp_path):
    other = tmp_path / "model.onnx"
    other.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n")
    with pytest.raises(ModelError, match="could not be opened as an ONNX model"):
        OnnxScorer(other).load()


ODD = {
    "takes the inputs attention_mask, input_ids, token_type_ids": (
        [IDS, MASK, value("token_type_ids", TensorProto.INT64)],
        [LOGITS],
    ),
    "takes the inputs attention_mask, words": (
        [value("words", TensorProto.INT64), MASK],
        [LOGITS],
    ),
    r"declares input_ids as tensor\(int32\)": (
        [value("input_ids", TensorProto.INT32), MASK],
        [LOGITS],
    ),
    r"takes input_ids of shape \[1, 'sequence'\]": (
        [value("input_ids", TensorProto.INT64, (1, "sequence")), MASK],
        [LOGITS],
    ),
}


@pytest.mark.parametrize("told", ODD)
def test_unknown_inputs_are_told(tmp_path, told):
    inputs, outputs = ODD[told]
    path = model_of(tmp_path / "model.onnx", inputs, outputs, ECHO, [ONE])
    with pytest.raises(ModelError, match=f"{told}.*; expected .*: is it a SaT or WtP model"):
        OnnxScorer(path).load()


def test_unknown_outputs_are_told(tmp_path):
    echo = [helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["scores"])]
    outputs = [value("scores", shape=("batch", "sequence", 1))]
    path = model_of(tmp_path / "model.onnx", [IDS, MASK], outputs, echo, [ONE])
    with pytest.raises(ModelError, match="gives the outputs scores; expected logits"):
        OnnxScorer(path).load()
    echo = [helper.make_node("Identity", ["attention_mask"], ["logits"])]
    outputs = [value("logits")]
    path = model_of(tmp_path / "model.onnx", [IDS, MASK], outputs, echo)
    with pytest.raises(ModelError, match="declares logits as"):
        OnnxScorer(path).load()


def test_a_wrong_number_of_labels_is_told(path, tmp_path):
    with pytest.raises(ModelError, match=r"gives 1 labels.* says 111"):
        OnnxScorer(path, labels=111).load()
    # As many labels as there are tokens: what no file can declare.
    nodes = [
        helper.make_node("Shape", ["input_ids"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "last"], ["length"]),
        helper.make_node("Concat", ["sizes", "length"], ["shape"], axis=0),
        helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["wide"]),
        helper.make_node("Expand", ["wide", "shape"], ["logits"]),
    ]
    weights = [ONE, numpy_helper.from_array(np.array([1], np.int64), "last")]
    outputs = [value("logits", shape=("batch", "sequence", "labels"))]
    dynamic = model_of(tmp_path / "dynamic.onnx", [IDS, MASK], outputs, nodes, weights)
    (found,) = OnnxScorer(dynamic).score_tokens(ids_of(5), READING, all_labels=True)
    assert found.shape == (5, 8)
    with pytest.raises(ModelError, match="gave 8 labels, 1 were expected"):
        OnnxScorer(dynamic, labels=1).score_tokens(ids_of(5), READING)


def test_logits_of_another_shape_are_told(tmp_path):
    nodes = [
        helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["wide"]),
        helper.make_node("Transpose", ["wide"], ["logits"], perm=[1, 0, 2]),
    ]
    outputs = [value("logits", shape=("some", "other", 1))]
    path = model_of(tmp_path / "model.onnx", [IDS, MASK], outputs, nodes, [ONE])
    with pytest.raises(ModelError, match=r"gave logits of shape \(8, 2, 1\) for a batch of 2 by 8"):
        OnnxScorer(path).score_tokens(ids_of(5, 5), READING)


def test_ids_beyond_the_embedding_are_told(path):
    ids = [np.array([5, tiny_models.VOCAB, 6])]
    with pytest.raises(ModelError, match=rf"no embedding for .* up to {tiny_models.VOCAB} .*own"):
        OnnxScorer(path).score_tokens(ids, READING)


def test_windows_longer_than_the_model_can_read_are_told(path):
    with pytest.raises(ModelError, match=r"could not be run|smaller block_size"):
        OnnxScorer(path).score_tokens(ids_of(600), Reading(block=600, stride=600))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_told_with_its_place(tmp_path, bad):
    path = tmp_path / "model.onnx"
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["found"]),
        helper.make_node("Unsqueeze", ["found", "axis"], ["logits"]),
    ]
    table = np.zeros(tiny_models.VOCAB, np.float32)
    table[7] = bad
    weights = [ONE, numpy_helper.from_array(table, "table")]
    model_of(path, [IDS, MASK], [LOGITS], nodes, weights)
    # The mask is not used, and onnxruntime keeps it as an input.
    ids = [np.full(9, 5), np.array([5, 5, 7, 5])]
    with pytest.raises(ModelError, match=r"logit 0 of token 2 of text 1 is (NaN|inf|-inf)"):
        OnnxScorer(path).score_tokens(ids, READING)
    with pytest.raises(ModelError, match=r"of text 1 is .*, texts counted from 40"):
        OnnxScorer(path).score_tokens(ids, READING, first_text=40)


def test_a_half_precision_model_that_overflows_is_told(tmp_path):
    path = tmp_path / "model.onnx"
    tiny_models.save_sat(path, half=True, factor=1e6)
    with pytest.raises(ModelError, match="float16 overflows"):
        OnnxScorer(path).score_tokens(ids_of(5), READING)


def test_providers_and_settings(path):
    with pytest.raises(ValueError, match="'MoonExecutionProvider' is not available"):
        OnnxScorer(path, providers=["MoonExecutionProvider"]).load()
    with pytest.raises(TypeError, match="providers must be a list"):
        OnnxScorer(path, providers="CPUExecutionProvider")
    with pytest.raises(ValueError, match="num_threads"):
        OnnxScorer(path, num_threads=0)
    with pytest.raises(ValueError, match="no setting 'colour'"):
        OnnxScorer(path, session_options={"colour": 1}).load()
    scorer = OnnxScorer(
        path,
        providers=[("CPUExecutionProvider", {})],
        num_threads=1,
        session_options={
            "session.intra_op.allow_spinning": "1",
            "enable_cpu_mem_arena": False,
        },
    )
    assert len(scorer.score_tokens(ids_of(5), READING)[0]) == 5


def test_scorers_are_pickled_by_their_path(path):
    scorer = OnnxScorer(path, num_threads=1, session_options={"enable_mem_pattern": True})
    scorer.load()
    other = pickle.loads(pickle.dumps(scorer))
    assert other == scorer
    assert hash(other) == hash(scorer)
    assert other != OnnxScorer(path)
    assert repr(other) == f"OnnxScorer({str(path)!r})"
    ids = ids_of(30)
    np.testing.assert_array_equal(
        other.score_tokens(ids, READING)[0], scorer.score_tokens(ids, READING)[0]
    )


def test_the_other_kind_of_model_is_told(tmp_path):
    sat = tiny_models.save_directory(tmp_path / "sat")
    wtp = tiny_models.save_wtp_directory(tmp_path / "wtp")
    (wtp / "tokenizer.json").write_bytes((sat / "tokenizer.json").read_bytes())
    with pytest.raises(ModelError, match=r"is a WtP model; use scriptio\.WtP"):
        SaT(wtp, threshold=0.5).split("It rained.")
    with pytest.raises(ModelError, match=r"is a SaT model; use scriptio\.SaT"):
        WtP(sat, threshold=0.5).split("It rained.")


@pytest.mark.parametrize("package", ["numpy", "onnxruntime"])
def test_a_missing_package_is_told(path, package):
    program = f"""
import sys
sys.modules[{package!r}] = None
import scriptio
try:
    scriptio.OnnxScorer({str(path)!r}).load()
except scriptio.MissingDependencyError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert f"{package} is not installed; it comes with: pip install {package}" in done.stdout
    error = MissingDependencyError(package)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_models_of_these_tests_are_valid(path):
    onnx.checker.check_model(onnx.load(path))
