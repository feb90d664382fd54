"""What a rule can ask about a lead. Each answer is one Boolean for each row; ``against`` says what unknown means."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from suppression.rules import parameters as given_as
from suppression.rules.clocks import NEVER, NO_DAY, Bools, Days, Window, bools
from suppression.rules.consent import BIT, LEADID, OF_CHANNEL, TRUSTEDFORM, TRUSTEDFORM_DAYS, Bits
from suppression.rules.facts import Facts, Place


def always(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """It holds for every such lead."""
    return facts.all(True)


def listed(facts: Facts, place: Place, given: given_as.ListedIn, against: bool) -> Bools:
    """A list of these kinds holds the point."""
    return facts.listed(place.point, tuple(given.kinds))


def opted_out(facts: Facts, place: Place, given: given_as.ListedIn, against: bool) -> Bools:
    """A list of these kinds holds the point, or consent was withdrawn."""
    return bools(listed(facts, place, given, against) | (facts.days("withdrawn_at") != NO_DAY))


def _needed(place: Place, given: given_as.ConsentNeeds) -> np.uint64:
    bits = BIT["given"] | BIT["standing"]
    for name in given.needs:
        bits |= BIT[name]
    if given.within is not None:
        bits |= BIT["date"]
    return bits if given.any_channel else bits | BIT[OF_CHANNEL[place.channel]]


def missing_of_consent(facts: Facts, place: Place, given: given_as.ConsentNeeds) -> Bits:
    """What each row's consent lacks for a yes, as bits."""
    lacks = facts.consents().lacks & _needed(place, given)
    if given.within is not None:
        at = facts.days("consent_at")
        aged = (at != NO_DAY) & (at < given.within.earliest(facts.setting.as_of))
        lacks = np.where(aged, lacks | BIT["age"], lacks)
    return lacks


def consent(facts: Facts, place: Place, given: given_as.ConsentNeeds, against: bool) -> Bools:
    """Consent was given, covers the channel, stands, and has what is needed."""
    return bools(missing_of_consent(facts, place, given) == 0)


def consent_until(facts: Facts, given: given_as.ConsentNeeds) -> Days:
    """Last day on which each row's consent is young enough."""
    if given.within is None:
        return np.full(facts.rows, NEVER, dtype=np.int32)
    return given.within.last_days(facts.days("consent_at"))


def consent_lacks(facts: Facts, place: Place, given: given_as.Lacking, against: bool) -> Bools:
    """Consent is claimed and lacks this."""
    consents = facts.consents()
    return bools(consents.claimed & ((consents.lacks & BIT[given.lacks]) != 0))


def withdrawn(facts: Facts, place: Place, given: given_as.Lately, against: bool) -> Bools:
    """Consent was withdrawn or contact objected to."""
    at = facts.days("withdrawn_at")
    return at != NO_DAY if given.within is None else at >= given.within.earliest(facts.setting.as_of)


def within(facts: Facts, place: Place, given: given_as.Since, against: bool) -> Bools:
    """Today is in the window after the date."""
    at = facts.days(given.field)
    inside = (at >= given.window.earliest(facts.setting.as_of)) & (at <= facts.today)
    return inside | (at == NO_DAY) if against else inside


def within_until(facts: Facts, given: given_as.Since) -> Days:
    """Last day of the window after each row's date."""
    return given.window.last_days(facts.days(given.field))


def past(facts: Facts, place: Place, given: given_as.Since, against: bool) -> Bools:
    """The window after the date is over."""
    at = facts.days(given.field)
    past = (at != NO_DAY) & (at < given.window.earliest(facts.setting.as_of))
    return bools(past | (at == NO_DAY) if against else past)


def _newest(facts: Facts, given: given_as.Inactive) -> Days:
    newest: Days = np.maximum.reduce([facts.days(name) for name in given.fields])
    return newest


def inactive(facts: Facts, place: Place, given: given_as.Inactive, against: bool) -> Bools:
    """The newest of the dates is older."""
    newest = _newest(facts, given)
    old = (newest != NO_DAY) & (newest < given.window.earliest(facts.setting.as_of))
    return bools(old | (newest == NO_DAY) if against else old)


def active_until(facts: Facts, given: given_as.Inactive) -> Days:
    """Last day of the window after each row's newest date."""
    return given.window.last_days(_newest(facts, given))


def has(facts: Facts, place: Place, given: given_as.Held, against: bool) -> Bools:
    """The lead has all of these fields."""
    return bools(np.logical_and.reduce([facts.held(name) for name in given.fields]))


def has_no(facts: Facts, place: Place, given: given_as.Held, against: bool) -> Bools:
    """The lead has none of these fields."""
    return bools(~np.logical_or.reduce([facts.held(name) for name in given.fields]))


def younger(facts: Facts, place: Place, given: given_as.Ages, against: bool) -> Bools:
    """The person is younger."""
    born = facts.days("birth_date")
    limits = {code: _too_young_from(facts, years) for code, years in given.by_country.items()}
    if given.years is not None:
        return born >= _too_young_from(facts, given.years)
    # Where the country is not known, the highest of the ages stands.
    strictest = min(limits.values())
    return born >= facts.by_address(lambda region: limits.get(region, strictest), np.int32, strictest)


def _too_young_from(facts: Facts, years: int) -> int:
    """Earliest birthday of those who have not reached the age today."""
    return Window(years=years).earliest(facts.setting.as_of + timedelta(days=1))


def basis(facts: Facts, place: Place, given: given_as.Basis, against: bool) -> Bools:
    """The legal basis given is of such a class."""
    return facts.basis(list(given.classes))


def token_malformed(facts: Facts, place: Place, given: given_as.Token, against: bool) -> Bools:
    """A consent token has the wrong host or form."""
    name, pattern = (
        ("trustedform_cert_url", TRUSTEDFORM) if given.kind == "trustedform" else ("jornaya_lead_id", LEADID)
    )
    tokens = facts.column(name)
    return facts.all(False) if tokens is None else ~tokens.str.contains(pattern).fill_null(True).to_numpy()


def token_expired(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """A TrustedForm certificate is past 90 days."""
    at = facts.days("consent_at")
    old = (at == NO_DAY) | (facts.today - at.astype(np.int64) > TRUSTEDFORM_DAYS)
    return bools(facts.held("trustedform_cert_url") & old)


def line(facts: Facts, place: Place, given: given_as.Types, against: bool) -> Bools:
    """The number is of one of these types."""
    return facts.line_type(place.point, list(given.types))


def role(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """The address belongs to a role."""
    return facts.role(place.point)


def relevant_job(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """The job title is one that the offer relates to."""
    jobs, words = facts.column("job_title"), facts.setting.campaign.relevant_jobs
    if jobs is None or not words:
        return facts.all(False)
    return facts.once(
        "relevant jobs",
        lambda: jobs.str.to_lowercase().str.contains_any([word.lower() for word in words]).fill_null(False).to_numpy(),
    )
