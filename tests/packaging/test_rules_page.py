"""The page on rules names every reason that the core can give, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "rust" / "scriptio" / "src" / "sentence"
GIVEN = re.compile(
    r'\b(?:Break|Join)\("([^"]+)"\)'
    r'|Decision::rule\((?:true|false), "([^"]+)"\)'
    r'|\blet reason = "([^"]+)"'
)


def test_the_page_names_every_reason() -> None:
    given = {
        reason
        for path in SOURCE.glob("*.rs")
        for groups in GIVEN.findall(path.read_text(encoding="utf-8"))
        for reason in groups
        if reason
    }
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([^`]+)` \| (?:ends|goes on|either) \|", page, re.MULTILINE)
    assert len(named) == len(set(named)), "a reason is described twice"
    assert set(named) == given
