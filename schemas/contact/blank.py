"""Words in a cell that mean nothing at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.support.column_bytes import column_bytes

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


def trimmed(column: pl.Expr) -> pl.Expr:
    """Strip white space and invisible characters at both ends."""
    return column.str.strip_chars(_INVISIBLE)


@dataclass(frozen=True)
class Blanks:
    """Which words mean nothing in a kind of column. ``seldom``: by first byte and length, where to look closely."""

    pattern: str
    seldom: npt.NDArray[np.bool_]

    def without(self, column: pl.Expr) -> pl.Expr:
        """Trim a column and turn words that mean nothing (``(blank)``, ``____``) into null."""
        text = trimmed(column)
        return pl.when(~text.str.contains(self.pattern)).then(text)

    def cleaned(self, cells: pl.Series) -> pl.Series:
        """Do the same to a whole column, looking closely only at cells whose ends or length are suspicious."""
        bounds, data = column_bytes(cells)
        sizes = np.diff(bounds)
        first = data.take(bounds[:-1], mode="clip")
        last = data.take(bounds[1:] - 1, mode="clip")
        begins = first.astype(np.uint16) * _LENGTHS + np.minimum(sizes, _LONG).astype(np.uint16)
        rows = np.flatnonzero(self.seldom.ravel().take(begins) | _ENDS_INVISIBLE.take(last))
        empty = sizes == 0
        rows = rows[~empty[rows]]
        if len(rows):
            close = cells.gather(rows).to_frame("cell").select(self.without(pl.col("cell"))).to_series()
            cells = cells.clone().scatter(rows, close)
        return (
            cells.to_frame("cell").select(pl.when(pl.lit(pl.Series(~empty))).then("cell")).to_series()
            if empty.any()
            else cells
        )


#: Lengths from this one on count as one.
_LONG = 15
_LENGTHS = np.uint16(_LONG + 1)


def _blanks(words: frozenset[str], more: str = "", anything_like: bytes = b"") -> Blanks:
    seldom = np.zeros((256, _LONG + 1), dtype=np.bool_)
    for word in words - {""}:
        seldom[[ord(word[0]), ord(word[0].upper())], min(len(word), _LONG)] = True
    seldom[list(anything_like)] = True
    seldom[_OPENS_INVISIBLE] = True
    return Blanks(_any_of(words, more), seldom)


def _bytes_of(characters: str, position: int) -> npt.NDArray[np.bool_]:
    """Mark the first (0) or last (-1) bytes that these characters have in UTF-8."""
    marks = np.zeros(256, dtype=np.bool_)
    marks[[character.encode()[position] for character in characters]] = True
    return marks


_OPENS_INVISIBLE, _ENDS_INVISIBLE = _bytes_of(_INVISIBLE, 0), _bytes_of(_INVISIBLE, -1)

#: In evidence columns. Form fields are often left as a row of underscores.
BLANKS = _blanks(EMPTY_WORDS, "|_+", b"_")
#: In contact columns. A spreadsheet's errors mean something there: they are damage.
POINT_BLANKS = _blanks(EMPTY_WORDS - ERROR_WORDS, "|_+", b"_")
#: In name and address columns, where only what nobody is called means nothing.
NAME_BLANKS = _blanks(EMPTY_NAME_WORDS)
