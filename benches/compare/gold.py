"""Gold documents from CoNLL-U treebanks, for accuracy.py.

    python benches/compare/gold.py en_ewt-ud-dev.conllu --name en_ewt.dev --out GOLD

Sentences come from `# text`, documents from `# newdoc` and paragraphs from `# newpar`; a space lies
between two sentences unless the last token says `SpaceAfter=No`. A treebank without `# newdoc` is
one sentence a document, which accuracy.py regroups.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Builder:
    """One document in the making."""

    text: str = ""
    ends: list[int] = field(default_factory=list)
    pars: list[int] = field(default_factory=list)

    def add(self, sentence: str, *, paragraph: bool, space: bool) -> None:
        """One more sentence; `paragraph` if it starts one, `space` if one follows it."""
        if paragraph or not self.text:
            self.pars.append(len(self.text))
        self.text += sentence
        self.ends.append(len(self.text))
        self.text += " " if space else ""


def documents(path: Path) -> Iterator[Builder]:
    """The documents of a CoNLL-U file."""
    builder = Builder()
    sentence, fresh, paragraph, space = "", False, False, True
    marked = "# newdoc" in path.read_text(encoding="utf-8")
    with path.open(encoding="utf-8") as lines:
        for line in [*lines, "\n"]:
            if line.startswith("# newdoc"):
                fresh = True
            elif line.startswith("# newpar"):
                paragraph = True
            elif line.startswith("# text = "):
                sentence = line.removeprefix("# text = ").rstrip("\n")
            elif line.strip() and not line.startswith("#"):
                columns = line.rstrip("\n").split("\t")
                if "." not in columns[0]:
                    space = "SpaceAfter=No" not in columns[9]
            elif not line.strip() and sentence:
                if (fresh or not marked) and builder.text:
                    yield builder
                    builder = Builder()
                builder.add(sentence, paragraph=paragraph or fresh, space=space)
                sentence, fresh, paragraph, space = "", False, False, True
    if builder.text:
        yield builder


def main() -> None:
    """Convert one treebank."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("conllu", type=Path, nargs="+")
    parser.add_argument("--name", required=True, help="LANG_TREEBANK.SPLIT")
    parser.add_argument("--out", type=Path, required=True, help="directory")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with lzma.open(options.out / f"{options.name}.jsonl.xz", "wt", encoding="utf-8") as out:
        for path in options.conllu:
            for number, builder in enumerate(documents(path)):
                record: dict[str, Any] = {
                    "id": f"{path.stem}-{number}",
                    "text": builder.text.rstrip(),
                }
                record |= {"ends": builder.ends, "pars": builder.pars}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
