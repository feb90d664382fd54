"""What a rule can ask about a lead. Each answer is one Boolean for each row; ``against`` says what unknown means."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from schemas.words import fold_words, words_of
from suppression.rules.encode import looked_up
from suppression.rules.facts import Facts
from suppression.rules.predicates import params
from suppression.rules.predicates.predicate import predicate
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import NEVER, NO_DAY, Bools, Days, Window, bools, since_epoch
from suppression.rules.us_states import state_bits


def lists_of(given: params.ListedIn | params.StateLists) -> list[str]:
    """The lists that a question about listing rests on."""
    return [f"list {kind}" for kind in given.kinds]


def _field(given: params.Since | params.FromDay) -> tuple[str]:
    return (given.field,)


def _fields(given: params.Held | params.Inactive) -> list[str]:
    return list(given.fields)


@predicate("run", params.Nothing, "", unknown="nothing is unknown", lack_matters=False)
def always(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """It holds for every such lead."""
    return facts.all(True)


@predicate("point", params.ListedIn, lists_of, unknown="no list consulted: not listed", lack_matters=False)
def listed(facts: Facts, at: PointOnChannel, given: params.ListedIn, against: bool) -> Bools:
    """A list of these kinds holds the point."""
    return facts.listed(at.point, tuple(given.kinds))


@predicate("point", params.StateLists, lists_of, unknown="no copy", lack_matters=False)
def no_state_copy(facts: Facts, at: PointOnChannel, given: params.StateLists, against: bool) -> Bools:
    """A state that the lead is in keeps a list of its own, and that list was not consulted."""
    consulted = {copy.state for copy in facts.setting.lists if copy.kind in given.kinds}
    lacking = np.uint64(state_bits(set(given.states) - consulted))
    return bools(((facts.states(at.point) | facts.always_states) & lacking) != 0)


def _last_day(facts: Facts, given: params.Since) -> Days:
    """Last day of the window after each row's date."""
    return given.window.last_days(facts.days(given.field))


@predicate("row", params.Since, _field, unknown="against contact", until=_last_day, unknown_is_yes=True)
def within(facts: Facts, at: PointOnChannel, given: params.Since, against: bool) -> Bools:
    """The day of contact is in the window after the date, which is not still to come."""
    day = facts.latest_days(given.field) if against else facts.days(given.field)
    inside = facts.past(given.field) & (day >= given.window.earliest(facts.setting.last_contact))
    return bools(inside | ~facts.past(given.field) if against else inside)


@predicate("row", params.Since, _field, unknown="against contact", begins=_last_day, unknown_is_yes=True)
def past(facts: Facts, at: PointOnChannel, given: params.Since, against: bool) -> Bools:
    """The window after the date is over."""
    known = facts.past(given.field)
    day = facts.days(given.field) if against else facts.latest_days(given.field)
    over = known & (day < given.window.earliest(facts.setting.last_contact))
    return bools(over | ~known if against else over)


@predicate(
    "row", params.Told, "notice_at, received_at, vendor partners_named", unknown="nobody was told", unknown_is_yes=True
)
def not_told(facts: Facts, at: PointOnChannel, given: params.Told, against: bool) -> Bools:
    """Nobody told the person in time: after the data came to us and within the window, or before and of us by name."""
    notice, received = facts.days("notice_at"), facts.days("received_at")
    known = facts.past("notice_at") & facts.past("received_at")
    not_before = notice >= facts.latest_days("received_at")
    in_time = known & not_before & (facts.latest_days("notice_at") <= given.window.last_days(received))
    # Whoever was told before we had the data was told of us only where the collector named us.
    before = facts.past("notice_at") & (~known | (notice < received))
    return bools(~(in_time | (before & (facts.setting.vendor.partners_named is True))))


@predicate("row", params.FromDay, _field, unknown="it is not")
def from_day(facts: Facts, at: PointOnChannel, given: params.FromDay, against: bool) -> Bools:
    """The date is of this day or later, and not still to come."""
    return bools(facts.past(given.field) & (facts.days(given.field) >= since_epoch(given.day)))


def _newest(facts: Facts, given: params.Inactive) -> Days:
    known = [np.where(facts.past(name), facts.days(name), NO_DAY) for name in given.fields]
    newest: Days = np.maximum.reduce(known)
    return newest


def _active_until(facts: Facts, given: params.Inactive) -> Days:
    """Last day of the window after each row's newest date."""
    return given.window.last_days(_newest(facts, given))


