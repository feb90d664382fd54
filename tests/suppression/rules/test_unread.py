"""What a cell says and nobody can read is not absent: the lead is for review, or refused where it can only mean no."""

from __future__ import annotations

import polars as pl
import pytest

from tests.suppression.rules.conftest import LAW, LawScrub, Reasons

pytestmark = pytest.mark.slow


def test_a_lead_of_no_list_may_be_called(reasons: Reasons) -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("country", "rule"),
    [
        ("NLD", "nl.tw.11-7-calls"),
        ("RUS", "ru.38fz.18"),
        ("Republic of Ireland", "ie.si336-mobile"),
        ("Irland", "ie.si336-mobile"),
        ("France, USA", "fr.conso.l223-1"),
        ("USA / Frankreich", "fr.conso.l223-1"),
        ("+33", "fr.conso.l223-1"),
        ("Deutschland (Germany)", "de.uwg.7-consumer"),
        ("フランス", "fr.conso.l223-1"),
    ],
)
def test_a_country_is_read_in_any_spelling(country: str, rule: str, reasons: Reasons) -> None:
    """Its law is asked beside that of the number's country: the strictest wins."""
    assert rule in reasons(country=country, state="")


@pytest.mark.parametrize("country", ["Atlantis", "see notes", "US?", "not US", "US, Mordor"])
def test_a_country_that_nobody_can_read_is_for_review(country: str, reasons: Reasons) -> None:
    assert reasons(country=country)[0] == "unread.country"


@pytest.mark.parametrize(
    "cells",
    [
        {"state": "Tex."},
        {"state": "US-TX"},
        {"state": "Texas (TX)"},
        {"state": "", "postal_code": "75001"},
        {"state": "", "postal_code": "75001-1234"},
    ],
)
def test_a_state_is_read_in_any_spelling(cells: dict[str, str], reasons: Reasons) -> None:
    texted = LAW.replace('["all"]', '["us"]')
    assert reasons(campaign=texted, channels=("text",), **cells) == ["us.tx.sb140"]


def test_a_state_or_zip_code_that_nobody_can_read_is_for_review(reasons: Reasons) -> None:
    assert reasons(state="Xyz") == ["unread.state"]
    assert reasons(state="", postal_code="7x001") == ["unread.postal_code"]
    assert reasons(state="n/a", postal_code="-") == []
    # The state is known without it, and abroad a postal code names no state.
    assert reasons(postal_code="7x001") == []
    assert "unread.state" not in reasons(state="Bretagne", country="FR", phone="+33199000001", region="FR")


def test_a_postal_code_whose_shape_decides_names_the_country(reasons: Reasons) -> None:
    assert "uk.pecr.21-no-copy" in reasons(country="", state="", postal_code="SW1A 1AA")
    assert reasons(country="", state="", postal_code="75001") == reasons(country="", state="TX")


@pytest.mark.parametrize("cell", ["yes", "STOP", "20260105", "05.01.2026", "x", "unsubscribed", "2099-01-01"])
def test_a_withdrawal_in_any_words_is_one(cell: str, reasons: Reasons) -> None:
    assert reasons(withdrawn_at=cell) == ["consent.withdrawn", "us.tsr.entity-dnc"]


@pytest.mark.parametrize("cell", ["no", "false", "never", "nein", "0000-00-00", "n/a", ""])
def test_no_withdrawal_is_none(cell: str, reasons: Reasons) -> None:
    assert reasons(withdrawn_at=cell) == []


@pytest.mark.parametrize("cell", ["consent withdrawn", "Einwilligung widerrufen", "opted out", "refused"])
def test_a_basis_that_is_a_no_is_a_withdrawal(cell: str, reasons: Reasons) -> None:
    assert reasons(consent_basis=cell) == ["consent.withdrawn", "us.tsr.entity-dnc"]


def test_a_basis_or_a_date_that_nobody_can_read_is_for_review(reasons: Reasons) -> None:
    assert reasons(consent_basis="asdf") == ["unread.consent_basis"]
    assert reasons(consent_basis="consent", consent_at="last week") == ["unread.consent_at"]
    assert "unread.birth_date" in reasons(country="FR", birth_date="a child")
    # No rule on calls in the United States reads a birth date.
    assert reasons(birth_date="a child") == []


@pytest.mark.parametrize(
    ("cell", "found"),
    [("0", []), ("no", []), ("B2C", []), ("residential", []), ("Einzelunternehmer", []), ("sole trader", []),
     ("yes", []), ("maybe", ["unread.is_business"]), ("B2B?", ["unread.is_business"])],
)  # fmt: skip
def test_whether_a_lead_is_a_business(cell: str, found: list[str], reasons: Reasons) -> None:
    assert reasons(is_business=cell) == found


def test_a_finding_tells_what_could_not_be_read(law: LawScrub) -> None:
    """With the name that the column has in the file."""
    result = law({"phone": "+12025550101", "Country": "Atlantis", "Consent Date": "soon", "legal basis": "consent"})
    told = dict(result.findings.filter(pl.col("code").str.starts_with("unread.")).select("code", "detail").rows())
    assert told["unread.country"] == (
        "column 'Country' (country): the cell cannot be read as country; whose law holds is not known"
    )
    assert told["unread.consent_at"].startswith("column 'Consent Date' (consent_at): the cell cannot be read")
