"""`CompoundSplitter.fit`: from labels, from raw text, from words alone."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from scriptio import CompoundSplitter

WORDS = [
    "kala", "metsä", "talo", "vene", "järvi", "kivi", "tuli", "puu", "lintu", "kukka", "silta",
    "ranta", "pelto", "saari", "lumi", "koira",
]  # fmt: skip
PAIRS = [[left, right] for left, right in product(WORDS[:12], WORDS[:12]) if left != right]
LABELS: list[Any] = [*PAIRS, *([word] for word in WORDS)]


def test_labels_teach_where_words_meet() -> None:
    splitter = CompoundSplitter.fit("mine", pairs=LABELS, words=WORDS, note="a test")
    assert splitter.split("saarikoira") == ["saari", "koira"]
    assert splitter.split("Peltolumi") == ["Pelto", "lumi"]
    assert splitter.split("saari") == ["saari"]
    assert (splitter.lang, splitter.note, splitter.is_labelled) == ("mine", "a test", True)


def test_pairs_of_pieces_and_words_teach_linking_elements() -> None:
    # A genitive before the second word, as Finnish has it.
    linked = [([left + "n", right], [left, right]) for left, right in PAIRS]
    splitter = CompoundSplitter.fit("mine", pairs=[*linked, *WORDS], words=WORDS)
    assert splitter.split("saarinkoira") == ["saarin", "koira"]
    assert splitter.normalize("talonvene") == ["talo", "vene"]


def test_the_same_data_give_the_same_model(tmp_path: Path) -> None:
    files = []
    for run in range(2):
        path = tmp_path / f"{run}.compounds"
        CompoundSplitter.fit("mine", pairs=LABELS, words=WORDS, table_bits=12).save(path)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_hyphens_in_raw_text_teach_compounds() -> None:
    lines = [f"{left}-{right} {left.capitalize()}-{right}, on {left}." for left, right in PAIRS]
    text = [*lines, " ".join(WORDS * 30), "se on se ja se ei ole " * 20]
    splitter = CompoundSplitter.fit("mine", text=text)
    assert splitter.split("talovene") == ["talo", "vene"]
    assert splitter.split("talo") == ["talo"]
    assert CompoundSplitter.fit("mine", text=" ".join(text)) == splitter


def test_a_word_list_alone_is_enough_to_begin() -> None:
    splitter = CompoundSplitter.fit("mine", words=[*WORDS, "ja", "on", "ei"])
    assert not splitter.is_labelled
    assert splitter.word_count == len(WORDS) + 3
    assert splitter.split("kalametsä") == ["kala", "metsä"]
    assert splitter.split("metsä") == ["metsä"]


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        ({}, ValueError, "fit needs pairs, text or words"),
        ({"words": "talo"}, TypeError, "words must be an iterable"),
        ({"words": ["talo 12"]}, ValueError, r"words\[0\] must be one word.*column of words"),
        ({"words": ["1", "2"]}, ValueError, "at least one word with a letter"),
        ({"pairs": "talo|vene"}, TypeError, "pairs must be an iterable of labelled words"),
        ({"pairs": [["talo", ""]]}, ValueError, r"pairs\[0\] must be pieces without white space"),
        ({"pairs": [3]}, TypeError, r"pairs\[0\] must be pieces"),
        ({"pairs": [("talo", "vene", "x")]}, ValueError, r"pairs\[0\] must be a pair"),
        ({"pairs": LABELS[:10]}, ValueError, "too few to learn from"),
        ({"text": b"talo"}, TypeError, "text must be str"),
        ({"text": [1]}, TypeError, r"text\[0\] must be str"),
        ({"pairs": LABELS, "table_bits": 40}, ValueError, "from 8 to 22"),
        ({"pairs": LABELS, "epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"pairs": LABELS, "seed": -1}, ValueError, "seed must be from 0"),
    ],
)
def test_bad_data_are_refused(data: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        CompoundSplitter.fit("mine", **data)
