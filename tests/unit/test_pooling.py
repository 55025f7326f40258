"""Merged tokens, and words as rows of bytes."""

import pickle
from array import array

import numpy as np
import pytest
from scriptio import SentenceSegmenter
from scriptio.pooling import DynamicBpe, Merge, WordLayout


def test_overlapping_pairs_count_once():
    bpe, (merged,) = DynamicBpe.learn([[7, 7, 7, 7, 7]], first_id=10, merges=1)
    assert bpe.merges == [Merge(10, 7, 7, 2)]
    assert merged.ids.tolist() == [10, 10, 7]
    assert merged.ends.tolist() == [2, 4, 5]


def test_ties_go_to_the_smaller_ids():
    bpe, _ = DynamicBpe.learn([[5, 6], [5, 6], [3, 9], [3, 9]], first_id=10, merges=2)
    assert bpe.pairs == [(3, 9), (5, 6)]


def test_words_are_kept_apart():
    batch, starts = [[1, 2, 1, 2, 1, 2]], [[0, 1, 3, 5]]
    bpe, (merged,) = DynamicBpe.learn(batch, first_id=10, merges=5, word_starts=starts)
    assert bpe.pairs == [(2, 1)]
    assert merged.ids.tolist() == [1, 10, 10, 2]


def test_a_reduction_is_reached_or_no_pair_is_left():
    batch = [[1, 2, 3, 4] * 5]
    for share, merges, length in [(0, 0, 20), (0.2, 1, 15), (0.3, 2, 10), (0.75, 3, 5), (1, 4, 3)]:
        bpe, (merged,) = DynamicBpe.learn(batch, first_id=10, reduction=share)
        assert (len(bpe.merges), len(merged.ids)) == (merges, length)
    assert len(DynamicBpe.learn(batch, first_id=10, reduction=1, merges=2)[0].merges) == 2


def test_a_table_applies_to_other_sequences_and_survives_pickling():
    bpe, _ = DynamicBpe.learn([[1, 2, 3, 1, 2, 3]], first_id=10, merges=2)
    other = [np.array([2, 1, 2, 3]), array("i", [3, 3]), [], range(1, 4)]
    out = [merged.ids.tolist() for merged in bpe.apply(other)]
    assert out == [[2, 11], [3, 3], [], [11]]
    again = pickle.loads(pickle.dumps(bpe))
    assert (again, hash(again)) == (bpe, hash(bpe))
    assert again == DynamicBpe(10, [(1, 2), (10, 3)])
    assert again != DynamicBpe(10, [(1, 2)])
    assert [merge.occurrences for merge in again.merges] == [0, 0]
    assert repr(bpe) == "<DynamicBpe of 2 merges, ids from 10>"
    with pytest.raises(AttributeError, match="cannot be changed"):
        bpe.first_id = 3


@pytest.mark.parametrize(
    ("batch", "options", "message"),
    [
        ([[1]], {}, "neither merges nor reduction"),
        ([[1]], {"merges": -1}, "merges must be at least 0"),
        ([[1]], {"reduction": 2}, "reduction is 2"),
        ([[1]], {"merges": 1, "min_count": 0}, "min_count must be at least 1"),
        ([[1, 10]], {"merges": 1}, r"batch\[0\] holds the id 10 at 1"),
        ([[1], [-1]], {"merges": 1}, r"batch\[1\] holds -1 at 0"),
        ([[2**70]], {"merges": 1}, "too large to be a token id"),
        ([[1]], {"merges": 1, "word_starts": [[1]]}, "starts at 1, but the sequence has 1"),
        ([[1]], {"merges": 1, "word_starts": [[-1]]}, "starts at -1"),
        ([[1, 1]], {"merges": 1, "word_starts": [[1, 1]]}, "must rise"),
        ([[1]], {"merges": 1, "word_starts": []}, "given for 0 sequences, but there are 1"),
        ([[1]], {"merges": 1, "first_id": 2**32}, "first_id is 4294967296"),
    ],
)
def test_batches_that_cannot_be_merged_are_refused(batch, options, message):
    with pytest.raises(ValueError, match=message):
        DynamicBpe.learn(batch, **{"first_id": 10, **options})


def test_what_holds_no_ids_is_refused():
    for batch in ["ab", [["a"]], [b"ab"], [[0.5]], [np.array([0.5])]]:
        with pytest.raises(TypeError, match="must hold token ids"):
            DynamicBpe.learn(batch, first_id=10, merges=1)
    with pytest.raises(ValueError, match="5 is no token yet"):
        DynamicBpe(5, [(5, 1)])
    with pytest.raises(ValueError, match=r"pairs\[0\]\[1\] is -1"):
        DynamicBpe(5, [(1, -1)])
    with pytest.raises(ValueError, match=r"ids\[1\] is 6"):
        DynamicBpe(5, [(1, 2)]).expand([5, 6])


