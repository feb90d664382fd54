"""One phone, email or name, and every text that means it: what a search for a person compares cells with.

A phone is found in its normal form, in each of its readings, as it came and inside a longer text, whatever is between
its digits; an email in any case, in ASCII or not; a name in either order, with or without accents. `Wanted.may_have` is
a cheap filter that lets more cells through, `Wanted.is_in` decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import phonenumbers
import polars as pl

from schemas.contact.email import read_email
from schemas.contact.marks import without_invisible
from schemas.contact.phone_readings import read_phone_point
from schemas.contact.phone_repairs import doubtful_numbers
from schemas.errors import UsageError
from schemas.masking import mask

#: Digits as text, with what may be between those of a number; neither letters nor what divides cells.
_RUN: Final = re.compile(r"\+?\s?\(?\d(?:(?:[^\w,;|\"\t\r\n]|_){0,3}\d)*")
_BETWEEN: Final = r"[^\p{L}\p{N}]{0,3}"
_BETWEEN_ASCII: Final = r"[^A-Za-z0-9]{0,3}"
#: A text with fewer digits is compared as a whole: it would be found in many others.
_FEWEST_DIGITS: Final = 7
#: What is longer is text, and is not read as one contact point.
_LONGEST_CELL: Final = 200


@dataclass(frozen=True)
class Wanted:
    """Who is looked for. ``normals``: E.164 of each reading, or the email's key; none of what cannot be read.

    ``shown``: masked, for messages. ``may_have``: an expression over a text column, null where that is. ``in_ascii``:
    the same as a pattern, for text in ASCII; None where it cannot be found inside a longer text.
    """

    kind: str
    shown: tuple[str, ...]
    normals: tuple[str, ...]
    may_have: Callable[[pl.Expr], pl.Expr]
    is_in: Callable[[str], bool]
    in_ascii: str | None = None

    def may_have_inside(self, column: pl.Expr) -> pl.Expr:
        """`may_have` for texts that many cells were put together to."""
        return pl.lit(True) if self.in_ascii is None else self.may_have(column)


def wanted_phone(given: str, region: str | None) -> Wanted:
    """A phone. ``region``: in which numbers without a country's code are read.

    One that is not valid is looked for as it was written. Raises `UsageError` when there is no digit in it.
    """
    text = given.strip()
    form, other = read_phone_point(text, region) if text else (None, None)
    normals = tuple(each.e164 for each in (form, other) if each is not None and each.e164 is not None)
    if not normals:
        digits = _ascii_digits(text)
        if not digits:
            raise UsageError("The phone given has no digit in it.", "Give it with + and the country's code.")
        if len(digits) < _FEWEST_DIGITS:
            return _whole_text("phone", text)
        return Wanted("phone", (mask(text),), (), _digits_filter([digits]), lambda cell: _has_digits(cell, digits))
    numbers = [_national(e164) for e164 in normals]
    prefixes = {nsn: _prefixes(code, e164) for (code, nsn), e164 in zip(numbers, normals, strict=True)}

    def is_in(cell: str) -> bool:
        if len(cell) <= _LONGEST_CELL and (trimmed := cell.strip()):
            read = [each.e164 for each in read_phone_point(trimmed, region) if each is not None]
            if not set(normals).isdisjoint([*read, *doubtful_numbers(trimmed, region)]):
                return True
            if trimmed.startswith("+") and read[0] is not None:
                return False
        return any(_has_number(cell, nsn, ahead) for nsn, ahead in prefixes.items())

    national = [nsn for _, nsn in numbers]
    shown = tuple(map(mask, normals))
    return Wanted("phone", shown, normals, _digits_filter(national), is_in, _digits_pattern(national, _BETWEEN_ASCII))


def wanted_email(given: str) -> Wanted:
    """An email. One that is not valid is looked for as it was written. Raises `UsageError` when it is blank."""
    text = _folded(given.strip())
    if not text:
        raise UsageError("The email given is blank.", "Give it in full, as name@domain.")
    normal = read_email(given.strip()).normal
    key = None if normal is None else normal.lower()
    if key is None and "@" not in text:
        return _whole_text("email", text)
    forms = {text} if key is None else {text, _folded(key), *_in_ascii(_folded(key))}
    local = text.partition("@")[0]
    # A blank beside the sign is a slip, and no end of the address.
    spelled = (re.escape(form).replace("@", r"\s{0,3}@\s{0,3}") for form in sorted(forms, reverse=True))
    inside = re.compile(r"(?<![\w.%+\-])(?<!\w')(?:" + "|".join(spelled) + r")(?![\w\-]|\.\w)")

    def is_in(cell: str) -> bool:
        folded = _folded(cell).replace("%40", "@")
        if len(cell) <= _LONGEST_CELL and folded.count("@") == 1:
            read = read_email(cell.strip()).normal
            if read is not None:
                return _folded(read) in forms
            if "".join(folded.split()) in forms:
                return True
        return inside.search(folded) is not None

    pattern = r"(?i)" + re.escape(local) + r"[\s\p{Cf}\"'>)\]]{0,4}(?:@|\x{FF20}|%40)"
    return Wanted(
        "email",
        (mask(key or text),),
        () if key is None else (key,),
        lambda column: column.str.contains(pattern),
        is_in,
        _email_in_ascii(text) if text.isascii() else None,
    )


def _email_in_ascii(address: str) -> str:
    """How an address is written in ASCII, up to the first label of its domain: blanks may be beside the sign."""
    local, _, domain = address.partition("@")
    label = domain.partition(".")[0]
    return rf"(?i-u:{re.escape(local)}[\s\"'>)\]]{{0,4}}(?:@|%40)[\s\"'<(\[]{{0,4}}{re.escape(label)})"


def wanted_name(given: str) -> Wanted:
    """A name: all its words next to each other, as given or with the last one first.

    Raises `UsageError` when it has fewer than two words: one alone is many people's.
    """
    words = re.findall(r"[^\W_][\w'\u2019\-]*", _plain(given))
    if len(words) < 2:
        raise UsageError("A name is looked for by at least two words.", "Give first and last name.")
    between = r"[\s,;|.\"']+"
    orders = (words, [words[-1], *words[:-1]])
    inside = re.compile(
        r"(?<![\w\-])(?:" + "|".join(between.join(map(re.escape, order)) for order in orders) + r")(?![\w\-])"
    )
    longest = max(words, key=len)

    # What is not in ASCII may have accents: it is compared in full.
    in_ascii = f"(?i-u:{re.escape(longest)})" if longest.isascii() else None
    pattern = rf"[^\x00-\x7F]|{in_ascii or ''}".rstrip("|")
    return Wanted(
        "name",
        (mask(given),),
        (),
        lambda column: column.str.contains(pattern),
        lambda cell: inside.search(_plain(cell)) is not None,
        in_ascii,
    )


def _whole_text(kind: str, text: str) -> Wanted:
    """Find cells that are this text and nothing else, but for case and blanks around it."""
    folded = _folded(text)
    same = r"(?i)^\s*" + re.escape(text) + r"\s*$"
    return Wanted(
        kind, (mask(text),), (), lambda column: column.str.contains(same), lambda cell: _folded(cell).strip() == folded
    )


def _digits_filter(numbers: list[str]) -> Callable[[pl.Expr], pl.Expr]:
    """Let through what has these digits in this order with little between them, or has digits of another script."""
    pattern = rf"{_digits_pattern(numbers, _BETWEEN)}|[\p{{Nd}}&&[^0-9]]"
    return lambda column: column.str.contains(pattern)


def _digits_pattern(numbers: list[str], between: str) -> str:
    return "|".join(between.join(number) for number in dict.fromkeys(numbers))


def _national(e164: str) -> tuple[str, str]:
    """Calling code and national number."""
    number = phonenumbers.parse(e164)
    return str(number.country_code), phonenumbers.national_significant_number(number)


def _prefixes(code: str, e164: str) -> tuple[frozenset[str], frozenset[str]]:
    """What may be before the national number: with the calling code, and without."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    metadata = None if region is None else phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    trunk = (metadata.national_prefix if metadata else None) or "0"
    abroad = frozenset(dialled + code + zero for dialled in ("", "00", "011", "0011") for zero in ("", "0", trunk))
    return abroad, frozenset({"", "0", trunk})


