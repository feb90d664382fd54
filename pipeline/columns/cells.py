"""The cells of a field in a raw batch, without what a vendor's layout says does not belong to it."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from schemas.contact.blank import trimmed
from schemas.frame_columns import SOURCE
from schemas.layout import Layout


class InCellPart(NamedTuple):
    """Which of several values in one cell a field is. The last place has all that is left, so that none is lost."""

    number: int
    is_last: bool


def field_cells(frame: pl.DataFrame, column: str, layout: Layout, part: InCellPart | None) -> pl.Series:
    """Cells of ``src:<column>``, as text: their part without the layout's prefixes, null for an empty word."""
    if part is None and not layout.empty and column not in layout.prefixes:
        return frame.get_column(SOURCE + column)
    cell = pl.col(SOURCE + column)
    if part is not None:
        rule = layout.in_cell[column]
        values = trimmed(cell).str.split(rule.between)
        if rule.until is not None:
            values = values.list.eval(pl.element().str.split(rule.until).list.first())
        if part.is_last:
            cell = values.list.slice(part.number).list.join(rule.between)
        else:
            cell = values.list.get(part.number, null_on_oob=True)
    for prefix in layout.prefixes.get(column, ()):
        cell = trimmed(cell).str.strip_prefix(prefix)
    if layout.empty:
        cell = pl.when(~trimmed(cell).is_in(layout.empty)).then(cell)
    return frame.select(cell).to_series()
