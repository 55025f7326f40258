"""Whether the covers of a prompt hold what the tokenizer writes, on real tokenizers.

For a text cut at a random byte, the tokens of the whole text that begin before
the cut must be among the covers of what stands before it. Texts are windows of
the files given, and strings made of what is hard for pre-tokenizers. Texts that
a tokenizer cannot write as they are, and does not write like what it makes of
them, are left out, and others drawn for them.

    python covers.py --tokenizers gpt4.tokenizer.json ... --texts english.txt code.py chinese.txt

Prints, for each tokenizer and text, the cuts tried, the covers missed, and how
many contexts beside the tokens of the prompt itself a cut needs.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import scriptio
from scriptio import _core

#: Pieces that hostile strings are made of.
HARD = [
    *" \t\n\r\u00a0\u3000\u0085", "  ", "    ", "\n\n", "\r\n", " \n", "\n ", "\t\t",
    *"abzABZ019.,!?-_'\"/\\()[]{}<>", "'s", "'re", "'LL", "'Ve", "n't", "don't", "I'm", "d'accord",
    "1", "12", "123", "1234", "12345678", "٣", "٣٤٥", "৪২", "½", "Ⅷ", "e\u0301", "\u0301", "Ä",
    "ß", "ſ", "中", "中文", "日本語", "テスト", "한국", "ไทย", "हिन्दी", "😀", "👩‍👩‍👧", "🇩🇪",
    "\u200d", "\ufeff", "\0", "\x7f", "the", " the", "The", "THE", "camelCase", "XMLHttp", "a_b",
    "...", "!!!", "===", "//", "/*", "*/", "->", "<|", "|>", "<|end", "http://", " +", "+=",
]  # fmt: skip


def hostile(rng: random.Random) -> str:
    """A string of hard pieces."""
    return "".join(rng.choice(HARD) for _ in range(rng.randint(1, 30)))


def windows(text: str, rng: random.Random) -> str:
    """A window of a text."""
    start = rng.randrange(max(1, len(text) - 200))
    return text[start : start + rng.randint(20, 200)]


def check(
    vocab: scriptio.ByteVocab, draw: Callable[[random.Random], str], count: int, rng: random.Random
) -> dict[str, object]:
    """Cut `count` texts once each, of at most twenty times as many that are drawn."""
    size = len(vocab)
    frame = _core.ByteFrame(vocab.core, "canonical_local", 0.0, None, None, [], size)
    space = b" " if vocab.prefix_space else b""
    missed: list[str] = []
    extra: list[int] = []
    drawn = 0
    while len(extra) < count and drawn < 20 * count:
        drawn += 1
        text = draw(rng)
        tokens = vocab.encode(text).tolist()
        written = [vocab.token_bytes(token) for token in tokens]
        if any(piece is None for piece in written):
            continue  # A special token stands in the text.
        whole = b"".join(piece for piece in written if piece is not None)
        # A tokenizer that rewrites texts is asked about the text that it wrote.
        again = whole.removeprefix(space).decode(errors="replace")
        if whole[: len(space)] != space or vocab.encode(again).tolist() != tokens:
            continue
        cut = rng.randint(1, len(whole))
        begun, at = [], 0
        for token, piece in zip(tokens, written, strict=True):
            if at >= cut:
                break
            begun.append(token)
            at += len(piece or b"")
        tree = _core.ByteTree(frame)
        tree.push(whole[:cut])
        if not tree.is_cover(begun):
            missed.append(f"{whole[:cut]!r} | {whole[cut:]!r}: {begun}")
        prompt = whole[:cut].decode(errors="ignore").removeprefix(space.decode())
        own = len(vocab.encode(prompt)) + 1
        extra.append(max(0, len(tree.needed("next")) - own))
    counts = np.array(extra or [0])
    return {
        "cuts": len(extra),
        "drawn": drawn,
        "missed": len(missed),
        "extra_mean": round(float(counts.mean()), 3),
        "extra_p95": int(np.percentile(counts, 95)),
        "extra_max": int(counts.max()),
        "examples": missed[:5],
    }


def main() -> None:
    """Run the check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tokenizers", nargs="+", required=True, type=Path)
    parser.add_argument("--texts", nargs="*", default=[], type=Path)
    parser.add_argument("--cuts", type=int, default=20_000, help="for each tokenizer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sources = {path.name: path.read_text(errors="ignore")[:4_000_000] for path in options.texts}
    results: dict[str, dict[str, dict[str, object]]] = {}
    failed = False
    for path in options.tokenizers:
        vocab = scriptio.ByteVocab.from_file(path)
        rng = random.Random(options.seed)
        count = options.cuts // (len(sources) + 1) + 1
        kinds: dict[str, Callable[[random.Random], str]] = {
            name: partial(windows, text) for name, text in sources.items()
        }
        kinds["hostile"] = hostile
        for kind, draw in kinds.items():
            found = check(vocab, draw, count, rng)
            results.setdefault(path.name, {})[kind] = found
            failed |= bool(found["missed"])
            print(path.name, kind, json.dumps(found, ensure_ascii=False), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
