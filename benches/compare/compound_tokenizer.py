"""Tokenizers trained with and without decompounding: hard compounds, and tokens for each.

    python compound_tokenizer.py DEV CORPUS [CORPUS ...] [--vocab 32000] [--bytes 20000000]
        [--min-count 2] [--json OUT]

DEV holds labelled words, as for compounds.py. A CORPUS is a text, plain or .xz, or a frequency list
(.tsv: word and count), named after its language, such as `de.txt.xz` or `de.tsv`. For each language
one unigram tokenizer is trained as it is and one with `decompound=`, from the same words by the
same trainer; a compound is hard for a tokenizer if a boundary between its words is not one between
tokens.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import common
import compounds
from scriptio import CompoundSplitter
from scriptio.compound_evaluation import LabelledWord, hard_rate
from scriptio.compound_tokenizer import train_unigram, word_tokenizer


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("dev", type=Path)
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--vocab", type=int, default=32_000)
    parser.add_argument("--bytes", type=int, default=20_000_000, help="of each corpus")
    parser.add_argument("--min-count", type=int, default=2, help="rarer words are left out")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    gold: dict[str, list[LabelledWord]] = defaultdict(list)
    for (lang, source), words in compounds.read(arguments.dev).items():
        gold[lang] += [LabelledWord(lang, source, tuple(word.pieces)) for word in words]
    rows = []
    results = {}
    for path in arguments.corpus:
        lang = path.name.split(".")[0]
        lines = common.read_corpus(path, arguments.bytes).decode("utf-8").splitlines()
        corpus: list[str] | dict[str, int] = lines
        if path.suffix == ".tsv":
            pairs = (line.split("\t") for line in lines if line.count("\t") == 1)
            corpus = {word: int(count) for word, count in pairs}
        measured = {}
        for name, splitter in (("plain", None), ("decompound", CompoundSplitter(lang))):
            started = time.process_time()
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "tokenizer.json"
                tokenizer = train_unigram(
                    corpus,
                    vocab_size=arguments.vocab,
                    min_count=arguments.min_count,
                    decompound=splitter,
                    save=file,
                )
            hard, tokens = hard_rate(gold[lang], word_tokenizer(tokenizer))
            seconds = time.process_time() - started
            measured[name] = {
                "hard": hard,
                "tokens": tokens,
                "vocabulary": tokenizer.get_vocab_size(),
                "seconds": seconds,
            }
        cut = 1 - measured["decompound"]["hard"] / max(measured["plain"]["hard"], 1e-9)
        results[lang] = {**measured, "cut": cut}
        rows.append(
            [
                lang,
                *(f"{100 * measured[name]['hard']:.1f}" for name in measured),
                f"{100 * cut:.0f}",
                *(f"{measured[name]['tokens']:.2f}" for name in measured),
            ]
        )
        print(*rows[-1], flush=True)
    header = ["lang", "hard %", "decompound", "cut %", "tokens", "decompound"]
    print(common.table(header, rows))
    if arguments.json is not None:
        record = {"date": time.strftime("%Y-%m-%d"), "results": results}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
