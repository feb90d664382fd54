"""What a rule can ask about a lead. Each answer is one Boolean for each row; ``against`` says what unknown means."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from suppression.rules.facts import Facts, PointOnChannel
from suppression.rules.predicates import params
from suppression.rules.predicates.predicate import predicate
from suppression.rules.time_windows import NO_DAY, Bools, Days, Window, bools


def lists_of(given: params.ListedIn) -> list[str]:
    """The lists that a question about listing rests on."""
    return [f"list {kind}" for kind in given.kinds]


def _field(given: params.Since) -> tuple[str]:
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


def _last_day(facts: Facts, given: params.Since) -> Days:
    """Last day of the window after each row's date."""
    return given.window.last_days(facts.days(given.field))


@predicate("row", params.Since, _field, unknown="against contact", until=_last_day)
def within(facts: Facts, at: PointOnChannel, given: params.Since, against: bool) -> Bools:
    """Today is in the window after the date."""
    day = facts.days(given.field)
    inside = (day >= given.window.earliest(facts.setting.as_of)) & (day <= facts.today)
    return inside | (day == NO_DAY) if against else inside


@predicate("row", params.Since, _field, unknown="against contact", begins=_last_day)
def past(facts: Facts, at: PointOnChannel, given: params.Since, against: bool) -> Bools:
    """The window after the date is over."""
    day = facts.days(given.field)
    over = (day != NO_DAY) & (day < given.window.earliest(facts.setting.as_of))
    return bools(over | (day == NO_DAY) if against else over)


def _newest(facts: Facts, given: params.Inactive) -> Days:
    newest: Days = np.maximum.reduce([facts.days(name) for name in given.fields])
    return newest


def _active_until(facts: Facts, given: params.Inactive) -> Days:
    """Last day of the window after each row's newest date."""
    return given.window.last_days(_newest(facts, given))


@predicate("row", params.Inactive, _fields, unknown="inactive", begins=_active_until)
def inactive(facts: Facts, at: PointOnChannel, given: params.Inactive, against: bool) -> Bools:
    """The newest of the dates is older."""
    newest = _newest(facts, given)
    old = (newest != NO_DAY) & (newest < given.window.earliest(facts.setting.as_of))
    return bools(old | (newest == NO_DAY) if against else old)


@predicate("row", params.Held, _fields, unknown="an empty field is not had")
def has(facts: Facts, at: PointOnChannel, given: params.Held, against: bool) -> Bools:
    """The lead has all of these fields."""
    return bools(np.logical_and.reduce([facts.held(name) for name in given.fields]))


@predicate("row", params.Held, _fields, unknown="an empty field is not had")
def has_no(facts: Facts, at: PointOnChannel, given: params.Held, against: bool) -> Bools:
    """The lead has none of these fields."""
    return bools(~np.logical_or.reduce([facts.held(name) for name in given.fields]))


def _too_young_from(facts: Facts, years: int) -> int:
    """Earliest birthday of those who have not reached the age today."""
    return Window(years=years).earliest(facts.setting.as_of + timedelta(days=1))


@predicate("row", params.Ages, "birth_date, country", unknown="no birth date: not younger", lack_matters=False)
def younger(facts: Facts, at: PointOnChannel, given: params.Ages, against: bool) -> Bools:
    """The person is younger."""
    born = facts.days("birth_date")
    limits = {code: _too_young_from(facts, years) for code, years in given.by_country.items()}
    if given.years is not None:
        return born >= _too_young_from(facts, given.years)
    # Where the country is not known, the highest of the ages stands.
    strictest = min(limits.values())
    return born >= facts.by_address(lambda region: limits.get(region, strictest), np.int32, strictest)


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
    """The job title is one that the offer relates to."""
    jobs, words = facts.column("job_title"), facts.setting.campaign.relevant_jobs
    if jobs is None or not words:
        return facts.all(False)
    return facts.once(
        "relevant jobs",
        lambda: jobs.str.to_lowercase().str.contains_any([word.lower() for word in words]).fill_null(False).to_numpy(),
    )
