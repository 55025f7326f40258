"""The checks of the project; `scripts/test` runs them all, `nox -l` lists them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PINS = "requirements/dev.txt"

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["quick", "wheel", "lint", "sdist"]


def pinned(session: nox.Session, *packages: str) -> None:
    """Install packages at the versions of the lock file."""
    session.install("--quiet", "-c", PINS, *packages)


def target() -> Path:
    """Where cargo puts what it builds."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def build_wheel(session: nox.Session) -> Path:
    """Build the release wheel into an empty `dist/`; cargo makes a second call cheap."""
    shutil.rmtree(DIST, ignore_errors=True)
    pinned(session, "maturin")
    session.run("maturin", "build", "--release", "--locked", "--out", str(DIST))
    (wheel,) = DIST.glob("*.whl")
    return wheel


@nox.session(venv_backend="none")
def quick(session: nox.Session) -> None:
    """Format, lints and tests of the Rust core. Builds no Python."""
    cargo = ("cargo",)
    session.run(*cargo, "fmt", "--all", "--check", external=True)
    session.run(
        *cargo, "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings",
        external=True,
    )  # fmt: skip
    session.run(
        *cargo, "test", "--package", "scriptio", "--features", "hf", "--locked", external=True
    )
    session.run(
        *cargo, "doc", "--package", "scriptio", "--no-deps", "--locked",
        external=True, env={"RUSTDOCFLAGS": "-D warnings"},
    )  # fmt: skip
    # The core must stay free of Python, whatever the features of the workspace.
    tree = session.run(
        *cargo, "tree", "--package", "scriptio", "--locked", "--edges", "normal",
        external=True, silent=True,
    )  # fmt: skip
    if "pyo3" in str(tree):
        session.error("the core depends on pyo3; only rust/scriptio-python may")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the release wheel and run every Python test against it, installed."""
    built = build_wheel(session)
    session.run("python", "scripts/check_wheel.py", str(built))

    # First into an environment that holds nothing else: what reads no model needs no dependency.
    session.install("--quiet", "--no-index", "--no-deps", "--force-reinstall", str(built))
    session.run("scriptio", "--version")
    session.run("scriptio", "split", "--lang", "en", "examples/letter.txt")

    # Then with the extras and the test tools. The tree's own python/ is on nobody's path: tests
    # are imported by file (importlib mode) and -P keeps the working directory out.
    pinned(session, "hypothesis", "numpy", "onnx", "onnxruntime", "pytest", "tqdm")
    pytest = ("python", "-P", "-m", "pytest")
    session.run(*pytest, *(session.posargs or ["tests"]))
    if not session.posargs:
        # The integrations need frameworks that are not installed here.
        doctests = ("--doctest-modules", "--doctest-ignore-import-errors")
        session.run(*pytest, "--pyargs", "scriptio", *doctests)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and types of the Python side, and the stub against the built extension."""
    built = build_wheel(session)
    pinned(
        session,
        *("hypothesis", "mypy", "nox", "numpy", "onnx", "pytest", "ruff", "tqdm", "types-tqdm"),
    )
    session.install("--quiet", "--no-index", "--no-deps", "--force-reinstall", str(built))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("python", "-P", "-m", "mypy.stubtest", "scriptio._core")


@nox.session
def sdist(session: nox.Session) -> None:
    """Build a wheel from the source distribution, as a user without a wheel would."""
    pinned(session, "maturin")
    out = Path(session.create_tmp()) / "sdist"
    shutil.rmtree(out, ignore_errors=True)
    session.run("maturin", "sdist", "--out", str(out))
    (source,) = out.glob("*.tar.gz")
    # Dependencies built for the wheel serve here too; the crates themselves are built anew.
    session.run(
        "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out),
        str(source), env={"CARGO_TARGET_DIR": str(target())},
    )  # fmt: skip
    (built,) = out.glob("*.whl")
    session.run("python", "scripts/check_wheel.py", str(built))
    session.install("--quiet", "--no-index", "--no-deps", "--force-reinstall", str(built))
    session.run("scriptio", "--version")


@nox.session(default=False)
def slow(session: nox.Session) -> None:
    """The property tests with many cases, in Rust and in Python: minutes."""
    session.run(
        "cargo", "test", "--release", "--package", "scriptio", "--locked",
        external=True, env={"PROPTEST_CASES": "10000"},
    )  # fmt: skip
    session.install(
        "--quiet", "--no-index", "--no-deps", "--force-reinstall", str(build_wheel(session))
    )
    pinned(session, "hypothesis", "numpy", "onnx", "onnxruntime", "pytest", "tqdm")
    session.run(
        "python", "-P", "-m", "pytest", "tests", *session.posargs,
        env={"HYPOTHESIS_PROFILE": "slow"},
    )  # fmt: skip


@nox.session(venv_backend="none", default=False)
def fuzz(session: nox.Session) -> None:
    """Fuzz the core for a minute a target, or for the seconds given; needs cargo-fuzz."""
    seconds = session.posargs[0] if session.posargs else "60"
    for name in ("constrained", "lossless", "offsets", "outline", "tokenizer", "vocab"):
        session.run(
            "cargo", "fuzz", "run", "--fuzz-dir", "rust/fuzz", "--sanitizer", "none", name, "--",
            f"-max_total_time={seconds}", "-max_len=2048", external=True,
        )  # fmt: skip


@nox.session(venv_backend="none", default=False)
def bench(session: nox.Session) -> None:
    """The Rust benchmarks; SCRIPTIO_BENCH_CORPORA may name a directory of .txt files."""
    session.run(
        "cargo", "bench", "--package", "scriptio-benches", "--locked", *session.posargs,
        external=True,
    )  # fmt: skip
