"""What cuts a text, rules or a model, as the command line uses it."""

import argparse
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from scriptio import SentenceSegmenter, models
from scriptio.cli.io import complain
from scriptio.errors import ModelError
from scriptio.types import Segment, Segmentation

if TYPE_CHECKING:
    from scriptio.sat import SaT
    from scriptio.wtp import WtP

__all__ = [
    "Cutter",
    "Found",
    "Stream",
    "directory",
    "neural_cutter",
    "rules",
    "rules_cutter",
    "sat",
]

#: Code points that a model reads of a file at once. What it reads twice for the context of each
#: step is then a few percent.
STEP = 1 << 15

#: More code points than any piece of a file has.
WHOLE = 1 << 40


class Found(NamedTuple):
    """Segments, and the probabilities of their ends where a model gave them."""

    segments: list[Segment]
    probabilities: list[float] | None


class Stream(Protocol):
    """Takes one text piece by piece."""

    def feed(self, piece: str) -> Found:
        """Take the next piece; what is settled by it."""

    def finish(self) -> Found:
        """The text is complete; what is left."""


class Cutter(NamedTuple):
    """Cuts documents as a stream, or lines in batches.

    Attributes:
        stream: Makes a stream for one document.
        batch: The segments of each of some lines.
        most: How many code points to feed a stream at once.
    """

    stream: Callable[[], Stream]
    batch: Callable[[list[str]], Iterable[Segmentation]]
    most: int


class RulesStream:
    """A stream of the rules, which give no probabilities."""

    def __init__(self, segmenter: SentenceSegmenter) -> None:
        self._stream = segmenter.stream()

    def feed(self, piece: str) -> Found:
        """See `Stream`."""
        return Found(self._stream.feed(piece), None)

    def finish(self) -> Found:
        """See `Stream`."""
        return Found(self._stream.finish(), None)


class Scored(Protocol):
    """A stream that gives each segment with its probability."""

    def feed_scored(self, piece: str) -> list[tuple[Segment, float]]:
        """Take the next piece."""

    def finish_scored(self) -> list[tuple[Segment, float]]:
        """The text is complete."""


class NeuralStream:
    """A stream of a model."""

    def __init__(self, stream: Scored) -> None:
        self._stream = stream

    def feed(self, piece: str) -> Found:
        """See `Stream`."""
        return unzipped(self._stream.feed_scored(piece))

    def finish(self) -> Found:
        """See `Stream`."""
        return unzipped(self._stream.finish_scored())


def unzipped(scored: list[tuple[Segment, float]]) -> Found:
    """Segments and probabilities apart."""
    return Found([segment for segment, _ in scored], [found for _, found in scored])


def rules(arguments: argparse.Namespace) -> SentenceSegmenter:
    """The rules that were asked for.

    Raises:
        ValueError: An argument is no usable value.
    """
    return SentenceSegmenter(
        "en" if arguments.lang is None else arguments.lang,
        newlines=arguments.newlines,
        abbreviations=arguments.abbreviation,
        protect=arguments.protect,
    )


def rules_cutter(arguments: argparse.Namespace) -> Cutter:
    """What cuts by the rules.

    Raises:
        ValueError: An argument is no usable value.
    """
    segmenter = rules(arguments)
    return Cutter(lambda: RulesStream(segmenter), segmenter.segment_batch, WHOLE)


def directory(name: str, parser: argparse.ArgumentParser) -> models.ModelDirectory:
    """The model that an argument names.

    Raises:
        ModelError: It is damaged.
        SystemExit: There is none of that name.
    """
    own = models.DEFAULT if name == "sat" else name
    try:
        return models.find(own)
    except ModelError as error:
        if own in models.available() or Path(own).expanduser().is_dir():
            raise
        parser.error(str(error))


def is_wtp(found: models.ModelDirectory) -> bool:
    """Whether a directory holds a model that reads characters."""
    from scriptio.onnx import OnnxScorer

    # A SaT model without its tokenizer is of no use, and is told so as one.
    return found.tokenizer is None and OnnxScorer(found.onnx).kind == "characters"


def sat(found: models.ModelDirectory, **options: Any) -> "SaT | WtP":
    """The segmenter of a model, opened; what it warns of is told on standard error.

    Raises:
        ModelError: The model or its adapter is damaged.
        OSError: The adapter cannot be read.
        ValueError: An option is no usable value.
    """
    from scriptio.sat import SaT
    from scriptio.wtp import WtP

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made: SaT | WtP
        if is_wtp(found):
            for name in ("rules", "adapter"):
                if options.pop(name, None) is not None:
                    raise ValueError(f"{found.path} is a WtP model, which takes no {name}")
            options.pop("cascade", None)
            made = WtP(found.path, **options)
        else:
            made = SaT(found.path, **options)
        made.load()
    for warning in told:
        complain(str(warning.message).replace("threshold=", "--threshold"))
    return made


def neural_cutter(arguments: argparse.Namespace) -> Cutter:
    """What cuts by a model.

    Raises:
        ModelError: The model or its adapter is damaged.
        OSError: The adapter cannot be read.
        SystemExit: There is no such model.
        ValueError: An argument is no usable value.
    """
    found = directory(arguments.model, arguments.parser)
    told = rules(arguments)
    lang = told.lang if arguments.rules or arguments.cascade else arguments.lang
    own = ("threshold", "max_length", "min_length", "prior", "meaning", "stride", "newlines")
    options = {name: getattr(arguments, name) for name in own}
    segmenter = sat(
        found,
        **{name: value for name, value in options.items() if value is not None},
        lang=lang,
        num_threads=arguments.threads,
        rules=told if arguments.rules or arguments.cascade else None,
        cascade=bool(arguments.cascade),
        adapter=arguments.adapter,
    )

    def stream() -> Stream:
        if not arguments.cascade:
            return NeuralStream(segmenter.stream(step=STEP))
        from scriptio.cli.slabs import MARGIN, SlabStream

        # Segments that are too short go on over a blank line.
        blank_lines = arguments.newlines != "never" and (arguments.min_length or 1) == 1
        margin = max(MARGIN, 4 * (arguments.max_length or 0))
        return NeuralStream(SlabStream(segmenter.segment, blank_lines=blank_lines, margin=margin))

    def batch(lines: list[str]) -> Iterable[Segmentation]:
        return segmenter.segment_batch(lines, num_threads=arguments.threads)

    return Cutter(stream, batch, STEP)
