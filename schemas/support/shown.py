r"""How text from elsewhere (names, headers, reasons, what a vendor wrote) is shown to people.

A terminal obeys escape sequences, a direction mark turns a line round, a line break forges a line: each such character
is spelled, as in ``\x1b``. Whole phones and emails in names are masked, as everywhere outside the contact columns.
"""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

HIDDEN: Final = "*****"
#: Controls, formats (direction marks, zero widths), surrogates, private and unassigned ones, ends of lines.
_SPELLED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: A number with fewer digits is a short one, of which half is hidden.
_LONG: Final = 11
#: Most digits that are shown of a number, and of these at its end.
_MOST, _TAIL = 6, 2

# Each run of characters is gone through once: a possessive quantifier gives nothing back.
_LOCAL = r"(?:[^\s'\"<>()\[\]{},;:/\\|!=@\uff20*%]|%(?!40))"
_EMAIL: Final = re.compile(
    rf"(?<![^\s'\"<>()\[\]{{}},;:/\\|!=@\uff20*]){_LOCAL}++(?:@|\uff20|%40)"
    r"(?P<domain>(?:[^\s'\"<>()\[\]{},;:/\\|!=@\uff20*%.]++\.)++[^\W\d_]{2,63})"
)
_AT: Final = ("@", "\uff20", "%40")
#: Ids, which may have digits only for a while, and runs of digits with what stands between those of a number.
_DIGITS: Final = re.compile(
    r"(?P<id>(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*+[a-f])[0-9a-f]{12,})"
    r"(?![0-9A-Za-z])|(?:run|version) [0-9a-f]{12}(?![0-9A-Za-z]))"
    r"|(?P<plus>[+\uff0b]|%2B)?\(?\d(?:[ ().\-_]{0,2}\d)*+",
    re.IGNORECASE,
)
#: A day of this century or the last, and what may follow of its time.
_DATED: Final = re.compile(
    r"(?:19|20)\d\d(?P<mark>[-_. ]?)(?:0[1-9]|1[0-2])(?P=mark)(?:0[1-9]|[12]\d|3[01])"
    r"(?P<time>[-_. ]?(?:[01]\d|2[0-3])(?:[-_. ]?[0-5]\d){0,2}(?:\.\d{1,6})?)?"
)
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
#: Fewest digits of a number that begins with a plus, with a zero, and with neither; most of one.
_FEWEST: Final = {"+": 7, "0": 9, "": 10}
_MOST_DIGITS: Final = 15


def printable(text: str) -> str:
    r"""Spell what a terminal would not show as it is; the result is one line. A byte that is no text is ``\xff``."""
    if text.isprintable():
        return text
    return "".join(map(_spelled, text))


def masked_addresses(text: str) -> str:
    """Mask the phones and emails in a text; what is masked already stays as it is."""
    # Most texts hold neither, and the patterns take longest to find that out.
    if any(mark in text for mark in _AT):
        text = _EMAIL.sub(_masked_email, text)
    return _DIGITS.sub(_masked_phone, text) if _may_hold_phone(text) else text


def _may_hold_phone(text: str) -> bool:
    return not text.isascii() or sum(map(text.count, string.digits)) >= min(_FEWEST.values())


def shown(text: str) -> str:
    """One line that may be shown to anybody: `printable`, with addresses masked."""
    return masked_addresses(printable(text))


def printable_json(document: str) -> str:
    """Spell in a JSON document what a terminal would obey; it says the same to whoever parses it."""
    lines = document.split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_spelled_in_json, line)) for line in lines)


def shown_digits(digits: int) -> tuple[int, int]:
    """How many digits are shown at the beginning and at the end of a number; of a short one at most half."""
    most = _MOST if digits >= _LONG else digits // 2
    tail = min(_TAIL, most // 2)
    return most - tail, tail


def _is_spelled(letter: str) -> bool:
    return unicodedata.category(letter) in _SPELLED


def _spelled(letter: str) -> str:
    if not _is_spelled(letter):
        return letter
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name that is no text
        return f"\\x{code - 0xDC00:02x}"
    short = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT.get(letter, short)


def _spelled_in_json(letter: str) -> str:
    if not _is_spelled(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _masked_email(found: re.Match[str]) -> str:
    domain = found["domain"]
    return f"{found[0][0]}{HIDDEN}@{domain[0]}{HIDDEN}{domain[domain.rindex('.') :]}"


def _masked_phone(found: re.Match[str]) -> str:
    text, plus = found[0], "+" if found["plus"] else ""
    digits = "".join(letter for letter in text.upper().removeprefix("%2B") if letter.isdecimal())
    begins = plus or ("0" if digits[:1] == "0" else "")
    if found["id"] or len(digits) < _FEWEST[begins] or (not plus and _is_other(text, digits)):
        return text
    head, tail = shown_digits(len(digits))
    return f"{plus}{digits[:head]}{HIDDEN}{digits[len(digits) - tail :]}"


def _is_other(text: str, digits: str) -> bool:
    """Whether digits are a time, as programs name files after, the address of a server, or a count of something."""
    if text == digits:
        # Ten digits may be an hour as well as a number: not shown.
        return len(digits) > _MOST_DIGITS or (len(digits) in (12, 14) and _DATED.fullmatch(digits) is not None)
    return _DATED.fullmatch(text) is not None or _ADDRESS.fullmatch(text) is not None
