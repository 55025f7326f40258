"""What a unit looks like: its length, marker, case and final mark, without its words.

A document's features are found in one pass; those of a unit depend on it and on those before it.
"""

import math
import re
from collections.abc import Sequence

__all__ = ["FEATURES", "features"]

#: How many numbers tell of a unit.
FEATURES = 24

#: What enumerates a unit.
MARKER = re.compile(
    r"\s*(?:(?P<bullet>[•●▪◦‣·*–—-])\s"
    r"|(?P<decimal>[0-9]{1,3}(?:\.[0-9]{1,3})+)[.):]?\s"
    r"|(?P<number>[(]?[0-9]{1,3}[.):])"
    r"|(?P<letter>[(]?[A-Za-z][.)])\s"
    r"|(?P<roman>[(]?[ivxIVX]{2,5}[.)])\s)"
)
KINDS = ("bullet", "decimal", "number", "letter", "roman")
DIGITS = re.compile("[0-9]+")

#: How much of a unit is looked at for its case.
HEAD = 60


def features(units: Sequence[str]) -> list[list[float]]:
    """`FEATURES` numbers, most of them 0 or 1, for each unit of a document.

    Examples:
        >>> first, second = features(["1.1 Scope.", "2.1 Who may use it"])
        >>> first[3], first[8], second[8]
        (1.0, 0.0, 1.0)
    """
    rows = []
    # The last number of each kind, and where it was.
    major = last = -1
    where = -2
    for at, unit in enumerate(units):
        row = [0.0] * FEATURES
        text = unit.strip()
        found = MARKER.match(text)
        start = 0
        if found is not None:
            start = found.end()
            kind = found.lastgroup or ""
            row[2 + KINDS.index(kind)] = 1.0
            numbers = DIGITS.findall(text, 0, start)
            if kind == "decimal":
                row[7] = (len(numbers) - 1) / 2.0
                own = int(numbers[0])
                row[8] = float(major >= 0 and own != major)
                row[9] = float(int(numbers[-1]) == 1)
                major = own
            elif kind == "number":
                own = int(numbers[0])
                row[10] = float(own == 1)
                row[11] = float(own == last + 1 and where == at - 1)
                row[12] = float(own == last + 1 and where != at - 1)
                last, where = own, at
            elif kind in ("letter", "roman"):
                row[10] = float(text[:start].strip("(.) ").lower() in ("a", "i"))
        size = len(text)
        row[0] = math.log1p(size) / 6.0
        row[1] = math.log1p(text.count(" ")) / 5.0
        head = text[start : start + HEAD]
        first = head.lstrip()[:1]
        row[13] = float(first.islower())
        row[14] = float(first.isupper())
        row[15] = float(first != "" and first in "\"'“‘«(")
        letters = sum(map(str.isalpha, head))
        row[16] = sum(map(str.isupper, head)) / letters if letters else 0.0
        row[17 + ending(text[-2:])] = 1.0
        row[22] = float(size < HEAD and row[21] == 1.0)
        row[23] = sum(map(str.isdigit, head)) / max(len(head), 1)
        rows.append(row)
    return rows


def ending(tail: str) -> int:
    """The kind of a unit's last mark: stop, comma or semicolon, colon, question, none."""
    mark = tail.rstrip("\"'”’»)*_ ")[-1:] or tail[-1:]
    for kind, marks in enumerate((".。।", ";,；，、", ":：", "?!？！")):
        if mark and mark in marks:
            return kind
    return 4
