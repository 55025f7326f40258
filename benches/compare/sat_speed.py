"""Speed of scriptio's model beside a network of SaT-3l's shape, in one run, and its memory.

    python benches/compare/sat_speed.py TEXT [--characters 100000] [--lang en] [--rounds 5]
        [--model scriptio-sat] [--tokenizer tokenizer.json] [--stream FILE] [--json OUT]

`sat-3l` is a network as that of SaT-3l (Frohmann et al. 2024): three layers of XLM-RoBERTa base,
float32, windows of 512 tokens, one label. Its weights are random, which costs the same; its
operators are onnxruntime's fused ones, as in the published `model_optimized.onnx`. It runs through
the same code as `scriptio-sat`, on the tokens of --tokenizer: the `tokenizer.json` of
xlm-roberta-base for what SaT really reads, scriptio's own unless told. Shorter tokens make a
network slower, so characters per token are printed. Its embedding has a row for each token of the
tokenizer.

All segment the first --characters of TEXT (.txt or .txt.xz) with one thread, and read every token
twice: the stride is half a window. `cascade` is scriptio's model behind the rules of --lang, asked
where they are unsure. The systems take turns within a round, so that whatever else the machine does
hits them all; times are CPU seconds of the process, speeds are medians over the rounds, ratios are
medians of those within each round.

`load` is the time to open a model in a fresh process. `stream` is the peak of resident memory while
a file goes through `SaT.stream` in steps of 65,536 code points; what the process held with the
model open is told apart. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
import memory
import numpy as np
from scriptio import SaT, SentenceSegmenter, _core, models

if TYPE_CHECKING:
    import onnx

HIDDEN, HEADS, INNER, LAYERS, POSITIONS, BLOCK = 768, 12, 3072, 3, 514, 510
STEP = 65536


class Network:
    """Collects the nodes and weights of an encoder."""

    def __init__(self, rows: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._rows = rows
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One more node; the name of its first output."""
        from onnx import helper

        name = f"{kind}_{len(self.nodes)}"
        made = helper.make_node(kind, list(inputs), [name], domain=domain, **attributes)
        self.nodes.append(made)
        return name

    def fused(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One of onnxruntime's own operators."""
        return self.node(kind, *inputs, domain="com.microsoft", **attributes)

    def constant(self, value: Any, kind: type = np.float32) -> str:
        """One more weight."""
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def matrix(self, rows: int, columns: int) -> str:
        """A random one that keeps the spread of what it is multiplied with."""
        drawn = self._random.standard_normal((rows, columns), np.float32)
        return self.constant(drawn / np.float32(math.sqrt(rows)))

    def vector(self, size: int, value: float = 0.0) -> str:
        """A bias, or the scale of a norm."""
        return self.constant(np.full(size, value, np.float32))

    def norm(self, x: str, y: str) -> str:
        """The normalised sum."""
        scale, shift = self.vector(HIDDEN, 1.0), self.vector(HIDDEN)
        return self.fused("SkipLayerNormalization", x, y, scale, shift, epsilon=1e-5)

    def embedding(self, mask: str) -> str:
        """Tokens, and positions counted from the pad's id on, as RoBERTa does."""
        one = self.constant(1, np.int64)
        counted = self.node("CumSum", mask, self.constant(1, np.int64))
        places = self.node("Add", self.node("Mul", counted, mask), one)
        words = self.node("Gather", self.matrix(self._rows, HIDDEN), "input_ids")
        return self.norm(words, self.node("Gather", self.matrix(POSITIONS, HIDDEN), places))

    def layer(self, x: str, mask: str) -> str:
        """Attention and feed-forward, each added to what goes in and normalised then."""
        attention = self.fused(
            "Attention",
            *(x, self.matrix(HIDDEN, 3 * HIDDEN), self.vector(3 * HIDDEN), mask),
            num_heads=HEADS,
        )
        out = self.node("MatMul", attention, self.matrix(HIDDEN, HIDDEN))
        x = self.norm(x, self.node("Add", out, self.vector(HIDDEN)))
        inner = self.node("MatMul", x, self.matrix(HIDDEN, INNER))
        inner = self.fused("BiasGelu", inner, self.vector(INNER))
        out = self.node("MatMul", inner, self.matrix(INNER, HIDDEN))
        return self.norm(x, self.node("Add", out, self.vector(HIDDEN)))

    def save(self, path: Path) -> None:
        """Write all of it as a model that gives logits."""
        from onnx import TensorProto, helper

        mask = self.node("Cast", "attention_mask", to=TensorProto.INT32)
        x = self.embedding("attention_mask")
        for _ in range(LAYERS):
            x = self.layer(x, mask)
        logits = self.node("MatMul", x, self.matrix(HIDDEN, 1))
        # Hardly a boundary, as in text.
        self.nodes.append(helper.make_node("Add", [logits, self.vector(1, -3.0)], ["logits"]))
        shape: list[str | int] = ["batch", "sequence"]
        graph = helper.make_graph(
            self.nodes,
            "sat-3l",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*shape, 1])],
            self.weights,
        )
        sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=sets)
        model.ir_version = 9
        path.write_bytes(model.SerializeToString())


