"""The command line: what was asked for, and how it ended."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper

from scriptio import SentenceSegmenter, __version__, languages
from scriptio.cli.io import (
    Output,
    OutputError,
    Progress,
    UndecodableError,
    lines_of,
    opened,
    pieces_of,
)
from scriptio.cli.render import Renderer, renderer

__all__ = ["main"]

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

SPLIT_HELP = """\
Cut files into sentences, one a line. Without --json, --offsets or -0 the
sentences are trimmed and line breaks inside them become spaces. Offsets are
code points from the start of the file, or of the line with --per-line.
"""

SPLIT_EPILOG = """\
A file that is not valid in its encoding is cut up to the first bad byte; the
sentence that the bad byte is part of is not written. Exit status: 0 done,
1 a file could not be read to its end, 2 wrong use.
"""


def parser() -> argparse.ArgumentParser:
    """The arguments of all commands."""
    top = argparse.ArgumentParser(prog="scriptio", description="Cut text where it should be cut.")
    top.add_argument("--version", action="version", version=f"scriptio {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    split = commands.add_parser(
        "split",
        help="cut files into sentences",
        description=SPLIT_HELP,
        epilog=SPLIT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = split.add_argument
    add("files", nargs="*", metavar="FILE", help="a file; - or none is standard input")
    add("--lang", default="en", metavar="CODE", help="language, or und (default: %(default)s)")
    shape = split.add_mutually_exclusive_group()
    shape.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="JSON Lines with file, start, end and the exact text",
    )
    shape.add_argument(
        "--offsets",
        dest="format",
        action="store_const",
        const="offsets",
        help="start and end alone, tab-separated; after the file if there are several, "
        "and the line with --per-line",
    )
    shape.add_argument(
        "-0",
        "--null",
        dest="format",
        action="store_const",
        const="null",
        help="exact sentences, each with a NUL after it",
    )
    add("--per-line", action="store_true", help="every line is a document of its own")
    add(
        "--newlines",
        default="paragraph",
        choices=("paragraph", "always", "never"),
        help="what a line break means (default: %(default)s, where a blank line ends a sentence)",
    )
    add("--abbreviation", action="append", default=[], metavar="WORD", help="one more abbreviation")
    add("--protect", action="append", default=[], metavar="REGEX", help="never cut what matches")
    add("--encoding", default="utf-8", metavar="NAME", help="of the input (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    split.set_defaults(format="plain", parser=split)
    commands.add_parser("languages", help="list the language codes that --lang knows")
    return top


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
        return split(arguments, output)
    except SystemExit as stop:
        # How argparse ends after --help and after wrong use.
        return stop.code if isinstance(stop.code, int) else MISUSED
    except OutputError as error:
        if error.reader_left:
            return DONE
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def split(arguments: argparse.Namespace, output: Output) -> int:
    """Cut every file; one that fails does not keep the others from being cut."""
    try:
        segmenter = SentenceSegmenter(
            arguments.lang,
            newlines=arguments.newlines,
            abbreviations=arguments.abbreviation,
            protect=arguments.protect,
        )
        # Knows which codecs are for text, which looking one up does not tell.
        TextIOWrapper(BytesIO(), arguments.encoding)
    except (ValueError, LookupError) as error:
        arguments.parser.error(str(error))
    files = arguments.files or ["-"]
    work = split_lines if arguments.per_line else split_document
    progress = Progress(files, arguments.quiet)
    status = DONE
    try:
        for file in files:
            render = renderer(arguments.format, file, len(files) > 1)
            try:
                with opened(file) as source:
                    pieces = pieces_of(source, arguments.encoding, progress)
                    work(segmenter, pieces, render, output)
            except OSError as error:
                complain(f"{file}: {error.strerror or error}")
                status = FAILED
            except UndecodableError as error:
                complain(f"{file}: {error}")
                status = FAILED
    finally:
        progress.close()
    return status


def split_document(
    segmenter: SentenceSegmenter, pieces: Iterator[str], render: Renderer, output: Output
) -> None:
    """Cut a text as one document, keeping no more of it than its unfinished end."""
    stream = segmenter.stream()
    length = 0
    try:
        for piece in pieces:
            length += len(piece)
            output.write(render(stream.feed(piece), None))
    except UndecodableError:
        # Something unreadable comes next: what ends before it, whatever it is, is complete.
        rest = stream.feed("\N{REPLACEMENT CHARACTER}") + stream.finish()
        output.write(render([segment for segment in rest if segment.end <= length], None))
        raise
    output.write(render(stream.finish(), None))


def split_lines(
    segmenter: SentenceSegmenter, pieces: Iterator[str], render: Renderer, output: Output
) -> None:
    """Cut every line of a text as a document of its own."""
    number = 0
    for lines in lines_of(pieces):
        rendered = []
        for out in segmenter.segment_batch(lines):
            number += 1
            rendered.append(render(out.segments(), number))
        output.write("".join(rendered))


def complain(message: str) -> None:
    """Say what went wrong, on standard error alone."""
    if sys.stderr is not None:
        print(f"scriptio: {message}", file=sys.stderr)
