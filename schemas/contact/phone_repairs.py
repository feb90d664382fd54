"""Repairs of phones that the library refuses.

`phone_forms` says what the library says. Vendors write numbers that it refuses although only one reading is possible
(a plus before a national number, a line break, a lost zero): these are repaired, and the repair is named. Where there
is no certain reading, the state says what is in the cell instead (`is_email`, `short_code`). Ordinary values never
come here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, country_code_for_region

from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email import read_email
from schemas.contact.marks import INVISIBLE_REMOVED, MARKS, without_invisible
from schemas.contact.numbering.known import read_known
from schemas.contact.numbering.labels import has_remark_ahead, without_labels
from schemas.contact.numbering.library import (
    MOST_CHARACTERS,
    SEVERAL,
    TOO_LONG,
    WORD,
    WORD_AHEAD,
    PhoneForm,
    parts_of_cell,
)
from schemas.contact.numbering.region_habits import decimal_digits, habits

#: What vendors write before a number where a plus is meant, and before national numbers without meaning it. Prefixes
#: that are dialled only in some regions are taken off only there.
_ABROAD = ("+00", "+011", "+", "0011", "011", "00")
_DIALLED_SOMEWHERE = ("+011", "0011", "011")
#: The calling code of the regions that dial 011.
_NORTH_AMERICA = 1
#: What may be before a prefix: brackets, and a spreadsheet's marks.
AHEAD_OF_PREFIX = f" ({MARKS}"
#: A number that is written to be called from abroad.
WITH_PREFIX = re.compile(rf"\D*[+\uff0b]|[{AHEAD_OF_PREFIX}]*(?:011|00)")
_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]")
#: Letters, line breaks and invisible characters are among these.
_UNCLEAN = re.compile(r"[^0-9 ().,;+\-/*#]")
_ONLY_EXTENSION = re.compile(r"\W*(?:e?xt(?:ensio)?n?|x)\W*\d{1,7}\W*", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_NO_DIGITS = re.compile("[^0-9]+")
_WORD = re.compile(r"[^\W\d_]{2}")


class PhonePoint(NamedTuple):
    """One value, read as a point of contact."""

    form: PhoneForm
    other: PhoneForm | None = None


def written_with_code(value: str, region: str) -> bool:
    """Whether the first digits of a value are the region's calling code, without a plus before them."""
    digits = _NO_DIGITS.sub("", value)
    return digits.startswith(str(country_code_for_region(region))) and not WITH_PREFIX.match(value)


def begins_with_code(e164: str | None, region: str) -> bool:
    """Whether a number is of the country whose calling code the region has."""
    return e164 is not None and e164.startswith(f"+{country_code_for_region(region)}")


def behind_code(e164: str | None, region: str) -> str:
    """The digits behind the region's calling code."""
    return (e164 or "").removeprefix(f"+{country_code_for_region(region)}")


def repair_phone(value: str, region: str | None, refused: PhoneForm) -> PhonePoint:
    """Find the one certain reading of a value that the library refuses, or say what it is instead."""
    if refused.state == "damaged" or refused.why == TOO_LONG:
        return PhonePoint(refused)
    if (instead := _no_number(value)) is not None:
        return PhonePoint(instead)
    if refused.why == SEVERAL:
        return PhonePoint(_same_twice(value, region) or refused)
    text, cleaned = _cleaned(value)
    if cleaned and (form := read_known(text, region)).state == "ok":
        return PhonePoint(form._replace(repair=cleaned))
    if found := _from_abroad(text, region, cleaned):
        return found
    lost = [form for form in (_lost_zero(text, region), _lost_plus(text, region)) if form is not None]
    return PhonePoint(lost[0] if len(lost) == 1 else _named(text, region, refused))


def doubtful_numbers(value: str, region: str | None) -> list[str]:
    """Return the numbers (E.164) that a refused value may be, though none of them is certain.

    For entries of suppression lists: who is listed by mistake is only not contacted. ``+0491622920007`` in Germany is
    both +49491622920007 and +491622920007, and ``800281`` in Italy may lack a zero or more.
    """
    if region is None or len(value) > MOST_CHARACTERS:
        return []
    text, _ = _cleaned(value)
    begun = text.replace("\uff0b", "+").lstrip(AHEAD_OF_PREFIX)
    forms = [form for _, form in as_national(text, region)]
    forms += [read_known("+" + rest, None) for _, rest in _without_prefix(text, region)]
    if begun.startswith("+0"):
        forms.append(read_known("+" + begun[2:], None))
    if begun.isdecimal() and habits(region).keeps_zero:
        forms.append(read_known("0" + begun, region))
    return list(dict.fromkeys(form.e164 for form in forms if form.e164 is not None))


def _no_number(value: str) -> PhoneForm | None:
    """Say what is in the cell where it is an error, an email address or an object."""
    if value.lower() in ERROR_WORDS:
        return PhoneForm("damaged", why="a spreadsheet's error in place of the number")
    if "@" in value and read_email(value).state in {"ok", "special_use"}:
        return PhoneForm("is_email", why="it is an email address")
    if value[0] in "{[" and '"' in value and ":" in value:
        return PhoneForm("unparseable", why="a JSON object with more than a number in it")
    return None


def _same_twice(value: str, region: str | None) -> PhoneForm | None:
    forms = [read_known(part.strip(), region) for part in parts_of_cell(value)]
    same = {form.e164 for form in forms}
    return forms[0]._replace(repair="the same number twice") if len(same) == 1 and forms[0].state == "ok" else None


