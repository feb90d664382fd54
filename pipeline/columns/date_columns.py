"""Reads dates: in ISO 8601 form and with the month as a word always, in figures only where there is one way to.

``03/04/2026`` is a day of March or of April. It is read when the vendor's layout says which, or when every date of its
column, over the whole file, fits one of the two orders and not every one fits the other. Nothing is read cell by cell:
a column in which some dates fit only one order and some only the other was put together from two sources.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl

from pipeline.columns.fixed_dates import FIGURE_FORMS, ISO_FORMS, WORD_FORMS, fixed_instants
from pipeline.columns.mapping import Mapping
from schemas.columns import DAYS, INSTANTS
from schemas.files.table import FileTally, Table, read_batches
from schemas.findings import findings, no_findings

Order = Literal["mdy", "dmy", "both", "none", "unknown"]
_BLOCK = 8 << 20
_UTC = pl.Datetime("us", "UTC")
#: Minutes that a zone is ahead of UTC: those of RFC 5322 and the European ones. Others are of several places at once.
_ZONES = {
    **{"Z": 0, "UTC": 0, "UT": 0, "GMT": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300},
    **{"MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120},
    **{"MEZ": 60, "MESZ": 120, "EET": 120, "EEST": 180},
}
_OFFSET = r"(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}"
#: A zone, and behind it what some programs add: its name in words or in the tz database.
_ZONE = rf"(?: ?\(?({_OFFSET}|{'|'.join(sorted(_ZONES, key=len, reverse=True))})\)?(?: \([A-Za-z ]+\)|\[[\w/+-]+\])?)"
_CLOCK = rf"(?:[T ,]+(\d{{1,2}}):(\d{{2}})(?::(\d{{2}})(?:\.\d{{1,9}})?)?(?: ?([AaPp])\.?[Mm]\.?)?{_ZONE}?)?$"
#: A cell that names the zone of its time.
_ZONED = rf"\d:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)?(?: ?[AaPp]\.?[Mm]\.?)?{_ZONE}$"
_WEEKDAY = r"^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?"
_FIGURES = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})" + _CLOCK
_YEAR_FIRST = r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})" + _CLOCK
_ISO_DAY = r"^(\d{4})-(\d{2})-(\d{2})" + _CLOCK
_DAY_MONTH = _WEEKDAY + r"(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]*\.?[ ,-]+(\d{4})" + _CLOCK
_MONTH_DAY = _WEEKDAY + r"([A-Za-z]{3})[A-Za-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _CLOCK
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_ISO_INSTANT = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
#: Forms of an ISO 8601 instant, the commonest first; the last two carry an offset.
_INSTANT_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M%#z",
)
_WHY = {
    "both": "day and month could change places in the whole column",
    "none": "neither order of day and month fits the whole column",
    "mdy": "not a date with the month first, as the column has them",
    "dmy": "not a date with the day first, as the column has them",
    "unknown": "whether day or month comes first shows in the whole column only, and the layout does not say",
}
_READER = "record reader"
_AUDIT = "consent audit"


@dataclass
class ColumnDates:
    """Reads the date columns of one table. The order of its figures is found out when one is first met.

    ``orders``: what is known of that order already, by field; then the table is not read for it.
    """

    table: Table
    mapping: Mapping
    orders: dict[str, Order] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, name: str, cells: pl.Series) -> pl.Series:
        """Read the cells of a date field: instants in UTC (what has no zone is taken for UTC), or days."""
        form = self.mapping.layout.dates.get(name, self.mapping.layout.dates.get("default"))
        read = iso_instants(cells)
        if form is not None:
            read = _first(read, _by_format(cells, form))
        rows = (read.is_null() & cells.is_not_null()).arg_true()
        if len(rows):
            read = read.scatter(rows, self._read_written(name, cells.gather(rows), by_layout=form is not None))
        return read.dt.date() if name in DAYS else read

    def _read_written(self, name: str, cells: pl.Series, *, by_layout: bool) -> pl.Series:
        """Read cells as people write dates; null where the order of day and month is not certain."""
        order = self.orders[name] if self.orders is not None and not by_layout else None
        if order in ("mdy", "dmy"):
            # Almost all of them, where the order is known already.
            read = fixed_instants(cells, FIGURE_FORMS[order])
            rows = (read.is_null() & cells.is_not_null()).arg_true()
            return read.scatter(rows, self._read_patterns(name, cells.gather(rows), by_layout=False))
        return self._read_patterns(name, cells, by_layout=by_layout)

    def _read_patterns(self, name: str, cells: pl.Series, *, by_layout: bool) -> pl.Series:
        read = pl.repeat(None, len(cells), dtype=_UTC, eager=True)
        in_figures = cells.str.contains(_FIGURES)
        rows = (~in_figures).arg_true()
        if len(rows):
            words = cells.gather(rows)
            of_words = fixed_instants(words, WORD_FORMS)
            for pattern, places in ((_ISO_DAY, "ymd"), (_YEAR_FIRST, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy")):
                of_words = _by_pattern(of_words, words, pattern, places)
            read = read.scatter(rows, of_words)
        if not by_layout and in_figures.any() and (order := self.order(name)) in ("mdy", "dmy"):
            read = _by_pattern(_first(read, fixed_instants(cells, FIGURE_FORMS[order])), cells, _FIGURES, order)
        return read

    def order(self, name: str) -> Order:
        """Which orders of day and month all dates of the column fit that are written in figures."""
        with self._lock:
            if self.orders is None:
                self.orders = orders_of(fits_of(self.mapping, self._batches()))
            return self.orders[name]

    def _batches(self) -> Iterator[pl.DataFrame]:
        return read_batches(self.table, FileTally(), _BLOCK)

    def unread(self, frame: pl.DataFrame, cells: dict[str, pl.Series]) -> list[pl.DataFrame]:
        """Flag cells that hold something, yet could not be read as a date with certainty."""
        return [self._unread(name, frame, cells[name]) for name in (*INSTANTS, *DAYS) if name in cells]

    def _unread(self, name: str, frame: pl.DataFrame, cells: pl.Series) -> pl.DataFrame:
        chosen = frame.get_column(name).is_null() & cells.is_not_null()
        if not chosen.any():
            return no_findings()
        left, text = frame.select("row_id").filter(chosen), cells.filter(chosen)
        why = "not in ISO 8601 form"
        in_figures = text.str.contains(_FIGURES)
        in_layout = {name, "default"} & set(self.mapping.layout.dates)
        instead = "not as the layout has dates" if in_layout else _WHY[self.order(name)] if in_figures.any() else why
        place = f"column '{self.mapping.fields[name]}' ({name}): "
        details = in_figures.replace_strict({True: place + instead, False: place + why}, return_dtype=pl.String)
        left = left.with_columns(details.alias("detail"))
        return findings(left, "row.unread_value", source=_READER, detail=pl.col("detail"))


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
            cells = mapping.cells(name, batch).str.strip_chars()
            in_figures = cells.filter(cells.str.contains(_FIGURES).fill_null(False))
            figures = in_figures.str.extract_groups(_FIGURES).struct.unnest()
            first, second = (figures.to_series(place).cast(pl.Int8) for place in (0, 1))
            fits[name] = (month_first and not (first > 12).any(), day_first and not (second > 12).any())
        if not any(month_first or day_first for month_first, day_first in fits.values()):
            break
    return fits


def orders_of(fits: Fits) -> dict[str, Order]:
    """The order of day and month of each field, from what all of its dates fit."""
    orders: dict[tuple[bool, bool], Order] = {
        (True, True): "both",
        (True, False): "mdy",
        (False, True): "dmy",
        (False, False): "none",
    }
    return {name: orders[fit] for name, fit in fits.items()}


def iso_instants(cells: pl.Series) -> pl.Series:
    """Read ISO 8601 days and instants. A naive one is read as UTC; anything else is null."""
    read = fixed_instants(cells, ISO_FORMS)
    rows = (read.is_null() & cells.is_not_null()).arg_true()
    rows = rows.filter(cells.gather(rows).str.contains(_ISO_INSTANT))
    text = cells.gather(rows).str.replace(" ", "T", literal=True).str.replace("Z", "+00:00", literal=True)
    for form in _INSTANT_FORMATS:
        if rows.is_empty():
            break
        parsed = _by_format(text, form)
        read = read.scatter(rows, parsed)
        left = parsed.is_null()
        rows, text = rows.filter(left), text.filter(left)
    return read


def consent_findings(frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Flag consent that is dated after the lead was delivered, or after the day of the run.

    Reads ``row_id``, ``consent_at`` and ``received_at`` (both in UTC, where the frame has them); returns findings.
    """
    if "consent_at" not in frame.columns:
        return no_findings()
    consent = pl.col("consent_at")
    midnight = datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1)
    # The day of the run ends last in the zone twelve hours behind UTC; a bare date has no zone.
    limit = pl.when(consent.dt.time() == pl.time(0)).then(pl.lit(midnight)).otherwise(midnight + timedelta(hours=12))
    found = [
        findings(
            frame.filter(consent.dt.replace_time_zone(None) >= limit),
            "consent.future",
            source=_AUDIT,
            detail=pl.lit("consent dated ") + consent.dt.strftime("%Y-%m-%d") + f", after the run's day {as_of}",
        )
    ]
    if "received_at" in frame.columns:
        received = pl.col("received_at")
        # A delivery by date alone is one at any hour of that day.
        until = pl.when(received.dt.time() == pl.time(0)).then(received + pl.duration(days=1)).otherwise(received)
        found.append(
            findings(
                frame.filter(consent > until),
                "consent.after_delivery",
                source=_AUDIT,
                detail=pl.lit("consent dated ")
                + consent.dt.strftime("%Y-%m-%d")
                + ", delivered "
                + received.dt.strftime("%Y-%m-%d"),
            )
        )
    return pl.concat(found)


