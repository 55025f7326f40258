"""The metrics agree with worked values, with segeval and with nltk."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scriptio import metrics
from scriptio.metrics import BoundaryEdits, BoundaryScore

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = tomllib.loads((ROOT / "tests/data/golden/metrics.toml").read_text(encoding="utf-8"))
SHARED = Path(os.environ.get("SCRIPTIO_SHARED", ROOT.parent / "shared"))
RANDOM_PAIRS = SHARED / "data/chunking/golden/segmentation_metrics.jsonl.gz"


def cases(table: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in GOLDEN[table]]


def expect(value: float) -> Any:
    return pytest.approx(value, abs=5e-7)


@pytest.mark.parametrize("case", cases("case"))
def test_worked_values(case: dict[str, Any]) -> None:
    pair, k = (case["reference"], case["hypothesis"]), case.get("k")
    assert metrics.pk(*pair, k=k) == expect(case["pk"])
    assert metrics.window_diff(*pair, k=k) == expect(case["window_diff"])
    assert metrics.boundary_similarity(*pair) == expect(case["b"])
    assert metrics.segmentation_similarity(*pair) == expect(case["s"])
    if "b_3" in case:
        assert metrics.boundary_similarity(*pair, n_t=3) == expect(case["b_3"])
    if "window_diff_lamprier" in case:
        value = metrics.window_diff(*pair, k=k, lamprier=True)
        assert value == expect(case["window_diff_lamprier"])


@pytest.mark.parametrize("case", cases("edits"))
def test_edits(case: dict[str, Any]) -> None:
    got = metrics.boundary_edits(case["reference"], case["hypothesis"], n_t=case["n_t"])
    transpositions = [tuple(pair) for pair in case["transpositions"]]
    assert got == BoundaryEdits(case["matches"], case["additions"], transpositions)


@pytest.mark.parametrize("case", cases("f1"))
def test_boundary_f1(case: dict[str, Any]) -> None:
    score = metrics.boundary_f1(case["gold"], case["pred"], length=case.get("length"))
    assert [score.matched, score.predicted, score.gold] == case["counts"]
    assert score.precision == expect(case["precision"])
    assert score.recall == expect(case["recall"])
    assert score.f1 == expect(case["f1"])


def test_random_pairs_equal_segeval_and_nltk() -> None:
    if not RANDOM_PAIRS.is_file():
        pytest.skip(f"golden pairs not found at {RANDOM_PAIRS}; set SCRIPTIO_SHARED")
    with gzip.open(RANDOM_PAIRS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) == 600
    for row in rows:
        pair = (row["ref"], row["hyp"])
        got = {
            "pk": metrics.pk(*pair),
            "wd": metrics.window_diff(*pair),
            "wd_lamprier": metrics.window_diff(*pair, lamprier=True),
            "nltk_pk": metrics.pk(*pair, k=row["k"]),
            "nltk_wd": metrics.window_diff(*pair, k=row["k"]),
            "B": metrics.boundary_similarity(*pair),
            "B_nt3": metrics.boundary_similarity(*pair, n_t=3),
            "B_nt5": metrics.boundary_similarity(*pair, n_t=5),
            "S": metrics.segmentation_similarity(*pair),
        }
        assert got == pytest.approx({name: row[name] for name in got}, abs=1e-9)
        edits = metrics.boundary_edits(*pair)
        # segeval counts places between units from 0, not offsets.
        places = sorted([left + 1, right + 1] for left, right in row["transpositions"])
        assert [list(pair) for pair in edits.transpositions] == places
        assert (edits.matches, edits.additions) == (row["matches"], row["additions"])


@st.composite
def two_segmentations(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """End offsets of two segmentations of one text."""
    length = draw(st.integers(3, 60))
    inner = st.sets(st.integers(1, length - 1))
    gold, pred = ([*sorted(draw(inner)), length] for _ in range(2))
    return gold, pred


@given(two_segmentations())
def test_boundary_f1_counts_set_members(pair: tuple[list[int], list[int]]) -> None:
    gold, pred = pair
    score = metrics.boundary_f1(gold, pred)
    inner = set(gold[:-1]) & set(pred[:-1])
    assert score == BoundaryScore(len(inner), len(pred) - 1, len(gold) - 1)
    assert score == metrics.boundary_f1(gold[:-1], pred[:-1], length=gold[-1])


@given(two_segmentations())
def test_spans_and_end_offsets_are_the_same(pair: tuple[list[int], list[int]]) -> None:
    gold, pred = pair
    spans = list(itertools.pairwise([0, *gold]))
    assert metrics.boundary_f1(spans, pred) == metrics.boundary_f1(gold, pred)
    assert metrics.masses(iter(spans)) == metrics.masses(gold)
    assert list(itertools.accumulate(metrics.masses(gold))) == gold


@given(two_segmentations(), st.integers(1, 10))
def test_similarities_are_symmetric(pair: tuple[list[int], list[int]], n_t: int) -> None:
    first, second = map(metrics.masses, pair)
    for similarity in (metrics.boundary_similarity, metrics.segmentation_similarity):
        value = similarity(first, second, n_t=n_t)
        assert 0 <= value <= 1
        assert value == similarity(second, first, n_t=n_t)
        assert similarity(first, first, n_t=n_t) == 1


def test_scores_add_up_to_micro_averages() -> None:
    scores = [BoundaryScore(1, 2, 4), BoundaryScore(3, 4, 4)]
    total = sum(scores, BoundaryScore())
    assert total == BoundaryScore(4, 6, 8)
    assert (total.precision, total.recall) == (expect(2 / 3), 0.5)
    with pytest.raises(TypeError):
        scores[0] + 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.pk([3, 4], [3, 3]), "reference has 7 units and hypothesis 6"),
        (lambda: metrics.pk([3, 4], [3, -4]), r"hypothesis\[1\] is -4"),
        (lambda: metrics.pk([3, 0], [3]), r"reference\[1\] is 0.*leave empty segments out"),
        (lambda: metrics.pk([3, 4], [7], k=7), "k is 7 in a text of 7 units"),
        (lambda: metrics.window_diff([3, 4], [7], k=0, lamprier=True), "k is 0 in"),
        (lambda: metrics.window_diff([3, 4], [7], k=-1), "k is -1"),
        (lambda: metrics.pk([1, 1], [2]), "leave out texts too short"),
        (lambda: metrics.boundary_similarity([3], [3], n_t=0), "n_t is 0; pass 1"),
        (lambda: metrics.segmentation_similarity([3], [3], n_t=-2), "n_t is -2"),
        (lambda: metrics.boundary_f1([3, 7], [3, 6]), "gold ends at 7 and pred at 6; pass length"),
        (lambda: metrics.boundary_f1([3, 7], [9], length=8), "pred has offset 9"),
        (lambda: metrics.boundary_f1([7, 3], [3]), r"gold\[1\] is 3 after 7; sort"),
        (lambda: metrics.boundary_f1([-1], [3]), r"gold\[0\] is -1"),
        (lambda: metrics.boundary_f1([3], [3], length=-3), "length is -3"),
        (lambda: metrics.masses([0, 3]), r"ends\[0\] is 0"),
    ],
)
def test_errors_name_argument_and_value(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError):
        metrics.pk([1.5, 2], [3])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        metrics.masses("abc")  # type: ignore[arg-type]
