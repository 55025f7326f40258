"""Bytes in, bytes out: files decoded piece by piece, output, complaints, the progress bar."""

import codecs
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = [
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "MISUSED",
    "Output",
    "OutputError",
    "Progress",
    "UndecodableError",
    "complain",
    "for_each_file",
    "lines_of",
    "opened",
    "pieces_of",
    "whole",
]

#: How a command ends: well, failed on the data, wrong use, stopped from the keyboard.
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

#: Bytes read at once. Memory does not grow with the file, and the work per piece is worth the call.
PIECE_BYTES = 1 << 18

#: Seconds of work before a progress bar is worth its lines.
PROGRESS_AFTER = 1.0


class UndecodableError(Exception):
    """The input is not what its encoding demands, from a certain byte on."""

    def __init__(self, offset: int, reason: str, encoding: str) -> None:
        super().__init__(f"not valid {encoding} at byte {offset}: {reason}")


class OutputError(Exception):
    """Standard output does not take any more."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output: {error.strerror or error}")
        #: Whether the reader has gone, which is no failure.
        self.reader_left = isinstance(error, BrokenPipeError)


class Output:
    """Standard output, in UTF-8 whatever the locale and with newlines as they are."""

    def __init__(self) -> None:
        # A process may be started without standard output.
        self._file: BinaryIO | None = sys.stdout.buffer if sys.stdout else None

    def write(self, text: str) -> None:
        """Write and flush, so that a reader sees each piece when it is done.

        Raises:
            OutputError: It does not take the text, or was closed from the start.
        """
        if not text:
            return
        if self._file is None:
            raise OutputError(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        try:
            # Encodings that let lone surrogates through are rare; JSON reads the escape as one.
            self._file.write(text.encode("utf-8", "backslashreplace"))
            self._file.flush()
        except OSError as error:
            # What is still buffered would fail again, loudly, when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutputError(error) from error


class Progress:
    """A bar on standard error: only on a terminal, for files, after a second.

    Args:
        files: The names of the input files; `-` has no known size.
        quiet: Never show one.
    """

    def __init__(self, files: Iterable[str], quiet: bool) -> None:
        self._total = 0 if quiet or not _is_for_reading_alone() else _bytes_of(files)
        self._done = 0
        self._start = time.monotonic()
        self._bar: tqdm[Any] | None = None

    def advance(self, count: int) -> None:
        """`count` more bytes are done."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
        elif self._total and time.monotonic() - self._start > PROGRESS_AFTER:
            try:
                from tqdm import tqdm
            except ImportError:
                self._total = 0
                return
            self._bar = tqdm(
                total=self._total, initial=self._done, unit="B", unit_scale=True, leave=False
            )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _is_for_reading_alone() -> bool:
    """Whether standard error is a terminal that the output does not go to as well."""
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and sys.stdout is not None
        and not sys.stdout.isatty()
    )


def _bytes_of(files: Iterable[str]) -> int:
    """The size of all files together, or 0 if one has none."""
    total = 0
    for file in files:
        try:
            status = os.stat(file)
        except OSError:
            return 0
        if not stat.S_ISREG(status.st_mode):
            return 0
        total += status.st_size
    return total


def opened(file: str) -> AbstractContextManager[BufferedIOBase]:
    """The file of that name in binary; `-` is standard input, which stays open.

    Raises:
        OSError: It cannot be opened.
    """
    if file != "-":
        return open(file, "rb")
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return nullcontext(cast("BufferedIOBase", sys.stdin.buffer))


def pieces_of(file: BufferedIOBase, encoding: str, progress: Progress) -> Iterator[str]:
    """The text of a file, piece by piece, with its line breaks as they are.

    A code point or CRLF may be cut between two pieces of bytes; the decoder
    holds back what is unfinished, and the stream minds the rest.

    Raises:
        UndecodableError: After the text before the first bad byte has been given.
        OSError: The file cannot be read.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    position = 0
    piece = b" "
    while piece:
        # As much as is there: a pipe's writer need not fill a whole piece first.
        piece = file.read1(PIECE_BYTES)
        state = decoder.getstate()
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            # What the decoder had held back comes before the piece.
            held = len(error.object) - len(piece)
            decoder.setstate(state)
            yield decoder.decode(piece[: max(0, error.start - held)])
            offset = position - held + error.start
            raise UndecodableError(offset, error.reason, encoding) from error
        except UnicodeError as error:
            raise UndecodableError(position, str(error), encoding) from error
        position += len(piece)
        if text:
            yield text
        progress.advance(len(piece))


def whole(file: str, encoding: str, progress: Progress) -> tuple[str, UndecodableError | None]:
    """The text of a file up to what cannot be decoded, and why that cannot.

    Raises:
        OSError: The file cannot be read.
    """
    pieces: list[str] = []
    try:
        with opened(file) as source:
            pieces.extend(pieces_of(source, encoding, progress))
    except UndecodableError as error:
        return "".join(pieces), error
    return "".join(pieces), None


def for_each_file(
    files: list[str],
    quiet: bool,
    work: Callable[[str, Progress, bool], None],
    refusals: tuple[type[Exception], ...] = (),
) -> int:
    """Call `work` with every file, the progress and whether there are several files.

    One that fails is complained of, and does not keep the others from being
    worked on.

    Args:
        files: The names; none are standard input.
        quiet: Whether there is no progress bar.
        work: Raises OSError or UndecodableError where a file cannot be read.
        refusals: What else it raises of a file that it refuses.

    Returns:
        How the command ends: DONE or FAILED.
    """
    files = files or ["-"]
    refused: tuple[type[Exception], ...] = (UndecodableError, *refusals)
    progress = Progress(files, quiet)
    status = DONE
    try:
        for file in files:
            try:
                work(file, progress, len(files) > 1)
            except OSError as error:
                complain(f"{file}: {error.strerror or error}")
                status = FAILED
            except refused as error:
                complain(f"{file}: {error}")
                status = FAILED
    finally:
        progress.close()
    return status


def lines_of(pieces: Iterable[str]) -> Iterator[list[str]]:
    r"""The lines of a text, without their ends (`\n` or `\r\n`), some at a time.

    When `pieces` fails, the line that is unfinished does not come out.
    """
    unfinished: list[str] = []
    for piece in pieces:
        first, newline, rest = piece.partition("\n")
        unfinished.append(first)
        if newline:
            lines = ["".join(unfinished), *rest.split("\n")]
            unfinished = [lines.pop()]
            yield [line.removesuffix("\r") for line in lines]
    last = "".join(unfinished)
    if last:
        yield [last]


def complain(message: str) -> None:
    """Say what went wrong, on standard error alone."""
    if sys.stderr is not None:
        print(f"scriptio: {message}", file=sys.stderr)
