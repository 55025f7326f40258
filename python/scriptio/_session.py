"""One ONNX file opened by onnxruntime, checked to be a model that we can use."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scriptio._imports import require
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray

__all__ = ["Session", "file_size"]

#: The inputs of each kind of model besides `attention_mask`.
IDS = {"input_ids": "tokens", "hashed_ids": "characters"}

#: What an input for the mask may be declared as, and numpy's name of it.
MASKS = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}

#: Set unless told otherwise. Waiting threads that spin take the processors of everybody else;
#: memory patterns are kept for every shape that was ever seen, and ours vary; what goes wrong is
#: raised, so it need not be written to standard error as well.
SESSION_OPTIONS: Mapping[str, Any] = {
    "session.intra_op.allow_spinning": "0",
    "enable_mem_pattern": False,
    "log_severity_level": 4,
}


def file_size(path: Path) -> int:
    """How many bytes a file has.

    Raises:
        ModelError: There is no such file, or it is empty.
    """
    try:
        if not path.is_file():
            raise ModelError(f"{path} is no file; pass the path of a model in the ONNX format")
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    if size == 0:
        raise ModelError(f"{path} is empty; copy it again")
    return size


class Session:
    """An open file whose inputs and outputs are as they should be."""

    __slots__ = ("_ids", "_mask", "_output", "_session", "hashes", "kind", "labels", "path")

    kind: Literal["tokens", "characters"]

    def __init__(
        self,
        path: Path,
        providers: tuple[Any, ...] | None,
        threads: int,
        options: Mapping[str, Any],
        labels: int | None,
    ) -> None:
        require("numpy", "onnxruntime")
        self.path = path
        self._session = created(path, providers, session_options(threads, options))
        self._check_inputs()
        self._check_output(labels)

    def _fail(self, found: str, expected: str) -> ModelError:
        return ModelError(
            f"{self.path} {found}; expected {expected}: is it a SaT or WtP model exported to ONNX?"
        )

    def _check_inputs(self) -> None:
        inputs = {given.name: given for given in self._session.get_inputs()}
        ids = [name for name in inputs if name in IDS]
        if len(inputs) != 2 or "attention_mask" not in inputs or len(ids) != 1:
            raise self._fail(
                f"takes the inputs {', '.join(sorted(inputs)) or 'none'}",
                "input_ids and attention_mask, or hashed_ids and attention_mask",
            )
        self._ids = ids[0]
        self.kind = "tokens" if self._ids == "input_ids" else "characters"
        given, mask = inputs[self._ids], inputs["attention_mask"]
        rank = 2 if self.kind == "tokens" else 3
        if given.type != "tensor(int64)" or len(given.shape) != rank:
            raise self._fail(
                f"declares {self._ids} as {given.type} of shape {given.shape}",
                f"tensor(int64) of {rank} dimensions",
            )
        if mask.type not in MASKS or len(mask.shape) != 2:
            raise self._fail(
                f"declares attention_mask as {mask.type} of shape {mask.shape}",
                "tensor(float) or tensor(float16) of 2 dimensions",
            )
        if any(isinstance(size, int) for size in (*given.shape[:2], *mask.shape)):
            raise self._fail(
                f"takes {self._ids} of shape {given.shape} and attention_mask of shape "
                f"{mask.shape} only",
                "batch and sequence of any size (dynamic axes)",
            )
        self._mask = MASKS[mask.type]
        hashes = given.shape[2] if rank == 3 else None
        self.hashes = hashes if isinstance(hashes, int) else None

    def _check_output(self, labels: int | None) -> None:
        outputs = {given.name: given for given in self._session.get_outputs()}
        given = outputs.get("logits")
        if given is None:
            raise self._fail(f"gives the outputs {', '.join(sorted(outputs))}", "logits")
        if given.type not in ("tensor(float)", "tensor(float16)") or len(given.shape) != 3:
            raise self._fail(
                f"declares logits as {given.type} of shape {given.shape}",
                "tensor(float) or tensor(float16) of batch, sequence and labels",
            )
        declared = given.shape[2]
        self.labels = declared if isinstance(declared, int) else labels
        if labels is not None and self.labels != labels:
            raise ModelError(
                f"{self.path} gives {declared} labels, its config.json or manifest.json says "
                f"{labels}: the two files belong to different models"
            )

    def run(self, ids: "NDArray[np.int64]", mask: "NDArray[Any]") -> "NDArray[np.float32]":
        import numpy as np

        feed = {self._ids: ids, "attention_mask": mask.astype(self._mask, copy=False)}
        try:
            (logits,) = self._session.run(["logits"], feed)
        except Exception as error:
            raise self._refused(error, ids) from error
        wanted = (*ids.shape[:2], self.labels)
        if logits.ndim != 3 or logits.shape[:2] != wanted[:2] or 0 in logits.shape:
            raise self._fail(
                f"gave logits of shape {logits.shape} for a batch of {ids.shape[0]} by "
                f"{ids.shape[1]}",
                "one row of labels for each token",
            )
        if self.labels is not None and logits.shape[2] != self.labels:
            raise ModelError(
                f"{self.path} gave {logits.shape[2]} labels, {self.labels} were expected: its "
                "config.json or manifest.json belongs to a different model"
            )
        return np.ascontiguousarray(logits, dtype=np.float32)

    def _refused(self, error: Exception, ids: "NDArray[np.int64]") -> ModelError:
        told = first_line(error)
        if "out of data bounds" in told or "out of bounds" in told:
            return ModelError(
                f"{self.path} has no embedding for one of the ids up to {ids.max()} in a batch of "
                f"{ids.shape[0]} by {ids.shape[1]}: the tokenizer has more tokens than the model, "
                f"or the windows are longer than it can read; pass the model's own tokenizer, or a "
                f"smaller block_size ({told})"
            )
        return ModelError(
            f"{self.path} could not be run on a batch of {ids.shape[0]} by {ids.shape[1]}: {told}"
        )


def first_line(error: Exception) -> str:
    """What an error of onnxruntime says, on one line of bearable length."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "..."


