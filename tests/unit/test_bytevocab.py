"""Vocabularies as bytes: files in, ids, places, counts and cuts out."""

import base64
import gzip
import json
import lzma
import os
import pickle
import threading
from pathlib import Path

import pytest
from scriptio import ByteVocab

PIECES = {"type": "ByteLevel", "add_prefix_space": False}


def spelled():
    """GPT-2's characters for bytes."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = (byte for byte in range(256) if byte not in shown)
    table = {byte: chr(byte) for byte in shown}
    table |= {byte: chr(0x100 + at) for at, byte in enumerate(hidden)}
    return [table[byte] for byte in range(256)]


def content(*merges, **changes):
    names = spelled()
    names += [left + right for left, right in merges]
    model = {"type": "BPE", "vocab": {name: at for at, name in enumerate(names)}}
    model["merges"] = [f"{left} {right}" for left, right in merges]
    added = [{"id": 300, "content": "<|end|>", "special": True}]
    return json.dumps({"added_tokens": added, "pre_tokenizer": PIECES, "model": model} | changes)


MERGES = (("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "hello"), ("Ã", "©"))
HELLO, SPACED, E_ACUTE, END = 259, 260, 261, 300


@pytest.fixture(scope="module")
def vocab():
    return ByteVocab.from_bytes(content(*MERGES))


def test_vocabularies_of_one_source_are_equal(vocab):
    same = ByteVocab.from_bytes(content(*MERGES))
    assert vocab == same == pickle.loads(pickle.dumps(vocab))
    assert hash(vocab) == hash(same)
    assert vocab != ByteVocab.from_bytes(content(*MERGES[:3]))


def ranks(*more):
    tokens = [bytes([byte]) for byte in range(256)] + list(more)
    lines = [f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(tokens)]
    return "".join(lines).encode()


def test_ids_and_bytes(vocab):
    assert vocab.encode("hello hello<|end|>").tolist() == [HELLO, SPACED, END]
    assert vocab.token_bytes(SPACED) == b" hello"
    assert vocab.token_bytes(END) is None
    assert vocab.token_bytes(299) is None
    assert vocab.token_bytes(10**6) is None
    assert len(vocab) == 301
    assert vocab.special_ids == {END}
    assert vocab.added_tokens == {"<|end|>": END}
    assert (vocab.model, vocab.prefix_space, vocab.normalizes) == ("bpe", False, False)
    assert vocab.decode([HELLO, END, SPACED]) == b"hello hello"
    assert vocab.decode(vocab.encode("naïve ☕")).decode() == "naïve ☕"
    assert vocab.decode([]) == b""
    assert repr(vocab) == "<ByteVocab bpe of 301 ids>"


def test_offsets_are_code_points(vocab):
    tokens = vocab.encode_with_offsets("é☕ hello")
    rows = list(zip(tokens.ids, tokens.starts, tokens.ends, strict=True))
    assert rows[0] == (E_ACUTE, 0, 1)
    assert [row[1:] for row in rows[1:4]] == [(1, 2)] * 3
    assert rows[4:] == [(SPACED, 2, 8)]


def test_counts_and_cuts(vocab):
    text = "hello héllo hello"
    ids = vocab.encode(text)
    assert vocab.count(text) == len(ids)
    for n in range(len(ids) + 2):
        end = vocab.cut(text, n)
        assert vocab.count(text[:end]) <= n
        assert all(vocab.count(text[:longer]) > n for longer in range(end + 1, len(text) + 1))
    assert vocab.cut("", 0) == 0
    assert vocab.cut(text, 10**30) == len(text)


def test_surrogates_are_as_long_as_their_replacement(vocab):
    assert vocab.encode("a\ud800").tolist() == [97, 0xEF, 0xBF, 0xBD]
    assert vocab.encode_with_offsets("\ud800a").starts.tolist() == [0, 0, 0, 1]


def test_batches_are_single_texts_in_order(vocab):
    texts = ["hello", "", "é" * 50, "x"] * 30
    alone = [vocab.encode(text).tolist() for text in texts]
    for threads in (1, 3, None):
        batch = vocab.encode_batch(iter(texts), num_threads=threads)
        assert [ids.tolist() for ids in batch] == alone


def test_files_are_read_by_their_content(tmp_path, vocab):
    text = content(*MERGES).encode()
    for name, data in [("a", text), ("b", gzip.compress(text)), ("c", lzma.compress(text))]:
        path = tmp_path / name
        path.write_bytes(data)
        read = ByteVocab.from_file(path)
        assert read.encode("hello").tolist() == [HELLO]
    path.write_bytes(lzma.compress(text)[:-8])
    with pytest.raises(ValueError, match="xz, but damaged"):
        ByteVocab.from_file(path)
    path.write_bytes(gzip.compress(text)[:40])
    with pytest.raises(ValueError, match="gzip, but damaged"):
        ByteVocab.from_file(str(path))
    with pytest.raises(FileNotFoundError):
        ByteVocab.from_file(tmp_path / "none")


def test_rank_files_need_a_pattern():
    data = ranks(b"he", b"hello")
    vocab = ByteVocab.from_bytes(data, pattern=r"\s?\w+|\W", special={"<|end|>": 258})
    assert vocab.encode("hello he<|end|>").tolist() == [257, 32, 256, 258]
    with pytest.raises(ValueError, match="needs a pattern"):
        ByteVocab.from_bytes(data)
    with pytest.raises(ValueError, match="single byte 0x00"):
        ByteVocab.from_bytes(b"YQ== 0\n", pattern="")
    with pytest.raises(ValueError, match="line 257"):
        ByteVocab.from_bytes(ranks() + b"nonsense\n", pattern="")
    with pytest.raises(ValueError, match="of its own"):
        ByteVocab.from_bytes(content(), pattern="a")


def tekken(*more, control=3, size=None, **changes):
    """A file of Mistral's kind."""
    tokens = [bytes([byte]) for byte in range(256)] + list(more)
    vocab = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(tokens)
    ]
    config = {
        "pattern": r" ?\p{L}+|\s+|.",
        "num_vocab_tokens": len(tokens),
        "default_vocab_size": len(tokens) + control if size is None else size,
        "default_num_special_tokens": control,
        "version": "v3",
    }
    return json.dumps({"config": config | changes, "vocab": vocab}, indent=4)


