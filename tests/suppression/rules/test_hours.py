"""Hours of the law: each fact's own cases, in time zones of numbers and addresses, on days of all kinds.

In hours.toml, ``holds`` are leads for whom a fact holds, with the stretches that are ``open`` to calls and, where it
counts them, the ``attempts`` and their days; ``shut`` are days on which it allows nothing, with the ``next`` open one;
``silent`` are leads of whom it does not speak.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from suppression.rules.hours import PackHours
from tests.suppression.rules.cases import packs
from tests.suppression.rules.hours_cases import window

pytestmark = pytest.mark.slow

CASES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "hours.toml").read_text(encoding="utf-8"))
HOURS: dict[str, PackHours] = {each.hours.id: each for pack in packs() for each in pack.hours}
#: What these say is what the federal hours say as well.
NO_STRICTER = {"us.va.hours", "us.ut.holidays"}


def cases(what: str) -> list[Any]:
    return [
        pytest.param(fact, said, id=f"{fact} {what} {number}")
        for fact, table in CASES.items()
        for number, said in enumerate(table.get(what, []))
    ]


@pytest.mark.parametrize(("fact", "said"), cases("holds"))
def test_hours_hold(fact: str, said: dict[str, Any]) -> None:
    found = window(said)
    assert found.stretches == said["open"]
    assert found.attempts == said.get("attempts", [None, None])
    assert fact in found.rules
    assert found.flags == {}


@pytest.mark.parametrize(("fact", "said"), cases("shut"))
def test_hours_are_shut_and_the_flag_says_until_when(fact: str, said: dict[str, Any]) -> None:
    found = window(said)
    assert (found.stretches, list(found.flags)) == (None, ["call.not_today"])
    source, detail = found.flags["call.not_today"]
    assert detail.endswith(f": {fact}; next allowed on {said['next']}")
    assert source == HOURS[fact].authority


@pytest.mark.parametrize(("fact", "said"), cases("silent"))
def test_hours_do_not_speak_of_others(fact: str, said: dict[str, Any]) -> None:
    assert fact not in window(said).rules


@pytest.mark.parametrize("fact", HOURS)
def test_every_fact_has_cases_that_can_fail(fact: str) -> None:
    table = CASES[fact]
    assert table["holds"] and table["silent"]
    told, left_out = ([window(said, left) for said in table["holds"]] for left in (None, fact))
    if fact not in NO_STRICTER:
        assert [(w.stretches, w.attempts) for w in told] != [(w.stretches, w.attempts) for w in left_out]
    hours = HOURS[fact].hours
    if hours.closed_on_holidays or {day for stretch in hours.open for day in stretch.weekdays} < set(range(7)):
        assert table["shut"]
    days = {what: [said["day"] for said in table[what] if "day" in said] for what in ("holds", "silent")}
    if hours.in_force_from is not None:
        # In Australia the first day was a Sunday and a holiday, the second a holiday in lieu.
        assert hours.in_force_from - timedelta(days=1) in days["silent"]
        assert min(days["holds"]) - hours.in_force_from <= timedelta(days=2)
    assert hours.in_force_to is None


def test_every_case_is_of_a_fact() -> None:
    assert sorted(CASES) == sorted(HOURS)


@pytest.mark.parametrize("fact", HOURS)
def test_every_fact_has_its_citation_and_review(fact: str) -> None:
    hours = HOURS[fact].hours
    assert hours.citation.authority
    assert hours.citation.section
    assert hours.reviewed_on.year >= 2026
    assert hours.title.endswith(".")


@pytest.mark.parametrize(
    ("said", "zone", "span"),
    [
        # One zone: the federal hours of New York and of Honolulu.
        ({"phone": "+12125550142"}, "America/New_York", "2026-11-23 13:00 2026-11-24 02:00"),
        ({"phone": "+18085550142"}, "Pacific/Honolulu", "2026-11-23 18:00 2026-11-24 07:00"),
        # The number moved with its owner: its hours (8-21 in New York) and the address's (9-21 in Texas's two zones).
        ({"phone": "+12125550142", "state": "TX", "country": "US"}, "America/New_York",
         "2026-11-23 16:00 2026-11-24 02:00"),
        # An area code that lies in two zones: Florida's Panhandle, and the north-west of Indiana.
        ({"phone": "+18505550142"}, "America/Chicago", "2026-11-23 14:00 2026-11-24 01:00"),
        ({"phone": "+12195550142"}, "America/Chicago", "2026-11-23 14:00 2026-11-24 02:00"),
        # States that lie in several zones, with a number that is nobody's in particular.
        ({"phone": "+18005550142", "state": "IN", "country": "US"}, "America/Indiana/Indianapolis",
         "2026-11-23 14:00 2026-11-24 02:00"),
        ({"phone": "+18005550142", "state": "KY", "country": "US"}, "America/New_York",
         "2026-11-23 16:00 2026-11-24 02:00"),
        ({"phone": "+18005550142", "state": "TN", "country": "US"}, "America/Chicago",
         "2026-11-23 14:00 2026-11-24 02:00"),
        ({"phone": "+18005550142", "state": "TX", "country": "US"}, "America/Chicago",
         "2026-11-23 16:00 2026-11-24 03:00"),
        ({"phone": "+18005550142", "state": "FL", "country": "US"}, "America/New_York",
         "2026-11-23 14:00 2026-11-24 01:00"),
        ({"phone": "+18005550142", "state": "ID", "country": "US"}, "America/Boise",
         "2026-11-23 16:00 2026-11-24 04:00"),
        ({"phone": "+18005550142", "state": "AK", "country": "US"}, "America/Anchorage",
         "2026-11-23 18:00 2026-11-24 06:00"),
        # Nothing but the country: from eight in Honolulu and Adak to nine in New York.
        ({"phone": "+18005550142"}, "America/New_York", "2026-11-23 18:00 2026-11-24 02:00"),
        ({"phone": "+18005550142", "country": "US", "state": "nowhere"}, "America/New_York",
         "2026-11-23 18:00 2026-11-24 02:00"),
        # The country of the address alone adds nothing to a number that names a zone of it.
        ({"phone": "+12125550142", "country": "US"}, "America/New_York", "2026-11-23 13:00 2026-11-24 02:00"),
        # Provinces, and mobile numbers that belong to all of Australia.
        ({"phone": "+18005550142", "country": "CA", "state": "ON"}, "America/New_York",
         "2026-11-23 18:00 2026-11-24 02:00"),
        ({"phone": "+14165550142", "country": "CA", "state": "Nova Scotia"}, "America/Toronto",
         "2026-11-23 14:00 2026-11-24 01:30"),
        ({"phone": "+61412345678", "country": "AU", "state": "WA"}, "Australia/Perth",
         "2026-11-23 01:00 2026-11-23 11:15"),
        # A number without a country, and an address.
        ({"phone": "+80012345678", "country": "US", "state": "NY"}, "America/New_York",
         "2026-11-23 13:00 2026-11-24 02:00"),
        # A second number that may be used as well.
        ({"phone": "+12125550142", "phone_2": "+14155550142"}, "America/New_York",
         "2026-11-23 16:00 2026-11-24 02:00"),
        ({"phone": "+14155550142", "phone_2": "+12125550142"}, "America/Los_Angeles",
         "2026-11-23 16:00 2026-11-24 02:00"),
        ({"phone": "+12125550142", "phone_2": "+18005550142"}, "America/New_York",
         "2026-11-23 13:00 2026-11-24 02:00"),
        # The state that the address names only counts in its own country.
        ({"phone": "+12125550142", "state": "TX"}, "America/New_York", "2026-11-23 16:00 2026-11-24 02:00"),
        # Where the file's national numbers belong stands in for what nobody says.
        ({"phone": "+80012345678", "region": "FR"}, "Europe/Paris",
         "2026-11-23 13:00 2026-11-23 19:00"),
    ],
    ids=str,
)  # fmt: skip
def test_windows_suit_every_place_and_zone(said: dict[str, Any], zone: str, span: str) -> None:
    found = window(said)
    assert (found.row["call_zone"], found.in_utc) == (zone, span)


@pytest.mark.parametrize(
    ("day", "phone", "span"),
    [
        # The days before, of and after both changes of 2026-27, in New York.
        (date(2026, 10, 31), "+12125550142", "2026-10-31 12:00 2026-11-01 01:00"),
        (date(2026, 11, 1), "+12125550142", "2026-11-01 13:00 2026-11-02 02:00"),
        (date(2027, 3, 13), "+12125550142", "2027-03-13 13:00 2027-03-14 02:00"),
        (date(2027, 3, 14), "+12125550142", "2027-03-14 12:00 2027-03-15 01:00"),
        # Phoenix has no daylight saving time.
        (date(2026, 10, 31), "+16025550142", "2026-10-31 15:00 2026-11-01 04:00"),
        (date(2026, 11, 1), "+16025550142", "2026-11-01 15:00 2026-11-02 04:00"),
        (date(2027, 3, 14), "+16025550142", "2027-03-14 15:00 2027-03-15 04:00"),
        # Paris changes on other days.
        (date(2026, 10, 23), "+33199001234",
         "2026-10-23 12:00 2026-10-23 18:00"),
        (date(2026, 10, 26), "+33199001234",
         "2026-10-26 13:00 2026-10-26 19:00"),
    ],
)  # fmt: skip
def test_clocks_change(day: date, phone: str, span: str) -> None:
    assert window({"phone": phone, "day": day}).in_utc == span


def test_arizona_with_the_navajo_nation_loses_an_hour_in_summer() -> None:
    """An address in Arizona may be in the Navajo Nation, which keeps daylight saving time."""
    arizona = {"phone": "+16025550142", "state": "AZ", "country": "US"}
    assert window(arizona).stretches == ["08:00-21:00"]
    assert window(arizona | {"day": date(2026, 7, 1)}).stretches == ["08:00-20:00"]


def test_no_hour_suits_two_places() -> None:
    """New York and Guam are fifteen hours apart."""
    found = window({"phone": "+12125550142", "country": "GU"})
    assert (found.stretches, found.row["call_zone"]) == (None, None)
    _, detail = found.flags["call.not_today"]
    assert detail == (
        "no hour is allowed in all of NY (America/New_York) and GU (Pacific/Guam): us.tsr.hours; "
        "not allowed in the 31 days after"
    )


@pytest.mark.parametrize(
    ("said", "span", "detail"),
    [
        ({"phone": "+80012345678"}, None, "neither numbers nor address say where the person is"),
        ({"phone": "+442079460001"}, None, "these packs give no hours in GB for call to consumers"),
        # The hours of the other place are given all the same.
        ({"phone": "+442079460001", "country": "US", "state": "NY"}, "2026-11-23 13:00 2026-11-24 02:00",
         "these packs give no hours in GB for call to consumers"),
        ({"phone": "+12125550142", "country": "BV", "channels": ["call", "text"]}, "2026-11-23 13:00 2026-11-24 02:00",
         "no time zone is known of BV"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_known_is_flagged(said: dict[str, Any], span: str | None, detail: str) -> None:
    found = window(said)
    assert found.in_utc == span
    assert {code: why for code, (_, why) in found.flags.items()} == {"call.hours_unknown": detail}


def test_the_seller_s_law_binds_everywhere() -> None:
    """[rules] always: France's hours in New York's time, on France's working days."""
    assert window({"phone": "+12125550142"}, always=("FR",)).stretches == ["10:00-13:00", "14:00-20:00"]
    armistice = window({"phone": "+12125550142", "day": date(2026, 11, 11)}, always=("FR",))
    assert armistice.flags["call.not_today"][1].endswith(", 2026-11-11: fr.hours; next allowed on 2026-11-12")


def test_two_limits_of_attempts_hold_at_once() -> None:
    """Three in 24 hours and four in 30 days: three in 30 days keep both."""
    assert window({"phone": "+33199001234", "country": "US", "state": "FL"}).attempts == [3, 30]


def test_undeclared_dialling_may_be_either() -> None:
    assert "fr.hours" in window({"phone": "+33199001234", "dialling": None}).rules
