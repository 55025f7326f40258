"""A real language model for tests, small and weak: the English one of PyPI glassllm 0.1.0 (MIT).

`SCRIPTIO_LM_DIR` names a directory that holds `glass_en_kv.onnx`, the model with a cache of keys
and values. Its tokenizer is in the package glassllm (`weights/en.tokenizer.json`), or in the same
directory: a list of characters and one of merges. It writes NFC, `▁` for a space, and merges inside
of `\n`, of white space, and of words with the white space before them.
"""

import importlib.util
import json
import os
from pathlib import Path

import pytest

SPECIALS = ("<pad>", "<unk>", "<bos>", "<eos>")
SPACE = "\u2581"
#: The model knows no beginning of a text; it was trained on lines.
NEWLINE = 4
LIMIT = 128

MANIFEST = {
    "format": "scriptio-lm-1",
    "ids": "ids",
    "positions": "pos",
    "mask": "mask",
    "mask_kind": "additive",
    "past": ["past"],
    "present": ["present"],
    "batch_axis": 2,
    "sequence_axis": 4,
    "output": "logp",
    "normalised": True,
    "eos_ids": [3],
    "bos_ids": [NEWLINE],
    "max_context": LIMIT,
}


def tokenizer_json(own: dict) -> dict:
    """The tokenizer as Hugging Face's `tokenizer.json` writes such ones."""
    pieces = [*SPECIALS, *own["alphabet"], *(left + right for left, right in own["merges"])]
    added = [
        {
            "id": number,
            "content": name,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for number, name in enumerate(SPECIALS)
    ]
    words = {
        "type": "Split",
        "pattern": {"Regex": r"\n| *[^ \n]+| +"},
        "behavior": "Isolated",
        "invert": False,
    }
    spaces = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "never", "split": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [words, spaces]},
        "post_processor": None,
        "decoder": spaces,
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {piece: number for number, piece in enumerate(pieces)},
            "merges": [f"{left} {right}" for left, right in own["merges"]],
        },
    }


def files(folder: Path) -> tuple[Path, Path]:
    """A manifest and a `tokenizer.json` written into `folder`; skips the test if there are none."""
    given = os.environ.get("SCRIPTIO_LM_DIR")
    model = Path(given or ".") / "glass_en_kv.onnx"
    if given is None or not model.is_file():
        pytest.skip("SCRIPTIO_LM_DIR names no directory that holds glass_en_kv.onnx")
    own = model.parent / "en.tokenizer.json"
    if not own.is_file():
        spec = importlib.util.find_spec("glassllm")
        if spec is None or spec.origin is None:
            pytest.skip("neither glassllm nor en.tokenizer.json in SCRIPTIO_LM_DIR is there")
        own = Path(spec.origin).parent / "weights" / "en.tokenizer.json"
    manifest, tokenizer = folder / "glass.json", folder / "tokenizer.json"
    manifest.write_text(json.dumps({**MANIFEST, "model": str(model.resolve())}))
    made = tokenizer_json(json.loads(own.read_text("utf-8")))
    tokenizer.write_text(json.dumps(made, ensure_ascii=False), "utf-8")
    return manifest, tokenizer
