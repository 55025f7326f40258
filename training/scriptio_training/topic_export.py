"""Writes a trained checkpoint as the model directory of scriptio-topic: ONNX and manifest.

    python -m scriptio_training.topic_export --checkpoint FILE --threshold NUMBER --out DIRECTORY

Embeddings are int8 with a half-precision scale a row, products int8 with a scale a column; both are
made floats again where they are used, so a unit's numbers do not depend on what else is read with
it. The tokenizer is that of scriptio-sat, which the package holds already.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from scriptio_training.graph import OPSET, Builder
from scriptio_training.topic_model import (
    BAND,
    BLOCKS,
    BUCKETS,
    CLIMB,
    FIRST,
    GAP,
    LAST,
    REACH,
    ROW,
    ROWS,
    Shape,
)

ID = "scriptio-topic"
#: Units on each side that can change a probability.
HALO = 2 * REACH + max(BAND, max(ROWS) + CLIMB) + 1
#: Units of one run.
BLOCK = 512
SAMPLE = (
    "You may cancel your subscription at any time in your account settings.",
    "Fees that you have paid already are not refunded.",
    "These terms are governed by the laws of the Netherlands.",
    "The courts of Amsterdam have jurisdiction over any dispute.",
)


def eighth(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix in eight bits, with the scales along an axis."""
    scales = np.abs(matrix).max(axis, keepdims=True) / 127.0
    scales = np.where(scales == 0, 1, scales).astype(np.float16).astype(np.float32)
    return np.clip(np.round(matrix / scales), -127, 127).astype(np.int8), scales


