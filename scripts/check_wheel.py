"""Check that a wheel holds what it should, and nothing else.

    python scripts/check_wheel.py dist/scriptio-*.whl

maturin leaves files that git ignores out of a wheel without a word, and takes in whatever else lies
in the package's directory; so the list of files is compared with the tree's.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "python" / "scriptio"
# A wheel over this size is a mistake: something was packed that belongs elsewhere.
SIZE_LIMIT = 40_000_000
# What running a model needs.
NEEDED = {"numpy", "onnxruntime"}


def python_version(cargo_version: str) -> str:
    """The Python spelling of a Cargo version: `1.0.0-alpha.1` is `1.0.0a1`."""
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.?(\d+))?", cargo_version)
    if match is None:
        raise ValueError(f"no release or pre-release version: {cargo_version!r}")
    release, stage, number = match.groups()
    if stage is None:
        return release
    return release + {"alpha": "a", "beta": "b", "rc": "rc"}[stage] + number


def cargo_version() -> str:
    """The version in `[workspace.package]`, in Python's spelling."""
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    return python_version(manifest["workspace"]["package"]["version"])


def expected(names: set[str]) -> tuple[set[str], list[str]]:
    """The files the wheel should hold, and complaints about what could not be settled."""
    problems = []
    files = {
        f"scriptio/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix not in {".so", ".pyd", ".pyc"}
    }
    libraries = {n for n in names if re.fullmatch(r"scriptio/_core\.(abi3\.so|pyd)", n)}
    if len(libraries) != 1:
        problems.append(f"one abi3 library scriptio/_core.* is wanted, not {sorted(libraries)}")
    info = f"scriptio-{cargo_version()}.dist-info"
    files |= libraries
    files |= {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    files |= {f"{info}/licenses/{name}" for name in ("LICENSE-MIT", "LICENSE-APACHE")}
    # maturin adds a bill of materials where it can make one.
    files |= {n for n in names if n.startswith(f"{info}/sboms/")}
    return files, problems


def check(path: Path) -> list[str]:
    """Everything that is wrong with the wheel at `path`."""
    with zipfile.ZipFile(path) as wheel:
        names = {n for n in wheel.namelist() if not n.endswith("/")}
        wanted, problems = expected(names)
        problems += [f"missing: {name}" for name in sorted(wanted - names)]
        problems += [f"unexpected: {name}" for name in sorted(names - wanted)]
        problems += [
            f"missing: scriptio/{n}"
            for n in ("py.typed", "_core.pyi")
            if f"scriptio/{n}" not in names
        ]
        metadata = next((n for n in names if n.endswith(".dist-info/METADATA")), None)
        if metadata:
            header = wheel.read(metadata).decode("utf-8").split("\n\n", 1)[0]
            if f"\nVersion: {cargo_version()}\n" not in header + "\n":
                problems.append(f"the version is not Cargo's, {cargo_version()}")
            needs = re.findall(r"^Requires-Dist: (?!.*extra ==)([\w-]+)", header, re.MULTILINE)
            problems += [f"unexpected dependency: {need}" for need in set(needs) - NEEDED]
    if not re.search(r"-cp311-abi3-", path.name):
        problems.append(f"not an abi3 wheel for CPython 3.11 and newer: {path.name}")
    if path.stat().st_size > SIZE_LIMIT:
        problems.append(f"{path.stat().st_size} bytes, over the limit of {SIZE_LIMIT}")
    return problems


def main() -> int:
    """Check the wheels named on the command line."""
    parser = argparse.ArgumentParser(description="Check what a wheel holds.")
    parser.add_argument("wheel", type=Path, nargs="+")
    status = 0
    for path in parser.parse_args().wheel:
        problems = check(path)
        for problem in problems:
            print(f"{path.name}: {problem}", file=sys.stderr)
        if problems:
            status = 1
        else:
            print(f"{path.name}: {path.stat().st_size:,} bytes, as it should be")
    return status


if __name__ == "__main__":
    sys.exit(main())
