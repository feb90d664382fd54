"""Where in a sheet the columns' names stand: below titles, which are often merged cells, and blank rows."""

from __future__ import annotations

from schemas.headers import match_header

_LOOKED_AT = 50


def header_row(rows: list[tuple[str, ...]]) -> int:
    """Return the position of the header among a sheet's first rows, of which one at least holds something.

    It is the first row that names a field of a lead and is at least half as full as the fullest one; else the first
    that names two fields; else the first that is so full.
    """
    filled = [sum(cell.strip() != "" for cell in row) for row in rows[:_LOOKED_AT]]
    full = [number for number, count in enumerate(filled) if count and count * 2 >= max(filled)]
    names = [sum(_names_field(cell) for cell in row) for row in rows[:_LOOKED_AT]]
    two = [number for number, count in enumerate(names) if count > 1]
    return next((number for number in full if names[number]), (two or full)[0])


def _names_field(cell: str) -> bool:
    match = match_header(cell) if cell.strip() else None
    return match is not None and match.sure
