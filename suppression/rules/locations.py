"""Where a person may be: what a number and an address say of a country, a state and its time zones.

A number moves with its owner, and an address may be old: hours have to suit every place that either names.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from suppression.rules.time_zones import (
    Zones,
    zones_of_area_code,
    zones_of_country,
    zones_of_number,
    zones_of_part,
)
from suppression.rules.us_states import state_named, state_of_area_code

#: Region of numbers that belong to no country.
_NO_COUNTRY = "001"
#: Places that are kept in mind: what a column says of states is free text.
_KEPT = 8192


@dataclass(frozen=True, eq=False)
class Location:
    """A place: the country, the state (of the United States) and its possible time zones; each is there once.

    Without zones it names only a country of several.
    """

    region: str
    state: str | None
    zones: Zones

    def __str__(self) -> str:
        return f"{self.state or self.region} ({', '.join(self.zones) or 'no time zone known'})"

    @property
    def anywhere(self) -> Location:
        """The place with every zone of its country, where nothing names one."""
        return self if self.zones else _location(self.region, self.state, zones_of_country(self.region))


@functools.cache
def _location(region: str, state: str | None, zones: Zones) -> Location:
    """The one of these. What is equal is the same: to compare and to hash them takes no time."""
    return Location(region, state, zones)


@functools.lru_cache(_KEPT)
def location_of_number(region: str | None, named: str | None) -> Location | None:
    """Place of a number in a region; ``named`` is its area code if it is a +1 number, else its joined time zones."""
    if region is None or region == _NO_COUNTRY or named is None:
        return None
    if not named.isdigit():
        return _location(region, None, zones_of_number(region, named) or _only_zone(region))
    state = state_of_area_code(named) if region == "US" else None
    zones = zones_of_area_code(named) or zones_of_part(region, state) or _only_zone(region)
    return _location(region, state, zones)


@functools.lru_cache(_KEPT)
def location_of_address(country: str, part: str | None) -> Location:
    """Place of an address in a country; ``part`` is its word for a state or province."""
    state = state_named(part) if country == "US" and part else None
    return _location(country, state, zones_of_part(country, part) or _only_zone(country))


def _only_zone(region: str) -> Zones:
    zones = zones_of_country(region)
    return zones if len(zones) == 1 else ()
