"""`scriptio topics`: files in segments of one topic each."""

import argparse
from io import BytesIO, TextIOWrapper

from scriptio.cli.io import Output, Progress, for_each_file, whole
from scriptio.cli.render import renderer
from scriptio.topics import TopicSegmenter

__all__ = ["topics"]


def topics(arguments: argparse.Namespace, output: Output) -> int:
    """Cut every file; one that fails does not keep the others from being cut."""
    try:
        TextIOWrapper(BytesIO(), arguments.encoding)
        segmenter = TopicSegmenter(
            arguments.model,
            unit=arguments.unit,
            lang=arguments.lang,
            count=arguments.count,
            threshold=arguments.threshold,
            min_units=arguments.min_units,
            min_length=arguments.min_length,
            max_length=arguments.max_length,
            target_length=arguments.target_length,
        )
    except (ValueError, LookupError) as error:
        arguments.parser.error(str(error))

    def work(file: str, progress: Progress, several: bool) -> None:
        render = renderer(arguments.format, file, several)
        text, failure = whole(file, arguments.encoding, progress)
        found = segmenter.segment(text)
        segments = list(found.segments())
        # What comes behind a bad byte might have been in the last one.
        kept = segments[:-1] if failure else segments
        told = None if found.probabilities is None else found.probabilities.tolist()
        output.write(render(kept, told, None))
        if failure:
            raise failure

    return for_each_file(arguments.files, arguments.quiet, work)
