"""The commands that need a model: what they write, what they refuse, how they end."""

import hashlib
import io
import json
import random
import subprocess
import sys

import pytest
import tiny_models
from scriptio import SaT, Segmentation, SentenceSegmenter, WtP, models
from scriptio.adaptation import Adapter
from scriptio.cli import cutting, slabs
from scriptio.cli import io as cli_io
from scriptio.cli.main import main
from scriptio.cli.slabs import SlabStream

# Standard streams and the working directory belong to the whole process.
pytestmark = pytest.mark.thread_unsafe

#: Above some of the tiny model's probabilities and below others.
THRESHOLD = 0.4

rng = random.Random(4)
WORDS = [*tiny_models.WORDS, "yes.", "Hello 😀", "今天下雨。", "\n\n", "\r\n", "  "]
PROSE = " ".join(rng.choices(WORDS, k=500))
GOLD = ["it rained;", "we left;", "the dog was lazy;", "it was short;"] * 8


def write_manifest(path, **more):
    """A manifest of the files that are there."""
    files = [
        {
            "path": file.name,
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in sorted(path.iterdir())
        if file.name != "manifest.json"
    ]
    told = {"id": path.name, "threshold": THRESHOLD, "files": files, **more}
    (path / "manifest.json").write_text(json.dumps(told))
    return path


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """A place of bundled models with a default one."""
    place = tmp_path_factory.mktemp("package") / "_models"
    write_manifest(tiny_models.save_directory(place / models.DEFAULT))
    return place


@pytest.fixture
def run(bundled, tmp_path, monkeypatch, capfdbinary):
    """Call the command in a folder of its own; give status, output and complaints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "BUNDLED", bundled)

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = main(list(map(str, arguments)))
        captured = capfdbinary.readouterr()
        return status, captured.out, captured.err.decode()

    return run


@pytest.fixture
def sat(bundled):
    return lambda **options: SaT(bundled / models.DEFAULT, **options)


def records(out):
    return [json.loads(line) for line in out.decode().splitlines()]


# What models cut.


@pytest.mark.parametrize("name", ["sat", "scriptio-sat"])
def test_a_model_cuts(run, sat, name):
    text = PROSE[:900]
    status, out, err = run("split", "--model", name, "--json", stdin=text.encode())
    expected = sat().segment(text)
    assert (status, err) == (0, "")
    assert [(r["start"], r["end"], r["text"]) for r in records(out)] == list(expected.segments())
    assert 5 < len(expected) < 200
    found = [r["probability"] for r in records(out)]
    assert found == pytest.approx(expected.probabilities.tolist(), rel=1e-5)
    assert len({round(p, 3) for p in found}) > 3
    assert list(records(out)[0]) == ["file", "start", "end", "text", "probability"]


def test_rules_give_no_probability(run):
    assert "probability" not in records(run("split", "--json", stdin=b"It rained.")[1])[0]


def test_a_directory_is_a_model(run, tmp_path):
    tiny_models.save_directory(tmp_path / "sat-3l-sm")
    text = PROSE[:900]
    out = run("split", "--model", "sat-3l-sm", "-0", stdin=text.encode())[1].decode()
    assert out.split("\0")[:-1] == SaT(tmp_path / "sat-3l-sm").split(text)


def test_a_model_of_characters_is_one(run, tmp_path):
    path = tiny_models.save_wtp_directory(tmp_path / "wtp")
    text = PROSE[:500]
    out = run("split", "--model", path, "--threshold", "0.6", "-0", stdin=text.encode())[1]
    assert out.decode().split("\0")[:-1] == WtP(path, threshold=0.6).split(text)
    for flag in ("--rules", "--cascade"):
        status, out, err = run("split", "--model", path, "--threshold", "0.6", flag, stdin=b"a")
        assert (status, out) == (2, b"")
        assert "is a WtP model, which takes no rules" in err


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--threshold", "0.7"], {"threshold": 0.7}),
        (["--max-length", "40"], {"max_length": 40}),
        (["--min-length", "30"], {"min_length": 30}),
        (["--max-length", "40", "--meaning", "pack"], {"max_length": 40, "meaning": "pack"}),
        (
            ["--max-length", "90", "--prior", "gaussian", "--meaning", "pack", "--lang", "zh"],
            {"max_length": 90, "prior": "gaussian", "meaning": "pack", "lang": "zh"},
        ),
        (["--stride", "100"], {"stride": 100}),
        (["--newlines", "always"], {"newlines": "always"}),
        (["--threads", "1"], {"num_threads": 1}),
        (["--rules", "--lang", "de"], {"rules": SentenceSegmenter("de")}),
        (
            ["--rules", "--abbreviation", "left", "--protect", "a.b"],
            {"rules": SentenceSegmenter("en", abbreviations=["left"], protect=["a.b"])},
        ),
        (["--cascade"], {"rules": SentenceSegmenter("en"), "cascade": True}),
        (
            ["--cascade", "--newlines", "never"],
            {
                "rules": SentenceSegmenter("en", newlines="never"),
                "cascade": True,
                "newlines": "never",
            },
        ),
    ],
)
def test_options_are_those_of_sat(run, monkeypatch, sat, arguments, options):
    made = []
    real = cutting.sat
    monkeypatch.setattr(cutting, "sat", lambda *a, **k: made.append(real(*a, **k)) or made[-1])
    text = PROSE[:1500]
    out = run("split", "--model", "sat", "-0", *arguments, stdin=text.encode())[1].decode()
    assert out.split("\0")[:-1] == sat(**options).split(text)
    # Equal to what Python gives, so no option was lost on the way.
    rules = options.get("rules")
    assert made[0] == sat(**{"lang": rules.lang if rules else None, **options})


@pytest.mark.parametrize("options", [[], ["--cascade"], ["--rules"], ["--max-length", "50"]])
@pytest.mark.parametrize("piece_bytes", [1, 7, 1 << 20])
def test_pieces_make_no_difference(run, monkeypatch, options, piece_bytes):
    monkeypatch.setattr(cutting, "STEP", 300)
    monkeypatch.setattr(slabs, "SLAB", 700)
    monkeypatch.setattr(slabs, "MARGIN", 100)
    expected = run("split", "--model", "sat", "--json", *options, stdin=PROSE.encode())[1]
    assert "".join(record["text"] for record in records(expected)) == PROSE
    monkeypatch.setattr(cli_io, "PIECE_BYTES", piece_bytes)
    assert run("split", "--model", "sat", "--json", *options, stdin=PROSE.encode())[1] == expected


@pytest.mark.parametrize("options", [[], ["--cascade"]])
def test_every_output_is_made(run, sat, options):
    stdin = b"It rained. We left.\n\nThe dog.\n"
    told = {"rules": SentenceSegmenter("en"), "cascade": True} if options else {}
    spans = list(sat(**told).segment(stdin.decode()))
    split = ("split", "--model", "sat", *options)
    assert run(*split, "--offsets", stdin=stdin)[1] == b"".join(b"%d\t%d\n" % s for s in spans)
    assert b"".join(run(*split, "-0", stdin=stdin)[1].split(b"\0")) == stdin
    assert b"".join(run(*split, stdin=stdin)[1].split()) == b"".join(stdin.split())
    for form in ([], ["--json"], ["--offsets"], ["-0"]):
        assert run(*split, *form) == (0, b"", "")


def test_every_line_a_document(run, sat):
    lines = PROSE[:1200].replace("\r", "").split("\n")
    out = run("split", "--model", "sat", "--per-line", "--json", stdin="\n".join(lines).encode())[1]
    expected = [
        (number, *segment, pytest.approx(p, rel=1e-5))
        for number, found in enumerate(sat().segment_batch(lines), 1)
        for segment, p in zip(found.segments(), found.probabilities, strict=True)
    ]
    assert [tuple(record.values())[1:] for record in records(out)] == expected


@pytest.mark.parametrize("options", [[], ["--cascade"]])
def test_invalid_text_is_cut_up_to_the_bad_byte(run, tmp_path, options):
    (tmp_path / "bad.txt").write_bytes(b"It rained.\n\nWe left.\n\nIt is b\xffd. No.")
    (tmp_path / "good.txt").write_bytes(b"Yes.")
    status, out, err = run("split", "--model", "sat", "-0", *options, "bad.txt", "good.txt")
    assert status == 1
    assert out.replace(b"\0", b"").startswith(b"It rained.\n\nWe left.\n\n")
    assert b"b\xef" not in out
    assert out.endswith(b"Yes.\0")
    assert "bad.txt: not valid utf-8 at byte 29" in err


# Slabs.


class Counting:
    """Segments by the rules, with probabilities, and remembers what it was shown."""

    def __init__(self):
        self.shown = []

    def __call__(self, text):
        self.shown.append(text)
        out = SentenceSegmenter("en").segment(text)
        return Segmentation(text, out.spans, [0.75] * len(out))


def streamed(stream, pieces):
    scored = [found for piece in pieces for found in stream.feed_scored(piece)]
    return scored + stream.finish_scored()


PARAGRAPHS = "\n\n".join("It rained all day. We left. No one came." for _ in range(60)) + "\n"
HOSTILE = [
    PARAGRAPHS,
    PARAGRAPHS.replace("\n", "\r\n"),
    PARAGRAPHS.replace("\n\n", " "),
    "x" * 2500,
    "\n" * 2500,
    "word " * 400 + "\n\n\n \n" + "word " * 400,
    "Yes. " * 3 + "x" * 1000 + ". No. " * 200,
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("blank_lines", [True, False])
def test_slabs_lose_nothing(monkeypatch, text, blank_lines):
    monkeypatch.setattr(slabs, "SLAB", 500)
    expected = None
    for size in (1, 33, 500, 10_000):
        segment = Counting()
        stream = SlabStream(segment, blank_lines=blank_lines, margin=60)
        found = streamed(stream, [text[at : at + size] for at in range(0, len(text), size)])
        assert "".join(piece.text for piece, _ in found) == text
        assert all(text[piece.start : piece.end] == piece.text for piece, _ in found)
        assert all(len(shown) <= 500 for shown in segment.shown)
        assert expected in (None, found)
        expected = found
        assert stream.finish_scored() == []


def test_slabs_end_at_blank_lines(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 500)
    for text in HOSTILE[:2]:
        segment = Counting()
        found = streamed(SlabStream(segment, blank_lines=True), [text])
        assert len(segment.shown) > 3
        assert all(shown.endswith("\n") for shown in segment.shown)
        assert "".join(segment.shown) == text
        # What is cut there is what the whole text would give.
        assert [piece[:2] for piece, _ in found] == list(SentenceSegmenter("en").segment(text))


def test_slabs_without_blank_lines_leave_their_end_to_the_next(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 500)
    text = HOSTILE[2]
    found = streamed(SlabStream(Counting(), blank_lines=True, margin=60), [text])
    assert [piece[:2] for piece, _ in found] == list(SentenceSegmenter("en").segment(text))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from the kernel")
@pytest.mark.parametrize("option", ["--quiet", "--cascade"])
def test_memory_does_not_grow_with_the_file(tmp_path, bundled, option):
    # Most of it is white space, which costs the model nothing and is kept as any other text is.
    measure = (
        "import re, sys; from scriptio.cli import slabs; from scriptio.cli.main import main; "
        "slabs.SLAB = 1 << 17; "
        "assert main(['split', '--model', sys.argv[1], '--threads', '1', *sys.argv[2:]]) == 0; "
        "status = open('/proc/self/status').read(); "
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', status)[1], file=sys.stderr)"
    )
    peaks = []
    for times in (4, 32):
        path = tmp_path / f"{times}.txt"
        path.write_text((PROSE + "\n\n" + " " * 60_000 + "\n\n") * times, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", measure, bundled / models.DEFAULT, option, path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
        )
        peaks.append(int(done.stderr))
    assert peaks[1] - peaks[0] < 12_000


# What is refused.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--threshold", "0.3"], "--threshold: for models alone; add --model sat"),
        (["--rules", "--stride", "3"], "--stride, --rules: for models alone"),
        (["--cascade"], "--cascade: for models alone"),
        (["--adapter", "a.json"], "--adapter: for models alone"),
        (["--threads", "2"], "--threads: for models alone"),
        (["--max-length", "9"], "--max-length: for models alone"),
        (["--model", "nowhere"], "there is no model 'nowhere'"),
        (["--model", "sat", "--abbreviation", "Abw"], "are for the rules; add --rules"),
        (["--model", "sat", "--protect", "x"], "are for the rules; add --rules"),
        (["--model", "sat", "--lang", "xx"], "known: "),
        (["--model", "sat", "--rules", "--cascade"], "not allowed with"),
        (["--model", "sat", "--rules", "--adapter", "a"], "not allowed with"),
        (["--model", "sat", "--threshold", "high"], "invalid float value"),
        (["--model", "sat", "--threshold", "nan"], "threshold is nan"),
        (["--model", "sat", "--max-length", "0"], "max_length must be at least 1"),
        (["--model", "sat", "--max-length", "5", "--min-length", "9"], "min_length is 9"),
        (["--model", "sat", "--stride", "9999"], "stride is 9999 for windows of"),
        (["--model", "sat", "--threads", "0"], "num_threads must be at least 1"),
        (["--model", "sat", "--prior", "cauchy"], "invalid choice"),
        (["--model", "sat", "--encoding", "klingon"], "unknown encoding"),
    ],
)
def test_wrong_use_is_status_2(run, arguments, told):
    status, out, err = run("split", *arguments, stdin=b"It rained.")
    assert (status, out) == (2, b"")
    assert told in err


def test_a_damaged_model_is_status_1(run, tmp_path):
    path = write_manifest(tiny_models.save_directory(tmp_path / "mine"))
    onnx = path / "model_optimized.onnx"
    onnx.write_bytes(onnx.read_bytes()[:-9])
    status, out, err = run("split", "--model", "mine", stdin=b"It rained.")
    assert (status, out) == (1, b"")
    assert err.startswith("scriptio: ")
    assert "it was cut off or changed; copy it again" in err
    (path / "manifest.json").write_text("{")
    assert run("split", "--model", "mine", stdin=b"It rained.")[0] == 1


def test_a_model_that_fails_is_told_for_each_file(run, tmp_path):
    path = tiny_models.save_directory(tmp_path / "mine", factor=float("nan"))
    (tmp_path / "a.txt").write_bytes(b"It rained.")
    (tmp_path / "b.txt").write_bytes(b"\n")
    status, out, err = run("split", "--model", path, "--threshold", "0.5", "-0", "a.txt", "b.txt")
    assert (status, out) == (1, b"\n\0")
    assert "scriptio: a.txt: " in err
    assert "NaN" in err


def test_an_unknown_threshold_is_told(run, tmp_path):
    path = tiny_models.save_directory(tmp_path / "mine")
    status, _, err = run("split", "--model", path, stdin=b"It rained.")
    assert status == 0
    assert err.startswith("scriptio: no threshold is known")
    assert err.endswith("0.25 is used; pass --threshold to choose one\n")
    assert run("split", "--model", path, "--threshold", "0.3", stdin=b"It rained.")[2] == ""


def test_rules_alone_import_no_model(tmp_path):
    program = (
        "import sys; from scriptio.cli.main import main; assert main(['split']) == 0; "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('numpy', 'onnxruntime') "
        "or m in ('scriptio.sat', 'scriptio.onnx', 'scriptio.adaptation')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], input=b"It rained. We left.", capture_output=True
    )
    assert (done.stdout, done.stderr.strip()) == (b"It rained.\nWe left.\n", b"[]")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_output_is_a_failure():
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m scriptio languages >&-"], stderr=subprocess.PIPE
    )
    assert done.returncode == 1
    assert done.stderr == b"scriptio: standard output: Bad file descriptor\n"


# What is known of models.


def test_models_are_listed(run, monkeypatch, tmp_path, bundled):
    size = sum(
        (bundled / models.DEFAULT / name).stat().st_size
        for name in ("model_optimized.onnx", "tokenizer.json")
    )
    line = f"scriptio-sat\t{size / 1e6:.1f} MB\tthreshold 0.4\n"
    assert run("models", "list") == (0, line.encode(), "")
    out = run("models", "list", "--json")[1]
    assert records(out) == [{"id": "scriptio-sat", "bytes": size, "threshold": 0.4}]
    monkeypatch.setattr(models, "BUNDLED", tmp_path / "nothing")
    told = "scriptio: no model came with this build of scriptio\n"
    assert run("models", "list") == (0, b"", told)


def test_a_model_is_shown(run, tmp_path, bundled):
    status, out, err = run("models", "show")
    assert (status, err) == (0, "")
    lines = out.decode().splitlines()
    assert lines[:2] == ["id: scriptio-sat", f"directory: {bundled / models.DEFAULT}"]
    for line in [
        "threshold: 0.4 (of the manifest)",
        "config model_type: xlm-token",
        "graph input: input_ids, tensor(int64) of batch by sequence",
        "graph input: attention_mask, tensor(float) of batch by sequence",
        "graph output: logits, tensor(float) of batch by sequence by 1",
    ]:
        assert line in lines
    (shown,) = records(run("models", "show", "scriptio-sat", "--json")[1])
    assert shown["config"]["vocab_size"] == tiny_models.VOCAB
    assert [entry["path"] for entry in shown["files"]] == ["model_optimized.onnx", "tokenizer.json"]
    assert shown["graph"]["outputs"] == [
        {"name": "logits", "type": "tensor(float)", "shape": ["batch", "sequence", 1]}
    ]
    path = tiny_models.save_wtp_directory(tmp_path / "wtp-bert-mini")
    (shown,) = records(run("models", "show", path, "--json")[1])
    assert (shown["threshold"], shown["threshold_from"][:9]) == (0.01, "published")
    assert shown["graph"]["inputs"][0]["shape"] == ["batch", "sequence", 8]
    path = tiny_models.save_directory(tmp_path / "mine")
    assert "threshold: 0.25 (no other is known" in run("models", "show", path)[1].decode()


def test_models_are_verified(run, tmp_path):
    assert run("models", "verify") == (0, b"scriptio-sat: as in its manifest\n", "")
    path = write_manifest(tiny_models.save_directory(tmp_path / "mine"))
    assert run("models", "verify", "mine")[0] == 0
    data = (path / "tokenizer.json").read_bytes()
    (path / "tokenizer.json").write_bytes(data.replace(b"rained", b"rainex"))
    status, out, err = run("models", "verify", "mine", "sat")
    assert (status, out) == (1, b"mine: not verified\nsat: as in its manifest\n")
    assert "tokenizer.json has sha256" in err
    status, out, _ = run("models", "verify", "mine", "--json")
    (record,) = records(out)
    assert (status, record["model"], record["ok"]) == (1, "mine", False)
    assert "copy it again" in record["error"]
    (path / "manifest.json").unlink()
    status, _, err = run("models", "verify", "mine")
    assert status == 1
    assert "has no manifest.json with files to compare with" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "required"),
        (["show", "nowhere"], "there is no model 'nowhere'"),
        (["verify", "nowhere"], "there is no model 'nowhere'"),
    ],
)
def test_wrong_use_of_models_is_status_2(run, arguments, told):
    status, out, err = run("models", *arguments)
    assert (status, out) == (2, b"")
    assert told in err


def test_what_is_no_model_is_status_1(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for action in ("show", "verify"):
        status, _, err = run("models", action, "empty")
        assert status == 1
        assert "holds no model_optimized.onnx" in err
    path = tiny_models.save_directory(tmp_path / "mine")
    (path / "model_optimized.onnx").write_bytes(b"no model")
    status, out, err = run("models", "show", "mine")
    assert (status, out) == (1, b"")
    assert "could not be opened as an ONNX model" in err


# What is learned.


@pytest.fixture
def gold(tmp_path):
    """The same sentences as plain text and as JSON Lines."""
    half = len(GOLD) // 2
    documents = [GOLD[:half], GOLD[half:]]
    plain = "\n\n\n".join("\n".join(document) for document in documents) + "\n"
    (tmp_path / "gold.txt").write_bytes(b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode())
    lines = []
    for document in documents:
        text = " ".join(document)
        ends = [at + 2 for at, char in enumerate(text) if char == ";"]
        lines.append(json.dumps({"text": text, "ends": [*ends[:-1], len(text)]}) + "\n")
    (tmp_path / "gold.jsonl").write_text("\n".join(lines))
    (tmp_path / "gold").write_text("\n" + "".join(lines))
    return documents


@pytest.mark.parametrize("name", ["gold.txt", "gold.jsonl", "gold"])
def test_labelled_sentences_teach(run, sat, gold, tmp_path, name):
    status, out, err = run("adapt", name, "--lang", "en", "--out", "adapter.json")
    expected = sat().adapt(gold, lang="en").adapter
    assert (status, err) == (0, "")
    assert Adapter.load(tmp_path / "adapter.json") == expected
    report = expected.report
    assert (report.sentences, report.f1) == (32, 1.0)
    assert out.decode().splitlines() == [
        f"32 sentences, {report.places} places where one could end",
        f"F1 before          {report.f1_before:.4f}",
        f"F1 threshold only  {report.f1_threshold:.4f}",
        "F1 after           1.0000  (precision 1.0000, recall 1.0000)",
    ]
    stdin = b"the dog left; it was lazy; yes"
    out = run("split", "--model", "sat", "--adapter", "adapter.json", stdin=stdin)[1]
    assert out == b"the dog left;\nit was lazy;\nyes\n"


def test_several_files_are_learned_from(run, gold):
    arguments = ("gold.txt", "gold.jsonl", "--out", "a.json", "--threads", "1", "--json")
    (report,) = records(run("adapt", *arguments)[1])
    assert report["sentences"] == 64
    assert report["f1"] == 1.0
    assert set(report) > {"f1_before", "f1_threshold", "precision", "recall", "places"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "documents hold 0 sentences; at least 8 are needed"),
        (b"One.\nTwo.\n", "documents hold 2 sentences"),
        (b"One.\n\xff", "gold: not valid utf-8 at byte 5"),
        (b'{"text": "a b"', "gold: line 1: no JSON"),
        (b'{"text": "a b"}', "gold: line 1: no object with text and ends; expected {"),
        (b'{"text": 3, "ends": []}', "line 1: no object with text"),
        (b'{"text": "a b", "ends": [2, 3]}\n\n{"text": "a b", "ends": [4]}', "line 3: ends hold 4"),
        (b'{"text": "a b", "ends": [2, 2]}', "line 1: ends hold 2"),
        (b'{"text": "a b", "ends": [true]}', "line 1: ends hold True"),
        (b'{"text": "a b", "ends": [1.0]}', "line 1: ends hold 1.0"),
    ],
)
def test_what_cannot_be_learned_from_is_status_1(run, tmp_path, content, told):
    (tmp_path / "gold").write_bytes(content)
    status, out, err = run("adapt", "gold", "--out", "a.json")
    assert (status, out) == (1, b"")
    assert told in err
    assert not (tmp_path / "a.json").exists()


def test_files_that_cannot_be_read_or_written(run, gold):
    assert run("adapt", "none.txt", "--out", "a.json") == (
        *(1, b""),
        "scriptio: none.txt: No such file or directory\n",
    )
    status, out, err = run("adapt", "gold.txt", "--out", "no/a.json")
    assert (status, out, err) == (1, b"", "scriptio: no/a.json: No such file or directory\n")


def test_adapters_that_cannot_be_used_are_status_1(run, tmp_path):
    arguments = ("split", "--model", "sat", "--adapter", "a.json")
    assert run(*arguments) == (1, b"", "scriptio: a.json: No such file or directory\n")
    (tmp_path / "a.json").write_text("[]")
    status, out, err = run(*arguments)
    assert (status, out) == (1, b"")
    assert "a.json: format is 'list'" in err


def test_wrong_use_of_adapt_is_status_2(run, gold, tmp_path):
    wtp = tiny_models.save_wtp_directory(tmp_path / "wtp-bert-mini")
    for arguments, told in [
        ([], "--out"),
        (["--out", "a.json", "--lang", "xx"], "known: "),
        (["--out", "a.json", "--model", "nowhere"], "there is no model"),
        (["--out", "-"], "name a file"),
        (["--out", "a.json", "--model", str(wtp)], "only SaT models are adapted"),
        (["--out", "a.json", "--threads", "0"], "num_threads must be at least 1"),
    ]:
        status, out, err = run("adapt", "gold.txt", *arguments)
        assert (status, out) == (2, b"")
        assert told in err
