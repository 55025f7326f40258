"""`scriptio.models`: what is found, what is checked, and which threshold it has."""

import hashlib
import json
import os
import warnings
from pathlib import Path

import pytest
import scriptio._session
import tiny_models
from scriptio import ModelError, SaT, models


@pytest.fixture
def directory(tmp_path):
    return tiny_models.save_directory(tmp_path / "mine")


def write_manifest(path, **more):
    """A manifest of the files that are there."""
    files = [
        {
            "path": file.name,
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in sorted(path.iterdir())
        if file.name != "manifest.json"
    ]
    told = {"id": path.name, "threshold": 0.3, "files": files, **more}
    (path / "manifest.json").write_text(json.dumps(told))
    return path


def test_a_directory_is_found_by_its_path(directory, monkeypatch):
    for path in (directory, str(directory)):
        found = models.find(path)
        assert found.path == directory
        assert found.name == "mine"
        assert found.onnx.name == "model_optimized.onnx"
        assert found.tokenizer.name == "tokenizer.json"
    monkeypatch.chdir(directory.parent)
    assert models.find("mine").path == directory
    assert models.find("./mine").path == directory


def test_the_plain_file_is_taken_without_the_optimized_one(directory):
    os.rename(directory / "model_optimized.onnx", directory / "model.onnx")
    assert models.find(directory).onnx.name == "model.onnx"


def test_bundled_models_are_found_by_id(tmp_path, monkeypatch):
    bundled = tmp_path / "_models"
    monkeypatch.setattr(models, "BUNDLED", bundled)
    assert models.available() == []
    write_manifest(tiny_models.save_directory(bundled / "scriptio-sat"), block=30, stride=10)
    write_manifest(tiny_models.save_directory(bundled / "other"))
    assert models.available() == ["other", "scriptio-sat"]
    assert models.find("other").path == bundled / "other"
    assert models.find().name == models.DEFAULT == "scriptio-sat"
    sat = SaT()
    assert sat.threshold == 0.3
    assert sat.model.name == "scriptio-sat"
    assert repr(sat) == "SaT()"
    reading = sat._reading(sat._policy, "split")
    assert (reading.block, reading.stride) == (30, 10)
    assert SaT(block_size=20)._reading(sat._policy.told({"block_size": 20}), "split").stride == 10
    # A directory of that name is meant by a path alone.
    mine = tiny_models.save_directory(tmp_path / "other")
    monkeypatch.chdir(tmp_path)
    assert models.find("./other").path == mine
    assert models.find(Path("other")).path == mine
    assert models.find("other").path == bundled / "other"


def test_the_default_model_may_be_absent(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "BUNDLED", tmp_path / "_models")
    with pytest.raises(ModelError, match="made without its default model: install a released"):
        SaT()


def test_a_missing_model_is_told(tmp_path):
    with pytest.raises(
        ModelError, match=r"there is no model 'sat-3l-sm'.* hf download .*sat-3l-sm"
    ):
        SaT("sat-3l-sm")
    with pytest.raises(ModelError, match="hf download benjamin/wtp-bert-mini"):
        models.find("wtp-bert-mini")
    with pytest.raises(ModelError, match=r"no model .*nowhere'.* pass its directory$"):
        SaT(tmp_path / "nowhere")
    with pytest.raises(TypeError, match="model must be a string or a path, not int"):
        SaT(3)


def test_what_is_no_model_is_told(directory, tmp_path):
    with pytest.raises(ModelError, match="is a file; pass the directory"):
        SaT(directory / "model_optimized.onnx")
    (tmp_path / "torch").mkdir()
    with pytest.raises(ModelError, match=r"holds no model_optimized.onnx or model.onnx \(no weig"):
        SaT(tmp_path / "torch")
    (tmp_path / "torch" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"\(model.safetensors there\); models are run from"):
        SaT(tmp_path / "torch")


def test_a_tokenizer_is_needed(directory, tmp_path):
    os.rename(directory / "tokenizer.json", tmp_path / "elsewhere.json")
    with pytest.raises(ModelError, match=r"holds no tokenizer\.json; put .* xlm-roberta-base"):
        SaT(directory, threshold=0.5)
    with pytest.raises(ModelError, match="is no file; tokenizer= takes"):
        SaT(directory, tokenizer=tmp_path / "nothing.json", threshold=0.5)
    sat = SaT(directory, tokenizer=tmp_path / "elsewhere.json", threshold=0.5)
    assert "".join(sat.split("It rained. We left.")) == "It rained. We left."


def test_a_broken_tokenizer_is_told(directory):
    (directory / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json is no usable tokenizer: "):
        SaT(directory, threshold=0.5).split("It rained.")


def test_a_tokenizer_of_another_model_is_told(directory):
    config = {"num_labels": 1, "vocab_size": tiny_models.VOCAB - 1}
    (directory / "config.json").write_text(json.dumps(config))
    told = rf"has {tiny_models.VOCAB} ids, the model .* embeds {tiny_models.VOCAB - 1}"
    with pytest.raises(ModelError, match=told):
        SaT(directory, threshold=0.5).split("It rained.")
    # Where no file tells, the model does.
    (directory / "config.json").unlink()
    tiny_models.save_sat(directory / "model_optimized.onnx", vocab=20)
    with pytest.raises(ModelError, match=r"no embedding for one of the ids"):
        SaT(directory, threshold=0.5).split("It rained.")


def test_a_wrong_number_of_labels_is_told(directory):
    config = {"num_labels": 111, "vocab_size": tiny_models.VOCAB}
    (directory / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"gives 1 labels, its config.json"):
        SaT(directory, threshold=0.5).split("It rained.")


@pytest.mark.parametrize("name", ["config.json", "manifest.json"])
def test_broken_json_is_told(directory, name):
    (directory / name).write_text("{")
    with pytest.raises(ModelError, match=f"{name} is no JSON"):
        SaT(directory, threshold=0.5)
    (directory / name).write_text("[]")
    with pytest.raises(ModelError, match=f"{name} must hold a JSON object, not list"):
        SaT(directory, threshold=0.5)


@pytest.mark.parametrize(
    "more",
    [
        {"block": 0},
        {"block": "long"},
        {"threshold": "high"},
        {"prefix": 0},
        {"suffix": [-1]},
        {"files": [{"path": "model.onnx"}]},
        {"model": "nothing.onnx"},
        {"pad": [1]},
        {"alone": 1},
    ],
)
def test_a_wrong_manifest_is_told(directory, more):
    write_manifest(directory, **more)
    with pytest.raises(ModelError, match=next(iter(more))):
        SaT(directory)


def test_what_the_manifest_says_is_done(directory):
    os.rename(directory / "tokenizer.json", directory / "words.json")
    write_manifest(
        directory, tokenizer="words.json", prefix=[], suffix=[4, 5], pad=1, block=7, stride=7
    )
    sat = SaT(directory)
    reading = sat._reading(sat._policy, "split")
    assert (reading.prefix, reading.suffix, reading.pad) == ((), (4, 5), 1)
    assert (reading.block, reading.stride) == (7, 7)
    assert "".join(sat.split("It rained. We left. " * 9)) == "It rained. We left. " * 9


def test_windows_are_run_alone_if_the_manifest_says_so(directory, monkeypatch):
    batches = []
    run = scriptio._session.Session.run

    def counting(self, ids, mask):
        batches.append(len(ids))
        return run(self, ids, mask)

    monkeypatch.setattr(scriptio._session.Session, "run", counting)
    texts = ["It rained. We left. " * 9, "Yes.", "It rained on us all."]
    write_manifest(directory, block=20, stride=10)
    together = SaT(directory).segment_batch(texts)
    assert max(batches) > 1
    batches.clear()
    write_manifest(directory, block=20, stride=10, alone=True)
    assert list(map(list, SaT(directory).segment_batch(texts))) == list(map(list, together))
    assert set(batches) == {1}


def test_files_are_compared_with_the_manifest(directory):
    with pytest.raises(ModelError, match=r"has no manifest\.json with files"):
        models.find(directory).verify()
    write_manifest(directory)
    models.find(directory).verify()
    path = directory / "tokenizer.json"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"rained", b"rainex"))
    with pytest.raises(ModelError, match=r"tokenizer\.json has sha256 .*; copy it again"):
        models.find(directory).verify()
    path.write_bytes(data[:-1])
    with pytest.raises(ModelError, match=r"tokenizer\.json has \d+ bytes, not \d+"):
        models.find(directory).verify()
    path.unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read"):
        models.find(directory).verify()
    onnx = directory / "model_optimized.onnx"
    onnx.write_bytes(onnx.read_bytes()[:-1])
    with pytest.raises(ModelError, match="it was cut off or changed; copy it again"):
        SaT(directory, tokenizer=__file__)


