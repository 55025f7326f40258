"""Whether ByteVocab gives the ids of Hugging Face's tokenizers and of tiktoken, on running text.

    python benches/compare/token_equality.py TOKENIZER... --texts FILE... [--megabytes 10]
        [--hostile 20000] [--json OUT]

A TOKENIZER is a tokenizer.json (.json, .json.xz, .json.gz), compared with the package `tokenizers`,
or NAME=FILE, the rank file of one of tiktoken's encodings (cl100k_base, o200k_base, r50k_base),
compared with tiktoken. Texts (.txt, .txt.xz, or any other file in UTF-8) are read evenly up to
--megabytes in all and cut into documents of about 4 kB at line ends; --hostile documents are made
of what pre-tokenizers stumble over. Compared are the ids of every document and, where the file
changes no text, the offsets, but for those of Hugging Face's post-processors, which leave white
space out. What writes nothing, and `decode` of the ids, are checked against the text too, where the
vocabulary writes texts as they are.

Any difference is printed and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tokenizers
from scriptio import ByteVocab

PATTERNS = {
    "cl100k_base": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"""
    r"""| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    "o200k_base": "|".join(
        [
            (
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"""
                r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
            ),
            (
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"""
                r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?"""
            ),
            r"""\p{N}{1,3}""",
            r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
            r"""\s*[\r\n]+""",
            r"""\s+(?!\S)""",
            r"""\s+""",
        ]
    ),
    "r50k_base": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++"""
    r"""|\s++$|\s+(?!\S)|\s""",
}

#: What pre-tokenizers, normalisers and byte fallback stumble over.
WORDS = """
    a b Z s S t re RE ve ll d m ' 's 'S 'ſ 'll 're 'l 'r ’ ſ É é ß İ א ب 日 本 ー ん 각 ǅ ʰ 1 2 ٣ ५
    Ⅷ ½ ² . ! / // - _ $ # " ▁ ▁▁ <0x0A> <s> </s> <unk> <|endoftext|> <|im_start|> <think> [MASK]
    hello Hello HELLO HelloWorld don't I'VE naïve Straße 3.14 12345 https://a.b/c?d=e ก 👍🏽 🇩🇪
    Å ﬁ 𝟘 𠀀
"""
HOSTILE = (
    *WORDS.split(),
    *(" ", "  ", "   ", "\t", "\n", "\n\n", "\r", "\r\n", "\u00a0", "\u3000", "\u2028", "\x85"),
    *("\0", "e\u0301", "\u0301", "\u0e31", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\ufe0f"),
    *("\u200b", "\ue000", "\ufffd", "\u1100\u1161\u11a8", "\u0323\u0307", "\u212b"),
    *("\U000e0041", "\xad"),
)


def read_text(path: Path, limit: int) -> str:
    """At most `limit` bytes of a file, cut at a character."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rb") as file:
        return file.read(limit).decode("utf-8", "ignore")


def documents(texts: list[Path], limit: int) -> Iterator[str]:
    """Documents of about 4 kB, `limit` bytes in all, of each file as much as of any other."""
    contents = sorted((read_text(path, limit) for path in texts), key=len)
    for at, text in enumerate(contents):
        # What short files leave goes to the longer ones.
        share = limit // (len(contents) - at)
        lines: list[str] = []
        size = 0
        for line in text.encode()[:share].decode("utf-8", "ignore").splitlines(keepends=True):
            lines.append(line)
            size += len(line.encode())
            if size >= 4096:
                yield "".join(lines)
                limit -= size
                lines, size = [], 0
        if lines:
            yield "".join(lines)
            limit -= size


def hostile(count: int) -> Iterator[str]:
    """Random documents of hostile parts."""
    chance = random.Random(20240229)
    for _ in range(count):
        yield "".join(chance.choices(HOSTILE, k=chance.randint(1, 12)))