def test_words_are_those_of_unicode_of_white_space_or_the_callers():
    text = "Ça va, Jean-Luc?  Oui.\n"

    def words(kind):
        return [text[start:end] for start, end in WordLayout(text, words=kind).words]

    assert words("unicode") == ["Ça ", "va", ", ", "Jean", "-", "Luc", "?  ", "Oui", ".\n"]
    assert words("space") == ["Ça ", "va, ", "Jean-Luc?  ", "Oui.\n"]
    assert words([3, 7]) == ["Ça va, ", "Jean-Luc?  Oui.\n"]
    assert words([(0, 2), (3, 5), (7, 11)]) == ["Ça ", "va, ", "Jean-Luc?  Oui.\n"]
    assert words(np.array([[0, 2], [3, 5]])) == ["Ça ", "va, Jean-Luc?  Oui.\n"]
    assert words(lambda whole: [4, whole.index("J")]) == ["Ça va, ", "Jean-Luc?  Oui.\n"]
    assert words([]) == [text]


def test_segments_are_words_to_who_says_so():
    layout = WordLayout("It rained. We left.", words=SentenceSegmenter("en").segment)
    assert layout.words.tolist() == [[0, 11], [11, 19]]


def test_bytes_count_bytes():
    layout = WordLayout("é è".encode() + b"\xff\xfe", max_length=2)
    assert layout.words.tolist() == [[0, 3], [3, 5], [5, 7]]
    assert layout.row_words.tolist() == [0, 0, 1, 2]


def test_long_words_go_on_in_the_next_row():
    layout = WordLayout("größer", max_length=4, prefix=2)
    assert [bytes(layout.data[a:b]).decode() for a, b in layout.rows] == ["grö", "ßer"]
    assert layout.decoder_targets()[:, -1].tolist() == [layout.MORE, layout.END]
    assert layout.vocab_size == layout.PREFIX + 2
    assert len(layout) == 2
    assert repr(layout) == "<WordLayout of 1 words in 2 rows>"


def test_an_empty_text_has_no_rows():
    layout = WordLayout("", max_length=3)
    assert layout.ids().shape == (0, 4)
    assert layout.block_mask().shape == (0, 0)
    assert layout.pad(np.zeros((0, 2))).shape == (0, 3, 2)
    assert layout.word_means(np.zeros((0, 2))).shape == (0, 2)
    assert WordLayout.decode(layout.decoder_targets())[0] == b""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"words": [3]}, ValueError, "word 0 is 3"),
        ({"words": [-1]}, ValueError, "word 0 is -1"),
        ({"words": [0, 0]}, ValueError, "word 1 is 0"),
        ({"words": [(0, 2), (1, 2)]}, ValueError, "words must rise, not overlap"),
        ({"words": [0.5]}, TypeError, "pass where each word starts"),
        ({"words": "line"}, ValueError, 'unknown words "line"'),
        ({"max_length": 0}, ValueError, "max_length must be at least 1"),
        ({"prefix": -1}, ValueError, "prefix must be at least 0"),
        ({"prefix": 1.0}, TypeError, "prefix must be int"),
    ],
)
def test_layouts_that_cannot_be_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        WordLayout("ab", **options)


def test_arrays_that_do_not_fit_are_refused():
    layout = WordLayout("ab cd", max_length=4)
    with pytest.raises(ValueError, match=r"the bytes of the text, 5 of them"):
        layout.pad(np.zeros(4))
    with pytest.raises(ValueError, match=r"the rows, 2 of them"):
        layout.ragged(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"without the slots"):
        layout.ragged(np.zeros((2, 5)))
    with pytest.raises(ValueError, match=r"first axis"):
        layout.word_means(np.zeros(()))
    with pytest.raises(TypeError, match=r"text must be str"):
        WordLayout(None)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros(3, int), "must be a matrix of integers"),
        (np.zeros((1, 3)), "take the argmax"),
        (np.array([[97, 98]]), "row 0 does not end"),
        (np.array([[97, 257], [256, 257]]), "row 1 holds 256 at 0"),
    ],
)
def test_rows_that_spell_nothing_are_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        WordLayout.decode(targets)


def test_what_is_behind_the_end_of_a_row_is_not_looked_at():
    rows = np.array([[97, 258, 5], [98, 257, 258], [257, 0, 0]], np.int32)
    data, words = WordLayout.decode(rows)
    assert (data, words.tolist()) == (b"ab", [[0, 2]])