def save_sat_3l(directory: Path, tokenizer: Path, rows: int) -> Path:
    """A directory with a network of SaT-3l's shape and random weights."""
    directory.mkdir()
    Network(rows).save(directory / "model_optimized.onnx")
    told = {"id": "sat-3l", "threshold": 0.25, "block": BLOCK, "stride": BLOCK // 2, "pad": 1}
    (directory / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    (directory / ("tokenizer" + tokenizer.suffix)).write_bytes(tokenizer.read_bytes())
    return directory


def opened(model: str | None, lang: str = "") -> SaT:
    """A segmenter with one thread; a cascade, if there is a language."""
    if lang:
        return SaT(model, num_threads=1, rules=SentenceSegmenter(lang), cascade=True)
    return SaT(model, num_threads=1)


def worker(mode: str, model: str, lang: str, path: str, characters: int) -> dict[str, Any]:
    """Measure opening, or memory, in a process of its own."""
    import onnxruntime  # noqa: F401 # Its import is not the model's.

    started = time.process_time(), time.perf_counter()
    sat = opened(model, lang).load()
    cpu, wall = time.process_time() - started[0], time.perf_counter() - started[1]
    if mode == "load":
        return {"cpu_seconds": cpu, "wall_seconds": wall, "bytes": sat.model.onnx.stat().st_size}
    sat.split("It rained. We left.")
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # The peak starts anew.
    before = memory.resident("VmRSS")
    stream, segments, fed = sat.stream(step=STEP), 0, 0
    with Path(path).open(encoding="utf-8", errors="ignore", newline="") as file:
        while fed < characters and (piece := file.read(min(1 << 16, characters - fed))):
            segments += len(stream.feed(piece))
            fed += len(piece)
    segments += len(stream.finish())
    peak = memory.resident("VmHWM")
    return {"characters": fed, "segments": segments, "open": before, "peak": peak}


def measured(text: str, systems: dict[str, SaT], rounds: int) -> dict[str, Any]:
    """CPU seconds of every system in every round, and how many segments it found."""
    for sat in systems.values():
        sat.segment(text[:2000])
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    segments: dict[str, int] = {}
    for number in range(rounds):
        for name, sat in systems.items():
            started = time.process_time()
            segments[name] = len(sat.segment(text))
            seconds[name].append(time.process_time() - started)
        told = (f"{name} {len(text) / of[-1]:,.0f}" for name, of in seconds.items())
        print(f"round {number + 1}, characters a second:", *told, sep="  ", flush=True)
    return {"seconds": seconds, "segments": segments}


def ratio(seconds: dict[str, list[float]], name: str, base: str) -> dict[str, Any]:
    """How many times as fast one is as another, in each round."""
    of = [slow / fast for slow, fast in zip(seconds[base], seconds[name], strict=True)]
    median = statistics.median(of)
    print(f"{name} is {median:.2f} times as fast as {base} ({min(of):.2f} to {max(of):.2f})")
    return {"system": name, "base": base, "rounds": of, "median": median}


def measure_speed(text: str, models_of: dict[str, tuple[str, str]], rounds: int) -> dict[str, Any]:
    """Print and give speeds and ratios."""
    systems = {name: opened(model, lang).load() for name, (model, lang) in models_of.items()}
    found = measured(text, systems, rounds)
    rows, lines = [], []
    for name, sat in systems.items():
        speed = len(text) / statistics.median(found["seconds"][name])
        reading = sat._reading(sat._policy, "split")
        tokens = sat._opened_tokenizer().encode(text)
        per_token = len(text) / max(len(tokens.ids), 1)
        window = f"{reading.block}/{reading.stride}"
        lines.append([name, f"{speed:,.0f}", found["segments"][name], f"{per_token:.2f}", window])
        rows.append({"system": name, "seconds": found["seconds"][name]})
        rows[-1] |= {"characters_per_second": speed, "segments": found["segments"][name]}
        rows[-1] |= {"characters_per_token": per_token, "window": window}
    header = ["", "characters/s", "segments", "characters/token", "window/stride"]
    print("\n" + common.table(header, lines))
    pairs = [("scriptio-sat", "sat-3l"), ("cascade", "scriptio-sat"), ("cascade", "sat-3l")]
    return {"speed": rows, "ratios": [ratio(found["seconds"], *pair) for pair in pairs]}


def measure_loading(
    models_of: dict[str, tuple[str, str]], rounds: int, timeout: float
) -> list[dict[str, Any]]:
    """Print and give the time to open each model."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in models_of}
    for _ in range(rounds):
        for name, (model, lang) in models_of.items():
            got = common.run_worker(__file__, ["load", model, lang, "", "0"], timeout)
            runs[name].append(got)
    rows, lines = [], []
    for name, of in runs.items():
        failed = next((got["error"] for got in of if "error" in got), None)
        if failed:
            rows.append({"system": name, "error": failed})
            lines.append([name, failed, "", ""])
            continue
        row = {key: statistics.median(got[key] for got in of) for key in of[0]}
        rows.append({"system": name, **row})
        cpu, wall = (f"{row[key]:.3f}" for key in ("cpu_seconds", "wall_seconds"))
        lines.append([name, cpu, wall, f"{row['bytes'] / 1e6:.1f}"])
    print("\n" + common.table(["load", "CPU s", "wall s", "MB of weights"], lines), flush=True)
    return rows


def measure_streams(
    models_of: dict[str, tuple[str, str]], path: Path, sizes: list[int], timeout: float
) -> list[dict[str, Any]]:
    """Print and give the memory of streams over texts of several sizes."""
    rows, lines = [], []
    with tempfile.TemporaryDirectory() as folder:
        # Streams read as the command line does: plain files.
        plain = Path(folder) / "text.txt"
        plain.write_bytes(common.read_corpus(path))
        for name, (model, lang) in models_of.items():
            for size in sizes:
                arguments = ["stream", model, lang, str(plain), str(size)]
                got = common.run_worker(__file__, arguments, timeout)
                rows.append({"system": name, **got})
                if "error" in got:
                    lines.append([name, got["error"], "", ""])
                    continue
                numbers = (f"{got[key] / 1e6:.0f}" for key in ("open", "peak"))
                lines.append([name, f"{got['characters']:,}", *numbers])
    header = ["stream", "characters", "MB with the model open", "MB at most"]
    print("\n" + common.table(header, lines), flush=True)
    return rows


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("text", type=Path)
    add("--characters", type=int, default=100_000)
    add("--lang", default="en")
    add("--rounds", type=int, default=5)
    add("--model", help="a directory; the bundled model unless told")
    add("--tokenizer", type=Path, help="of sat-3l; scriptio's own unless told")
    add("--rows", type=int, default=0, help="rows of sat-3l's embedding, such as 250002")
    add("--stream", type=Path, help="a file to stream; TEXT unless told")
    add("--stream-characters", default="250000,1000000", help="how much of it, comma-separated")
    add("--timeout", type=float, default=600, help="seconds for one process")
    add("--json", type=Path, help="also write the results to this file")
    return parser.parse_args()


def main() -> None:
    """Measure everything and print the tables."""
    options = parsed()
    text = common.read_corpus(options.text, 4 * options.characters).decode("utf-8")
    text = text[: options.characters]
    directory = models.find(options.model)
    tokenizer = options.tokenizer or directory.tokenizer
    if tokenizer is None:
        raise SystemExit(f"{directory.path} holds no tokenizer; pass --tokenizer")
    ids = _core.Tokenizer.from_bytes(tokenizer.read_bytes()).vocab_size
    if options.rows and options.rows < ids:
        raise SystemExit(f"--rows is {options.rows}; the tokenizer has {ids} ids")
    ours = str(directory.path)
    with tempfile.TemporaryDirectory() as folder:
        rival = str(save_sat_3l(Path(folder) / "sat-3l", tokenizer, options.rows or ids))
        all_of = {
            "sat-3l": (rival, ""),
            "scriptio-sat": (ours, ""),
            "cascade": (ours, options.lang),
        }
        results = measure_speed(text, all_of, options.rounds)
        two = {name: all_of[name] for name in ("sat-3l", "scriptio-sat")}
        results["load"] = measure_loading(two, options.rounds, options.timeout)
    sizes = [int(size) for size in options.stream_characters.split(",")]
    streamed = {name: all_of[name] for name in ("scriptio-sat", "cascade")}
    results["stream"] = measure_streams(
        streamed, options.stream or options.text, sizes, options.timeout
    )
    common.write_json(
        options.json,
        ["scriptio"],
        text=options.text.name,
        characters=len(text),
        lang=options.lang,
        model=directory.name,
        tokenizer="its own" if options.tokenizer is None else options.tokenizer.name,
        rows=options.rows or ids,
        **results,
    )


if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["--worker"]:
        mode, model, lang, path, characters = sys.argv[2:7]
        print(json.dumps(worker(mode, model, lang, path, int(characters))))
    else:
        main()
