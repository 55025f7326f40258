"""Classifiers of pairs of a few kilobytes, as optimum exports RoBERTa and BERT, and what they give.

Weights are random and seeded. A token counts with its place and type, so that order, separators
and windows make a difference, and `logits` computes the same without onnxruntime.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from tiny_models import Graph

HIDDEN = 8
POSITIONS = 24
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "[SEP]")
WORDS = ("ships", "sail", "port", "courts", "sit", "law", "a", "of", "the", "[", "]", "sep", ".")

FIRST, PAD, END, UNKNOWN, SEP = range(5)

ROBERTA = {"type": "RobertaProcessing", "sep": ["</s>", END], "cls": ["<s>", FIRST]}
ROBERTA |= {"trim_offsets": True, "add_prefix_space": False}
BERT = {"type": "BertProcessing", "sep": ["[SEP]", SEP], "cls": ["<s>", FIRST]}


def template(name: str, text: str | None, kind: int) -> dict:
    if text is not None:
        return {"Sequence": {"id": text, "type_id": kind}}
    return {"SpecialToken": {"id": name, "type_id": kind}}


TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [template("<s>", None, 0), template("", "A", 0), template("[SEP]", None, 0)],
    "pair": [
        template("<s>", None, 0),
        template("", "A", 0),
        template("[SEP]", None, 0),
        template("", "B", 1),
        template("[SEP]", None, 1),
    ],
    "special_tokens": {
        name: {"id": name, "ids": [number], "tokens": [name]}
        for name, number in (("<s>", FIRST), ("[SEP]", SEP))
    },
}


def tokenizer_json(post: object, *, sep_is_special: bool = False) -> dict:
    """A tokenizer of words and marks, small letters alone."""
    names = [*SPECIALS, *WORDS]
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
        if name != "[SEP]" or sep_is_special
    ]
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst",
                       "stride": 0},
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": post,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {name: number for number, name in enumerate(names)},
            "unk_token": "<unk>",
        },
    }  # fmt: skip


def ids_of(text: str) -> list[int]:
    """What the tokenizer makes of words with spaces between them."""
    known = {name: number for number, name in enumerate([*SPECIALS, *WORDS])}
    return [known.get(word, UNKNOWN) for word in text.lower().split()]


def save(
    path: Path,
    *,
    kinds: bool = False,
    labels: int = 2,
    factor: float = 1.0,
    hidden: bool = False,
    output: str = "logits",
    seed: int = 1,
) -> list[np.ndarray]:
    """Write a classifier and give its weights; with `hidden` the file does not tell its labels."""
    graph = Graph(seed)
    node, const = graph.node, graph.const
    vocab = len(SPECIALS) + len(WORDS)
    shapes = [(vocab, HIDDEN), (POSITIONS, HIDDEN), (2, HIDDEN), (HIDDEN, labels)]
    weights = [graph.weight(*shape, scale=1.0) for shape in shapes]
    length = node("Gather", node("Shape", "input_ids"), const(1, np.int64))
    places = node("Range", const(0, np.int64), length, const(1, np.int64))
    x = node("Add", node("Gather", weights[0], "input_ids"), node("Gather", weights[1], places))
    if kinds:
        x = node("Add", x, node("Gather", weights[2], "token_type_ids"))
    mask = node("Cast", "attention_mask", to=TensorProto.FLOAT)
    mask = node("Unsqueeze", mask, const([2], np.int64))
    total = node("ReduceSum", node("Mul", node("Tanh", x), mask), const([1], np.int64), keepdims=0)
    count = node("ReduceSum", mask, const([1], np.int64), keepdims=0)
    logits = node("MatMul", node("Div", total, count), weights[3])
    if hidden:
        # Chosen by the mask, so that nobody knows how many there are before it is run.
        flat = node("Reshape", "attention_mask", const([-1], np.int64))
        some = node("Slice", flat, const([0], np.int64), const([labels], np.int64))
        logits = node("Compress", logits, node("Cast", some, to=TensorProto.BOOL), axis=1)
    graph.nodes.append(helper.make_node("Mul", [logits, const(factor)], [output]))
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if kinds else [])]
    axes = ["batch", "sequence"]
    made = helper.make_graph(
        graph.nodes,
        "pairs",
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in names],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", "labels"])],
        graph.weights,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    path.write_bytes(model.SerializeToString())
    values = {weight.name: onnx.numpy_helper.to_array(weight) for weight in graph.weights}
    return [values[name] for name in weights]


def logits(weights: list[np.ndarray], ids: list[int], kinds: list[int] | None = None) -> np.ndarray:
    """What the classifier gives for one row."""
    x = weights[0][ids] + weights[1][: len(ids)]
    if kinds is not None:
        x = x + weights[2][kinds]
    return np.tanh(x).mean(axis=0) @ weights[3]


def change(found: np.ndarray, same: int = 1) -> float:
    """The probability that the topic changes, by two logits."""
    weights = np.exp(found - found.max())
    return float(weights[1 - same] / weights.sum())


def save_directory(
    path: Path,
    post: object = ROBERTA,
    *,
    config: dict | None = None,
    manifest: dict | None = None,
    sep_is_special: bool = False,
    **options: object,
) -> list[np.ndarray]:
    """A directory as optimum writes it; gives the weights."""
    path.mkdir(parents=True, exist_ok=True)
    spec = tokenizer_json(post, sep_is_special=sep_is_special)
    (path / "tokenizer.json").write_text(json.dumps(spec))
    usual = {"model_type": "roberta", "pad_token_id": PAD, "max_position_embeddings": POSITIONS + 2}
    (path / "config.json").write_text(json.dumps(usual if config is None else config))
    if manifest is not None:
        (path / "manifest.json").write_text(json.dumps(manifest))
    return save(path / "model.onnx", **options)
