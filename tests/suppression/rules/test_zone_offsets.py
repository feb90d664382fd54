"""Offsets from a table are those that the zones have, also where they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from suppression.rules.time_zones import zone
from suppression.rules.zone_offsets import Offsets, in_years

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: With changes at odd times, by half an hour, within some weeks, and over the date line.
_ZONES = (
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Noronha",
)


def test_offsets_are_those_of_the_zones() -> None:
    sets = [(name,) for name in _ZONES] + [_ZONES]
    hours = np.arange(0, 24 * 366, 5)
    starts = [datetime(year, 1, 1, tzinfo=UTC) for year in (1925, 2000, 2011, 2026)]
    instants = [start + timedelta(hours=hour) for start in starts for hour in hours.tolist()]
    micros = np.array([(instant - _EPOCH) // timedelta(microseconds=1) for instant in instants])
    years, since = in_years(micros)
    assert {1925, 2000, 2011, 2026} <= set(years)
    offsets = Offsets.of(sets, years)
    ahead = [[instant.astimezone(zone(name)).utcoffset() or timedelta() for name in _ZONES] for instant in instants]
    expected = np.array([[each // timedelta(microseconds=1) for each in of_instant] for of_instant in ahead])
    for number in range(len(_ZONES)):
        least, most = offsets.at(since, np.full(len(micros), number))
        assert (least == expected[:, number]).all()
        assert (most == expected[:, number]).all()
    least, most = offsets.at(since, np.full(len(micros), len(_ZONES)))
    assert (least == expected.min(axis=1)).all()
    assert (most == expected.max(axis=1)).all()


def test_years_that_nobody_knows_zones_of() -> None:
    micros = np.array([(datetime(year, 6, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) for year in (1, 9999)])
    years, since = in_years(micros)
    least, most = Offsets.of([("America/New_York",)], years).at(since, np.zeros(2, np.int64))
    assert years == [1900, 2100]
    assert (least == most).all()
