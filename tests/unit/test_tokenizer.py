"""Tokens of the compiled half: ids, offsets in code points, files, pickles."""

import json
import os
import pickle
from pathlib import Path

import pytest
from scriptio._core import Encoding, IntArray, Tokenizer, hash_chars, pack_tokenizer

VOCAB = [
    ("<s>", 0.0),
    ("<unk>", 0.0),
    ("\u2581", -3.0),
    ("\u2581ab", -5.0),
    ("a", -6.0),
    ("b", -6.0),
    ("é", -7.0),
    ("你好", -8.0),
]


def content(vocab=VOCAB, **changes):
    model = {"type": "Unigram", "unk_id": 1, "vocab": vocab}
    added = {"id": 0, "content": "<s>", "single_word": False, "lstrip": False, "rstrip": False}
    split = {"type": "WhitespaceSplit"}
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"}
    file = {
        "added_tokens": [{**added, "normalized": False, "special": True}],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, metaspace]},
        "model": model,
    }
    return json.dumps(file | changes).encode()


def bpe():
    model = {"type": "BPE", "vocab": {"a": 0, "é": 1, "aé": 2}, "merges": ["a é"]}
    return content(model=model, added_tokens=[], pre_tokenizer={"type": "Whitespace"})


def rows(encoding):
    return list(zip(encoding.ids, encoding.starts, encoding.ends, strict=True))


def test_offsets_are_code_points():
    encoding = Tokenizer.from_bytes(content()).encode("é ab  你好\n<s>é")
    assert rows(encoding) == [
        (2, 0, 1),
        (6, 0, 1),
        (3, 2, 4),
        (2, 6, 7),
        (7, 6, 8),
        (0, 9, 12),
        (2, 12, 13),
        (6, 12, 13),
    ]
    assert len(encoding) == 8
    assert repr(encoding) == "<Encoding of 8 tokens>"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000 "])
def test_white_space_has_no_tokens(text):
    assert len(Tokenizer.from_bytes(content()).encode(text)) == 0


def test_unknown_characters_are_one_token():
    assert rows(Tokenizer.from_bytes(content()).encode("xyz😀b")) == [
        (2, 0, 1),
        (1, 0, 4),
        (5, 4, 5),
    ]


def test_lone_surrogates_are_one_code_point_each():
    tokenizer = Tokenizer.from_bytes(content())
    text = "\ud800\udc00 ab\udfff"
    assert rows(tokenizer.encode(text)) == rows(tokenizer.encode("\ufffd\ufffd ab\ufffd"))
    assert hash_chars(text, 2, 64) == hash_chars("\ufffd\ufffd ab\ufffd", 2, 64)


def test_arrays_are_buffers():
    ids = Tokenizer.from_bytes(content()).encode("ab b").ids
    view = memoryview(ids)
    assert (view.format, view.itemsize, view.ndim, view.shape) == ("q", 8, 1, (3,))
    assert view.readonly
    assert view.tolist() == ids.tolist() == list(ids) == [3, 2, 5]
    assert ids[-1] == 5
    assert ids[::2] == IntArray([3, 5])
    assert hash(ids) == hash(IntArray([3, 2, 5]))
    assert pickle.loads(pickle.dumps(ids)) == ids
    with pytest.raises(IndexError, match="out of range"):
        ids[3]
    with pytest.raises(ValueError, match="8 bytes"):
        IntArray._from_bytes(b"1234567")


def test_kinds_and_sizes():
    own = Tokenizer.from_bytes(content())
    assert (own.kind, own.vocab_size) == ("unigram", 8)
    other = Tokenizer.from_bytes(bpe())
    assert (other.kind, other.vocab_size) == ("hf", 3)
    assert rows(other.encode("aé é")) == [(2, 0, 2), (1, 3, 4)]


