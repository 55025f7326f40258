"""What is installed is the wheel: its version, its metadata, its commands."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest
import scriptio

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def check_wheel() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "check_wheel", ROOT / "scripts" / "check_wheel.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scriptio_command() -> list[str]:
    """The installed script of this environment, not one that PATH happens to hold."""
    return [str(Path(sysconfig.get_path("scripts")) / "scriptio")]


def test_package_is_installed_and_not_the_source_tree() -> None:
    assert ROOT / "python" not in Path(scriptio.__file__).resolve().parents


def test_version_is_cargos(check_wheel: ModuleType) -> None:
    assert importlib.metadata.version("scriptio") == check_wheel.cargo_version()
    assert scriptio.__version__ == check_wheel.cargo_version()


@pytest.mark.parametrize(
    ("cargo", "python"),
    [("1.2.3", "1.2.3"), ("1.0.0-alpha.1", "1.0.0a1"), ("2.0.0-rc.2", "2.0.0rc2")],
)
def test_pre_releases_are_spelled_as_python_does(
    check_wheel: ModuleType, cargo: str, python: str
) -> None:
    assert check_wheel.python_version(cargo) == python


@pytest.mark.parametrize("command", [scriptio_command(), [sys.executable, "-P", "-m", "scriptio"]])
def test_command_tells_the_version(command: list[str]) -> None:
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["scriptio", scriptio.__version__]
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["letter", "brief", "languages"])
def test_command_of_the_readme_segments_the_examples(name: str) -> None:
    path = ROOT / "examples" / f"{name}.txt"
    done = subprocess.run(
        [*scriptio_command(), "split", str(path)], capture_output=True, encoding="utf-8", check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) > 5
    # One segment a line, and nothing but white space may differ.
    assert "".join(done.stdout.split()) == "".join(path.read_text(encoding="utf-8").split())


def test_package_needs_what_runs_models_and_nothing_else() -> None:
    needs = importlib.metadata.requires("scriptio") or []
    names = [re.split(r"\W", need)[0] for need in needs if "extra ==" not in need]
    assert sorted(names) == ["numpy", "onnxruntime"]


def test_licences_are_installed() -> None:
    files = importlib.metadata.files("scriptio") or []
    assert {f.name for f in files if "licenses" in f.parts} == {"LICENSE-MIT", "LICENSE-APACHE"}
