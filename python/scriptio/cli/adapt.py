"""`scriptio adapt`: labelled sentences in, an adapter out."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from scriptio import SentenceSegmenter
from scriptio.adaptation import AdaptationReport
from scriptio.cli.cutting import directory, sat
from scriptio.cli.io import DONE, FAILED, Output, complain, opened
from scriptio.sat import SaT

__all__ = ["adapt"]

#: A document: its sentences, or its text and where they end.
Document = list[str] | tuple[str, list[int]]


class GoldError(Exception):
    """A file of labelled sentences is not as it should be."""


def adapt(arguments: argparse.Namespace, output: Output) -> int:
    """Learn from files of labelled sentences; the exit status."""
    parser: argparse.ArgumentParser = arguments.parser
    if arguments.out == "-":
        parser.error("--out is -, the report's place; name a file")
    found = directory(arguments.model, parser)
    try:
        lang = SentenceSegmenter(arguments.lang).lang
        segmenter = sat(found, num_threads=arguments.threads)
    except ValueError as error:
        parser.error(str(error))
    if not isinstance(segmenter, SaT):
        parser.error(f"{found.path} is a WtP model; only SaT models are adapted")
    try:
        documents: list[Any] = [
            document for file in arguments.files for document in documents_of(file)
        ]
        adapter = segmenter.adapt(documents, lang=lang).adapter
        assert adapter is not None, "adapting gives an adapter"
        adapter.save(arguments.out)
    except OSError as error:
        complain(f"{error.filename or 'standard input'}: {error.strerror or error}")
        return FAILED
    except (GoldError, ValueError) as error:
        complain(str(error))
        return FAILED
    output.write(told(adapter.report, arguments.json))
    return DONE


def documents_of(file: str) -> Sequence[Document]:
    """The documents in a file.

    Raises:
        GoldError: It holds something else.
        OSError: It cannot be read.
    """
    with opened(file) as source:
        data = source.read()
    try:
        # A byte order mark is no part of the first sentence.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GoldError(f"{file}: not valid utf-8 at byte {error.start}: {error.reason}") from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if file.endswith((".jsonl", ".json")) or next(filter(str.strip, lines), "").startswith('{"'):
        return [
            record(line, f"{file}: line {number}")
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
    documents: list[Document] = []
    sentences: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            sentences.append(line)
        elif sentences:
            documents.append(sentences)
            sentences = []
    return documents


def record(line: str, where: str) -> tuple[str, list[int]]:
    """The document of a line of JSON.

    Raises:
        GoldError: It is none.
    """
    expected = 'expected {"text": "It rained. We left.", "ends": [11, 19]}'
    try:
        value = json.loads(line)
    except ValueError as error:
        raise GoldError(f"{where}: no JSON ({error}); {expected}") from error
    text, ends = (value.get(key) for key in ("text", "ends")) if isinstance(value, dict) else (0, 0)
    if not isinstance(text, str) or not isinstance(ends, list):
        raise GoldError(f"{where}: no object with text and ends; {expected}")
    least = 0
    for end in ends:
        if type(end) is not int or not least < end <= len(text):
            raise GoldError(
                f"{where}: ends hold {end!r}; they rise and are code points of the text, up to "
                f"{len(text)}"
            )
        least = end
    return text, ends


def told(report: AdaptationReport, as_json: bool) -> str:
    """The report, for people or as JSON."""
    if as_json:
        return json.dumps(report._asdict()) + "\n"
    return (
        f"{report.sentences} sentences, {report.places} places where one could end\n"
        f"F1 before          {report.f1_before:.4f}\n"
        f"F1 threshold only  {report.f1_threshold:.4f}\n"
        f"F1 after           {report.f1:.4f}  "
        f"(precision {report.precision:.4f}, recall {report.recall:.4f})\n"
    )
