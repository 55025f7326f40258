"""The command `scriptio chunk`: output, errors and exit codes."""

import io
import json
import sys

import pytest
from scriptio import Chunker
from scriptio.cli.main import main

# Standard streams and the working directory belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

TEXT = "It rained.\r\nWe left.\n\nGood. Größe 😀, all in all."


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Call the command in a folder of its own; give status, output and complaints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(["chunk", *arguments])
        captured = capfdbinary.readouterr()
        return status, captured.out, captured.err.decode()

    return run


def test_one_chunk_a_line(run, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    lines = ["It rained. We left.", "Good. ", "Größe 😀, all in all."]
    expected = "".join(f"{line.strip()}\n" for line in lines).encode()
    assert run("a.txt", "--chunk-size", "24") == (0, expected, "")
    assert run("--chunk-size", "24", stdin=TEXT.encode())[1] == expected


def test_json_is_exact_and_tells_sizes(run):
    out = run("--json", "--chunk-size", "4", "--sizer", "words", stdin=TEXT.encode())[1]
    records = [json.loads(line) for line in out.splitlines()]
    chunks = Chunker(chunk_size=4, sizer="words").chunk(TEXT)
    assert records == [
        {"file": "-", "start": c.start, "end": c.end, "text": c.text, "size": c.size}
        for c in chunks
    ]


def test_other_formats(run, tmp_path):
    (tmp_path / "a").write_bytes(TEXT.encode())
    chunks = Chunker("sentences", chunk_size=24, chunk_overlap=12).chunk(TEXT)
    options = ("--chunk-size", "24", "--overlap", "12", "--by", "sentences")
    exact = "".join(f"{chunk.text}\0" for chunk in chunks).encode()
    assert run("a", "-0", *options)[1] == exact
    spans = "".join(f"{chunk.start}\t{chunk.end}\n" for chunk in chunks)
    assert run("a", "--offsets", *options)[1].decode() == spans
    both = run("a", "-", "--offsets", stdin=b"Hi.")[1].decode()
    assert both == f"a\t0\t{len(TEXT)}\n-\t0\t3\n"
    assert run(stdin=b"") == (0, b"", "")


def test_tokens_of_a_file(run, tmp_path):
    model = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁It", -1.0]]}
    data = {
        "normalizer": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"},
        "model": model,
    }
    (tmp_path / "t.json").write_text(json.dumps(data))
    out = run("--json", "--chunk-size", "2", "--tokenizer", "t.json", stdin=b"It It It It It")[1]
    records = [json.loads(line) for line in out.splitlines()]
    assert max(record["size"] for record in records) == 2
    assert "".join(record["text"] for record in records) == "It It It It It"


def test_balanced_and_context(run):
    text = ("Four letters. " * 11).encode()
    options = ("--offsets", "--by", "sentences", "--chunk-size", "70", "--balanced")
    assert run(*options, stdin=text)[1] == b"0\t56\n56\t112\n112\t154\n"
    assert run("--context", "--json", stdin=b"Hi.")[1].startswith(b'{"file": "-", "start": 0')


def test_topics(run):
    options = ("--by", "topics", "--lang", "en", "--chunk-size", "40", "--overlap", "8")
    text = "Ships sail.\n\nA ship in port.\n\nCourts sit.\n\nA court of law."
    chunks = Chunker("topics", lang="en", chunk_size=40, chunk_overlap=8).chunk(text)
    out = run("--offsets", *options, stdin=text.encode())[1].decode()
    assert out == "".join(f"{chunk.start}\t{chunk.end}\n" for chunk in chunks)


def test_a_bad_byte_ends_the_text_before_its_chunk(run, tmp_path):
    (tmp_path / "good").write_bytes(b"Hi.")
    status, out, complaint = run("-", "good", "--chunk-size", "5", stdin=b"One. Two. \xff Three.")
    assert (status, out) == (1, b"One.\nHi.\n")
    assert complaint == "scriptio: -: not valid utf-8 at byte 10: invalid start byte\n"


def test_what_cannot_be_cut_or_read_does_not_keep_others_from_it(run, tmp_path):
    (tmp_path / "good").write_bytes(b"Hi.")
    (tmp_path / "wide").write_bytes("😀".encode())
    options = ("--chunk-size", "3", "--sizer", "bytes")
    status, out, complaint = run("none", "wide", "good", *options)
    assert (status, out) == (1, b"Hi.\n")
    assert "none: No such file" in complaint
    assert "wide: chunk_size is 3, and the character" in complaint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--chunk-size", "0"], "chunk_size must be at least 1"),
        (["--overlap", "1000"], "chunk_overlap is 1000, which must be smaller"),
        (["--tokenizer", "none.json"], "sizer is 'none.json'"),
        (["--tokenizer", "x", "--sizer", "words"], "not allowed with"),
        (["--by", "words"], "invalid choice"),
        (["--lang", "xx"], "unknown lang"),
        (["--encoding", "xx"], "unknown encoding"),
    ],
)
def test_wrong_use_is_told(run, arguments, message):
    status, out, complaint = run(*arguments, stdin=b"Hi.")
    assert (status, out) == (2, b"")
    assert message in complaint
