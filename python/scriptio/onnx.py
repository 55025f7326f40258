"""Runs a model with onnxruntime: tokens or characters in, logits out."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from scriptio import _core
from scriptio._session import Session, file_size
from scriptio._text import checked_int, thread_count
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Buffer

__all__ = ["OnnxScorer", "Reading"]


class Reading(NamedTuple):
    """How a model reads texts.

    Attributes:
        block: Tokens of a full window, without what is added.
        stride: Tokens from the start of one window to that of the next.
        batch_size: How many full windows are run at once, or as many shorter ones as have the
            same number of tokens.
        weighting: How much each window counts where several hold a token: `uniform`, or `hat`,
            less towards the edges.
        prefix: Ids put before each window.
        suffix: Ids put behind it.
        pad: The id that fills up shorter windows.
        alone: Run each window by itself, whatever `batch_size` says: a model that quantises
            activations as it runs would give a text other scores beside other texts.
    """

    block: int = 510
    stride: int = 255
    batch_size: int = 8
    weighting: str = "uniform"
    prefix: tuple[int, ...] = (0,)
    suffix: tuple[int, ...] = (2,)
    pad: int = 0
    alone: bool = False


class OnnxScorer:
    """A model in a file of the ONNX format.

    The file is opened when the first text is scored, or by `load`. A scorer
    may be used by several threads at once. Pickled, it is opened again
    elsewhere by its path, and so it is in a forked process.

    The model takes either `input_ids` (int64, batch by sequence) or
    `hashed_ids` (int64, batch by sequence by hashes), and `attention_mask` in
    the type that the file declares. It gives `logits`, float32 or float16,
    batch by sequence by labels, of which the first label is the boundary.

    Args:
        path: The file.
        providers: onnxruntime's execution providers in order of preference,
            as it takes them; the processor alone unless told.
        num_threads: How many threads work on one batch; `SCRIPTIO_NUM_THREADS`
            or as many as there are processors unless told.
        session_options: More of onnxruntime's settings: attributes of its
            `SessionOptions` and, by their dotted names, config entries.
        labels: How many labels the model must give, if that is known.
        size: How many bytes the file must have, if that is known.

    Raises:
        MissingDependencyError: numpy or onnxruntime is not installed.
        ModelError: There is no such file, or it has another size.
        ValueError: A provider is not available.
    """

    __slots__ = ("__weakref__", "_config", "_lock", "_owner", "_past", "_session")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
        labels: int | None = None,
        size: int | None = None,
    ) -> None:
        if num_threads is not None:
            checked_int(num_threads, "num_threads")
        if isinstance(providers, str):
            raise TypeError(f"providers must be a list of names, not str; pass [{providers!r}]")
        self._config = (
            Path(os.fspath(path)),
            None if providers is None else tuple(providers),
            num_threads,
            dict(session_options or {}),
            labels,
            size,
        )
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._owner = 0
        #: Sessions of the process that this one was forked from. Their threads do not exist here,
        #: and an end of such a session would wait for them.
        self._past: list[Session] = []
        found = file_size(self.path)
        if size is not None and found != size:
            raise ModelError(
                f"{self.path} has {found} bytes, not the {size} of its manifest: it was cut off or "
                "changed; copy it again"
            )

    @property
    def path(self) -> Path:
        """The file."""
        return self._config[0]

    @property
    def kind(self) -> Literal["tokens", "characters"]:
        """What the model reads; opens the file."""
        return self._open().kind

    @property
    def labels(self) -> int | None:
        """How many labels the file declares, if it does; opens the file."""
        return self._open().labels

    @property
    def hashes(self) -> int | None:
        """How many hashes of a character it takes, if the file tells; opens the file."""
        return self._open().hashes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OnnxScorer):
            return NotImplemented
        return self._config == other._config

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"OnnxScorer({str(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, self._config

    def load(self) -> "OnnxScorer":
        """Open the file now rather than with the first text.

        Raises:
            ModelError: The file is damaged or holds another kind of model.
        """
        self._open()
        return self

    def _open(self) -> "Session":
        session, owner = self._session, self._owner
        if session is not None and owner == os.getpid():
            return session
        with self._lock:
            if self._session is not None and self._owner != os.getpid():
                self._past.append(self._session)
                self._session = None
            if self._session is None:
                path, providers, num_threads, options, labels, _ = self._config
                session = Session(path, providers, thread_count(num_threads), options, labels)
                self._owner = os.getpid()
                self._session = session
            return self._session

    def run(self, ids: "NDArray[np.int64]", mask: "NDArray[Any]") -> "NDArray[np.float32]":
        """The logits of one batch: an array of batch, sequence and labels.

        Raises:
            ModelError: The model refuses the batch or gives something else.
        """
        return self._open().run(ids, mask)

    def score_tokens(
        self,
        ids: Sequence["Buffer"],
        reading: Reading,
        *,
        all_labels: bool = False,
        first_text: int = 0,
    ) -> "list[NDArray[np.float32]]":
        """The logit of every token of every text.

        Args:
            ids: For each text the ids of its tokens, int64.
            reading: How to read them.
            all_labels: Give an array of tokens by labels for each text, not
                the first label's logits alone.
            first_text: What number errors give the first text.

        Raises:
            ModelError: The model refuses a batch, gives something else than
                logits, or a logit that is no finite number.
        """
        import numpy as np

        rows = list(ids)
        lengths = [memoryview(row).nbytes // 8 for row in rows]

        def input_ids(batch: _core.WindowBatch) -> "NDArray[np.int64]":
            made = batch.input_ids(rows, list(reading.prefix), list(reading.suffix), reading.pad)
            return np.frombuffer(made, np.int64).reshape(batch.shape)

        return self._score(lengths, input_ids, reading, all_labels, first_text)

    def score_characters(
        self,
        texts: Sequence[str],
        reading: Reading,
        *,
        buckets: int,
        hashes: int,
        all_labels: bool = False,
        first_text: int = 0,
    ) -> "list[NDArray[np.float32]]":
        """The logit of every character of every text, as `score_tokens` does for tokens.

        Args:
            texts: The texts.
            reading: How to read them; nothing is put before or behind a window.
            buckets: How many values a hash can have.
            hashes: How many hashes a character has.
            all_labels: As for `score_tokens`.
            first_text: As for `score_tokens`.

        Raises:
            ModelError: As for `score_tokens`.
        """
        import numpy as np

        def hashed_ids(batch: _core.WindowBatch) -> "NDArray[np.int64]":
            made = np.zeros((*batch.shape, hashes), np.int64)
            for row, (text, start, length) in enumerate(batch.windows):
                found = _core.hash_chars(texts[text][start : start + length], hashes, buckets)
                made[row, :length] = np.asarray(found).reshape(length, hashes)
            return made

        plain = reading._replace(prefix=(), suffix=())
        return self._score([len(t) for t in texts], hashed_ids, plain, all_labels, first_text)

    def _score(
        self,
        lengths: list[int],
        make_ids: "Callable[[_core.WindowBatch], NDArray[np.int64]]",
        reading: Reading,
        all_labels: bool,
        first_text: int,
    ) -> "list[NDArray[np.float32]]":
        import numpy as np

        block, stride, batch_size, weighting, prefix, suffix, _, alone = reading
        extra = len(prefix) + len(suffix)
        budget = 1 if alone else batch_size * (block + extra)
        windows = _core.Windows(lengths, block, stride, extra, budget, weighting, all_labels)
        labels = 1
        while (batch := windows.next_batch()) is not None:
            mask = np.frombuffer(batch.attention_mask(), np.float32).reshape(batch.shape)
            logits = self.run(make_ids(batch), mask)
            labels = logits.shape[2]
            try:
                windows.add(batch, logits.data, labels, len(prefix))
            except ValueError as error:
                where = f", texts counted from {first_text}" if first_text else ""
                raise ModelError(
                    f"{self.path}: {error}{where}; the model or its numbers are broken (float16 "
                    "overflows): use a float32 file or another provider"
                ) from error
        arrays = [np.frombuffer(logits, np.float32) for logits in windows.finish()]
        return [array.reshape(-1, labels) for array in arrays] if all_labels else arrays


def _rebuilt(
    path: Path,
    providers: tuple[Any, ...] | None,
    num_threads: int | None,
    session_options: dict[str, Any],
    labels: int | None,
    size: int | None,
) -> OnnxScorer:
    """Unpickle: `copyreg` cannot pass arguments by name to `__init__`."""
    return OnnxScorer(
        path,
        providers=providers,
        num_threads=num_threads,
        session_options=session_options,
        labels=labels,
        size=size,
    )
