"""Cells that a spreadsheet would run as a formula, in every CSV and XLSX that we write."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import polars as pl

from schemas.support.text_views import text_views

#: What a formula begins with, also as full-width, small, raised and lowered forms, which some programs take for the
#: same; and the tab and the ends of a line, behind which a cell may begin once more.
SIGNS: Final = (
    "=+-@\t\r\n"
    "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
    "\N{SMALL EQUALS SIGN}\N{SMALL PLUS SIGN}\N{SMALL HYPHEN-MINUS}\N{SMALL COMMERCIAL AT}"
    "\N{SUPERSCRIPT EQUALS SIGN}\N{SUPERSCRIPT PLUS SIGN}\N{SUPERSCRIPT MINUS}"
    "\N{SUBSCRIPT EQUALS SIGN}\N{SUBSCRIPT PLUS SIGN}\N{SUBSCRIPT MINUS}"
    "\N{MINUS SIGN}\N{HEBREW LETTER ALTERNATIVE PLUS SIGN}"
)
#: Blanks, controls, what Unicode lets a program leave out of what it shows, and the blank pattern of Braille.
_UNSEEN: Final = r"[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\x{2800}]"
FORMULA: Final = f"^{_UNSEEN}*[{re.escape(SIGNS)}]"
#: By the first byte of a text: whether it is a sign, and whether something else may match; the rest does not.
_SIGN = np.array([chr(byte) in SIGNS and byte < 0x80 for byte in range(256)])
_MAY = np.array([byte <= ord(" ") or byte >= 0x7F for byte in range(256)]) & ~_SIGN


def neutralised(cell: pl.Expr) -> pl.Expr:
    """Put an apostrophe before what a spreadsheet would run: it then shows the text as it is."""
    return cell.map_batches(neutralised_cells, return_dtype=pl.String, is_elementwise=True)


def neutralised_cells(cells: pl.Series) -> pl.Series:
    """Do the same to a column."""
    # A pattern takes longer than all else that is done to a cell, and hardly any needs it.
    views = text_views(cells)
    first, given = (views.heads >> np.uint64(32)).astype(np.uint8), views.sizes > 0
    if cells.null_count():
        given &= cells.is_not_null().to_numpy()
    found = _SIGN.take(first) & given
    rows = np.flatnonzero(_MAY.take(first) & given)
    if len(rows):
        found[rows] = cells.gather(rows).str.contains(FORMULA).to_numpy()
    return ("'" + cells).zip_with(pl.Series(found), cells) if found.any() else cells


def neutralised_text(text: str) -> str:
    """Do the same to one text, such as a header."""
    if not text or not (_SIGN | _MAY)[text.encode()[0]]:
        return text
    return str(neutralised_cells(pl.Series([text])).item())