def _cleaned(value: str) -> tuple[str, str]:
    """Take out line breaks and words that only say which phone it is. Returns the text and what was done."""
    if not _UNCLEAN.search(value):
        return value, ""
    text, done = value, []
    if (seen := without_invisible(text)) != text:
        text = seen
        done.append(INVISIBLE_REMOVED)
    if _BREAKS.search(text):
        text = " ".join(text.split())
        done.append("line break removed")
    text, is_behind = without_labels(text) if _LETTER.search(text) else (text, False)
    if is_behind:
        done.append("word behind the number removed")
    return text, ", ".join(done)


def _from_abroad(text: str, region: str | None, cleaned: str) -> PhonePoint | None:
    """Read what begins as a call abroad does: as a number of another country, and as one of this with a bogus prefix.

    When both are valid, the first one is as written. Several numbers abroad are no certain reading, and neither is a
    national number that begins with the region's calling code: who wrote +0491622920007 may have meant +491622920007.
    """
    prefixes = [*_without_prefix(text, region)]
    if not prefixes:
        return None
    abroad: dict[str | None, PhonePoint] = {}
    for prefix, rest in prefixes:
        if prefix != "+" and (form := read_known("+" + rest, None)).state == "ok":
            abroad.setdefault(form.e164, PhonePoint(_repaired(form, f"prefix {prefix} read as +", cleaned)))
    national = {form.e164: (prefix, form) for prefix, form in as_national(text, region)}
    if len(abroad) > 1 or len(abroad | national) != len(abroad) + len(national) or len(national) > 1:
        return next(iter(abroad.values())) if len(abroad | national) == 1 else None
    if not national:
        return next(iter(abroad.values()), None)
    prefix, form = next(iter(national.values()))
    if abroad:
        return next(iter(abroad.values()))._replace(other=form)
    if region is None or begins_with_code("+" + behind_code(form.e164, region), region) or _is_zero_too_many(text):
        return None
    return PhonePoint(_repaired(form, f"bogus {prefix} removed", cleaned))


def _is_zero_too_many(text: str) -> bool:
    """Whether "+0" may mean a plus."""
    begun = text.replace("\uff0b", "+").lstrip(AHEAD_OF_PREFIX)
    return begun.startswith("+0") and read_known("+" + begun[2:], None).state == "ok"


def _without_prefix(text: str, region: str | None) -> Iterator[tuple[str, str]]:
    """Yield each way to take a prefix for calls abroad off, and what is left."""
    begun = text.replace("\uff0b", "+").lstrip(AHEAD_OF_PREFIX)
    if not begun.startswith(("+", "0")):
        return
    for prefix in _ABROAD:
        if begun.startswith(prefix) and _is_dialled(prefix, region):
            rest = begun.removeprefix(prefix).lstrip(" ().-")
            if rest[:1].isdigit():
                yield prefix, rest


def _is_dialled(prefix: str, region: str | None) -> bool:
    """Whether a prefix means calls abroad to somebody in the region. 00 is known everywhere."""
    if prefix not in _DIALLED_SOMEWHERE:
        return True
    if region is None:
        return False
    if prefix.endswith("0011"):
        return bool(re.fullmatch(_international_prefix(region), prefix))
    return country_code_for_region(region) == _NORTH_AMERICA


def _international_prefix(region: str) -> str:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    return (metadata and metadata.international_prefix) or ""


def as_national(text: str, region: str | None) -> Iterator[tuple[str, PhoneForm]]:
    """Yield the readings as a national number of the region behind a bogus prefix, each with the prefix.

    Only digits that are written as national numbers of the region are: in Germany with the zero in front, in the
    United States with ten digits. Otherwise almost any number of another country would also be a German one.
    """
    if region is None:
        return
    for prefix, rest in _without_prefix(text, region):
        form = read_known(rest, region)
        if form.state == "ok" and decimal_digits(rest) == _national_digits(rest, region):
            yield prefix, form


def _national_digits(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    number.extension = None
    return decimal_digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def _lost_zero(text: str, region: str | None) -> PhoneForm | None:
    """Read digits whose leading zero a spreadsheet took, where the zero is part of the number (Italy).

    Only where the digits and the zero have the usual length of the country's numbers of that type: a shorter number may
    lack its area code, and a longer one is another mistake.
    """
    digits = text.removesuffix(".0")
    if region is None or not digits.isdecimal() or digits.startswith("0") or not habits(region).keeps_zero:
        return None
    form = read_known("0" + digits, region)
    if form.state != "ok" or len(behind_code(form.e164, region)) not in habits(region).zero_lengths:
        return None
    return None if read_known("+" + digits, None).state == "ok" else form._replace(repair="leading zero restored")


def _lost_plus(text: str, region: str | None) -> PhoneForm | None:
    """Read a number of the region with its calling code in front, where the library refuses it without its plus."""
    if region is None or not written_with_code(text, region):
        return None
    form = read_known("+" + text.lstrip(AHEAD_OF_PREFIX), None)
    if form.state != "ok" or not begins_with_code(form.e164, region):
        return None
    return form._replace(repair="plus restored")


def _named(text: str, region: str | None, refused: PhoneForm) -> PhoneForm:
    """Say what is in a cell without a subscriber's number."""
    digits = decimal_digits(text)
    if _ONLY_EXTENSION.fullmatch(text):
        return PhoneForm("unparseable", why="an extension without its number")
    if len(digits) > 1 and digits.strip("0") == "" and not _WORD.search(text):
        return PhoneForm("damaged", why="zeros only, as a spreadsheet's format shows an empty cell")
    if digits and _WORD.search(text):
        return PhoneForm("unparseable", why=WORD_AHEAD if has_remark_ahead(text) else WORD)
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
