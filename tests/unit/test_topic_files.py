"""`PairClassifier`: pairs as the files join them, long units, and what it refuses."""

import json
import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
import tiny_pairs
from scriptio import ModelError, TopicSegmenter
from scriptio._pair_layout import windows
from scriptio.topics import PairClassifier, PairScorer
from tiny_pairs import BERT, END, FIRST, ROBERTA, SEP, TEMPLATE, change, ids_of, logits

UNITS = ["Ships sail .", "A port of ships", "courts sit", "the law . strange law"]
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
LEFT, RIGHT = UNITS[:-1], UNITS[1:]


def pairs():
    return zip(map(ids_of, LEFT), map(ids_of, RIGHT), strict=True)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model"


def test_pairs_are_joined_as_roberta_does(folder):
    weights = tiny_pairs.save_directory(folder)
    expected = [change(logits(weights, [FIRST, *one, END, END, *two, END])) for one, two in pairs()]
    assert PairClassifier(folder).score(LEFT, RIGHT) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "post", [BERT, TEMPLATE, {"type": "Sequence", "processors": [BYTES, BERT]}]
)
def test_pairs_are_joined_as_bert_does(folder, post):
    weights = tiny_pairs.save_directory(folder, post, kinds=True, sep_is_special=True)
    expected = []
    for one, two in pairs():
        kinds = [0] * (len(one) + 2) + [1] * (len(two) + 1)
        expected.append(change(logits(weights, [FIRST, *one, SEP, *two, SEP], kinds)))
    assert PairClassifier(folder).score(LEFT, RIGHT) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("told", ["argument", "manifest"])
def test_a_separator_in_the_text_is_what_the_tokenizer_makes_of_it(folder, told):
    # RoBERTa's tokenizer knows no [SEP]: these are a bracket, a word and a bracket.
    manifest = {"separator": "[SEP]"} if told == "manifest" else None
    weights = tiny_pairs.save_directory(folder, manifest=manifest)
    between = ids_of("[ sep ]")
    expected = [change(logits(weights, [FIRST, *one, *between, *two, END])) for one, two in pairs()]
    options = {"separator": "[SEP]"} if told == "argument" else {}
    found = PairClassifier(folder, **options).score(LEFT, RIGHT)
    assert found == pytest.approx(expected, abs=1e-6)
    assert found != pytest.approx(PairClassifier(folder, separator="of").score(LEFT, RIGHT))


def test_a_separator_that_is_a_special_token_is_that_token(folder):
    weights = tiny_pairs.save_directory(folder, BERT, kinds=True, sep_is_special=True)
    one, two = next(pairs())
    row = [FIRST, *one, SEP, *two, SEP]
    expected = change(logits(weights, row, [0] * len(row)))
    found = PairClassifier(folder, separator="[SEP]").score(LEFT[:1], RIGHT[:1])
    assert found == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("told", ["argument", "manifest"])
def test_the_label_that_means_same_can_be_told(folder, told):
    manifest = {"same_label": 0} if told == "manifest" else None
    tiny_pairs.save_directory(folder, manifest=manifest)
    usual = PairClassifier(folder, same_label=1).score(LEFT, RIGHT)
    options = {"same_label": 0} if told == "argument" else {}
    found = PairClassifier(folder, **options).score(LEFT, RIGHT)
    assert found == pytest.approx([1 - p for p in usual])


def test_labels_with_names_must_be_told_apart(folder):
    config = {"id2label": {"0": "other", "1": "same"}}
    tiny_pairs.save_directory(folder, config=config)
    with pytest.raises(ModelError, match="same_label=0 or same_label=1"):
        PairClassifier(folder)
    assert len(PairClassifier(folder, same_label=1).score(LEFT, RIGHT)) == 3
    config = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}
    tiny_pairs.save_directory(folder, config=config)
    PairClassifier(folder)


