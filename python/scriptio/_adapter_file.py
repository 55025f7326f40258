"""Adapter files: JSON that is checked before anything is made of it."""

import json
from typing import Any

from scriptio import _core
from scriptio.errors import AdapterFileError

__all__ = ["FORMAT", "WEIGHTS", "read_adapter"]

#: What every adapter file says of itself.
FORMAT = "scriptio-adapter"

#: The parts of a file that hold what was learned.
WEIGHTS = ("dense", "hashes", "weights")

#: Largest hash and weight that a file may hold.
LARGEST_HASH = 2**32 - 1
LARGEST_WEIGHT = 2**31 - 1


def read_adapter(data: str, numbers: dict[str, type]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was learned, and the fields of the report that `numbers` names with their types.

    Raises:
        AdapterFileError: `data` is no adapter, or one with other features.
    """
    try:
        content = json.loads(data)
    except ValueError as error:
        raise AdapterFileError(f"not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise AdapterFileError(f"format is {found!r}, expected {FORMAT!r}")
    version = content.get("version")
    if version != _core.Adapter.VERSION:
        raise AdapterFileError(
            f"version is {version!r}, expected {_core.Adapter.VERSION}: fit the adapter again"
        )
    record = {
        "lang": _field(content, "lang", str),
        "base_threshold": _field(content, "base_threshold", float),
        "threshold": _field(content, "threshold", float),
        "dense": None if content.get("dense", 0) is None else _integers(content, "dense"),
        "hashes": _integers(content, "hashes", 0, LARGEST_HASH),
        "weights": _integers(content, "weights"),
    }
    report = _field(content, "report", dict)
    return record, {name: _field(report, name, kind) for name, kind in numbers.items()}


def _field(content: dict[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise AdapterFileError(f"{name} is {value!r}, expected {kind.__name__}")
    return value


def _integers(
    content: dict[str, Any], name: str, low: int = -LARGEST_WEIGHT, high: int = LARGEST_WEIGHT
) -> list[int]:
    values = _field(content, name, list)
    for at, value in enumerate(values):
        if type(value) is not int or not low <= value <= high:
            raise AdapterFileError(
                f"{name}[{at}] is {value!r}, expected an integer from {low} to {high}"
            )
    return list(values)
