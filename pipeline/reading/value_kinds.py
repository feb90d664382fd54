"""What kind of thing a cell or a column holds, judged by its values alone."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from schemas.contact.blank import EMPTY_WORDS

#: A plus, or a ten-digit number with or without the usual punctuation, or a French number.
PHONE = r"^(?:\+[\d .()/-]{8,20}|1?[ .-]?\(?[2-9]\d{2}\)?[ .-]?\d{3}[ .-]?\d{4}|0\d([ .-]?\d\d){4})$"
EMAIL = r"^(?:mailto:)?[^@\s]+@[^@\s]+\.[^@\s]+$"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#: In order: what fits several is the first.
_KINDS = {
    "email": re.compile(EMAIL),
    "url": re.compile(r"^(?:https?://|www\.)\S+$", re.IGNORECASE),
    "phone": re.compile(PHONE),
    "date": re.compile(
        r"^(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d\d)"
        rf"|\d{{1,2}}[ -](?:{_MONTHS})[a-z]*[ -]\d{{2,4}}|(?:{_MONTHS})[a-z]* \d{{1,2}},? \d{{4}})"
        r"(?:[T ,]+\d{1,2}:\d\d.*)?$",
        re.IGNORECASE,
    ),
    "number": re.compile(r"^[-+]?[$€£]?\d[\d.,]*%?$"),
    "code": re.compile(r"^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,64})$", re.IGNORECASE),
}
#: Kinds that no header has.
DATA_KINDS = frozenset(_KINDS)
#: A column is of a kind when at least this share of its filled cells is.
_SURE = 0.9


def kind_of(cell: str) -> str | None:
    """Kind of one cell: a name of `DATA_KINDS` or ``text``; None when it is empty."""
    value = cell.strip()
    if value.lower() in EMPTY_WORDS:
        return None
    for kind, pattern in _KINDS.items():
        if pattern.match(value):
            return kind
    return "text"


def is_data(cell: str) -> bool:
    """Whether a cell cannot be a column's name: it is of a kind, only digits, or holds an address or a long number."""
    if kind_of(cell) in DATA_KINDS or _ADDRESS.search(cell) or _digits(cell) >= _LONG:
        return True
    # Dialler lists write 0 where there is no phone, and six digits are one in small countries.
    return _DIGITS_ONLY.fullmatch(cell.strip()) is not None


def _digits(cell: str) -> int:
    return sum(map(cell.count, string.digits)) if cell.isascii() else sum(char.isdigit() for char in cell)


#: Digits of a number that may be a phone.
_LONG = 7
#: Something on both sides of the sign: ``@x`` may be a name.
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_DIGITS_ONLY = re.compile(r"[+(]?\d[\d .()/+-]*")
#: Days and times of day have as many digits as a phone, and a title page has its day.
_DAYS = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d\d)|\d{1,2}:\d\d(?::\d\d)?")
_POINT = re.compile(r"[^\s@]@[^\s@]|\d(?:[ .()/-]{0,2}\d){6,}")


def holds_point(text: str) -> bool:
    """Whether a text holds what may be a phone, an email or another long number: then it is no title."""
    return _POINT.search(_DAYS.sub(" ", text)) is not None


def column_kind(cells: Iterable[str | None]) -> str:
    """Kind of nearly all filled cells; ``mixed`` when there is none such, ``empty`` without filled cells."""
    counts: Counter[str] = Counter()
    # Cells repeat, and to look at one takes long.
    for cell, times in Counter(cells).items():
        if cell is not None and (kind := kind_of(cell)) is not None:
            counts[kind] += times
    total = sum(counts.values())
    if not total:
        return "empty"
    kind, count = counts.most_common(1)[0]
    return kind if count >= _SURE * total else "mixed"


def is_numbering(cells: Sequence[str]) -> bool:
    """Whether bare digits count upwards, as record numbers do and phones do not."""
    numbers = [int(cell) for cell in cells if cell.isdecimal()]
    return len(numbers) > 2 and all(before < after for before, after in pairwise(numbers))
