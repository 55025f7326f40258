"""How well compounds are split: exact match on labelled words."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from scriptio.compounds import CompoundSplitter

__all__ = ["CompoundScore", "LabelledWord", "evaluate", "hard_rate", "read_labelled"]

#: Gives the tokens of a word; they join to it.
Tokenize = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class LabelledWord:
    """A word and how it should be split.

    Attributes:
        lang: Code of its language.
        source: Where it is from; empty where the file does not say.
        pieces: Its pieces, which join to it; one if it is no compound.
        words: The words that they stand for, where the file says.
    """

    lang: str
    source: str
    pieces: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The word."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class CompoundScore:
    """Shares of words that are split exactly as they should be.

    Attributes:
        compounds: How many words are compounds.
        others: How many are none.
        pos: Share of compounds that are right; 0 where there are none.
        neg: Share of other words that are left whole.
        all: Share of all words.
        easy: Share of the compounds that are right whose cuts are all token boundaries; `None`
            without a tokenizer, as `hard`.
        hard: Share of the other compounds.
        normalized: Share of compounds whose words are right, of those whose words are known.
    """

    compounds: int
    others: int
    pos: float
    neg: float
    all: float
    easy: float | None
    hard: float | None
    normalized: float | None


def read_labelled(path: str | os.PathLike[str]) -> Iterator[LabelledWord]:
    """The words of a file.

    Either CSV as CompoundPiece has it, with columns `word`, `segmentation`, `norm` and `lang`,
    pieces joined by `-`; or tab-separated without a header: language, source, `pos` or `neg`, word,
    pieces joined by `|`, words joined by `|` (which may be missing). In the first, a segmentation
    that does not join to the word, hyphens aside, is left out, as are words with hyphens.

    Raises:
        OSError: The file cannot be read.
        ValueError: A column is missing, or pieces do not join to their word; names the line.
    """
    path = Path(path)
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix.lower() == ".csv":
            yield from _compound_piece(path, csv.DictReader(lines))
            return
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\r\n").split("\t")
            if len(columns) < 5:
                raise ValueError(
                    f"{path}:{number}: expected at least 5 tab-separated columns (language, "
                    f"source, pos or neg, word, pieces), found {len(columns)}"
                )
            lang, source, _, word, pieces = columns[:5]
            split = pieces.split("|")
            if "".join(split).lower() != word.lower() or sum(map(len, split)) != len(word):
                raise ValueError(f"{path}:{number}: pieces {pieces!r} do not join to {word!r}")
            # They may be in another case than the word.
            ends = [0, *accumulate(map(len, split))]
            surface = tuple(word[start:end] for start, end in pairwise(ends))
            words = tuple(columns[5].split("|")) if len(columns) > 5 and columns[5] else ()
            yield LabelledWord(lang, source, surface, words)


def _compound_piece(path: Path, rows: "csv.DictReader[str]") -> Iterator[LabelledWord]:
    needed = {"word", "segmentation", "lang"}
    missing = needed - set(rows.fieldnames or ())
    if missing:
        raise ValueError(
            f"{path}: column {', '.join(sorted(missing))} is missing; a file of CompoundPiece has "
            "word, segmentation, norm and lang"
        )
    for row in rows:
        pieces = tuple(row["segmentation"].split("-"))
        if "-" in row["word"] or "".join(pieces) != row["word"] or not all(pieces):
            continue
        norm = row.get("norm") or ""
        yield LabelledWord(row["lang"], "", pieces, tuple(norm.split("-")) if norm else ())


def cuts(pieces: Iterable[str]) -> frozenset[int]:
    """Where pieces end inside their word."""
    ends = []
    at = 0
    for piece in pieces:
        at += len(piece)
        ends.append(at)
    return frozenset(ends[:-1])


def evaluate(
    splitter: CompoundSplitter,
    labelled: Iterable[LabelledWord],
    *,
    tokenize: Tokenize | None = None,
) -> CompoundScore:
    """How many words are split exactly as they should be.

    A word counts as right if it is cut where it should be and nowhere else, as in CompoundPiece
    (Minixhofer, Pfeiffer and Vulić 2023). With `tokenize`, compounds are told apart by whether they
    are easy or hard for that tokenizer: hard ones have a cut that is no token boundary.

    Args:
        splitter: What is measured, with `linking="attach"`.
        labelled: The words, of the splitter's language.
        tokenize: Gives the tokens of a word, which join to it.

    Raises:
        ValueError: There is no word, or the tokens of one do not join to it.

    Examples:
        >>> from scriptio import CompoundSplitter
        >>> from scriptio.compound_evaluation import LabelledWord, evaluate
        >>> gold = [LabelledWord("de", "", ("Haus", "boot")), LabelledWord("de", "", ("Haus",))]
        >>> evaluate(CompoundSplitter("de"), gold).all
        1.0
    """
    words = list(labelled)
    if not words:
        raise ValueError("labelled must hold at least one word")
    found = splitter.split_batch([word.word for word in words])
    right = [tuple(pieces) == word.pieces for pieces, word in zip(found, words, strict=True)]
    compound = [len(word.pieces) > 1 for word in words]

    def share(chosen: Iterable[bool]) -> float:
        chosen = list(chosen)
        return sum(chosen) / len(chosen) if chosen else 0.0

    easy = hard = None
    if tokenize is not None:
        is_hard = [c and _is_hard(word, tokenize) for word, c in zip(words, compound, strict=True)]
        kinds = list(zip(right, compound, is_hard, strict=True))
        easy = share(r for r, c, h in kinds if c and not h)
        hard = share(r for r, c, h in kinds if h)
    known = [word for word in words if len(word.words) > 1 and len(word.pieces) > 1]
    normalized = share(
        [w.lower() for w in splitter.normalize(word.word)] == [w.lower() for w in word.words]
        for word in known
    )
    return CompoundScore(
        compounds=sum(compound),
        others=len(words) - sum(compound),
        pos=share(r for r, c in zip(right, compound, strict=True) if c),
        neg=share(r for r, c in zip(right, compound, strict=True) if not c),
        all=share(right),
        easy=easy,
        hard=hard,
        normalized=normalized if known else None,
    )


def _is_hard(word: LabelledWord, tokenize: Tokenize) -> bool:
    tokens = list(tokenize(word.word))
    if "".join(tokens) != word.word:
        raise ValueError(f"tokens must join to the word {word.word!r}, not be {tokens!r}")
    return not cuts(word.pieces) <= cuts(tokens)


def hard_rate(labelled: Iterable[LabelledWord], tokenize: Tokenize) -> tuple[float, float]:
    """The share of compounds that are hard for a tokenizer, and its tokens for each compound.

    A compound is hard if a boundary between its words is not one between tokens: then no token
    stands for a word of its own.

    Raises:
        ValueError: There is no compound, or the tokens of one do not join to it.

    Examples:
        >>> from scriptio.compound_evaluation import LabelledWord, hard_rate
        >>> gold = [LabelledWord("en", "", ("day", "light"))]
        >>> hard_rate(gold, lambda word: ["da", "ylight"])
        (1.0, 2.0)
    """
    compounds = [word for word in labelled if len(word.pieces) > 1]
    if not compounds:
        raise ValueError("labelled must hold at least one compound")
    hard = sum(_is_hard(word, tokenize) for word in compounds)
    tokens = sum(len(list(tokenize(word.word))) for word in compounds)
    return hard / len(compounds), tokens / len(compounds)
