"""The model that comes with the package."""

import math

import pytest
import scriptio
from scriptio import SaT, SentenceSegmenter, models

#: Two sentences without a mark between them.
SAID = "This is a test sentence This is another test sentence."


@pytest.fixture(scope="module")
def sat() -> SaT:
    return SaT(num_threads=1)


def test_files_are_as_the_manifest_says() -> None:
    directory = models.find()
    directory.verify()
    assert sum(entry["bytes"] for entry in directory.manifest["files"]) < 20_000_000


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        (SAID, ["This is a test sentence ", "This is another test sentence."]),
        (
            "This is a test sentence. This is another test sentence.",
            ["This is a test sentence. ", "This is another test sentence."],
        ),
        (
            "this is a sentence :) this is another sentence lol",
            ["this is a sentence :) ", "this is another sentence lol"],
        ),
        (
            "x" * 2000 + " This is a test sentence. This is another test sentence.",
            ["x" * 2000 + " This is a test sentence. ", "This is another test sentence."],
        ),
        ("昨日は雨でした。今日は晴れです。", ["昨日は雨でした。", "今日は晴れです。"]),
    ],
)
def test_splits_plain_texts(sat: SaT, text: str, segments: list[str]) -> None:
    assert sat.split(text) == segments


def test_rules_and_cascade_agree_on_plain_text() -> None:
    text = "Dr. Smith went home. It rained. " * 20
    rules = SentenceSegmenter("en")
    assert SaT(rules=rules).split(text) == rules.split(text)
    assert SaT(rules=rules, cascade=True).split(text) == rules.split(text)


def test_scores_do_not_depend_on_other_texts(sat: SaT) -> None:
    texts = [SAID, "short", "x" * 5000, "Это предложение Это другое предложение " * 30]
    alone = [sat.token_logits(text).logits.tolist() for text in texts]
    together = [scores.logits.tolist() for scores in sat.token_logits_batch(texts)]
    assert alone == together


def test_wtpsplit_strategies_agree(sat: SaT) -> None:
    expected = ["This is a test sentence ", "This is another test sentence."]
    for weighting in ("uniform", "hat"):
        assert sat.split(SAID, weighting=weighting) == expected
    assert sat.split(SAID, stride=32) == expected


def test_scores_are_those_of_the_export(sat: SaT) -> None:
    said = models.find().manifest["sample"]
    ends, logits = sat.token_logits(said["text"])
    assert ends.tolist() == said["ends"]
    for found, expected in zip(logits.tolist(), said["logits"], strict=True):
        # Kernels for other processors round elsewhere.
        assert math.isclose(found, expected, abs_tol=0.35)


def test_is_the_default() -> None:
    assert scriptio.SaT().model.name == models.DEFAULT == "scriptio-sat"
