"""`scriptio compounds`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from scriptio.cli.main import main


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("Das Sommerkleid, die FPÖ-Präsidenten.\nLiebesbrief\n", encoding="utf-8")
    return path


def test_words_of_a_file_come_out_in_pieces(
    letter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compounds", str(letter), "--lang", "de"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Das", "Sommer kleid", "die", "FPÖ- Präsidenten", "Liebes brief",
    ]  # fmt: skip


def test_json_tells_the_words_too(letter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compounds", str(letter), "--lang", "de", "--json", "--linking", "strip"]
    assert main(arguments) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[1]["pieces"] == ["Sommer", "kleid"]
    assert records[4] == {
        "word": "Liebesbrief", "pieces": ["Liebe", "brief"], "words": ["Liebe", "Brief"],
    }  # fmt: skip


def test_standard_input_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"Hausboot"))
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["compounds", "--lang", "de", "--separator", "|"]) == 0
    assert capsys.readouterr().out == "Haus|boot\n"


def test_a_model_is_built_from_a_word_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, out = tmp_path / "words.txt", tmp_path / "mine.compounds"
    words.write_text("ja 100\nkala\t30\nmetsä 20\ntalo 10\n", encoding="utf-8")
    arguments = ["compounds", "build", "mine", "--words", str(words), "--out", str(out)]
    assert main(arguments) == 0
    assert "4 words" in capsys.readouterr().out
    text = tmp_path / "text.txt"
    text.write_text("kalametsä", encoding="utf-8")
    assert main(["compounds", str(text), "--lang", str(out)]) == 0
    assert capsys.readouterr().out == "kala metsä\n"


def test_a_list_with_a_wrong_column_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("ja\n12 kala\n", encoding="utf-8")
    assert main(["compounds", "build", "mine", "--words", str(words)]) == 1
    assert "line 2: expected a word, or a word and its count" in capsys.readouterr().err


def test_languages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compounds", "languages"]) == 0
    out = capsys.readouterr().out
    assert "\nde\tlabelled\t" in out
    assert "\npl\tbuild\tnot measured\n" in out


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["compounds", "x.txt"], 2, "--lang is needed"),
        (["compounds", "--lang", "xx"], 2, "no compound model of lang 'xx'"),
        (["compounds", "/nowhere/x.txt", "--lang", "de"], 1, "No such file"),
        (["compounds", "--lang", "/nowhere/x.compounds"], 1, "No such file"),
        (["compounds", "build", "mine"], 2, "build takes one language and --words"),
        (["compounds", "build", "mine", "--words", "/nowhere/w"], 1, "No such file"),
    ],
)
def test_wrong_use_is_told(
    arguments: list[str], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    assert told in capsys.readouterr().err
