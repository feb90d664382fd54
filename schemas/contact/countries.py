"""Which countries (ISO 3166-1 alpha-2) the words of a country column name.

A cell may name a country twice (``Belgique/België``, ``Germany (DE)``) or by its calling code (``+33``, ``0033``), and
several countries. A word that names none is never passed over: the cell is then `unread`.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from schemas.contact.country_names import Meant, country_names, fold_country, known_countries
from schemas.contact.marks import plain_word

#: What `read_countries` returns. ``region``: the only country named; null where the cell is blank, unread or names
#: several. ``regions``: every country named, sorted; empty where none is, null where the cell is blank. ``unread``: the
#: cell has a word that names no country.
COUNTRY_SCHEMA: dict[str, pl.DataType] = {
    "region": pl.String(),
    "regions": pl.List(pl.String()),
    "unread": pl.Boolean(),
}

#: What comes before a country's name and is part of its full name only, folded: ``kingdom of Spain``.
_FORM_OF_STATE = re.compile(
    r"^(?:(?:united|federal|federative|federated|islamic|arab|democratic|peoples|socialist|bolivarian|plurinational"
    r"|cooperative|independent|grand) )*"
    r"(?:republic|kingdom|states?|commonwealth|principality|duchy|union|sultanate|federation) of\b ?"
)
#: The same behind a comma or in brackets (``Iran (Islamic Republic of)``), and other words that name no country.
_IN_PASSING = re.compile(rf"{_FORM_OF_STATE.pattern}|malvinas|keeling|country|land|pays|")
#: What parts two names, the strongest first. Inside a name there may be a hyphen, a comma, and an "and".
_BETWEEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s*[/;|\n\r\t\\]+\s*",
        r"\s+[-\u2013\u2014]+\s+|\s*[:=_>]+\s*",
        r"\s*[()\[\]{}<\uff08\uff09]+\s*",
        r"\s*[,+\uff0c\u3001]\s*(?!\d)",
        r"\s+(?:and|or|und|oder|et|ou|y|o|e|i|en|og|och|ja|ve|и)\s+|\s*&\s*",
        r"\s*[-\u2013\u2014]\s*",
    )
)
_IN_BRACKETS = re.compile(r"\s*[(\[{\uff08]([^()\[\]{}\uff08\uff09]*)[)\]}\uff09]")
_CALLING_CODE = re.compile(r"[(\[]?\s*(?:\+|00|011)\s*([1-9]\d{0,2})\s*[)\]]?")
_NEGATIVE = re.compile(r"[-\u2013\u2014]\s*\d+|\d+\s*[-\u2013\u2014]")
_DIGITS = re.compile(r"0*([1-9]\d{0,2})(?:\.0+)?")
#: Words of a folded text; digits are codes.
_WORDS = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[^\w\s.'\u2019]+")
#: ISO 3166-2: a country's part, as in US-TX.
_SUBDIVISION = re.compile(r"([A-Z]{2})-(?:[A-Z]{1,3}|[A-Z]?\d{1,3})")
#: A longer cell names no country; it is text.
_LONGEST = 120
_MOST_WORDS = 8
#: The two letters that make a flag are those of ISO 3166-1.
_FLAGS = {0x1F1E6 + at: ord("A") + at for at in range(26)}


class Countries(NamedTuple):
    """The countries that a cell names, sorted, and whether a word in it names none."""

    regions: tuple[str, ...]
    unread: bool

    @property
    def region(self) -> str | None:
        """The one country that the cell names; None where it names none or several, or was not read as a whole."""
        return self.regions[0] if len(self.regions) == 1 and not self.unread else None


@functools.lru_cache(maxsize=10_000)
def read_country(cell: str) -> Countries:
    """Read the non-empty text of a country column."""
    word = plain_word(cell).translate(_FLAGS)
    found = _found(word) if len(cell) <= _LONGEST and _NEGATIVE.fullmatch(word) is None else [None]
    meant = [regions for regions in found if regions is not None]
    # "Germany (+49)" and "Kongo, CD": what is named exactly decides among what is named loosely.
    exact = {region for regions in meant if len(regions) == 1 for region in regions}
    loose = [regions for regions in meant if len(regions) > 1 and not regions & exact]
    return Countries(tuple(sorted(exact.union(*loose))), len(meant) < len(found))


def only_countries(cells: pl.Series) -> bool:
    """Whether each of the trimmed cells (null where blank) names a country, by letters and not by digits."""
    given = cells.drop_nulls().unique(maintain_order=True)
    return not given.is_empty() and all(names_country(word) for word in given)


def names_country(cell: str) -> bool:
    """Whether the text of a cell names a country, by letters and not by digits."""
    named = read_country(cell)
    return bool(named.regions) and not named.unread and not cell.strip().isdecimal()


def read_countries(cells: pl.Series) -> pl.DataFrame:
    """Read a column of trimmed cells (null where blank): `COUNTRY_SCHEMA`, a row per cell in the same order."""
    words = cells.unique(maintain_order=True).drop_nulls()
    read = [read_country(word) for word in words]
    table = pl.DataFrame(
        {
            "region": [each.region for each in read] + [None],
            "regions": [list(each.regions) for each in read] + [None],
            "unread": [each.unread for each in read] + [False],
        },
        schema=COUNTRY_SCHEMA,
    )
    at = cells.replace_strict(words, pl.Series(range(len(words)), dtype=pl.UInt32), default=len(words))
    return table[at.fill_null(len(words))]


def _found(text: str) -> list[Meant | None]:
    if match := _SUBDIVISION.fullmatch(text):
        return [_of_code(match[1])]
    if (found := _one(text)) is not None:  # nearly every cell; the vocabulary takes a while to gather
        return [found]
    if _vocabulary().issuperset(_WORDS.findall(fold_country(text))):
        return _read(text)
    # Other words are in it, as in most text that is no country: only its parts as they are may name some.
    parts = (_one(part) for part in _MARKS.split(text) if part.strip())
    return [None, *(meant for meant in parts if meant is not None)]


@functools.cache
def _vocabulary() -> frozenset[str]:
    """Return every word of a name, of a code, and of what is between and before names."""
    known, codes, names = country_names()
    patterns = [_FORM_OF_STATE.pattern, _IN_PASSING.pattern, *(between.pattern for between in _BETWEEN)]
    texts = [*names, *patterns, *(code.lower() for code in (*known, *codes))]
    return frozenset(_WORDS.findall("\n".join(texts)))


def _read(text: str) -> list[Meant | None]:
    """Read a text as one name, else as several; None for each part that names no country."""
    if (found := _one(text)) is not None:
        return [found]
    if (shorter := _IN_BRACKETS.sub(_without_passing, text)) != text:
        return _read(shorter.strip())
    for between in _BETWEEN:
        parts = [part.strip() for part in between.split(text) if part.strip(" .'\"*-")]
        if len(parts) > 1:
            return _several(parts)
        if parts and parts[0] != text:
            return _read(parts[0])
    return [_named_twice(text)]


def _several(parts: list[str]) -> list[Meant | None]:
    if len(parts) == 2:
        if (found := _one(f"{parts[1]} {parts[0]}")) is not None:
            return [found]
        if _IN_PASSING.fullmatch(fold_country(parts[1])):
            return _read(parts[0])
    return [found for part in parts for found in _read(part)]


def _one(text: str) -> Meant | None:
    """Read a code or a name that is the whole of a text."""
    if text.isascii() and (found := _of_any_code(text)) is not None:
        return found
    folded = fold_country(text)
    names = country_names().names
    return names.get(folded) or names.get(_FORM_OF_STATE.sub("", folded, count=1))


def _named_twice(text: str) -> Meant | None:
    """Read two names of one country with nothing but a blank between: ``DE Germany``, ``Suisse Schweiz``."""
    words = text.split()
    for at in range(1, len(words) if len(words) <= _MOST_WORDS else 0):
        first, second = _one(" ".join(words[:at])), _one(" ".join(words[at:]))
        if first is not None and second is not None and (both := first & second):
            return both
    return None


def _without_passing(bracketed: re.Match[str]) -> str:
    return "" if _IN_PASSING.fullmatch(fold_country(bracketed[1])) else bracketed[0]


def _of_any_code(text: str) -> Meant | None:
    if match := _CALLING_CODE.fullmatch(text):
        found = _of_calling_code(match[1])
        if found or "+" in text:
            return found
    if match := _DIGITS.fullmatch(text):
        return _of_digits(match[1])
    return _of_code(text.strip(" .\"'*").upper().replace(".", ""))


def _of_code(code: str) -> Meant | None:
    """Countries of an alpha-2 or alpha-3 code. The old alpha-2 codes are left out: most are states of the US too."""
    if len(code) == 2:
        return frozenset({code}) if code in known_countries() else None
    return country_names().codes.get(code) if len(code) == 3 and code.isalpha() else None


def _of_calling_code(code: str) -> Meant | None:
    # 001 is what the library calls numbers of no country.
    return frozenset(COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())) - {"001"} or None


def countries_of_number(code: str) -> frozenset[str]:
    """Countries of a numeric code of ISO 3166-1, with or without its leading zeros."""
    return country_names().codes.get(code.zfill(3), frozenset())


def _of_digits(digits: str) -> Meant | None:
    """Countries of digits without a plus: those of the calling code, and of the numeric code of ISO 3166-1."""
    return (_of_calling_code(digits) or frozenset()) | countries_of_number(digits) or None
