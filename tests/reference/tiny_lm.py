"""Causal language models of two layers, as Hugging Face's optimum exports them, and otherwise.

Weights are random and seeded. With the same seed a model with a cache and one without are the same
function, and `logprobs` computes it without onnxruntime.
"""

import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from tiny_models import Graph

HIDDEN, HEADS, LAYERS, POSITIONS = 16, 2, 2, 64
SIZE = HIDDEN // HEADS


def save(
    path: Path,
    *,
    vocab: int = 11,
    cache: bool = True,
    position_ids: bool = True,
    additive: bool = False,
    log_probabilities: bool = False,
    seed: int = 1,
    factor: float = 1.0,
    mask_kind: int = TensorProto.INT64,
    causal: bool = True,
) -> list[np.ndarray]:
    """Write a model and give its weights; `additive` is the layout that needs a manifest.

    One that is not `causal` is right for one token at a time.
    """
    graph = Graph(seed)
    node, const = graph.node, graph.const
    zero, one = const(0, np.int64), const(1, np.int64)
    length = node("Gather", node("Shape", "input_ids"), one)
    batch = node("Gather", node("Shape", "input_ids"), zero)
    weights = [graph.weight(vocab, HIDDEN, scale=1.0), graph.weight(POSITIONS, HIDDEN, scale=0.7)]
    if cache:
        past_shape = node("Shape", "past_key_values.0.key" if not additive else "past")
        past = node("Gather", past_shape, const(2 if not additive else 4, np.int64))
    else:
        past = zero
    total = node("Add", past, length)
    columns = node("Range", zero, total, one)
    rows = node("Range", past, total, one)
    places = "position_ids" if position_ids else node("Unsqueeze", rows, const([0], np.int64))
    if additive:
        bias = node("Unsqueeze", "attention_mask", const([1], np.int64))
    else:
        ahead = node(
            "Greater",
            node("Unsqueeze", columns, const([0], np.int64)),
            node("Unsqueeze", rows, const([1], np.int64)),
        )
        unseen = const(-1e9 if causal else 0.0)
        ahead = node("Mul", node("Cast", ahead, to=TensorProto.FLOAT), unseen)
        mask = node("Cast", "attention_mask", to=TensorProto.FLOAT)
        mask = node("Mul", node("Sub", const(1.0), mask), const(-1e9))
        mask = node("Unsqueeze", mask, const([1, 2], np.int64))
        bias = node("Add", node("Unsqueeze", ahead, const([0, 1], np.int64)), mask)
    x = node("Add", node("Gather", weights[0], "input_ids"), node("Gather", weights[1], places))
    heads = node(
        "Concat",
        *(node("Unsqueeze", part, const([0], np.int64)) for part in (batch, length)),
        const([HEADS, SIZE], np.int64),
        axis=0,
    )
    flat = node(
        "Concat",
        *(node("Unsqueeze", part, const([0], np.int64)) for part in (batch, length)),
        const([HIDDEN], np.int64),
        axis=0,
    )
    kept = []
    for layer in range(LAYERS):
        parts = []
        for _ in range(3):
            weights.append(graph.weight(HIDDEN, HIDDEN, scale=0.4))
            made = node("Reshape", node("MatMul", x, weights[-1]), heads)
            parts.append(node("Transpose", made, perm=[0, 2, 1, 3]))
        query = parts[0]
        for number, kind in enumerate(("key", "value"), 1):
            if cache and additive:
                before = node("Gather", "past", const(layer, np.int64), axis=0)
                before = node("Gather", before, const(number - 1, np.int64), axis=0)
                parts[number] = node("Concat", before, parts[number], axis=2)
            elif cache:
                before = f"past_key_values.{layer}.{kind}"
                parts[number] = node("Concat", before, parts[number], axis=2)
            kept.append(parts[number])
        scores = node("MatMul", query, node("Transpose", parts[1], perm=[0, 1, 3, 2]))
        scores = node("Add", node("Mul", scores, const(1 / math.sqrt(SIZE))), bias)
        mixed = node("MatMul", node("Softmax", scores, axis=-1), parts[2])
        mixed = node("Reshape", node("Transpose", mixed, perm=[0, 2, 1, 3]), flat)
        weights.append(graph.weight(HIDDEN, HIDDEN))
        x = node("Add", x, node("Tanh", node("MatMul", mixed, weights[-1])))
    weights.append(graph.weight(HIDDEN, vocab, scale=0.8))
    logits = node("Mul", node("MatMul", x, weights[-1]), const(factor))
    if log_probabilities:
        logits = node("LogSoftmax", logits, axis=-1)
    graph.nodes.append(helper.make_node("Identity", [logits], ["logits"]))

    def value(name: str, shape: list, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    ids = ["batch", "sequence"]
    inputs = [value("input_ids", ids, TensorProto.INT64)]
    if additive:
        inputs.append(value("attention_mask", [*ids, "total"]))
    else:
        inputs.append(value("attention_mask", ["batch", "total"], mask_kind))
    if position_ids:
        inputs.append(value("position_ids", ids, TensorProto.INT64))
    outputs = [value("logits", [*ids, vocab])]
    if cache and additive:
        stacked = [node("Unsqueeze", part, const([0, 1], np.int64)) for part in kept]
        pairs = [node("Concat", *stacked[at : at + 2], axis=1) for at in range(0, 2 * LAYERS, 2)]
        graph.nodes.append(helper.make_node("Concat", pairs, ["present"], axis=0))
        inputs.append(value("past", [LAYERS, 2, "batch", HEADS, "past", SIZE]))
        outputs.append(value("present", [LAYERS, 2, "batch", HEADS, "total", SIZE]))
    elif cache:
        names = [f"{layer}.{kind}" for layer in range(LAYERS) for kind in ("key", "value")]
        for name, part in zip(names, kept, strict=True):
            inputs.append(value(f"past_key_values.{name}", ["batch", HEADS, "past", SIZE]))
            graph.nodes.append(helper.make_node("Identity", [part], [f"present.{name}"]))
            outputs.append(value(f"present.{name}", ["batch", HEADS, "total", SIZE]))
    made = helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    values = {weight.name: onnx.numpy_helper.to_array(weight) for weight in graph.weights}
    return [values[name] for name in weights]


def save_merged(path: Path, *, vocab: int = 11, seed: int = 1) -> list[np.ndarray]:
    """Write a merged decoder: two models in one, chosen by `use_cache_branch`.

    Without a past it looks at no cache; with one it is right for one token at a time alone.
    """
    weights = save(path, vocab=vocab, seed=seed)
    first = onnx.load(path).graph
    save(path, vocab=vocab, seed=seed, causal=False)
    later = onnx.load(path).graph
    inputs, outputs = list(first.input), list(first.output)
    for item in first.node:
        if any(name.startswith("past_key_values") for name in item.input):
            # An empty past, of the batch's size: no token of the given one is taken.
            given = next(name for name in item.input if name.startswith("past_key_values"))
            item.input[list(item.input).index(given)] = f"empty {given}"
    makers = [
        helper.make_node("Slice", [given, "none", "none", "axis"], [f"empty {given}"])
        for given in (value.name for value in inputs if value.name.startswith("past_key_values"))
    ]
    nodes = list(first.node)
    del first.node[:]
    first.node.extend(makers + nodes)
    first.initializer.extend(
        [
            onnx.numpy_helper.from_array(np.array([0], np.int64), "none"),
            onnx.numpy_helper.from_array(np.array([2], np.int64), "axis"),
        ]
    )
    branches = []
    for prefix, graph in (("later/", later), ("first/", first)):
        del graph.input[:]
        branches.append(onnx.compose.add_prefix_graph(graph, prefix))
    chosen = helper.make_node(
        "If",
        ["use_cache_branch"],
        [value.name for value in outputs],
        then_branch=branches[0],
        else_branch=branches[1],
    )
    switch = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    made = helper.make_graph([chosen], "merged", [*inputs, switch], outputs)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return weights


def logprobs(weights: list[np.ndarray], tokens: list[int], factor: float = 1.0) -> np.ndarray:
    """The law of the next token, computed plainly."""
    embedding, places, *layers, out = weights
    x = (embedding[tokens] + places[: len(tokens)]).astype(np.float64)
    unseen = np.triu(np.full((len(tokens), len(tokens)), -np.inf), 1)
    for at in range(0, 4 * LAYERS, 4):
        query, key, value = (
            (x @ weight).reshape(len(tokens), HEADS, SIZE).transpose(1, 0, 2)
            for weight in layers[at : at + 3]
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(SIZE) + unseen
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = scores / scores.sum(-1, keepdims=True) @ value
        x = x + np.tanh(mixed.transpose(1, 0, 2).reshape(len(tokens), HIDDEN) @ layers[at + 3])
    logits = factor * (x[-1] @ out)
    return logits - np.log(np.exp(logits).sum())


def save_directory(path: Path, *, config: dict | None = None, **options: object) -> Path:
    """A directory as optimum writes it."""
    path.mkdir(parents=True, exist_ok=True)
    save(path / "model.onnx", **options)
    usual = {"bos_token_id": 1, "eos_token_id": 2, "max_position_embeddings": POSITIONS}
    (path / "config.json").write_text(json.dumps(usual if config is None else config))
    return path
