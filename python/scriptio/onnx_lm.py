"""A causal language model in the ONNX format, run by onnxruntime."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptio._cached_lm import CachedLM
from scriptio._imports import require
from scriptio._lm_files import Layout, guessed, told
from scriptio._session import created, file_size, first_line, session_options
from scriptio._text import checked_int, thread_count
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxLM"]

#: Numpy's names for what onnxruntime calls tensors.
KINDS = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}

#: What a token adds to the score of one that it must not see.
UNSEEN = -1e9


class OnnxLM(CachedLM):
    """A causal language model in a file of the ONNX format; a `LanguageModel`.

    Read as they are: the exports of Hugging Face's optimum, with a cache
    (`input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key` and
    `.value` to `logits`, `present.N.key` and `.value`) or without, and its
    merged decoders, which choose by `use_cache_branch`. A manifest
    beside the file describes other layouts; docs/byte-level.md has its keys.

    With a cache each token of a tree of contexts is read once: what is missing
    of the trunk in one run, then its branches together. Without one every
    context is read from its first token. The keys and values stay in the
    memory of the process, also with a provider on another device.

    Args:
        path: The file, its manifest, or a directory with `model.onnx` and, as
            a rule, `config.json`, which tells ends, beginning and limit.
        providers: onnxruntime's execution providers in order of preference,
            as it takes them; the processor alone unless told.
        num_threads: How many threads work on one run; `SCRIPTIO_NUM_THREADS`
            or as many as there are processors unless told.
        session_options: More of onnxruntime's settings: attributes of its
            `SessionOptions` and, by their dotted names, config entries.
        eos_ids: The ids that end a text, if not those of the files.
        bos_ids: The ids that the model reads before every text, if not those
            of the files; `()` for none. Without any the model cannot tell how
            a text begins.
        max_context: How many tokens it can read, these included, if not what
            the files say.

    Raises:
        MissingDependencyError: numpy or onnxruntime is not installed.
        ModelError: There is no such model, or not one of a known layout.
        ValueError: A provider or an id is not available.
    """

    __slots__ = ("_config", "_given", "_kinds", "_layout", "_past", "_session", "_told")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
        eos_ids: Sequence[int] | None = None,
        bos_ids: Sequence[int] | None = None,
        max_context: int | None = None,
    ) -> None:
        if isinstance(providers, str):
            raise TypeError(f"providers must be a list of names, not str; pass [{providers!r}]")
        require("numpy", "onnxruntime")
        self._config: dict[str, Any] = {
            "providers": None if providers is None else tuple(providers),
            "num_threads": num_threads,
            "session_options": dict(session_options or {}),
            "eos_ids": eos_ids,
            "bos_ids": bos_ids,
            "max_context": max_context,
        }
        self._given = Path(os.fspath(path))
        self._told = told(self._given)
        size = self._open()
        limit = self._told.max_context if max_context is None else max_context
        self._init(
            str(self._told.path),
            size,
            (self._told.eos_ids or ()) if eos_ids is None else eos_ids,
            (self._told.bos_ids or ()) if bos_ids is None else bos_ids,
            None if limit is None else checked_int(limit, "max_context"),
        )

    def _open(self) -> int:
        """Open the file, check its inputs and outputs; the size of its vocabulary."""
        path, config = self._told.path, self._config
        file_size(path)
        options = session_options(thread_count(config["num_threads"]), config["session_options"])
        self._session = created(path, config["providers"], options)
        inputs = {given.name: given for given in self._session.get_inputs()}
        outputs = {given.name: given for given in self._session.get_outputs()}
        layout = self._told.layout or guessed(path, inputs, outputs)
        self._layout: Layout = layout
        used = [layout.ids, layout.positions, layout.mask, layout.branch, *layout.past]
        for name in used:
            if name is not None and name not in inputs:
                raise self._fail(f"has no input {name}; it takes {', '.join(sorted(inputs))}")
        for name in (layout.output, *layout.present):
            if name not in outputs:
                raise self._fail(f"has no output {name}; it gives {', '.join(sorted(outputs))}")
        if unused := sorted(set(inputs) - set(used)):
            raise self._fail(f"takes the input {unused[0]} as well, which nothing is known of")
        self._kinds = {}
        for name, given in inputs.items():
            if given.type not in KINDS:
                raise self._fail(f"declares {name} as {given.type}, which is not supported")
            self._kinds[name] = KINDS[given.type]
        #: The shape of each input of the cache, with 0 where batch and past are.
        self._past: list[list[int]] = []
        for name in layout.past:
            shape = list(inputs[name].shape)
            if max(layout.batch_axis, layout.sequence_axis) < len(shape):
                shape[layout.batch_axis] = shape[layout.sequence_axis] = 0
            if not all(isinstance(size, int) for size in shape) or 0 not in shape:
                raise self._fail(
                    f"declares {name} of shape {inputs[name].shape}; all but batch (axis "
                    f"{layout.batch_axis}) and past (axis {layout.sequence_axis}) must be numbers"
                )
            self._past.append(shape)
        size = outputs[layout.output].shape[-1:]
        if len(outputs[layout.output].shape) != 3 or not (isinstance(size[0], int) and size[0] > 1):
            raise self._fail(
                f"declares {layout.output} of shape {outputs[layout.output].shape}; expected "
                "batch, sequence and the size of the vocabulary, 2 or more"
            )
        return int(size[0])

    def _fail(self, found: str) -> ModelError:
        return ModelError(
            f"{self._told.path} {found}: is it a causal language model, and its manifest its own?"
        )

    @property
    def path(self) -> Path:
        """The ONNX file."""
        return self._told.path

    def __repr__(self) -> str:
        return f"OnnxLM({str(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._given, self._config)

    def _keeps(self) -> bool:
        return bool(self._past)

    def _gives_logits(self) -> bool:
        return not self._layout.normalised

    def _forward(
        self, ids: "NDArray[np.int64]", lengths: list[int], past: int, before: list[list[Any]]
    ) -> tuple[Any, list[Any]]:
        import numpy as np

        tensors = self._stacked(len(ids), past, before)
        if self._layout.branch is None or past == 0:
            return self._pass(ids, lengths, past, tensors)
        # What a merged decoder does with a past was exported for one token, and the tokens of a
        # longer row may see those behind them.
        scores = []
        for column in range(ids.shape[1]):
            row = ids[:, column : column + 1]
            step, tensors = self._pass(row, [1] * len(ids), past + column, tensors)
            scores.append(step)
        return np.concatenate(scores, axis=1), tensors

    def _pass(
        self, ids: "NDArray[np.int64]", lengths: list[int], past: int, tensors: list[Any]
    ) -> tuple[Any, list[Any]]:
        """One run of the model behind the keys and values `tensors`."""
        layout = self._layout
        rows, longest = ids.shape
        feed = self._feed(ids, lengths, past)
        feed.update(zip(layout.past, tensors, strict=True))
        try:
            scores, *present = self._session.run([layout.output, *layout.present], feed)
        except Exception as error:
            raise ModelError(
                f"{self.path} could not be run on {rows} rows of {longest} tokens after {past}: "
                f"{first_line(error)}"
            ) from error
        if scores.shape != (rows, longest, self._size):
            raise self._fail(
                f"gave {layout.output} of shape {scores.shape} for {rows} rows of {longest} tokens "
                f"and a vocabulary of {self._size}"
            )
        for name, tensor in zip(layout.present, present, strict=True):
            if tensor.shape[layout.sequence_axis] != past + longest:
                raise self._fail(f"gave {name} of shape {tensor.shape} for {past + longest} tokens")
        return scores, present

    def _stacked(self, batch: int, past: int, before: list[list[Any]]) -> "list[NDArray[Any]]":
        """The keys and values before all rows, of which each has its own; none without a past."""
        import numpy as np

        layout = self._layout
        if past:
            return [
                np.stack(arrays, axis=layout.batch_axis) for arrays in zip(*before, strict=True)
            ]
        shapes = [list(shape) for shape in self._past]
        for shape in shapes:
            shape[layout.batch_axis] = batch
        pairs = zip(layout.past, shapes, strict=True)
        return [np.zeros(shape, self._kinds[name]) for name, shape in pairs]

    def _feed(
        self, ids: "NDArray[np.int64]", lengths: list[int], past: int
    ) -> "dict[str, NDArray[Any]]":
        """What the model is given, but for keys and values."""
        import numpy as np

        layout, kinds = self._layout, self._kinds
        batch, longest = ids.shape
        feed: dict[str, NDArray[Any]] = {layout.ids: ids.astype(kinds[layout.ids], copy=False)}
        places = np.arange(past, past + longest)
        if layout.positions is not None:
            all_places = np.broadcast_to(places, ids.shape)
            feed[layout.positions] = all_places.astype(kinds[layout.positions])
        if layout.mask is not None:
            mask: NDArray[Any]
            if layout.mask_kind == "ones":
                mask = np.arange(past + longest) < past + np.array(lengths)[:, None]
            else:
                seen = np.arange(past + longest) <= places[:, None]
                mask = np.broadcast_to(np.where(seen, 0.0, UNSEEN), (batch, *seen.shape))
            feed[layout.mask] = mask.astype(kinds[layout.mask])
        if layout.branch is not None:
            feed[layout.branch] = np.array([past > 0], kinds[layout.branch])
        return feed

    def _row(self, scores: Any, row: int, column: int) -> "NDArray[Any]":
        # A copy, so that the scores of the whole batch can go.
        found: NDArray[Any] = scores[row, column].copy()
        return found

    def _axis(self) -> int:
        """The axis that is the past in an array without the batch axis."""
        return self._layout.sequence_axis - (self._layout.batch_axis < self._layout.sequence_axis)

    def _cut(self, array: Any, length: int) -> Any:
        return array[(slice(None),) * self._axis() + (slice(length),)]

    def _join(self, arrays: Sequence[Any]) -> Any:
        import numpy as np

        return np.concatenate(arrays, axis=self._axis())

    def _part(self, tensor: Any, row: int, first: int, last: int) -> Any:
        places: list[int | slice] = [slice(None)] * tensor.ndim
        places[self._layout.batch_axis] = row
        places[self._layout.sequence_axis] = slice(first, last)
        return tensor[tuple(places)].copy()


def _rebuilt(path: Path, config: dict[str, Any]) -> OnnxLM:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return OnnxLM(path, **config)
