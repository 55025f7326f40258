"""`scriptio bytes`: what it writes, what it refuses."""

import io
import json
import math
import sys

import byte_lm_reference as reference
import numpy as np
import pytest
import scriptio
import tiny_lm
from scriptio.cli import bytes as cli_bytes
from scriptio.cli.main import main

# Standard streams belong to the whole process.
pytestmark = pytest.mark.thread_unsafe


def world():
    vocab = reference.ToyVocab([b"a", b"b", b" ", b"\xc3", b"\xa9"], [(b"a", b"b")])
    lm = reference.random_lm(np.random.default_rng(1), vocab, order=1, ends=True, canonical=False)
    return lm, reference.ReferenceLM(lm.model, vocab)


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Call the command with the reference in the model's place; give status, output, complaints."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    asked = []

    def loaded(arguments, tokenizer):
        asked.append((arguments.mode, arguments.max_error, tokenizer.name))
        return world()[1]

    monkeypatch.setattr(cli_bytes, "loaded", loaded)

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(["bytes", "--model", "model.onnx", *arguments])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    call.asked = asked
    return call


def test_the_next_bytes_are_shown_the_likeliest_first(run):
    status, out, err = run("--prompt", "ab a", "--top", "3")
    assert (status, err) == (0, "")
    head, *rows = out.splitlines()
    assert head == "byte\thex\tprobability\tlogprob"
    law = world()[1].next_byte_logprobs(b"ab a")
    best = np.argsort(-law, kind="stable")[:3]
    for row, outcome in zip(rows, best, strict=False):
        shown, number, probability, logprob = row.split("\t")
        assert number == ("" if outcome == 256 else f"{outcome:02x}")
        assert shown == cli_bytes.shown(int(outcome))
        assert float(probability) == pytest.approx(math.exp(law[outcome]), abs=1e-6)
        assert float(logprob) == pytest.approx(law[outcome], abs=1e-4)
    # Five letters of the alphabet and the end; the others cannot come.
    assert rows[3].startswith("3 others\t\t")
    assert len(rows) == 4
    assert run.asked == [("canonical_local", 0.0, "tokenizer.json")]


def test_prompts_are_exact_bytes(run, tmp_path):
    (tmp_path / "prompt").write_bytes(b"a \xc3")
    expected = run("prompt", "--json")[1]
    assert run("-", "--json", stdin=b"a \xc3")[1] == expected
    assert run("--json", stdin=b"a \xc3")[1] == expected
    assert run("--prompt", "a \udcc3", "--json")[1] == expected
    record = json.loads(expected)
    assert (record["bytes"], record["mode"], record["certificate"]) == (3, "canonical_local", 0)
    # Behind the first byte of a letter its second can come.
    assert any(row["byte"] == 0xA9 and row["shown"] == "\\xa9" for row in record["next"])
    total = math.fsum(row["probability"] for row in record["next"])
    assert total == pytest.approx(1, abs=1e-12)
    assert [row["byte"] for row in record["next"]].count(None) == 1


def test_signs_are_shown_so_that_columns_stay():
    assert [cli_bytes.shown(byte) for byte in (0x41, 0x20, 0x0A, 0x09, 0x00, 0xC3, 256)] == [
        "A",
        "space",
        "\\n",
        "\\t",
        "\\x00",
        "\\xc3",
        "end",
    ]


def test_texts_are_scored(run):
    lm = world()[1]
    status, out, _ = run("--prompt", "ba", "--logprob", "--given", "a")
    assert status == 0
    rows = dict(line.split("\t") for line in out.splitlines())
    score = lm.logprob(b"ba", given=b"a")
    assert float(rows["logprob"]) == pytest.approx(score, abs=1e-6)
    assert float(rows["bits per byte"]) == pytest.approx(-score / math.log(2) / 2, abs=1e-6)
    end = lm.next_byte_logprobs(b"aba")[256]
    assert float(rows["end logprob"]) == pytest.approx(end, abs=1e-6)
    record = json.loads(run("--prompt", "ba", "--logprob", "--given", "a", "--json")[1])
    assert record["logprob"] == pytest.approx(score, abs=1e-12)
    assert (record["bytes"], record["given_bytes"]) == (2, 1)
    record = json.loads(run("--prompt", "", "--logprob", "--json")[1])
    assert (record["logprob"], record["bits_per_byte"]) == (0, None)
    assert run("--prompt", "xyz", "--logprob")[1].startswith("logprob\timpossible\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--prompt", "a", "file"], "--prompt and FILE are two texts"),
        (["--prompt", "a", "--given", "b"], "--given is for --logprob"),
        (["--prompt", "a", "--top", "0"], "--top is 0"),
        (["--prompt", "a", "--mode", "best"], "invalid choice: 'best'"),
    ],
)
def test_wrong_use_is_told(run, arguments, told):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert told in err


def test_files_that_are_missing_are_told(run, tmp_path):
    status, _, err = run("none")
    assert (status, err) == (1, "scriptio: none: No such file or directory\n")
    (tmp_path / "tokenizer.json").unlink()
    status, _, err = run("--prompt", "a")
    assert status == 1
    assert "holds no tokenizer.json; name the model's own with --tokenizer" in err


@pytest.mark.skipif(not hasattr(scriptio, "ByteLM"), reason="this build has no ByteLM")
def test_a_model_in_a_directory_is_asked(tmp_path, capfdbinary):
    lm, _ = world()
    folder = tiny_lm.save_directory(tmp_path / "lm", vocab=260, config={"bos_token_id": 5})
    spec = reference.tokenizer_json(lm.vocab)
    (folder / "tokenizer.json").write_text(json.dumps(spec))
    assert main(["bytes", "--model", str(folder), "--prompt", "Thr\xe9", "--json"]) == 0
    record = json.loads(capfdbinary.readouterr().out)
    total = math.fsum(row["probability"] for row in record["next"])
    assert len(record["next"]) == 10
    assert 0 < total < 1
    (folder / "tokenizer.json").write_text("{}")
    assert main(["bytes", "--model", str(folder), "--prompt", "a"]) == 1
    assert capfdbinary.readouterr().err.startswith(b"scriptio: ")
