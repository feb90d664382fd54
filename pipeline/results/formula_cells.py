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
#: By the first byte of a text: whether it may match. One that begins with another visible character of ASCII does not.
_MAY = np.array([byte <= ord(" ") or chr(byte) in SIGNS or byte >= 0x7F for byte in range(256)])


def neutralised(cell: pl.Expr) -> pl.Expr:
    """Put an apostrophe before what a spreadsheet would run: it then shows the text as it is."""
    return cell.map_batches(_neutral, return_dtype=pl.String, is_elementwise=True)


def _neutral(cells: pl.Series) -> pl.Series:
    # A pattern takes longer than all else that is done to a cell, and few cells begin like a formula.
    views = text_views(cells)
    first = (views.heads >> np.uint64(32)).astype(np.uint8)
    rows = np.flatnonzero(_MAY.take(first) & (views.sizes > 0))
    if len(rows):
        rows = rows[cells.gather(rows).str.contains(FORMULA).fill_null(False).to_numpy()]
    if not len(rows):
        return cells
    is_one = np.zeros(len(cells), np.bool_)
    is_one[rows] = True
    return (
        cells.rename("cell")
        .to_frame()
        .select(pl.when(pl.lit(pl.Series(is_one))).then("'" + pl.col("cell")).otherwise("cell"))
        .to_series()
        .alias(cells.name)
    )


def neutralised_text(text: str) -> str:
    """Do the same to one text, such as a header."""
    if not text or not _MAY[text.encode()[0]]:
        return text
    return str(pl.select(neutralised(pl.lit(text))).item())
