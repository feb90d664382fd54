"""Leading zeros in xls: xlrd reads the formats, in workbooks that have any of them."""

from __future__ import annotations

from xlrd.biffh import XL_CELL_NUMBER
from xlrd.book import Book

from schemas.files.workbook.zeros import Zeros, digits_shown


def zeros_in_xls(book: Book, sheet: int) -> Zeros:
    """Find the cells of the sheet at this position. ``book`` is open with its formats, its sheets on demand."""
    found: list[tuple[int, int, int]] = []
    styles = {
        number: digits
        for number, style in enumerate(book.xf_list)
        if (digits := digits_shown(book.format_map[style.format_key].format_str))
    }
    if styles:
        cells = book.sheet_by_index(sheet)
        for row in range(cells.nrows):
            for column, kind in enumerate(cells.row_types(row)):
                if kind == XL_CELL_NUMBER and (style := cells.cell_xf_index(row, column)) in styles:
                    found.append((row, column, styles[style]))
    return Zeros(*zip(*found, strict=True)) if found else Zeros((), (), ())
