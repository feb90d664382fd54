"""How far time zones are from UTC, as a table of steps over the years that occur: each instant is one look-up."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from suppression.rules.encode import distinct_codes
from suppression.rules.time_zones import Zones, zone

#: Instants since 1970 and spans of time, in microseconds.
Micros = npt.NDArray[np.int64]
_SECOND = 1_000_000
_YEAR = 366 * 86_400 * _SECOND
#: No two changes of an offset are closer.
_APART = 5 * 86_400
#: What is dated earlier has the offsets of the first of these years, what is later those of the last.
_YEARS = (1900, 2100)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Offsets:
    """The least and the most offset of zones: ``starts`` are in order, and each holds up to the next.

    The years of a set of zones follow each other, and those of the next set follow these. A start is the number of the
    year among all of them, in spans of `_YEAR`, and the time since the year began.
    """

    starts: Micros
    least: Micros
    most: Micros
    years: int

    @classmethod
    def of(cls, sets: Sequence[Zones], years: Sequence[int]) -> Offsets:
        """Those of some sets of zones in some years."""
        steps = [_steps_of_all(zones, year) for zones in sets for year in years]
        starts = [number * _YEAR + each[0] for number, each in enumerate(steps)]
        least, most = (np.concatenate([each[part] for each in steps]) for part in (1, 2))
        return cls(np.concatenate(starts), least, most, len(years))

    def at(self, since: Micros, of_set: npt.NDArray[np.int64]) -> tuple[Micros, Micros]:
        """The least and the most offset, each in its set of zones. ``since``: as of `in_years`."""
        place = np.searchsorted(self.starts, of_set * (self.years * _YEAR) + since, side="right") - 1
        return self.least[place], self.most[place]


def in_years(instants: Micros) -> tuple[list[int], Micros]:
    """The years in which instants are, and of each the number of its year, in spans of `_YEAR`, and the time in it."""
    first, last = (_start(year) for year in _YEARS)
    known = instants.clip(first, last)
    year_of = known.astype("datetime64[us]").astype("datetime64[Y]")
    occurring, which = distinct_codes(year_of.astype(np.int64) + 1970 - _YEARS[0], _YEARS[1] - _YEARS[0] + 1)
    years = (occurring + _YEARS[0]).tolist()
    starts = np.array([_start(year) for year in years])
    return years, which * _YEAR + known - starts[which]


def _start(year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


@functools.lru_cache(1 << 14)
def _steps_of_all(zones: Zones, year: int) -> tuple[Micros, Micros, Micros]:
    """When in a year the offsets of some zones change, and the least and the most of them from then on."""
    each = [_steps(name, year) for name in zones]
    starts = np.unique(np.concatenate([found for found, _ in each]))
    offsets = [of_zone[np.searchsorted(found, starts, side="right") - 1] for found, of_zone in each]
    return starts, np.minimum.reduce(offsets), np.maximum.reduce(offsets)


@functools.lru_cache(1 << 14)
def _steps(name: str, year: int) -> tuple[Micros, Micros]:
    """When in a year the offset of a zone changes, first its begin, and what the offset is from then on."""
    there, begin = zone(name), datetime(year, 1, 1, tzinfo=UTC)

    def offset(second: int) -> int:
        ahead = (begin + timedelta(seconds=second)).astimezone(there).utcoffset()
        return (ahead or timedelta()) // timedelta(microseconds=1)

    seconds, offsets = [0], [offset(0)]
    for before in range(0, _YEAR // _SECOND, _APART):
        low, high = before, before + _APART
        if (then := offset(high)) != offsets[-1]:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) == then else (middle, high)
            seconds.append(high)
            offsets.append(then)
    return np.array(seconds) * _SECOND, np.array(offsets)
