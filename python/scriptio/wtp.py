"""`WtP`: segmentation by a model that reads characters."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self, Unpack

from scriptio._neural import NeuralSegmenter
from scriptio._policy import Options
from scriptio._scores import Scores
from scriptio.errors import ModelError
from scriptio.onnx import Reading

__all__ = ["WtP"]

#: What the published models hash with, where the files do not tell.
HASHES, BUCKETS = 8, 8192


class WtP(NeuralSegmenter):
    """Cuts texts where a model of the family Where's the Point finds boundaries.

    The model gives each character a probability that a segment ends with it
    (Minixhofer et al. 2023). It reads hashes of characters, so it needs no
    tokenizer. Everything else is as with `SaT`: arguments, options, methods;
    what `SaT` counts in tokens are characters here.

    Of the published models those named `wtp-bert-*` come as `model.onnx`.

    Args:
        model: The path of a directory with `model.onnx` and `config.json`, or
            the id of a bundled model.
        providers: As for `SaT`.
        num_threads: As for `SaT`.
        session_options: As for `SaT`.
        compat: As for `SaT`.
        options: As for `SaT`.

    Raises:
        ModelError: There is no such model, or its files are not as they
            should be.
        TypeError: An option is not known or of the wrong type.
        ValueError: An option is no usable value.

    Warns:
        UserWarning: No threshold is known for the model; 0.25 is used.
    """

    __slots__ = ()

    _usual_block = 512

    def __init__(
        self,
        model: str | os.PathLike[str],
        *,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
        compat: bool = False,
        **options: Unpack[Options],
    ) -> None:
        arguments = {
            "providers": None if providers is None else list(providers),
            "num_threads": num_threads,
            "session_options": None if session_options is None else dict(session_options),
            "compat": bool(compat),
        }
        super().__init__(model, arguments, options)

    def load(self) -> Self:
        """Open the model now rather than with the first text.

        Raises:
            MissingDependencyError: numpy or onnxruntime is not installed.
            ModelError: The model is damaged or of another kind.
        """
        if self._scorer.kind != "characters":
            raise ModelError(f"{self._scorer.path} is a SaT model; use scriptio.SaT for it")
        taken, hashes = self._scorer.hashes, self._hashes
        if taken is not None and taken != hashes:
            raise ModelError(
                f"{self._scorer.path} takes {taken} hashes of each character, its config.json says "
                f"{hashes}: the two files belong to different models"
            )
        return self

    @property
    def _hashes(self) -> int:
        own = self._directory.integer("hashes", config="num_hash_functions")
        return own or self._scorer.hashes or HASHES

    def _score_group(
        self,
        texts: list[str],
        reading: Reading,
        threads: int,  # noqa: ARG002 (there is nothing to tokenize)
        all_labels: bool,
        first_text: int,
    ) -> list[Scores]:
        import numpy as np

        shown = ["" if text.isspace() else text for text in texts]
        buckets = self._directory.integer("buckets", config="num_hash_buckets") or BUCKETS
        logits = self._scorer.score_characters(
            shown,
            reading,
            buckets=buckets,
            hashes=self._hashes,
            all_labels=all_labels,
            first_text=first_text,
        )
        ends = [np.arange(1, len(text) + 1, dtype=np.int64) for text in shown]
        return list(map(Scores, ends, logits))
