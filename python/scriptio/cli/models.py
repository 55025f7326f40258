"""`scriptio models`: what is known of models."""

import argparse
import json
from typing import Any

from scriptio.cli.cutting import directory
from scriptio.cli.io import DONE, FAILED, Output, complain
from scriptio.errors import ModelError
from scriptio.models import (
    FALLBACK_THRESHOLD,
    ModelDirectory,
    available,
    find,
    published_threshold,
)

__all__ = ["models"]


def models(arguments: argparse.Namespace, output: Output) -> int:
    """Do what was asked for; the exit status."""
    action = {"list": listed, "show": shown, "verify": verified}[arguments.action]
    return action(arguments, output)


def listed(arguments: argparse.Namespace, output: Output) -> int:
    """List the bundled models, one a line."""
    if not available():
        complain("no model came with this build of scriptio")
    for name in available():
        found = find(name)
        size = sum(entry["bytes"] for entry in files(found))
        threshold, _ = threshold_of(found)
        record = {"id": name, "bytes": size, "threshold": threshold}
        line = f"{name}\t{size / 1e6:.1f} MB\tthreshold {threshold:g}"
        output.write((json.dumps(record) if arguments.json else line) + "\n")
    return DONE


def shown(arguments: argparse.Namespace, output: Output) -> int:
    """Show what the files of a model say, and what its graph declares."""
    found = directory(arguments.model, arguments.parser)
    threshold, source = threshold_of(found)
    record: dict[str, Any] = {
        "id": found.name,
        "directory": str(found.path),
        "files": files(found),
        "threshold": threshold,
        "threshold_from": source,
        "manifest": dict(found.manifest),
        "config": dict(found.config),
        "graph": graph(found),
    }
    if arguments.json:
        output.write(json.dumps(record, ensure_ascii=False) + "\n")
        return DONE
    lines = [f"{key}: {record[key]}" for key in ("id", "directory")]
    lines += [f"file: {entry['path']}, {entry['bytes']} bytes" for entry in record["files"]]
    lines.append(f"threshold: {threshold:g} ({source})")
    for part in ("manifest", "config"):
        # Lists and the like, such as the names of labels, are long and told with --json.
        lines += [
            f"{part} {key}: {value}"
            for key, value in record[part].items()
            if isinstance(value, (str, int, float)) and key not in ("id", "threshold")
        ]
    for side in ("inputs", "outputs"):
        lines += [
            f"graph {side[:-1]}: {entry['name']}, {entry['type']} of "
            f"{' by '.join(map(str, entry['shape']))}"
            for entry in record["graph"][side]
        ]
    lines.append(f"graph producer: {record['graph']['producer'] or 'not named'}")
    output.write("".join(f"{line}\n" for line in lines))
    return DONE


def verified(arguments: argparse.Namespace, output: Output) -> int:
    """Compare the files of models with their manifests."""
    names = arguments.model or available()
    if not names:
        complain("no model came with this build of scriptio; name the directory of one")
        return FAILED
    status = DONE
    for name in names:
        record: dict[str, Any] = {"model": name, "ok": True}
        try:
            directory(name, arguments.parser).verify()
        except ModelError as error:
            status = FAILED
            complain(str(error))
            record |= {"ok": False, "error": str(error)}
        line = f"{name}: {'as in its manifest' if record['ok'] else 'not verified'}"
        output.write((json.dumps(record, ensure_ascii=False) if arguments.json else line) + "\n")
    return status


def files(found: ModelDirectory) -> list[dict[str, Any]]:
    """The files that are read, with their sizes."""
    paths = [path for path in (found.onnx, found.tokenizer) if path is not None]
    return [{"path": path.name, "bytes": path.stat().st_size} for path in paths]


def threshold_of(found: ModelDirectory) -> tuple[float, str]:
    """The threshold of a model and who says so, without a warning where nobody does."""
    said = found.number("threshold", None)
    if said is not None:
        return said, "of the manifest"
    published = published_threshold(found.path.name)
    if published is not None:
        return published, "published for a model of this name"
    return FALLBACK_THRESHOLD, "no other is known; --threshold chooses one"


def graph(found: ModelDirectory) -> dict[str, Any]:
    """What the model's file declares, whether scriptio can use it or not.

    Raises:
        MissingDependencyError: onnxruntime is not installed.
        ModelError: The file is damaged.
    """
    from scriptio._imports import require
    from scriptio._session import created, session_options

    require("onnxruntime")
    session = created(found.onnx, None, session_options(1, {}))

    def declared(given: Any) -> list[dict[str, Any]]:
        return [{"name": one.name, "type": one.type, "shape": list(one.shape)} for one in given]

    return {
        "inputs": declared(session.get_inputs()),
        "outputs": declared(session.get_outputs()),
        "producer": session.get_modelmeta().producer_name,
    }