def session_options(threads: int, options: Mapping[str, Any]) -> "onnxruntime.SessionOptions":
    """Settings as onnxruntime takes them.

    Raises:
        ValueError: It has no such setting.
    """
    import onnxruntime

    made = onnxruntime.SessionOptions()
    made.intra_op_num_threads = threads
    for name, value in {**SESSION_OPTIONS, **options}.items():
        if "." in name:
            made.add_session_config_entry(name, str(value))
        elif name.startswith("_") or not hasattr(made, name) or callable(getattr(made, name)):
            raise ValueError(
                f"session_options: onnxruntime has no setting {name!r}; it has the attributes of "
                "onnxruntime.SessionOptions and dotted config entries"
            )
        else:
            setattr(made, name, value)
    return made


def created(
    path: Path, providers: tuple[Any, ...] | None, options: "onnxruntime.SessionOptions"
) -> "onnxruntime.InferenceSession":
    """A session on a file.

    Raises:
        ModelError: The file is damaged, or a provider could not be started.
        ValueError: A provider is not available.
    """
    import onnxruntime

    wanted = ("CPUExecutionProvider",) if providers is None else providers
    names = [entry if isinstance(entry, str) else entry[0] for entry in wanted]
    there = onnxruntime.get_available_providers()
    for name in names:
        if name not in there:
            raise ValueError(
                f"providers: {name!r} is not available; this onnxruntime has {', '.join(there)}. "
                "Providers come with other builds, such as pip install onnxruntime-gpu"
            )
    try:
        session = onnxruntime.InferenceSession(
            os.fspath(path), sess_options=options, providers=list(wanted)
        )
    except Exception as error:
        size = file_size(path)
        raise ModelError(
            f"{path} ({size} bytes) could not be opened as an ONNX model: it is cut off, damaged, "
            f"or made for a newer onnxruntime than {onnxruntime.__version__}; copy or export it "
            f"again ({first_line(error)})"
        ) from error
    # onnxruntime goes on without a provider that does not start.
    missing = [name for name in names if name not in session.get_providers()]
    if missing:
        raise ModelError(
            f"{path}: the provider {missing[0]} is installed but did not start; check its driver "
            "and libraries, or leave it out of providers"
        )
    return session
