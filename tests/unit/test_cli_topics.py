"""The command `scriptio topics`: output, errors and exit codes."""

import io
import json
import sys

import pytest
from scriptio import TopicSegmenter
from scriptio.cli.main import main

# Standard streams and the working directory belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

TEXT = "Ships sail.\r\n\r\nA ship in port 😀.\n\nCourts sit.\n\nA court of law.\n"
OPTIONS = ("--lang", "en", "--model", "c99", "--count", "2")


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Call the command in a folder of its own; give status, output and complaints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(["topics", *arguments])
        captured = capfdbinary.readouterr()
        return status, captured.out, captured.err.decode()

    return run


def test_one_segment_a_line(run, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    expected = "Ships sail.  A ship in port 😀.\nCourts sit.  A court of law.\n".encode()
    assert run("a.txt", *OPTIONS) == (0, expected, "")
    assert run(*OPTIONS, stdin=TEXT.encode())[1] == expected


def test_json_and_offsets_are_exact(run):
    segments = list(TopicSegmenter("c99", lang="en", count=2).segment(TEXT).segments())
    out = run("--json", *OPTIONS, stdin=TEXT.encode())[1]
    assert [json.loads(line) for line in out.splitlines()] == [
        {"file": "-", "start": s.start, "end": s.end, "text": s.text} for s in segments
    ]
    assert run("-0", *OPTIONS, stdin=TEXT.encode())[1].decode() == "".join(
        f"{s.text}\0" for s in segments
    )


def test_the_model_is_asked_unless_told(run):
    found = TopicSegmenter(count=2).segment(TEXT)
    out = run("--json", "--count", "2", stdin=TEXT.encode())[1]
    records = [json.loads(line) for line in out.splitlines()]
    assert [(r["start"], r["end"]) for r in records] == [tuple(span) for span in found]
    told = [r["probability"] for r in records]
    assert told == pytest.approx(found.probabilities.tolist(), abs=1e-5)


def test_units_and_methods(run):
    text = "A b. C d.\n\nE f.\n"
    options = ("--offsets", "--count", "3")
    assert run(*options, "--unit", "sentence", stdin=text.encode())[1].count(b"\n") == 3
    assert run(*options, "--unit", "line", stdin=text.encode())[1].count(b"\n") == 2
    assert run(*options, "--model", "texttiling", stdin=text.encode())[1] == b"0\t16\n"
    assert run(stdin=b"") == (0, b"", "")


def test_limits_of_length(run):
    text = "Aa.\n\nBb.\n\nCc.\n\nDd.\n\n"
    options = ("--model", "texttiling", "--offsets")
    longest = run(*options, "--max-length", "10", stdin=text.encode())[1]
    assert longest == b"0\t10\n10\t20\n"
    out = run(*options, "--target-length", "5", stdin=text.encode())[1]
    assert out == b"0\t5\n5\t10\n10\t15\n15\t20\n"


def test_models_that_are_not_there(run, tmp_path):
    status, out, complaint = run("--model", "c98", stdin=b"Hi.")
    assert (status, out) == (1, b"")
    assert "there is no model 'c98'" in complaint
    (tmp_path / "empty").mkdir()
    status, out, complaint = run("--model", "empty", stdin=b"Hi.")
    assert (status, out) == (1, b"")
    assert "model.onnx" in complaint


def test_a_bad_byte_ends_the_text_before_its_segment(run, tmp_path):
    (tmp_path / "good").write_bytes(b"Hi.")
    status, out, complaint = run("-", "good", "--count", "2", stdin=b"One.\n\nTwo. \xff Three.")
    assert (status, out) == (1, b"One.\nHi.\n")
    assert "not valid utf-8 at byte 11" in complaint
    status, out, complaint = run("none", "good")
    assert (status, out) == (1, b"Hi.\n")
    assert "none: No such file" in complaint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "count must be at least 1"),
        (["--min-units", "0"], "min_units must be at least 1"),
        (["--threshold", "nan"], "threshold is nan"),
        (["--unit", "page"], "invalid choice"),
        (["--lang", "xx"], "unknown lang"),
        (["--encoding", "xx"], "unknown encoding"),
    ],
)
def test_wrong_use_is_told(run, arguments, message):
    status, out, complaint = run(*arguments, stdin=b"Hi.")
    assert (status, out) == (2, b"")
    assert message in complaint
