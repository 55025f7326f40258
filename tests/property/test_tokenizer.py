"""Tokens of any text: a slow search finds the same, and offsets are sound."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scriptio._core import Tokenizer, hash_chars, pack_tokenizer

MARK = "\u2581"
PIECES = st.text(alphabet="abé" + MARK, min_size=1, max_size=4)
VOCABS = st.dictionaries(PIECES, st.integers(-12, -1).map(lambda score: score / 4), max_size=30)
TEXTS = st.text(alphabet="abéx \n😀") | st.text() | st.text(st.characters())


def tokenizer_of(vocab):
    split = {"type": "WhitespaceSplit"}
    metaspace = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": "always"}
    pieces = [("<unk>", 0.0), *vocab.items()]
    file = {
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, metaspace]},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces},
    }
    return json.dumps(file).encode(), dict(pieces), [piece for piece, _ in pieces]


def best_pieces(word, scores):
    """Pieces of the best path; unknown characters in a row are one."""
    unknown = min(scores.values()) - 10
    best = [(0.0, [])]
    for end in range(1, len(word) + 1):
        steps = []
        for start in range(end):
            piece = word[start:end]
            if piece in scores or end == start + 1:
                steps.append((best[start][0] + scores.get(piece, unknown), start, piece))
        # Of equal scores the longest last piece, which is the first, counts.
        score, start, piece = max(steps, key=lambda step: step[0])
        best.append((score, [*best[start][1], piece]))
    pieces = []
    for piece in best[-1][1]:
        if pieces and piece not in scores and pieces[-1] not in scores:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def words_of(text):
    """Words, as Rust tells white space: without the separators U+001C to U+001F."""
    kept = "".join(c if c.isspace() and not "\x1c" <= c <= "\x1f" else "x" for c in text)
    start = None
    for at, c in enumerate([*kept, " "]):
        if c == "x" and start is None:
            start = at
        elif c != "x" and start is not None:
            yield start, at
            start = None


@given(VOCABS, TEXTS)
def test_tokens_are_those_of_a_slow_search(vocab, text):
    # U+2581 within a word begins a new one; a test of the core has that.
    text = text.replace(MARK, "")
    data, scores, pieces = tokenizer_of(vocab)
    encoding = Tokenizer.from_bytes(data).encode(text)
    expected = []
    for start, end in words_of(text):
        at = start - 1
        for piece in best_pieces(MARK + text[start:end], scores):
            number = pieces.index(piece) if piece in scores else 0
            expected.append((number, max(at, start), max(at + len(piece), start + 1)))
            at += len(piece)
    found = zip(encoding.ids, encoding.starts, encoding.ends, strict=True)
    assert list(found) == expected


@given(VOCABS, TEXTS)
def test_tokens_cover_all_but_white_space(vocab, text):
    encoding = Tokenizer.from_bytes(tokenizer_of(vocab)[0]).encode(text)
    covered = set()
    for start, end in zip(encoding.starts, encoding.ends, strict=True):
        assert 0 <= start < end <= len(text)
        covered |= set(range(start, end))
    assert encoding.starts.tolist() == sorted(encoding.starts)
    assert covered == {at for start, end in words_of(text) for at in range(start, end)}


@given(VOCABS, st.lists(TEXTS, max_size=5), st.integers(0, 4))
def test_packing_and_batches_change_nothing(vocab, texts, threads):
    data, _, _ = tokenizer_of(vocab)
    plain, packed = Tokenizer.from_bytes(data), Tokenizer.from_bytes(pack_tokenizer(data))
    for encoding, text in zip(packed.encode_batch(texts, threads), texts, strict=True):
        expected = plain.encode(text)
        assert encoding.ids == expected.ids
        assert encoding.starts == expected.starts
        assert encoding.ends == expected.ends


@given(st.binary(max_size=200))
def test_bytes_that_are_no_tokenizer_are_value_errors(data):
    packed = pack_tokenizer(tokenizer_of({"a": -1.0})[0])
    cut = packed[: len(data) % len(packed)]
    for damaged in (data, packed[:8] + data, packed + data + b"x", cut):
        with pytest.raises(ValueError, match="tokenizer"):
            Tokenizer.from_bytes(damaged)


@given(TEXTS, st.integers(1, 16), st.integers(1, 2**32 - 1))
def test_hashes_are_below_the_number_of_buckets(text, hashes, buckets):
    ids = hash_chars(text, hashes, buckets)
    assert len(ids) == len(text) * hashes
    assert all(0 <= number < buckets for number in ids)
