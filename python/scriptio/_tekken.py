"""Tekken files, as mistral-common has them: ranks of tiktoken with their pattern, in JSON."""

import json
from typing import Any

__all__ = ["is_tekken", "ranks"]

#: How many bytes from the front tell what a JSON file is.
FRONT = 4096


def is_tekken(data: bytes) -> bool:
    """Whether the content of a JSON file is of this kind: `config` or a list `vocab` comes first.

    A `tokenizer.json` has neither at its top.
    """
    front = data[:FRONT].decode("utf-8", "replace").lstrip()
    name, _, value = front.removeprefix("{").partition(":")
    return (name.strip(), value.lstrip()[:1]) in (('"config"', "{"), ('"vocab"', "["))


def ranks(data: bytes) -> tuple[bytes, str]:
    """The content of the rank file of tiktoken that says the same, and the pattern.

    The first ids are those of control tokens, which write nothing; the ranks
    of the others are counted behind them. Of the list only as many are in
    use as the vocabulary's size leaves, as in mistral-common.

    Raises:
        ValueError: The content is damaged.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"tekken data is no JSON ({error}); copy the file again") from error
    config = _member(found, "config", dict)
    pattern = _member(config, "pattern", str)
    size = _member(config, "default_vocab_size", int)
    control = _member(config, "default_num_special_tokens", int)
    vocab = _member(found, "vocab", list)
    if not 0 <= control < size or len(vocab) < size - control:
        raise ValueError(
            f"tekken data has {len(vocab)} tokens beside {control} control tokens, but its "
            f"default_vocab_size is {size}; copy the file again"
        )
    lines = []
    for token in vocab[: size - control]:
        rank, content = _member(token, "rank", int), _member(token, "token_bytes", str)
        if rank < 0:
            raise ValueError(f"tekken data has the rank {rank}, below 0; copy the file again")
        lines.append(f"{content} {rank + control}\n")
    return "".join(lines).encode("utf-8", "surrogatepass"), pattern


def _member(found: Any, name: str, kind: type) -> Any:
    """A member of an object of the file."""
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(
            f"tekken data has {name} {value!r}; expected {kind.__name__}, as in the files of "
            "mistral-common"
        )
    return value
