"""`SaT` and `WtP` beside a slow reference: the same probabilities, the same sentences."""

import random

import numpy as np
import onnxruntime
import pytest
import sat_reference
import tiny_models
from scriptio import SaT, WtP

WORDS = (
    *tiny_models.WORDS,
    "Hello,",
    "yes.",
    "today!",
    "今天下雨。我们",
    "Zürich",
    "x",
    "...",
    "A",
)
SPACES = (" ",) * 12 + ("  ", "\n", "\n\n", "\t", " \n", "\r\n", "\u3000")

#: Tokens of the windows' edges: one less, as many, one more, and where windows are added.
LENGTHS = (1, 2, 31, 62, 63, 64, 65, 66, 126, 128, 129, 190, 255, 256, 509, 510, 511, 512, 574, 700)


def some_text(tokens, seed, tokenizer=None):
    """A text of as many tokens, or characters without a tokenizer."""
    rng = random.Random(seed)
    text = ""
    while (len(tokenizer.encode(text)) if tokenizer else len(text)) < tokens:
        text += rng.choice(WORDS) + rng.choice(SPACES)
    if tokenizer is None:
        return text[:tokens]
    ends = np.asarray(tokenizer.encode(text).ends)
    return text[: int(ends[tokens - 1])]


@pytest.fixture(scope="module")
def directories(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    made = {
        "plain": {},
        "half": {"half": True},
        "all": {"labels": 111, "half": True, "seed": 5},
        "limited": {"look_ahead": 4, "seed": 7},
    }
    for name, options in made.items():
        tiny_models.save_directory(root / name, **options)
    tiny_models.save_wtp_directory(root / "wtp")
    return root


def session_of(path, name):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    types = {given.name: given.type for given in session.get_inputs()}

    def model(ids, mask):
        if types["attention_mask"] == "tensor(float16)":
            mask = mask.astype(np.float16)
        return session.run(["logits"], {name: ids, "attention_mask": mask})[0]

    return model


def reference_of(directory, tokenizer):
    """The reference: a text and windows to probabilities of characters."""
    model = session_of(directory / "model_optimized.onnx", "input_ids")

    def probabilities(text, **windows):
        found = tokenizer.encode(text)
        logits = sat_reference.extract([np.asarray(found.ids)], model, **windows)[0]
        return sat_reference.character_probabilities(text, np.asarray(found.ends), logits[:, 0])

    return probabilities


def tokenizer_of(sat):
    sat.load()
    return sat._opened_tokenizer()


def a_threshold(probabilities):
    """A threshold that cuts a good part of the tokens, as far from probabilities as there is."""
    found = np.unique(probabilities[probabilities > 0])
    if len(found) < 4:
        return 0.25
    first, last = len(found) // 2, len(found) * 9 // 10
    at = first + int(np.argmax(np.diff(found[first : last + 1])))
    return float((found[at] + found[at + 1]) / 2)


@pytest.mark.parametrize("name", ["plain", "half", "all", "limited"])
@pytest.mark.parametrize("weighting", ["uniform", "hat"])
def test_probabilities_and_sentences_are_those_of_the_reference(directories, name, weighting):
    sat = SaT(directories / name, threshold=0.5, compat=True)
    reference = reference_of(directories / name, tokenizer_of(sat))
    # A logit may be rounded to a float16 number or to its neighbour.
    atol = 1e-3 if name in ("half", "all") else 1e-4
    for length in LENGTHS if name == "plain" else LENGTHS[::3]:
        text = some_text(length, length, tokenizer_of(sat))
        for stride, block in [(64, 512), (256, 512), (128, 256), (16, 32), (37, 101)]:
            windows = {"stride": stride, "block_size": block, "weighting": weighting}
            expected = reference(text, **windows)
            found = sat.predict_proba(text, **windows)
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, expected, atol=atol)
            threshold = a_threshold(expected)
            assert sat.split(text, threshold=threshold, **windows) == sat_reference.split(
                text, expected, threshold
            )


def test_usual_strides_are_those_of_wtpsplit(directories):
    sat = SaT(directories / "plain", threshold=0.5, compat=True)
    reference = reference_of(directories / "plain", tokenizer_of(sat))
    text = some_text(1200, 3, tokenizer_of(sat))
    dense = reference(text, stride=64, block_size=512)
    sparse = reference(text, stride=256, block_size=512)
    assert np.abs(dense - sparse).max() > 1e-3
    np.testing.assert_allclose(sat.predict_proba(text), sparse, atol=1e-4)
    for strip in (False, True):
        for newlines in (False, True):
            threshold = a_threshold(dense)
            assert sat.split(
                text,
                threshold=threshold,
                strip_whitespace=strip,
                split_on_input_newlines=newlines,
            ) == sat_reference.split(text, dense, threshold, strip=strip, newlines=newlines)


def test_half_a_window_is_the_usual_stride(directories):
    sat = SaT(directories / "plain", threshold=0.5)
    reference = reference_of(directories / "plain", tokenizer_of(sat))
    text = some_text(1500, 4, tokenizer_of(sat))
    expected = reference(text, stride=255, block_size=512)
    np.testing.assert_allclose(sat.predict_proba(text), expected, atol=1e-4)
    expected = reference(text, stride=50, block_size=100)
    np.testing.assert_allclose(sat.predict_proba(text, block_size=100), expected, atol=1e-4)


