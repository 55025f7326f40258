"""The Python examples of README and docs give what they say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# A fenced block, at any indentation.
BLOCK = re.compile(
    r"^(?P<indent> *)```python\n(?P<code>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)


def blocks(page: Path) -> list[tuple[int, str]]:
    """The Python blocks of a page with the number of the line before each."""
    text = page.read_text(encoding="utf-8")
    return [
        (
            text.count("\n", 0, match.start("code")),
            match["code"].replace("\n" + match["indent"], "\n"),
        )
        for match in BLOCK.finditer(text)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_blocks_run(page: Path) -> None:
    # One namespace for a page: later blocks use what earlier ones made.
    names: dict[str, object] = {}
    for line, code in blocks(page):
        if ">>>" not in code:
            exec(compile("\n" * line + code, str(page), "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), line)
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        report: list[str] = []
        runner.run(test, out=report.append, clear_globs=False)
        names = test.globs
        assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_readme_has_python_examples() -> None:
    assert blocks(ROOT / "README.md")


def test_links_inside_the_repository_exist() -> None:
    broken = []
    pages = [*PAGES, *ROOT.glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in link and not (page.parent / link).exists():
                broken.append(f"{page.name}: {link}")
    assert broken == []


def test_readme_markers_of_the_comparison_are_there_once() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    start, end = "<!-- compare:start -->", "<!-- compare:end -->"
    assert text.count(start) == text.count(end) == 1
    assert text.index(start) < text.index(end)
