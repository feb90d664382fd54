"""One value as the library reads it (``phonenumbers``), after the repairs that a spreadsheet makes necessary.

This is the definition of the right answer. Everything else in this package only finds the same answer sooner.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from schemas.contact.numbering.labels import has_remark_ahead


class PhoneForm(NamedTuple):
    """One value, read. Everything but ``state`` is None where it does not apply."""

    state: str
    e164: str | None = None
    extension: str | None = None
    region: str | None = None
    type: str | None = None
    time_zones: list[str] | None = None
    repair: str | None = None
    why: str | None = None


class PhonePoint(NamedTuple):
    """One value, read as a point of contact; ``other`` is a second reading."""

    form: PhoneForm
    other: PhoneForm | None = None


PHONE_FORM_SCHEMA: dict[str, pl.DataType] = {
    "state": pl.String(),
    "e164": pl.String(),
    "extension": pl.String(),
    "region": pl.String(),
    "type": pl.String(),
    "time_zones": pl.List(pl.String()),
    "repair": pl.String(),
    "why": pl.String(),
}

#: The same, and the other reading of a number that has two.
PHONE_POINT_SCHEMA: dict[str, pl.DataType] = {**PHONE_FORM_SCHEMA, "other": pl.String(), "other_region": pl.String()}

#: The repair of a number that a spreadsheet wrote as a decimal.
DECIMAL_REMOVED = "decimal .0 removed"
SEVERAL = "several numbers in one cell"
WORD = "a word in the number"
WORD_AHEAD = "a word before the number"
TOO_LONG = "too long a text for a phone number"
#: The library itself reads no more.
MOST_CHARACTERS = 250

NO_NUMBER = PhoneForm("unparseable", why="not a phone number")
NO_COUNTRY = PhoneForm("unparseable", why="no country known: give --region")

#: A cell without letters, dots, commas, and what else may be between two numbers or around one.
_PLAIN = re.compile(r"[+(]?[0-9][0-9 ()+\-]*")
_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_DECIMAL = re.compile(r"(\+?\d{7,15})[.,]0+")
#: Text between two numbers that someone wrote into one cell. Behind a comma without a blank an extension may stand,
#: which has nine digits at most.
WORDS_BETWEEN = ("or", "and", "ou", "et", "und", "oder", "y", "o", "e")
_BETWEEN_NUMBERS = re.compile(rf"[/;|&\n\r]+|,(?=\s|\+?\d{{10}})|\s+(?:{'|'.join(WORDS_BETWEEN)})\s+", re.IGNORECASE)
#: A range of lines, as in "030 1234567/68": it is unclear where the second number begins.
_RANGE = re.compile(r"(?:[^\d/]*\d){6,}[^\d/]*/\s*\d{1,3}\D*")
#: Two whole numbers with nothing but a blank or a hyphen between; not a long prefix for calls abroad with a number.
_SIDE_BY_SIDE = re.compile(r"(?!00|011)\d{7,}[ -]+\d{7,}")
_BESIDE, _NO_DIGITS = re.compile("[ -]+"), re.compile(r"\D+")
#: Types of number that are given out as words. Elsewhere letters in a number are a remark ("202 missing").
_WORD_TYPES = frozenset({"toll_free", "premium_rate", "shared_cost", "uan"})
_LETTER = re.compile(r"[^\W\d_]")
_AT_THE_END = re.compile(r"(?:[\\/] *x.*|(?:(?!#)[\W_])+)\Z", re.DOTALL)
_FROM_FIRST_DIGIT = re.compile(r"[+\uff0b\d].*", re.DOTALL)
_TYPE_NAMES = {
    value: name.lower() for name, value in vars(PhoneNumberType).items() if name.isupper() and isinstance(value, int)
}
_WHY = {
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "no such calling code",
    phonenumbers.ValidationResult.TOO_SHORT: "too short",
    phonenumbers.ValidationResult.TOO_LONG: "too long",
    phonenumbers.ValidationResult.INVALID_LENGTH: "no number of the country has this length",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
    phonenumbers.ValidationResult.IS_POSSIBLE: "in no range that is given out",
}


def _undo_spreadsheet(value: str) -> tuple[str, str | None] | None:
    """Return the value and the repair made to it, or None when digits are lost for good."""
    if value.strip("#") == "":
        return None
    if match := _SCIENTIFIC.fullmatch(value):
        whole, fraction, exponent = match[1], match[2] or "", int(match[3])
        # 7.275551213E+9 still holds every digit; 4.41E+11 lost nine of them.
        if len(fraction) == exponent:
            return whole + fraction, "scientific notation written out"
        return None
    if match := _DECIMAL.fullmatch(value):
        return match[1], DECIMAL_REMOVED
    return value, None


def parts_of_cell(value: str) -> list[str]:
    """Return the numbers that someone wrote into one cell, as they are written; one where it holds one."""
    if _SIDE_BY_SIDE.fullmatch(value):
        return _BESIDE.split(value)
    if _BETWEEN_NUMBERS.search(value) is None:
        return [value]
    if _RANGE.fullmatch(value):
        return value.split("/")
    parts = _BETWEEN_NUMBERS.split(value)
    long = [part for part in parts if len(_NO_DIGITS.sub("", part)) >= 6]
    return long if len(long) > 1 else [value]


def _holds_words(text: str) -> bool:
    """Whether the library would take letters of the number for digits."""
    begun = _FROM_FIRST_DIGIT.search(text)
    # It drops what ends the text before it looks for an extension, and does not when it is only asked about words.
    return begun is not None and phonenumbers.is_alpha_number(_AT_THE_END.sub("", begun[0]))


def form_of_text(text: str, region: str | None) -> PhoneForm:
    """Ask the library what number a text is, whatever words are in it."""
    try:
        return form_of_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException as error:
        missing = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and region is None
        return NO_COUNTRY if missing else NO_NUMBER


def read_phone(value: str, region: str | None, ask: Callable[[str, str | None], PhoneForm] = form_of_text) -> PhoneForm:
    """Read one trimmed, non-empty value; ``region`` (ISO 3166-1 alpha-2) is assumed for national forms.

    ``ask`` answers as `form_of_text` does.
    """
    if len(value) > MOST_CHARACTERS:
        return PhoneForm("unparseable", why=TOO_LONG)
    is_plain = _PLAIN.fullmatch(value) is not None
    undone = (value, None) if is_plain else _undo_spreadsheet(value)
    if undone is None:
        return PhoneForm("damaged", why="a spreadsheet turned the number into something else; digits are lost")
    text, repair = undone
    if _SIDE_BY_SIDE.fullmatch(text) if is_plain else len(parts_of_cell(text)) > 1:
        return PhoneForm("unparseable", why=SEVERAL)
    form = ask(text, region)
    if form.state != "ok":
        return form
    if (remark := _remark(text, form)) is not None:
        return PhoneForm("unparseable", why=remark)
    return form if repair is None else form._replace(repair=repair)


def _remark(text: str, form: PhoneForm) -> str | None:
    """Say where a word is that the library takes for digits, or passes over."""
    if _LETTER.search(text) is None:
        return None
    if form.type not in _WORD_TYPES and _holds_words(text):
        return WORD
    return WORD_AHEAD if has_remark_ahead(text) else None


def form_of_number(number: PhoneNumber) -> PhoneForm:
    """Say what a number is that has been read already."""
    if not phonenumbers.is_valid_number(number):
        return PhoneForm("invalid", why=_WHY[phonenumbers.is_possible_number_with_reason(number)])
    return PhoneForm(
        "ok",
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        number.extension,
        phonenumbers.region_code_for_number(number),
        _TYPE_NAMES[phonenumbers.number_type(number)],
        list(time_zones_for_number(number)),
    )
