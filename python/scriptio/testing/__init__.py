"""Texts and checks for testing segmenters, one's own included.

The checks need nothing; the strategies need Hypothesis, which comes with
`pip install 'scriptio[testing]'`.

Examples:
    >>> from scriptio import SentenceSegmenter
    >>> from scriptio.testing import check_segmenter
    >>> check_segmenter(SentenceSegmenter("en"), "It rained. We left.")
"""

from scriptio.testing.checks import (
    check_pieces,
    check_prefixes,
    check_segmentation,
    check_segmenter,
    check_stripped,
)
from scriptio.testing.strategies import documents, hostile_text, sentences

__all__ = [
    "check_pieces",
    "check_prefixes",
    "check_segmentation",
    "check_segmenter",
    "check_stripped",
    "documents",
    "hostile_text",
    "sentences",
]