@pytest.mark.parametrize("block", [6, 7, 9, 16, 24])
def test_long_units_are_pooled_over_windows(folder, block):
    weights = tiny_pairs.save_directory(folder)
    rng = np.random.default_rng(3)
    left = [" ".join(rng.choice(tiny_pairs.WORDS, n)) for n in (1, 30, 3, 40, 0)]
    right = [" ".join(rng.choice(tiny_pairs.WORDS, n)) for n in (30, 2, 4, 55, 20)]
    expected = []
    for one, two in zip(map(ids_of, left), map(ids_of, right), strict=True):
        room, half = block - 4, (block - 4) // 2
        if len(one) + len(two) <= room:
            shares = len(one), len(two)
        elif len(one) <= half:
            shares = len(one), room - len(one)
        elif len(two) <= half:
            shares = room - len(two), len(two)
        else:
            shares = room - half, half
        parts = []
        for ids, share in ((one, shares[0]), (two, shares[1])):
            count = max(1, math.ceil(len(ids) / share)) if share else 1
            starts = [0] if count == 1 else np.linspace(0, len(ids) - share, count).astype(int)
            parts.append([ids[start : start + share] for start in starts])
        most = max(map(len, parts))
        rows = [
            [FIRST, *parts[0][-1 - i % len(parts[0])], END, END, *parts[1][i % len(parts[1])], END]
            for i in range(most)
        ]
        assert max(map(len, rows)) <= block
        expected.append(np.mean([change(logits(weights, row)) for row in rows]))
    found = PairClassifier(folder, block=block).score(left, right)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("room", [2, 3, 5, 8, 13])
def test_windows_hold_every_token_and_are_few(room):
    for left in range(0, 30, 3):
        for right in range(0, 40, 3):
            ones, twos = list(range(left)), list(range(100, 100 + right))
            rows = list(windows(ones, twos, room))
            assert {i for one, _ in rows for i in one} == set(ones)
            assert {i for _, two in rows for i in two} == set(twos)
            assert all(len(one) + len(two) <= room for one, two in rows)
            assert len(rows) <= 1 + 2 * (left + right) / (room // 2)
            # The first window is where the texts meet.
            assert not ones or rows[0][0][-1] == ones[-1]
            assert not twos or rows[0][1][0] == twos[0]


def test_rows_are_as_long_as_the_files_say(folder):
    # Two rows of RoBERTa's table of places are those of the filling and before it.
    tiny_pairs.save_directory(folder)
    long = " ".join(["law"] * 100)
    assert len(PairClassifier(folder).score([long], [long])) == 1
    with pytest.raises(ModelError, match="pass a smaller block"):
        PairClassifier(folder, block=25).score([long], [long])
    tiny_pairs.save_directory(folder, manifest={"block": 25})
    with pytest.raises(ModelError, match="pass a smaller block"):
        PairClassifier(folder).score([long], [long])
    (folder / "manifest.json").unlink()
    tiny_pairs.save_directory(folder, config={"max_position_embeddings": 24})
    assert len(PairClassifier(folder).score([long], [long])) == 1


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_batches_make_no_difference(folder, batch_size):
    tiny_pairs.save_directory(folder)
    rng = np.random.default_rng(5)
    texts = [" ".join(rng.choice(tiny_pairs.WORDS, n)) for n in rng.integers(0, 40, 30)]
    alone = [PairClassifier(folder).score([a], [b])[0] for a, b in pairwise(texts)]
    found = PairClassifier(folder, batch_size=batch_size).score(texts[:-1], texts[1:])
    assert found == pytest.approx(alone, abs=1e-6)


def test_a_directory_makes_a_segmenter(folder):
    weights = tiny_pairs.save_directory(folder)
    text = "\n\n".join(UNITS)
    expected = [change(logits(weights, [FIRST, *one, END, END, *two, END])) for one, two in pairs()]
    for model in (folder, str(folder), PairClassifier(folder)):
        assert isinstance(PairClassifier(folder), PairScorer)
        topics = TopicSegmenter(model, threshold=0.0)
        out = topics.segment(text)
        assert "".join(out.texts()) == text
        assert out.probabilities.tolist() == pytest.approx([*expected, 1.0], abs=1e-6)
        assert topics.segment_batch([text, ""])[0] == out
        assert pickle.loads(pickle.dumps(topics)).segment(text) == out
        assert pickle.loads(pickle.dumps(topics)) == topics
    assert len(TopicSegmenter(folder, count=2).segment(text)) == 2


def test_no_pairs_need_no_run(folder):
    tiny_pairs.save_directory(folder)
    (folder / "model.onnx").write_bytes(b"no model")
    assert PairClassifier(folder).score([], []) == []
    assert TopicSegmenter(folder).split("One.") == ["One."]
    with pytest.raises(ModelError, match="could not be opened"):
        PairClassifier(folder).load()


def test_pickled_and_equal(folder):
    tiny_pairs.save_directory(folder)
    scorer = PairClassifier(folder, separator="of", block=20)
    again = pickle.loads(pickle.dumps(scorer))
    assert again == scorer
    assert hash(again) == hash(scorer)
    assert scorer != PairClassifier(folder)
    assert repr(scorer) == f"PairClassifier({str(folder)!r}, separator='of', block=20)"
    assert again.load().score(LEFT, RIGHT) == scorer.score(LEFT, RIGHT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": math.nan}, "gave the logits .*nan.* for the pair 0 of 3"),
        ({"factor": math.inf}, "gave the logits .*inf"),
        ({"labels": 3}, r"declares logits of shape \['batch', 3\]"),
        ({"labels": 1}, r"declares logits of shape \['batch', 1\]"),
        ({"labels": 3, "hidden": True}, r"gave logits of shape \(3, 3\) for 3 pairs"),
        ({"output": "scores"}, "gives the outputs scores"),
    ],
)
def test_models_of_another_kind_are_refused(folder, options, message):
    tiny_pairs.save_directory(folder, **options)
    with pytest.raises(ModelError, match=message):
        PairClassifier(folder).score(LEFT, RIGHT)


