"""`SaT`: segmentation by a model that reads subword tokens."""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, Unpack, cast

from scriptio import _core
from scriptio._labelled import Documents
from scriptio._neural import NeuralSegmenter
from scriptio._policy import Options
from scriptio._scores import Scores
from scriptio.adaptation import Adapter, TokenScorer, fit
from scriptio.errors import ModelError
from scriptio.onnx import Reading
from scriptio.sentence import SentenceSegmenter

__all__ = ["Options", "SaT", "Scores"]


class SaT(NeuralSegmenter):
    """Cuts texts where a model of the family Segment any Text finds boundaries.

    The model gives each token a probability that a segment ends with it
    (Frohmann et al. 2024); a segment ends where that is above the threshold.
    It needs no punctuation and knows no languages apart. White space after a
    segment belongs to it, so the segments concatenate to the text unless
    told otherwise.

    Models are the bundled ones, and directories with `model_optimized.onnx`
    or `model.onnx`, `config.json` and `tokenizer.json`, such as those that
    `segment-any-text` publishes (whose tokenizer is that of
    `xlm-roberta-base`). Nothing is ever downloaded.

    Files are opened with the first text, or by `load`. A segmenter cannot be
    changed, may be used by several threads at once, and can be pickled by the
    path of its model; two of the same configuration are equal.

    Args:
        model: The id of a bundled model or the path of a directory; the
            default model unless told.
        tokenizer: The path of a tokenizer's file, `tokenizer.json` or
            scriptio's compact form; that in the model's directory unless told.
        providers: onnxruntime's execution providers in order of preference.
        num_threads: How many threads the model uses; `SCRIPTIO_NUM_THREADS`
            or as many as there are processors unless told.
        session_options: More settings of onnxruntime; see `OnnxScorer`.
        compat: Do as wtpsplit does where that differs: stride 64 for segments
            and 256 for probabilities; newlines of the text cut segments and
            are left out of them, unless `split_on_input_newlines=False`;
            limits of length pack, and take the place of the threshold.
        rules: Let the sentence rules have a say: their verdicts and the
            model's scores are added up, with weights. It is best for punctuated
            text whose language is known, and does no harm to other text.
        cascade: Ask the model only where the rules are unsure, and where
            they see no boundary for long. Well-punctuated text then costs a
            few percent of the full price.
        adapter: What corrects the scores for texts of one kind, or the path
            of its file; see `adapt`.
        options: How to segment; see `scriptio.sat.Options`. Each call may
            override them.

    Raises:
        ModelError: There is no such model, or its files are not as they
            should be.
        TypeError: An option is not known or of the wrong type.
        ValueError: An option is no usable value.

    Warns:
        UserWarning: No threshold is known for the model; 0.25 is used.
    """

    __slots__ = ("_lock", "_tokenizer", "_tokenizer_path")

    _usual_block = 510

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        tokenizer: str | os.PathLike[str] | None = None,
        providers: Sequence[Any] | None = None,
        num_threads: int | None = None,
        session_options: Mapping[str, Any] | None = None,
        compat: bool = False,
        rules: SentenceSegmenter | None = None,
        cascade: bool = False,
        adapter: Adapter | str | os.PathLike[str] | None = None,
        **options: Unpack[Options],
    ) -> None:
        if rules is not None and not isinstance(rules, SentenceSegmenter):
            raise TypeError(f"rules must be a SentenceSegmenter, not {type(rules).__name__}")
        if cascade and rules is None:
            raise ValueError(
                "cascade asks the model where rules are unsure; pass rules=SentenceSegmenter(lang)"
            )
        if adapter is not None and rules is not None:
            raise ValueError("an adapter knows the rules; pass either rules or adapter")
        if adapter is not None and not isinstance(adapter, Adapter):
            if not isinstance(adapter, (str, os.PathLike)):
                raise TypeError(
                    f"adapter must be an Adapter or the path of one, not {type(adapter).__name__}"
                )
            adapter = Adapter.load(adapter)
        arguments = {
            "rules": rules,
            "cascade": bool(cascade),
            "adapter": adapter,
            "tokenizer": None if tokenizer is None else os.fspath(tokenizer),
            "providers": None if providers is None else list(providers),
            "num_threads": num_threads,
            "session_options": None if session_options is None else dict(session_options),
            "compat": bool(compat),
        }
        super().__init__(model, arguments, options)
        self._tokenizer_path = self._tokenizer_file(tokenizer)
        self._tokenizer: _core.Tokenizer | None = None
        self._lock = threading.Lock()

    def _tokenizer_file(self, own: str | os.PathLike[str] | None) -> Path:
        path = self._directory.tokenizer if own is None else Path(os.fspath(own))
        if path is None:
            raise ModelError(
                f"{self._directory.path} holds no tokenizer.json; put that of the model there (of "
                "xlm-roberta-base, for the published SaT models), or pass tokenizer= with its path"
            )
        if not path.is_file():
            raise ModelError(f"{path} is no file; tokenizer= takes the path of a tokenizer.json")
        return path

    def load(self) -> Self:
        """Open the model and its tokenizer now rather than with the first text.

        Raises:
            MissingDependencyError: numpy or onnxruntime is not installed.
            ModelError: The model or its tokenizer is damaged, of another
                kind, or does not fit the other.
        """
        if self._scorer.kind != "tokens":
            raise ModelError(f"{self._scorer.path} is a WtP model; use scriptio.WtP for it")
        self._opened_tokenizer()
        return self

    @property
    def adapter(self) -> Adapter | None:
        """What corrects the model's scores."""
        return self._adapter

    def adapt(
        self, documents: Documents, *, lang: str = "und", separator: str | None = None
    ) -> "SaT":
        """A segmenter that has learnt the conventions of labelled texts.

        16 to 1,000 sentences are enough, and take seconds: the model stays as
        it is, and an `Adapter` corrects its scores by a logistic regression
        over them, the verdicts of the sentence rules and the text around.
        `adapter.report` tells how well, by cross-validation; `adapter.save`
        keeps it, and `SaT(adapter=path)` takes it up again.

        Args:
            documents: As for `scriptio.adaptation.fit`.
            lang: The language of the texts, for the rules.
            separator: As for `scriptio.adaptation.fit`.

        Raises:
            ModelError: The model cannot be used.
            TypeError: An argument is of the wrong type.
            ValueError: There are too few sentences, or the ends do not fit
                the texts.
        """
        plain = {**self._arguments, "rules": None, "cascade": False, "adapter": None}
        options = {**self._policy.options(), "threshold": None}
        # The threshold that was told is that of the scores which are corrected.
        base = SaT(**plain, **{**options, "threshold": self._base_threshold})
        learnt = fit(
            cast(TokenScorer, base),
            documents,
            lang=lang,
            base_threshold=base.threshold,
            separator=separator,
        )
        return SaT(**{**plain, "adapter": learnt}, **options)

    def _opened_tokenizer(self) -> _core.Tokenizer:
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    self._tokenizer = self._made_tokenizer()
        return self._tokenizer

    def _made_tokenizer(self) -> _core.Tokenizer:
        path = self._tokenizer_path
        try:
            made = _core.Tokenizer.from_bytes(path.read_bytes())
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise ModelError(f"{path} is no usable tokenizer: {error}") from error
        rows = self._directory.integer("vocab_size", config="vocab_size")
        if rows is not None and made.vocab_size > rows:
            raise ModelError(
                f"{path} has {made.vocab_size} ids, the model in {self._directory.path} embeds "
                f"{rows}: the tokenizer belongs to another model; pass tokenizer= with the path of "
                "its own"
            )
        return made

    def _score_group(
        self,
        texts: list[str],
        reading: Reading,
        threads: int,
        all_labels: bool,
        first_text: int,
    ) -> list[Scores]:
        import numpy as np

        # White space alone is not run: its only token would be the mark of a word that is none.
        shown = ["" if text.isspace() else text for text in texts]
        encodings = self._opened_tokenizer().encode_batch(shown, threads)
        logits = self._scorer.score_tokens(
            [encoding.ids for encoding in encodings],
            reading,
            all_labels=all_labels,
            first_text=first_text,
        )
        ends = [np.asarray(encoding.ends) for encoding in encodings]
        return list(map(Scores, ends, logits))
