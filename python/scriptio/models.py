"""Models on this machine: those of the package, and directories of others.

Nothing is ever downloaded. A bundled model is named by its id, any other by
the path of its directory.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scriptio.errors import ModelError

__all__ = ["DEFAULT", "TOPIC", "ModelDirectory", "available", "find", "published_threshold"]

#: The model that is used where none is named.
DEFAULT = "scriptio-sat"

#: The model of topics that is used where none is named.
TOPIC = "scriptio-topic"

#: Where the bundled models are.
BUNDLED = Path(__file__).parent / "_models"

#: The threshold of a model that nobody tells, taken with a warning.
FALLBACK_THRESHOLD = 0.25

#: Names that a directory of a published model has on the hub, and the threshold its makers give.
OFFICIAL = (
    (re.compile(r"sat-(1|3|6|9|12)l-sm"), 0.25),
    (re.compile(r"sat-(1|3|6|9|12)l-no-limited-lookahead"), 0.01),
    (re.compile(r"sat-(1|3|6|9|12)l"), 0.025),
    (re.compile(r"wtp-bert-(tiny|mini)"), 0.01),
    (re.compile(r"wtp-canine-s-(1|3|6|9|12)l(-no-adapters)?"), 0.01),
)

#: Files looked for where no manifest names them, the first that is there.
MODEL_FILES = ("model_optimized.onnx", "model.onnx")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.bin")


def published_threshold(name: str) -> float | None:
    """The threshold of the published model of exactly this name, if it is one.

    Examples:
        >>> from scriptio.models import published_threshold
        >>> published_threshold("sat-3l-sm")
        0.25
        >>> published_threshold("my-sat-3l-sm")
    """
    return next((threshold for shape, threshold in OFFICIAL if shape.fullmatch(name)), None)


@dataclass(frozen=True, slots=True)
class ModelDirectory:
    """A directory that holds a model, and what its files say of it.

    Attributes:
        name: Its id in the manifest, or the directory's name.
        path: The directory.
        onnx: The model's file.
        tokenizer: The tokenizer's file, if there is one.
        manifest: What `manifest.json` says; empty without one.
        config: What `config.json` says; empty without one.
    """

    name: str
    path: Path
    onnx: Path
    tokenizer: Path | None
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]

    __hash__ = None  # type: ignore[assignment]

    def threshold(self, own: float | None = None) -> float:
        """The threshold to use: `own`, or the manifest's, or the published one.

        Where there is none of them it is 0.25, with a `UserWarning`.
        """
        if own is not None:
            return own
        said = self.number("threshold", None)
        if said is not None:
            return said
        published = published_threshold(self.path.name)
        if published is not None:
            return published
        warnings.warn(
            f"no threshold is known for the model in {self.path}: neither is there a manifest.json "
            "that tells it nor is the directory named as a published model is; "
            f"{FALLBACK_THRESHOLD} is used; pass threshold= to choose one",
            UserWarning,
            stacklevel=3,
        )
        return FALLBACK_THRESHOLD

    def number(self, key: str, usual: float | None) -> float | None:
        """A number of the manifest.

        Raises:
            ModelError: It is something else.
        """
        value = self.manifest.get(key, usual)
        if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return value
        raise self._wrong(key, value, "a number")

    def integer(self, key: str, *, config: str | None = None) -> int | None:
        """A positive integer of the manifest or, under the name `config`, of `config.json`.

        Raises:
            ModelError: It is something else.
        """
        value = self.manifest.get(key)
        if value is None and config is not None:
            value = self.config.get(config)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise self._wrong(key, value, "a positive integer")

    def id(self, key: str, usual: int) -> int:
        """A token id of the manifest.

        Raises:
            ModelError: It is something else.
        """
        value = self.manifest.get(key, usual)
        if type(value) is int and value >= 0:
            return value
        raise self._wrong(key, value, "a token id")

    def ids(self, key: str, usual: tuple[int, ...]) -> tuple[int, ...]:
        """Token ids of the manifest.

        Raises:
            ModelError: They are something else.
        """
        value = self.manifest.get(key, list(usual))
        if isinstance(value, list) and all(type(entry) is int and entry >= 0 for entry in value):
            return tuple(value)
        raise self._wrong(key, value, "a list of token ids")

    def word(self, key: str, known: tuple[str, ...]) -> str:
        """One of a few words in the manifest; the first unless told.

        Raises:
            ModelError: It is something else.
        """
        value = self.manifest.get(key, known[0])
        if isinstance(value, str) and value in known:
            return value
        raise self._wrong(key, value, f"one of {', '.join(known)}")

    def flag(self, key: str) -> bool:
        """Whether the manifest says that something is so; not, unless it does.

        Raises:
            ModelError: It says something else.
        """
        value = self.manifest.get(key, False)
        if isinstance(value, bool):
            return value
        raise self._wrong(key, value, "true or false")

    def _wrong(self, key: str, value: object, expected: str) -> ModelError:
        return ModelError(
            f"{self.path}: {key} is {value!r}; its manifest.json must give {expected}"
        )

    def size(self, file: Path) -> int | None:
        """How many bytes the manifest says that a file has."""
        return next((size for path, size, _ in self._listed() if path == file), None)

    def verify(self) -> None:
        """Compare every file that the manifest lists with its size and sha256.

        Raises:
            ModelError: There is no manifest, a file is missing, or one is
                not as it was.
        """
        listed = self._listed()
        if not listed:
            raise ModelError(f"{self.path} has no manifest.json with files to compare with")
        for path, size, digest in listed:
            try:
                with path.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
                    length = file.tell()
            except OSError as error:
                raise ModelError(f"{path} cannot be read: {error.strerror}") from error
            if length != size:
                raise ModelError(f"{path} has {length} bytes, not {size}; copy it again")
            if found != digest:
                raise ModelError(f"{path} has sha256 {found}, not {digest}; copy it again")

    def _listed(self) -> list[tuple[Path, int, str]]:
        files = self.manifest.get("files", [])
        try:
            return [
                (self.path / entry["path"], int(entry["bytes"]), str(entry["sha256"]))
                for entry in files
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise self._wrong("files", files, "path, bytes and sha256 of each file") from error


def available() -> list[str]:
    """The ids of the models that came with the package."""
    if not BUNDLED.is_dir():
        return []
    return sorted(path.parent.name for path in BUNDLED.glob("*/manifest.json"))


def find(id_or_path: str | os.PathLike[str] | None = None) -> ModelDirectory:
    """The model of an id, or in a directory.

    Args:
        id_or_path: The id of a bundled model, or a path; the default model
            unless told. `./name` is always a path.

    Raises:
        ModelError: There is no such model, or its directory does not hold
            what it should.
        TypeError: `id_or_path` is neither a string nor a path.
    """
    name = DEFAULT if id_or_path is None else checked_path(id_or_path, "model")
    if not isinstance(id_or_path, os.PathLike) and name in available():
        return opened(BUNDLED / name)
    path = Path(name).expanduser().absolute()
    if path.is_dir():
        return opened(path)
    if path.is_file():
        raise ModelError(f"{path} is a file; pass the directory that holds it and its tokenizer")
    raise ModelError(missing(name))


def checked_path(path: object, name: str) -> str:
    """`path` as a string, if it is one or a path.

    Raises:
        ModelError: It is empty.
        TypeError: It is neither.
    """
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    if path == "":
        raise ModelError(f"{name} is empty; pass a directory, '.' for the current one")
    if isinstance(path, str):
        return path
    raise TypeError(f"{name} must be a string or a path, not {type(path).__name__}")


def missing(name: str) -> str:
    """What to say of a model that is not there."""
    bundled = ", ".join(available()) or "none"
    told = f"there is no model {name!r}: no such directory, and bundled are {bundled}"
    if name in (DEFAULT, TOPIC):
        kind = "SaT model" if name == DEFAULT else "model of topics"
        return (
            f"{told}. This build of scriptio was made without its default model: install a "
            f"released wheel, or pass the directory of a {kind}"
        )
    official = published_threshold(Path(name).name) is not None
    command = (
        f"hf download segment-any-text/{Path(name).name} --local-dir {Path(name).name}"
        if Path(name).name.startswith("sat-")
        else f"hf download benjamin/{Path(name).name} --local-dir {Path(name).name}"
    )
    how = f": {command}" if official else ""
    return f"{told}. Nothing is ever downloaded; fetch it yourself and pass its directory{how}"


def opened(path: Path) -> ModelDirectory:
    """What is in a directory.

    Raises:
        ModelError: It does not hold a model that can be run.
    """
    manifest, config = read(path / "manifest.json"), read(path / "config.json")
    onnx = chosen(path, manifest, "model", MODEL_FILES)
    if onnx is None:
        others = sorted(
            file.name
            for file in path.iterdir()
            if file.suffix in {".bin", ".safetensors", ".pt", ".onnx"}
        )
        raise ModelError(
            f"{path} holds no {' or '.join(MODEL_FILES)} ({', '.join(others) or 'no weights'} "
            "there); models are run from the ONNX format: fetch or export that file"
        )
    name = manifest.get("id", path.name)
    tokenizer = chosen(path, manifest, "tokenizer", TOKENIZER_FILES)
    return ModelDirectory(str(name), path, onnx, tokenizer, manifest, config)


def chosen(
    path: Path,
    manifest: Mapping[str, Any],
    role: Literal["model", "tokenizer"],
    usual: tuple[str, ...],
) -> Path | None:
    """The file that the manifest names for a role, or the first usual one that is there."""
    named = manifest.get(role)
    if named is not None:
        if not isinstance(named, str) or not (path / named).is_file():
            raise ModelError(f"{path / 'manifest.json'} names the {role} {named!r}, no file there")
        return path / named
    return next((path / name for name in usual if (path / name).is_file()), None)


def read(path: Path) -> dict[str, Any]:
    """A JSON object in a file; an empty one without the file.

    Raises:
        ModelError: The file holds something else.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ModelError(f"{path} is no JSON: {error}; copy it again") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} must hold a JSON object, not {type(value).__name__}")
    return value
