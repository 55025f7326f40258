"""What a chunk's size may be counted in."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

from scriptio import _core
from scriptio._text import checked_object
from scriptio.bytevocab import ByteVocab

__all__ = ["UNITS", "CoreSizer", "Sizer", "core_sizer"]

#: Units that are counted without a model.
UNITS = ("chars", "bytes", "words")

#: A unit, the path of a tokenizer file, a tokenizer, or a function that counts many texts at once.
Sizer: TypeAlias = (
    str
    | os.PathLike[str]
    | _core.Tokenizer
    | ByteVocab
    | Callable[[list[str]], Sequence[int]]
    | Any
)

#: What the core takes.
CoreSizer: TypeAlias = str | _core.Tokenizer | _core.Encoder | Callable[[list[str]], Sequence[int]]


def core_sizer(sizer: Sizer) -> CoreSizer:
    """The sizer that the core takes for what a caller passes.

    Raises:
        TypeError: It is nothing that counts.
        ValueError: It is a string that is neither a unit nor a file, or a file
            that describes no tokenizer.
    """
    if isinstance(sizer, (str, os.PathLike)):
        return os.fspath(sizer) if sizer in UNITS else _tokenizer_file(os.fspath(sizer))
    checked_object(sizer, "sizer")
    if isinstance(sizer, _core.Tokenizer):
        return sizer
    if isinstance(sizer, ByteVocab):
        return sizer.core
    # tiktoken and Hugging Face's tokenizers count with special tokens, as their models will.
    for name in ("encode_ordinary_batch", "encode_batch"):
        encode = getattr(sizer, name, None)
        if callable(encode):
            return lambda texts: [len(encoding) for encoding in encode(texts)]
    if callable(sizer):
        return cast("Callable[[list[str]], Sequence[int]]", sizer)
    raise TypeError(
        f"sizer must be one of {', '.join(UNITS)}, the path of a tokenizer.json, a tokenizer, or a "
        f"function from a list of texts to their sizes, not {type(sizer).__name__}"
    )


def _tokenizer_file(path: str) -> _core.Tokenizer | _core.Encoder:
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"sizer is {path!r}, which is neither one of {', '.join(UNITS)} nor a file that can be "
            f"read ({reason}); pass the path of a tokenizer.json"
        ) from error
    try:
        # Much the faster one, where it knows what the file says.
        return _core.Encoder.from_json(data)
    except ValueError:
        return _core.Tokenizer.from_bytes(data)