class Graph(Builder):
    """A builder that knows the weights of the network."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.weights = weights
        self.known: dict[str, str] = {}

    def ints(self, *values: int) -> str:
        name = "i" + "_".join(map(str, values)).replace("-", "m")
        if name not in self.known:
            self.known[name] = self.constant(name, np.array(values, np.int64))
        return name

    def integer(self, value: int) -> str:
        """A number without dimensions."""
        name = f"n{value}".replace("-", "m")
        if name not in self.known:
            self.known[name] = self.constant(name, np.array(value, np.int64))
        return name

    def number(self, value: float) -> str:
        name = f"f{value}"
        if name not in self.known:
            self.known[name] = self.constant(name, np.array(value, np.float32))
        return name

    def stored(self, name: str, value: NDArray[np.float32]) -> str:
        """A matrix, in eight bits; onnxruntime unpacks it once, when it opens the file."""
        codes, scales = eighth(value, 0)
        whole = self.one("Cast", self.constant(f"{name}.codes", codes), to=TensorProto.FLOAT)
        return self.one("Mul", whole, self.constant(f"{name}.scales", scales))

    def product(self, x: str, name: str) -> str:
        """A linear layer."""
        matrix = self.stored(name, self.weights[f"{name}.weight"].T)
        found = self.one("MatMul", x, matrix)
        if f"{name}.bias" not in self.weights:
            return found
        return self.one("Add", found, self.constant(f"{name}.bias", self.weights[f"{name}.bias"]))

    def sum(self, *parts: str) -> str:
        total = parts[0]
        for part in parts[1:]:
            total = self.one("Add", total, part)
        return total

    def piece(self, x: str, start: int, stop: int, axis: int) -> str:
        return self.one("Slice", x, self.ints(start), self.ints(stop), self.ints(axis))

    def later(self, x: str, by: int) -> str:
        """Rows of a matrix `by` places later, or earlier; zeros where nothing is."""
        if by == 0:
            return x
        pads = (0, 0, by, 0) if by > 0 else (-by, 0, 0, 0)
        padded = self.one("Pad", x, self.ints(*pads))
        return self.piece(padded, by, 1 << 40, 0) if by > 0 else self.piece(padded, 0, by, 0)

    def total(self, x: str) -> str:
        return self.one("ReduceSum", x, self.ints(-1), keepdims=1)

    def pooled(self, values: str, owners: str, width: int) -> str:
        """Sums of the rows of each unit; the row behind the last is of empty places."""
        shape = self.one("Concat", self.one("Add", "count", self.ints(1)), self.ints(width), axis=0)
        empty = self.one("Expand", self.number(0.0), shape)
        sums = self.one("ScatterND", empty, owners, values, reduction="add")
        return self.one("Slice", sums, self.ints(0), "count", self.ints(0))


def build(
    weights: dict[str, NDArray[np.float32]],
    table: NDArray[np.float32],
    token_weights: NDArray[np.float32],
    shape: Shape,
) -> onnx.ModelProto:
    """The graph: places in a row to the logits of a boundary before each unit."""
    b = Graph(weights)
    width = table.shape[1]
    # An empty place has the id behind the last.
    codes, scales = eighth(np.concatenate([table, np.zeros((1, width), np.float32)]), 1)
    b.nodes.append(helper.make_node("Shape", ["starts"], ["count"], name="count"))
    embedded = b.one("Gather", b.constant("table", codes), "tokens")
    embedded = b.one("Cast", embedded, to=TensorProto.FLOAT)
    factors = b.one("Gather", b.constant("table.scales", scales.astype(np.float16)), "tokens")
    embedded = b.one("Mul", embedded, b.one("Cast", factors, to=TensorProto.FLOAT))
    shares = np.exp(np.append(token_weights, 0.0))[:, None].astype(np.float16)
    share = b.one("Gather", b.constant("shares", shares), "tokens")
    share = b.one("Cast", share, to=TensorProto.FLOAT)
    owners = b.one("Unsqueeze", "owners", b.ints(1))
    triple = b.one("Concat", b.later(embedded, -1), embedded, b.later(embedded, 1), axis=1)
    seen = b.one("Relu", b.product(triple, "conv"))
    # A weighted mean of embeddings, and of what is seen as each head chooses; the sums of the
    # weights are pooled along with them.
    chosen = b.one("Clip", b.product(seen, "query"), b.number(-8.0), b.number(8.0))
    chosen = b.one("Exp", chosen)
    spread = np.repeat(np.eye(shape.pools, dtype=np.float32), shape.inner // shape.pools, 1)
    spread_name = b.constant("spread", spread)
    values = b.one(
        "Concat",
        b.one("Mul", embedded, share),
        share,
        b.one("Mul", seen, b.one("MatMul", chosen, spread_name)),
        chosen,
        axis=1,
    )
    sums = b.pooled(values, owners, width + 1 + shape.inner + shape.pools)
    at = width + 1
    mean = b.one("Div", b.piece(sums, 0, width, 1), b.piece(sums, width, at, 1))
    weighed = b.one("MatMul", b.piece(sums, at + shape.inner, 1 << 40, 1), spread_name)
    pooled = b.one("Div", b.piece(sums, at, at + shape.inner, 1), weighed)
    # The first tokens and the last ones; behind the last place is an empty one.
    end = b.one("Shape", "tokens")
    sizes = b.one("Unsqueeze", "sizes", b.ints(1))
    starts = b.one("Unsqueeze", "starts", b.ints(1))

    def edge(values: str, index: str, places: int, size: int) -> str:
        place = b.constant(f"places{places}", np.arange(places, dtype=np.int64))
        one = b.one("Sub" if index != starts else "Add", index, place)
        inside = b.one("Less", place, sizes)
        one = b.one("Where", inside, one, end)
        padded = b.one("Pad", values, b.ints(0, 0, 1, 0))
        return b.one("Reshape", b.one("Gather", padded, one), b.ints(-1, places * size))

    final = b.one("Sub", b.one("Add", starts, sizes), b.ints(1))
    first = edge(seen, starts, FIRST, shape.inner)
    last = edge(embedded, final, LAST, width)
    x = b.sum(
        b.product(first, "first"),
        b.product(last, "last"),
        b.product(mean, "mean"),
        b.product(pooled, "pooled"),
        b.product("surface", "surface"),
    )
    x = b.one("Relu", x)
    sense = b.product(b.one("Concat", mean, pooled, axis=1), "sense")
    size = b.one("Sqrt", b.total(b.one("Mul", sense, sense)))
    sense = b.one("Div", sense, b.one("Max", size, b.number(1e-6)))
    # How like neighbours are.
    band = [b.total(b.one("Mul", sense, b.later(sense, by))) for by in range(1, BAND + 1)]
    band += [b.total(b.one("Mul", sense, b.later(sense, -by))) for by in range(1, BAND + 1)]
    after = b.one("Concat", *band[:BAND], axis=1)
    before = b.one("Concat", *band[BAND:], axis=1)
    both = b.one("Concat", after, before, axis=1)
    lexical = words(b, share)
    x = b.sum(b.product(x, "unit"), b.product(both, "band"), b.product(lexical, "words"))
    # Units attend to those that are near.
    place = b.one("Range", b.integer(0), b.one("Squeeze", "count"), b.integer(1))
    apart = b.one("Sub", b.one("Unsqueeze", place, b.ints(0)), b.one("Unsqueeze", place, b.ints(1)))
    near = b.one("Clip", apart, b.integer(-REACH), b.integer(REACH))
    near_index = b.one("Add", near, b.integer(REACH))
    away = b.one("Where", b.one("Equal", near, apart), b.number(0.0), b.number(-1e4))
    per_head = shape.hidden // shape.heads
    for number in range(shape.layers):
        name = f"layers.{number}"
        # The scale of the scores goes into the query's weights.
        for part in ("weight", "bias"):
            merged = weights[f"{name}.qkv.{part}"].copy()
            merged[: shape.hidden] *= np.float32(per_head**-0.5)
            weights[f"{name}.qkv.{part}"] = merged
        thirds = b.split(b.product(b.norm(x, weights, f"{name}.norm1"), f"{name}.qkv"), 3)
        split = b.ints(0, shape.heads, per_head)
        q, k, v = (b.one("Reshape", third, split) for third in thirds)
        q = b.one("Transpose", q, perm=[1, 0, 2])
        k = b.one("Transpose", k, perm=[1, 2, 0])
        v = b.one("Transpose", v, perm=[1, 0, 2])
        bias = b.one(
            "Gather",
            b.constant(f"{name}.distance", weights[f"{name}.distance"]),
            near_index,
            axis=1,
        )
        scores = b.sum(b.one("MatMul", q, k), bias, away)
        mixed = b.one("MatMul", b.one("Softmax", scores, axis=-1), v)
        mixed = b.one("Transpose", mixed, perm=[1, 0, 2])
        mixed = b.one("Reshape", mixed, b.ints(0, shape.hidden))
        x = b.one("Add", x, b.product(mixed, f"{name}.out"))
        inner = b.one("Relu", b.product(b.norm(x, weights, f"{name}.norm2"), f"{name}.wide"))
        x = b.one("Add", x, b.product(inner, f"{name}.narrow"))
    x = b.norm(x, weights, "norm")
    cosines = []
    for block in BLOCKS:
        right = b.sum(*(b.later(sense, by) for by in range(block)))
        left = b.sum(*(b.later(sense, -by) for by in range(1, block + 1)))
        product = b.total(b.one("Mul", left, right))
        squares = b.one(
            "Mul", b.total(b.one("Mul", left, left)), b.total(b.one("Mul", right, right))
        )
        cosines.append(b.one("Div", product, b.one("Sqrt", b.one("Max", squares, b.number(1e-12)))))
    cohesion = b.one("Concat", *cosines, b.later(after, -1), before, axis=1)
    joint = b.sum(
        b.product(b.later(x, -1), "left"),
        b.product(x, "right"),
        b.product(lexical, "change"),
        b.product(cohesion, "cohesion"),
    )
    logits = b.product(b.one("Relu", joint), "head")
    b.one("Squeeze", b.piece(logits, 0, 1, 1), b.ints(1), name="logits")
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, ["places"]),
        helper.make_tensor_value_info("owners", TensorProto.INT64, ["places"]),
        helper.make_tensor_value_info("rows", TensorProto.INT64, ["places"]),
        helper.make_tensor_value_info("firsts", TensorProto.INT64, ["units"]),
        helper.make_tensor_value_info("starts", TensorProto.INT64, ["units"]),
        helper.make_tensor_value_info("sizes", TensorProto.INT64, ["units"]),
        helper.make_tensor_value_info("surface", TensorProto.FLOAT, ["units", shape.features]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["units"])]
    graph = helper.make_graph(b.nodes, ID, inputs, outputs, b.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def words(b: Graph, share: str) -> str:
    """How like the words on both sides of each place are, and how far that rises around it.

    Empty places are in row 0, which is before the first row of any unit by the greatest window.
    """
    most = max(ROWS)
    last = b.one("ReduceMax", "rows", keepdims=1)
    count = b.one("Add", last, b.ints(1 + most))
    filled = b.one("Cast", b.one("Less", "owners", "count"), to=TensorProto.FLOAT)
    weights = b.one("Mul", b.one("Squeeze", share, b.ints(1)), filled)
    place = b.one(
        "Add",
        b.one("Mul", "rows", b.ints(BUCKETS)),
        b.one("Mod", "tokens", b.ints(BUCKETS)),
    )
    empty = b.one("Expand", b.number(0.0), b.one("Mul", count, b.ints(BUCKETS)))
    bags = b.one("ScatterND", empty, b.one("Unsqueeze", place, b.ints(1)), weights, reduction="add")
    bags = b.one("Reshape", bags, b.ints(-1, BUCKETS))
    sums = b.one("Pad", b.one("CumSum", bags, b.ints(0)), b.ints(1, 0, 0, 0))
    here = b.one("Gather", sums, "firsts")
    found = []
    for size in ROWS:
        before = b.one("Gather", sums, b.one("Sub", "firsts", b.ints(size)))
        behind = b.one("Gather", sums, b.one("Add", "firsts", b.ints(size)))
        left, right = b.one("Sub", here, before), b.one("Sub", behind, here)
        product = b.total(b.one("Mul", left, right))
        squares = b.one(
            "Mul", b.total(b.one("Mul", left, left)), b.total(b.one("Mul", right, right))
        )
        found.append(b.one("Div", product, b.one("Sqrt", b.one("Max", squares, b.number(1e-6)))))
    likeness = b.one("Concat", *found, axis=1)
    turned = b.one("Unsqueeze", b.one("Transpose", likeness, perm=[1, 0]), b.ints(0))
    before = b.one("Pad", turned, b.ints(0, 0, CLIMB, 0, 0, 0))
    behind = b.one("Pad", turned, b.ints(0, 0, 0, 0, 0, CLIMB))
    peaks = [b.one("MaxPool", side, kernel_shape=[CLIMB + 1]) for side in (before, behind)]
    rise = b.one("Sub", b.one("Add", *peaks), b.one("Mul", turned, b.number(2.0)))
    both = b.one("Concat", turned, rise, axis=1)
    return b.one("Transpose", b.one("Squeeze", both, b.ints(0)), perm=[1, 0])


def main() -> None:
    from scriptio._topic_model import TopicModel

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    state = torch.load(options.checkpoint, weights_only=True)
    weights = {name: value.numpy() for name, value in state["network"].items()}
    shape = Shape(**state["shape"])
    table, token_weights = state["table"].numpy(), state["weights"].numpy()
    options.out.mkdir(parents=True, exist_ok=True)
    onnx.save(build(weights, table, token_weights, shape), options.out / "model.onnx")
    data = (options.out / "model.onnx").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    manifest: dict[str, Any] = {
        "id": ID,
        "kind": "topic: logit of a boundary before each unit of a document",
        "languages": "all, in one model",
        "threshold": options.threshold,
        "tokenizer_of": "scriptio-sat",
        "vocab_size": len(table),
        "features": shape.features,
        "gap": GAP,
        "row": ROW,
        "margin": max(ROWS),
        "halo": HALO,
        "block": BLOCK,
        "opset": OPSET,
        "steps": int(state["step"]),
        "files": [{"path": "model.onnx", "bytes": len(data), "sha256": digest}],
    }
    written = options.out / "manifest.json"
    written.write_text(json.dumps(manifest, indent=2) + "\n")
    # What it says of a text, for a test of other machines.
    found = TopicModel(options.out, num_threads=1).score_document(SAMPLE)
    manifest["sample"] = {"units": SAMPLE, "probabilities": [round(p, 3) for p in found]}
    written.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
