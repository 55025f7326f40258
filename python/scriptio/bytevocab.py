"""What the tokens of a language model write: vocabularies as bytes."""

import gzip
import lzma
import os
from collections.abc import Iterable, Mapping
from typing import Any

from scriptio import _core
from scriptio._tekken import is_tekken, ranks
from scriptio._text import checked_text, checked_texts, thread_count

__all__ = ["ByteVocab"]

#: How compressed files begin, and what reads them.
_COMPRESSED = (
    (b"\x1f\x8b", "gzip", gzip.decompress),
    (b"\xfd7zXZ\x00", "xz", lzma.decompress),
)


class ByteVocab:
    """A tokenizer, with the bytes that each of its tokens writes.

    Made by `from_file`, `from_bytes` or `from_tokenizer`; read are
    `tokenizer.json` files of Hugging Face's tokenizers (BPE of bytes or
    characters, unigram, WordPiece), rank files of tiktoken and the tekken files
    of Mistral. Ids are theirs, without the special tokens that frame a text.
    The strings of added tokens in a text become these tokens; no text becomes
    the control tokens of a tekken file.

    Tokens may write parts of characters, and several may write the same. In
    SentencePiece vocabularies `▁` is a space and `<0x0A>` a byte. A WordPiece
    token that begins a word writes a space first. Special and missing tokens
    write nothing.

    A vocabulary cannot be changed, may be used by several threads at once, and
    can be pickled.

    Examples:
        >>> import json
        >>> from scriptio import ByteVocab
        >>> model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4},
        ...          "merges": ["a b", "Ġ ab"]}
        >>> pieces = {"type": "ByteLevel", "add_prefix_space": False}
        >>> vocab = ByteVocab.from_bytes(json.dumps({"model": model, "pre_tokenizer": pieces}))
        >>> vocab
        <ByteVocab bpe of 5 ids>
        >>> vocab.encode("ab abb").tolist()
        [3, 4, 1]
        >>> vocab.token_bytes(4)
        b' ab'
    """

    __slots__ = ("__weakref__", "_encoder", "_source")

    _encoder: _core.Encoder
    _source: tuple[bytes, str | None, dict[str, int]]

    def __init__(self) -> None:
        raise TypeError("ByteVocab is made by from_file, from_bytes or from_tokenizer")

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        pattern: str | None = None,
        special: Mapping[str, int] | None = None,
    ) -> "ByteVocab":
        """The vocabulary of a file: `from_bytes` of its content.

        Raises:
            OSError: The file cannot be read.
            ValueError: As in `from_bytes`.
        """
        with open(path, "rb") as file:
            return cls.from_bytes(file.read(), pattern=pattern, special=special)

    @classmethod
    def from_bytes(
        cls,
        data: bytes | str,
        *,
        pattern: str | None = None,
        special: Mapping[str, int] | None = None,
    ) -> "ByteVocab":
        """The vocabulary that a file's content describes.

        Args:
            data: The content of a `tokenizer.json`, of a `tekken.json`, or of a rank file of
                tiktoken, which has lines of a token in base64 and its rank; gzip and xz are seen
                through.
            pattern: The regular expression that cuts texts into pieces. Rank files do not hold it
                and cannot be read without; an empty one cuts nothing.
            special: Names and ids of a rank file's special tokens.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The content is damaged or asks for something that is not known, or a
                pattern or special tokens are given with a JSON file, which has its own.
        """
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        elif not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data must be bytes or str, not {type(data).__name__}")
        data = bytes(data)
        given = None if pattern is None else checked_text(pattern, "pattern")
        names = {checked_text(name, "special"): token for name, token in (special or {}).items()}
        vocab = cls.__new__(cls)
        vocab._source = (data, given, names)
        vocab._encoder = _read(_decompressed(data), given, names)
        return vocab

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> "ByteVocab":
        """The vocabulary of a tokenizer of the packages `tokenizers` or `transformers`.

        Args:
            tokenizer: Anything with a method `to_str`, or an attribute `backend_tokenizer` that
                has one.

        Raises:
            TypeError: It has neither.
            ValueError: As in `from_bytes`.
        """
        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        to_str = getattr(backend, "to_str", None)
        if not callable(to_str):
            raise TypeError(
                f"tokenizer must have to_str() or backend_tokenizer, not be a "
                f"{type(tokenizer).__name__}; a slow tokenizer must be converted to a fast one"
            )
        return cls.from_bytes(to_str())

    @property
    def core(self) -> _core.Encoder:
        """The encoder of the compiled half, for other parts of the package."""
        return self._encoder

    @property
    def model(self) -> str:
        """`bpe`, `unigram` or `wordpiece`."""
        return self._encoder.model

    @property
    def added_tokens(self) -> dict[str, int]:
        """The strings that are tokens of their own, and their ids."""
        return {content: token for content, token, _ in self._encoder.added_tokens}

    @property
    def special_ids(self) -> frozenset[int]:
        """The ids of control tokens, which write nothing."""
        return frozenset(token for _, token, special in self._encoder.added_tokens if special)

    @property
    def prefix_space(self) -> bool:
        """Whether the bytes written begin with a space that the text has not."""
        return self._encoder.prefix_space

    @property
    def normalizes(self) -> bool:
        """Whether a text is changed before it is encoded, for example to NFC."""
        return self._encoder.normalizes

    def __len__(self) -> int:
        """The largest id, plus one."""
        return len(self._encoder)

    def __repr__(self) -> str:
        return f"<ByteVocab {self.model} of {len(self)} ids>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ByteVocab):
            return NotImplemented
        return type(self) is type(other) and self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source[:2])

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), *self._source)

    def token_bytes(self, token: int) -> bytes | None:
        """What a token writes; `None` if it is special or missing.

        Raises:
            OverflowError: The id is negative, or has more than 32 bits.
        """
        return self._encoder.token_bytes(token)

    def encode(self, text: str) -> _core.IntArray:
        """The ids of a text.

        Raises:
            TypeError: It is no string.
            ValueError: The vocabulary cannot write it, and has no unknown token.
        """
        return self._encoder.encode(checked_text(text))

    def encode_with_offsets(self, text: str) -> _core.Encoding:
        """The tokens of a text: its `ids`, and their `starts` and `ends` in code points.

        A token that writes a part of a character has the place of the whole
        character; white space belongs to the token that writes it.

        Raises:
            TypeError, ValueError: As in `encode`.

        Examples:
            >>> from scriptio import ByteVocab
            >>> vocab = ByteVocab.from_bytes(
            ...     '{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},'
            ...     ' "model": {"type": "BPE", "vocab": {"Ã": 0, "©": 1, "a": 2}, "merges": []}}'
            ... )
            >>> tokens = vocab.encode_with_offsets("éa")
            >>> list(zip(tokens.ids, tokens.starts, tokens.ends, strict=True))
            [(0, 0, 1), (1, 0, 1), (2, 1, 2)]
        """
        return self._encoder.encode_with_offsets(checked_text(text))

    def encode_batch(
        self, texts: Iterable[str], *, num_threads: int | None = None
    ) -> list[_core.IntArray]:
        """The ids of each text.

        Args:
            texts: The texts.
            num_threads: How many threads to use; as many as there are processors unless given.

        Raises:
            TypeError, ValueError: As in `encode`, of any text.
        """
        return self._encoder.encode_batch(checked_texts(texts), thread_count(num_threads))

    def count(self, text: str) -> int:
        """The number of tokens of a text.

        Raises:
            TypeError, ValueError: As in `encode`.
        """
        return self._encoder.count(checked_text(text))

    def cut(self, text: str, n: int) -> int:
        """How many code points the longest beginning of a text has that is at most `n` tokens.

        What lies far behind is not encoded.

        Raises:
            TypeError: `text` is no string or `n` no integer.
            ValueError: `n` is negative; and as in `encode`.
        """
        return self._encoder.cut(checked_text(text), _checked_count(n))

    def decode(self, ids: Iterable[int]) -> bytes:
        """What tokens write, one after the other; special tokens write nothing.

        The space that a text was put before (`prefix_space`) is there.

        Raises:
            ValueError: An id is not in the vocabulary.
        """
        return self._encoder.decode(list(ids))


