"""A kind of contact on which no rule was verified is for review, never clean."""

from __future__ import annotations

from datetime import date

import phonenumbers
import pytest

from suppression.rules.coverage import CELLS, CHANNEL_OF, Cell, answers, unanswered
from suppression.rules.loading import load_packs
from tests.conftest import leadscrub
from tests.suppression.rules.cases import packs
from tests.suppression.rules.conftest import LAW, LawScrub

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 28)
#: Nothing that a campaign can declare is missing, so that only the law is left.
DECLARED = (
    LAW.replace('country = "US"', 'country = "FR"')
    + "similar_products = true\nchoice_at_collection = true\noptout_offered = true\nsender_identified = true\n"
    + 'lia = "LIA-1"\nstorage_country = "RU"\n'
)


def lead(country: str, cell: Cell) -> dict[str, str]:
    """A lead of a country for a cell."""
    said = {"country": country, "is_business": "yes" if cell.audience == "business" else "no"}
    if cell.way == "post":
        return said | {"email": "", "phone": "", "address": "1 Main Street", "city": "Town", "postal_code": ""}
    if cell.way == "email":
        return said | {"email": f"{country.lower()}@example.com"}
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    number = number or phonenumbers.example_number(country)
    assert number is not None
    return said | {"phone": phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_every_empty_cell_of_the_matrix_is_for_review(cell: Cell, law: LawScrub) -> None:
    """And no other one is."""
    lacking = unanswered(packs(), DAY, DAY).get(cell, frozenset())
    countries = sorted(answers(packs(), DAY))
    campaign = DECLARED.replace('"live"', f'"{cell.way}"') if cell.way == "automated" else DECLARED
    result = law(
        *(lead(country, cell) for country in countries),
        campaign=campaign,
        channels=(CHANNEL_OF[cell.way],),
        region=None,
    )
    assert result.code == 0, result.err
    found = set(result.findings.filter(code="rules.unverified").get_column("row_id"))
    assert {countries[row] for row in found} == lacking
    assert set(result.clean.get_column("row_id")).isdisjoint(found)


@pytest.mark.parametrize(
    ("way", "audience", "countries"),
    [
        ("live", "consumer", "PT"),
        ("text", "consumer", "CH"),
        ("automated", "consumer", "AU CH IN"),
        ("email", "business", "CZ FI SE IN"),
        ("text", "business", "CZ FI SE CH"),
    ],
)
def test_what_the_packs_do_not_know(way: str, audience: str, countries: str) -> None:
    """These were clean as long as no rule that hits was taken for a law that allows."""
    found = {f"{cell.way} {cell.audience}": lacking for cell, lacking in unanswered(packs(), DAY, DAY).items()}
    assert set(countries.split()) <= found[f"{way} {audience}"]


def test_a_range_of_days_needs_an_answer_on_each() -> None:
    """France: Bloctel until 2026-08-10, consent from 2026-08-11 on; neither alone answers both days."""
    french = load_packs(["fr"])
    for first, last in ((10, 10), (11, 11), (10, 11)):
        lacking = unanswered(french, date(2026, 8, first), date(2026, 8, last))
        assert "FR" not in lacking.get(Cell("live", "consumer"), frozenset())


def test_a_country_without_a_pack_is_said_so() -> None:
    assert "no pack for JP" in leadscrub("rules", "coverage", "--country", "JP").out
    assert leadscrub("rules", "list", "--country", "JP").out.startswith("no pack for JP")
    shown = leadscrub("rules", "coverage", "--country", "PT", "--as-of", "2026-11-28").out
    assert "live calls to consumers          nothing verified: for review (rules.unverified)\n" in shown
