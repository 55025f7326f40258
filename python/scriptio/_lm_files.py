"""A causal language model as a file: what its inputs and outputs mean, and what lies beside it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scriptio.errors import ModelError

__all__ = ["FORMAT", "Layout", "Told", "find", "guessed", "told"]

#: What a manifest calls itself.
FORMAT = "scriptio-lm-1"

#: The names that a directory's model may have, the first that is there.
NAMES = (
    "model.onnx",
    "decoder_model_merged.onnx",
    "decoder_model.onnx",
    "model_quantized.onnx",
    "decoder_model_merged_quantized.onnx",
)

#: The caches of Hugging Face exports and where what they become is given.
PAST = re.compile(r"^past_key_values\.(\d+)\.(key|value)$")


class Layout(NamedTuple):
    """What the inputs and outputs of a file mean.

    Attributes:
        ids: The input for token ids, int64, batch by sequence.
        positions: The input for their places, counted from 0, if there is one.
        mask: The input that says what is seen, if there is one.
        branch: The input that says whether there is a past, if there is one: of one truth value.
        mask_kind: `ones`: batch by past and sequence, 1 everywhere but at filling. `additive`:
            batch by sequence by past and sequence, 0 where a token sees another and -1e9 elsewhere.
        past: The inputs of the cache.
        present: The outputs that are their next values, in the same order.
        batch_axis: The axis of the cache that is the batch.
        sequence_axis: The axis of the cache that is the past.
        output: The output that scores the next token.
        normalised: Whether it gives logarithms of probabilities rather than logits.
    """

    ids: str = "input_ids"
    positions: str | None = None
    mask: str | None = None
    branch: str | None = None
    mask_kind: str = "ones"
    past: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    batch_axis: int = 0
    sequence_axis: int = 2
    output: str = "logits"
    normalised: bool = False


class Told(NamedTuple):
    """What the files say of a model, None where they do not.

    Attributes:
        path: The ONNX file.
        layout: What its inputs mean, if a manifest tells.
        eos_ids: The ids that end a text.
        bos_ids: What the model reads before every text.
        max_context: How many tokens it can read.
    """

    path: Path
    layout: Layout | None = None
    eos_ids: tuple[int, ...] | None = None
    bos_ids: tuple[int, ...] | None = None
    max_context: int | None = None


def find(given: Path) -> tuple[Path, Path | None]:
    """The ONNX file that is meant, and the manifest if there is one.

    Raises:
        ModelError: There is no such file, or it is not clear which one.
    """
    if given.suffix == ".json":
        name = _read(given).get("model", given.with_suffix(".onnx").name)
        return given.parent / str(name), given
    if not given.is_dir():
        manifest = given.with_suffix(".json")
        return given, manifest if _is_manifest(manifest) else None
    manifests = [path for path in sorted(given.glob("*.json")) if _is_manifest(path)]
    if len(manifests) == 1:
        return find(manifests[0])
    if manifests:
        raise ModelError(
            f"{given} holds several manifests of the format {FORMAT}: "
            f"{', '.join(path.name for path in manifests)}; pass the path of one"
        )
    # Exports of optimum lie in the directory or in its folder `onnx`.
    for folder in (given, given / "onnx"):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name, None
    raise ModelError(
        f"{given} holds no {', '.join(NAMES)}, also not in its folder onnx, and no manifest of the "
        f"format {FORMAT}; pass the path of the ONNX file"
    )


def told(given: Path) -> Told:
    """What is known of a model before it is opened.

    Raises:
        ModelError: There is no such model, or a file beside it is not as it should be.
    """
    path, manifest = find(given)
    if manifest is not None:
        return _of_manifest(path, manifest)
    folder = path.parent if (path.parent / "config.json").is_file() else path.parent.parent
    config = _read(folder / "config.json") if (folder / "config.json").is_file() else {}
    generation = folder / "generation_config.json"
    ends = (_read(generation) if generation.is_file() else {}).get("eos_token_id")
    limit = next(
        (config[key] for key in ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len")
         if isinstance(config.get(key), int)),
        None,
    )  # fmt: skip
    where = f"{folder / 'config.json'}"
    return Told(
        path,
        None,
        _ids(config.get("eos_token_id") if ends is None else ends, "eos_token_id", where),
        _ids(config.get("bos_token_id"), "bos_token_id", where),
        limit,
    )


def guessed(path: Path, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Layout:
    """The layout of an export in the manner of Hugging Face's.

    Raises:
        ModelError: It is another one.
    """

    def fail(found: str, expected: str) -> ModelError:
        return ModelError(
            f"{path} {found}; expected {expected}, as Hugging Face's optimum exports causal "
            f"language models. For another layout put a manifest beside the file (a .json of the "
            f'same name with "format": "{FORMAT}"; see docs/byte-level.md)'
        )

    numbers = sorted(
        (int(match[1]), match[2]) for match in map(PAST.match, inputs) if match is not None
    )
    past = [f"past_key_values.{layer}.{kind}" for layer, kind in numbers]
    present = [f"present.{layer}.{kind}" for layer, kind in numbers]
    plain = {"input_ids", "attention_mask", "position_ids", "use_cache_branch"}
    if "input_ids" not in inputs:
        raise fail(f"takes the inputs {', '.join(sorted(inputs)) or 'none'}", "input_ids")
    strange = sorted(set(inputs) - plain - set(past))
    if strange:
        raise fail(f"takes the input {strange[0]}", "no others but past_key_values")
    if "logits" not in outputs:
        raise fail(f"gives the outputs {', '.join(sorted(outputs))}", "logits")
    missing = sorted(set(present) - set(outputs))
    if missing:
        raise fail(f"takes a cache but does not give {missing[0]}", "present.N.key and .value")
    branch = "use_cache_branch" if "use_cache_branch" in inputs else None
    if branch and not past:
        raise fail(f"takes the input {branch}, but no cache", "past_key_values with it")
    return Layout(
        positions="position_ids" if "position_ids" in inputs else None,
        mask="attention_mask" if "attention_mask" in inputs else None,
        branch=branch,
        past=tuple(past),
        present=tuple(present),
    )


#: The keys of a manifest and the types of their values.
KEYS: Mapping[str, tuple[type, ...]] = {
    "format": (str,),
    "model": (str,),
    "ids": (str,),
    "positions": (str, type(None)),
    "mask": (str, type(None)),
    "branch": (str, type(None)),
    "mask_kind": (str,),
    "past": (list,),
    "present": (list,),
    "batch_axis": (int,),
    "sequence_axis": (int,),
    "output": (str,),
    "normalised": (bool,),
    "eos_ids": (list,),
    "bos_ids": (list,),
    "max_context": (int, type(None)),
    "about": (str,),
}


def _of_manifest(path: Path, manifest: Path) -> Told:
    """What a manifest says."""
    found = _read(manifest)
    for key, value in found.items():
        if key not in KEYS:
            raise ModelError(f"{manifest}: unknown key {key!r}; known are {', '.join(KEYS)}")
        if not isinstance(value, KEYS[key]) or (isinstance(value, bool) and bool not in KEYS[key]):
            names = " or ".join("null" if t is type(None) else t.__name__ for t in KEYS[key])
            raise ModelError(f"{manifest}: {key} is {value!r}; expected {names}")
    if found.get("mask_kind", "ones") not in ("ones", "additive"):
        raise ModelError(
            f"{manifest}: mask_kind is {found['mask_kind']!r}; expected 'ones' or 'additive'"
        )
    past, present = found.get("past", []), found.get("present", [])
    if len(past) != len(present) or not all(isinstance(name, str) for name in [*past, *present]):
        raise ModelError(
            f"{manifest}: past and present must be lists of names of the same length, not {past!r} "
            f"and {present!r}"
        )
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in found.items()
        if key in Layout._fields
    }
    layout = Layout(**given)
    if (
        layout.batch_axis == layout.sequence_axis
        or min(layout.batch_axis, layout.sequence_axis) < 0
    ):
        raise ModelError(
            f"{manifest}: batch_axis {layout.batch_axis} and sequence_axis {layout.sequence_axis} "
            "must be two axes of the cache, counted from 0"
        )
    where = str(manifest)
    return Told(
        path,
        layout,
        _ids(found.get("eos_ids", []), "eos_ids", where),
        _ids(found.get("bos_ids", []), "bos_ids", where),
        found.get("max_context"),
    )


def _ids(value: object, name: str, where: str) -> tuple[int, ...] | None:
    """One id or several, as configurations have them."""
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    for given in values:
        if not isinstance(given, int) or isinstance(given, bool) or given < 0:
            raise ModelError(
                f"{where}: {name} is {value!r}; expected a token id, or a list of some"
            )
    return tuple(values)


def _is_manifest(path: Path) -> bool:
    """Whether a file is there and calls itself a manifest; anything else beside a model is not."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT


def _read(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{path} is no JSON ({error}); copy it again") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds no JSON object; is it the file that was meant?")
    return found
