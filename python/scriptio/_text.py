"""What a caller may pass, checked where the caller can still be told."""

import os
import sys
from collections.abc import Iterable

__all__ = [
    "checked_int",
    "checked_object",
    "checked_text",
    "checked_texts",
    "checked_words",
    "thread_count",
]


def checked_text(text: object, name: str = "text") -> str:
    """`text`, if it is a string.

    A string of a subclass, such as numpy's, comes back as a plain one: a
    subclass may answer `len` and slicing in its own way.

    Raises:
        TypeError: It is none; the message tells what to do.
    """
    if type(text) is str:
        return text
    if isinstance(text, str):
        return str.__str__(text)
    kind = "None" if text is None else type(text).__name__
    if isinstance(text, (bytes, bytearray, memoryview)):
        remedy = "decode it first, for example with .decode('utf-8')"
    elif text is None:
        remedy = "use 'und' for any language" if name == "lang" else "leave missing texts out"
    elif isinstance(text, (list, tuple)):
        remedy = "pass several texts to segment_batch or pipe"
    else:
        remedy = "convert it first, for example with str()"
    raise TypeError(f"{name} must be str, not {kind}; {remedy}")


def checked_texts(texts: Iterable[object], name: str = "texts") -> list[str]:
    """`texts` as a list, if it holds strings and is not itself one.

    Raises:
        TypeError: It is not so.
    """
    refuse_one_text(texts, name)
    return [
        text if type(text) is str else checked_text(text, f"{name}[{index}]")
        for index, text in enumerate(texts)
    ]


def refuse_one_text(texts: object, name: str = "texts") -> None:
    """Make sure that `texts` can be looped over and is not a single text.

    Raises:
        TypeError: A string would be taken for as many texts as it has
            letters, bytes for as many numbers.
    """
    kind = type(texts).__name__
    if isinstance(texts, (str, bytes, bytearray)):
        raise TypeError(f"{name} must be an iterable of str, not one {kind}; pass [{name}] for one")
    if not isinstance(texts, Iterable):
        raise TypeError(f"{name} must be an iterable of str, not {kind}")


def checked_words(words: Iterable[object], name: str) -> tuple[str, ...]:
    """`words` as a tuple of strings.

    Raises:
        TypeError: It is a single string or holds something else.
    """
    return tuple(checked_texts(words, name))


def checked_int(value: object, name: str, least: int = 1) -> int:
    """`value`, if it is an integer of at least `least`.

    Raises:
        TypeError: It is no integer.
        ValueError: It is smaller, or larger than any length.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be int, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    if value > sys.maxsize:
        raise ValueError(f"{name} must be at most {sys.maxsize}, not {value}")
    return value


def checked_object(value: object, name: str) -> None:
    """Refuse a class where one of its objects is meant: it has all their methods.

    Raises:
        TypeError: `value` is a class.
    """
    if isinstance(value, type):
        raise TypeError(
            f"{name} is the class {value.__name__}; pass one of its objects, such as "
            f"{value.__name__}()"
        )


def checked_pairs(left: Iterable[str], right: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of two lists of texts.

    Raises:
        TypeError: One holds something else than strings.
        ValueError: There are not as many of both.
    """
    one, other = checked_texts(left, "left"), checked_texts(right, "right")
    if len(one) != len(other):
        raise ValueError(
            f"left has {len(one)} texts and right {len(other)}; pass one of each for every pair"
        )
    return list(zip(one, other, strict=True))


def thread_count(num_threads: int | None) -> int:
    """How many threads to use: `num_threads`, or what the machine has to give.

    `SCRIPTIO_NUM_THREADS` in the environment takes the machine's place.

    Raises:
        TypeError: `num_threads` is no integer.
        ValueError: It, or the variable, is no number of threads.
    """
    if num_threads is not None:
        return checked_int(num_threads, "num_threads")
    wish = os.environ.get("SCRIPTIO_NUM_THREADS")
    if wish:
        if not wish.isascii() or not wish.isdigit():
            raise ValueError(f"SCRIPTIO_NUM_THREADS must be a number of threads, not {wish!r}")
        return checked_int(int(wish), "SCRIPTIO_NUM_THREADS")
    # Containers and schedulers often give a process fewer than the machine has.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
