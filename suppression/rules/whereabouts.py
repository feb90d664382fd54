"""Where the people of a row may be: the place of each usable number, and that of the address.

A number moves with its owner, and an address may be old: hours have to suit every place that either names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from schemas.config import Channel
from suppression.rules.places import state_named, state_of_area_code
from suppression.rules.time_zones import (
    Zones,
    zones_of_area_code,
    zones_of_country,
    zones_of_number,
    zones_of_part,
)

#: Region of numbers that belong to no country.
_NO_COUNTRY = "001"


@dataclass(frozen=True)
class Number:
    """What a number says of its place. ``named``: its area code if it is a +1 number, else its joined time zones."""

    region: str | None
    named: str


@dataclass(frozen=True)
class Callee:
    """All that hours of the law can differ by between rows.

    ``numbers`` are the usable ones, in order; ``part`` is the word for a state or province; ``home`` is where the
    file's national numbers belong; ``channels`` are those of call and text that the row is open on.
    """

    numbers: tuple[Number, ...]
    country: str | None
    part: str | None
    home: str | None
    business: bool
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Whereabouts:
    """A place where a person may be: the country, the state (of the United States) and its possible time zones."""

    region: str
    state: str | None
    zones: Zones

    def __str__(self) -> str:
        return f"{self.state or self.region} ({', '.join(self.zones) or 'no time zone known'})"


def whereabouts(callee: Callee) -> tuple[Whereabouts, ...]:
    """Every place that the numbers and the address name; none where nothing is known.

    What names only a country of several zones adds nothing where something else names a zone of that country; where
    nothing does, all of them count.
    """
    found = [_of_number(number) for number in callee.numbers if number.region not in {None, _NO_COUNTRY}]
    country = callee.country or next((place.region for place in found), callee.home)
    if country is not None and (callee.country or callee.part or not found):
        state = state_named(callee.part) if country == "US" and callee.part else None
        found.append(Whereabouts(country, state, zones_of_part(country, callee.part)))
    found = [place if place.zones else replace(place, zones=_only_zone(place.region)) for place in found]
    named = {place.region for place in found if place.zones}
    return tuple(
        dict.fromkeys(
            place if place.zones else replace(place, zones=zones_of_country(place.region))
            for place in found
            if place.zones or place.region not in named
        )
    )


def _of_number(number: Number) -> Whereabouts:
    region = str(number.region)
    if not number.named.isdigit():
        return Whereabouts(region, None, zones_of_number(region, number.named))
    state = state_of_area_code(number.named) if region == "US" else None
    return Whereabouts(region, state, zones_of_area_code(number.named) or zones_of_part(region, state))


def _only_zone(region: str) -> Zones:
    zones = zones_of_country(region)
    return zones if len(zones) == 1 else ()
