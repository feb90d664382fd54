"""Leading zeros and literal text in xls: xlrd reads the formats, in workbooks that have any of them."""

from __future__ import annotations

from xlrd.biffh import XL_CELL_NUMBER
from xlrd.book import Book

from schemas.files.workbook.zeros import Zeros, read_format


def zeros_in_xls(book: Book, sheet: int) -> Zeros:
    """Find the cells of the sheet at this position. ``book`` is open with its formats, its sheets on demand."""
    found: list[tuple[int, int, int]] = []
    formats = [read_format(book.format_map[style.format_key].format_str) for style in book.xf_list]
    styles = {number for number, each in enumerate(formats) if each.shows_more()}
    if styles:
        cells = book.sheet_by_index(sheet)
        for row in range(cells.nrows):
            for column, kind in enumerate(cells.row_types(row)):
                if kind == XL_CELL_NUMBER and (style := cells.cell_xf_index(row, column)) in styles:
                    found.append((row, column, style))
    rows, columns, kinds = zip(*found, strict=True) if found else ((), (), ())
    return Zeros(rows, columns, kinds, formats)
