"""Speed of ByteVocab beside tiktoken, bpe-openai and Hugging Face's tokenizers, in one run.

    python benches/compare/token_speed.py TEXT... --cl100k RANKS --o200k RANKS
        [--cl100k-json tokenizer.json] [--o200k-json tokenizer.json] [--megabytes 4] [--rounds 5]
        [--json OUT]

RANKS are rank files of tiktoken, for scriptio and tiktoken; bpe-openai has its own, and tokenizers
needs the tokenizer.json of the same vocabulary (left out without). TEXT are files in UTF-8 (or
.txt.xz), read evenly and cut into documents of about 4 kB at line ends.

One call a document, one thread, the result a list of integers. The systems take turns within a
round, so that whatever else the machine does hits them all; times are CPU seconds of the thread,
speeds are medians over the rounds, ratios to bpe-openai are medians of those within each round.
`first` is the first pass, when caches are empty; scriptio has none, tokenizers keeps its own. That
the ids are those of tiktoken is checked for every document. Worst cases are single calls on one
unbroken piece: a million letters that are the same, and 200,000 random ones.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import token_equality
from scriptio import ByteVocab, _core

Encode = Callable[[str], list[int]]


def systems(name: str, ranks: Path, file: Path | None) -> dict[str, Encode]:
    """The encoders of one vocabulary that are installed."""
    pattern = token_equality.PATTERNS[name]
    vocab = ByteVocab.from_file(ranks, pattern=pattern)
    found: dict[str, Encode] = {"scriptio": lambda text: vocab.encode(text).tolist()}
    try:
        import tiktoken
        from tiktoken.load import load_tiktoken_bpe

        encoding = tiktoken.Encoding(
            name,
            pat_str=pattern,
            mergeable_ranks=load_tiktoken_bpe(str(ranks)),
            special_tokens={},
        )
        found["tiktoken"] = encoding.encode_ordinary
    except ImportError:
        print("tiktoken is not installed")
    try:
        # Without the package's own Python around it, which looks for special tokens first.
        bindings = importlib.import_module("bpe_openai._bindings")
        found["bpe-openai"] = bindings.tokenizer_for_encoding(name).encode
    except ImportError:
        print("bpe-openai is not installed")
    if file is not None:
        import tokenizers

        other = tokenizers.Tokenizer.from_str(token_equality.unpacked(file).decode())
        found["tokenizers"] = lambda text: other.encode(text, add_special_tokens=False).ids
    return found


def seconds(encode: Encode, texts: list[str]) -> float:
    """CPU seconds of encoding all texts."""
    start = time.thread_time()
    for text in texts:
        encode(text)
    return time.thread_time() - start


def throughput(found: dict[str, Encode], texts: list[str], rounds: int) -> dict[str, Any]:
    """MB/s of every system, and its ratio to bpe-openai."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, encode in found.items():
            times[name].append(seconds(encode, texts))
    result: dict[str, Any] = {}
    for name, spent in times.items():
        result[name] = {
            "first": round(size / spent[0], 2),
            "median": round(size / statistics.median(spent), 2),
        }
        if "bpe-openai" in times:
            pairs = zip(times["bpe-openai"], spent, strict=True)
            result[name]["ratio"] = round(statistics.median(a / b for a, b in pairs), 2)
    return result


def worst(found: dict[str, Encode]) -> dict[str, dict[str, float]]:
    """Milliseconds of the worst cases, the best of three."""
    chance = random.Random(7)
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=200_000))
    cases = {
        "250k x a": "a" * 250_000,
        "500k x a": "a" * 500_000,
        "1M x a": "a" * 1_000_000,
        "200k letters": letters,
    }
    return {
        case: {
            name: round(min(seconds(encode, [text]) for _ in range(3)) * 1000, 1)
            for name, encode in found.items()
        }
        for case, text in cases.items()
    }


def main() -> None:
    """Measure both vocabularies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT")
    parser.add_argument("--cl100k", type=Path)
    parser.add_argument("--o200k", type=Path)
    parser.add_argument("--cl100k-json", type=Path)
    parser.add_argument("--o200k-json", type=Path)
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if _core.BUILD_PROFILE != "release":
        raise SystemExit("scriptio is a debug build; its times mean nothing")
    texts = list(token_equality.documents(arguments.texts, int(arguments.megabytes * 1e6)))
    results: dict[str, Any] = {"megabytes": arguments.megabytes, "documents": len(texts)}
    results["cpu"] = common.cpu_model()
    for name, ranks, file in [
        ("cl100k_base", arguments.cl100k, arguments.cl100k_json),
        ("o200k_base", arguments.o200k, arguments.o200k_json),
    ]:
        if ranks is None:
            continue
        found = systems(name, ranks, file)
        start = time.thread_time()
        ByteVocab.from_file(ranks, pattern=token_equality.PATTERNS[name])
        setup = time.thread_time() - start
        speed = throughput(found, texts, arguments.rounds)
        different = {
            other: sum(encode(text) != found["tiktoken"](text) for text in texts)
            for other, encode in found.items()
            if "tiktoken" in found
        }
        results[name] = {
            "setup_s": round(setup, 2),
            "mb_per_s": speed,
            "documents_different": different,
            "worst_ms": worst(found),
        }
        print(json.dumps({name: results[name]}, indent=1), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
