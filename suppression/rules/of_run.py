"""What a rule can ask about the run: lists, vendor and campaign. Each answer is the same for every row."""

from __future__ import annotations

from datetime import date, timedelta

from suppression.rules import parameters as given_as
from suppression.rules.clocks import Bools
from suppression.rules.facts import Consulted, Facts, Place

_SAFE_HARBOUR_PARTS = 6
_SEVERAL = 2


def no_copy(facts: Facts, place: Place, given: given_as.ListedIn, against: bool) -> Bools:
    """No copy young enough was consulted: of each registry named, or for the campaign's region one that names none.

    A copy of unknown age is not young enough. One that names no registry is not two of them at once.
    """
    oldest = facts.setting.as_of - timedelta(days=given.max_age_days or 0)
    setting = facts.setting
    home = given.country in {None, setting.region}
    copies = [copy.registry for copy in setting.lists if copy.kind in given.kinds and _young(copy, given, oldest)]
    named = bool(given.registries) and all(name in copies for name in given.registries)
    return facts.all(not (named or (home and None in copies and len(given.registries) < _SEVERAL)))


def _young(copy: Consulted, given: given_as.ListedIn, oldest: date) -> bool:
    return copy.as_of is not None and (given.max_age_days is None or copy.as_of >= oldest)


def campaign(facts: Facts, place: Place, given: given_as.OfCampaign, against: bool) -> Bools:
    """The campaign declares one of these."""
    return facts.all(given.says(getattr(facts.setting.campaign, given.field), against))


def vendor(facts: Facts, place: Place, given: given_as.OfVendor, against: bool) -> Bools:
    """The vendor's file declares one of these."""
    return facts.all(given.says(getattr(facts.setting.vendor, given.field), against))


def undeclared(facts: Facts, place: Place, given: given_as.Undeclared, against: bool) -> Bools:
    """The vendor's file does not say."""
    return facts.all(getattr(facts.setting.vendor, given.field) is None)


def promise(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """The vendor promised not to share."""
    return facts.all("bars_resale" in facts.setting.vendor.promise_places.values())


def promise_unchecked(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """One of the six promise places was not looked at."""
    return facts.all(None in facts.setting.vendor.promise_places.values())


def notice_ru(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """People were told the six items."""
    return facts.all(all(facts.setting.vendor.notice_ru.model_dump().values()))


def lia(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """The campaign names its legitimate-interests assessment."""
    return facts.all(facts.setting.campaign.lia is not None)


def destination(facts: Facts, place: Place, given: given_as.Countries, against: bool) -> Bools:
    """What leaves goes to one of these countries, or to somebody controlled from there."""
    campaign = facts.setting.campaign
    return facts.all(
        bool({campaign.destination_country, *(campaign.recipient_controlled_by or [])} & set(given.countries))
    )


def destination_outside(facts: Facts, place: Place, given: given_as.Countries, against: bool) -> Bools:
    """What leaves goes to another country than these."""
    destination = facts.setting.campaign.destination_country
    return facts.all(destination is not None and destination not in given.countries)


def safe_harbour_gap(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """One of the six safe-harbour parts is not attested."""
    return facts.all(len(set(facts.setting.campaign.safe_harbour)) < _SAFE_HARBOUR_PARTS)


def storage_outside(facts: Facts, place: Place, given: given_as.Countries, against: bool) -> Bools:
    """Data is kept in another country."""
    return facts.all(facts.setting.campaign.storage_country not in given.countries)