@pytest.mark.parametrize("data", [content(), bpe()])
def test_tokenizers_can_be_pickled(data):
    tokenizer = Tokenizer.from_bytes(data)
    again = pickle.loads(pickle.dumps(tokenizer))
    assert (again.kind, again.vocab_size) == (tokenizer.kind, tokenizer.vocab_size)
    assert rows(again.encode("é aéb")) == rows(tokenizer.encode("é aéb"))


def test_packed_tokenizers_are_read():
    packed = pack_tokenizer(content())
    tokenizer = Tokenizer.from_bytes(packed)
    assert tokenizer.kind == "unigram"
    assert rows(tokenizer.encode("ab é")) == rows(Tokenizer.from_bytes(content()).encode("ab é"))
    # What is packed already stays as it is.
    assert pack_tokenizer(packed) == packed


def test_batches_are_in_order():
    tokenizer = Tokenizer.from_bytes(content())
    texts = ["ab é" * n for n in range(200)] + ["ab " * 100_000, "\ud800"]
    for threads in (0, 1, 4):
        batch = tokenizer.encode_batch(texts, threads)
        assert all(isinstance(encoding, Encoding) for encoding in batch)
        assert [rows(encoding) for encoding in batch] == [rows(tokenizer.encode(t)) for t in texts]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be read"),
        (b"\x0a\x0e\x0a\x05<unk>\x15\xff", "SentencePiece"),
        (b"[]", "cannot be read"),
        (b"{}", "model"),
        (content(model={"type": "Foo"}), "'?\"?Foo"),
        (content(model={"type": "BPE", "vocab": 1}), "tokenizer.json"),
        (content()[:-9], "cannot be read"),
        (content(vocab=[]), "unk_id"),
        (pack_tokenizer(content())[:-1], "checksum"),
        (pack_tokenizer(content())[:9], "cut short"),
    ],
)
def test_files_that_cannot_be_used_say_why(data, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer.from_bytes(data)


def test_only_own_tokenizers_can_be_packed():
    with pytest.raises(ValueError, match="no compact form"):
        pack_tokenizer(bpe())


def test_hashes_are_those_of_wtp():
    primes = [31, 43, 59, 61, 73, 97, 103, 113]
    text = "aé😀"
    expected = [(ord(c) + 1) * prime % 8192 for c in text for prime in primes]
    assert hash_chars(text, 8, 8192).tolist() == expected
    assert len(hash_chars("", 8, 8192)) == 0
    with pytest.raises(ValueError, match="hashes must be between 1 and 16, not 0"):
        hash_chars("a", 0, 8192)
    with pytest.raises(ValueError, match="buckets"):
        hash_chars("a", 8, 0)


def test_one_long_word():
    # A word as long as the text is settled bit by bit.
    tokenizer = Tokenizer.from_bytes(content())
    word = "aébx" * 300_000
    encoding = tokenizer.encode(word)
    assert len(encoding) == 1 + len(word)
    assert encoding.starts[1:].tolist() == list(range(len(word)))


@pytest.mark.skipif(
    "SCRIPTIO_XLMR_TOKENIZER" not in os.environ,
    reason="SCRIPTIO_XLMR_TOKENIZER names no tokenizer.json (scripts/xlmr_tokenizer.py writes one)",
)
def test_xlmr_is_tokenized_as_by_its_own_kind():
    reference = pytest.importorskip("tokenizers", reason="the reference is not installed")
    data = Path(os.environ["SCRIPTIO_XLMR_TOKENIZER"]).read_bytes()
    own, other = Tokenizer.from_bytes(data), reference.Tokenizer.from_str(data.decode())
    golden = Path(__file__).parent.parent / "data" / "golden"
    texts = [path.read_text("utf-8") for path in sorted(golden.glob("*.toml"))]
    assert own.kind == "unigram"
    assert len(texts) > 5
    for text in texts:
        expected = other.encode(text, add_special_tokens=False)
        found = own.encode(text)
        assert found.ids.tolist() == expected.ids
        assert list(zip(found.starts, found.ends, strict=True)) == expected.offsets