@pytest.mark.parametrize(
    ("name", "threshold"),
    [
        ("sat-1l", 0.025),
        ("sat-12l", 0.025),
        ("sat-3l-sm", 0.25),
        ("sat-12l-no-limited-lookahead", 0.01),
        ("wtp-bert-mini", 0.01),
        ("wtp-canine-s-12l-no-adapters", 0.01),
        ("my-sat-3l-sm", None),
        ("sat-3l-small", None),
        ("sat-4l", None),
        ("smith", None),
        ("SAT-3L", None),
    ],
)
def test_published_thresholds_are_known_by_the_exact_name(name, threshold):
    assert models.published_threshold(name) == threshold


def test_thresholds_come_from_the_nearest_source(tmp_path):
    path = tiny_models.save_directory(tmp_path / "sat-3l-sm")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SaT(path).threshold == 0.25
        assert SaT(path, threshold=0.7).threshold == 0.7
        write_manifest(path)
        assert SaT(path).threshold == 0.3
        assert SaT(path, threshold=0.7).threshold == 0.7
    # Neither a parent's name nor a part of the name counts.
    for name in ("sat-12l-sm-mine", "sat-12l/model"):
        other = tiny_models.save_directory(tmp_path / name)
        with pytest.warns(UserWarning, match=r"no threshold is known .*; 0.25 is used"):
            assert SaT(other).threshold == 0.25
