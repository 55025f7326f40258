"""Builds the ONNX graph of a trained model, operator by operator.

The graph uses standard operators alone. Embeddings are four-bit codes, two in a byte, with one
half-precision scale per block of 32; they are unpacked for the tokens of a window only.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
BLOCK = 32
HEADS = 12


def pack(table: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.float16]]:
    """Codes (rows, width / 2) and scales (rows, width / 32) of an embedding table.

    The low half of byte `i` is column `i`, the high half column `i + width / 2`.
    """
    rows, width = table.shape
    blocks = table.reshape(rows, -1, BLOCK)
    at = np.abs(blocks).argmax(-1)[..., None]
    scales = (np.take_along_axis(blocks, at, -1) / -8.0).astype(np.float16)
    safe = np.where(scales == 0, 1, scales).astype(np.float32)
    codes = np.clip(np.round(blocks / safe), -8, 7).astype(np.int8).reshape(rows, width) + 8
    half = width // 2
    packed = codes[:, :half].astype(np.uint8) | (codes[:, half:].astype(np.uint8) << 4)
    return packed, scales[..., 0]


class Builder:
    """Collects nodes and constants; every method gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def one(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def split(self, x: str, count: int) -> list[str]:
        """Parts of equal width."""
        names = [f"Split_{len(self.nodes)}_{number}" for number in range(count)]
        node = helper.make_node("Split", [x], names, name=names[0], axis=-1, num_outputs=count)
        self.nodes.append(node)
        return names

    def linear(self, x: str, weights: dict[str, NDArray[np.float32]], name: str) -> str:
        product = self.one(
            "MatMul",
            x,
            self.constant(f"{name}.weight", weights[f"{name}.weight"].T),
            name=f"{name}.matmul",
        )
        return self.one(
            "Add",
            product,
            self.constant(f"{name}.bias", weights[f"{name}.bias"]),
            name=f"{name}.add",
        )

    def norm(self, x: str, weights: dict[str, NDArray[np.float32]], name: str) -> str:
        return self.one(
            "LayerNormalization",
            x,
            self.constant(f"{name}.weight", weights[f"{name}.weight"]),
            self.constant(f"{name}.bias", weights[f"{name}.bias"]),
            axis=-1,
            epsilon=1e-5,
        )

    def residual(self, x: str, y: str, weights: dict[str, NDArray[np.float32]], name: str) -> str:
        # onnxruntime (1.31) makes one operator of Add and LayerNormalization, whose kernel for
        # processors takes five times as long as the two. A Sum it leaves alone.
        return self.norm(self.one("Sum", x, y), weights, name)


def build(weights: dict[str, NDArray[np.float32]], table: NDArray[np.float32]) -> onnx.ModelProto:
    """The float32 graph (but for the embeddings) of the trunk's weights and the table."""
    b = Builder()
    weights = dict(weights)
    width = table.shape[1]
    size = width // HEADS
    layers = 1 + max(int(k.split(".")[1]) for k in weights if k.startswith("layers."))
    codes, scales = pack(table)
    # Embeddings.
    rows = b.one("Gather", b.constant("embedding.codes", codes), "input_ids")
    low = b.one("BitwiseAnd", rows, b.constant("fifteen", np.array(15, np.uint8)))
    high = b.one("BitShift", rows, b.constant("four", np.array(4, np.uint8)), direction="RIGHT")
    whole = b.one("Cast", b.one("Concat", low, high, axis=-1), to=TensorProto.FLOAT)
    centred = b.one("Sub", whole, b.constant("eight", np.array(8, np.float32)))
    blocks = b.one(
        "Reshape", centred, b.constant("blocks", np.array([0, 0, width // BLOCK, BLOCK]))
    )
    factors = b.one("Gather", b.constant("embedding.scales", scales), "input_ids")
    factors = b.one("Cast", factors, to=TensorProto.FLOAT)
    factors = b.one("Unsqueeze", factors, b.constant("last", np.array([-1])))
    embedded = b.one("Mul", blocks, factors)
    embedded = b.one("Reshape", embedded, b.constant("flat", np.array([0, 0, width])))
    length = b.one("Shape", "input_ids", start=1, end=2)
    zero, axis = b.constant("zero", np.array([0])), b.constant("rows", np.array([0]))
    places = b.one("Slice", b.constant("position", weights["position"]), zero, length, axis)
    x = b.norm(b.one("Add", embedded, places), weights, "norm")
    # What is padding is not attended to.
    away = b.one("Sub", b.constant("one", np.array(1, np.float32)), "attention_mask")
    away = b.one("Mul", away, b.constant("far", np.array(-1e4, np.float32)))
    away = b.one("Unsqueeze", away, b.constant("heads", np.array([1, 2])))
    # A row for each token that attends: one row for all is added a third more slowly, each time.
    unit = b.constant("unit", np.array([1]))
    square = b.one("Concat", unit, unit, length, unit, axis=0)
    away = b.one("Expand", away, square)
    split = b.constant("split", np.array([0, 0, HEADS, size]))
    joined = b.constant("joined", np.array([0, 0, width]))
    for number in range(layers):
        name = f"layers.{number}"
        # The scale of the scores goes into the query's weights.
        for part in ("weight", "bias"):
            merged = weights[f"{name}.qkv.{part}"].copy()
            merged[:width] *= np.float32(size**-0.5)
            weights[f"{name}.qkv.{part}"] = merged
        # One product, so that what goes in is quantised once.
        thirds = b.split(b.linear(x, weights, f"{name}.qkv"), 3)
        q, k, v = (b.one("Reshape", third, split) for third in thirds)
        q = b.one("Transpose", q, perm=[0, 2, 1, 3])
        k = b.one("Transpose", k, perm=[0, 2, 3, 1])
        v = b.one("Transpose", v, perm=[0, 2, 1, 3])
        scores = b.one("Add", b.one("MatMul", q, k, name=f"{name}.scores"), away)
        mixed = b.one("MatMul", b.one("Softmax", scores, axis=-1), v, name=f"{name}.mixed")
        mixed = b.one("Reshape", b.one("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
        x = b.residual(x, b.linear(mixed, weights, f"{name}.out"), weights, f"{name}.norm1")
        inner = b.one("Relu", b.linear(x, weights, f"{name}.wide"))
        x = b.residual(x, b.linear(inner, weights, f"{name}.narrow"), weights, f"{name}.norm2")
    product = b.one(
        "MatMul", x, b.constant("head.weight", weights["head.weight"].T), name="head.matmul"
    )
    b.one("Add", product, b.constant("head.bias", weights["head.bias"]), name="logits")
    axes = ["batch", "sequence"]
    graph = helper.make_graph(
        b.nodes,
        "scriptio-sat",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, axes),
            helper.make_tensor_value_info("attention_mask", TensorProto.FLOAT, axes),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*axes, 1])],
        b.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model
