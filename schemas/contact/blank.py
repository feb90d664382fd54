"""Words that stand in a cell for nothing at all."""

from __future__ import annotations

import re

import polars as pl

#: Compared after trimming and lower-casing. Used for contact points, dates and evidence.
EMPTY_WORDS = frozenset(
    {
        "",
        "(blank)",
        "blank",
        "(empty)",
        "(none)",
        "(null)",
        "none",
        "null",
        "nil",
        "nan",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "#na",
        "#value!",
        "#ref!",
        "#null!",
        "not available",
        "unknown",
        "undefined",
        "-",
        "--",
        "---",
        ".",
        "?",
        "0",
    }
)
#: What a spreadsheet shows instead of a value that it could not work out. A contact point was there and is lost.
ERROR_WORDS = frozenset({"#n/a", "#na", "#value!", "#ref!", "#null!", "#name?", "#num!", "#div/0!"})
#: Names and addresses may truly be Null, Na or None: only what no one is called is empty there.
EMPTY_NAME_WORDS = frozenset({"", "(blank)", "(empty)", "(null)", "#n/a", "#value!", "#ref!", "#null!"})


def _range(first: int, last: int) -> str:
    return "".join(chr(code) for code in range(first, last + 1))


#: Unicode white space, and the marks that look like nothing: BOM, zero-width spaces, direction marks, soft hyphen.
_INVISIBLE = (
    " \t\r\n\v\f\x00\u0085\u00a0\u00ad\u1680\u202f\u205f\u3000\ufeff"
    + _range(0x2000, 0x200F)
    + _range(0x2028, 0x202E)
    + _range(0x2060, 0x2064)
)


def _any_of(words: frozenset[str], more: str = "") -> str:
    """Build a pattern that one of the words, in any case, matches as a whole."""
    return "(?i)^(?:" + "|".join([re.escape(word).replace("/", r"\/") for word in sorted(words)]) + more + ")$"


#: Form fields are often left as a row of underscores.
_EMPTY = _any_of(EMPTY_WORDS, "|_+")
_EMPTY_POINT = _any_of(EMPTY_WORDS - ERROR_WORDS, "|_+")
_EMPTY_NAME = _any_of(EMPTY_NAME_WORDS)


def trimmed(column: pl.Expr) -> pl.Expr:
    """Strip white space and invisible characters at both ends."""
    return column.str.strip_chars(_INVISIBLE)


def without_blanks(column: pl.Expr) -> pl.Expr:
    """Trim a contact or evidence column and turn words that mean nothing (``(blank)``, ``____``) into null."""
    text = trimmed(column)
    return pl.when(~text.str.contains(_EMPTY)).then(text)


def without_point_blanks(column: pl.Expr) -> pl.Expr:
    """Trim a contact column; words that mean nothing become null, but not a spreadsheet's errors: they are damage."""
    text = trimmed(column)
    return pl.when(~text.str.contains(_EMPTY_POINT)).then(text)


def without_name_blanks(column: pl.Expr) -> pl.Expr:
    """Trim a name or address column; only what nobody is called becomes null."""
    text = trimmed(column)
    return pl.when(~text.str.contains(_EMPTY_NAME)).then(text)
