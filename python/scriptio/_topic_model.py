"""scriptio-topic: a model that reads all units of a text and tells where the topic changes."""

import os
import threading
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scriptio import _core, models
from scriptio._imports import require
from scriptio._session import created, file_size, first_line, session_options
from scriptio._text import checked_int, checked_pairs, checked_texts, thread_count
from scriptio._topic_features import features
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    from numpy.typing import NDArray

__all__ = ["TopicModel", "is_topic_model"]

#: Inputs of the graph and their types.
INPUTS = {
    "tokens": "tensor(int64)",
    "owners": "tensor(int64)",
    "rows": "tensor(int64)",
    "firsts": "tensor(int64)",
    "starts": "tensor(int64)",
    "sizes": "tensor(int64)",
    "surface": "tensor(float)",
}

#: Tokens of one run at most, unless there are too few units in it.
MOST_TOKENS = 1 << 16

#: The id of what no token stands for, which an empty unit is shown as.
UNKNOWN = 3


def is_topic_model(path: Path) -> bool:
    """Whether the manifest of a directory says that it holds a model of this kind."""
    return str(models.read(path / "manifest.json").get("kind", "")).startswith("topic:")


class TopicModel:
    """A model in a directory, such as the bundled one, that scores all places of a text at once.

    What it says of a place depends on a bounded number of units before and
    behind it (`halo`), apart from how units are numbered, which is read from
    the start of the text. Long texts are read in blocks, with so many units
    around them, so time grows with the text, and memory with the longest of its blocks. All tokens
    of a unit are read, however long it is.

    The file is opened when the first text is scored, or by `load`. A model
    may be used by several threads at once. Pickled, it is opened again
    elsewhere by its path, and so it is in a forked process.

    Args:
        model: The id of a bundled model or the path of a directory;
            `scriptio-topic` unless told.
        providers: onnxruntime's execution providers in order of preference.
        num_threads: How many threads tokenize; `SCRIPTIO_NUM_THREADS` or as
            many as there are processors unless told. The network runs on one,
            so that a text always gets the same probabilities.
        session_options: More settings of onnxruntime; see `OnnxScorer`.

    Raises:
        ModelError: There is no such model, or it is of another kind.
    """

    __slots__ = (
        "__weakref__",
        "_block",
        "_config",
        "_directory",
        "_features",
        "_gap",
        "_halo",
        "_lock",
        "_margin",
        "_owner",
        "_past",
        "_row",
        "_rows",
        "_session",
        "_tokenizer",
    )

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(providers, str):
            raise TypeError(f"providers must be a list of names, not str; pass [{providers!r}]")
        if num_threads is not None:
            checked_int(num_threads, "num_threads")
        self._directory = models.find(models.TOPIC if model is None else model)
        if not is_topic_model(self._directory.path):
            raise ModelError(
                f"{self._directory.path} holds no model of topics: its manifest.json gives "
                f"{self._directory.manifest.get('kind')!r} as kind; pass the directory of one"
            )
        self._config: dict[str, Any] = {
            "model": None if model is None else os.fspath(model),
            "providers": None if providers is None else tuple(providers),
            "num_threads": num_threads,
            "session_options": dict(session_options or {}),
        }
        self._block = self._number("block")
        self._halo = self._number("halo")
        self._gap = self._number("gap")
        self._row = self._number("row")
        self._margin = self._number("margin")
        self._features = self._number("features")
        self._rows = self._number("vocab_size")
        size = self._directory.size(self._directory.onnx)
        found = file_size(self._directory.onnx)
        if size is not None and found != size:
            raise ModelError(
                f"{self._directory.onnx} has {found} bytes, not the {size} of its manifest: it was "
                "cut off or changed; copy it again"
            )
        self._lock = threading.Lock()
        self._tokenizer: _core.Tokenizer | None = None
        self._session: onnxruntime.InferenceSession | None = None
        self._owner = 0
        #: Sessions of the process that this one was forked from; their end would wait for threads
        #: that do not exist here.
        self._past: list[Any] = []

    def _number(self, key: str) -> int:
        found = self._directory.integer(key)
        if found is None:
            raise ModelError(f"{self._directory.path}: its manifest.json gives no {key}")
        return found

    @property
    def directory(self) -> models.ModelDirectory:
        """The model's directory and what its files say."""
        return self._directory

    @property
    def threshold(self) -> float:
        """The probability above which a place is a boundary."""
        return self._directory.threshold()

    @property
    def halo(self) -> int:
        """How many units before a place and behind it can change its probability."""
        return self._halo

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TopicModel):
            return NotImplemented
        return self._config == other._config

    def __hash__(self) -> int:
        return hash(self._directory.path)

    def __repr__(self) -> str:
        shown = [] if self._config["model"] is None else [repr(self._config["model"])]
        rest = list(self._config.items())[1:]
        shown += [f"{name}={value!r}" for name, value in rest if value not in (None, {})]
        return f"TopicModel({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self._config,)

    def load(self) -> "TopicModel":
        """Open the model and its tokenizer now rather than with the first text.

        Raises:
            MissingDependencyError: numpy or onnxruntime is not installed.
            ModelError: A file is damaged or of another kind.
        """
        self._open()
        return self

    def score(self, left: Sequence[str], right: Sequence[str]) -> list[float]:
        """The probability that the topic changes between each pair, seen alone.

        Where pairs are neighbours in one text `score_document` knows more.

        Raises:
            ModelError: The model cannot be used.
            TypeError: `left` or `right` holds something else than strings.
            ValueError: There are not as many of both.
        """
        return [self.score_document(pair)[0] for pair in checked_pairs(left, right)]

    def score_document(self, units: Sequence[str]) -> list[float]:
        """The probability that the topic changes before each unit but the first.

        Args:
            units: All units of one text, in order; white space on either side
                of a unit is not read.

        Raises:
            ModelError: The model cannot be used, or gives a logit that is no
                finite number.
            TypeError: `units` holds something else than strings.
        """
        shown = [unit.strip() for unit in checked_texts(units, "units")]
        if len(shown) < 2:
            return []
        session, tokenizer = self._open()
        import numpy as np

        surface = np.array(features(shown), np.float32)
        logits = np.empty(len(shown), np.float64)
        threads = thread_count(self._config["num_threads"])
        for start, stop in self._blocks(shown):
            low, high = max(start - self._halo, 0), min(stop + self._halo, len(shown))
            encoded = tokenizer.encode_batch(shown[low:high], threads)
            ids = [np.asarray(one.ids) for one in encoded]
            found = self._run(session, ids, surface[low:high])
            logits[start:stop] = found[start - low : stop - low]
        if not np.isfinite(logits).all():
            where = int(np.isfinite(logits).argmin())
            raise ModelError(
                f"{self._directory.onnx} gave the logit {logits[where]} for unit {where}; the "
                "model is broken: copy it again"
            )
        # The sigmoid, written so that nothing overflows.
        out: list[float] = (0.5 + 0.5 * np.tanh(0.5 * logits[1:])).tolist()
        return out

    def _blocks(self, units: Sequence[str]) -> list[tuple[int, int]]:
        """Runs of neighbouring units, which end where there are many or they are long.

        A run has no fewer units than are read before or behind it, so that no
        unit is read more than three times. A token is a code point at least,
        but for a mark at the start of a unit.
        """
        blocks = []
        start, size = 0, 0
        for at, unit in enumerate(units):
            long = len(unit) + self._gap + 1
            full = at - start >= self._block or size + long > MOST_TOKENS
            if full and at - start >= self._halo:
                blocks.append((start, at))
                start, size = at, 0
            size += long
        blocks.append((start, len(units)))
        return blocks

    def _run(
        self,
        session: "onnxruntime.InferenceSession",
        ids: "list[NDArray[np.int64]]",
        surface: "NDArray[np.float32]",
    ) -> "NDArray[np.float32]":
        """The logits of the units of a block, whose tokens are put in one row."""
        import numpy as np

        unknown = np.array([UNKNOWN], np.int64)
        ids = [one if len(one) else unknown for one in ids]
        sizes = np.array([len(one) for one in ids], np.int64)
        starts = np.array(list(accumulate(len(one) + self._gap for one in ids)), np.int64) - sizes
        tokens = np.full(int(starts[-1] + sizes[-1]) + self._gap, self._rows, np.int64)
        owners = np.full(len(tokens), len(ids), np.int64)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        places = np.repeat(starts, sizes) + within
        tokens[places] = np.concatenate(ids)
        owners[places] = np.repeat(np.arange(len(ids)), sizes)
        # Words are compared by rows of some tokens; before the first there are empty ones.
        counts = -(-sizes // self._row)
        firsts = np.cumsum(counts) - counts + self._margin
        rows = np.zeros(len(tokens), np.int64)
        rows[places] = np.repeat(firsts, sizes) + within // self._row
        feed = {
            "tokens": tokens,
            "owners": owners,
            "rows": rows,
            "firsts": firsts,
            "starts": starts,
            "sizes": sizes,
            "surface": surface,
        }
        try:
            (logits,) = session.run(["logits"], feed)
        except Exception as error:
            raise ModelError(
                f"{self._directory.onnx} could not be run on {len(ids)} units: {first_line(error)}"
            ) from error
        if logits.shape != (len(ids),):
            raise self._fail(f"gave logits of shape {logits.shape} for {len(ids)} units")
        found: NDArray[np.float32] = logits
        return found

    def _open(self) -> "tuple[onnxruntime.InferenceSession, _core.Tokenizer]":
        session, tokenizer = self._session, self._tokenizer
        if session is not None and tokenizer is not None and self._owner == os.getpid():
            return session, tokenizer
        require("numpy", "onnxruntime")
        with self._lock:
            if self._session is not None and self._owner != os.getpid():
                self._past.append(self._session)
                self._session = None
            if self._tokenizer is None:
                self._tokenizer = self._read_tokenizer()
            if self._session is None:
                options = session_options(1, self._config["session_options"])
                # On several threads onnxruntime loses some of the sums over the tokens of a unit,
                # other ones each time (onnxruntime issue 18048).
                options.intra_op_num_threads = 1
                made = created(self._directory.onnx, self._config["providers"], options)
                self._check(made)
                self._owner = os.getpid()
                self._session = made
            return self._session, self._tokenizer

    def _read_tokenizer(self) -> _core.Tokenizer:
        path = self._directory.tokenizer
        other = self._directory.manifest.get("tokenizer_of")
        if path is None and isinstance(other, str):
            # The bundled models share one.
            path = models.find(other).tokenizer
        if path is None:
            raise ModelError(f"{self._directory.path} holds no tokenizer, and names no model's")
        try:
            made = _core.Tokenizer.from_bytes(path.read_bytes())
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ModelError(f"{path} is no usable tokenizer: {error}") from error
        if made.vocab_size > self._rows:
            raise ModelError(
                f"{path} has {made.vocab_size} ids, the model in {self._directory.path} embeds "
                f"{self._rows}: the tokenizer belongs to another model"
            )
        return made

    def _check(self, session: "onnxruntime.InferenceSession") -> None:
        """Make sure that inputs and outputs are those of a model of topics."""
        inputs = {given.name: given for given in session.get_inputs()}
        if {name: given.type for name, given in inputs.items()} != INPUTS:
            raise self._fail(f"takes the inputs {', '.join(sorted(inputs)) or 'none'}")
        declared = inputs["surface"].shape
        if len(declared) != 2 or declared[1] != self._features:
            raise self._fail(f"declares surface of shape {declared}")
        if [given.name for given in session.get_outputs()] != ["logits"]:
            raise self._fail("does not give logits alone")

    def _fail(self, found: str) -> ModelError:
        return ModelError(
            f"{self._directory.onnx} {found}; expected {', '.join(INPUTS)} to logits, one for each "
            "unit: is it a model of topics?"
        )


def _rebuilt(config: dict[str, Any]) -> TopicModel:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    config = dict(config)
    return TopicModel(config.pop("model"), **config)
