"""Write a `tokenizer.json` for a vocabulary of XLM-R's kind.

    python scripts/xlmr_tokenizer.py vocab.tsv norm.json tokenizer.json [--pieces N]

`vocab.tsv` has a line for each piece, in the order of ids: the piece, a tab, its score. The first
four are `<s>`, `<pad>`, `</s>` and `<unk>`. `norm.json` maps code points to the list of code points
that are written for them. The normalisation becomes a `precompiled_charsmap`, which Hugging Face's
tokenizers and scriptio both read.
"""

from __future__ import annotations

import argparse
import base64
import json
import struct
from pathlib import Path

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
UNK = SPECIAL.index("<unk>")
MASK = "<mask>"


def single(score: float) -> float:
    """The score as the 32-bit number that it was before it was printed."""
    value: float = struct.unpack("<f", struct.pack("<f", score))[0]
    return value


def read_vocab(path: Path, pieces: int | None = None) -> list[tuple[str, float]]:
    """Pieces and scores, in the order of ids."""
    # Pieces may hold any line separator but the one of the file.
    lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")[:pieces]
    pairs = (line.rsplit("\t", 1) for line in lines)
    vocab = [(piece, single(float(score))) for piece, score in pairs]
    if [piece for piece, _ in vocab[: len(SPECIAL)]] != SPECIAL:
        raise ValueError(f"{path} must begin with {SPECIAL}")
    return vocab


def double_array(keys: dict[bytes, int]) -> list[int]:
    """The units of a Darts double array (darts-clone's layout) that maps `keys`."""
    children: dict[bytes, set[int]] = {b"": set()}
    for key in keys:
        for end in range(len(key)):
            children.setdefault(key[:end], set()).add(key[end])
            children.setdefault(key[: end + 1], set())
    units: dict[int, int] = {0: 0}
    used = {0}
    offsets: set[int] = set()
    first = 1

    def place(prefix: bytes, at: int) -> None:
        nonlocal first
        labels = sorted(children[prefix])
        if prefix in keys:
            labels.insert(0, 0)
        # Offsets of 2**21 and more would have to be multiples of 256; none gets there.
        while first in used:
            first += 1
        base = first
        while True:
            spots = [base ^ label for label in labels]
            if base not in offsets and (base ^ at) < 1 << 21 and not used.intersection(spots):
                break
            base += 1
        offsets.add(base)
        used.update(spots)
        units[at] = units.get(at, 0) | ((base ^ at) << 10) | ((prefix in keys) << 8)
        for label in labels:
            if label:
                units[base ^ label] = label
                place(prefix + bytes([label]), base ^ label)
            else:
                units[base] = keys[prefix] | 1 << 31

    place(b"", 0)
    size = (max(units) | 0xFF) + 1
    # A free unit must not look like a child: its label is no byte.
    return [units.get(at, 1 << 31 | 0xFF) for at in range(size)]


def charsmap(norm: dict[int, str]) -> bytes:
    """The `precompiled_charsmap` that writes the strings of `norm` for its code points."""
    strings = bytearray()
    keys: dict[bytes, int] = {}
    places: dict[str, int] = {}
    for code, replacement in sorted(norm.items()):
        if replacement not in places:
            places[replacement] = len(strings)
            strings += replacement.encode("utf-8") + b"\0"
        keys[chr(code).encode("utf-8")] = places[replacement]
    units = double_array(keys)
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + strings


def tokenizer(vocab: list[tuple[str, float]], norm: dict[int, str]) -> dict[str, object]:
    """The content of the `tokenizer.json`."""
    ids = {piece: number for number, (piece, _) in enumerate(vocab)}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": ids[piece], "content": piece, **flags, "special": True} for piece in SPECIAL]
    if MASK in ids:
        added.append({"id": ids[MASK], "content": MASK, **flags, "lstrip": True, "special": True})
    blob = base64.b64encode(charsmap(norm)).decode("ascii")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": blob},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"},
        "model": {"type": "Unigram", "unk_id": UNK, "vocab": vocab, "byte_fallback": False},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vocab", type=Path)
    parser.add_argument("norm", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, help="keep the first N pieces only")
    options = parser.parse_args()
    replacements = json.loads(options.norm.read_text(encoding="utf-8"))
    norm = {int(code): "".join(map(chr, codes)) for code, codes in replacements.items()}
    content = tokenizer(read_vocab(options.vocab, options.pieces), norm)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
