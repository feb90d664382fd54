"""Repairs of phones that the library refuses.

`phone_forms` says what the library says. Vendors write numbers that it refuses although only one reading is possible
(a plus before a national number, a line break, a lost zero): these are repaired, and the repair is named. Where there
is no certain reading, the state says what is in the cell instead (`is_email`, `short_code`). Ordinary values never
come here.
"""

from __future__ import annotations

import functools
import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, country_code_for_region

from schemas.contact.blank import ERROR_WORDS
from schemas.contact.email import read_email
from schemas.contact.marks import INVISIBLE_REMOVED, MARKS, without_invisible
from schemas.contact.numbering.known import calling_code, read_known
from schemas.contact.numbering.labels import has_remark_ahead, without_labels
from schemas.contact.numbering.library import (
    DECIMAL_REMOVED,
    MOST_CHARACTERS,
    SEVERAL,
    TOO_LONG,
    WORD,
    WORD_AHEAD,
    PhoneForm,
    PhonePoint,
    parts_of_cell,
)
from schemas.contact.numbering.region_habits import decimal_digits, habits
from schemas.contact.phone_questions import Asking, answer_one

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
_DECIMAL_ZERO = re.compile(r"[.,]0+\Z")


def written_with_code(value: str, region: str) -> bool:
    """Whether the first digits of a value are the region's calling code, without a plus before them."""
    return _NO_DIGITS.sub("", value).startswith(_code_of(region)) and not WITH_PREFIX.match(value)


def begins_with_code(e164: str | None, region: str) -> bool:
    """Whether a number is of the country whose calling code the region has."""
    return e164 is not None and e164.startswith(f"+{_code_of(region)}")


def behind_code(e164: str | None, region: str) -> str:
    """The digits behind the region's calling code."""
    return (e164 or "").removeprefix(f"+{_code_of(region)}")


@functools.cache
def _code_of(region: str) -> str:
    return str(country_code_for_region(region))


def repair_phone(value: str, region: str | None, refused: PhoneForm) -> Asking[PhonePoint]:
    """Find the one certain reading of a value that the library refuses, or say what it is instead."""
    if refused.state == "damaged" or refused.why == TOO_LONG:
        return PhonePoint(refused)
    if (instead := _no_number(value)) is not None:
        return PhonePoint(instead)
    if refused.why == SEVERAL:
        return PhonePoint((yield from _same_twice(value, region)) or refused)
    text, cleaned = _cleaned(value)
    if cleaned and (form := (yield text, region)).state == "ok":
        return PhonePoint(form._replace(repair=cleaned))
    if found := (yield from _from_abroad(text, region, cleaned)):
        return found
    of_zero, of_plus = (yield from _lost_zero(text, region)), (yield from _lost_plus(text, region))
    lost = [form for form in (of_zero, of_plus) if form is not None]
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
    prefixes = without_prefix(text, region)
    forms = [form for _, form in answer_one(as_national(prefixes, region), read_known)]
    forms += [read_known("+" + rest, None) for _, rest in prefixes]
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


def _same_twice(value: str, region: str | None) -> Asking[PhoneForm | None]:
    same: dict[str | None, PhoneForm] = {}
    for part in parts_of_cell(value):
        form = yield part.strip(), region
        same.setdefault(form.e164, form)
    form = next(iter(same.values()))
    return form._replace(repair="the same number twice") if len(same) == 1 and form.state == "ok" else None


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


