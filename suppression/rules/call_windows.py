"""Puts the hours of every row's places together: when the row may be called, how often, and what is not known of it.

Rows differ in countless ways, hours do not: what two places come to is worked out once for each two that meet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from suppression.rules.calling import CallingHours, Note, Said, Spans, Who, both
from suppression.rules.encode import Coded, paired
from suppression.rules.locations import Location
from suppression.rules.row_locations import Codes
from suppression.rules.time_windows import Bools

T = TypeVar("T", bound=Hashable)
_NO_LIMIT = np.iinfo(np.int64).max
_NOTHING = Said(None, (), None, 0)


@dataclass(frozen=True)
class CallWindows:
    """What holds for each row of a batch.

    ``spans`` are None where no hours hold, empty where no hour of the day is allowed; ``zone`` is the one to tell them
    in. ``attempts`` and ``days`` are 0 where no law counts. ``not_today`` and ``unknown`` say why there are no hours.
    """

    spans: Coded[Spans | None]
    zone: Coded[str | None]
    rules: Coded[tuple[str, ...]]
    attempts: Codes
    days: Codes
    not_today: Coded[Note | None]
    unknown: Coded[Note | None]


class _Merged(Generic[T]):
    """Values that occur, the first of them for nothing; and what two of them come to."""

    def __init__(self, nothing: T, merge: Callable[[T, T], T]) -> None:
        self.values, self._merge = [nothing], merge
        self._at: dict[T, int] = {nothing: 0}

    def number(self, value: T) -> int:
        """Number of a value."""
        if value not in self._at:
            self._at[value] = len(self.values)
            self.values.append(value)
        return self._at[value]

    def merged(self, some: Codes, others: Codes) -> Codes:
        """Merge two columns of numbers, each pair that occurs once."""
        return paired(some, others, lambda a, b: self.number(self._merge(self.values[a], self.values[b])))


def _both_known(some: Spans | None, others: Spans | None) -> Spans | None:
    return others if some is None else some if others is None else both(some, others)


def call_windows(
    calling: CallingHours, who: Coded[Who], places: list[Location | None], of_rows: list[Codes]
) -> CallWindows:
    """Ask the hours of each place, and put together what they say of each row.

    ``of_rows`` has for each contact point which of the ``places`` (the first: none) each row has; a row is told in the
    time of its first.
    """
    order = {each.hours.id: at for at, each in enumerate(calling.hours)}
    names = list(order)
    spans: _Merged[Spans | None] = _Merged(None, _both_known)
    rules: _Merged[tuple[int, ...]] = _Merged((), lambda some, others: tuple(sorted({*some, *others})))
    met: list[tuple[int, int]] = []

    def meeting(which: int, place: int) -> int:
        met.append((which, place))
        return len(met) - 1

    rows = len(who.of_row)
    span_of, rules_of, zone_of, days = (np.zeros(rows, dtype=np.int64) for _ in range(4))
    attempts = np.full(rows, _NO_LIMIT, dtype=np.int64)
    somewhere, silent = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    zones: _Merged[str | None] = _Merged(None, lambda some, others: some or others)
    zone_of_place = np.array([zones.number(place.zones[0] if place and place.zones else None) for place in places])
    for place_of in of_rows:
        met.clear()
        meeting_of = paired(who.of_row, place_of, meeting)
        said = [_said(calling, who.values[which], places[place]) for which, place in met]
        span_of = spans.merged(span_of, np.array([spans.number(each.spans) for each in said])[meeting_of])
        ids = [tuple(order[name] for name in each.rules) for each in said]
        rules_of = rules.merged(rules_of, np.array([rules.number(found) for found in ids])[meeting_of])
        fewest = [_NO_LIMIT if each.attempts is None else each.attempts for each in said]
        attempts = np.minimum(attempts, np.array(fewest)[meeting_of])
        days = np.maximum(days, np.array([each.days for each in said])[meeting_of])
        silent |= (place_of > 0) & np.array([each.spans is None for each in said])[meeting_of]
        somewhere |= place_of > 0
        zone_of = np.where(zone_of == 0, zone_of_place[place_of], zone_of)
    opened = np.array([bool(each.channels) for each in who.values])[who.of_row]
    never = np.array([found == () for found in spans.values])[span_of]
    noted = _Notes(who, places, of_rows)
    return CallWindows(
        Coded(spans.values, span_of),
        Coded(zones.values, zone_of),
        Coded([tuple(names[at] for at in found) for found in rules.values], rules_of),
        np.where(attempts == _NO_LIMIT, 0, attempts),
        days,
        noted.of(never, calling.not_today),
        noted.of(opened & (silent | ~somewhere), calling.unknown),
    )


def _said(calling: CallingHours, who: Who, place: Location | None) -> Said:
    return _NOTHING if place is None or not who.channels else calling.said(who, place)


@dataclass(frozen=True)
class _Notes:
    """Makes notes of rows: one for each kind of row that occurs among them."""

    who: Coded[Who]
    places: list[Location | None]
    of_rows: list[Codes]

    def of(self, rows: Bools, note: Callable[[Who, list[Location]], Note]) -> Coded[Note | None]:
        """Notes of those rows; none of the others."""
        of_row = np.zeros(len(rows), dtype=np.int64)
        notes: list[Note | None] = [None]
        if rows.any():
            kinds = np.column_stack([self.who.of_row[rows], *(place[rows] for place in self.of_rows)])
            distinct, which = np.unique(kinds, axis=0, return_inverse=True)
            of_row[rows] = which + 1
            for who, *at in distinct.tolist():
                known = [place for number in at if (place := self.places[number]) is not None]
                notes.append(note(self.who.values[who], list(dict.fromkeys(known))))
        return Coded(notes, of_row)
