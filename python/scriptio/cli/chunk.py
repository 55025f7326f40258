"""`scriptio chunk`: files in pieces of at most a size."""

import argparse
from collections.abc import Callable, Iterable
from io import BytesIO, TextIOWrapper
from json import JSONEncoder

from scriptio import Chunk, Chunker
from scriptio.cli import render
from scriptio.cli.io import Output, Progress, for_each_file, whole
from scriptio.types import Segment

__all__ = ["chunk"]

#: Writes the chunks of one file.
Renderer = Callable[[list[Chunk]], str]


def chunk(arguments: argparse.Namespace, output: Output) -> int:
    """Cut every file into chunks; one that fails does not keep the others from being cut."""
    try:
        TextIOWrapper(BytesIO(), arguments.encoding)
        chunker = Chunker(
            arguments.by,
            chunk_size=arguments.chunk_size,
            chunk_overlap=arguments.overlap,
            sizer=arguments.sizer if arguments.tokenizer is None else arguments.tokenizer,
            context=arguments.context,
            packing="balanced" if arguments.balanced else "greedy",
            lang=arguments.lang,
        )
    except (ValueError, LookupError) as error:
        arguments.parser.error(str(error))

    def work(file: str, progress: Progress, several: bool) -> None:
        rendered = renderer(arguments.format, file, several)
        text, failure = whole(file, arguments.encoding, progress)
        chunks = chunker.chunk(text)
        # What comes behind a bad byte might have been in the last one.
        output.write(rendered(chunks[:-1] if failure else chunks))
        if failure:
            raise failure

    return for_each_file(arguments.files, arguments.quiet, work, refusals=(ValueError,))


def renderer(form: str, file: str, with_file: bool) -> Renderer:
    """What writes the chunks of a file in one of the formats of `scriptio split`."""
    if form == "json":
        return json(file)
    if form in ("plain", "null"):
        write = render.plain if form == "plain" else render.null
        return lambda chunks: write(segments(chunks), None, None)
    offsets = render.offsets(f"{file}\t" if with_file else "")
    return lambda chunks: offsets(segments(chunks), None, None)


def segments(chunks: Iterable[Chunk]) -> list[Segment]:
    """Chunks as segments, their prefixes part of the texts."""
    return [Segment(chunk.start, chunk.end, chunk.content) for chunk in chunks]


def json(file: str) -> Renderer:
    """JSON Lines: file, start, end, text, size, and path and prefix where there are such."""
    encode = JSONEncoder(ensure_ascii=False).encode

    def record(chunk: Chunk) -> str:
        fields: dict[str, object] = {
            "file": file,
            "start": chunk.start,
            "end": chunk.end,
            "text": chunk.text,
            "size": chunk.size,
        }
        if chunk.path:
            fields["path"] = list(chunk.path)
        if chunk.prefix:
            fields["prefix"] = chunk.prefix
        return f"{encode(fields)}\n"

    return lambda chunks: "".join(map(record, chunks))
