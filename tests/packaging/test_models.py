"""Cards, manifests and recipes say what the weights in the repository are."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = sorted(path.parent for path in (ROOT / "models").glob("*/manifest.json"))


def test_there_is_a_model() -> None:
    assert MODELS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_manifest_names_the_files_as_they_are(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["id"] == model.name
    for entry in manifest["files"]:
        data = (ROOT / entry["path"]).read_bytes()
        hint = f"{entry['path']} has changed: run scripts/update_manifest.py"
        assert hashlib.sha256(data).hexdigest() == entry["sha256"], hint
        assert len(data) == entry["bytes"], hint


def test_manifests_are_up_to_date() -> None:
    script = ROOT / "scripts" / "update_manifest.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_recipe_makes_the_file_of_the_manifest(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    recipe = tomllib.loads((model / "recipe.toml").read_text(encoding="utf-8"))
    assert recipe["model"] == model.name
    assert recipe["output"] in {entry["path"] for entry in manifest["files"]}
    assert f"--out {recipe['output']}" in recipe["command"]
    assert manifest["table"]["slots"] == 1 << recipe["options"]["bits"]
    # Both must name the command, or one of them is out of date.
    assert recipe["command"] in (model / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_card_has_the_markers_of_its_evaluation_once(model: Path) -> None:
    card = (model / "README.md").read_text(encoding="utf-8")
    start, end = "<!-- eval:start -->", "<!-- eval:end -->"
    assert card.count(start) == card.count(end) == 1
    assert card.index(start) < card.index(end)
    assert f"[{model.name}]({model.name}/README.md)" in (model.parent / "README.md").read_text(
        encoding="utf-8"
    )


def test_recipe_of_the_scorer_has_the_defaults_of_the_program() -> None:
    source = (ROOT / "rust/scriptio-train/src/main.rs").read_text(encoding="utf-8")
    defaults = {
        name: float(value)
        for name, value in re.findall(r'\bnumber\("(\w+)", ([0-9.e-]+)\)', source)
    }
    path = ROOT / "models" / "scriptio-sentence" / "recipe.toml"
    recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    # The command names no option, so these are the settings.
    assert " --data DATA --out " in recipe["command"]
    assert recipe["options"] == defaults
