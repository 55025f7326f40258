"""`TopicModel`: what the bundled model says, and what it refuses."""

import json
import math
import pickle
import shutil
import sys

import numpy as np
import onnx
import pytest
import tiny_models
from onnx import TensorProto, helper
from scriptio import TopicSegmenter, models
from scriptio._topic_features import FEATURES, features
from scriptio.errors import MissingDependencyError, ModelError
from scriptio.topics import PairScorer, TopicModel

PAYING = [
    "You pay for the service in advance, every month, by credit card.",
    "Fees that you have paid are not refunded, unless the law says otherwise.",
    "We may change our prices, and will tell you a month before we do.",
]
COURTS = [
    "These terms are governed by the laws of the Netherlands.",
    "The courts of Amsterdam have exclusive jurisdiction over any dispute.",
    "If a court finds a provision invalid, the others remain in force.",
]
TEXT = "\n\n".join([*PAYING, *COURTS])


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(num_threads=1).load()


def test_any_number_of_threads_gives_the_same() -> None:
    units = [f"{word} {one}" for word in "abcdefghijklmnop" for one in (*PAYING, *COURTS)]
    known = TopicModel(num_threads=1).score_document(units)
    several = TopicModel(num_threads=4, session_options={"intra_op_num_threads": 4})
    assert all(several.score_document(units) == known for _ in range(10))


def test_long_units_are_not_read_again_and_again(model) -> None:
    blocks = model._blocks(["a" * 5_000] * 400)
    assert all(stop - start >= model.halo for start, stop in blocks[:-1])
    assert [start for start, _ in blocks[1:]] == [stop for _, stop in blocks[:-1]]


@pytest.fixture
def directory(tmp_path):
    """A copy of the bundled model, with a tokenizer beside it."""
    place = tmp_path / "mine"
    shutil.copytree(models.find(models.TOPIC).path, place)
    shutil.copy(models.find().tokenizer, place / "tokenizer.bin")
    return place


