"""What holds of every word, whatever the model."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from scriptio import CompoundSplitter

SPLITTERS = {lang: CompoundSplitter(lang) for lang in ("de", "fi", "nl")}
SEPARATE = CompoundSplitter("de", linking="separate")

syllables = st.sampled_from(
    ["haus", "boot", "s", "wirt", "schaft", "lehre", "Tür", "ÖL", "ö", "-", "\u00ad", "ä\u0308",
     "Ku\u0308", "ß", "İ", "Σ", "ς", "'", "3", "\u200d", "कि", "ไม้", "x" * 40]
)  # fmt: skip
words = st.one_of(
    st.lists(syllables, min_size=1, max_size=12).map("".join),
    st.text(min_size=1, max_size=40),
    st.text(st.characters(), min_size=1, max_size=10),
).filter(lambda word: not any(c.isspace() for c in word) and len(word.split()) == 1)
langs = st.sampled_from(sorted(SPLITTERS))


@given(langs, words)
def test_pieces_join_to_the_word_and_are_its_spans(lang: str, word: str) -> None:
    splitter = SPLITTERS[lang]
    pieces = splitter.split(word)
    assert "".join(pieces) == word
    assert all(pieces)
    spans = splitter.spans(word)
    assert [word[start:end] for start, end in spans] == pieces
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert "".join(SEPARATE.split(word)) == word
    assert splitter.split_batch([word, word]) == [pieces, pieces]


@given(langs, words, st.floats(0, 5), st.integers(1, 6), st.integers(1, 4))
def test_stricter_options_give_a_selection_of_the_cuts(
    lang: str, word: str, threshold: float, min_part: int, max_parts: int
) -> None:
    cuts = {end for _, end in SPLITTERS[lang].spans(word)}
    stricter = CompoundSplitter(lang, threshold=threshold)
    assert {end for _, end in stricter.spans(word)} <= cuts
    fewer = CompoundSplitter(lang, max_parts=max_parts)
    assert {end for _, end in fewer.spans(word)} <= cuts
    assert len(fewer.split(word)) <= max_parts
    longer = CompoundSplitter(lang, min_part=min_part).split(word)
    if "-" not in word and word.isalpha() and len(longer) > 1:
        composed = [unicodedata.normalize("NFC", piece) for piece in longer]
        assert all(len(piece) >= min_part for piece in composed)


@given(langs, st.text("abcdefghijklmnopqrstuvwxyzäöüå", min_size=1, max_size=30))
def test_case_makes_no_difference(lang: str, word: str) -> None:
    splitter = SPLITTERS[lang]
    assert splitter.spans(word) == splitter.spans(word.upper()) == splitter.spans(word.title())


@given(langs, st.text("abcdehilmnorstuäöüé", min_size=1, max_size=30))
def test_unicode_form_makes_no_difference(lang: str, word: str) -> None:
    splitter = SPLITTERS[lang]
    decomposed = splitter.split(unicodedata.normalize("NFD", word))
    assert [unicodedata.normalize("NFC", piece) for piece in decomposed] == splitter.split(word)


@given(langs, words)
def test_margins_are_at_gaps_that_could_be_cut(lang: str, word: str) -> None:
    margins = SPLITTERS[lang].margins(word)
    offsets = [at for at, _ in margins]
    assert offsets == sorted(set(offsets))
    assert all(0 < at < len(word) for at in offsets)


@example("nl", "\u200d-haus")
@given(langs, words)
def test_words_that_are_no_compounds_are_returned_as_they_are(lang: str, word: str) -> None:
    splitter = SPLITTERS[lang]
    found = splitter.normalize(word)
    if len(splitter.split(word)) == 1:
        assert found == [word]
    assert all(found)