def test_a_model_of_sentences_is_refused(folder):
    import tiny_models

    tiny_pairs.save_directory(folder)
    tiny_models.save_sat(folder / "model.onnx")
    with pytest.raises(ModelError, match=r"expected input_ids, attention_mask .* logits \(batch"):
        PairClassifier(folder).load()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.onnx", None, "holds no model_optimized.onnx or model.onnx"),
        ("model.onnx", b"", "is empty"),
        ("tokenizer.json", None, "holds no tokenizer.json"),
        ("tokenizer.json", b"{}", "is no usable tokenizer"),
        ("tokenizer.json", b"\xff", "is no usable tokenizer"),
        ("config.json", b"[]", "must hold a JSON object"),
        ("config.json", b'{"vocab_size": 3}', "the model in .* embeds 3"),
        ("manifest.json", b'{"separator": 3}', "separator is 3"),
        ("manifest.json", b'{"same_label": 2}', "same_label is 2"),
        ("manifest.json", b'{"block": "x"}', "block is 'x'"),
    ],
)
def test_directories_without_the_right_files_are_refused(folder, name, content, message):
    tiny_pairs.save_directory(folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        PairClassifier(folder)
    with pytest.raises(ModelError, match=message):
        TopicSegmenter(folder)


@pytest.mark.parametrize(
    "post",
    [None, BYTES],
)
def test_a_tokenizer_that_joins_no_pairs_needs_a_separator(folder, post):
    weights = tiny_pairs.save_directory(folder, post)
    with pytest.raises(ModelError, match="no post_processor that joins two texts"):
        PairClassifier(folder)
    one, two = next(pairs())
    expected = change(logits(weights, [*one, *ids_of("of"), *two]))
    found = PairClassifier(folder, separator="of").score(LEFT[:1], RIGHT[:1])
    assert found == pytest.approx([expected], abs=1e-6)


def test_odd_templates_are_refused(folder):
    tiny_pairs.save_directory(folder)
    spec = tiny_pairs.tokenizer_json(ROBERTA)
    pieces = TEMPLATE["pair"]
    for pair in ([pieces[3], pieces[1]], [pieces[1]]):
        post = {**TEMPLATE, "pair": pair}
        (folder / "tokenizer.json").write_text(json.dumps({**spec, "post_processor": post}))
        with pytest.raises(ModelError, match=r"holds the texts|no usable tokenizer"):
            PairClassifier(folder)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"separator": " "}, ValueError, "separator is blank"),
        ({"separator": 3}, TypeError, "separator must be str"),
        ({"same_label": 2}, ValueError, "same_label is 2"),
        ({"same_label": True}, ValueError, "same_label is True"),
        ({"block": 5}, ValueError, "pass 6 or more"),
        ({"block": 0}, ValueError, "block must be at least 1"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"num_threads": 0}, ValueError, "num_threads must be at least 1"),
        ({"providers": "CPUExecutionProvider"}, TypeError, "providers must be a list"),
    ],
)
def test_wrong_arguments_are_refused(folder, arguments, error, message):
    tiny_pairs.save_directory(folder)
    with pytest.raises(error, match=message):
        PairClassifier(folder, **arguments)


def test_wrong_texts_and_directories_are_refused(folder, tmp_path):
    tiny_pairs.save_directory(folder)
    scorer = PairClassifier(folder)
    with pytest.raises(ValueError, match="left has 2 texts and right 1"):
        scorer.score(["a", "b"], ["a"])
    with pytest.raises(TypeError, match="left must be an iterable of str"):
        scorer.score("a", ["a"])
    for missing in (tmp_path / "none", str(tmp_path / "none"), "c98"):
        with pytest.raises(ModelError, match="there is no model"):
            TopicSegmenter(missing)
    with pytest.raises(TypeError, match="directory must be a string or a path"):
        PairClassifier(3)


def test_an_empty_path_is_no_directory():
    with pytest.raises(ModelError, match=r"model is empty; pass a directory"):
        TopicSegmenter("")
