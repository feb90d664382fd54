"""Reads the cells of dates, each by itself: in ISO 8601 form, with words, by a format, in figures of a known order.

What has no zone is taken for UTC. A cell that is no date, or not one in the form that is asked for, becomes null.
"""

from __future__ import annotations

import re
from typing import Literal

import polars as pl

from pipeline.columns.fixed_dates import FIGURE_FORMS, ISO_FORMS, WORD_FORMS, fixed_instants, fixed_shape

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
#: A date of three figures, the year last: whether day or month comes first it does not say.
FIGURES = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})" + _CLOCK
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


def iso_instants(cells: pl.Series) -> pl.Series:
    """Read ISO 8601 days and instants. A naive one is read as UTC; anything else is null."""
    read = fixed_instants(cells, ISO_FORMS)
    rows = (read.is_null() & cells.is_not_null()).arg_true()
    rows = rows.filter(cells.gather(rows).str.contains(_ISO_INSTANT))
    text = cells.gather(rows).str.replace(" ", "T", literal=True).str.replace("Z", "+00:00", literal=True)
    for form in _INSTANT_FORMATS:
        if rows.is_empty():
            break
        parsed = formatted_instants(text, form)
        read = read.scatter(rows, parsed)
        left = parsed.is_null()
        rows, text = rows.filter(left), text.filter(left)
    return read


def written_instants(cells: pl.Series) -> pl.Series:
    """Read dates with the month as a word or the year first, in UTC; anything else is null."""
    read = fixed_instants(cells, WORD_FORMS)
    for pattern, places in ((_ISO_DAY, "ymd"), (_YEAR_FIRST, "ymd"), (_DAY_MONTH, "dmy"), (_MONTH_DAY, "mdy")):
        read = _by_pattern(read, cells, pattern, places)
    return read


def in_figures(cells: pl.Series) -> pl.Series:
    """Say which cells are written as a date of three figures, the year last. No cell may be null."""
    found = fixed_shape(cells, FIGURE_FORMS["mdy"])
    rows = (~found).arg_true()
    return found.scatter(rows, cells.gather(rows).str.contains(FIGURES)) if len(rows) else found


def figure_instants(read: pl.Series, cells: pl.Series, order: Literal["mdy", "dmy"]) -> pl.Series:
    """Fill what is still unread of ``read`` where the cell has a date in figures of this order, in UTC."""
    return _by_pattern(filled(read, fixed_instants(cells, FIGURE_FORMS[order])), cells, FIGURES, order)


def formatted_instants(text: pl.Series, form: str) -> pl.Series:
    """Read a strptime format; what has no zone is taken for UTC."""
    cells = pl.col("v").str
    if "H" not in form and "I" not in form:
        read = cells.to_date(form, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    elif "z" in form:
        read = cells.to_datetime(form, time_unit="us", strict=False).dt.convert_time_zone("UTC")
    else:
        read = cells.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
    return text.to_frame("v").select(read).to_series()


def filled(one: pl.Series, other: pl.Series) -> pl.Series:
    """One of two readings of the same cells, and the other where that one is null."""
    return one.zip_with(one.is_not_null(), other)


def zoned_cells(cells: pl.Series) -> pl.Series | None:
    """Whether each cell names the zone of its time; None where no cell does."""
    zoned = cells.str.contains(_ZONED)
    return zoned if zoned.any() else None


def perhaps_zoned(instants: pl.Series) -> pl.Series:
    """The same of instants of a result, which does not hold the cells: no for those without a time, else null."""
    has_time = pl.col("at").dt.time() != pl.time(0)
    return instants.to_frame("at").select(pl.when(has_time).then(None).otherwise(pl.lit(False))).to_series()


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