def told(directory, **entries) -> None:
    """Change entries of a manifest; None takes one away."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text()) | entries
    path.write_text(
        json.dumps({key: value for key, value in manifest.items() if value is not None})
    )


def test_files_are_as_the_manifest_says() -> None:
    found = models.find(models.TOPIC)
    found.verify()
    assert sum(entry["bytes"] for entry in found.manifest["files"]) < 8_000_000
    assert models.TOPIC in models.available()


def test_probabilities_are_those_of_the_export(model) -> None:
    said = model.directory.manifest["sample"]
    found = model.score_document(said["units"])
    assert found == pytest.approx(said["probabilities"], abs=0.02)


def test_is_the_default(model) -> None:
    topics = TopicSegmenter(count=2)
    told = model.score_document([*PAYING, *COURTS])
    first = told.index(max(told)) + 1
    units = TEXT.split("\n\n")
    assert topics.split(TEXT) == ["\n\n".join(units[:first]) + "\n\n", "\n\n".join(units[first:])]
    found = TopicSegmenter(model).segment(TEXT).probabilities
    assert found is not None
    assert all(p > model.threshold for p in found)
    assert TopicSegmenter(models.TOPIC).segment(TEXT) == TopicSegmenter().segment(TEXT)
    assert isinstance(model, PairScorer)


@pytest.mark.parametrize("unit", ["paragraph", "line", "sentence"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "One.",
        " \n\n ",
        "\n\n\n",
        "a\n\n\n\nb",
        "\ud800 x\n\n\udfff",
        "😀\n\n😀\r\n\r\n😀\n \x00",
    ],
)
def test_little_and_odd_texts_keep_every_character(model, unit, text) -> None:
    assert "".join(TopicSegmenter(model, unit=unit).split(text)) == text


def test_a_batch_gives_what_single_texts_give(model) -> None:
    topics = TopicSegmenter(model, unit="line")
    texts = [TEXT, "", "One.", "\n".join(COURTS * 40), "x " * 5000 + "\n" + "y " * 9, TEXT.upper()]
    single = [topics.segment(text) for text in texts]
    batch = topics.segment_batch(texts, num_threads=3)
    assert batch == single
    for one, other in zip(single, batch, strict=True):
        assert one.probabilities.tolist() == other.probabilities.tolist()
    assert list(topics.pipe(texts, batch_size=2)) == single


def units(count: int) -> list[str]:
    return [f"{(PAYING + COURTS)[i * i % 6]} {i % 7}" for i in range(count)]


def test_what_comes_far_behind_changes_nothing(model) -> None:
    whole = units(200)
    known = model.score_document(whole)
    part = model.score_document(whole[:120])
    assert part[: 119 - model.halo] == pytest.approx(known[: 119 - model.halo], abs=1e-4)
    assert part[-1] != pytest.approx(known[118], abs=1e-4)


def test_blocks_are_not_seen_in_what_is_found(directory) -> None:
    whole = units(300)
    told(directory, block=300)
    known = TopicModel(directory, num_threads=1).score_document(whole)
    told(directory, block=70)
    assert TopicModel(directory, num_threads=1).score_document(whole) == pytest.approx(
        known, abs=1e-4
    )


def test_long_units_are_read_to_their_end(model) -> None:
    long = PAYING[0] * 3000
    one = model.score_document([*PAYING, long + PAYING[0] * 900, *COURTS])
    other = model.score_document([*PAYING, long + COURTS[1] * 900, *COURTS])
    assert one != pytest.approx(other, abs=1e-3)


def test_empty_units_are_units(model) -> None:
    found = model.score_document(["", PAYING[0], "   ", COURTS[0], ""])
    assert len(found) == 4
    assert all(0.0 <= p <= 1.0 for p in found)
    assert model.score_document([]) == model.score_document(["One."]) == []


def test_a_pair_alone_is_a_text_of_two_units(model) -> None:
    found = model.score([PAYING[0], PAYING[0]], [PAYING[1], COURTS[0]])
    assert found == [
        model.score_document(PAYING[:2])[0],
        model.score_document([PAYING[0], COURTS[0]])[0],
    ]
    with pytest.raises(ValueError, match="left has 3 texts and right 2"):
        model.score(PAYING, COURTS[:2])


def test_units_are_checked(model) -> None:
    with pytest.raises(TypeError, match="not one str"):
        model.score_document("abc")
    with pytest.raises(TypeError, match=r"units\[1\] must be str"):
        model.score_document(["a", None])


def test_equality_repr_and_pickling(model, directory) -> None:
    again = pickle.loads(pickle.dumps(model))
    assert again == model
    assert hash(again) == hash(model)
    assert again.score_document(PAYING) == model.score_document(PAYING)
    assert repr(model) == "TopicModel(num_threads=1)"
    mine = TopicModel(directory, num_threads=1)
    assert mine != model
    assert mine != 3
    assert repr(mine) == f"TopicModel({str(directory)!r}, num_threads=1)"
    topics = TopicSegmenter(mine, unit="line")
    assert pickle.loads(pickle.dumps(topics)) == topics


def test_directories_are_models_too(model, directory) -> None:
    topics = TopicSegmenter(directory, count=2)
    assert topics.segment(TEXT) == TopicSegmenter(count=2).segment(TEXT)
    told(directory, threshold=0.99999)
    assert len(TopicSegmenter(directory).segment(TEXT)) == 1


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"kind": "SaT"}, "holds no model of topics: its manifest.json gives 'SaT'"),
        ({"kind": None}, "gives None as kind"),
        ({"halo": None}, "gives no halo"),
        ({"block": -1}, "block is -1"),
        (
            {"files": [{"path": "model.onnx", "bytes": 7, "sha256": ""}]},
            "not the 7 of its",
        ),
    ],
)
def test_wrong_manifests_are_refused(directory, entries, message) -> None:
    told(directory, **entries)
    with pytest.raises(ModelError, match=message):
        TopicModel(directory)


def test_wrong_files_are_refused(directory) -> None:
    told(directory, files=None)
    units = ["a", "b"]
    tokenizer = (directory / "tokenizer.bin").read_bytes()
    (directory / "tokenizer.bin").write_bytes(b"none")
    with pytest.raises(ModelError, match="no usable tokenizer"):
        TopicModel(directory).score_document(units)
    (directory / "tokenizer.bin").write_bytes(tokenizer)
    told(directory, vocab_size=47)
    with pytest.raises(ModelError, match="belongs to another model"):
        TopicModel(directory).score_document(units)
    told(directory, vocab_size=48000, features=FEATURES + 1)
    with pytest.raises(ModelError, match="declares surface of shape"):
        TopicModel(directory).score_document(units)
    told(directory, features=FEATURES)
    (directory / "tokenizer.bin").unlink()
    told(directory, tokenizer_of=None)
    with pytest.raises(ModelError, match="holds no tokenizer"):
        TopicModel(directory).score_document(units)
    with pytest.raises(ModelError, match="there is no model"):
        TopicModel(directory / "none")
    other = tiny_models.save_directory(directory.parent / "sat")
    told_sat = json.loads((directory / "manifest.json").read_text()) | {"vocab_size": 5000}
    (other / "manifest.json").write_text(json.dumps(told_sat))
    with pytest.raises(ModelError, match="takes the inputs attention_mask, input_ids"):
        TopicModel(other).score_document(units)


def broken(path, value: float) -> None:
    """A graph of the right inputs whose logits are all one number."""
    names = ("tokens", "owners", "rows", "firsts", "starts", "sizes")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, [f"n_{name}"]) for name in names
    ]
    inputs.append(helper.make_tensor_value_info("surface", TensorProto.FLOAT, ["u", FEATURES]))
    nodes = [
        helper.make_node("Cast", ["sizes"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "value"], ["logits"]),
    ]
    constants = [onnx.numpy_helper.from_array(np.array(value, np.float32), "value")]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n_sizes"])
    graph = helper.make_graph(nodes, "broken", inputs, [output], constants)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_refused(directory, value) -> None:
    told(directory, files=None)
    broken(directory / "model.onnx", value)
    with pytest.raises(ModelError, match=f"gave the logit {value} for unit 0"):
        TopicSegmenter(directory).segment(TEXT)


def test_what_it_needs_is_told(monkeypatch) -> None:
    topics = TopicSegmenter()
    assert topics.split("One.") == ["One."]
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError, match="pip install onnxruntime"):
        topics.segment(TEXT)


def test_a_wheel_without_the_model_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(models, "BUNDLED", tmp_path)
    with pytest.raises(ModelError, match=r"made without its default model.*a model of topics"):
        TopicSegmenter()


@pytest.mark.parametrize(
    ("unit", "places"),
    [
        ("• Fees", [2, 21]),
        ("2.1 Fees are due.", [3, 17]),
        ("(a) Fees;", [5, 10, 18]),
        ("iv. Fees:", [6, 19]),
        ("1. Fees?", [4, 10, 20]),
        ("料金。", [17]),
        ("", [21, 22]),
    ],
)
def test_features_tell_marker_and_last_mark(unit, places) -> None:
    (row,) = features([unit])
    assert len(row) == FEATURES
    marks = [i for i in (*range(2, 7), 10, *range(17, 22)) if row[i] == 1.0]
    assert marks == [place for place in places if place != 22]
    assert row[22] == float(22 in places or (unit == "• Fees"))


def test_features_tell_how_numbers_go_on() -> None:
    rows = features(["1.1 a", "1.2 b", "plain", "2.1 c", "1. d", "2. e", "plain", "3. f"])
    assert [row[8] for row in rows] == [0, 0, 0, 1, 0, 0, 0, 0]
    assert [row[9] for row in rows] == [1, 0, 0, 1, 0, 0, 0, 0]
    assert [row[11] for row in rows] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert [row[12] for row in rows] == [0, 0, 0, 0, 0, 0, 0, 1]
