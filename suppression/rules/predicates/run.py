"""What a rule can ask about the run: lists, vendor and campaign. Each answer is the same for every row."""

from __future__ import annotations

from datetime import date, timedelta

from suppression.rules.facts import Facts
from suppression.rules.predicates import params
from suppression.rules.predicates.lead import lists_of
from suppression.rules.predicates.predicate import predicate
from suppression.rules.setting import Consulted, PointOnChannel
from suppression.rules.time_windows import Bools

_SAFE_HARBOUR_PARTS = 6
_SEVERAL = 2


def _of_campaign(given: params.OfCampaign | params.UndeclaredByCampaign) -> tuple[str]:
    return (f"campaign {given.field}",)


def _of_vendor(given: params.OfVendor | params.Undeclared) -> tuple[str]:
    return (f"vendor {given.field}",)


@predicate("run", params.ListedIn, lists_of, unknown="no copy", lack_matters=False)
def no_copy(facts: Facts, at: PointOnChannel, given: params.ListedIn, against: bool) -> Bools:
    """No copy young enough was consulted: of each registry named, or for the campaign's region one that names none.

    A copy of unknown age is not young enough. One that names no registry is not two of them at once.
    """
    oldest = facts.setting.last_contact - timedelta(days=given.max_age_days or 0)
    setting = facts.setting
    home = given.country in {None, setting.region}
    copies = [copy.registry for copy in setting.lists if copy.kind in given.kinds and _young(copy, given, oldest)]
    if given.same_month:
        month = (setting.last_contact.year, setting.last_contact.month)
        copies = [
            copy.registry
            for copy in setting.lists
            if copy.kind in given.kinds and copy.as_of is not None and (copy.as_of.year, copy.as_of.month) == month
        ]
    named = bool(given.registries) and all(name in copies for name in given.registries)
    return facts.all(not (named or (home and None in copies and len(given.registries) < _SEVERAL)))


def _young(copy: Consulted, given: params.ListedIn, oldest: date) -> bool:
    return copy.as_of is not None and (given.max_age_days is None or copy.as_of >= oldest)


@predicate("run", params.OfCampaign, _of_campaign, unknown="against contact, unless the rule says otherwise")
def campaign(facts: Facts, at: PointOnChannel, given: params.OfCampaign, against: bool) -> Bools:
    """The campaign declares one of these."""
    return facts.all(given.says(getattr(facts.setting.campaign, given.field), against))


@predicate("run", params.OfVendor, _of_vendor, unknown="against contact, unless the rule says otherwise")
def vendor(facts: Facts, at: PointOnChannel, given: params.OfVendor, against: bool) -> Bools:
    """The vendor's file declares one of these."""
    return facts.all(given.says(getattr(facts.setting.vendor, given.field), against))


@predicate("run", params.Undeclared, _of_vendor, unknown="undeclared")
def vendor_undeclared(facts: Facts, at: PointOnChannel, given: params.Undeclared, against: bool) -> Bools:
    """The vendor's file does not say."""
    return facts.all(getattr(facts.setting.vendor, given.field) is None)


@predicate("run", params.Nothing, "vendor promises", unknown="no promise", lack_matters=False)
def promise_bars_resale(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The vendor promised not to share."""
    return facts.all("bars_resale" in facts.setting.vendor.promise_places.values())


@predicate("run", params.Nothing, "vendor promises", unknown="unchecked")
def promise_unchecked(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """One of the six promise places was not looked at."""
    return facts.all(None in facts.setting.vendor.promise_places.values())


@predicate("run", params.Nothing, "vendor notice_ru", unknown="not told")
def notice_ru(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """People were told the six items."""
    return facts.all(all(facts.setting.vendor.notice_ru.model_dump().values()))


@predicate("run", params.Nothing, "campaign lia", unknown="none")
def lia(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The campaign names its legitimate-interests assessment."""
    return facts.all(facts.setting.campaign.lia is not None)


@predicate("run", params.Nothing, "campaign safe_harbour", unknown="not attested")
def safe_harbour_gap(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """One of the six safe-harbour parts is not attested."""
    return facts.all(len(set(facts.setting.campaign.safe_harbour)) < _SAFE_HARBOUR_PARTS)


@predicate("run", params.Countries, "campaign storage_country", unknown="kept elsewhere")
def storage_outside(facts: Facts, at: PointOnChannel, given: params.Countries, against: bool) -> Bools:
    """Data is kept in another country."""
    return facts.all(facts.setting.campaign.storage_country not in given.countries)


@predicate("run", params.UndeclaredByCampaign, _of_campaign, unknown="undeclared", lack_matters=False)
def campaign_undeclared(facts: Facts, at: PointOnChannel, given: params.UndeclaredByCampaign, against: bool) -> Bools:
    """The campaign does not say."""
    return facts.all(getattr(facts.setting.campaign, given.field) is None)
