"""Clocks of the law: windows in calendar days, business days, months or years, which are never mixed up."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = npt.NDArray[np.int32]
#: In an array of days since 1970-01-01: no date is known.
NO_DAY = np.int32(np.iinfo(np.int32).min)
#: In an array of days: without end.
NEVER = np.int32(np.iinfo(np.int32).max)
_EPOCH = date(1970, 1, 1)
#: A table of so many days is small.
_FEW_DAYS = 1 << 15
Bools = npt.NDArray[np.bool_]


def bools(answer: object) -> Bools:
    """Say that a comparison of arrays is an array of Booleans, which numpy's types leave open. Nothing is copied."""
    return np.asarray(answer, dtype=np.bool_)


class Window(BaseModel):
    """A span of time in exactly one unit. A business day is Monday to Friday."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    days: int | None = Field(default=None, ge=0)
    business_days: int | None = Field(default=None, ge=0)
    months: int | None = Field(default=None, ge=0)
    years: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _one_unit(self) -> Window:
        if sum(value is not None for value in (self.days, self.business_days, self.months, self.years)) != 1:
            raise ValueError("a window has exactly one of days, business_days, months and years")
        return self

    def __str__(self) -> str:
        unit, length = next((unit, length) for unit, length in self.model_dump().items() if length is not None)
        return f"{length} {unit.replace('_', ' ')}"

    def after(self, day: date) -> date:
        """Last day of the window that begins with an event on ``day``."""
        if self.days is not None:
            return day + timedelta(days=self.days)
        if self.business_days is not None:
            last = np.busday_offset(np.datetime64(day), self.business_days, roll="backward")
            return _EPOCH + timedelta(days=int(last.astype("datetime64[D]").astype(int)))
        return _later(day, self.months if self.months is not None else 12 * (self.years or 0))

    def earliest(self, day: date) -> int:
        """Earliest day of an event (since 1970-01-01) whose window still holds on ``day``."""
        return _earliest(self, day)

    def last_days(self, events: Days) -> Days:
        """Last day of the window after each event; `NO_DAY` stays."""
        known = events != NO_DAY
        if not known.any():
            return events
        first, last = int(events[known].min()), int(events[known].max())
        if last - first > _FEW_DAYS:
            distinct, place = np.unique(events, return_inverse=True)
            return np.array([_last_day(self, int(event)) for event in distinct], dtype=np.int32)[place]
        # Days of a batch are close to each other, and to look one up is cheaper than to sort them all.
        occur = np.zeros(last - first + 1, dtype=np.bool_)
        occur[events[known] - first] = True
        ends = np.full(last - first + 1, NO_DAY, dtype=np.int32)
        for offset in np.flatnonzero(occur).tolist():
            ends[offset] = _last_day(self, first + offset)
        return np.where(known, ends[np.where(known, events - first, 0)], NO_DAY)


@lru_cache(1 << 16)
def _last_day(window: Window, event: int) -> int:
    return int(NO_DAY) if event == NO_DAY else since_epoch(window.after(_EPOCH + timedelta(days=event)))


@lru_cache(1 << 10)
def _earliest(window: Window, day: date) -> int:
    """The same; asked of every batch, and found step by step."""
    spread = timedelta(days=4 + 2 * (window.business_days or 0))
    first = day - (window.after(day) - day) - spread
    while window.after(first) < day:
        first += timedelta(days=1)
    return since_epoch(first)


def _later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def since_epoch(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def days_of(values: pl.Series) -> Days:
    """Days of a column of dates or instants (UTC); `NO_DAY` where null."""
    days = values.cast(pl.Date).cast(pl.Int32).fill_null(int(NO_DAY))
    return days.to_numpy()


def dates_of(days: Days) -> pl.Series:
    """Turn days into dates; `NEVER` becomes null."""
    given = np.packbits(days != NEVER, bitorder="little")
    # Shares the memory of the days.
    return pl.Series(pa.Array.from_buffers(pa.date32(), len(days), [pa.py_buffer(given), pa.py_buffer(days)]))
