"""`CompoundSplitter`: what it cuts, what it leaves, and what it refuses."""

from __future__ import annotations

import copy
import gc
import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest
from scriptio import CompoundSplitter, ModelError
from scriptio.compounds import supported

GOLDEN = Path(__file__).resolve().parent.parent / "data" / "compounds" / "golden.toml"
CASES = [
    (lang, word.split("|"))
    for lang, cases in tomllib.loads(GOLDEN.read_text(encoding="utf-8")).items()
    for word in cases["right"]
]
LABELLED = ["da", "de", "en", "fi", "hu", "nb", "nn", "sv"]


@pytest.fixture(scope="module")
def german() -> CompoundSplitter:
    return CompoundSplitter("de")


@pytest.mark.parametrize(("lang", "pieces"), CASES, ids=lambda value: str(value))
def test_golden(lang: str, pieces: list[str]) -> None:
    assert CompoundSplitter(lang).split("".join(pieces)) == pieces


def test_at_least_fifty_languages_work_one_way_or_the_other() -> None:
    known = supported()
    assert len(known) >= 50
    assert [code for code, entry in known.items() if entry["mode"] == "labelled"] == LABELLED
    for code, entry in known.items():
        assert set(entry) == {"mode", "accuracy", "trained_on"}, code
        assert all(0 < share <= 100 for share in entry["accuracy"].values())
        if entry["mode"] != "build":
            splitter = CompoundSplitter(code)
            assert splitter.lang == code
            assert splitter.word_count > 10_000
            assert splitter.note == entry["trained_on"]
            assert splitter.split("a") == ["a"]


@pytest.mark.parametrize("lang", LABELLED)
def test_languages_with_labels_say_how_accurate_they_are(lang: str) -> None:
    assert supported()[lang]["accuracy"]
    assert CompoundSplitter(lang).is_labelled


def test_codes_with_a_region_and_other_codes_are_known() -> None:
    assert CompoundSplitter("de-AT").lang == "de"
    assert CompoundSplitter("no").lang == "nb"


# Surface forms


def test_linking_elements_stay_with_the_piece_before_unless_told(german: CompoundSplitter) -> None:
    word = "Hauswirtschaftslehre"
    assert german.split(word) == ["Haus", "wirtschafts", "lehre"]
    separate = CompoundSplitter("de", linking="separate")
    assert separate.split(word) == ["Haus", "wirtschaft", "s", "lehre"]
    assert CompoundSplitter("de", linking="strip").split(word) == ["Haus", "wirtschaft", "lehre"]


def test_normalize_gives_dictionary_words(german: CompoundSplitter) -> None:
    assert german.normalize("Hauswirtschaftslehre") == ["Haus", "Wirtschaft", "Lehre"]
    assert german.normalize("Bücherkiste") == ["Buch", "Kiste"]
    assert german.normalize("Präsident") == ["Präsident"]
    assert CompoundSplitter("sv").normalize("arbetsplats") == ["arbete", "plats"]


@pytest.mark.parametrize("word", ["HAUSBOOT", "hausboot", "Hausboot", "hAUSbOOT"])
def test_case_makes_no_difference(german: CompoundSplitter, word: str) -> None:
    assert german.spans(word) == [(0, 4), (4, 8)]


def test_decomposed_letters_and_soft_hyphens_make_no_difference(german: CompoundSplitter) -> None:
    assert german.split("Ku\u0308chentisch") == ["Ku\u0308chen", "tisch"]
    assert german.split("Küchen\u00adtisch") == ["Küchen\u00ad", "tisch"]
    assert german.split("Kü\u00adchentisch") == ["Kü\u00adchen", "tisch"]


def test_hyphens_always_cut(german: CompoundSplitter) -> None:
    assert german.split("FPÖ-Präsident") == ["FPÖ-", "Präsident"]
    assert german.split("-Haus-") == ["-Haus-"]
    assert german.split("---") == ["---"]
    assert CompoundSplitter("de", linking="strip").split("FPÖ-Präsident") == ["FPÖ", "Präsident"]
    separate = CompoundSplitter("de", linking="separate")
    assert separate.split("FPÖ-Präsident") == ["FPÖ", "-", "Präsident"]
    assert separate.split("---") == ["---"]
    assert german.normalize("FPÖ-Präsident") == ["FPÖ", "Präsident"]


def test_lone_surrogates_come_back(german: CompoundSplitter) -> None:
    assert "".join(german.split("Haus\ud800boot")) == "Haus\ud800boot"


