"""`scriptio tokens`: the tokens of a text under a tokenizer file."""

import argparse
import json

from scriptio.bytevocab import ByteVocab
from scriptio.cli.io import (
    DONE,
    FAILED,
    Output,
    Progress,
    UndecodableError,
    complain,
    opened,
    pieces_of,
)

__all__ = ["tokens"]

#: Tokens that are written at once.
BATCH = 1 << 12


def tokens(arguments: argparse.Namespace, output: Output) -> int:
    """Write the tokens of a file, or their number; the exit status."""
    try:
        special = dict(_named(token) for token in arguments.special)
        vocab = ByteVocab.from_file(
            arguments.tokenizer, pattern=arguments.pattern, special=special or None
        )
    except OSError as error:
        complain(f"{arguments.tokenizer}: {error.strerror or error}")
        return FAILED
    except ValueError as error:
        complain(f"{arguments.tokenizer}: {error}")
        return FAILED
    try:
        with opened(arguments.file) as source:
            text = "".join(pieces_of(source, "utf-8", Progress([], quiet=True)))
        write(vocab, text, arguments, output)
    except OSError as error:
        complain(f"{arguments.file}: {error.strerror or error}")
        return FAILED
    except (UndecodableError, ValueError) as error:
        complain(f"{arguments.file}: {error}")
        return FAILED
    return DONE


def _named(token: str) -> tuple[str, int]:
    """Name and id of a special token given as NAME=ID.

    Raises:
        ValueError: It is not of that form.
    """
    name, equals, number = token.rpartition("=")
    if not equals or not name or not (number.isascii() and number.isdigit()):
        raise ValueError(f"--special must be NAME=ID, not {token!r}")
    return name, int(number)


def write(vocab: ByteVocab, text: str, arguments: argparse.Namespace, output: Output) -> None:
    """Write the tokens of a text, one a line, or their number.

    Raises:
        ValueError: The vocabulary cannot write the text.
    """
    if arguments.count:
        output.write(f"{vocab.count(text)}\n")
        return
    found = vocab.encode_with_offsets(text)
    columns = found.ids.tolist(), found.starts.tolist(), found.ends.tolist()
    rows = list(zip(*columns, strict=True))
    line = as_json if arguments.json else as_columns
    for at in range(0, len(rows), BATCH):
        output.write(
            "".join(
                line(token, start, end, vocab.token_bytes(token))
                for token, start, end in rows[at : at + BATCH]
            )
        )


def as_columns(token: int, start: int, end: int, written: bytes | None) -> str:
    """Id, start, end and the bytes as Python writes them, tab-separated."""
    return f"{token}\t{start}\t{end}\t{'' if written is None else repr(written)[2:-1]}\n"


def as_json(token: int, start: int, end: int, written: bytes | None) -> str:
    """A JSON object; `bytes` is hexadecimal, or null for a token that writes nothing."""
    record = {"id": token, "start": start, "end": end, "bytes": written and written.hex()}
    return json.dumps(record) + "\n"
