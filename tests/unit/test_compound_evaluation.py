"""Evaluation, search tokens and tokenizer training for compounds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from scriptio import CompoundSplitter, MissingDependencyError
from scriptio.compound_evaluation import LabelledWord, evaluate, hard_rate, read_labelled
from scriptio.compound_search import SearchToken, search_tokens
from scriptio.compound_tokenizer import train_unigram

CSV = """word,segmentation,norm,lang
Hausboot,Haus-boot,Haus-Boot,de
Liebesbrief,Liebes-brief,Liebe-Brief,de
Präsident,Präsident,Präsident,de
Regenschirm,Rege-nschirm,Regen-Schirm,de
Bücherei,Buch-erei,Buch-Erei,de
"""


@pytest.fixture(scope="module")
def german() -> CompoundSplitter:
    return CompoundSplitter("de")


def test_scores_are_shares_of_exact_matches(german: CompoundSplitter, tmp_path: Path) -> None:
    path = tmp_path / "valid.csv"
    path.write_text(CSV, encoding="utf-8")
    gold = list(read_labelled(path))
    # The last does not join to its word.
    assert [word.word for word in gold] == ["Hausboot", "Liebesbrief", "Präsident", "Regenschirm"]
    score = evaluate(german, gold, tokenize=lambda word: [word[:4], word[4:]])
    assert (score.compounds, score.others) == (3, 1)
    assert score.pos == pytest.approx(2 / 3)
    assert (score.neg, score.all) == (1.0, 0.75)
    assert (score.easy, score.hard) == (0.5, 1.0)
    assert score.normalized == 1.0


def test_our_own_layout_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv"
    path.write_text("de\twikidata\tpos\tHausboot\tHaus|boot\tHaus|Boot\n", encoding="utf-8")
    wanted = LabelledWord("de", "wikidata", ("Haus", "boot"), ("Haus", "Boot"))
    assert list(read_labelled(path)) == [wanted]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "word,lang\nHaus,de\n", "column segmentation is missing"),
        ("a.tsv", "de\tHaus\n", ":1: expected at least 5 tab-separated columns"),
        ("a.tsv", "de\tx\tpos\tHausboot\tHaus|bot\n", ":1: pieces 'Haus|bot' do not join"),
    ],
)
def test_files_of_another_shape_are_refused(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=told.replace("|", r"\|")):
        list(read_labelled(path))


def test_hard_compounds_have_a_word_boundary_inside_a_token() -> None:
    gold = [LabelledWord("de", "", ("Haus", "boot")), LabelledWord("de", "", ("Haus",))]
    assert hard_rate(gold, lambda word: ["Haus", "bo", "ot"]) == (0.0, 3.0)
    assert hard_rate(gold, lambda word: ["Hausb", "oot"]) == (1.0, 2.0)
    with pytest.raises(ValueError, match="tokens must join to the word 'Hausboot'"):
        hard_rate(gold, lambda word: ["Haus"])
    with pytest.raises(ValueError, match="at least one compound"):
        hard_rate([], list)


# Search


def test_subwords_follow_each_other_and_have_their_own_offsets(german: CompoundSplitter) -> None:
    text = "das Sommerkleid hier"
    tokens = [("das", 0, 3), ("sommerkleid", 4, 15), ("hier", 16, 20)]
    found = list(search_tokens(iter(tokens), german))
    assert found == [
        SearchToken("das", 0, 3, 1, 1),
        SearchToken("sommerkleid", 4, 15, 1, 2),
        SearchToken("sommer", 4, 10, 0, 1),
        SearchToken("kleid", 10, 15, 1, 1),
        SearchToken("hier", 16, 20, 1, 1),
    ]
    for token in found:
        assert text[token.start : token.end].lower() == token.text
    without = list(search_tokens(tokens, german, keep_original=False))
    assert [(t.text, t.increment) for t in without] == [
        ("das", 1), ("sommer", 1), ("kleid", 1), ("hier", 1),
    ]  # fmt: skip


def test_stripped_linking_elements_are_no_part_of_a_subword() -> None:
    strip = CompoundSplitter("de", linking="strip")
    found = list(search_tokens([("Liebesbrief", 3, 14)], strip, keep_original=False))
    assert [(t.text, t.start, t.end) for t in found] == [("Liebe", 3, 8), ("brief", 9, 14)]


def test_changed_tokens_keep_the_offsets_of_the_whole(german: CompoundSplitter) -> None:
    found = list(search_tokens([("hausboot", 0, 9)], german))
    assert {(token.start, token.end) for token in found} == {(0, 9)}


def test_compounds_with_a_short_subword_stay_whole(german: CompoundSplitter) -> None:
    assert len(list(search_tokens([("Hausboot", 0, 8)], german, min_subword=5))) == 1


@pytest.mark.parametrize(
    ("token", "error"),
    [(("a", 1), TypeError), ("a", TypeError), ((1, 0, 1), TypeError), (("a", 2, 1), ValueError)],
)
def test_what_is_no_token_is_refused(
    german: CompoundSplitter, token: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="token"):
        list(search_tokens([token], german))


# Tokenizers


def test_training_without_the_package_tells_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingDependencyError, match="pip install tokenizers"):
        train_unigram({"Hausboot": 10})


def test_tokens_do_not_lie_across_words_of_compounds(
    german: CompoundSplitter, tmp_path: Path
) -> None:
    pytest.importorskip("tokenizers")
    from scriptio.compound_tokenizer import word_tokenizer

    words = ["Hausboot", "Haustür", "Gartentür", "Gartenboot", "Hausgarten", "Bootshaus"]
    counts = dict.fromkeys(words, 50)
    path = tmp_path / "tokenizer.json"
    parts = train_unigram(counts, vocab_size=150, decompound=german, save=path)
    assert json.loads(path.read_text(encoding="utf-8"))["model"]["type"] == "Unigram"
    vocabulary = set(parts.get_vocab())
    assert not {f"▁{word}" for word in words} & vocabulary
    gold = [LabelledWord("de", "", tuple(german.split(word))) for word in words]
    assert hard_rate(gold, word_tokenizer(parts))[0] == 0.0
    assert parts.decode(parts.encode("Hausboot Garten").ids) == "Hausboot Garten"


@pytest.mark.parametrize(
    ("corpus", "error", "told"),
    [
        ("ein Text", TypeError, r"pass \[corpus\]"),
        ({"Haus": 1.5}, TypeError, "must be a number of times"),
        ({}, ValueError, "at least one word"),
    ],
)
def test_bad_corpora_are_refused(corpus: Any, error: type[Exception], told: str) -> None:
    pytest.importorskip("tokenizers")
    with pytest.raises(error, match=told):
        train_unigram(corpus)
