"""`scriptio sections`: legal texts in, their structure out."""

import argparse
import json
from io import BytesIO, TextIOWrapper
from pathlib import PurePath

from scriptio.cli.io import DONE, FAILED, Output, complain, opened
from scriptio.legal import Outline, SectionSegmenter

__all__ = ["sections"]


def sections(arguments: argparse.Namespace, output: Output) -> int:
    """Show every file; one that fails does not keep the others from being shown."""
    parser: argparse.ArgumentParser = arguments.parser
    try:
        # Knows which codecs are for text, which looking one up does not tell.
        TextIOWrapper(BytesIO(), arguments.encoding)
        segmenter = SectionSegmenter(arguments.system)
        if arguments.width < 1:
            raise ValueError(f"--width must be at least 1, not {arguments.width}")
    except (ValueError, LookupError) as error:
        parser.error(str(error))
    files = arguments.files or ["-"]
    status = DONE
    for file in files:
        try:
            with opened(file) as source:
                text = source.read().decode(arguments.encoding)
        except OSError as error:
            complain(f"{file}: {error.strerror or error}")
            status = FAILED
        except UnicodeDecodeError as error:
            complain(
                f"{file}: not valid {arguments.encoding} at byte {error.start}: {error.reason}"
            )
            status = FAILED
        else:
            outline = segmenter.outline(text)
            output.write(rendered(outline, arguments.format, file, arguments.width))
    return status


def rendered(outline: Outline, form: str, file: str, width: int) -> str:
    """An outline in one of the formats."""
    if form == "markdown":
        return outline.to_markdown()
    if form == "akn":
        return outline.to_akoma_ntoso(PurePath(file).stem if file != "-" else "text")
    encode = json.JSONEncoder(ensure_ascii=False).encode
    if form == "json":
        records = [{"file": file, **section.to_dict()} for section in outline]
        return "".join(f"{encode(record)}\n" for record in records)
    if form == "references":
        found = [{"file": file, **reference.to_dict()} for reference in outline.references()]
        return "".join(f"{encode(record)}\n" for record in found)
    lines = outline.tree(width)
    return f"{lines}\n" if lines else ""