# Options


def test_threshold_says_how_sure_a_cut_must_be(german: CompoundSplitter) -> None:
    margins = dict(german.margins("Hausboot"))
    assert max(margins, key=lambda at: margins[at]) == 4
    assert CompoundSplitter("de", threshold=margins[4] + 0.1).split("Hausboot") == ["Hausboot"]
    assert CompoundSplitter("de", threshold=margins[4] - 0.1).split("Hausboot") == ["Haus", "boot"]


def test_short_pieces_and_many_pieces_can_be_ruled_out() -> None:
    word = "Hauswirtschaftslehre"
    assert len(CompoundSplitter("de", max_parts=2).split(word)) == 2
    assert CompoundSplitter("de", max_parts=1).split("FPÖ-Präsident") == ["FPÖ-Präsident"]
    assert CompoundSplitter("de", min_part=5).split("Hausboot") == ["Hausboot"]


def test_exceptions_and_protected_words_win(german: CompoundSplitter) -> None:
    odd = german.add_exceptions({"Staubecken": ["Staub", "ecken"]}).protect(["Hausboot"])
    assert odd.split("staubecken") == ["staub", "ecken"]
    assert odd.split("HAUSBOOT") == ["HAUSBOOT"]
    assert odd.split("Hausboot-Präsident") == ["Hausboot-", "Präsident"]
    # The one that they were made of has not changed.
    assert german.split("Hausboot") == ["Haus", "boot"]
    same = CompoundSplitter(
        "de", exceptions=[("Staubecken", ["Staub", "ecken"])], protected=["Hausboot"]
    )
    assert same == odd


def test_added_words_are_known(german: CompoundSplitter) -> None:
    assert german.add_words(["Xyloquark"]).word_count == german.word_count + 1
    more = german.add_words(["Zworbel"])
    assert max(more.margins("Zworbelhaus"), key=lambda gap: gap[1])[0] == 7
    gap = dict(german.margins("Zworbelhaus"))[7]
    assert dict(more.margins("Zworbelhaus"))[7] > gap


# Batches


def test_batch_pipe_and_single_agree(german: CompoundSplitter) -> None:
    words = [word for _, pieces in CASES for word in ["".join(pieces)]] * 50
    single = [german.split(word) for word in words]
    assert german.split_batch(words, num_threads=1) == single
    assert german.split_batch(iter(words), num_threads=3) == single
    assert list(german.pipe(iter(words), batch_size=7)) == single
    assert german.split_batch([]) == []


def test_pieces_of_a_batch_are_lists_of_their_own(german: CompoundSplitter) -> None:
    first, second = german.split_batch(["Haus", "Haus"])
    first.append("x")
    assert second == ["Haus"]
    first, second = german.split_batch(["Hausboot", "Hausboot"])
    first.append("x")
    assert second == ["Haus", "boot"]


def test_surrogates_of_a_batch_are_kept_apart(german: CompoundSplitter) -> None:
    words = ["Haus-\ud800", "Haus-\udfff", "Haus-\ufffd", "Haus-\ud800"]
    assert german.split_batch(words) == [["Haus-", word[-1]] for word in words]


@pytest.mark.parametrize("on", [True, False])
def test_a_batch_leaves_the_collector_as_it_was(german: CompoundSplitter, on: bool) -> None:
    was_on = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        german.split_batch(["Hausboot", "Haus"] * 1000)
        assert gc.isenabled() == on
        with pytest.raises(ValueError, match=r"words\[1\]"):
            german.split_batch(["Haus", ""])
        assert gc.isenabled() == on
    finally:
        (gc.enable if was_on else gc.disable)()


# Objects


def test_splitters_can_be_pickled_and_copied(german: CompoundSplitter) -> None:
    changed = german.add_exceptions({"Staubecken": ["Staub", "ecken"]}).add_words(["Zworbel"])
    for splitter in (german, changed, CompoundSplitter("sv", threshold=1.5, linking="strip")):
        again = pickle.loads(pickle.dumps(splitter))
        assert again == splitter
        assert hash(again) == hash(splitter)
        assert copy.copy(splitter) == splitter
    assert len(pickle.dumps(german)) < 1000
    assert pickle.loads(pickle.dumps(changed)).split("staubecken") == ["staub", "ecken"]


def test_repr_tells_what_is_not_usual(german: CompoundSplitter) -> None:
    assert repr(german) == "CompoundSplitter('de')"
    changed = CompoundSplitter("de", max_parts=2, protected=["Haus"])
    assert repr(changed) == "CompoundSplitter('de', max_parts=2, 1 protected)"


