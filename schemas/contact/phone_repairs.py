"""Phones as points of contact: repairs of what the library refuses, and second readings of what has two.

`phone_forms` says what the library says. Vendors write numbers that it refuses although only one reading is possible
(a plus before a national number, a line break, a lost zero): these are repaired, and the repair is named. Where two
readings are possible and both are valid, the one as written is kept and the other goes along, so that both are
screened. Where there is no certain reading, the state says what stands in the cell instead (`is_email`,
`short_code`). Ordinary values never come here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, country_code_for_region

from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email import read_email
from schemas.contact.numbering.library import SEVERAL, PhoneForm, parts_of_cell, read_phone

#: What vendors write before a number where a plus is meant, and before national numbers without meaning it.
_ABROAD = ("+00", "+011", "+", "0011", "011", "00")
_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]")
_LABEL = re.compile(
    r"[\s(,;:\-]+(?:home|house|work|office|business|cell|cellular|mobile|mob|phone|tel|landline|main|direct|day"
    r"|daytime|evening|voice|primary)[\s.)]*",
    re.IGNORECASE,
)
_ONLY_EXTENSION = re.compile(r"\W*(?:e?xt(?:ensio)?n?|x)\W*\d{1,7}\W*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")


class PhonePoint(NamedTuple):
    """One value, read as a point of contact."""

    form: PhoneForm
    other: PhoneForm | None = None


def read_phone_point(value: str, region: str | None) -> PhonePoint:
    """Read one trimmed, non-empty value; ``region`` as in `read_phone`."""
    form = read_phone(value, region)
    if form.state != "ok":
        return repair_phone(value, region, form)
    if form.e164 is None or region is None or form.e164.startswith(f"+{country_code_for_region(region)}"):
        return PhonePoint(form)
    return PhonePoint(form, next((national for _, national in _as_national(value, region)), None))


def repair_phone(value: str, region: str | None, refused: PhoneForm) -> PhonePoint:
    """Find the one certain reading of a value that the library refuses, or say what it is instead."""
    if refused.state == "damaged":
        return PhonePoint(refused)
    if value.lower() in ERROR_WORDS:
        return PhonePoint(PhoneForm("damaged", why="a spreadsheet's error stands in place of the number"))
    if "@" in value and read_email(value).state in {"ok", "special_use"}:
        return PhonePoint(PhoneForm("is_email", why="it is an email address"))
    if refused.why == SEVERAL:
        return PhonePoint(_same_twice(value, region) or refused)
    text, cleaned = _cleaned(value)
    if cleaned and (form := read_phone(text, region)).state == "ok":
        return PhonePoint(form._replace(repair=cleaned))
    return _from_abroad(text, region, cleaned) or PhonePoint(_lost_zero(text, region) or _named(text, region, refused))


def _same_twice(value: str, region: str | None) -> PhoneForm | None:
    forms = [read_phone(part.strip(), region) for part in parts_of_cell(value)]
    same = {form.e164 for form in forms}
    return forms[0]._replace(repair="the same number twice") if len(same) == 1 and forms[0].state == "ok" else None


def _cleaned(value: str) -> tuple[str, str]:
    """Take out line breaks and a word that only says whose the number is. Returns the text and what was done."""
    text, done = value, []
    if _BREAKS.search(text):
        text = " ".join(text.split())
        done.append("line break removed")
    if (match := _LABEL.search(text)) is not None and match.end() == len(text):
        text = text[: match.start()]
        done.append("word behind the number removed")
    return text, ", ".join(done)


def _from_abroad(text: str, region: str | None, cleaned: str) -> PhonePoint | None:
    """Read what begins as a call abroad does: as a number of another country, and as one of this with a bogus prefix.

    When both are valid, the first one is as written; several numbers abroad are no certain reading.
    """
    abroad: dict[str | None, PhonePoint] = {}
    for prefix, rest in _without_prefix(text):
        if prefix != "+" and (form := read_phone("+" + rest, None)).state == "ok":
            abroad.setdefault(form.e164, PhonePoint(_repaired(form, f"prefix {prefix} read as +", cleaned)))
    national = {form.e164: (prefix, form) for prefix, form in _as_national(text, region)}
    if len(abroad) > 1 or len(abroad | national) != len(abroad) + len(national) or len(national) > 1:
        return next(iter(abroad.values())) if len(abroad | national) == 1 else None
    if not national:
        return next(iter(abroad.values()), None)
    prefix, form = next(iter(national.values()))
    if abroad:
        return next(iter(abroad.values()))._replace(other=form)
    return PhonePoint(_repaired(form, f"bogus {prefix} removed", cleaned))


def _without_prefix(text: str) -> Iterator[tuple[str, str]]:
    """Yield each way to take a prefix for calls abroad off, and what is left."""
    begun = text.replace("\uff0b", "+").lstrip(" (")
    for prefix in _ABROAD:
        rest = begun.removeprefix(prefix).lstrip(" ().-")
        if begun.startswith(prefix) and rest[:1].isdigit():
            yield prefix, rest


def _as_national(text: str, region: str | None) -> Iterator[tuple[str, PhoneForm]]:
    """Yield the readings as a national number of the region behind a bogus prefix, each with the prefix.

    Only digits that are written as national numbers of the region are: in Germany with the zero in front, in the
    United States with ten digits. Otherwise almost any number of another country would also be a German one.
    """
    if region is None:
        return
    for prefix, rest in _without_prefix(text):
        form = read_phone(rest, region)
        if form.state == "ok" and _digits(rest) == _national_digits(rest, region):
            yield prefix, form


def _national_digits(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    number.extension = None
    return _digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def _lost_zero(text: str, region: str | None) -> PhoneForm | None:
    """Read digits whose leading zero a spreadsheet took, where the zero is part of the number (Italy)."""
    digits = text.removesuffix(".0")
    if region is None or not digits.isdecimal() or not keeps_zero(region):
        return None
    form = read_phone("0" + digits, region)
    if form.state != "ok" or read_phone("+" + digits, None).state == "ok":
        return None
    return form._replace(repair="leading zero restored")


def _named(text: str, region: str | None, refused: PhoneForm) -> PhoneForm:
    """Say what stands in a cell that holds no subscriber's number."""
    digits = _digits(text)
    if _ONLY_EXTENSION.fullmatch(text):
        return PhoneForm("unparseable", why="an extension without its number")
    if len(digits) > 1 and digits.strip("0") == "" and not _WORD.search(text):
        return PhoneForm("damaged", why="zeros only, as a spreadsheet's format shows an empty cell")
    if digits and _WORD.search(text):
        return PhoneForm("unparseable", why="a word stands in the number")
    if refused.state == "invalid" and text == digits and region is not None and _is_short_code(digits, region):
        return PhoneForm("short_code", why="a short code")
    return refused


def _is_short_code(digits: str, region: str) -> bool:
    if len(digits) > 6:
        return False
    number = phonenumbers.PhoneNumber(country_code=country_code_for_region(region), national_number=int(digits))
    return digits[:1] != "0" and phonenumbers.is_valid_short_number_for_region(number, region)


def _repaired(form: PhoneForm, repair: str, cleaned: str) -> PhoneForm:
    return form._replace(repair=f"{cleaned}, {repair}" if cleaned else repair)


def _digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


@functools.cache
def keeps_zero(region: str) -> bool:
    """Whether numbers of the region may begin with a zero that is dialled from abroad too."""
    return any(number.italian_leading_zero for number in _examples(region))


@functools.cache
def writes_bare(region: str) -> bool:
    """Whether some national numbers of the region are written without anything in front, as ten digits in the US.

    In most regions at least those of services are.
    """
    return any(
        _digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
        == phonenumbers.national_significant_number(number)
        for number in _examples(region, PhoneNumberType.values())
    )


def _examples(
    region: str, kinds: Iterable[int] = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
) -> list[phonenumbers.PhoneNumber]:
    numbers = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return [number for number in numbers if number is not None]
