"""Importing the package is cheap and loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys, time
before = set(sys.modules)
start = time.process_time()
import scriptio
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "loaded": sorted(set(sys.modules) - before)}))
"""

USE = PROGRAM.replace("seconds =", 'scriptio.split("One. Two.", lang="en")\nseconds =', 1)


def run(program: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


def roots(loaded: object) -> set[str]:
    assert isinstance(loaded, list)
    return {name.split(".")[0] for name in loaded}


def test_import_and_use_load_no_other_package() -> None:
    foreign = {
        name
        for name in roots(run(USE)["loaded"])
        if name != "scriptio" and name not in sys.stdlib_module_names
    }
    assert foreign == set()


def test_import_leaves_heavy_modules_of_the_standard_library_alone() -> None:
    heavy = {"argparse", "asyncio", "logging", "multiprocessing", "unittest"}
    assert roots(run(PROGRAM)["loaded"]) & heavy == set()


def test_import_takes_under_30_milliseconds_of_cpu() -> None:
    # CPU time and the best of several runs: the machine may be busy with something else.
    seconds = []
    for _ in range(7):
        got = run(PROGRAM)["seconds"]
        assert isinstance(got, float)
        seconds.append(got)
    assert min(seconds) < 0.030
