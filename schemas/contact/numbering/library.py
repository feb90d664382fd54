"""One value as the library reads it (``phonenumbers``), after the repairs that a spreadsheet makes necessary.

This is the definition of the right answer. Everything else in this package only finds the same answer sooner.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number


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

#: The repair of a number that a spreadsheet wrote as a decimal.
DECIMAL_REMOVED = "decimal .0 removed"

_SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_DECIMAL = re.compile(r"(\+?\d{7,15})[.,]0+")
#: Text between two numbers that someone wrote into one cell.
_BETWEEN_NUMBERS = re.compile(r"[/;|&\n\r]+|,(?=\s)|\s+(?:or|and|ou|et|und|oder|y|o|e)\s+", re.IGNORECASE)
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


def _holds_several(value: str) -> bool:
    parts = [re.sub(r"\D", "", part) for part in _BETWEEN_NUMBERS.split(value)]
    return sum(len(part) >= 6 for part in parts) > 1


def read_phone(value: str, region: str | None) -> PhoneForm:
    """Read one trimmed, non-empty value; ``region`` (ISO 3166-1 alpha-2) is assumed for national forms."""
    undone = _undo_spreadsheet(value)
    if undone is None:
        return PhoneForm("damaged", why="a spreadsheet turned the number into something else; digits are lost")
    text, repair = undone
    if _holds_several(text):
        return PhoneForm("unparseable", why="several numbers in one cell")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        missing = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and region is None
        return PhoneForm("unparseable", why="no country known: give --region" if missing else "not a phone number")
    form = form_of_number(number)
    return form if form.state != "ok" else form._replace(repair=repair)


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
