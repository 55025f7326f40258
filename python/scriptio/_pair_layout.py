"""How two texts become the rows of ids that a classifier of pairs reads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scriptio.errors import ModelError

__all__ = ["Layout", "Row", "layout_of", "windows"]


class Slot(NamedTuple):
    """A part of a row.

    Attributes:
        text: 0 or 1 for the left or right text, None for ids that are always the same.
        ids: These ids.
        kind: The token type of the part.
    """

    text: int | None
    ids: tuple[int, ...]
    kind: int


class Row(NamedTuple):
    """One row of a batch.

    Attributes:
        ids: Token ids.
        kinds: The token type of each.
    """

    ids: list[int]
    kinds: list[int]


class Layout(NamedTuple):
    """Where the texts stand in a row, and what is around them."""

    slots: tuple[Slot, ...]

    @property
    def extra(self) -> int:
        """How many ids a row has besides those of the texts."""
        return sum(len(slot.ids) for slot in self.slots)

    def row(self, left: Sequence[int], right: Sequence[int]) -> Row:
        """The row of two texts."""
        ids: list[int] = []
        kinds: list[int] = []
        for slot in self.slots:
            part = slot.ids if slot.text is None else (left, right)[slot.text]
            ids.extend(part)
            kinds.extend([slot.kind] * len(part))
        return Row(ids, kinds)


def layout_of(spec: Mapping[str, Any], separator: Sequence[int] | None, where: str) -> Layout:
    """The layout that a `tokenizer.json` describes.

    Args:
        spec: What the file says.
        separator: Ids that stand between the texts of what is otherwise a
            single text; None to join them as the file joins pairs.
        where: What errors call the file.

    Raises:
        ModelError: The file does not say how texts are joined.
    """
    single, pair = _templates(spec.get("post_processor"), where)
    if separator is None:
        if pair is None:
            raise ModelError(
                f"{where} has no post_processor that joins two texts; pass separator= with what "
                'stands between them, or put "separator" into a manifest.json'
            )
        return _checked(pair, [0, 1], f"the pair template of {where}")
    _checked(single, [0], f"the single template of {where}")
    slots: list[Slot] = []
    for slot in single.slots:
        if slot.text is None:
            slots.append(slot)
        else:
            between = Slot(None, tuple(separator), slot.kind)
            slots += [slot, between, slot._replace(text=1)]
    return Layout(tuple(slots))


def windows(
    left: Sequence[int], right: Sequence[int], room: int
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Pairs of parts of two texts, of `room` ids at most, that hold every id of both.

    One pair, the texts themselves, if they fit. Else each has half of the
    room, or what the other leaves of it, and is cut into parts of its share,
    evenly spaced. The parts nearest to where the texts meet are a pair, then
    the next on both sides; the text of fewer parts begins anew. So there are
    as many pairs as parts of the longer text.
    """
    share = _shares(len(left), len(right), room)
    lefts, rights = _parts(left, share[0])[::-1], _parts(right, share[1])
    for i in range(max(len(lefts), len(rights))):
        yield lefts[i % len(lefts)], rights[i % len(rights)]


def _shares(left: int, right: int, room: int) -> tuple[int, int]:
    """How much of the room each text has."""
    if left + right <= room:
        return left, right
    half = room // 2
    if left <= half:
        return left, room - left
    if right <= half:
        return room - right, right
    return room - half, half


def _parts(ids: Sequence[int], share: int) -> list[Sequence[int]]:
    """Parts of `share` ids that overlap as little and as evenly as may be."""
    if len(ids) <= share:
        return [ids]
    count = -(-len(ids) // share)
    starts = (i * (len(ids) - share) // (count - 1) for i in range(count))
    return [ids[start : start + share] for start in starts]


def _checked(layout: Layout, texts: list[int], what: str) -> Layout:
    found = [slot.text for slot in layout.slots if slot.text is not None]
    if found != texts:
        raise ModelError(
            f"{what} holds the texts {found}; expected each of {texts} once, in this order"
        )
    return layout


def _templates(spec: Any, where: str) -> tuple[Layout, Layout | None]:
    """The layouts of one text and of a pair."""
    single = Layout((Slot(0, (), 0),))
    if not isinstance(spec, Mapping):
        return single, None
    kind = spec.get("type")
    try:
        if kind == "Sequence":
            for part in spec["processors"]:
                found = _templates(part, where)
                if found[1] is not None:
                    return found
        if kind in ("RobertaProcessing", "BertProcessing"):
            return _of_ends(kind, int(spec["cls"][1]), int(spec["sep"][1]))
        if kind == "TemplateProcessing":
            special = {name: tuple(map(int, given["ids"])) for name, given in
                       spec["special_tokens"].items()}  # fmt: skip
            return _of_template(spec["single"], special), _of_template(spec["pair"], special)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(
            f"{where} has a post_processor {kind!r} that cannot be read ({error!r}); expected the "
            "file that Hugging Face's tokenizers write"
        ) from error
    return single, None


def _of_ends(kind: str, cls: int, sep: int) -> tuple[Layout, Layout]:
    """RoBERTa ends each text, and begins with two ends in the middle; BERT numbers the texts."""
    first, end = Slot(None, (cls,), 0), Slot(None, (sep,), 0)
    single = Layout((first, Slot(0, (), 0), end))
    if kind == "RobertaProcessing":
        double = Slot(None, (sep, sep), 0)
        return single, Layout((first, Slot(0, (), 0), double, Slot(1, (), 0), end))
    return single, Layout((*single.slots, Slot(1, (), 1), Slot(None, (sep,), 1)))


def _of_template(pieces: Sequence[Any], special: Mapping[str, tuple[int, ...]]) -> Layout:
    slots = []
    for piece in pieces:
        ((kind, given),) = piece.items()
        number = int(given["type_id"])
        if kind == "Sequence":
            slots.append(Slot({"A": 0, "B": 1}[given["id"]], (), number))
        else:
            slots.append(Slot(None, special[given["id"]], number))
    return Layout(tuple(slots))
