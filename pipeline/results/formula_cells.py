"""Cells that a spreadsheet would run as a formula, in every CSV and XLSX that we write."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

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


def neutralised(cell: pl.Expr) -> pl.Expr:
    """Put an apostrophe before what a spreadsheet would run: it then shows the text as it is."""
    return pl.when(cell.str.contains(FORMULA)).then("'" + cell).otherwise(cell)


def neutralised_text(text: str) -> str:
    """Do the same to one text, such as a header."""
    return str(pl.select(neutralised(pl.lit(text))).item())
