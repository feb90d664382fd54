"""Words that stand in a cell for nothing at all."""

from __future__ import annotations

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
#: Names and addresses may truly be Null, Na or None: only what no one is called is empty there.
EMPTY_NAME_WORDS = frozenset({"", "(blank)", "(empty)", "(null)", "#n/a", "#value!", "#ref!", "#null!"})

#: Unicode white space, and the marks that look like nothing: BOM, zero-width spaces, soft hyphen.
_INVISIBLE = " \t\r\n\v\f\x00\u0085\u00a0\u00ad\u1680\u2000-\u200f\u2028\u2029\u202a-\u202f\u205f\u2060-\u2064\u3000\ufeff"
_EDGES = f"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$"
_UNDERSCORES = r"^_+$"


def trimmed(column: pl.Expr) -> pl.Expr:
    """Strip white space and invisible characters at both ends."""
    return column.str.replace_all(_EDGES, "")


def without_blanks(column: pl.Expr) -> pl.Expr:
    """Trim a contact or evidence column and turn words that mean nothing (``(blank)``, ``____``) into null."""
    text = trimmed(column)
    nothing = text.str.to_lowercase().is_in(EMPTY_WORDS) | text.str.contains(_UNDERSCORES)
    return pl.when(~nothing).then(text)


def without_name_blanks(column: pl.Expr) -> pl.Expr:
    """Trim a name or address column; only what nobody is called becomes null."""
    text = trimmed(column)
    return pl.when(~text.str.to_lowercase().is_in(EMPTY_NAME_WORDS)).then(text)
