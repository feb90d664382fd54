"""One value as `read_phone` reads it, by the tables where its digits are plain: what repairs ask again and again.

The library skips what is before the first figure or plus and what is no letter or figure at the end. It takes off an
extension, and reads a word as it is spelled on the keys of a phone; then the plus and the figures decide, and tables
know how (`schemas.kernels.phones.decide` does the same for columns). What has other characters beyond ASCII than
punctuation, and more or fewer figures than a number, goes to the library.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

from schemas.contact.numbering.answers import AS_IF_PLUS, UNDECIDED
from schemas.contact.numbering.library import NO_COUNTRY, NO_NUMBER, PhoneForm, form_of_text, read_phone
from schemas.contact.numbering.lookup import numbering
from schemas.contact.numbering.ranges import code_of, digits_of
from schemas.contact.numbering.shipped import Key

#: Punctuation beyond ASCII as its like in ASCII, figures and the plus of full width; marks that nobody sees, which are
#: no part of a number, as such a sign.
_PLAIN = str.maketrans(
    "\u00a0\u00ad\u200b\u2060\u3000\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\uff0e\uff0f\uff08\uff09\uff0b"
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
    "------------" + "-./()+" + "0123456789" + "&&&&&&&&&&&&",
)
#: From the first figure or plus to the last letter, figure or #; the low line is none.
_BEGUN = re.compile(r"[+0-9].*?(?=[^0-9A-Za-z#]*\Z)", re.DOTALL)
_NUMBER = re.compile(r"(\+*)[0-9 ().\-\[\]/*]*")
#: What an extension, a word or a parameter is made of.
_MORE = re.compile(r"[A-Za-z#~;,]")
_NO_FIGURES = re.compile("[^0-9]+")
#: With fewer or more figures the library is asked.
_LEAST, _MOST = 3, 16
#: RFC 3966: a number is completed by its context, and what begins with the subaddress is left out.
_CONTEXT, _SUBADDRESS = ";phone-context=", ";isub="
#: The second of two extensions is left out.
_SECOND = re.compile(r"[\\/] *x")
#: Extensions as the library takes them: by RFC 3966; with a label, or a sign that may be one; before a #; behind what
#: is dialled as a pause. The less certain the sign, the fewer figures.
_AHEAD, _AFTER = r"[ \t,]*", r"[:.]?[ \t,\-]*"
_EXTENSIONS = (
    r";ext=(\d{1,20})"
    rf"|{_AHEAD}(?:e?xt(?:ensio)?n?|anexo){_AFTER}(\d{{1,20}})#?"
    rf"|{_AHEAD}(?:[x#~]|int){_AFTER}(\d{{1,9}})#?"
    r"|[\- ]+(\d{1,6})#"
    rf"|[ \t]*(?:,,|;){_AFTER}(\d{{1,15}})#?"
    rf"|[ \t]*,+{_AFTER}(\d{{1,9}})#?"
)
_EXTENSION = re.compile(rf"(?:{_EXTENSIONS})\Z", re.IGNORECASE)
_VIABLE = re.compile(
    r"\d{2}|\+*(?:[ ().\-\[\]/~x*]*\d){3,}[ ().\-\[\]/~x*A-Z\d]*" + f"(?:{_EXTENSIONS})?", re.IGNORECASE
)
#: With that many letters a number is a word, as it is spelled on the keys of a phone (ITU-T E.161).
_WORD_LETTERS = 3
_LETTER = re.compile("[A-Za-z]")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_CALLING_CODES = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))


def read_known(value: str, region: str | None) -> PhoneForm:
    """Read one trimmed, non-empty value, as `read_phone` does."""
    return read_phone(value, region, _form_of_text)


def _form_of_text(text: str, region: str | None) -> PhoneForm:
    form = _known_form(text, region)
    return form_of_text(text, region) if form is None else form


def _known_form(text: str, region: str | None) -> PhoneForm | None:
    """The form of a text, whatever words are before it; None where the library is to be asked."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    begun = _BEGUN.search(plain)
    if begun is not None and (number := _NUMBER.fullmatch(begun[0])) is not None:
        return _form_of_digits(_NO_FIGURES.sub("", number[0]), number[1] != "", region) if plain.isascii() else None
    if begun is None or _MORE.search(begun[0]) is None:
        return NO_NUMBER if plain.isascii() else None
    # Behind the label of an extension a dash is no hyphen.
    return _form_with_more(begun[0], region) if text.isascii() and _CONTEXT not in text else None


def _form_with_more(text: str, region: str | None) -> PhoneForm | None:
    """The form of a text in ASCII from its first figure or plus on."""
    text = _SECOND.split(text, maxsplit=1)[0]
    if (subaddress := text.find(_SUBADDRESS)) > 0:
        text = text[:subaddress]
    if not _VIABLE.fullmatch(text):
        return NO_NUMBER
    extension = _EXTENSION.search(text)
    if extension is not None and (not _VIABLE.fullmatch(text, 0, extension.start())):
        extension = None
    number = text if extension is None else text[: extension.start()]
    if len(_LETTER.findall(number)) >= _WORD_LETTERS:
        number = number.upper().translate(_KEYPAD)
    form = _form_of_digits(_NO_FIGURES.sub("", number), number.startswith("+"), region)
    if form is None or extension is None or form.state != "ok":
        return form
    return form._replace(extension=next(group for group in extension.groups() if group is not None))


def _form_of_digits(digits: str, has_plus: bool, region: str | None) -> PhoneForm | None:
    if not _LEAST <= len(digits) <= _MOST:
        return None
    if has_plus and calling_code(digits) is not None:
        return _behind_plus(digits)
    if region not in SUPPORTED_REGIONS:
        # The library takes one in small letters for what is behind a plus only.
        return NO_COUNTRY if region is None else None if has_plus else NO_NUMBER
    answer, code = _answer(region, code_of(digits))
    if answer == AS_IF_PLUS:
        return _behind_plus(digits_of(code))
    # Without its plus, which no calling code is behind, it can only be a call abroad.
    return NO_NUMBER if has_plus and answer != UNDECIDED else _form(answer, code)


def _behind_plus(digits: str) -> PhoneForm | None:
    code = calling_code(digits)
    if code is None:
        return NO_NUMBER
    return _form(*_answer(int(code), code_of(digits))) if len(digits) >= _LEAST else None


def calling_code(digits: str) -> str | None:
    """The calling code that some digits begin with; no calling code begins with another."""
    return next((digits[:size] for size in (1, 2, 3) if digits[:size] in _CALLING_CODES), None)


def _answer(key: Key, code: int) -> tuple[int, int]:
    """What a table says of a code: the answer's number, and the E.164 digits as an integer."""
    table = _table(key)
    if table is None:
        return UNDECIDED, 0
    piece = bisect_right(table.starts, code) - 1
    return table.answer[piece], code + table.delta[piece]


def _form(answer: int, e164: int) -> PhoneForm | None:
    if answer < 0:
        return None
    form = numbering().answers.forms[answer]
    return form._replace(e164=f"+{e164}") if form.state == "ok" else form


class _Pieces(NamedTuple):
    """A table (`schemas.contact.numbering.tables`) as Python reads one number of it at a time."""

    starts: memoryview[int]
    answer: memoryview[int]
    delta: memoryview[int]


@functools.cache
def _table(key: Key) -> _Pieces | None:
    table = numbering().shipped_table(key)
    return None if table is None else _Pieces(table.starts.data, table.answer.data, table.delta.data)
