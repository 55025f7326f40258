"""A causal language model in the ONNX format, run by onnxruntime."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptio._imports import require
from scriptio._kv import Cached, Chain, Piece, chains, gathered, joined_if_many
from scriptio._lm_files import Layout, guessed, told
from scriptio._session import created, file_size, first_line, session_options
from scriptio._text import checked_int, thread_count
from scriptio.errors import ModelError
from scriptio.language_model import Context, checked_depth, checked_ids, normalised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OnnxLM"]

#: Tokens of one row of a run with a cache: a long prompt is read in steps, because the model gives
#: a row of the size of the vocabulary for each token.
LONGEST_ROW = 256

#: Rows of one run.
MOST_ROWS = 32

#: Rows whose pasts differ by no more tokens are run together: the longer pasts are cut, and what
#: was cut is read again. So no past is ever filled up, which some exports do not understand.
SLACK = 8

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


class OnnxLM:
    """A causal language model in a file of the ONNX format; a `LanguageModel`.

    Read as they are: the exports of Hugging Face's optimum, with a cache
    (`input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key` and
    `.value` to `logits`, `present.N.key` and `.value`) or without. A manifest
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

    __slots__ = (
        "__weakref__", "_bos", "_config", "_eos", "_given", "_kinds", "_layout", "_limit", "_past",
        "_session", "_size", "_told",
    )  # fmt: skip

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
        self._open()
        self._eos = self._ids("eos_ids", self._told.eos_ids)
        self._bos = self._ids("bos_ids", self._told.bos_ids)
        limit = self._told.max_context if max_context is None else max_context
        self._limit = None if limit is None else checked_int(limit, "max_context")
        if self._limit is not None and self._limit < len(self._bos):
            raise ValueError(
                f"max_context is {self._limit}, less than the {len(self._bos)} ids of bos_ids"
            )

    def _ids(self, name: str, of_files: tuple[int, ...] | None) -> tuple[int, ...]:
        given = self._config[name]
        return checked_ids((of_files or ()) if given is None else given, self._size, name)

    def _open(self) -> None:
        """Open the file and check that it takes and gives what its layout says."""
        path, config = self._told.path, self._config
        file_size(path)
        options = session_options(thread_count(config["num_threads"]), config["session_options"])
        self._session = created(path, config["providers"], options)
        inputs = {given.name: given for given in self._session.get_inputs()}
        outputs = {given.name: given for given in self._session.get_outputs()}
        layout = self._told.layout or guessed(path, inputs, outputs)
        self._layout: Layout = layout
        used = [layout.ids, layout.positions, layout.mask, *layout.past]
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
        self._size: int = size[0]

    def _fail(self, found: str) -> ModelError:
        return ModelError(
            f"{self._told.path} {found}: is it a causal language model, and its manifest its own?"
        )

    @property
    def path(self) -> Path:
        """The ONNX file."""
        return self._told.path

    @property
    def vocab_size(self) -> int:
        """How many tokens the model scores."""
        return self._size

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """The ids that end a text."""
        return self._eos

    @property
    def bos_ids(self) -> tuple[int, ...]:
        """What it reads before every text."""
        return self._bos

    @property
    def max_context(self) -> int | None:
        """How many tokens a context may have, `bos_ids` left out; None if nobody says."""
        return None if self._limit is None else self._limit - len(self._bos)

    def __repr__(self) -> str:
        return f"OnnxLM({str(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._given, self._config)

    def next_logprobs(self, contexts: Sequence[Context]) -> "NDArray[np.floating[Any]]":
        """As `LanguageModel.next_logprobs`; float32.

        Raises:
            ModelError: The model cannot be run or gives no law of tokens.
            ValueError: A context is longer than `max_context`, holds an id
                that the model does not have, or is empty and there are no
                `bos_ids`.
        """
        import numpy as np

        limit = self.max_context
        for context in contexts:
            checked_depth(context, limit)
            if context.depth == 0 and not self._bos:
                raise ValueError(
                    f"{self.path} cannot tell how a text begins: the context is empty and there "
                    "are no bos_ids; pass bos_ids=[...], what the model was trained to see first, "
                    "or a prompt"
                )
        wanted = {id(context): context for context in contexts}
        rows: dict[int, NDArray[Any]] = {}
        rounds = chains(contexts, self._ready, LONGEST_ROW if self._past else None)
        if not self._past:
            # Every row begins at the root, so none has to wait for another.
            rounds = [[row for rows_of_round in rounds for row in rows_of_round]]
        for group in (group for found in rounds for group in self._groups(found)):
            self._run(group, wanted, rows)
        if not contexts:
            return np.zeros((0, self._size), np.float32)
        made = np.stack([rows[id(context)] for context in contexts])
        return normalised(
            made, contexts, self._size, logits=not self._layout.normalised, source=str(self.path)
        )

    def _ready(self, context: Context) -> bool:
        """Whether a row may start behind a context."""
        if context.depth == 0 and not self._bos:
            return True
        return isinstance(context.cache, Cached) and context.cache.owner is self

    def _before(self, row: Chain) -> int:
        """How many tokens a row has before it that need not be read again."""
        held = None if row[0].parent is None else row[0].parent.cache
        return held.end if isinstance(held, Cached) and held.owner is self else 0

    def _groups(self, rows: list[Chain]) -> list[list[Chain]]:
        """Rows that are run together: of similar pasts and lengths."""
        groups: list[list[Chain]] = []
        least = shortest = 0
        keyed = sorted(
            ((self._before(row), row[-1].depth + len(self._bos), row) for row in rows),
            key=lambda given: given[:2],
        )
        for before, end, row in keyed:
            fits = (
                groups
                and len(groups[-1]) < MOST_ROWS
                and before - least <= SLACK
                and end - least <= 2 * (shortest + SLACK)
            )
            if fits:
                groups[-1].append(row)
            else:
                groups.append([row])
                least, shortest = before, end - before
        return groups

    def _run(
        self, rows: list[Chain], wanted: dict[int, Context], found: "dict[int, NDArray[Any]]"
    ) -> None:
        """Read the rows of a group, keep their keys and values and the scores that are wanted."""
        import numpy as np

        layout, bos = self._layout, self._bos
        past = min(map(self._before, rows))
        texts = [self._tokens(row[-1], past) for row in rows]
        longest = max(map(len, texts))
        ids = np.zeros((len(rows), longest), self._kinds[layout.ids])
        for number, text in enumerate(texts):
            ids[number, : len(text)] = text
        feed = self._feed(rows, ids, [len(text) for text in texts], past)
        try:
            scores, *present = self._session.run([layout.output, *layout.present], feed)
        except Exception as error:
            raise ModelError(
                f"{self.path} could not be run on {len(rows)} rows of {longest} tokens after "
                f"{past}: {first_line(error)}"
            ) from error
        if scores.shape != (len(rows), longest, self._size):
            raise self._fail(
                f"gave {layout.output} of shape {scores.shape} for {len(rows)} rows of {longest} "
                f"tokens and a vocabulary of {self._size}"
            )
        for name, tensor in zip(layout.present, present, strict=True):
            if tensor.shape[layout.sequence_axis] != past + longest:
                raise self._fail(
                    f"gave {name} of shape {tensor.shape} for {past + longest} tokens"
                )
        for number, row in enumerate(rows):
            first, last = self._before(row), len(bos) + row[-1].depth
            parent = None if row[0].parent is None else row[0].parent.cache
            base = parent.piece if isinstance(parent, Cached) and first else None
            arrays = [self._part(tensor, number, first, last) for tensor in present]
            piece = Piece(base, first, arrays)
            for node in row:
                end = len(bos) + node.depth
                if self._past:
                    node.cache = Cached(self, piece, end)
                if id(node) in wanted:
                    # A copy, so that the scores of the whole batch can go.
                    found[id(node)] = scores[number, end - past - 1].copy()

    def _tokens(self, context: Context, past: int) -> list[int]:
        """The tokens that the model must read: `bos_ids` and the context's, all but the first."""
        if past == 0:
            read = [*self._bos, *context.tokens()]
        else:
            wanted = len(self._bos) + context.depth - past
            read = []
            node: Context | None = context
            while node is not None and node.token is not None and len(read) < wanted:
                read.append(node.token)
                node = node.parent
            read.reverse()
            missing = wanted - len(read)
            read = [*self._bos[len(self._bos) - missing :], *read] if missing else read
        return list(checked_ids(read, self._size, "a context's tokens"))

    def _feed(
        self, rows: list[Chain], ids: "NDArray[Any]", lengths: list[int], past: int
    ) -> "dict[str, NDArray[Any]]":
        """What the model is given."""
        import numpy as np

        layout = self._layout
        batch, longest = ids.shape
        feed = {layout.ids: ids}
        places = np.arange(past, past + longest)
        if layout.positions is not None:
            feed[layout.positions] = np.broadcast_to(places, ids.shape).astype(
                self._kinds[layout.positions]
            )
        if layout.mask is not None:
            if layout.mask_kind == "ones":
                mask = np.arange(past + longest) < past + np.array(lengths)[:, None]
            else:
                seen = np.arange(past + longest) <= places[:, None]
                mask = np.broadcast_to(np.where(seen, 0.0, UNSEEN), (batch, *seen.shape))
            feed[layout.mask] = mask.astype(self._kinds[layout.mask])
        if not layout.past:
            return feed
        if past == 0:
            for name, shape in zip(layout.past, self._past, strict=True):
                sizes = list(shape)
                sizes[layout.batch_axis] = batch
                feed[name] = np.zeros(sizes, self._kinds[name])
            return feed
        before = []
        for row in rows:
            parent = row[0].parent
            assert parent is not None, "a row with a past has a parent"
            assert isinstance(parent.cache, Cached), "its parent was read"
            held = joined_if_many(parent, parent.cache, self._cut, self._join)
            before.append(gathered(held.piece, past, self._cut, self._join))
        for name, *arrays in zip(layout.past, *before, strict=True):
            feed[name] = np.stack(arrays, axis=layout.batch_axis)
        return feed

    def _axis(self) -> int:
        """The axis that is the past in an array without the batch axis."""
        return self._layout.sequence_axis - (self._layout.batch_axis < self._layout.sequence_axis)

    def _cut(self, array: "NDArray[Any]", length: int) -> "NDArray[Any]":
        """The first tokens of what is kept."""
        return array[(slice(None),) * self._axis() + (slice(length),)]

    def _join(self, arrays: "Sequence[NDArray[Any]]") -> "NDArray[Any]":
        """One array of several that follow each other."""
        import numpy as np

        return np.concatenate(arrays, axis=self._axis())

    def _part(self, tensor: "NDArray[Any]", row: int, first: int, last: int) -> "NDArray[Any]":
        """A copy of the tokens from `first` to `last` of a row."""
        places: list[int | slice] = [slice(None)] * tensor.ndim
        places[self._layout.batch_axis] = row
        places[self._layout.sequence_axis] = slice(first, last)
        part: NDArray[Any] = tensor[tuple(places)].copy()
        return part


def _rebuilt(path: Path, config: dict[str, Any]) -> OnnxLM:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return OnnxLM(path, **config)
