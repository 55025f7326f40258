"""What the compare scripts share: corpora, subprocess workers, output."""

from __future__ import annotations

import argparse
import json
import lzma
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import peers

# One thread for everybody, also for what runs below.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)

# glibc keeps small freed blocks for later and asks the system for large ones each time; these make
# it do the second for all sizes, so that memory and time can be compared between sizes.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}

# Corpora whose name is no language code: a mix of Chinese, Japanese and Thai.
CORPUS_LANGUAGE = {"cjt": "zh"}


def corpus_files(directory: Path) -> dict[str, Path]:
    """The .txt and .txt.xz files of a directory by name."""
    files: dict[str, Path] = {}
    for path in sorted(directory.iterdir()):
        if path.name.endswith((".txt", ".txt.xz")):
            files.setdefault(path.name.split(".")[0], path)
    if not files:
        raise SystemExit(f"{directory} holds no .txt or .txt.xz file")
    return files


def corpus_language(name: str) -> str:
    """The language a corpus is segmented as."""
    return CORPUS_LANGUAGE.get(name, name)


def read_corpus(path: Path, limit: int | None = None) -> bytes:
    """The corpus as UTF-8, at most `limit` bytes, cut at a character."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    if limit is not None:
        data = data[:limit]
    return data.decode("utf-8", "ignore").encode()


def run_worker(
    script: str, arguments: Sequence[str], timeout: float, env: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run `script --worker ARGUMENTS` in a process of its own; its last line is JSON.

    A failure or a timeout is a result too: `{"error": why}`.
    """
    command = [sys.executable, script, "--worker", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **ONE_THREAD, **(env or {})},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"timeout after {timeout:.0f} s"}
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"error": why[:200]}
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that every script has."""
    parser.add_argument(
        "--peers",
        default=",".join(peers.LOADERS),
        help="comma-separated names (default: all that are installed)",
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")


def chosen_peers(option: str) -> list[str]:
    """The peers named on the command line that are installed; says which are not."""
    names = option.split(",")
    unknown = [name for name in names if name not in peers.LOADERS]
    if unknown:
        raise SystemExit(f"unknown peers {unknown}; known: {', '.join(peers.LOADERS)}")
    found = peers.installed(names)
    for name in names:
        if name not in found:
            print(f"{name}: not installed, left out", file=sys.stderr)
    return found


def cpu_model() -> str:
    """The processor's name, where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def write_json(path: Path | None, names: Iterable[str], **results: Any) -> None:
    """Write results with what one must know to read them."""
    if path is None:
        return
    record = {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "cpu": cpu_model(),
        "versions": {name: peers.version(name) for name in names},
        **results,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns for a terminal: the first to the left, the others to the right."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
