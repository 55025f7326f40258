"""The command `scriptio`: output, errors and exit codes, as a shell sees them."""

import functools
import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from scriptio import SentenceSegmenter, __version__, languages
from scriptio.cli import io as cli_io
from scriptio.cli.main import main

# Standard streams and the working directory belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

RAIN = "It rained.\r\nWe left. "
SOUND = b"It rained. We left.\n\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Call the command in a folder of its own; give status, output and complaints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(list(arguments))
        captured = capfdbinary.readouterr()
        return status, captured.out, captured.err.decode()

    return run


def command(*arguments, **options):
    """The command as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "scriptio", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_one_segment_a_line(run, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"  It\r\nrained. We\nleft.\n")
    assert run("split", "a.txt", "--newlines", "never") == (0, b"It rained.\nWe left.\n", "")


def test_no_file_and_a_dash_are_standard_input(run):
    assert run("split", stdin=SOUND)[1] == b"It rained.\nWe left.\n"
    assert run("split", "-", stdin=SOUND)[1] == b"It rained.\nWe left.\n"


def test_empty_input_gives_empty_output(run):
    for options in ([], ["--json"], ["--offsets"], ["-0"], ["--per-line"]):
        assert run("split", *options) == (0, b"", "")


def test_white_space_alone_gives_no_line_but_a_record(run):
    assert run("split", stdin=b" \n ")[1] == b""
    assert run("split", "-0", stdin=b" \n ")[1] == b" \n \0"


def test_json_is_exact(run, tmp_path):
    (tmp_path / "ä.txt").write_bytes(f"Café 😀. {RAIN}".encode())
    status, out, _ = run("split", "ä.txt", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [list(record) for record in records] == [["file", "start", "end", "text"]] * len(records)
    assert {record["file"] for record in records} == {"ä.txt"}
    text = f"Café 😀. {RAIN}"
    assert "".join(record["text"] for record in records) == text
    assert all(text[record["start"] : record["end"]] == record["text"] for record in records)


def test_offsets_are_tab_separated(run, tmp_path):
    assert run("split", "--offsets", stdin=b"It rained. We left.")[1] == b"0\t11\n11\t19\n"
    (tmp_path / "a").write_bytes(b"It rained. We left.")
    out = run("split", "--offsets", "a", "-", stdin=b"Hi.")[1]
    assert out == b"a\t0\t11\na\t11\t19\n-\t0\t3\n"


def test_null_records_are_exact(run):
    out = run("split", "-0", stdin=RAIN.encode())[1]
    assert out.endswith(b"\0")
    assert out.replace(b"\0", b"") == RAIN.encode()


def test_every_line_a_document(run):
    stdin = b"It rained. We left.\r\n\nOne\nTwo. It snowed."
    assert run("split", "--per-line", stdin=stdin)[1].splitlines() == [
        *(b"It rained.", b"We left.", b"One", b"Two.", b"It snowed."),
    ]
    out = run("split", "--per-line", "--offsets", stdin=stdin)[1]
    assert out == b"1\t0\t11\n1\t11\t19\n3\t0\t3\n4\t0\t5\n4\t5\t15\n"
    records = run("split", "--per-line", "--json", stdin=stdin)[1].splitlines()
    assert json.loads(records[-1]) == {
        "file": "-",
        "line": 4,
        "start": 5,
        "end": 15,
        "text": "It snowed.",
    }


@pytest.mark.parametrize("per_line", [[], ["--per-line"]])
@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7, 1 << 20])
def test_pieces_make_no_difference(run, monkeypatch, piece_bytes, per_line):
    text = "Café 😀 is open.\r\nWe left.\r\n\r\n今天下雨。我们走了。\rEnd. \r\n"
    monkeypatch.setattr(cli_io, "PIECE_BYTES", piece_bytes)
    out = run("split", "--json", *per_line, stdin=text.encode())[1]
    segmenter = SentenceSegmenter("en")
    documents = [text]
    if per_line:
        documents = [line.removesuffix("\r") for line in text.split("\n")]
    expected = [piece for document in documents for piece in segmenter.split(document)]
    assert [json.loads(line)["text"] for line in out.splitlines()] == expected


def test_line_breaks_are_not_translated(run):
    out = run("split", "-0", "--newlines", "never", stdin=b"a\r\nb\rc\nd")[1]
    assert out == b"a\r\nb\rc\nd\0"


def test_another_encoding(run):
    assert run("split", "--encoding", "latin-1", stdin=b"Caf\xe9.")[1] == "Café.\n".encode()
    text = "Café 😀. It rained."
    out = run("split", "-0", "--encoding", "utf-16", stdin=text.encode("utf-16"))[1]
    assert out.replace(b"\0", b"").decode() == text


@pytest.mark.parametrize("piece_bytes", [1, 5, 1 << 20])
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f"])
def test_invalid_text_is_cut_up_to_the_bad_byte(run, tmp_path, monkeypatch, bad, piece_bytes):
    monkeypatch.setattr(cli_io, "PIECE_BYTES", piece_bytes)
    start = SOUND + "Café. It is b".encode()
    (tmp_path / "bad.txt").write_bytes(start + bad + b"d. It is not written.")
    (tmp_path / "good.txt").write_bytes(SOUND)
    status, out, err = run("split", "bad.txt", "good.txt")
    assert status == 1
    assert out == "It rained.\nWe left.\nCafé.\nIt rained.\nWe left.\n".encode()
    assert err.startswith(f"scriptio: bad.txt: not valid utf-8 at byte {len(start)}: ")


def test_text_that_ends_too_early_is_not_valid(run):
    status, out, err = run("split", stdin=SOUND + b"\xc3")
    assert (status, out) == (1, b"It rained.\nWe left.\n")
    assert f"at byte {len(SOUND)}: unexpected end of data" in err


@pytest.mark.parametrize("piece_bytes", [2, 1 << 20])
def test_lines_before_the_bad_one_are_written(run, monkeypatch, piece_bytes):
    monkeypatch.setattr(cli_io, "PIECE_BYTES", piece_bytes)
    status, out, err = run("split", "--per-line", stdin=b"One\nTwo\nIt rained. B\xffd\nFour\n")
    assert (status, out) == (1, b"One\nTwo\n")
    assert "at byte 20: invalid start byte" in err


def test_bad_bytes_of_another_encoding_are_named(run):
    status, _, err = run("split", "--encoding", "ascii", stdin=SOUND + b"\x80")
    assert status == 1
    assert f"not valid ascii at byte {len(SOUND)}" in err


def test_a_missing_file_does_not_keep_others_back(run, tmp_path):
    (tmp_path / "a.txt").write_bytes(SOUND)
    status, out, err = run("split", "none.txt", ".", "a.txt")
    assert (status, out) == (1, b"It rained.\nWe left.\n")
    assert err.startswith("scriptio: none.txt: No such file or directory\nscriptio: .: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "required"),
        (["cut"], "invalid choice"),
        (["split", "--lang", "xx"], "known: "),
        (["split", "--newlines", "maybe"], "invalid choice"),
        (["split", "--json", "-0"], "not allowed with"),
        (["split", "--protect", ""], "protected pattern"),
        (["split", "--abbreviation", "two words"], "two words"),
        (["split", "--encoding", "klingon"], "unknown encoding"),
        (["split", "--encoding", "hex"], "not a text encoding"),
        (["split", "--shout"], "unrecognized arguments"),
    ],
)
def test_wrong_use_is_status_2(run, arguments, told):
    status, out, err = run(*arguments, stdin=SOUND)
    assert (status, out) == (2, b"")
    assert told in err


def test_languages_and_version(run):
    assert run("languages")[1].decode().split() == [*languages(), "und"]
    assert run("--version")[1].decode() == f"scriptio {__version__}\n"
    assert run("split", "--help")[0] == 0


def test_a_closed_pipe_ends_quietly(tmp_path):
    (tmp_path / "long.txt").write_bytes(SOUND * 200_000)
    with command("split", "long.txt", cwd=tmp_path) as process:
        assert process.stdout.readline() == b"It rained.\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_a_failure(tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scriptio", "languages"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"scriptio: standard output: No space left")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_is_status_130(tmp_path):
    # A background job is started with SIGINT ignored, and would hand that on.
    restore = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with command("split", "--per-line", cwd=tmp_path, preexec_fn=restore) as process:
        process.stdin.write(b"It rained.\n")
        process.stdin.flush()
        # Once a line is out, the command is at work.
        assert process.stdout.readline() == b"It rained.\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == b""


def test_a_pipe_is_answered_before_it_ends():
    with command("split", "--per-line") as process:
        for number in range(3):
            process.stdin.write(b"Number %d.\n" % number)
            process.stdin.flush()
            assert process.stdout.readline() == b"Number %d.\n" % number
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_output_is_utf_8_whatever_the_locale(tmp_path):
    (tmp_path / "a.txt").write_bytes("Café 😀.".encode())
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with command("split", "a.txt", cwd=tmp_path, env=environment) as process:
        out, err = process.communicate(timeout=30)
    assert (out, err) == ("Café 😀.\n".encode(), b"")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def slow_file(tmp_path, monkeypatch):
    """A file whose pieces take longer to read than a progress bar waits."""
    path = tmp_path / "a.txt"
    path.write_bytes(SOUND)
    monkeypatch.setattr(cli_io, "PIECE_BYTES", 8)
    monkeypatch.setattr(cli_io, "PROGRESS_AFTER", 0.0)
    monkeypatch.setattr(time, "monotonic", iter(range(1000)).__next__)
    return str(path)


def test_the_progress_bar_goes_to_a_terminal_alone(slow_file, monkeypatch, capfdbinary):
    pytest.importorskip("tqdm")
    for quiet, terminal, shown in [
        ([], Terminal(), True),
        (["--quiet"], Terminal(), False),
        ([], io.StringIO(), False),
    ]:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["split", slow_file, *quiet]) == 0
        assert ("%" in terminal.getvalue()) is shown
        assert capfdbinary.readouterr().out == b"It rained.\nWe left.\n"


def test_without_tqdm_there_is_no_bar(slow_file, monkeypatch, capfdbinary):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["split", slow_file]) == 0
    assert terminal.getvalue() == ""
    assert capfdbinary.readouterr().out == b"It rained.\nWe left.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from the kernel")
def test_memory_does_not_grow_with_the_file(tmp_path):
    # Not `getrusage`, whose peak a child process inherits from the one that started it.
    measure = (
        "import re, sys; from scriptio.cli.main import main; "
        "assert main(['split', sys.argv[1]]) == 0; "
        "status = open('/proc/self/status').read(); "
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', status)[1], file=sys.stderr)"
    )
    peaks = []
    for megabytes in (4, 32):
        path = tmp_path / f"{megabytes}.txt"
        path.write_bytes(SOUND * (megabytes * 1_000_000 // len(SOUND)))
        done = subprocess.run(
            [sys.executable, "-c", measure, path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
        )
        peaks.append(int(done.stderr))
    assert peaks[1] - peaks[0] < 8_000


def test_sections_of_a_law(run, tmp_path):
    (tmp_path / "law.txt").write_text("§ 1 A\n(1) Ja.\n(2) Nach § 1.\n§ 2 B\n", encoding="utf-8")
    status, out, err = run("sections", "law.txt", "--system", "de")
    assert (status, err) == (0, "")
    assert out.decode() == "§ 1 A\n  (1) Ja.\n  (2) Nach § 1.\n§ 2 B\n"
    records = [json.loads(line) for line in run("sections", "law.txt", "--json")[1].splitlines()]
    assert [record["number"] for record in records] == ["", "1", "1", "2", "2"]
    assert run("sections", "law.txt", "--markdown")[1].startswith("# § 1 A".encode())
    assert b"<akomaNtoso" in run("sections", "law.txt", "--akn")[1]
    (reference,) = run("sections", "law.txt", "--references")[1].splitlines()
    assert json.loads(reference)["targets"] == [1]


def test_sections_of_wrong_use_and_bad_files(run, tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"\xff")
    assert run("sections", "bad.txt")[0] == 1
    assert run("sections", "none.txt")[0] == 1
    status, _, err = run("sections", "--system", "mars")
    assert status == 2
    assert "unknown system" in err
    assert run("sections", stdin=b"")[:2] == (0, b"")
