"""The forms in which labelled sentences may come."""

import operator
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from scriptio._text import checked_text, refuse_one_text

__all__ = ["UNSPACED", "Documents", "labelled_texts"]

#: Sentences of one document, or documents as sentences or as a text with ends.
Documents: TypeAlias = Iterable[str] | Iterable[Sequence[str]] | Iterable[tuple[str, Iterable[int]]]

#: Languages that put nothing between sentences.
UNSPACED = frozenset({"ja", "km", "my", "yue", "zh"})


def labelled_texts(documents: Documents, separator: str) -> list[tuple[str, list[int]]]:
    """Every document as a text and the ends of its sentences, the last end included."""
    refuse_one_text(documents, "documents")
    items = list(documents)
    if items and isinstance(items[0], str):
        return [_joined(items, separator, "documents")]
    labelled = []
    for at, item in enumerate(items):
        name = f"documents[{at}]"
        if isinstance(item, tuple) and len(item) == 2 and not isinstance(item[1], str):
            labelled.append(_marked(*item, name))
        else:
            labelled.append(_joined(item, separator, name))
    return labelled


def _joined(sentences: Iterable[object], separator: str, name: str) -> tuple[str, list[int]]:
    refuse_one_text(sentences, name)
    pieces: list[str] = []
    ends: list[int] = []
    length = 0
    for at, item in enumerate(sentences):
        sentence = checked_text(item, f"{name}[{at}]")
        if not sentence.strip():
            raise ValueError(f"{name}[{at}] is {sentence!r}; leave empty sentences out")
        if pieces and not pieces[-1][-1].isspace():
            pieces.append(separator)
            length += len(separator)
        pieces.append(sentence)
        length += len(sentence)
        ends.append(length)
    return "".join(pieces), ends


def _marked(text: object, ends: object, name: str) -> tuple[str, list[int]]:
    text = checked_text(text, f"{name}[0]")
    if not isinstance(ends, Iterable):
        raise TypeError(f"{name}[1] must be an iterable of int, not {type(ends).__name__}")
    offsets = []
    for at, end in enumerate(ends):
        try:
            offsets.append(operator.index(end))
        except TypeError:
            kind = type(end).__name__
            raise TypeError(f"{name}[1][{at}] must be int, not {kind}") from None
    # The last sentence ends with its text, whether that is said or not.
    if not offsets or offsets[-1] < len(text.rstrip()):
        offsets.append(len(text))
    return text, offsets
