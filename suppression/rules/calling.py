"""When people may be called and texted on the day of a campaign, and how often: the strictest of all that holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suppression.rules.facts import Setting
from suppression.rules.hours import PackHours
from suppression.rules.loading import LoadedPack
from suppression.rules.public_holidays import holiday
from suppression.rules.time_zones import in_utc, zone
from suppression.rules.whereabouts import Callee, Whereabouts, whereabouts

#: Contact is allowed at or after the first instant (UTC) and before the second.
Span = tuple[datetime, datetime]
NOT_TODAY, UNKNOWN = "call.not_today", "call.hours_unknown"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: How far the next open day is looked for.
_AHEAD = 31


@dataclass(frozen=True)
class Note:
    """Why a row has no hours, or not all that it should have: a flag's source and detail."""

    source: str
    detail: str


@dataclass(frozen=True)
class Spoken:
    """Hours that hold for a place, and when they are open there. ``shut``: why they are closed that day."""

    of: PackHours
    place: Whereabouts
    spans: tuple[Span, ...]
    shut: str | None


@dataclass(frozen=True)
class CallWindow:
    """What holds for a row. ``zone`` is the one that its times are told in; ``rules`` are the ids behind it."""

    spans: tuple[Span, ...] = ()
    zone: str | None = None
    rules: tuple[str, ...] = ()
    max_attempts: int | None = None
    attempt_days: int | None = None
    not_today: Note | None = None
    unknown: Note | None = None

    @property
    def longest(self) -> Span | None:
        """The longest unbroken stretch, the first of equals."""
        return max(self.spans, key=lambda span: span[1] - span[0], default=None)

    def local(self, instant: datetime) -> datetime:
        """An instant in the zone of the window."""
        return instant.astimezone(zone(self.zone or "UTC"))

    @property
    def stretches(self) -> list[str]:
        """Every stretch in local time, as in 10:00-13:00."""
        return [f"{self.local(start):%H:%M}-{self.local(end):%H:%M}" for start, end in self.spans]


class CallingHours:
    """Hours of a run's packs on the campaign's ``day``. Regions in ``always`` bind whoever is called."""

    def __init__(self, packs: list[LoadedPack], setting: Setting, day: date, always: Iterable[str] = ()) -> None:
        self.day = day
        self._setting, self._always = setting, tuple(always)
        self._hours = [each for pack in packs for each in pack.hours]
        self._packs = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in packs)
        self._memo: dict[Callee, CallWindow] = {}

    def window(self, callee: Callee) -> CallWindow:
        """The window of rows; each kind of row is worked out once."""
        if callee not in self._memo:
            self._memo[callee] = self._window(callee)
        return self._memo[callee]

    def spoken(self, callee: Callee, day: date) -> list[Spoken]:
        """Every fact of hours or attempts that speaks of a row's places, with its spans of a day."""
        return [
            _on(each, place, day)
            for place in whereabouts(callee)
            for each in self._hours
            if each.hours.in_force(day) and self._speaks(each, place, callee)
        ]

    def _speaks(self, each: PackHours, place: Whereabouts, callee: Callee) -> bool:
        return (
            each.hours.audience in {"any", "business" if callee.business else "consumer"}
            and not set(self._setting.reached(each.hours.channels)).isdisjoint(callee.channels)
            and (
                each.speaks_of(place.region, place.state)
                or any(each.speaks_of(region, None) for region in self._always)
            )
        )

    def _window(self, callee: Callee) -> CallWindow:
        places = whereabouts(callee)
        spoken = self.spoken(callee, self.day)
        timed = [each for each in spoken if each.of.hours.open]
        counted = [each.of.hours for each in spoken if each.of.hours.max_attempts is not None]
        spans = _in_all([each.spans for each in timed])
        return CallWindow(
            spans,
            next((place.zones[0] for place in places if place.zones), None),
            tuple(dict.fromkeys(each.of.hours.id for each in spoken)),
            # Two limits hold at once where the fewer attempts are spread over the longer time.
            min((hours.max_attempts for hours in counted if hours.max_attempts), default=None),
            max((hours.attempt_days for hours in counted if hours.attempt_days), default=None),
            self._not_today(callee, timed) if timed and not spans else None,
            self._unknown(callee, places, timed),
        )

    def _not_today(self, callee: Callee, timed: list[Spoken]) -> Note | None:
        # Without a time zone nothing is known of today; the other flag says so.
        if any(not each.place.zones and each.of.hours.zone is None for each in timed):
            return None
        shut = [each for each in timed if each.shut]
        by = list({each.of.hours.id: each.of for each in shut or timed}.values())
        why = ", ".join(dict.fromkeys(each.shut for each in shut if each.shut)) or "no hour is allowed in all of " + (
            " and ".join(dict.fromkeys(str(each.place) for each in timed))
        )
        detail = f"{why}: {', '.join(each.hours.id for each in by)}; {self._next(callee)}"
        return Note("; ".join(each.authority for each in by), detail)

    def _next(self, callee: Callee) -> str:
        for ahead in range(1, _AHEAD + 1):
            day = self.day + timedelta(days=ahead)
            if _in_all([each.spans for each in self.spoken(callee, day) if each.of.hours.open]):
                return f"next allowed on {day}"
        return f"not allowed in the {_AHEAD} days after"

    def _unknown(self, callee: Callee, places: tuple[Whereabouts, ...], timed: list[Spoken]) -> Note | None:
        if not places:
            return Note(self._packs, "neither numbers nor address say where the person is")
        zoneless = sorted({place.region for place in places if not place.zones})
        if zoneless:
            return Note(self._packs, f"no time zone is known of {', '.join(zoneless)}")
        heard = {each.place.region for each in timed}
        silent = sorted({place.region for place in places} - heard)
        if not silent:
            return None
        whom = f"{' and '.join(callee.channels)} to {'businesses' if callee.business else 'consumers'}"
        return Note(self._packs, f"these packs give no hours in {', '.join(silent)} for {whom}")


def _on(each: PackHours, place: Whereabouts, day: date) -> Spoken:
    """When some hours are open at a place on a day, in all time zones that it may have."""
    today = [stretch for stretch in each.hours.open if day.weekday() in stretch.weekdays]
    shut = None if today or not each.hours.open else f"closed on {_DAYS[day.weekday()]}, {day}"
    if each.hours.closed_on_holidays and (name := _holiday(each, place, day)) is not None:
        today, shut = [], f"closed on {name}, {day}"
    zones = (each.hours.zone,) if each.hours.zone else place.zones
    by_zone = [
        _joined((in_utc(day, stretch.opens, name), in_utc(day, stretch.closes, name)) for stretch in today)
        for name in zones
    ]
    return Spoken(each, place, _in_all(by_zone), shut)


def _holiday(each: PackHours, place: Whereabouts, day: date) -> str | None:
    # Hours that come from somewhere else ("always") follow the calendar of where they come from.
    region = place.region if each.speaks_of(place.region, place.state) else each.regions[0]
    return holiday(day, region, place.state if each.hours.states else None)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _in_all(parts: list[tuple[Span, ...]]) -> tuple[Span, ...]:
    """What lies within each of the parts; nothing where there are none."""
    if not parts:
        return ()
    common, *others = parts
    for other in others:
        common = tuple(
            (max(start, begin), min(end, finish))
            for start, end in common
            for begin, finish in other
            if max(start, begin) < min(end, finish)
        )
    return common
