"""The command line: what was asked for, and how it ended."""

import argparse
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper

from scriptio import languages
from scriptio.cli.arguments import check_split, parser
from scriptio.cli.cutting import Cutter, Found, neural_cutter, rules_cutter
from scriptio.cli.io import (
    DONE,
    FAILED,
    INTERRUPTED,
    MISUSED,
    Output,
    OutputError,
    Progress,
    UndecodableError,
    complain,
    for_each_file,
    lines_of,
    opened,
    pieces_of,
)
from scriptio.cli.render import Renderer, renderer
from scriptio.errors import ModelError, ScriptioError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The arguments, without the command's name; the process's unless given.

    Returns:
        The exit status: 0 done, 1 failed on the data, 2 wrong use, 130 interrupted.
    """
    try:
        arguments = parser().parse_args(argv)
        output = Output()
        if arguments.command == "languages":
            output.write("".join(f"{code}\n" for code in [*languages(), "und"]))
            return DONE
        # What models need is imported where a model is asked for.
        if arguments.command == "models":
            from scriptio.cli.models import models

            return models(arguments, output)
        if arguments.command == "compounds":
            from scriptio.cli.compounds import compounds

            return compounds(arguments, output)
        if arguments.command == "adapt":
            from scriptio.cli.adapt import adapt

            return adapt(arguments, output)
        if arguments.command == "bytes":
            from scriptio.cli.bytes import show_bytes

            return show_bytes(arguments, output)
        if arguments.command == "tokens":
            from scriptio.cli.tokens import tokens

            return tokens(arguments, output)
        if arguments.command == "chunk":
            from scriptio.cli.chunk import chunk

            return chunk(arguments, output)
        if arguments.command == "sections":
            from scriptio.cli.sections import sections

            return sections(arguments, output)
        if arguments.command == "topics":
            from scriptio.cli.topics import topics

            return topics(arguments, output)
        return split(arguments, output)
    except SystemExit as stop:
        # How argparse ends after --help and after wrong use.
        return stop.code if isinstance(stop.code, int) else MISUSED
    except OutputError as error:
        if error.reader_left:
            return DONE
        complain(str(error))
        return FAILED
    except ScriptioError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def split(arguments: argparse.Namespace, output: Output) -> int:
    """Cut every file; one that fails does not keep the others from being cut."""
    check_split(arguments)
    try:
        # Knows which codecs are for text, which looking one up does not tell.
        TextIOWrapper(BytesIO(), arguments.encoding)
        cutter = (rules_cutter if arguments.model is None else neural_cutter)(arguments)
    except ScriptioError:
        raise
    except (ValueError, LookupError) as error:
        arguments.parser.error(str(error))
    except OSError as error:
        complain(f"{error.filename}: {error.strerror or error}")
        return FAILED
    pass_on = split_lines if arguments.per_line else split_document

    def work(file: str, progress: Progress, several: bool) -> None:
        render = renderer(arguments.format, file, several)
        with opened(file) as source:
            pieces = pieces_of(source, arguments.encoding, progress)
            pass_on(cutter, pieces, render, output)

    return for_each_file(arguments.files, arguments.quiet, work, refusals=(ModelError,))


def split_document(cutter: Cutter, pieces: Iterator[str], render: Renderer, output: Output) -> None:
    """Cut a text as one document, keeping no more of it than its unfinished end."""
    stream = cutter.stream()
    length = 0
    try:
        for piece in pieces:
            length += len(piece)
            for at in range(0, len(piece), cutter.most):
                output.write(render(*stream.feed(piece[at : at + cutter.most]), None))
    except UndecodableError:
        # Something unreadable comes next: what ends before it, whatever it is, is complete.
        for found in (stream.feed("\N{REPLACEMENT CHARACTER}"), stream.finish()):
            output.write(render(*up_to(length, found), None))
        raise
    output.write(render(*stream.finish(), None))


def up_to(length: int, found: Found) -> Found:
    """The segments that end there or before."""
    segments, probabilities = found
    count = sum(segment.end <= length for segment in segments)
    return Found(segments[:count], probabilities and probabilities[:count])


def split_lines(cutter: Cutter, pieces: Iterator[str], render: Renderer, output: Output) -> None:
    """Cut every line of a text as a document of its own."""
    number = 0
    for lines in lines_of(pieces):
        rendered = []
        for out in cutter.batch(lines):
            number += 1
            found = None if out.probabilities is None else out.probabilities.tolist()
            rendered.append(render(out.segments(), found, number))
        output.write("".join(rendered))
