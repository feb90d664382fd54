"""When people at a place may be called and texted on a day, and how often: all hours that hold there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.config import Channel
from schemas.evidence import country_and_state
from suppression.rules.hours import PackHours
from suppression.rules.loading import LoadedPack
from suppression.rules.locations import Location
from suppression.rules.public_holidays import holiday
from suppression.rules.setting import Setting
from suppression.rules.time_zones import in_utc

#: Contact is allowed at or after the first instant (UTC) and before the second.
Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: How far the next open day is looked for.
_AHEAD = 31


@dataclass(frozen=True)
class Who:
    """Whom hours are asked for: the audience, and those of call and text that the row is open on."""

    business: bool
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Spoken:
    """Hours that hold for a place, and when they are open there. ``shut``: why they are closed that day."""

    of: PackHours
    place: Location
    spans: Spans
    shut: str | None

    @property
    def timed(self) -> bool:
        """Whether it says when, beside how often, and the zone is known in which it says so."""
        return bool(self.of.hours.open) and bool(self.place.zones or self.of.hours.zone)


@dataclass(frozen=True)
class Said:
    """What all hours of a place come to. ``spans`` are None where no hours hold; ``attempts`` where no law counts."""

    spans: Spans | None
    rules: tuple[str, ...]
    attempts: int | None
    days: int


@dataclass(frozen=True)
class Note:
    """Why a row has no hours, or not all that it should have: a flag's source and detail."""

    source: str
    detail: str


class CallingHours:
    """Hours of a run's packs on the campaign's ``day``. Regions in ``always`` bind whoever is called."""

    def __init__(self, packs: list[LoadedPack], setting: Setting, day: date, always: Iterable[str] = ()) -> None:
        self.day = day
        self.hours = [each for pack in packs for each in pack.hours]
        self._setting, self._always = setting, tuple(always)
        self._packs = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in packs)
        self._memo: dict[tuple[Who, Location, date], tuple[Spoken, ...]] = {}
        self._said: dict[tuple[Who, Location], Said] = {}

    def said(self, who: Who, place: Location) -> Said:
        """What all hours of a place come to on the campaign's day."""
        key = (who, place)
        if key not in self._said:
            spoken = self.spoken(who, place)
            timed = [each.spans for each in spoken if each.timed]
            counted = [each.of.hours for each in spoken if each.of.hours.max_attempts]
            self._said[key] = Said(
                in_all(timed) if timed else None,
                tuple(each.of.hours.id for each in spoken),
                # Two limits hold at once where the fewer attempts are spread over the longer time.
                min((hours.max_attempts or 0 for hours in counted), default=None),
                max((hours.attempt_days or 0 for hours in counted), default=0),
            )
        return self._said[key]

    def spoken(self, who: Who, place: Location, day: date | None = None) -> tuple[Spoken, ...]:
        """Every fact of hours or attempts that speaks of these people, with its spans of a day (the campaign's)."""
        key = (who, place, day or self.day)
        if key not in self._memo:
            self._memo[key] = tuple(
                _on(each, place, key[2])
                for each in self.hours
                if each.hours.in_force(key[2]) and self._speaks(each, place, who)
            )
        return self._memo[key]

    def _speaks(self, each: PackHours, place: Location, who: Who) -> bool:
        return (
            each.hours.audience in {"any", "business" if who.business else "consumer"}
            and not set(self._setting.reached(each.hours.channels)).isdisjoint(who.channels)
            and (
                each.speaks_of(place.region, place.state)
                or any(each.speaks_of(*country_and_state(code)) for code in self._always)
            )
        )

    def _timed(self, who: Who, places: list[Location], day: date) -> list[Spoken]:
        return [each for place in places for each in self.spoken(who, place, day) if each.timed]

    def not_today(self, who: Who, places: list[Location]) -> Note:
        """Why no hour of the day suits all these places, and the next day on which one does."""
        timed = self._timed(who, places, self.day)
        shut = [each for each in timed if each.shut]
        by = list({each.of.hours.id: each.of for each in shut or timed}.values())
        why = ", ".join(dict.fromkeys(each.shut for each in shut if each.shut)) or (
            f"no hour is allowed in all of {' and '.join(dict.fromkeys(str(each.place) for each in timed))}"
        )
        detail = f"{why}: {', '.join(each.hours.id for each in by)}; {self._next(who, places)}"
        return Note("; ".join(each.authority for each in by), detail)

    def _next(self, who: Who, places: list[Location]) -> str:
        for ahead in range(1, _AHEAD + 1):
            day = self.day + timedelta(days=ahead)
            if in_all([each.spans for each in self._timed(who, places, day)]):
                return f"next allowed on {day}"
        return f"not allowed in the {_AHEAD} days after"

    def unknown(self, who: Who, places: list[Location]) -> Note:
        """Of which of these places it is not known when contact is allowed."""
        zoneless = sorted({place.region for place in places if not place.zones})
        silent = sorted({p.region for p in places if p.zones and not any(s.timed for s in self.spoken(who, p))})
        whom = f"{' and '.join(who.channels)} to {'businesses' if who.business else 'consumers'}"
        said = [f"no time zone is known of {', '.join(zoneless)}"] if zoneless else []
        said += [f"these packs give no hours in {', '.join(silent)} for {whom}"] if silent else []
        return Note(self._packs, "; ".join(said) or "neither numbers nor address say where the person is")


def _on(each: PackHours, place: Location, day: date) -> Spoken:
    """When some hours are open at a place on a day, in all time zones that it may have."""
    today = [stretch for stretch in each.hours.open if day.weekday() in stretch.weekdays]
    shut = None if today or not each.hours.open else f"closed on {_DAYS[day.weekday()]}, {day}"
    if each.hours.closed_on_holidays and (name := _holiday(each, place, day)) is not None:
        today, shut = [], f"closed on {name}, {day}"
    if f"{day:%m-%d}" in each.hours.closed_on.get(place.state or place.region, ()):
        today, shut = [], f"closed on {day:%-d %B}, {day}"
    zones = (each.hours.zone,) if each.hours.zone else place.zones
    by_zone = [
        _joined((in_utc(day, stretch.opens, name), in_utc(day, stretch.closes, name)) for stretch in today)
        for name in zones
    ]
    return Spoken(each, place, in_all(by_zone), shut)


def _holiday(each: PackHours, place: Location, day: date) -> str | None:
    # Hours that come from somewhere else ("always") follow the calendar of where they come from.
    region = place.region if each.speaks_of(place.region, place.state) else each.regions[0]
    return holiday(day, region, place.state if each.hours.states else None)


def _joined(spans: Iterable[Span]) -> Spans:
    """Spans in order, those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def in_all(parts: Iterable[Spans]) -> Spans:
    """What lies within each of the parts; nothing where there are none."""
    common: Spans | None = None
    for spans in parts:
        common = spans if common is None else both(common, spans)
    return common or ()


def both(some: Spans, others: Spans) -> Spans:
    """What lies within both."""
    return tuple(
        (max(start, begin), min(end, finish))
        for start, end in some
        for begin, finish in others
        if max(start, begin) < min(end, finish)
    )