def _first(one: pl.Series, other: pl.Series) -> pl.Series:
    return one.zip_with(one.is_not_null(), other)


def _by_format(text: pl.Series, form: str) -> pl.Series:
    """Read a strptime format; what has no zone is taken for UTC."""
    cells = pl.col("v").str
    if "H" not in form and "I" not in form:
        read = cells.to_date(form, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    elif "z" in form:
        read = cells.to_datetime(form, time_unit="us", strict=False).dt.convert_time_zone("UTC")
    else:
        read = cells.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
    return text.to_frame("v").select(read).to_series()


def _by_pattern(read: pl.Series, cells: pl.Series, pattern: str, places: str) -> pl.Series:
    """Read what is still unread and fits a pattern, whose first three groups are ``places``: d, m and y."""
    left = (read.is_null() & cells.is_not_null()).arg_true()
    chosen = left.filter(cells.gather(left).str.contains(pattern))
    if chosen.is_empty():
        return read
    groups = cells.gather(chosen).str.extract_groups(pattern).struct.unnest()
    columns = dict(zip((*places, "hour", "minute", "second", "half", "zone"), groups.get_columns(), strict=True))
    month = columns["m"].str.to_lowercase().replace(list(_MONTHS), [str(number) for number in _MONTHS.values()])
    frame = pl.DataFrame(
        {
            "month": month.cast(pl.Int64, strict=False),
            "year": columns["y"].cast(pl.Int64),
            "day": columns["d"].cast(pl.Int64),
            "half": columns["half"].str.to_lowercase(),
            **{unit: columns[unit].cast(pl.Int64).fill_null(0) for unit in ("hour", "minute", "second")},
        }
    )
    hour = (
        pl.when(pl.col("half").is_null())
        .then(pl.col("hour"))
        .when(pl.col("hour").is_between(1, 12))
        .then(pl.col("hour") % 12 + pl.when(pl.col("half") == "p").then(12).otherwise(0))
    )
    in_range = (
        pl.col("month").is_between(1, 12)
        & pl.col("day").is_between(1, pl.date(pl.col("year"), pl.col("month").clip(1, 12), 1).dt.month_end().dt.day())
        & (hour < 24)
        & (pl.col("minute") < 60)
        & (pl.col("second") < 60)
        & (pl.col("year") > 0)
    )
    when = pl.datetime("year", "month", "day", hour, "minute", "second", time_unit="us", time_zone="UTC")
    whole = frame.with_columns(pl.when(in_range).then(pl.col(name)).alias(name) for name in ("year", "month", "day"))
    ahead = columns["zone"].replace_strict(_minutes_ahead(columns["zone"]), default=0, return_dtype=pl.Int64)
    return read.scatter(chosen, whole.select(when - pl.duration(minutes=pl.lit(ahead))).to_series())


def _minutes_ahead(zones: pl.Series) -> dict[str, int]:
    """Minutes that each zone that occurs is ahead of UTC."""
    found = {}
    for zone in zones.drop_nulls().unique():
        offset = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})", zone)
        sign = -1 if offset is not None and offset[1] == "-" else 1
        found[zone] = _ZONES[zone] if offset is None else sign * (60 * int(offset[2]) + int(offset[3]))
    return found


def perhaps_zoned(instants: pl.Series) -> pl.Series:
    """The same of instants of a result, which does not hold the cells: no for those without a time, else null."""
    has_time = pl.col("at").dt.time() != pl.time(0)
    return instants.to_frame("at").select(pl.when(has_time).then(None).otherwise(pl.lit(False))).to_series()


def zoned_cells(cells: pl.Series) -> pl.Series | None:
    """Whether each cell names the zone of its time; None where no cell does."""
    zoned = cells.str.contains(_ZONED)
    return zoned if zoned.any() else None
