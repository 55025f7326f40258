"""Compound models that came with the package, and files of others."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from scriptio import _core
from scriptio._text import checked_text
from scriptio.errors import ModelError

__all__ = [
    "BUNDLED",
    "bundled_model",
    "bundled_path",
    "lang_of",
    "loaded_model",
    "read_model",
    "supported",
    "unknown_lang",
]

#: Where the bundled models are.
BUNDLED = Path(__file__).parent / "_models" / "compounds"

#: Other codes of a language.
_ALIASES = {"no": "nb", "nor": "nb", "deu": "de", "ger": "de", "dan": "da", "swe": "sv"}


@lru_cache(maxsize=1)
def _index() -> dict[str, Any]:
    """What is known of languages: see `supported`."""
    index: dict[str, Any] = json.loads((BUNDLED / "index.json").read_text(encoding="utf-8"))
    return index


def supported() -> dict[str, dict[str, Any]]:
    """The languages that compounds can be split in, by code.

    Each has `mode`: `labelled`, a bundled model that learned from labelled words of the language;
    `words`, a bundled model that learned from a word list and what other languages have taught; or
    `build`, to be built from a word list that you have, with `scriptio compounds build`. `accuracy`
    maps the names of test sets to the share of words, compounds and others, that are cut exactly as
    they should be; it is empty where there is nothing to measure with. `trained_on` names the data.

    Examples:
        >>> from scriptio.compounds import supported
        >>> supported()["de"]["mode"]
        'labelled'
        >>> len(supported()) >= 50
        True
    """
    return {code: dict(entry) for code, entry in sorted(_index()["languages"].items())}


def lang_of(name: str) -> str | None:
    """The code of the bundled model that a language's name stands for, if there is one."""
    code = name.replace("_", "-").split("-")[0].lower()
    code = _ALIASES.get(code, code)
    entry = _index()["languages"].get(code)
    return code if entry is not None and entry["mode"] != "build" else None


def unknown_lang(name: str) -> ValueError:
    """What to say of a language without a bundled model."""
    languages = _index()["languages"]
    bundled = ", ".join(code for code in sorted(languages) if languages[code]["mode"] != "build")
    return ValueError(
        f"no compound model of lang {name!r} came with scriptio; there are: {bundled}. One is "
        f"built from a list of the language's most frequent words with: scriptio compounds build "
        f"{name[:20]} --words FILE, or CompoundSplitter.fit({name[:20]!r}, words=...)"
    )


def bundled_path(code: str) -> Path:
    """Where the bundled model of a language is; `und` is what the languages have in common."""
    return BUNDLED / f"{code}.compounds"


def read_model(path: Path) -> _core.CompoundSplitter:
    """The model in a file.

    Raises:
        ModelError: The file is missing, damaged or no compound model.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"compound model {str(path)!r}: {error.strerror or error}") from error
    try:
        return _core.CompoundSplitter.from_bytes(data)
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from error


@lru_cache(maxsize=8)
def bundled_model(lang: str) -> _core.CompoundSplitter:
    """The model of a language that came with the package."""
    return read_model(bundled_path(lang))


def loaded_model(lang: object) -> tuple[_core.CompoundSplitter, str | None]:
    """The model, and the language whose bundled model it is."""
    if isinstance(lang, os.PathLike):
        return read_model(Path(lang)), None
    name = checked_text(lang, "lang")
    code = lang_of(name)
    if code is not None:
        return bundled_model(code), code
    if os.sep in name or "/" in name or Path(name).suffix:
        return read_model(Path(name)), None
    raise unknown_lang(name)
