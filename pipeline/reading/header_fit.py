"""Fits a header to rows that have another number of cells: each name gets the right column, or the run stops."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.errors import DropError
from schemas.headers import match_header
from schemas.support.figures import counted

#: Rows of one width say what a table's width is, when there are so many of them, and nearly no others.
_FEWEST, _SHARE = 3, 0.9
_POINT_DIGITS = 7
#: Fields that are no numbers.
_WORDS = {"full_name", "first_name", "last_name", "company", "job_title", "city", "state", "country"}


def fitted_header(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int, line: int) -> tuple[str, ...]:
    """Return a name for each column, empty for one without.

    ``width`` is the rows' usual number of cells, ``line`` the header's, 1-based. Raises `DropError` when it cannot be
    known which of several columns has no name.
    """
    usual = [row for row in rows if len(row) == width]
    missing = width - len(header)
    if missing == 0 or len(usual) < _FEWEST or len(usual) < len(rows) * _SHARE:
        return header
    if missing > 0 and not any(cell.strip() for row in usual for cell in row[len(header) :]):
        return header + ("",) * missing
    if missing < 0:
        if not any(name.strip() for name in header[width:]):
            return header[:width]
        if _agrees(header[:width], usual):
            return header
    if missing == 1:
        fits = [names for at in range(width) if _agrees(names := (*header[:at], "", *header[at:]), usual)]
        if len(fits) == 1:
            return fits[0]
    raise DropError(
        f"line {line}: the header has {counted(len(header), 'name')}, and the rows below it have "
        f"{counted(width, 'cell')}. Which names belong to which columns cannot be known.",
        f"Correct the header, or name the columns in a layout: header = false, skip_lines = {line}, "
        "column_names = [...] (--layout).",
    )


def _agrees(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether one column at least holds the phones or emails that it is named after, and none holds anything else."""
    found = False
    for name, column in zip(names, zip(*rows, strict=True), strict=False):
        cells = [cell for cell in map(str.strip, column) if cell]
        emails = sum("@" in cell for cell in cells) * 2 > len(cells)
        phones = sum(_like_phone(cell) for cell in cells) * 2 > len(cells)
        match = match_header(name) if name.strip() else None
        field = match.field if match is not None and match.sure else ""
        if cells and ((emails and field not in {"", "email"}) or (field in {"phone", "fax"} and not phones)):
            return False
        if cells and field == "email" and not emails:
            return False
        if cells and field in _WORDS and sum(cell.isdecimal() for cell in cells) * 2 > len(cells):
            return False
        found = found or (bool(cells) and field in {"email", "phone", "fax"})
    return found


def _like_phone(cell: str) -> bool:
    digits = sum(char.isdigit() for char in cell)
    return digits >= _POINT_DIGITS and digits * 2 > len(cell)
