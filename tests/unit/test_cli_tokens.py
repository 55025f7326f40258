"""The command `scriptio tokens`: output, errors and exit codes."""

import io
import json
import sys

import pytest
from scriptio.cli.main import main

# Standard streams and the working directory belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

MODEL = {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ã": 2, "©": 3, "ab": 4}, "merges": ["a b"]}
FILE = {
    "added_tokens": [{"id": 9, "content": "<e>", "special": True}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
    "model": MODEL,
}


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Call the command in a folder with a tokenizer; give status, output and complaints."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps(FILE), "utf-8")

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(["tokens", *arguments])
        captured = capfdbinary.readouterr()
        return status, captured.out.decode(), captured.err.decode()

    return run


def test_a_token_a_line(run, tmp_path):
    (tmp_path / "a.txt").write_text("abé<e>", "utf-8")
    status, out, complaints = run("a.txt", "--tokenizer", "tokenizer.json")
    assert (status, complaints) == (0, "")
    assert out == "4\t0\t2\tab\n2\t2\t3\t\\xc3\n3\t2\t3\t\\xa9\n9\t3\t6\t\n"


def test_json_lines(run):
    status, out, _ = run("--tokenizer", "tokenizer.json", "--json", stdin=b"b<e>")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert rows == [
        {"id": 1, "start": 0, "end": 1, "bytes": "62"},
        {"id": 9, "start": 1, "end": 4, "bytes": None},
    ]


def test_counts(run):
    assert run("-", "--tokenizer", "tokenizer.json", "--count", stdin=b"ab" * 3)[1] == "3\n"
    assert run("--tokenizer", "tokenizer.json", "--count")[1] == "0\n"


def test_failures_name_their_file(run, tmp_path):
    (tmp_path / "bad.json").write_text("{", "utf-8")
    (tmp_path / "latin.txt").write_bytes(b"a\xe9")
    for arguments, told in [
        (("--tokenizer", "none.json"), "none.json: No such file"),
        (("--tokenizer", "bad.json"), "bad.json: tokenizer data is no usable tokenizer.json"),
        (("none.txt", "--tokenizer", "tokenizer.json"), "none.txt: No such file"),
        (("latin.txt", "--tokenizer", "tokenizer.json"), "latin.txt: not valid utf-8"),
        (("--tokenizer", "tokenizer.json", "--special", "x"), "--special must be NAME=ID"),
    ]:
        status, out, complaints = run(*arguments)
        assert (status, out) == (1, "")
        assert told in complaints
    status, _, complaints = run("--tokenizer", "tokenizer.json", stdin=b"xyz")
    assert status == 1
    assert "the vocabulary cannot write" in complaints


def test_wrong_use(run):
    assert run()[0] == 2
    assert run("--tokenizer", "tokenizer.json", "--json", "--count")[0] == 2
