"""The law of the day of contact judges a lead, not that of the day of the scrub."""

from __future__ import annotations

import pytest

from tests.suppression.rules.conftest import LAW, LawScrub, Reasons

pytestmark = pytest.mark.slow

FRANCE = {"phone": "+33199000001", "country": "FR", "state": "", "last_inquiry_at": "2026-05-01"}
FRENCH = LAW.replace('["all"]', '["fr"]') + 'lia = "LIA-1"\nstorage_country = "FR"\n'
BLOCTEL = {"dnc.national": ("+33199000009",)}


def calling(day: str, until: str | None = None) -> str:
    """A campaign's days of contact."""
    return f"[calling]\nday = {day}\n" + (f"until = {until}\n" if until else "")


@pytest.mark.parametrize(
    ("day", "until", "found"),
    [
        ("2026-08-10", None, []),
        ("2026-08-11", None, ["fr.conso.l223-1"]),
        ("2026-08-17", None, ["fr.conso.l223-1"]),
        ("2026-08-10", "2026-08-11", ["fr.conso.l223-1"]),
    ],
)
def test_the_french_reform_falls_between_scrub_and_call(
    day: str, until: str | None, found: list[str], reasons: Reasons
) -> None:
    """Scrubbed on 2026-08-05: consent is needed from 2026-08-11 on."""
    given = {"region": "FR", "campaign": FRENCH, "lists": BLOCTEL, "as_of": "2026-08-05"}
    assert reasons(**FRANCE, more=calling(day, until), **given) == found


@pytest.mark.parametrize(
    ("day", "found"), [("2026-11-28", []), ("2026-11-29", ["dnc.national", "us.tsr.national-dnc"])]
)
def test_a_business_relationship_ends_before_the_call(day: str, found: list[str], reasons: Reasons) -> None:
    """16 CFR 310.4(b)(1)(iii)(B)(2): 18 months from 2025-05-28."""
    listed = {"dnc.national": ("+12025550101",)}
    assert reasons(last_purchase_at="2025-05-28", lists=listed, more=calling(day)) == found


def test_a_copy_that_is_too_old_on_the_day_of_contact_stops_the_run(law: LawScrub) -> None:
    """16 CFR 310.4(b)(3)(iv): 31 days."""
    lead = {"phone": "+12025550101", "country": "US", "state": "DC"}
    assert law(lead, more=calling("2026-12-22")).code == 0
    late = law(lead, more=calling("2026-12-22", "2026-12-23"))
    assert late.code == 5
    assert "Stale suppression lists on 2026-12-23: 'dnc-national' (usable until 2026-12-22)" in late.err


def test_the_days_of_contact_are_recorded(law: LawScrub) -> None:
    result = law({"phone": "+12025550101", "country": "US", "state": "DC"}, more=calling("2026-11-23", "2026-11-25"))
    used = result.manifest["rules"]
    assert (used["contact_from"], used["contact_to"], used["calling_day"]) == ("2026-11-23", "2026-11-25", "2026-11-23")


@pytest.mark.parametrize(
    "more", [calling("2026-11-20"), calling("2026-11-23", "2026-11-22"), "[calling]\nuntil = 2026-11-23\n"]
)
def test_days_that_cannot_be_are_refused(more: str, law: LawScrub) -> None:
    assert law({"phone": "+12025550101"}, more=more).code == 3