def unpacked(path: Path) -> bytes:
    """The content of a tokenizer file."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


Encode = Callable[[str], tuple[list[int], list[tuple[int, int]]]]


def reference(tokenizer: str) -> tuple[ByteVocab, Encode, bool]:
    """Our vocabulary, the other's encoder, and whether offsets are comparable."""
    name, equals, file = tokenizer.partition("=")
    if equals and name in PATTERNS:
        import tiktoken
        from tiktoken.load import load_tiktoken_bpe

        vocab = ByteVocab.from_file(file, pattern=PATTERNS[name])
        ranks = load_tiktoken_bpe(file)
        encoding = tiktoken.Encoding(
            name, pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={}
        )
        return vocab, lambda text: (encoding.encode_ordinary(text), []), False
    content = unpacked(Path(tokenizer))
    described = json.loads(content)
    # It frames texts and leaves white space out of offsets.
    described["post_processor"] = None
    described["truncation"] = described["padding"] = None
    other = tokenizers.Tokenizer.from_str(json.dumps(described))
    vocab = ByteVocab.from_bytes(content)

    def encode(text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoded = other.encode(text, add_special_tokens=False)
        return encoded.ids, encoded.offsets

    return vocab, encode, not vocab.normalizes and not vocab.prefix_space


def compare(tokenizer: str, texts: list[str], odd: list[str]) -> dict[str, Any]:
    """Compare one tokenizer; what was found."""
    start = time.perf_counter()
    vocab, encode, offsets = reference(tokenizer)
    found: dict[str, Any] = {"tokenizer": Path(tokenizer).name, "ids": len(vocab)}
    found["documents"] = len(texts) + len(odd)
    found["megabytes"] = sum(len(text.encode()) for text in texts) / 1e6
    wrong = {"ids": 0, "offsets": 0, "counts": 0, "bytes": 0}
    tokens = 0
    for text in [*texts, *odd]:
        expected, places = encode(text)
        ours = vocab.encode_with_offsets(text)
        ids = ours.ids.tolist()
        tokens += len(ids)
        if ids != expected or vocab.encode(text).tolist() != expected:
            wrong["ids"] += 1
            if wrong["ids"] <= 3:
                at = next(
                    (i for i, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b), -1
                )
                near = text[max(0, ours.starts[at] - 20) : ours.ends[at] + 20] if ids else text
                print(f"  ids differ near {near!r}: {ids[at : at + 6]} not {expected[at : at + 6]}")
            continue
        if vocab.count(text) != len(ids):
            wrong["counts"] += 1
        if offsets and list(zip(ours.starts.tolist(), ours.ends.tolist(), strict=False)) != places:
            wrong["offsets"] += 1
            if wrong["offsets"] <= 3:
                pairs = zip(
                    zip(ours.starts.tolist(), ours.ends.tolist(), strict=False), places, strict=True
                )
                print(
                    f"  offsets differ: {next((a, b) for a, b in pairs if a != b)} in {text[:60]!r}"
                )
        if offsets and not (set(ids) & vocab.special_ids) and vocab.decode(ids) != text.encode():
            wrong["bytes"] += 1
    found |= {"tokens": tokens, "different": wrong, "offsets_compared": offsets}
    found["seconds"] = round(time.perf_counter() - start, 1)
    return found


def main() -> int:
    """Compare all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tokenizers", nargs="+", metavar="TOKENIZER")
    parser.add_argument("--texts", nargs="+", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=10.0)
    parser.add_argument("--hostile", type=int, default=20000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    texts = list(documents(arguments.texts, int(arguments.megabytes * 1e6)))
    odd = list(hostile(arguments.hostile))
    results = []
    for tokenizer in arguments.tokenizers:
        found = compare(tokenizer, texts, odd)
        results.append(found)
        print(json.dumps(found), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    return int(any(sum(found["different"].values()) for found in results))


if __name__ == "__main__":
    sys.exit(main())
