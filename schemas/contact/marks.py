"""What spreadsheets and copying leave around and inside a contact point, and what is never part of it.

A leading apostrophe or backtick says "this is text" in a spreadsheet, ``="…"`` is a formula for a text, and zero-width
characters come along when text is copied from a page. Drops and lists read their points through the same functions,
and find each other.
"""

from __future__ import annotations

import re
import unicodedata

#: The repair that is named.
MARK_REMOVED = "spreadsheet's mark removed"
INVISIBLE_REMOVED = "invisible characters removed"

_APOSTROPHES = "'`\u00b4\u2018\u2019"
#: Characters that a spreadsheet's marks are made of.
MARKS = _APOSTROPHES + '="'
_MARKED = frozenset({"=", *_APOSTROPHES})
_FORMULA = re.compile(r'=\s*(?:T\(\s*)?"([^"]*)"\s*\)?', re.IGNORECASE)
#: Soft hyphen, zero-width characters, marks and overrides of direction, byte order mark.
#: A lost character, which may have been any, and the dot of a Chinese or Japanese domain.
_KEPT = "\ufffd\u3002"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def without_marks(text: str) -> str:
    """Take a spreadsheet's marks off a trimmed text: ``'text``, `` `text``, ``'text'``, ``="text"`` and ``=text``."""
    while text[:1] in _MARKED:
        match = _FORMULA.fullmatch(text)
        inside = match[1] if match else text.lstrip(_APOSTROPHES + "=")
        if text[0] in _APOSTROPHES and inside[-1:] in _APOSTROPHES:
            inside = inside.rstrip(_APOSTROPHES)
        if not inside.strip():
            break
        text = inside.strip()
    return text


def without_invisible(text: str) -> str:
    """Take zero-width characters and marks of direction out of a text."""
    return _INVISIBLE.sub("", text)


def plain_signs(text: str) -> str:
    """Return a text in which every sign beyond ASCII is a blank, or the ASCII sign that it is a wider form of.

    For a search only: letters, digits and what stands for a lost character (U+FFFD) stay as they are.
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", without_invisible(text))
    return "".join(
        char if char.isascii() or char in _KEPT or unicodedata.category(char)[0] in "LMN" else " " for char in plain
    )


def plain_word(text: str) -> str:
    """Return a word as a person would type it: without a spreadsheet's marks, in letters and digits of plain width."""
    return without_marks(unicodedata.normalize("NFKC", without_invisible(text)).strip())
