#!/usr/bin/env python3
"""Write the manifests of `models/` anew from the files that they describe.

    python scripts/update_manifest.py            # after a training run
    python scripts/update_manifest.py --check    # exit code 1 if a manifest is out of date

A test runs the check, so that no table is committed without its sha256.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "scriptio-sentence"
TABLE = ROOT / "rust" / "scriptio" / "data" / "scorer.bin"
SENTENCE = ROOT / "rust" / "scriptio" / "src" / "sentence"
# Magic, binary logarithm of the number of slots, scale, bias; little-endian.
HEADER = struct.Struct("<4sIff")


def constant(source: str, name: str) -> int:
    """The integer that a Rust constant is set to in a file of the sentence module."""
    text = (SENTENCE / source).read_text(encoding="utf-8")
    found = re.search(rf"\bconst {name}: \w+ = (\d+);", text)
    if found is None:
        raise ValueError(f"{source} sets no constant {name} to a number")
    return int(found[1])


def describe() -> dict[str, Any]:
    """The manifest of the sentence scorer as its files say."""
    data = TABLE.read_bytes()
    magic, bits, scale, bias = HEADER.unpack_from(data)
    slots = data[HEADER.size :]
    if magic != b"SCS1" or len(slots) != 2 << bits:
        raise ValueError(f"{TABLE}: not a table of {1 << bits} slots")
    return {
        "id": MODEL.name,
        "kind": "linear scorer over hashed features of a candidate",
        "languages": "all, in one table; und where the language is not known",
        "threshold": 0.5,
        "features": {
            "templates": constant("features.rs", "COUNT"),
            "first": constant("features.rs", "STRONG"),
        },
        "window": {
            "code_points": constant("mod.rs", "LOOK_AHEAD"),
            "line_bytes": constant("context.rs", "LINE_WINDOW"),
        },
        "table": {
            "format": magic.decode("ascii"),
            "slots": 1 << bits,
            "used": sum(weight != 0 for weight in slots[::2]),
            "scale": scale,
            "bias": bias,
        },
        "files": [
            {
                "path": TABLE.relative_to(ROOT).as_posix(),
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the manifests of models/ anew.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    arguments = parser.parse_args()
    path = MODEL / "manifest.json"
    text = json.dumps(describe(), indent=2) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    if arguments.check:
        print(f"{path} is out of date; run scripts/update_manifest.py", file=sys.stderr)
        return 1
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
