"""Reads columns of dates: ISO 8601 and months as words always, figures only where there is one way to read them.

``03/04/2026`` is a day of March or of April. It is read when the vendor's layout says which, or when every date of its
column, over the whole file, fits one of the two orders and not every one fits the other. No order is decided cell by
cell: a column in which some dates fit only one order and some only the other was put together from two sources.

So a file would have to be read twice. But nearly every large batch has a date that rules one order out: then the other
is assumed, and each batch that is read has to fit it. If one does not, everything begins again, without assumptions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from pipeline.columns.date_cells import (
    figure_instants,
    filled,
    formatted_instants,
    in_figures,
    iso_instants,
    written_instants,
)
from pipeline.columns.fixed_dates import ISO_FORMS, WORD_FORMS, fixed_instants
from pipeline.columns.mapping import Mapping
from schemas.coded_findings import CodedFindings, said_alike
from schemas.columns import DAYS, INSTANTS
from schemas.contact.blank import BLANKS
from schemas.files.table import FileTally, Table, read_batches

Order = Literal["mdy", "dmy", "both", "none", "unknown"]
#: A piece of a file in which all orders may be refuted at once, or the file is read whole.
_BLOCK = 2 << 20
_UTC = pl.Datetime("us", "UTC")
_WHY = {
    "both": "day and month could change places in the whole column",
    "none": "neither order of day and month fits the whole column",
    "mdy": "not a date with the month first, as the column has them",
    "dmy": "not a date with the day first, as the column has them",
    "unknown": "whether day or month comes first shows in the whole column only, and the layout does not say",
}
_READER = "record reader"
#: Day and month of a date in figures, and how many characters they take at most.
_DAY, _DAY_LENGTH = r"^(\d{1,2})[/.-](\d{1,2})", 5


class OrderRefutedError(Exception):
    """A date does not fit the order that was assumed of its column: what was read by it has to be read again."""


@dataclass
class ColumnDates:
    """Reads the date columns of one table. The order of its figures is found out when one is first met.

    ``orders``: what is known of that order already, by field; then the table is not read for it. ``assumes``: nor where
    a batch shows an order, which later ones have to fit. `OrderRefutedError` is raised when one does not: whoever sets
    it reads every batch, and begins again without it.
    """

    table: Table
    mapping: Mapping
    orders: dict[str, Order] | None = None
    assumes: bool = False
    _assumed: dict[str, Order] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, name: str, cells: pl.Series) -> pl.Series:
        """Read the cells of a date field: instants in UTC (what has no zone is taken for UTC), or days.

        Raises `OrderRefutedError`, if it ``assumes``.
        """
        form = self.mapping.layout.dates.get(name, self.mapping.layout.dates.get("default"))
        if form is None:
            # Almost all of them are in one of these, which no other way of writing is mistaken for.
            read = fixed_instants(cells, (*ISO_FORMS, *WORD_FORMS))
        else:
            read = filled(iso_instants(cells), formatted_instants(cells, form))
        rows = (read.is_null() & cells.is_not_null()).arg_true()
        if len(rows):
            written = self._read_written(name, cells.gather(rows), by_layout=form is not None)
            if written.null_count() < len(written):
                read = read.scatter(rows, written)
        return read.dt.date() if name in DAYS else read

    def _read_written(self, name: str, cells: pl.Series, *, by_layout: bool) -> pl.Series:
        """Read cells as people write dates; null where the order of day and month is not certain."""
        read = pl.repeat(None, len(cells), dtype=_UTC, eager=True)
        figures = in_figures(cells)
        rows = (~figures).arg_true()
        if len(rows):
            others = cells.gather(rows)
            read = read.scatter(rows, filled(iso_instants(others), written_instants(others)))
        rows = figures.arg_true()
        if len(rows) and not by_layout:
            written = cells.gather(rows)
            if (order := self._order_with(name, written)) in ("mdy", "dmy"):
                unread = pl.repeat(None, len(rows), dtype=_UTC, eager=True)
                read = read.scatter(rows, figure_instants(unread, written, order))
        return read

    def _order_with(self, name: str, figures: pl.Series) -> Order:
        """The order of a column that has these dates, among others. Raises `OrderRefutedError`, if it ``assumes``."""
        if self.orders is None and self.assumes:
            (shown,) = orders_of({name: _fit(figures)}).values()
            with self._lock:
                if shown != "both" and self._assumed.setdefault(name, shown) not in (shown, "none"):
                    raise OrderRefutedError
        return self.order(name)

    def order(self, name: str) -> Order:
        """Which orders of day and month all dates of the column fit that are written in figures."""
        with self._lock:
            if self.orders is None and self.assumes and name in self._assumed:
                return self._assumed[name]
            if self.orders is None:
                self.orders = orders_of(fits_of(self.mapping, self._batches()))
                if self.assumes and not self._assumed.items() <= self.orders.items():
                    raise OrderRefutedError
            return self.orders[name]

    def _batches(self) -> Iterator[pl.DataFrame]:
        return read_batches(self.table, FileTally(), _BLOCK)

    def unread(self, frame: pl.DataFrame, cells: dict[str, pl.Series]) -> list[CodedFindings]:
        """Flag cells that hold something, yet could not be read as a date with certainty."""
        return [found for name in (*INSTANTS, *DAYS) if name in cells for found in self._unread(name, frame, cells)]

    def _unread(self, name: str, frame: pl.DataFrame, cells: dict[str, pl.Series]) -> Iterator[CodedFindings]:
        rows = (frame.get_column(name).is_null() & cells[name].is_not_null()).arg_true()
        if rows.is_empty():
            return
        ids, figures = frame["row_id"].gather(rows).to_numpy(), in_figures(cells[name].gather(rows)).to_numpy()
        in_layout = {name, "default"} & set(self.mapping.layout.dates)
        place = f"column '{self.mapping.fields[name]}' ({name}): "
        if figures.any():
            why = "not as the layout has dates" if in_layout else _WHY[self.order(name)]
            yield said_alike(ids[figures], "row.unread_value", source=_READER, detail=place + why)
        if not figures.all():
            why = "not in ISO 8601 form"
            yield said_alike(ids[~figures], "row.unread_value", source=_READER, detail=place + why)


#: Whether all dates in figures of a field fit with the month first, and with the day first.
Fits = dict[str, tuple[bool, bool]]


def date_fields(mapping: Mapping) -> tuple[str, ...]:
    """Those fields of a table that hold dates."""
    return tuple(name for name in (*INSTANTS, *DAYS) if name in mapping.fields)


def fits_of(mapping: Mapping, batches: Iterable[pl.DataFrame]) -> Fits:
    """Read the date columns of raw batches; no further than until no order is left for any."""
    fits = dict.fromkeys(date_fields(mapping), (True, True))
    for batch in batches:
        for name, (month_first, day_first) in fits.items():
            cells = BLANKS.cleaned(mapping.cells(name, batch)).drop_nulls()
            fit = _fit(cells.filter(in_figures(cells)))
            fits[name] = (month_first and fit[0], day_first and fit[1])
        if not any(month_first or day_first for month_first, day_first in fits.values()):
            break
    return fits


def _fit(figures: pl.Series) -> tuple[bool, bool]:
    """Whether these dates fit with the month first, and with the day first."""
    # A year has few days: only different beginnings are taken apart.
    days = figures.str.slice(0, _DAY_LENGTH).unique()
    groups = days.str.extract_groups(_DAY).struct.unnest()
    first, second = (groups.to_series(place).cast(pl.Int8) for place in (0, 1))
    return not (first > 12).any(), not (second > 12).any()


def orders_of(fits: Fits) -> dict[str, Order]:
    """The order of day and month of each field, from what all of its dates fit."""
    orders: dict[tuple[bool, bool], Order] = {
        (True, True): "both",
        (True, False): "mdy",
        (False, True): "dmy",
        (False, False): "none",
    }
    return {name: orders[fit] for name, fit in fits.items()}
