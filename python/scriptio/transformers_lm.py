"""A causal language model of Hugging Face's transformers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scriptio._cached_lm import CachedLM
from scriptio._imports import require
from scriptio._text import checked_int
from scriptio.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TransformersLM"]

#: The axis of keys and values that is the past, without the batch.
AXIS = 1


class TransformersLM(CachedLM):
    """A causal language model of transformers; a `LanguageModel`.

    The model stays on its device and in its type, and keys and values with
    it; each token of a tree of contexts is read once, as by `OnnxLM`. torch
    and transformers are imported here and nowhere else.

    Args:
        model: What `AutoModelForCausalLM.from_pretrained` gives, in the mode
            for evaluation.
        eos_ids: The ids that end a text; those of its generation
            configuration, or else its configuration, unless told.
        bos_ids: The ids that the model reads before every text; the one of
            its configuration unless told, `()` for none. Without any it
            cannot tell how a text begins.
        max_context: How many tokens it can read; what its configuration says
            unless told.

    Raises:
        MissingDependencyError: numpy, torch or transformers is not installed.
        TypeError: It is no such model.
        ValueError: The model is in the mode for training, where what it gives
            is drawn by lot.
    """

    __slots__ = ("_model",)

    def __init__(
        self,
        model: Any,
        *,
        eos_ids: Sequence[int] | None = None,
        bos_ids: Sequence[int] | None = None,
        max_context: int | None = None,
    ) -> None:
        require("numpy", "torch", "transformers")
        config = getattr(model, "config", None)
        if config is None or not callable(getattr(model, "forward", None)):
            raise TypeError(
                f"model must be a causal language model of transformers, not "
                f"{type(model).__name__}; pass what AutoModelForCausalLM.from_pretrained gives"
            )
        if model.training:
            raise ValueError(
                "model is in the mode for training, where dropout changes its laws from call to "
                "call; call model.eval() first"
            )
        self._model = model
        ends = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
        limit = max_context
        if limit is None:
            # Some models, such as those of state spaces, have no limit.
            limit = getattr(config, "max_position_embeddings", None)
        self._init(
            type(model).__name__,
            int(config.vocab_size),
            ids_of(getattr(config, "eos_token_id", None) if ends is None else ends)
            if eos_ids is None
            else eos_ids,
            ids_of(getattr(config, "bos_token_id", None)) if bos_ids is None else bos_ids,
            None if limit is None else checked_int(limit, "max_context"),
        )

    @property
    def model(self) -> Any:
        """The model."""
        return self._model

    def __repr__(self) -> str:
        return f"TransformersLM(<{self._name}>)"

    def _keeps(self) -> bool:
        return True

    def _gives_logits(self) -> bool:
        return True

    def _forward(
        self, ids: "NDArray[np.int64]", lengths: list[int], past: int, before: list[list[Any]]
    ) -> tuple[Any, list[Any]]:
        import torch
        from transformers import DynamicCache

        rows, longest = ids.shape
        device = self._model.device
        cache = DynamicCache()
        if past:
            stacked = [torch.stack(arrays) for arrays in zip(*before, strict=True)]
            for layer in range(len(stacked) // 2):
                cache.update(stacked[2 * layer], stacked[2 * layer + 1], layer)
        places = torch.arange(past, past + longest, device=device)
        ends = torch.tensor(lengths, device=device)[:, None] + past
        mask = torch.arange(past + longest, device=device)[None, :] < ends
        with torch.inference_mode():
            try:
                out = self._model(
                    input_ids=torch.from_numpy(ids).to(device),
                    attention_mask=mask.long(),
                    position_ids=places.expand(rows, -1),
                    past_key_values=cache,
                    use_cache=True,
                )
            except Exception as error:
                raise ModelError(
                    f"{self._name} could not be run on {rows} rows of {longest} tokens after "
                    f"{past}: {error}"
                ) from error
        scores = out.logits
        if tuple(scores.shape) != (rows, longest, self._size):
            raise ModelError(
                f"{self._name} gave logits of shape {tuple(scores.shape)} for {rows} rows of "
                f"{longest} tokens and the vocabulary of {self._size} of its configuration"
            )
        present = keys_and_values(out.past_key_values)
        for tensor in present:
            if tensor.shape[AXIS + 1] != past + longest:
                raise ModelError(
                    f"{self._name} keeps {tensor.shape[AXIS + 1]} of {past + longest} tokens; "
                    "models of a sliding window or a recurrent state are not supported"
                )
        return scores, present

    def _row(self, scores: Any, row: int, column: int) -> "NDArray[Any]":
        found: NDArray[Any] = scores[row, column].float().cpu().numpy()
        return found

    def _cut(self, array: Any, length: int) -> Any:
        return array[:, :length]

    def _join(self, arrays: Sequence[Any]) -> Any:
        import torch

        return torch.cat(list(arrays), dim=AXIS)

    def _part(self, tensor: Any, row: int, first: int, last: int) -> Any:
        return tensor[row, :, first:last].clone()


def ids_of(value: Any) -> tuple[int, ...]:
    """One id, several or none, as configurations have them."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def keys_and_values(cache: Any) -> list[Any]:
    """The tensors of a cache, keys and values of each layer in turn.

    Raises:
        ModelError: The cache holds something else.
    """
    layers = getattr(cache, "layers", None)
    if layers is not None:
        # Since transformers 4.54.
        pairs = [(getattr(one, "keys", None), getattr(one, "values", None)) for one in layers]
    else:
        pairs = list(zip(cache.key_cache, cache.value_cache, strict=True))
    found = [tensor for pair in pairs for tensor in pair]
    if any(getattr(tensor, "ndim", 0) != 4 for tensor in found) or not found:
        raise ModelError(
            f"the model keeps a {type(cache).__name__} of something else than keys and values; "
            "only plain transformers are supported"
        )
    return found
