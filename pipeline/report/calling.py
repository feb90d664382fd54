"""Calling windows by hour and time zone."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from schemas.report_counts import Window
from schemas.support.figures import counted, joined

#: Half hours of a day.
_SLOTS: Final = 48
#: Zones that are shown, those with most leads.
_ZONES: Final = 16


class Bar(NamedTuple):
    """A column of a day's chart of 48 by 100: where it begins, how wide and how high it is."""

    x: int
    width: int
    height: float


class ZoneHours(NamedTuple):
    """Leads of a zone and when, in its own time, they may be called or texted."""

    zone: str
    rows: int
    bars: list[Bar]
    hours: str


def zone_hours(windows: list[Window]) -> list[ZoneHours]:
    """Windows by zone, the zone with most leads first; those with fewest are shown together."""
    by_zone: dict[str, list[Window]] = {}
    for window in windows:
        by_zone.setdefault(window.zone, []).append(window)
    ordered = sorted(by_zone.items(), key=lambda each: (-sum(window.rows for window in each[1]), each[0]))
    shown = [_zone(zone, found) for zone, found in ordered[:_ZONES]]
    rest = [window for _, found in ordered[_ZONES:] for window in found]
    if rest:
        shown.append(_zone(f"{counted(len(ordered) - _ZONES, 'other zone')}, each in its own time", rest))
    return shown


def _zone(zone: str, windows: list[Window]) -> ZoneHours:
    open_in: Counter[int] = Counter()
    by_hours: Counter[str] = Counter()
    for window in windows:
        by_hours[" and ".join(window.hours).replace("-", " to ") or "not on this day"] += window.rows
        for stretch in window.hours:
            first, last = _slots(stretch)
            for slot in range(first, last):
                open_in[slot] += window.rows
    rows = by_hours.total()
    bars: list[Bar] = []
    for slot in range(_SLOTS):
        height = round(100 * open_in[slot] / rows, 2)
        if bars and bars[-1].height == height and bars[-1].x + bars[-1].width == slot:
            bars[-1] = Bar(bars[-1].x, bars[-1].width + 1, height)
        elif height:
            bars.append(Bar(slot, 1, height))
    ordered = sorted(by_hours.items(), key=lambda each: (-each[1], each[0]))
    said = [text if len(ordered) == 1 else f"{text} ({rows:,})" for text, rows in ordered]
    return ZoneHours(zone, rows, bars, joined(said))


def _slots(stretch: str) -> tuple[int, int]:
    """Half hours that are open from their beginning to their end."""
    start, _, end = stretch.partition("-")
    first = -(-_minutes(start) // 30)
    return first, (_minutes(end) or 24 * 60) // 30


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])
