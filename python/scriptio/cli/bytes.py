"""`scriptio bytes`: what a language model says of bytes."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from scriptio._byte_model import END, TokenByteModel
from scriptio.cli.io import DONE, FAILED, Output, complain, opened
from scriptio.errors import ModelError

__all__ = ["show_bytes"]

#: The name of a tokenizer beside a model.
TOKENIZER = "tokenizer.json"


def show_bytes(arguments: argparse.Namespace, output: Output) -> int:
    """Write the law of the next byte, or how probable a text is; the exit status."""
    parser: argparse.ArgumentParser = arguments.parser
    if arguments.prompt is not None and arguments.file is not None:
        parser.error("--prompt and FILE are two texts; leave one out")
    if arguments.given is not None and not arguments.logprob:
        parser.error("--given is for --logprob; put it before the prompt, or add --logprob")
    if arguments.top < 1:
        parser.error(f"--top is {arguments.top}; it must be at least 1")
    try:
        text = prompt_of(arguments)
        tokenizer = tokenizer_of(arguments)
        lm = loaded(arguments, tokenizer)
    except OSError as error:
        complain(f"{error.filename or 'standard input'}: {error.strerror or error}")
        return FAILED
    except ValueError as error:
        complain(str(error))
        return FAILED
    try:
        record = scored(lm, text, arguments) if arguments.logprob else following(lm, text)
    except ValueError as error:
        complain(str(error))
        return FAILED
    if arguments.json:
        if "next" in record:
            record["next"] = record["next"][: arguments.top]
        output.write(json.dumps(record) + "\n")
    else:
        output.write(told(record, arguments.top))
    return DONE


def prompt_of(arguments: argparse.Namespace) -> bytes:
    """The text, exactly as it is.

    Raises:
        OSError: It cannot be read.
    """
    if arguments.prompt is not None:
        # What the command line could not decode comes back as it was.
        return bytes(arguments.prompt.encode("utf-8", "surrogateescape"))
    with opened(arguments.file or "-") as source:
        return source.read()


def tokenizer_of(arguments: argparse.Namespace) -> Path:
    """The tokenizer's file: the one that was named, or the one beside the model.

    Raises:
        ModelError: There is none.
    """
    if arguments.tokenizer is not None:
        return Path(arguments.tokenizer)
    model = Path(arguments.model)
    folder = model if model.is_dir() else model.parent
    if not (folder / TOKENIZER).is_file():
        raise ModelError(f"{folder} holds no {TOKENIZER}; name the model's own with --tokenizer")
    return folder / TOKENIZER


def loaded(arguments: argparse.Namespace, tokenizer: Path) -> TokenByteModel:
    """The model and its vocabulary, as a model over bytes.

    Raises:
        ModelError: The model is none.
        OSError: The tokenizer cannot be read.
        ValueError: The tokenizer is none, or not the model's.
    """
    import scriptio

    byte_vocab: Any = scriptio.ByteVocab
    byte_lm: Any = scriptio.ByteLM
    vocab = byte_vocab.from_file(tokenizer)
    model = scriptio.OnnxLM(arguments.model, num_threads=arguments.threads)
    lm: TokenByteModel = byte_lm(model, vocab, mode=arguments.mode, max_error=arguments.max_error)
    return lm


def following(lm: TokenByteModel, text: bytes) -> dict[str, Any]:
    """The law of what comes next, the most probable first; what cannot come is left out."""
    state = lm.start(text)
    law = state.next_logprobs().tolist()
    ranked = sorted(range(len(law)), key=lambda outcome: (-law[outcome], outcome))
    return {
        "bytes": len(text),
        "mode": lm.mode,
        "certificate": state.certificate,
        "next": [
            {
                "byte": None if outcome == END else outcome,
                "shown": shown(outcome),
                "probability": math.exp(law[outcome]),
                "logprob": law[outcome],
            }
            for outcome in ranked
            if law[outcome] > -math.inf
        ],
    }


def scored(lm: TokenByteModel, text: bytes, arguments: argparse.Namespace) -> dict[str, Any]:
    """How probable a text is, and that it ends; None for what cannot be."""
    given = (arguments.given or "").encode("utf-8", "surrogateescape")
    score = lm.logprob(text, given=given)
    end = lm.end_logprob(given + text) - lm.logprob(given + text) if score > -math.inf else score

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "bytes": len(text),
        "given_bytes": len(given),
        "mode": lm.mode,
        "logprob": finite(score),
        "bits_per_byte": finite(-score / math.log(2) / len(text)) if text else None,
        "end_logprob": finite(end),
    }


def shown(outcome: int) -> str:
    """A byte for people: itself if it is a sign of ASCII, else escaped."""
    if outcome == END:
        return "end"
    return repr(bytes([outcome]))[2:-1] if outcome != 0x20 else "space"


def told(record: dict[str, Any], top: int) -> str:
    """A record for people: columns are separated by tabs."""
    if "next" not in record:
        rows = [
            ("logprob", record["logprob"]),
            ("bits per byte", record["bits_per_byte"]),
            ("end logprob", record["end_logprob"]),
        ]
        return "".join(
            f"{name}\t{'impossible' if value is None else format(value, '.6f')}\n"
            for name, value in rows
            if name != "bits per byte" or record["bytes"]
        )
    lines = ["byte\thex\tprobability\tlogprob"]
    for row in record["next"][:top]:
        number = "" if row["byte"] is None else f"{row['byte']:02x}"
        lines.append(f"{row['shown']}\t{number}\t{row['probability']:.6f}\t{row['logprob']:.4f}")
    rest = record["next"][top:]
    if rest:
        share = math.fsum(row["probability"] for row in rest)
        lines.append(f"{len(rest)} others\t\t{share:.6f}\t")
    if record["certificate"]:
        lines.append(f"# within {record['certificate']:.3g} of the exact law (total variation)")
    return "\n".join(lines) + "\n"