def test_tekken_files_are_rank_files_behind_control_tokens():
    more = (b"he", b"ll", b"hell", b"hello", b" hello")
    vocab = ByteVocab.from_bytes(tekken(*more))
    plain = ByteVocab.from_bytes(ranks(*more), pattern=r" ?\p{L}+|\s+|.")
    text = "hello hello, hell  é\n<s>"
    assert vocab.encode(text).tolist() == [token + 3 for token in plain.encode(text)]
    assert (len(vocab), vocab.token_bytes(2), vocab.token_bytes(3)) == (264, None, b"\0")
    assert vocab.decode(vocab.encode(text)) == text.encode()
    # What lies behind the size of the vocabulary is not in use.
    short = ByteVocab.from_bytes(tekken(*more, size=262))
    assert len(short) == 262
    assert short.encode("hello").tolist() == [261, 3 + ord("o")]
    assert pickle.loads(pickle.dumps(vocab)).encode(text).tolist() == vocab.encode(text).tolist()
    with pytest.raises(ValueError, match="leave pattern and special out"):
        ByteVocab.from_bytes(tekken(), pattern="")


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        (tekken()[:-40], "is no JSON"),
        (tekken(pattern=7), "pattern 7; expected str"),
        (tekken(default_vocab_size=True), "default_vocab_size True"),
        (tekken(size=300), r"256 tokens beside 3 control tokens.*size is 300"),
        (tekken().replace('"rank": 9,', '"rank": "9",'), "rank '9'; expected int"),
        (tekken().replace('"rank": 9,', '"rank": 8,'), "rank 11 is there twice"),
        (tekken().replace('"rank": 9,', '"rank": -2,'), "rank -2, below 0"),
        (tekken().replace('"vocab": [', '"pieces": ['), "vocab None; expected list"),
    ],
)
def test_tekken_files_that_are_damaged_are_told(damaged, told):
    with pytest.raises(ValueError, match=told):
        ByteVocab.from_bytes(damaged)


def test_bad_files_are_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        ByteVocab.from_bytes(content()[:-5])
    with pytest.raises(ValueError, match="not in the vocabulary"):
        ByteVocab.from_bytes(content(("q", "unknown")).replace('"qunknown": 256', '"other": 256'))
    with pytest.raises(ValueError, match=r"tokenizer\.json: invalid utf-8"):
        ByteVocab.from_bytes(b"{\xff}")
    with pytest.raises(TypeError, match="data must be bytes or str"):
        ByteVocab.from_bytes(7)
    with pytest.raises(TypeError, match="made by from_file"):
        ByteVocab()


def test_misuse_names_the_argument(vocab):
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        vocab.encode(b"a")
    with pytest.raises(TypeError, match="texts must be an iterable"):
        vocab.encode_batch("a")
    with pytest.raises(TypeError, match="n must be int"):
        vocab.cut("a", 1.0)
    with pytest.raises(ValueError, match="n must be at least 0, not -1"):
        vocab.cut("a", -1)
    with pytest.raises(ValueError, match="id 299 is not in the vocabulary"):
        vocab.decode([299])
    with pytest.raises(OverflowError):
        vocab.token_bytes(-1)
    with pytest.raises(TypeError, match="to_str"):
        ByteVocab.from_tokenizer(object())


def test_pickles_are_the_same_vocabulary(vocab):
    for one in (vocab, ByteVocab.from_bytes(ranks(b"he"), pattern="", special={"<e>": 999})):
        other = pickle.loads(pickle.dumps(one))
        assert other.encode("hello<e>").tolist() == one.encode("hello<e>").tolist()
        assert other.special_ids == one.special_ids


def test_tokenizers_of_other_packages(vocab):
    class Backend:
        def to_str(self):
            return content(*MERGES)

    class Fast:
        backend_tokenizer = Backend()

    for tokenizer in (Backend(), Fast()):
        assert ByteVocab.from_tokenizer(tokenizer).encode("hello").tolist() == [HELLO]


def test_threads_share_a_vocabulary(vocab):
    found = []
    work = [
        threading.Thread(target=lambda: found.append(vocab.encode("hello é" * 2000).tolist()))
        for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len({tuple(ids) for ids in found}) == 1


@pytest.mark.skipif("SCRIPTIO_VOCAB_DIR" not in os.environ, reason="SCRIPTIO_VOCAB_DIR is not set")
def test_real_files_write_what_they_read():
    text = "We'll see: 12,345 naïve   cafés\n\n\tdef f(x):\n    return 'x'  # 日本語 👍🏽\r\n"
    paths = [*Path(os.environ["SCRIPTIO_VOCAB_DIR"]).glob("*.json*")]
    assert paths
    for path in paths:
        vocab = ByteVocab.from_file(path)
        ids = vocab.encode(text)
        if not vocab.prefix_space and not vocab.normalizes:
            assert vocab.decode(ids).decode() == text
        assert vocab.count(text) == len(ids) == len(vocab.encode_with_offsets(text))