def test_saved_models_are_the_same(german: CompoundSplitter, tmp_path: Path) -> None:
    path = tmp_path / "mine.compounds"
    german.add_words(["Zworbel"]).save(path)
    for given in (path, str(path)):
        again = CompoundSplitter(given)
        assert again.word_count == german.word_count + 1
        assert again.margins("Hausboot") == german.margins("Hausboot")
    assert pickle.loads(pickle.dumps(CompoundSplitter(path))) == CompoundSplitter(path)


# Bad input


def test_unknown_languages_are_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"lang 'xx'.*\bde\b.*scriptio compounds build xx"):
        CompoundSplitter("xx")
    with pytest.raises(ValueError, match="compounds build pl"):
        CompoundSplitter("pl")


@pytest.mark.parametrize(
    ("word", "error", "told"),
    [
        ("", ValueError, "must not be empty"),
        ("Haus boot", ValueError, "white space"),
        ("Hausboot\n", ValueError, "white space"),
        (b"Hausboot", TypeError, "decode"),
        (None, TypeError, "must be str, not None"),
        (["Haus"], TypeError, "must be str, not list.*split_batch"),
    ],
)
def test_what_is_no_word_is_refused(
    german: CompoundSplitter, word: Any, error: type[Exception], told: str
) -> None:
    for method in (german.split, german.spans, german.margins, german.normalize):
        with pytest.raises(error, match=told):
            method(word)


def test_bad_batches_name_the_word(german: CompoundSplitter) -> None:
    with pytest.raises(ValueError, match=r'words\[1\] must be one word.*"a b"'):
        german.split_batch(["Haus", "a b"])
    with pytest.raises(TypeError, match=r"words\[1\].*bytes"):
        german.split_batch(["Haus", b"boot"])  # type: ignore[list-item]
    for call in (german.split_batch, german.pipe):
        with pytest.raises(TypeError, match="not one str"):
            call("Hausboot")


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"threshold": "high"}, TypeError, "threshold must be a number"),
        ({"threshold": float("nan")}, ValueError, "threshold must be a number, not nan"),
        ({"min_part": 0}, ValueError, "min_part must be at least 1"),
        ({"max_parts": 1.5}, TypeError, "max_parts must be int"),
        ({"linking": "drop"}, ValueError, "'attach', 'separate' or 'strip', not \"drop\""),
        ({"words": "Haus"}, TypeError, "words must be an iterable"),
        ({"words": ["a b"]}, ValueError, "without white space"),
        ({"exceptions": {"Hausboot": ["Haus", "bot"]}}, ValueError, "must join to it"),
        ({"exceptions": {"Hausboot": ["Haus", "", "boot"]}}, ValueError, "must join to it"),
        ({"exceptions": ["Hausboot"]}, TypeError, "pairs of a word and its pieces"),
        ({"protected": "Haus"}, TypeError, "protected must be an iterable"),
        ({"protected": [""]}, ValueError, "1 to 100 characters"),
    ],
)
def test_bad_options_are_refused(
    options: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        CompoundSplitter("de", **options)


def test_damaged_and_foreign_files_are_told_apart(german: CompoundSplitter, tmp_path: Path) -> None:
    path = tmp_path / "model.compounds"
    with pytest.raises(ModelError, match="No such file"):
        CompoundSplitter(path)
    german.save(path)
    data = path.read_bytes()
    path.write_bytes(data[:1000])
    with pytest.raises(ModelError, match="damaged: its checksum"):
        CompoundSplitter(path)
    path.write_bytes(data[:300_000] + b"x" + data[300_001:])
    with pytest.raises(ModelError, match="damaged: its checksum"):
        CompoundSplitter(path)
    path.write_bytes(b"haus\nboot\n")
    with pytest.raises(ModelError, match="no compound model"):
        CompoundSplitter(path)
    path.write_bytes(data[:7] + b"\x63" + data[8:])
    with pytest.raises(ModelError, match="version 99"):
        CompoundSplitter(path)


def test_garbage_of_any_length_returns(german: CompoundSplitter) -> None:
    for word in ("x" * 100_000, "haus" * 25_000, "-" * 100_000, "a-" * 50_000, "\u0301" * 100_000):
        assert "".join(german.split(word)) == word
    assert german.split("hausboot" * 12_500) == ["hausboot" * 12_500]
    assert len(german.split("a-" * 50_000)) == 50_000