def _has_number(cell: str, nsn: str, ahead: tuple[frozenset[str], frozenset[str]]) -> bool:
    abroad, national = ahead
    for run in _RUN.findall(without_invisible(cell)):
        groups = [_ascii_digits(group) for group in re.findall(r"\d+", run)]
        # What begins as a number of some country is that number, and none that begins later.
        from_abroad = run.startswith("+") or groups[0].startswith("00")
        allowed = abroad if from_abroad else abroad | national
        longest = len(nsn) + max(map(len, allowed))
        for first in range(1 if from_abroad else len(groups)):
            digits = ""
            for at in range(first, len(groups)):
                digits += groups[at]
                if len(digits) > longest:
                    break
                if digits.endswith(nsn) and digits.removesuffix(nsn) in allowed:
                    return True
    return False


def _has_digits(cell: str, digits: str) -> bool:
    runs = (
        [_ascii_digits(group) for group in re.findall(r"\d+", run)] for run in _RUN.findall(without_invisible(cell))
    )
    return any("".join(groups) == digits for groups in runs)


def _ascii_digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", without_invisible(text)).casefold()


def _plain(text: str) -> str:
    """Without case and accents."""
    parts = unicodedata.normalize("NFKD", without_invisible(text))
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).lower()


def _in_ascii(address: str) -> list[str]:
    """The address with its domain in ASCII (IDNA), where that is another one."""
    local, _, domain = address.rpartition("@")
    try:
        return [f"{local}@{domain.encode('idna').decode('ascii')}"]
    except UnicodeError:
        return []
