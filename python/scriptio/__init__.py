"""Cuts text where it should be cut, and says exactly where.

Examples:
    >>> import scriptio
    >>> scriptio.split("It rained. We left.", lang="en")
    ['It rained. ', 'We left.']

Offsets are code points, as Python's own indices are; the segments of a text
concatenate to the text.
"""

import importlib
from typing import TYPE_CHECKING

from scriptio._core import __version__, languages
from scriptio.bytevocab import ByteVocab
from scriptio.chunking import Chunk, Chunker
from scriptio.decoding import DecodingPolicy, decode
from scriptio.errors import MissingDependencyError, ModelError, ScriptioError
from scriptio.protocols import Segmenter
from scriptio.sentence import SentenceSegmenter, split
from scriptio.stream import SentenceStream
from scriptio.types import Explanation, FloatArray, Segment, Segmentation, Span, SpanArray

if TYPE_CHECKING:
    from scriptio.bytelm import ByteLM, ByteState
    from scriptio.compounds import CompoundSplitter
    from scriptio.ensemble import ByteEnsemble
    from scriptio.infill import FimTemplate, fill, heal
    from scriptio.language_model import CallbackLM, Context, LanguageModel, PrefixedLM
    from scriptio.legal import Outline, Section, SectionSegmenter
    from scriptio.onnx import OnnxScorer
    from scriptio.onnx_lm import OnnxLM
    from scriptio.sat import SaT
    from scriptio.sat_stream import SaTStream
    from scriptio.topics import TopicSegmenter
    from scriptio.transformers_lm import TransformersLM
    from scriptio.wtp import WtP

__all__ = [
    "ByteEnsemble",
    "ByteLM",
    "ByteState",
    "ByteVocab",
    "CallbackLM",
    "Chunk",
    "Chunker",
    "CompoundSplitter",
    "Context",
    "DecodingPolicy",
    "Explanation",
    "FimTemplate",
    "FloatArray",
    "LanguageModel",
    "MissingDependencyError",
    "ModelError",
    "OnnxLM",
    "OnnxScorer",
    "Outline",
    "PrefixedLM",
    "SaT",
    "SaTStream",
    "ScriptioError",
    "Section",
    "SectionSegmenter",
    "Segment",
    "Segmentation",
    "Segmenter",
    "SentenceSegmenter",
    "SentenceStream",
    "Span",
    "SpanArray",
    "TopicSegmenter",
    "TransformersLM",
    "WtP",
    "__version__",
    "decode",
    "fill",
    "heal",
    "languages",
    "split",
]

#: What models need, and what few texts need, is imported when it is first asked for.
_MODULES = {
    "ByteEnsemble": "ensemble",
    "ByteLM": "bytelm",
    "ByteState": "bytelm",
    "CallbackLM": "language_model",
    "CompoundSplitter": "compounds",
    "Context": "language_model",
    "FimTemplate": "infill",
    "LanguageModel": "language_model",
    "Outline": "legal",
    "Section": "legal",
    "SectionSegmenter": "legal",
    "OnnxLM": "onnx_lm",
    "OnnxScorer": "onnx",
    "PrefixedLM": "language_model",
    "SaT": "sat",
    "SaTStream": "sat_stream",
    "TopicSegmenter": "topics",
    "TransformersLM": "transformers_lm",
    "WtP": "wtp",
    "fill": "infill",
    "heal": "infill",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
