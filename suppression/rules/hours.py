"""Hours of the law as packs give them: the shipped ones, with the workspace's laid over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.contact.country_names import known_countries
from schemas.rules import EVERYWHERE, Hours, Pack
from suppression.rules.public_holidays import has_calendar
from suppression.rules.time_zones import is_zone
from suppression.rules.us_states import is_state


@dataclass(frozen=True)
class PackHours:
    """Hours with the pack that they stand in."""

    hours: Hours
    pack: str
    version: str
    regions: tuple[str, ...]

    @property
    def authority(self) -> str:
        """What a finding names as its source."""
        return f"rule {self.hours.id}, pack {self.pack} {self.version}, {self.hours.citation}"

    def speaks_of(self, region: str, state: str | None) -> bool:
        """Whether the hours hold for people in a country and, in the United States, a state."""
        of_region = EVERYWHERE in self.regions or region in self.regions
        return of_region and (not self.hours.states or state in self.hours.states)


def merged_hours(packs: list[Pack], version: str) -> tuple[dict[str, PackHours], list[str]]:
    """Lay the last pack's hours over the first's; with ids of those that allow more than what they replace."""
    found: dict[str, PackHours] = {}
    weaker = []
    for pack in packs:
        for each in pack.hours:
            if each.id in found and each.allows_more_than(found[each.id].hours):
                weaker.append(each.id)
            found[each.id] = PackHours(each, pack.name, version, tuple(each.regions or pack.regions))
    return found, weaker


def faults_of(hours: Iterable[PackHours]) -> list[str]:
    """What only a look at places, zones and calendars finds wrong with a user's hours."""
    countries = known_countries()
    faults = []
    for each in hours:
        fact = each.hours
        faults += [f"{fact.id}: '{state}' is not a state" for state in fact.states if not is_state(state)]
        if fact.zone is not None and not is_zone(fact.zone):
            faults.append(f"{fact.id}: '{fact.zone}' is not a time zone (as in America/New_York)")
        for region in each.regions:
            if region != EVERYWHERE and region not in countries:
                faults.append(f"{fact.id}: '{region}' is not a region (ISO 3166-1 alpha-2)")
            elif fact.closed_on_holidays and (region == EVERYWHERE or not has_calendar(region)):
                faults.append(f"{fact.id}: closed_on_holidays: the public holidays of '{region}' are not known")
    return faults