def _checked_count(n: object) -> int:
    """`n`, if it is a number of tokens; no text has more than a machine can count.

    Raises:
        TypeError: It is no integer.
        ValueError: It is negative.
    """
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"n must be int, not {type(n).__name__}")
    if n < 0:
        raise ValueError(f"n must be at least 0, not {n}")
    return min(n, 1 << 62)


def _decompressed(data: bytes) -> bytes:
    """`data` out of gzip or xz, if it is in one of these.

    Raises:
        ValueError: It is, and damaged.
    """
    for magic, name, decompress in _COMPRESSED:
        if data.startswith(magic):
            try:
                return decompress(data)
            except (OSError, EOFError, lzma.LZMAError) as error:
                raise ValueError(f"tokenizer data is {name}, but damaged: {error}") from error
    return data


def _read(data: bytes, pattern: str | None, special: dict[str, int]) -> _core.Encoder:
    """The encoder of the content of a file, whichever of the three kinds it is."""
    if data.lstrip()[:1] == b"{":
        if pattern is not None or special:
            raise ValueError(
                "a tokenizer.json or tekken.json has a pattern and special tokens of its own; "
                "leave pattern and special out"
            )
        if is_tekken(data):
            return _core.Encoder.from_tiktoken(*ranks(data), [])
        return _core.Encoder.from_json(data)
    if pattern is None:
        raise ValueError(
            "data is no tokenizer.json; a rank file of tiktoken needs a pattern, which cuts texts "
            "into pieces"
        )
    return _core.Encoder.from_tiktoken(data, pattern, list(special.items()))


def _restored(
    cls: type[ByteVocab], data: bytes, pattern: str | None, special: dict[str, int]
) -> ByteVocab:
    return cls.from_bytes(data, pattern=pattern, special=special)
