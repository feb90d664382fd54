"""Finds every point in the text of an entry that is more than one point: several of them, remarks, quotes, dates.

People write ``ann@example.com, bob@example.com``, ``(212) 555-0100 / 555-0101 DO NOT CALL`` or ``="2125550100"`` into
a suppression list. All that can be read as a point is taken: who is listed by mistake is not contacted, and who is not
listed by mistake is. Only entries come here that are no single point as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final, NamedTuple, TypeAlias

import phonenumbers
import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.email import email_forms
from schemas.contact.marks import plain_signs
from suppression.entry_phones import read_phones

_AROUND_EMAIL: Final = '\\s,;:<>()\\[\\]{}"|\u2018-\u201f\u00ab\u00bb\u2039\u203a=\u2022&\\\\'
#: What ends a domain besides.
_BEHIND_DOMAIN: Final = "/?#%!*$+^~`'"
_EMAIL: Final = re.compile(rf"[^{_AROUND_EMAIL}@]{{1,250}}(?:@[^{_AROUND_EMAIL}{_BEHIND_DOMAIN}@]{{1,250}}+)+")
#: Marks around an address that could be part of it, and are not: Excel's, quotes, bullets, the end of a sentence.
_MARKS: Final = "'`\u00b4*.!?#~^_-/+$%\u200b\ufeff"
_TIME: Final = r"(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?Z?)?"
_DATE: Final = re.compile(
    rf"(?<![\d.\-/+])(?:(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    rf"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)?\d\d){_TIME}(?![\d\-/]|\.\d)"
)
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015"
#: What no number is written across, unless nothing else is one.
_APART: Final = re.compile(rf"[^\d\s().+\-/{_DASHES}\uff0b]+|[\r\n\t\v\f\u2028\u2029]+|\s/\s|\s{{2,}}")
_STRANGE: Final = re.compile(rf"[^\d().+\-/{_DASHES}\uff0b]+")
_AHEAD: Final = "+(\uff0b"
_GROUP: Final = re.compile(rf"[{_AHEAD}]{{0,3}}\d+")
_BEGINS: Final = "+(0\uff0b"
_QUOTES: Final = " \"'`"
_CELLS: Final = re.compile(r"[,;|\t]")
_CODE_AND_NUMBER: Final = re.compile(r"\+?(\d{1,3}) *[,;|\t]([\d\s().\-]{6,})")
#: ``5000/01``, ``5000 thru 5009``: the last digits of a second number, and not the first of a whole one.
_ENDINGS: Final = re.compile(
    r"(\d[\d().\- ]{5,}\d) ?(?:[/\\&]| (?:and|or|thru|through|to|und|oder|bis|et|ou|y|o|e) ) ?"
    r"(\d{1,4})(?![\d/]|[ .()\-]{1,2}\d)"
)
#: What may be around a stretch and belongs to no number.
_EDGES: Final = f" ./-{_DASHES}"
#: Digits of a number; groups that it is written in; and characters between two of them.
_FEWEST, _MOST, _GROUPS, _GAP = 5, 17, 7, 4
_ENOUGH: Final = re.compile(rf"(?:\D*+\d){{{_FEWEST}}}")
#: Of a longer text, only what is between words and marks is read: no entry is so long.
_LONGEST: Final = 5_000


#: A text that may be a number, and the region that it is read in.
_Candidate: TypeAlias = tuple[str, str | None]


class _Number(NamedTuple):
    """A number that was read, and its second reading where it has one."""

    key: str
    other: str | None


class _Found:
    """Which candidates are numbers, each with its region; all are read at once, but for those known to be ``none``."""

    def __init__(self, candidates: Iterable[_Candidate], apply: Apply, none: Set[_Candidate] = frozenset()) -> None:
        distinct = [each for each in dict.fromkeys(candidates) if each not in none]
        self._numbers: Mapping[_Candidate, _Number] = {}
        if distinct:
            texts = pl.Series([text for text, _ in distinct], dtype=pl.String)
            phones = read_phones(texts, pl.Series([region for _, region in distinct], dtype=pl.String), apply)
            read = zip(distinct, phones.get_column("key"), phones.get_column("other"), strict=True)
            self._numbers = {given: _Number(key, other) for given, key, other in read if key is not None}

    def number(self, text: str, regions: tuple[str | None, ...]) -> list[_Number]:
        """Return what a candidate is in each of the regions."""
        found = (self._numbers.get((text, region)) for region in regions)
        return [number for number in found if number is not None]


def emails_in(texts: pl.Series, apply: Apply) -> pl.DataFrame:
    """Find addresses: ``row`` (position in ``texts``, u32) and ``key``; each address of a text once, in its order."""
    found = [
        (row, match[0].strip(_MARKS))
        for row, text in enumerate(texts.to_list())
        for match in _EMAIL.finditer(plain_signs(text))
        if match[0].count("@") == 1  # of two run together, nobody knows where the first ends
    ]
    frame = pl.DataFrame(found, schema={"row": pl.UInt32, "text": pl.String}, orient="row")
    keyed = frame.select("row").with_columns(email_forms(frame.get_column("text"), apply).get_column("key"))
    return keyed.filter(pl.col("key").is_not_null()).unique(maintain_order=True)


def numbers_in(texts: pl.Series, regions: pl.Series, apply: Apply, *, refused: bool = False) -> pl.DataFrame:
    """Find phone numbers of texts, each with its region (null: none).

    Returns ``row`` (position in ``texts``, u32), ``key`` (E.164) and ``other``, the second reading of a number that has
    one; each number of a text once, in its order. What looks like a date is a number only where nothing else is.
    ``refused``: each text was read as one number in its region, and is none.
    """
    pairs = list(zip(texts.to_list(), regions.to_list(), strict=True))
    none = frozenset(pairs if refused else ())
    given = [(text, _regions(text, region)) for text, region in pairs]
    numbers: dict[int, dict[str, _Number]] = {row: {} for row in range(len(given))}
    left = [row for row, (text, _) in enumerate(given) if _ENOUGH.match(text)]
    searched: dict[int, list[_Stretch]] = {}
    for parts in (_parts, _whole_without_dates, _whole):
        again = {row: list(parts(given[row][0])) for row in left}
        # Another look at the same text would find nothing either.
        changed = {
            row: list(map(_Stretch, stretches))
            for row, stretches in again.items()
            if row not in searched or stretches != [stretch.text for stretch in searched[row]]
        }
        searched.update(changed)
        candidates = (
            (candidate, region)
            for row, stretches in changed.items()
            for stretch in stretches
            for candidate in stretch.candidates()
            for region in given[row][1]
        )
        found = _Found(candidates, apply, none)
        for row, stretches in changed.items():
            for stretch in stretches:
                numbers[row].update((number.key, number) for number in stretch.numbers(given[row][1], found))
        # Most entries have neither words nor dates, and one that is a single stretch would be the same again.
        left = [row for row in left if not numbers[row] and again[row] != [given[row][0].strip(_EDGES)]]
    _add_endings(numbers, given, apply)
    with_code = {row: abroad for row, (text, _) in enumerate(given) if (abroad := _with_calling_code(text)) is not None}
    found = _Found(((abroad, None) for abroad in with_code.values()), apply)
    for row, abroad in with_code.items():
        numbers[row].update((number.key, number) for number in found.number(abroad, (None,)))
    rows = [(row, number.key, number.other) for row, found in numbers.items() for number in found.values()]
    return pl.DataFrame(rows, schema={"row": pl.UInt32, "key": pl.String, "other": pl.String}, orient="row")


def _add_endings(
    numbers: Mapping[int, dict[str, _Number]], given: list[tuple[str, tuple[str | None, ...]]], apply: Apply
) -> None:
    """Add the numbers of which an entry has only the last digits, beside one that it has whole."""
    pairs = [
        (row, base, _with_ending(base, match[2]), region)
        for row, (text, regions) in enumerate(given)
        if numbers[row]
        for match in _ENDINGS.finditer(_DATE.sub(" | ", text))
        for base in _from_each_group(match[1])
        for region in regions
    ]
    found = _Found(((text, region) for _, *texts, region in pairs for text in texts), apply)
    for row, base, other, region in pairs:
        if found.number(base, (region,)):
            numbers[row].update((number.key, number) for number in found.number(other, (region,)))


def _from_each_group(text: str) -> list[str]:
    return [text[group.start() :] for group in _GROUP.finditer(text)]


def _with_ending(number: str, ending: str) -> str:
    """Put other last digits into a number as it is written."""
    left = list(ending)
    return "".join(left.pop() if left and char.isdecimal() else char for char in reversed(number))[::-1]


def _regions(text: str, region: str | None) -> tuple[str | None, ...]:
    """Regions to read an entry in: its own, and one whose code is in a cell of it (``07911 123456,GB``)."""
    named = {cell.strip(_QUOTES) for cell in _CELLS.split(text)} & phonenumbers.SUPPORTED_REGIONS
    return (*sorted(named), region)


def _with_calling_code(text: str) -> str | None:
    """Read ``44,2079304832`` as a calling code and a number, which it may be besides being a number of the region."""
    match = _CODE_AND_NUMBER.fullmatch(text.strip())
    return f"+{match[1]} {match[2].strip()}" if match else None


def _parts(text: str) -> Iterator[str]:
    """Yield what is between words, marks and wide gaps, without addresses and dates."""
    return _filled(_APART.split(_DATE.sub(" | ", _EMAIL.sub(" | ", text))))


def _whole_without_dates(text: str) -> Iterator[str]:
    return _filled([_DATE.sub(" | ", _EMAIL.sub(" | ", text))] if len(text) <= _LONGEST else [])


def _whole(text: str) -> Iterator[str]:
    return _filled([_EMAIL.sub(" | ", text)] if len(text) <= _LONGEST else [])


def _filled(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if _ENOUGH.match(part):
            yield part.strip(_EDGES)


class _Stretch:
    """A stretch of text between what no number is written across, and all in it that may be one."""

    def __init__(self, text: str) -> None:
        self.text, self._begun = text, _begun(text)
        groups = list(_GROUP.finditer(text)) if len(text) <= _LONGEST else []
        #: For each group of digits, the numbers that may begin with it, the longest first: text and last group.
        self._beginning = [
            [(_joined(text, groups[first], groups[last]), last) for last in _lasts(text, groups, first)]
            for first in range(len(groups))
        ]

    def candidates(self) -> Iterator[str]:
        """Yield all that `numbers` may look up."""
        yield self.text
        yield from self._begun
        for beginning in self._beginning:
            for text, _ in beginning:
                yield text

    def numbers(self, regions: tuple[str | None, ...], found: _Found) -> Iterator[_Number]:
        """Read it as one number; else as several that each begin as numbers do; else by its groups of digits."""
        if whole := found.number(self.text, regions):
            yield from whole
            return
        begun = [found.number(part, regions) for part in self._begun]
        if len(begun) > 1 and all(begun):
            yield from (number for numbers in begun for number in numbers)
            return
        first = 0
        while first < len(self._beginning):
            after = first + 1
            for text, last in self._beginning[first]:
                if numbers := found.number(text, regions):
                    yield from numbers
                    after = last + 1
                    break
            first = after


def _joined(stretch: str, first: re.Match[str], last: re.Match[str]) -> str:
    """Return the groups from the first to the last as one number; what no number is written across becomes a blank."""
    return _STRANGE.sub(" ", stretch[first.start() : last.end()])


def _begun(stretch: str) -> list[str]:
    """Part a stretch before what begins a number (a plus, a bracket, a zero) behind one that may be complete."""
    parts: list[str] = []
    start, digits = 0, 0
    for group in _GROUP.finditer(stretch):
        if digits >= 7 and group[0][0] in _BEGINS:
            parts.append(stretch[start : group.start()].strip(_EDGES))
            start, digits = group.start(), 0
        digits += len(group[0].lstrip(_AHEAD))
    return [*parts, stretch[start:]]


def _lasts(stretch: str, groups: list[re.Match[str]], first: int) -> list[int]:
    """Groups with which a number that begins at ``first`` may end: the farthest first."""
    lasts: list[int] = []
    digits = 0
    for last in range(first, min(first + _GROUPS, len(groups))):
        gap = stretch[groups[last - 1].end() : groups[last].start()] if last > first else ""
        digits += len(groups[last][0].lstrip(_AHEAD))
        if digits > _MOST or len(gap) > _GAP or any(character.isalpha() for character in gap):
            break
        if digits >= _FEWEST:
            lasts.append(last)
    return lasts[::-1]