@predicate("row", params.Inactive, _fields, unknown="inactive", begins=_active_until, unknown_is_yes=True)
def inactive(facts: Facts, at: PointOnChannel, given: params.Inactive, against: bool) -> Bools:
    """The newest of the dates is older."""
    newest = _newest(facts, given)
    old = (newest != NO_DAY) & (newest < given.window.earliest(facts.setting.last_contact))
    return bools(old | (newest == NO_DAY) if against else old)


@predicate("row", params.Held, _fields, unknown="an empty field is not had")
def has(facts: Facts, at: PointOnChannel, given: params.Held, against: bool) -> Bools:
    """The lead has all of these fields; a date that is still to come is none."""
    return bools(np.logical_and.reduce([facts.held(name) for name in given.fields]))


@predicate("row", params.Held, _fields, unknown="an empty field is not had", unknown_is_yes=True)
def has_no(facts: Facts, at: PointOnChannel, given: params.Held, against: bool) -> Bools:
    """The lead has none of these fields."""
    held = np.logical_or.reduce([facts.held(name) for name in given.fields])
    if against:
        return bools(~held)
    # In an exemption, what is there and cannot be read counts as had.
    return bools(~held & ~np.logical_or.reduce([facts.unread(name) for name in given.fields]))


def _too_young_from(facts: Facts, years: int) -> int:
    """Earliest birthday of those who will not have reached the age on the first day of contact."""
    return Window(years=years).earliest(facts.setting.first_contact + timedelta(days=1))


#: Where somebody else collected the data there was no sale by us, whatever a column says.
_COLLECTED_BY_OTHERS = frozenset(
    {None, "purchased", "partner", "public_directory", "social_network", "referral", "self_posted"}
)


def _customer_until(facts: Facts, given: params.Customer) -> Days:
    """Last day on which each row's sale is young enough for the law and the campaign."""
    months = facts.setting.campaign.customer_months
    windows = [each for each in (given.window, None if months is None else Window(months=months)) if each is not None]
    ends = [window.last_days(facts.days("last_purchase_at")) for window in windows]
    never = np.full(facts.rows, NEVER, dtype=np.int32)
    return never if not ends else np.minimum.reduce(ends)


@predicate(
    "row",
    params.Customer,
    "last_purchase_at, campaign dealt_with_us, campaign customer_months, vendor source_type",
    unknown="no customer",
    until=_customer_until,
)
def customer(facts: Facts, at: PointOnChannel, given: params.Customer, against: bool) -> Bools:
    """A sale to the person by us, not still to come; never of a list that somebody else collected."""
    setting = facts.setting
    if setting.campaign.dealt_with_us is not True or setting.vendor.source_type in _COLLECTED_BY_OTHERS:
        return facts.all(False)
    young = _customer_until(facts, given) >= since_epoch(setting.last_contact)
    return bools(facts.past("last_purchase_at") & young)


@predicate("row", params.Ages, "birth_date, country", unknown="no birth date: not younger", lack_matters=False)
def younger(facts: Facts, at: PointOnChannel, given: params.Ages, against: bool) -> Bools:
    """The person is younger."""
    born = facts.days("birth_date")
    limits = {code: _too_young_from(facts, years) for code, years in given.by_country.items()}
    if given.years is not None:
        return born >= _too_young_from(facts, given.years)
    # Where the country is not known, the highest of the ages stands.
    strictest = min(limits.values())

    def limit(regions: tuple[str, ...]) -> int:
        return min(limits.get(region, strictest) for region in regions)

    return bools(born >= facts.locations.by_countries(limit, np.int32, strictest))


@predicate("point", params.Types, "type of the number", unknown="of none", lack_matters=False)
def line(facts: Facts, at: PointOnChannel, given: params.Types, against: bool) -> Bools:
    """The number is of one of these types."""
    return facts.line_type(at.point, list(given.types))


@predicate("point", params.Nothing, "email", unknown="of none")
def role(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The address belongs to a role."""
    return facts.role(at.point)


@predicate("row", params.Nothing, "job_title, campaign relevant_jobs", unknown="it is not")
def relevant_job(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The job title has, as words of its own, one that the offer relates to."""
    jobs, words = facts.column("job_title"), facts.setting.campaign.relevant_jobs
    if jobs is None or not words:
        return facts.all(False)
    phrases = [f" {fold_words(word)} " for word in words]

    def relates(title: str) -> bool:
        folded = f" {fold_words(title)} "
        denied = not words_of("negation", "words").isdisjoint(folded.split())
        return not denied and any(phrase in folded for phrase in phrases)

    return facts.once("relevant jobs", lambda: looked_up(jobs, relates, np.bool_, False))
