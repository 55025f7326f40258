"""What exact byte probabilities cost beside the model.

Two measurements. `--tokenizer`: a model that costs nothing (one fixed law) over a real
vocabulary, so that what is left is our own time: setting up, and each byte read with the law of
the next one asked for, from cold (`first_100`: the first hundred bytes), with one thread, by the
clock and in CPU time, which other programs disturb less. With
`--genlm-bytes N` genlm-bytes reads the first N of the same bytes under the same law, in the same
run (it must be installed; requirements-genlm.txt). `--lm` (with `--lm-tokenizer`): a real model;
how many of its contexts each token takes at several `max_error`, and whether the certificates hold
against the exact law.

    python byte_costs.py --tokenizer gpt4.tokenizer.json --text english.txt \
        --lm glass_en_kv.onnx --lm-tokenizer glass.json --json ../results/byte_costs.json
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scriptio
from numpy.typing import NDArray


class Counted:
    """A language model that counts the contexts it is asked about."""

    def __init__(self, model: scriptio.LanguageModel) -> None:
        self.model = model
        self.contexts = 0

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return self.model.vocab_size

    @property
    def eos_ids(self) -> Sequence[int]:
        """The ids that end a text."""
        return self.model.eos_ids

    @property
    def max_context(self) -> int | None:
        """How many tokens a context may have."""
        return self.model.max_context

    def next_logprobs(self, contexts: Sequence[scriptio.Context]) -> NDArray[np.floating[Any]]:
        """The laws behind `contexts`."""
        self.contexts += len(contexts)
        return self.model.next_logprobs(contexts)


class Free:
    """A language model that costs nothing: the same law behind every context."""

    max_context = None
    eos_ids: Sequence[int] = ()

    def __init__(self, vocab_size: int, seed: int = 0) -> None:
        self.vocab_size = vocab_size
        logits = np.random.default_rng(seed).normal(size=vocab_size) * 2
        self.row = (logits - np.log(np.exp(logits).sum())).astype(np.float32)

    def next_logprobs(self, contexts: Sequence[scriptio.Context]) -> NDArray[np.floating[Any]]:
        """The one law, for each."""
        return np.broadcast_to(self.row, (len(contexts), self.vocab_size))


def overhead(path: Path, text: bytes, count: int, peer: int = 0) -> dict[str, object]:
    """Setup, and milliseconds a byte; of genlm-bytes too, for `peer` bytes."""
    start, began = time.perf_counter(), time.thread_time()
    vocab = scriptio.ByteVocab.from_file(path)
    loaded = time.perf_counter()
    began = time.thread_time() - began
    model = Free(len(vocab))
    made, paused = time.perf_counter(), time.thread_time()
    lm = scriptio.ByteLM(model, vocab)
    ready = time.perf_counter()
    began += time.thread_time() - paused
    state = lm.start()
    times = []
    spent = time.thread_time()
    for byte in text[:count]:
        begin = time.perf_counter()
        state.next_logprobs()
        state.push(byte)
        times.append((time.perf_counter() - begin) * 1e3)
    spent = (time.thread_time() - spent) * 1e3
    found: dict[str, object] = {
        "tokenizer": path.name,
        "vocabulary": len(vocab),
        "load_s": round(loaded - start, 3),
        "setup_s": round(ready - made, 3),
        "load_and_setup_cpu_s": round(began, 3),
        "ms_per_byte_mean": round(statistics.mean(times), 3),
        "ms_per_byte_median": round(statistics.median(times), 3),
        "ms_per_byte_p95": round(float(np.percentile(times, 95)), 3),
        "ms_per_byte_first_100": round(statistics.mean(times[:100]), 3),
        "cpu_ms_per_byte": round(spent / len(times), 3),
        "bytes": len(times),
    }
    if peer:
        from byte_peers import genlm_bytes

        found["peer"] = genlm_bytes(vocab, model.row, text[:peer])
    return found


def certified(
    model: scriptio.LanguageModel, vocab: scriptio.ByteVocab, texts: list[bytes]
) -> list[dict[str, object]]:
    """Contexts a token and certificates, by `max_error`."""
    exact = scriptio.ByteLM(model, vocab)
    laws = []
    for text in texts:
        state, found = exact.start(), []
        for byte in text:
            found.append(np.exp(state.next_logprobs()))
            state.push(byte)
        laws.append(found)
    tokens = sum(len(vocab.encode(text.decode())) for text in texts)
    rows: list[dict[str, object]] = []
    for error in (0.2, 0.1, 0.01, 0.001, 0.0):
        counted = Counted(model)
        lm = scriptio.ByteLM(counted, vocab, max_error=error)
        variations, bounds, violated = [], [], 0
        for text, found in zip(texts, laws, strict=True):
            state = lm.start()
            for byte, law in zip(text, found, strict=True):
                variation = float(np.abs(np.exp(state.next_logprobs()) - law).sum() / 2)
                bound = state.certificate
                violated += variation > bound + 1e-9 or bound > error + 1e-12
                variations.append(variation)
                bounds.append(bound)
                state.push(byte)
        rows.append({
            "max_error": error,
            "laws": len(variations),
            "contexts_per_token": round(counted.contexts / tokens, 3),
            "contexts_per_byte": round(counted.contexts / len(variations), 3),
            "variation_mean": float(np.mean(variations)),
            "variation_max": float(np.max(variations)),
            "violated": violated,
        })  # fmt: skip
        print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Run the measurements asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tokenizer", type=Path, action="append", default=[])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--bytes", type=int, default=2000)
    parser.add_argument("--genlm-bytes", type=int, default=0, help="bytes that it reads")
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--lm-tokenizer", type=Path)
    parser.add_argument("--pieces", type=int, default=150, help="texts of 70 bytes for --lm")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    text = options.text.read_text(errors="ignore")
    results: dict[str, object] = {}
    for path in options.tokenizer:
        row = overhead(path, text.encode(), options.bytes, options.genlm_bytes)
        results.setdefault("overhead", []).append(row)  # type: ignore[attr-defined]
        print(json.dumps(row), flush=True)
    if options.lm:
        words = text.split()
        size = max(1, len(words) // options.pieces)
        pieces = [" ".join(words[i : i + 14])[:70].encode() for i in range(0, len(words), size)]
        vocab = scriptio.ByteVocab.from_file(options.lm_tokenizer)
        model = scriptio.OnnxLM(options.lm)
        results["certified"] = certified(model, vocab, pieces[: options.pieces])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
