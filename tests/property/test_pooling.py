"""Merged tokens and words as rows, of any batch and any text."""

import itertools

import numpy as np
import pooling_reference
from hypothesis import given
from hypothesis import strategies as st
from scriptio.pooling import DynamicBpe, WordLayout
from scriptio.testing import documents, hostile_text

TEXTS = st.one_of(documents(), hostile_text(max_run=40), st.text(st.characters(), max_size=60))


@st.composite
def batches(draw):
    """Sequences of few ids, which makes long runs and many ties, and starts of words."""
    ids = st.integers(0, draw(st.integers(0, 5)))
    batch = draw(st.lists(st.lists(ids, max_size=40), max_size=6))
    starts = [
        sorted(draw(st.sets(st.integers(0, len(ids) - 1), max_size=6))) if ids else []
        for ids in batch
    ]
    return batch, starts


@given(batches(), st.integers(0, 30), st.integers(1, 3))
def test_merges_are_those_of_a_recount_at_each_step(given_, merges, min_count):
    batch, starts = given_
    bpe, out = DynamicBpe.learn(
        batch, first_id=100, merges=merges, word_starts=starts, min_count=min_count
    )
    made, ids = pooling_reference.learn(batch, starts, 100, merges, min_count)
    assert [tuple(merge) for merge in bpe.merges] == made
    assert [merged.ids.tolist() for merged in out] == ids


@given(batches(), st.integers(0, 30))
def test_new_tokens_stand_for_their_stretch_of_old_ones(given_, merges):
    batch, starts = given_
    bpe, out = DynamicBpe.learn(batch, first_id=100, merges=merges, word_starts=starts)
    for ids, words, merged in zip(batch, starts, out, strict=True):
        assert bpe.expand(merged.ids).tolist() == ids
        assert merged.ends.tolist() == [*merged.starts[1:].tolist(), *[len(ids)] * bool(ids)]
        for token, start, end in zip(*merged, strict=True):
            assert bpe.expand([int(token)]).tolist() == ids[start:end]
        assert set(words) <= set(merged.starts.tolist())
    again = bpe.apply(batch, word_starts=starts)
    for one, other in zip(out, again, strict=True):
        assert [column.tolist() for column in one] == [column.tolist() for column in other]


@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_the_batch_does_not_matter(given_, random):
    pairs = list(zip(*given_, strict=True))
    tables = []
    for _ in range(2):
        random.shuffle(pairs)
        batch, starts = [ids for ids, _ in pairs], [starts for _, starts in pairs]
        tables.append(DynamicBpe.learn(batch, first_id=9, merges=9, word_starts=starts)[0].merges)
    assert tables[0] == tables[1]


@given(batches())
def test_more_merges_never_make_a_batch_longer(given_):
    batch, starts = given_
    lengths = []
    for merges in range(6):
        options = {"first_id": 9, "merges": merges, "word_starts": starts, "min_count": 1}
        bpe, out = DynamicBpe.learn(batch, **options)
        lengths.append(sum(len(merged.ids) for merged in out))
        assert lengths[-1] == lengths[0] - sum(merge.occurrences for merge in bpe.merges)
    assert all(
        shorter < longer or shorter == lengths[-1]
        for longer, shorter in itertools.pairwise(lengths)
    )


LAYOUTS = {
    "words": st.sampled_from(["unicode", "space"]),
    "max_length": st.integers(1, 20),
    "prefix": st.integers(0, 3),
}


@given(st.one_of(TEXTS, st.binary(max_size=60)), st.fixed_dictionaries(LAYOUTS))
def test_words_partition_the_text_and_are_spelt_again(text, options):
    layout = WordLayout(text, **options)
    encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    words = [text[start:end] for start, end in layout.words]
    assert (("" if isinstance(text, str) else b"").join(words), layout.data) == (text, encoded)
    assert all(words)
    rows = [encoded[start:end] for start, end in layout.rows]
    assert b"".join(rows) == encoded
    assert all(0 < len(row) <= options["max_length"] for row in rows)
    as_bytes = [b""] * len(words)
    for word, row in zip(layout.row_words, rows, strict=True):
        as_bytes[word] += row
    whole = [w.encode("utf-8", "surrogatepass") if isinstance(w, str) else w for w in words]
    assert as_bytes == whole
    spelt, spans = WordLayout.decode(layout.decoder_targets())
    assert spelt == encoded
    assert [spelt[start:end] for start, end in spans] == as_bytes


@given(TEXTS, st.fixed_dictionaries(LAYOUTS))
def test_decoder_inputs_are_the_targets_one_step_later(text, options):
    layout = WordLayout(text, **options)
    inputs, targets = layout.decoder_inputs(), layout.decoder_targets()
    assert inputs.shape == targets.shape == (len(layout), options["max_length"] + 1)
    assert (inputs[:, 0] == layout.START).all()
    for before, after in zip(inputs[:, 1:], targets, strict=True):
        (end,) = np.flatnonzero(np.isin(after, [layout.END, layout.MORE]))
        assert before[:end].tolist() == after[:end].tolist()
        assert (before[end:] == layout.PAD).all()
        assert (after[end + 1 :] == layout.PAD).all()
    goes_on = np.diff(layout.row_words, append=-1) == 0
    assert np.array_equal((targets == layout.MORE).any(axis=1), goes_on)


@given(st.text(max_size=24), st.fixed_dictionaries(LAYOUTS))
def test_no_position_sees_another_row(text, options):
    layout = WordLayout(text, **options)
    mask, rows, packed = layout.block_mask(), layout.packed_rows(), layout.packed_ids()
    for at in range(len(packed)):
        assert mask[at].tolist() == [rows[at] == rows[other] for other in range(len(packed))]
    ids = layout.ids()
    assert packed.tolist() == ids[layout.mask()].tolist()
    assert rows.tolist() == np.nonzero(layout.mask())[0].tolist()
    assert (ids[:, : layout.prefix] == layout.PREFIX + np.arange(layout.prefix)).all()


@given(st.text(max_size=40), st.fixed_dictionaries(LAYOUTS), st.booleans())
def test_values_are_padded_made_ragged_and_pooled(text, options, is_matrix):
    layout = WordLayout(text, **options)
    shape = (len(layout.data), 3) if is_matrix else (len(layout.data),)
    values = np.random.default_rng(0).normal(size=shape)
    padded = layout.pad(values, fill=np.nan)
    assert padded.shape == (len(layout), options["max_length"], *shape[1:])
    assert np.array_equal(layout.ragged(padded), values)
    assert np.isnan(padded).sum() == padded.size - values.size
    byte_ids = layout.ids()[:, layout.prefix :]
    assert bytes(layout.ragged(byte_ids).tolist()) == layout.data
    means = layout.word_means(values)
    assert len(means) == len(layout.words)
    at = 0
    for mean, (start, end) in zip(means, layout.words, strict=True):
        length = len(text[start:end].encode())
        assert np.allclose(mean, sum(values[at : at + length]) / length)
        at += length
