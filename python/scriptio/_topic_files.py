"""Classifiers of pairs in files: is the next unit of the same topic?"""

import json
import os
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptio import _core, models
from scriptio._imports import require
from scriptio._pair_layout import Layout, Row, layout_of, windows
from scriptio._session import MASKS, created, file_size, first_line, session_options
from scriptio._text import checked_int, checked_pairs, checked_text, thread_count
from scriptio._topic_model import TopicModel, is_topic_model
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

__all__ = ["PairClassifier", "load_scorer"]

#: Tokens of the longest row, where no file tells.
USUAL_BLOCK = 512

#: Numbers places from the id of the filling on, so that its table has so many more rows.
COUNTS_FROM_PAD = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "longformer"})

#: What labels are called that nobody gave a name.
NAMELESS = re.compile(r"LABEL_\d+")

#: The inputs that a classifier may have.
IDS, MASK, KINDS = "input_ids", "attention_mask", "token_type_ids"


class PairClassifier:
    """A classifier of pairs in a file of the ONNX format, as a scorer for `TopicSegmenter`.

    The layout of TopicalChange (Aumiller et al. 2021, "Structural Text
    Segmentation of Legal Documents", ICAIL): a RoBERTa or BERT that is given
    two units and says whether they are of one topic. The directory holds
    `model.onnx` (`input_ids`, `attention_mask` and, if it likes,
    `token_type_ids` to `logits`, batch by 2), `tokenizer.json` and, as a
    rule, `config.json`. A `manifest.json` may say what is said by no other
    file: `separator`, `same_label`, `block`, `pad`, `batch_size`, `alone`.

    Pairs that are too long for the model are read in several windows, each
    token in one of them at least, and their probabilities averaged: nothing
    is cut off. The time is linear in the text.

    The file is opened when the first text is scored, or by `load`. A
    classifier may be used by several threads at once, and is pickled by its
    path.

    Args:
        directory: Where the files are.
        separator: What stands between two units. Unless told, what the
            post-processor of the tokenizer puts there (`</s></s>` for
            RoBERTa, `[SEP]` and another token type for BERT). A string is put
            between them in one text, spaces around it: `"[SEP]"` is what the
            cards of the published weights show, also for RoBERTa, whose
            tokenizer reads it as five ordinary characters.
        same_label: Which of the two logits says that the topic is the same: 1
            unless told, as in TopicalChange. It must be told where
            `config.json` gives the labels names of their own.
        block: How many tokens a row has at most, special ones included; what
            the files say unless told, or 512.
        batch_size: How many full rows are run at once, or as many shorter
            ones as have the same number of tokens.
        providers: As for `OnnxScorer`.
        num_threads: As for `OnnxScorer`.
        session_options: As for `OnnxScorer`.

    Raises:
        MissingDependencyError: numpy or onnxruntime is not installed.
        ModelError: The directory does not hold such a model.
        TypeError: An argument is of the wrong type.
        ValueError: An argument is no usable value.
    """

    __slots__ = (
        "__weakref__",
        "_batch_size",
        "_block",
        "_config",
        "_directory",
        "_inputs",
        "_layout",
        "_lock",
        "_owner",
        "_past",
        "_same",
        "_separator",
        "_session",
        "_tokenizer",
    )

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        separator: str | None = None,
        same_label: int | None = None,
        block: int | None = None,
        batch_size: int | None = None,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
    ) -> None:
        require("numpy", "onnxruntime")
        path = Path(models.checked_path(directory, "directory")).expanduser().absolute()
        if not path.is_dir():
            raise ModelError(
                f"there is no directory {os.fspath(directory)!r}; pass one that holds model.onnx, "
                "tokenizer.json and config.json"
            )
        if isinstance(providers, str):
            raise TypeError(f"providers must be a list of names, not str; pass [{providers!r}]")
        if num_threads is not None:
            checked_int(num_threads, "num_threads")
        if separator is not None and not checked_text(separator, "separator").strip():
            raise ValueError("separator is blank; pass what stands between two units, or None")
        self._config: dict[str, Any] = {
            "directory": path,
            "separator": separator,
            "same_label": same_label,
            "block": None if block is None else checked_int(block, "block"),
            "batch_size": None if batch_size is None else checked_int(batch_size, "batch_size"),
            "providers": None if providers is None else tuple(providers),
            "num_threads": num_threads,
            "session_options": dict(session_options or {}),
        }
        self._directory = models.opened(path)
        file_size(self._directory.onnx)
        self._same = self._same_label(same_label)
        self._separator = self._told_separator(separator)
        self._tokenizer, self._layout = self._read_tokenizer()
        self._block = self._longest(block)
        self._batch_size = batch_size or self._directory.integer("batch_size") or 8
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None
        self._inputs: dict[str, str] = {}
        self._owner = 0
        #: Sessions of the process that this one was forked from; their end would wait for threads
        #: that do not exist here.
        self._past: list[Any] = []

    @property
    def path(self) -> Path:
        """The directory."""
        return self._directory.path

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PairClassifier):
            return NotImplemented
        return self._config == other._config

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        told = [
            f", {name}={value!r}"
            for name, value in list(self._config.items())[1:]
            if value not in (None, {})
        ]
        return f"PairClassifier({str(self.path)!r}{''.join(told)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._config,)

    def load(self) -> "PairClassifier":
        """Open the model now rather than with the first text.

        Raises:
            ModelError: The file is damaged or holds another kind of model.
        """
        self._open()
        return self

    def score(self, left: Sequence[str], right: Sequence[str]) -> list[float]:
        """The probability that the topic changes between each pair.

        Args:
            left: What is on the left of each place; white space on either
                side of a unit is not read.
            right: What is on its right.

        Raises:
            ModelError: The model refuses a batch, or gives something else
                than two finite logits for each pair.
            TypeError: `left` or `right` holds something else than strings.
            ValueError: There are not as many of both.
        """
        import numpy as np

        pairs = checked_pairs(left, right)
        if not pairs:
            return []
        lefts, rights = self._encoded(pairs)
        room = self._block - self._layout.extra
        rows: list[Row] = []
        owners: list[int] = []
        for number, (one, other) in enumerate(pairs):
            for parts in windows(lefts[one], rights[other], room):
                rows.append(self._layout.row(*parts))
                owners.append(number)
        logits = np.empty((len(rows), 2), np.float64)
        for batch in self._batches(rows):
            logits[batch] = self._run([rows[at] for at in batch])
        bad = ~np.isfinite(logits).all(axis=1)
        if bad.any():
            row = int(bad.argmax())
            raise ModelError(
                f"{self._directory.onnx} gave the logits {logits[row].tolist()} for the pair "
                f"{owners[row]} of {len(pairs)}; the model or its numbers are broken (float16 "
                "overflows): use a float32 file or another provider"
            )
        # The sigmoid of the difference is the softmax of two, written so that nothing overflows.
        changes = 0.5 + 0.5 * np.tanh(0.5 * (logits[:, 1 - self._same] - logits[:, self._same]))
        sums = np.bincount(owners, weights=changes)
        found: list[float] = (sums / np.bincount(owners)).tolist()
        return found

    def _encoded(
        self, pairs: Sequence[tuple[str, str]]
    ) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """The ids of every text on the left, and of every one on the right.

        Most texts stand on both sides, and are read once. Behind a separator
        that is part of the text a unit has a space before it, which tokenizers
        like RoBERTa's make part of its first token.
        """
        threads = thread_count(self._config["num_threads"])

        def encoded(texts: Iterable[str], lead: str) -> dict[str, list[int]]:
            unique = list(dict.fromkeys(texts))
            shown = [lead + text.strip() if text.strip() else "" for text in unique]
            made = self._tokenizer.encode_batch(shown, threads)
            return {text: one.ids.tolist() for text, one in zip(unique, made, strict=True)}

        if self._separator is not None:
            return encoded((one for one, _ in pairs), ""), encoded((two for _, two in pairs), " ")
        both = encoded((text for pair in pairs for text in pair), "")
        return both, both

    def _batches(self, rows: Sequence[Row]) -> Iterable[list[int]]:
        """Rows of like length together."""
        budget = 0 if self._directory.flag("alone") else self._batch_size * self._block
        batch: list[int] = []
        for at in sorted(range(len(rows)), key=lambda at: -len(rows[at].ids)):
            # The first row of a batch is its longest.
            if batch and (len(batch) + 1) * len(rows[batch[0]].ids) > budget:
                yield batch
                batch = []
            batch.append(at)
        yield batch

    def _run(self, rows: Sequence[Row]) -> "NDArray[Any]":
        """The logits of a batch."""
        import numpy as np

        session = self._open()
        shape = (len(rows), max(len(row.ids) for row in rows))
        ids = np.full(shape, self._pad(), np.int64)
        kinds, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row.ids)] = row.ids
            kinds[number, : len(row.ids)] = row.kinds
            mask[number, : len(row.ids)] = 1
        feed = {IDS: ids, MASK: mask, KINDS: kinds}
        feed = {name: feed[name].astype(kind, copy=False) for name, kind in self._inputs.items()}
        try:
            (logits,) = session.run(["logits"], feed)
        except Exception as error:
            raise ModelError(
                f"{self._directory.onnx} could not be run on {shape[0]} rows of up to {shape[1]} "
                f"tokens: {first_line(error)}; if rows are too long for it pass a smaller block"
            ) from error
        if logits.shape != (len(rows), 2):
            raise self._fail(f"gave logits of shape {logits.shape} for {len(rows)} pairs")
        found: NDArray[Any] = logits
        return found

    def _open(self) -> "onnxruntime.InferenceSession":
        session = self._session
        if session is not None and self._owner == os.getpid():
            return session
        with self._lock:
            if self._session is not None and self._owner != os.getpid():
                self._past.append(self._session)
                self._session = None
            if self._session is None:
                threads = thread_count(self._config["num_threads"])
                options = session_options(threads, self._config["session_options"])
                made = created(self._directory.onnx, self._config["providers"], options)
                self._check(made)
                self._owner = os.getpid()
                self._session = made
            return self._session

    def _check(self, session: "onnxruntime.InferenceSession") -> None:
        """Make sure that inputs and outputs are those of a classifier of pairs."""
        inputs = {given.name: given for given in session.get_inputs()}
        if not {IDS, MASK} <= set(inputs) <= {IDS, MASK, KINDS}:
            raise self._fail(f"takes the inputs {', '.join(sorted(inputs)) or 'none'}")
        for given in inputs.values():
            if given.type not in MASKS or len(given.shape) != 2:
                raise self._fail(f"declares {given.name} as {given.type} of shape {given.shape}")
            if any(isinstance(size, int) for size in given.shape):
                raise self._fail(
                    f"takes {given.name} of shape {given.shape} only; batch and sequence must "
                    "be of any size (dynamic axes)"
                )
        outputs = {given.name: given for given in session.get_outputs()}
        if "logits" not in outputs:
            raise self._fail(f"gives the outputs {', '.join(sorted(outputs))}")
        shape = outputs["logits"].shape
        if len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != 2):
            raise self._fail(f"declares logits of shape {shape}")
        self._inputs = {name: MASKS[given.type] for name, given in inputs.items()}

    def _fail(self, found: str) -> ModelError:
        return ModelError(
            f"{self._directory.onnx} {found}; expected input_ids, attention_mask and perhaps "
            "token_type_ids (batch, sequence) to logits (batch, 2): is it a classifier of pairs "
            "exported to ONNX?"
        )

    def _told_separator(self, separator: str | None) -> str | None:
        told = self._directory.manifest.get("separator") if separator is None else separator
        if told is None:
            return None
        if not isinstance(told, str) or not told.strip():
            raise self._wrong("separator", told, "a string that is not blank")
        return told.strip()

    def _read_tokenizer(self) -> tuple[_core.Tokenizer, Layout]:
        path = self.path / "tokenizer.json"
        try:
            data = path.read_bytes()
            made = _core.Tokenizer.from_bytes(data)
            spec = json.loads(data)
        except FileNotFoundError as error:
            raise ModelError(
                f"{self.path} holds no tokenizer.json; put that of the model there"
            ) from error
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ModelError(f"{path} is no usable tokenizer: {error}") from error
        rows = self._directory.integer("vocab_size", config="vocab_size")
        if rows is not None and made.vocab_size > rows:
            raise ModelError(
                f"{path} has {made.vocab_size} ids, the model in {self.path} embeds {rows}: the "
                "tokenizer belongs to another model"
            )
        if self._separator is None:
            return made, layout_of(spec, None, str(path))
        between: list[int] = made.encode(f" {self._separator}").ids.tolist()
        return made, layout_of(spec, between, str(path))

    def _same_label(self, same: int | None) -> int:
        told = self._directory.manifest.get("same_label") if same is None else same
        if told is None:
            names = self._directory.config.get("id2label")
            if names is not None and not isinstance(names, Mapping):
                raise self._wrong("id2label", names, "an object")
            own = [n for n in (names or {}).values() if not NAMELESS.fullmatch(str(n))]
            if own:
                raise ModelError(
                    f"{self.path / 'config.json'} calls the labels {names}; pass same_label=0 or "
                    'same_label=1, or put "same_label" into a manifest.json, to say which of them '
                    "means that the topic is the same"
                )
            return 1
        if isinstance(told, bool) or told not in (0, 1):
            if same is None:
                raise self._wrong("same_label", told, "0 or 1")
            raise ValueError(f"same_label is {told!r}; pass 0 or 1, the logit of one topic")
        return int(told)

    def _longest(self, block: int | None) -> int:
        found = block or self._directory.integer("block")
        if found is None:
            found = USUAL_BLOCK
            places = self._directory.config.get("max_position_embeddings")
            if isinstance(places, int) and places > 0:
                counted = self._directory.config.get("model_type") in COUNTS_FROM_PAD
                found = places - (self._pad() + 1 if counted else 0)
        least = self._layout.extra + 2
        if found < least:
            raise ValueError(
                f"block is {found}; rows hold {self._layout.extra} special tokens and need one of "
                f"each unit, so pass {least} or more"
            )
        return found

    def _pad(self) -> int:
        usual = self._directory.config.get("pad_token_id")
        return self._directory.id("pad", usual if isinstance(usual, int) else 0)

    def _wrong(self, key: str, value: object, expected: str) -> ModelError:
        return ModelError(
            f"{self.path}: {key} is {value!r}; its manifest.json must give {expected}"
        )


def load_scorer(model: str | os.PathLike[str]) -> PairClassifier | TopicModel:
    """The scorer that `model` names: a bundled one, or what the files of a directory describe.

    Raises:
        MissingDependencyError: numpy or onnxruntime is not installed.
        ModelError: There is no such model, or it is no scorer of topics.
        TypeError: `model` is neither a string nor a path.
    """
    path = Path(models.checked_path(model, "model")).expanduser()
    if path.is_dir() and not ((path / "manifest.json").is_file() and is_topic_model(path)):
        return PairClassifier(model)
    return TopicModel(model)


def _rebuilt(config: dict[str, Any]) -> PairClassifier:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return PairClassifier(**config)
