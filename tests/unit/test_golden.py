"""The golden cases of `tests/data/golden`, which the Rust core runs too."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from scriptio import SentenceSegmenter

FOLDER = Path(__file__).resolve().parent.parent / "data/golden"


@dataclass(frozen=True)
class Case:
    """One text with the segments it should have."""

    lang: str
    name: str
    text: str
    segments: list[str]


def load(path: Path) -> list[Case]:
    """The cases of one file; none if it holds something else than segmentations."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if "lang" not in data:
        return []
    cases = []
    for entry in data["case"]:
        unknown = entry.keys() - {"name", "text", "segments", "note"}
        assert not unknown, f"{path.name}: {entry['name']}: unknown keys {sorted(unknown)}"
        case = Case(data["lang"], entry["name"], entry["text"], entry["segments"])
        joined = "".join(case.segments)
        assert joined == case.text, f"{path.name}: {case.name}: the segments are not the text"
        cases.append(case)
    assert path.stem == data["lang"], f"{path.name} is not named after its language"
    assert len({case.name for case in cases}) == len(cases), f"{path.name}: a name is there twice"
    return cases


CASES = [case for path in sorted(FOLDER.glob("*.toml")) for case in load(path)]


def test_there_are_cases() -> None:
    assert len({case.lang for case in CASES}) > 10


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.lang}: {case.name}")
def test_golden(case: Case) -> None:
    segmenter = SentenceSegmenter(case.lang)
    assert segmenter.split(case.text) == case.segments
    assert segmenter.segment(case.text).texts() == case.segments


def test_a_case_whose_segments_are_not_its_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "en.toml"
    path.write_text(
        'lang = "en"\n[[case]]\nname = "lossy"\ntext = "A. B."\nsegments = ["A.", "B."]\n',
        encoding="utf-8",
    )
    with pytest.raises(AssertionError, match="the segments are not the text"):
        load(path)
