"""How wrong next-byte laws are, where the truth is known.

    python benches/compare/byte_lab.py [--json benches/results/byte_lab.json] [--reference]

Five chains over bytes, each with a vocabulary of merges. The language model over tokens is the one
that endless training would give: it is computed by enumerating all texts, so that nothing but the
step from tokens to bytes can be wrong. For all prompts of up to seven bytes the law of the next
byte is had in three ways: *naive* (encode the prompt, ask for the next token, as everybody does),
*one-token healing* (take the last token back, let the next one begin with its bytes, as guidance
and transformers do) and by `scriptio.ByteLM`. What is told is the total variation from the chain's
own law, the mean weighted by how probable a prompt is. --reference takes the brute force of the
tests instead of ByteLM.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scriptio
from common import write_json
from scriptio.infill import heal_one_token, naive_next

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "reference"))

import byte_lm_reference as reference

#: Name, letters, order of the chain, length of the texts, merges, probability of the end, seed.
CHAINS = (
    ("AB order 1", b"AB", 1, 14, 1, 0.0, 1),
    ("AB order 3", b"AB", 3, 14, 7, 0.0, 2),
    ("AB order 3", b"AB", 3, 14, 12, 0.0, 3),
    ("ABC order 2", b"ABC", 2, 9, 8, 0.0, 4),
    ("AB order 3, end 5%", b"AB", 3, 13, 4, 0.05, 5),
)
LONGEST_PROMPT = 7
WAYS = ("naive", "one-token healing", "scriptio")


def merges_of(process: reference.ByteProcess, count: int) -> reference.ToyVocab:
    """The vocabulary that byte pair encoding learns from the chain's own texts."""
    tokens = [bytes([letter]) for letter in process.letters]
    merges: list[tuple[bytes, bytes]] = []
    texts = sorted(process.texts(), key=lambda found: -found[1])[:2000]
    while len(merges) < count:
        vocab = reference.ToyVocab(tokens, merges)
        pairs: dict[tuple[bytes, bytes], float] = {}
        for text, weight in texts:
            written = [vocab.token_bytes(token) for token in vocab.encode(text)]
            for pair in itertools.pairwise(written):
                pairs[pair] = pairs.get(pair, 0.0) + weight
        known = {left + right for left, right in merges}
        best = max(
            (pair for pair in pairs if pair[0] + pair[1] not in known),
            key=lambda pair: (pairs[pair], pair),
        )
        merges.append(best)
    return reference.ToyVocab(tokens, merges)


def prompts(letters: bytes) -> Iterator[bytes]:
    """All strings of up to seven letters, the empty one left out."""
    for length in range(1, LONGEST_PROMPT + 1):
        yield from (bytes(text) for text in itertools.product(letters, repeat=length))


def engine(lm: reference.TokenLM, mode: str) -> Any:
    """The model of the package, from a tokenizer.json that is written here."""
    fn, size = reference.wide_callback(lm)
    byte_vocab: Any = scriptio.ByteVocab
    byte_lm: Any = scriptio.ByteLM
    vocab = byte_vocab.from_bytes(reference.tokenizer_bytes(lm.vocab))
    model = scriptio.CallbackLM(fn, size, eos_ids=[len(lm.vocab)] if lm.ends else [])
    return byte_lm(model, vocab, mode=mode)


def measured(
    chain: tuple[Any, ...], make: Callable[[reference.TokenLM, str], Any]
) -> dict[str, Any]:
    """The errors of the three ways on one chain."""
    name, letters, order, length, merges, end, seed = chain
    process = reference.ByteProcess(
        np.random.default_rng(seed), letters, order=order, length=length, end=end
    )
    vocab = merges_of(process, merges)
    lm = reference.ideal_lm(process, vocab)
    ours = make(lm, "canonical_local")
    other = make(lm, "all")
    sums = dict.fromkeys(WAYS, 0.0)
    worst = dict.fromkeys(WAYS, 0.0)
    total = off = 0.0
    every = list(prompts(letters))
    for prompt in every:
        weight, truth = process.prefix(prompt), process.next(prompt)
        total += weight
        laws = (
            naive_next(ours, prompt),
            heal_one_token(ours, prompt),
            ours.next_byte_logprobs(prompt),
        )
        for way, law in zip(WAYS, laws, strict=True):
            wrong = reference.total_variation(np.exp(law), truth)
            sums[way] += weight * wrong
            worst[way] = max(worst[way], wrong)
        for mine in (ours, other):
            off = max(off, abs(math.expm1(mine.logprob(prompt) - math.log(weight))))
    return {
        "chain": f"{name}, texts of {length}",
        "tokens": len(vocab),
        "merges": [f"{left.decode()} {right.decode()}" for left, right in vocab.merges],
        "prompts": len(every),
        "logprob": off,
        **{way: {"mean": sums[way] / total, "max": worst[way]} for way in WAYS},
    }


def shown(value: float) -> str:
    """Three decimals, or an exponent for what is as good as nothing."""
    return f"{value:.3f}" if value >= 5e-4 else f"{value:.0e}"


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table of the README."""
    lines = [
        "| chain over bytes | tokens | prompts | naive | one-token healing | **scriptio** |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        cells = [f"{shown(row[way]['mean'])} / {shown(row[way]['max'])}" for way in WAYS]
        cells[-1] = f"**{cells[-1]}**"
        lines.append(
            f"| {row['chain']} | {row['tokens']} | {row['prompts']:,} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure all chains and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--reference", action="store_true", help="brute force instead of ByteLM")
    options = parser.parse_args()

    def brute(lm: reference.TokenLM, mode: str) -> Any:
        return reference.ReferenceLM(lm.model, lm.vocab, mode=mode)

    start = time.process_time()
    rows = [measured(chain, brute if options.reference else engine) for chain in CHAINS]
    seconds = time.process_time() - start
    print(markdown(rows))
    print(
        f"\nTotal variation from the true law of the next byte, mean / max. "
        f"logprob of prompts, relative error at most {max(row['logprob'] for row in rows):.0e}, "
        f"modes canonical_local and all. {seconds:.0f} s."
    )
    write_json(
        options.json, [], byte_lab=rows, way="brute force" if options.reference else "ByteLM"
    )
    return int(max(row["scriptio"]["max"] for row in rows) > 1e-12)


if __name__ == "__main__":
    sys.exit(main())
