"""Models with the inputs and outputs of SaT and WtP, a few kilobytes each, and a tokenizer.

Weights are random and seeded. Each has positions, one layer of attention and one more layer, so
that what is in the window, and where, makes a difference.
"""

import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HIDDEN = 16
POSITIONS = 512
MINUS = -1e4

#: Pieces of the tokenizer besides single characters.
SOME = """
    the this that is was a an it rained we left test sentence another quick brown fox jumps over
    lazy dog hello yes no and of to in first second third short line paragraph
"""
WORDS = tuple(SOME.split())
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?-'\"()äöüßéñ今天下雨"
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")


def tokenizer_json() -> dict:
    """A Unigram tokenizer in the manner of XLM-R's: white space splits, `▁` marks words."""
    pieces = [(name, 0.0) for name in SPECIALS]
    pieces.append(("▁", -4.0))
    pieces += [("▁" + word, -5.0 - index / 100) for index, word in enumerate(WORDS)]
    pieces += [("▁" + word.capitalize(), -6.0 - index / 100) for index, word in enumerate(WORDS)]
    pieces += [(letter, -8.0 - index / 100) for index, letter in enumerate(LETTERS)]
    pieces += [("今天", -9.0), ("ing", -7.5), ("ed", -7.6), ("s.", -7.7)]
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
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace],
        },
        "post_processor": None,
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }


VOCAB = len(tokenizer_json()["model"]["vocab"])


class Graph:
    """Collects nodes and weights."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def const(self, value: object, kind: type = np.float32) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def weight(self, *shape: int, scale: float | None = None) -> str:
        spread = 1 / math.sqrt(shape[0]) if scale is None else scale
        return self.const(self.random.normal(0, spread, shape))

    def body(self, embedded: str, ids: str, labels: int, look_ahead: int | None) -> str:
        """Logits of embedded tokens."""
        sizes = self.node("Shape", ids)
        length = self.node("Gather", sizes, self.const(1, np.int64))
        zero, one = self.const(0, np.int64), self.const(1, np.int64)
        places = self.node("Range", zero, length, one)
        where = self.node("Gather", self.weight(POSITIONS, HIDDEN, scale=0.3), places)
        x = self.node("Add", embedded, where)
        query, key, value = (
            self.node("MatMul", x, self.weight(HIDDEN, HIDDEN, scale=0.6)) for _ in range(3)
        )
        turned = self.node("Transpose", key, perm=[0, 2, 1])
        scores = self.node("MatMul", query, turned)
        mask = self.node("Cast", "attention_mask", to=TensorProto.FLOAT)
        hidden = self.node("Sub", self.const(1.0), mask)
        bias = self.node("Mul", hidden, self.const(MINUS))
        bias = self.node("Unsqueeze", bias, self.const([1], np.int64))
        scores = self.node("Add", scores, bias)
        if look_ahead is not None:
            rows = self.node("Unsqueeze", places, self.const([1], np.int64))
            columns = self.node("Unsqueeze", places, self.const([0], np.int64))
            ahead = self.node("Sub", columns, rows)
            far = self.node("Greater", ahead, self.const(look_ahead, np.int64))
            far = self.node("Cast", far, to=TensorProto.FLOAT)
            scores = self.node("Add", scores, self.node("Mul", far, self.const(MINUS)))
        attention = self.node("Softmax", scores, axis=-1)
        x = self.node("Add", x, self.node("MatMul", attention, value))
        inner = self.node("Tanh", self.node("MatMul", x, self.weight(HIDDEN, HIDDEN)))
        x = self.node("Add", x, inner)
        logits = self.node("MatMul", x, self.weight(HIDDEN, labels, scale=0.2))
        return self.node("Add", logits, self.const(np.full(labels, -1.0)))

    def save(self, path: Path, ids: tuple[str, list], logits: str, labels: int, half: bool) -> None:
        kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
        self.nodes.append(helper.make_node("Cast", [logits], ["logits"], to=kind))
        graph = helper.make_graph(
            self.nodes,
            "tiny",
            [
                helper.make_tensor_value_info(ids[0], TensorProto.INT64, ids[1]),
                helper.make_tensor_value_info("attention_mask", kind, ["batch", "sequence"]),
            ],
            [helper.make_tensor_value_info("logits", kind, ["batch", "sequence", labels])],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 9
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())


def save_sat(
    path: Path,
    *,
    labels: int = 1,
    half: bool = False,
    look_ahead: int | None = None,
    vocab: int = VOCAB,
    seed: int = 1,
    factor: float = 1.0,
) -> None:
    """A model that reads tokens."""
    graph = Graph(seed)
    embedded = graph.node("Gather", graph.weight(vocab, HIDDEN, scale=1.0), "input_ids")
    logits = graph.body(embedded, "input_ids", labels, look_ahead)
    if factor != 1.0:
        logits = graph.node("Mul", logits, graph.const(factor))
    ids = ("input_ids", ["batch", "sequence"])
    graph.save(path, ids, logits, labels, half)


def save_wtp(
    path: Path,
    *,
    labels: int = 127,
    half: bool = True,
    hashes: int = 8,
    buckets: int = 64,
    seed: int = 2,
) -> None:
    """A model that reads hashes of characters."""
    graph = Graph(seed)
    first = np.arange(hashes, dtype=np.int64) * buckets
    places = graph.node("Add", "hashed_ids", graph.const(first, np.int64))
    parts = graph.weight(hashes * buckets, HIDDEN // hashes, scale=1.0)
    gathered = graph.node("Gather", parts, places)
    embedded = graph.node("Reshape", gathered, graph.const([0, 0, HIDDEN], np.int64))
    logits = graph.body(embedded, "hashed_ids", labels, None)
    graph.save(path, ("hashed_ids", ["batch", "sequence", hashes]), logits, labels, half)


def save_directory(path: Path, **options: object) -> Path:
    """A directory as the published SaT models have it, with a tokenizer."""
    path.mkdir(parents=True, exist_ok=True)
    save_sat(path / "model_optimized.onnx", **options)
    labels = options.get("labels", 1)
    config = {"model_type": "xlm-token", "num_labels": labels, "vocab_size": VOCAB}
    (path / "config.json").write_text(json.dumps(config))
    (path / "tokenizer.json").write_text(json.dumps(tokenizer_json(), ensure_ascii=False), "utf-8")
    return path


def save_wtp_directory(path: Path, **options: object) -> Path:
    """A directory as the published WtP models have it."""
    path.mkdir(parents=True, exist_ok=True)
    save_wtp(path / "model.onnx", **options)
    config = {
        "model_type": "bert-char",
        "num_labels": options.get("labels", 127),
        "num_hash_functions": options.get("hashes", 8),
        "num_hash_buckets": options.get("buckets", 64),
    }
    (path / "config.json").write_text(json.dumps(config))
    return path
