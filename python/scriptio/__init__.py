"""Cuts text where it should be cut, and says exactly where.

Examples:
    >>> import scriptio
    >>> scriptio.split("It rained. We left.", lang="en")
    ['It rained. ', 'We left.']

Offsets are code points, as Python's own indices are; the segments of a text
concatenate to the text.
"""

from scriptio._core import __version__, languages
from scriptio.decoding import DecodingPolicy, decode
from scriptio.errors import MissingDependencyError, ModelError, ScriptioError
from scriptio.onnx import OnnxScorer
from scriptio.protocols import Segmenter
from scriptio.sat import SaT
from scriptio.sat_stream import SaTStream
from scriptio.sentence import SentenceSegmenter, split
from scriptio.stream import SentenceStream
from scriptio.types import Explanation, FloatArray, Segment, Segmentation, Span, SpanArray
from scriptio.wtp import WtP

__all__ = [
    "DecodingPolicy",
    "Explanation",
    "FloatArray",
    "MissingDependencyError",
    "ModelError",
    "OnnxScorer",
    "SaT",
    "SaTStream",
    "ScriptioError",
    "Segment",
    "Segmentation",
    "Segmenter",
    "SentenceSegmenter",
    "SentenceStream",
    "Span",
    "SpanArray",
    "WtP",
    "__version__",
    "decode",
    "languages",
    "split",
]
