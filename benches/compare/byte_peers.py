"""genlm-bytes beside `scriptio.ByteLM`: the same vocabulary, the same free model, the same text.

It is no part of requirements.txt, as it brings torch and transformers with it; `byte_costs.py`
leaves it out unless it is asked for (requirements-genlm.txt has the versions that were measured).
"""

import asyncio
import importlib
import statistics
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scriptio import ByteVocab


def genlm_bytes(
    vocab: ByteVocab, row: NDArray[np.float32], text: bytes, beam: int = 5
) -> dict[str, object]:
    """Setup, and milliseconds a byte, of a beam of `beam` over the law `row`; one thread."""
    import torch

    base: Any = importlib.import_module("genlm.backend.llm.base").AsyncLM
    token: Any = importlib.import_module("genlm.backend.tokenization").Token
    peer = importlib.import_module("genlm.bytes")
    torch.set_num_threads(1)
    law = torch.from_numpy(row)

    class Free(base):  # type: ignore[misc]
        """The one law behind every context, over tokens that were decoded before."""

        def __init__(self) -> None:
            special = "<special {}>".format
            written = [vocab.token_bytes(i) or special(i).encode() for i in range(len(vocab))]
            self.byte_vocab = [token(i, content) for i, content in enumerate(written)]
            self.tokenizer = SimpleNamespace(bos_token_id=0)

        async def next_token_logprobs(self, *_context: Any) -> Any:
            return law

        def next_token_logprobs_sync(self, *_context: Any) -> Any:
            return law

    async def run() -> tuple[float, list[float], float]:
        model = Free()
        start = time.perf_counter()
        state = await peer.ByteBeamState.initial(model, peer.BeamParams(K=beam))
        setup = time.perf_counter() - start
        times, spent = [], time.process_time()
        for byte in text:
            begin = time.perf_counter()
            await state.logp_next()
            state = await (state.prune() << byte)
            times.append((time.perf_counter() - begin) * 1e3)
        spent = (time.process_time() - spent) * 1e3
        for left in state.states[:1]:
            await left.cleanup()
        return setup, times, spent

    setup, times, spent = asyncio.run(run())
    return {
        "system": "genlm-bytes",
        "beam": beam,
        "setup_s": round(setup, 3),
        "ms_per_byte_mean": round(statistics.mean(times), 3),
        "ms_per_byte_median": round(statistics.median(times), 3),
        "ms_per_byte_p95": round(float(np.percentile(times, 95)), 3),
        "cpu_ms_per_byte": round(spent / len(times), 3),
        "bytes": len(times),
    }
