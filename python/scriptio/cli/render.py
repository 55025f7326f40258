"""How segments are written."""

from collections.abc import Callable, Iterable
from itertools import repeat
from json import JSONEncoder

from scriptio.types import Segment

__all__ = ["Renderer", "renderer"]

#: Writes segments of one document. The second argument holds their probabilities, where a model
#: gave them; the third is the number of its line, where every line is a document, and otherwise
#: none.
Renderer = Callable[[Iterable[Segment], Iterable[float] | None, int | None], str]


def renderer(form: str, file: str, with_file: bool) -> Renderer:
    """What writes the segments of a file in one of the formats.

    Args:
        form: `plain`, `null`, `offsets` or `json`.
        file: The file's name.
        with_file: Whether there are several, so that offsets must name theirs.
    """
    if form == "offsets":
        return offsets(f"{file}\t" if with_file else "")
    if form == "json":
        return json(file)
    return null if form == "null" else plain


def plain(segments: Iterable[Segment], _found: Iterable[float] | None, _line: int | None) -> str:
    """One segment a line, trimmed, with spaces for the line breaks inside.

    A segment of white space alone is left out.
    """
    # Splitting knows every kind of line break there is, CRLF as one.
    flat = [" ".join(text.strip().splitlines()) for _, _, text in segments]
    return "".join([f"{text}\n" for text in flat if text])


def null(segments: Iterable[Segment], _found: Iterable[float] | None, _line: int | None) -> str:
    """Segments as they are, each with a NUL after it."""
    return "".join([f"{text}\0" for _, _, text in segments])


def offsets(prefix: str) -> Renderer:
    """Start and end, after `prefix` and the line where there are several."""

    def render(
        segments: Iterable[Segment], _found: Iterable[float] | None, line: int | None
    ) -> str:
        head = prefix if line is None else f"{prefix}{line}\t"
        return "".join([f"{head}{start}\t{end}\n" for start, end, _ in segments])

    return render


def json(file: str) -> Renderer:
    """JSON Lines: file, line where every line is a document, start, end, text, probability."""
    encode = JSONEncoder(ensure_ascii=False).encode
    prefix = f'{{"file": {encode(file)}, '

    def render(segments: Iterable[Segment], found: Iterable[float] | None, line: int | None) -> str:
        head = prefix if line is None else f'{prefix}"line": {line}, '
        tails = repeat("") if found is None else map(tail, found)
        return "".join(
            [
                f'{head}"start": {start}, "end": {end}, "text": {encode(text)}{tail}}}\n'
                for (start, end, text), tail in zip(segments, tails, strict=False)
            ]
        )

    return render


def tail(probability: float) -> str:
    """The last entry of a record. More digits than these are noise."""
    return f', "probability": {probability:.6g}'