def _from_abroad(text: str, region: str | None, cleaned: str) -> Asking[PhonePoint | None]:
    """Read what begins as a call abroad does: as a number of another country, and as one of this with a bogus prefix.

    When both are valid, the first one is as written. Several numbers abroad are no certain reading, and neither is a
    national number that begins with the region's calling code: who wrote +0491622920007 may have meant +491622920007.
    """
    prefixes = without_prefix(text, region)
    if not prefixes:
        return None
    abroad: dict[str | None, PhonePoint] = {}
    for prefix, rest in prefixes:
        if prefix != "+" and (form := (yield "+" + rest, None)).state == "ok":
            abroad.setdefault(form.e164, PhonePoint(_repaired(form, f"prefix {prefix} read as +", cleaned)))
    national = {form.e164: (prefix, form) for prefix, form in (yield from as_national(prefixes, region))}
    if len(abroad) > 1 or len(abroad | national) != len(abroad) + len(national) or len(national) > 1:
        return next(iter(abroad.values())) if len(abroad | national) == 1 else None
    if not national:
        return next(iter(abroad.values()), None)
    prefix, form = next(iter(national.values()))
    if abroad:
        return next(iter(abroad.values()))._replace(other=form)
    is_own = region is None or begins_with_code("+" + behind_code(form.e164, region), region)
    if is_own or (yield from _is_zero_too_many(text)):
        return None
    return PhonePoint(_repaired(form, f"bogus {prefix} removed", cleaned))


def _is_zero_too_many(text: str) -> Asking[bool]:
    """Whether "+0" may mean a plus."""
    begun = text.replace("\uff0b", "+").lstrip(AHEAD_OF_PREFIX)
    return begun.startswith("+0") and (yield "+" + begun[2:], None).state == "ok"


def without_prefix(text: str, region: str | None) -> list[tuple[str, str]]:
    """Each way to take a prefix for calls abroad off: the prefix, and what is left."""
    begun = text.replace("\uff0b", "+").lstrip(AHEAD_OF_PREFIX)
    if not begun.startswith(("+", "0")):
        return []
    prefixes = [prefix for prefix in _ABROAD if begun.startswith(prefix) and _is_dialled(prefix, region)]
    ways = [(prefix, begun.removeprefix(prefix).lstrip(" ().-")) for prefix in prefixes]
    return [(prefix, rest) for prefix, rest in ways if rest[:1].isdigit()]


@functools.cache
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


def as_national(prefixes: list[tuple[str, str]], region: str | None) -> Asking[list[tuple[str, PhoneForm]]]:
    """Find the readings as a national number of the region behind a bogus prefix, each with the prefix.

    ``prefixes``: what `without_prefix` finds. Only digits that are written as national numbers of the region are: in
    Germany with the zero in front, in the United States with ten digits. Otherwise almost any number of another country
    would also be a German one.
    """
    found: list[tuple[str, PhoneForm]] = []
    for prefix, rest in prefixes if region is not None else []:
        form = yield rest, region
        if form.state == "ok" and _digits_written(rest, form) == _national_digits(form):
            found.append((prefix, form))
    return found


def _digits_written(text: str, form: PhoneForm) -> str:
    return decimal_digits(_DECIMAL_ZERO.sub("", text) if form.repair == DECIMAL_REMOVED else text)


def _national_digits(form: PhoneForm) -> str:
    """The digits of a valid number, written as in its own country."""
    digits = (form.e164 or "").removeprefix("+")
    code = calling_code(digits) or ""
    national = digits.removeprefix(code)
    number = phonenumbers.PhoneNumber(country_code=int(code), national_number=int(national))
    if (zeros := len(national) - len(national.lstrip("0"))) > 0:
        number.italian_leading_zero, number.number_of_leading_zeros = True, zeros
    return decimal_digits(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def _lost_zero(text: str, region: str | None) -> Asking[PhoneForm | None]:
    """Read digits whose leading zero a spreadsheet took, where the zero is part of the number (Italy).

    Only where the digits and the zero have the usual length of the country's numbers of that type: a shorter number may
    lack its area code, and a longer one is another mistake.
    """
    digits = text.removesuffix(".0")
    if region is None or not digits.isdecimal() or digits.startswith("0") or not habits(region).keeps_zero:
        return None
    form = yield "0" + digits, region
    if form.state != "ok" or len(behind_code(form.e164, region)) not in habits(region).zero_lengths:
        return None
    behind_plus = yield "+" + digits, None
    return None if behind_plus.state == "ok" else form._replace(repair="leading zero restored")


def _lost_plus(text: str, region: str | None) -> Asking[PhoneForm | None]:
    """Read a number of the region with its calling code in front, where the library refuses it without its plus."""
    if region is None or not written_with_code(text, region):
        return None
    form = yield "+" + text.lstrip(AHEAD_OF_PREFIX), None
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