def last(ends: list[int]) -> list[int]:
    """Which token is the last of those that end on the same code point."""
    return [at for at, end in enumerate(ends) if at + 1 == len(ends) or ends[at + 1] != end]


def test_texts_together_are_as_texts_alone(directories):
    sat = SaT(directories / "plain", threshold=0.5)
    tokenizer = tokenizer_of(sat)
    texts = [some_text(length, length, tokenizer) for length in (700, 3, 64, 1, 300, 512, 40)]
    texts[2:2] = ["", "  \n", "\u3000"]
    model = session_of(directories / "plain" / "model_optimized.onnx", "input_ids")
    ids = [np.asarray(tokenizer.encode(text).ids) for text in texts if text.strip()]
    extracted = sat_reference.extract(ids, model, block_size=512, stride=100)
    bounds = [tokenizer.encode(text).ends.tolist() for text in texts if text.strip()]
    expected = [logits[last(ends)] for ends, logits in zip(bounds, extracted, strict=True)]
    for batch_size in (1, 3, 32):
        found = sat.token_logits_batch(texts, stride=100, batch_size=batch_size)
        assert [len(scores.logits) for scores in found[2:5]] == [0, 0, 0]
        for scores, logits in zip(found[:2] + found[5:], expected, strict=True):
            np.testing.assert_allclose(scores.logits, logits[:, 0], atol=1e-4)


def test_all_labels_are_there_if_wanted(directories):
    sat = SaT(directories / "all", threshold=0.5)
    tokenizer = tokenizer_of(sat)
    text = some_text(300, 9, tokenizer)
    model = session_of(directories / "all" / "model_optimized.onnx", "input_ids")
    found = tokenizer.encode(text)
    expected = sat_reference.extract(
        [np.asarray(found.ids)], model, block_size=64, stride=32, weighting="hat"
    )[0]
    windows = {"block_size": 64, "stride": 32, "weighting": "hat"}
    (scores,) = sat.token_logits_batch([text], all_labels=True, **windows)
    kept = last(found.ends.tolist())
    assert scores.logits.shape == (len(kept), 111)
    # Logits are float16 numbers of up to about 8.
    np.testing.assert_allclose(scores.logits, expected[kept], atol=8e-3)
    np.testing.assert_array_equal(scores.ends, np.asarray(found.ends)[kept])
    np.testing.assert_array_equal(sat.token_logits(text, **windows).logits, scores.logits[:, 0])


def test_spaces_can_be_hidden_from_the_model(directories):
    sat = SaT(directories / "plain", threshold=0.5, compat=True)
    reference = reference_of(directories / "plain", tokenizer_of(sat))
    text = " 今天 下雨。 我们 hello  this\nthat "
    bare = reference(text.replace(" ", ""), stride=256, block_size=512)
    expected = np.zeros(len(text), np.float32)
    expected[[at for at, char in enumerate(text) if char != " "]] = bare
    found = sat.predict_proba(text, remove_whitespace_before_inference=True)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    pieces = sat.split(text, remove_whitespace_before_inference=True, threshold=0.01)
    assert "\n".join(pieces) == text or "".join(pieces) == text.replace("\n", "")


@pytest.mark.parametrize("weighting", ["uniform", "hat"])
def test_characters_are_read_as_the_reference_does(directories, weighting):
    wtp = WtP(directories / "wtp", threshold=0.5, compat=True)
    model = session_of(directories / "wtp" / "model.onnx", "hashed_ids")
    for length in LENGTHS:
        text = some_text(length, length)
        if text.isspace():
            continue
        for stride, block in [(64, 512), (32, 64), (37, 101)]:
            windows = {"stride": stride, "block_size": block, "weighting": weighting}
            ids = [sat_reference.hashed(text, 8, 64)]
            logits = sat_reference.extract(ids, model, specials=False, **windows)[0]
            expected = sat_reference.sigmoid(logits[:, 0])
            np.testing.assert_allclose(wtp.predict_proba(text, **windows), expected, atol=1e-3)
            threshold = a_threshold(expected)
            assert wtp.split(text, threshold=threshold, **windows) == sat_reference.split(
                text, expected, threshold
            )


def test_blank_texts_give_what_wtpsplit_gives(directories):
    for made in (SaT(directories / "plain", threshold=0.5, compat=True),
                 WtP(directories / "wtp", threshold=0.5, compat=True)):  # fmt: skip
        assert made.split("   ") == ["   "]
        assert made.split("   \n") == ["   ", ""]
        assert made.split("") == []
        for text in ("", " ", "  \n "):
            assert made.predict_proba(text).tolist() == [0.0]
    plain = SaT(directories / "plain", threshold=0.5)
    assert plain.split("   \n") == ["   \n"]
    assert plain.predict_proba("  \n ").tolist() == [0.0] * 4
    assert plain.predict_proba("").tolist() == []
