"""`scriptio compounds`: words split into the words they are made of."""

import argparse
import re
from collections.abc import Callable, Iterator
from json import JSONEncoder
from pathlib import Path

from scriptio.cli.io import (
    DONE,
    FAILED,
    Output,
    Progress,
    UndecodableError,
    complain,
    lines_of,
    opened,
    pieces_of,
)
from scriptio.compounds import CompoundSplitter, supported

__all__ = ["compounds"]

#: A word: letters, marks and digits, with hyphens and apostrophes inside.
WORD = re.compile(r"\w+(?:['’\-\u00ad\u2010\u2011]+\w+)*")

encode = JSONEncoder(ensure_ascii=False).encode


def compounds(arguments: argparse.Namespace, output: Output) -> int:
    """Do what was asked for; the exit status."""
    words = arguments.words_or_files
    if words[:1] == ["build"]:
        return build(arguments, words[1:], output)
    if words[:1] == ["languages"] and len(words) == 1:
        return languages(arguments, output)
    return split(arguments, words or ["-"], output)


def splitter_of(arguments: argparse.Namespace) -> CompoundSplitter:
    """The splitter that the arguments describe.

    Raises:
        SystemExit: They describe none.
        ModelError: The file of a model cannot be used.
    """
    if arguments.lang is None:
        arguments.parser.error("--lang is needed: a code, or the file of a model")
    try:
        return CompoundSplitter(
            arguments.lang,
            threshold=arguments.threshold,
            min_part=arguments.min_part,
            max_parts=arguments.max_parts,
            linking=arguments.linking,
        )
    except ValueError as error:
        arguments.parser.error(str(error))
        raise


def split(arguments: argparse.Namespace, files: list[str], output: Output) -> int:
    """Split the words of every file, as they are read."""
    splitter = splitter_of(arguments)
    render = as_json(splitter) if arguments.json else as_text(arguments.separator)
    progress = Progress(files, arguments.quiet)
    status = DONE
    try:
        for file in files:
            try:
                with opened(file) as source:
                    for lines in lines_of(pieces_of(source, arguments.encoding, progress)):
                        output.write("".join(rendered(lines, splitter, render)))
            except (OSError, UndecodableError) as error:
                told = error.strerror if isinstance(error, OSError) else None
                complain(f"{file}: {told or error}")
                status = FAILED
    finally:
        progress.close()
    return status


Render = Callable[[str, list[str]], str]


def rendered(lines: list[str], splitter: CompoundSplitter, render: Render) -> Iterator[str]:
    """The words of some lines, each rendered."""
    words = [word for line in lines for word in WORD.findall(line)]
    for word, pieces in zip(words, splitter.split_batch(words), strict=True):
        yield render(word, pieces)


def as_text(separator: str) -> Render:
    """A word a line, its pieces joined."""
    return lambda _word, pieces: separator.join(pieces) + "\n"


def as_json(splitter: CompoundSplitter) -> Render:
    """JSON Lines: the word, its pieces, and the words they stand for."""

    def render(word: str, pieces: list[str]) -> str:
        words = [word] if len(pieces) < 2 else splitter.normalize(word)
        return f'{{"word": {encode(word)}, "pieces": {encode(pieces)}, "words": {encode(words)}}}\n'

    return render


def languages(arguments: argparse.Namespace, output: Output) -> int:
    """List the languages, with what is measured of them."""
    for code, entry in supported().items():
        if arguments.json:
            output.write(encode({"lang": code, **entry}) + "\n")
            continue
        measured = ", ".join(f"{name} {share:.1f} %" for name, share in entry["accuracy"].items())
        output.write(f"{code}\t{entry['mode']}\t{measured or 'not measured'}\n")
    return DONE


def build(arguments: argparse.Namespace, words: list[str], output: Output) -> int:
    """Build a model from a word list."""
    error = arguments.parser.error
    if len(words) != 1 or arguments.words is None:
        error("build takes one language and --words FILE: scriptio compounds build is --words FILE")
    lang = words[0]
    out = Path(arguments.out or f"{lang}.compounds")
    try:
        listed = list(column(Path(arguments.words), arguments.encoding))
        model = CompoundSplitter.fit(lang, words=listed)
    except OSError as failure:
        complain(f"{failure.filename}: {failure.strerror or failure}")
        return FAILED
    except ValueError as failure:
        complain(f"{arguments.words}: {failure}")
        return FAILED
    try:
        model.save(out)
    except OSError as failure:
        complain(f"{out}: {failure.strerror or failure}")
        return FAILED
    record = {"lang": lang, "file": str(out), "words": model.word_count}
    output.write(
        encode(record) + "\n" if arguments.json
        else f"{out}: {model.word_count} words; use it with --lang {out}\n"
    )  # fmt: skip
    return DONE


def column(path: Path, encoding: str) -> Iterator[str]:
    """The words of a list: one a line, or the first of two columns, the second being a count.

    Raises:
        OSError: The file cannot be read.
        ValueError: A line has something else, or the file is not in its encoding.
    """
    with path.open(encoding=encoding) as lines:
        for number, line in enumerate(lines, 1):
            parts = line.split()
            if not parts:
                continue
            plain = len(parts) == 1 or (len(parts) == 2 and re.fullmatch(r"[\d.,eE+-]+", parts[1]))
            if not plain or parts[0].isdigit():
                raise ValueError(
                    f"line {number}: expected a word, or a word and its count, the most frequent "
                    f"first; found {line.strip()[:60]!r}"
                )
            yield parts[0]
