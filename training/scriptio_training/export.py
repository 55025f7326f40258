"""Writes a trained checkpoint as a model directory: ONNX, compact tokenizer, manifest.

    python -m scriptio_training.export --checkpoint FILE --vocabulary FOLDER --out DIRECTORY

Weights of linear layers become int8, one scale a column; activations are quantised as the model
runs, window by window, so windows are run alone.
"""

import argparse
import hashlib
import importlib.util
import json
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from scriptio_training.graph import OPSET, build
from scriptio_training.vocabulary import trimmed

BLOCK = 126
STRIDE = 63
ID = "scriptio-sat"
SAMPLE = "this is a sentence this is another one Das ist ein Satz. Und noch einer!"
FORMER = Path(__file__).resolve().parents[2] / "scripts" / "xlmr_tokenizer.py"


def _former() -> ModuleType:
    """The script that writes tokenizers of XLM-R's kind."""
    spec = importlib.util.spec_from_file_location("xlmr_tokenizer", FORMER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tokenizer_json(vocabulary: Path) -> dict[str, Any]:
    """A `tokenizer.json` that reads text as training did."""
    former = _former()
    kept, norm = trimmed(vocabulary)
    pieces = [(piece, former.single(score)) for piece, score in kept]
    made: dict[str, Any] = former.tokenizer(pieces, norm)
    return made


def quantize(model: onnx.ModelProto, path: Path) -> None:
    """Write the graph with int8 linear layers."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float32.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            path,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
        )


def main() -> None:
    import scriptio
    import scriptio._core

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    state = torch.load(options.checkpoint, weights_only=True)
    weights = {name: value.numpy() for name, value in state["trunk"].items()}
    options.out.mkdir(parents=True, exist_ok=True)
    quantize(build(weights, state["table"].numpy()), options.out / "model.onnx")
    described = json.dumps(tokenizer_json(options.vocabulary)).encode()
    (options.out / "tokenizer.bin").write_bytes(scriptio._core.pack_tokenizer(described))
    files = []
    for name in ("model.onnx", "tokenizer.bin"):
        data = (options.out / name).read_bytes()
        files.append({"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    manifest = {
        "id": ID,
        "kind": "SaT: logit of a boundary at the end of each subword token",
        "languages": "all, in one model",
        "threshold": options.threshold,
        "labels": 1,
        "block": BLOCK,
        "stride": STRIDE,
        "weighting": "hat",
        "alone": True,
        "prefix": [0],
        "suffix": [2],
        "pad": 1,
        "vocab_size": int(state["table"].shape[0]),
        "opset": OPSET,
        "steps": int(state["step"]),
        "files": files,
    }
    written = options.out / "manifest.json"
    written.write_text(json.dumps(manifest, indent=2) + "\n")
    # What it says of a text, for a test of other machines.
    scores = scriptio.SaT(options.out, num_threads=1).token_logits(SAMPLE)
    logits = [round(logit, 3) for logit in scores.logits.tolist()]
    manifest["sample"] = {"text": SAMPLE, "ends": scores.ends.tolist(), "logits": logits}
    written.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
