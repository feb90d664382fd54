"""What is not declared: which declarations would release most rows, and which are never suggested."""

from __future__ import annotations

import json

import pytest

from tests.suppression.rules.conftest import LAW, OWN, LawScrub

#: A number of the District of Columbia, which has no law of its own.
LEAD = {"phone": "+12025550101", "email": "a@example.com", "country": "US", "state": "DC"}
NOTHING = '[rules]\npacks = ["us"]\n[evidence]\ncountry = "US"\n'


def test_a_scrub_that_rejects_most_ends_with_what_would_release_most(law: LawScrub) -> None:
    """Three facts, each with what it says, where it is declared, and a figure that is called an upper bound."""
    other = LEAD | {"phone": "+12025550102", "email": ""}
    result = law(LEAD, other, campaign=NOTHING, vendor="", channels=("call", "email"))
    found = result.manifest["rules"]["declarations"]
    assert found == {
        "concerned": 2,
        "fields": ["vendor source_type", "campaign dialling", "vendor origin"],
        "released": 2,
    }
    assert result.manifest["rules"]["undeclared"]["vendor source_type"]["alone"] == 1  # the email
    told = result.out.splitlines()
    first = told.index("2 of 2 rows rejected for reasons that rest on what nobody declared.")
    assert told[first + 1].startswith("Three declarations that release most, 2 rows at most, ")
    assert [line.partition(":")[0] for line in told[first + 2 : -1 : 2]] == ["  " + name for name in found["fields"]]
    assert "or --evidence source_type=…; 1 row at most by itself" in told[first + 3]
    assert told[-1].startswith("These are upper bounds") and told[-1].endswith("Declare only what is so.")
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "<code>vendor source_type</code>: how the vendor came by the data; by itself 1 lead at most" in page


@pytest.mark.parametrize(
    ("lead", "campaign", "vendor", "never"),
    [
        pytest.param(LEAD, LAW.replace("dealt_with_us = true\n", ""), OWN, "campaign dealt_with_us", id="no-column"),
        pytest.param(
            LEAD | {"last_purchase_at": "2026-10-01"},
            LAW.replace("dealt_with_us = true", "dealt_with_us = false"),
            OWN,
            "campaign dealt_with_us",
            id="declared",
        ),
        pytest.param(LEAD, LAW, OWN + "businesses_only = false\n", "vendor businesses_only", id="consumers"),
        pytest.param(LEAD | {"is_business": "no"}, LAW, OWN, "vendor businesses_only", id="column"),
    ],
)
def test_what_cannot_be_so_is_not_suggested(
    law: LawScrub, lead: dict[str, str], campaign: str, vendor: str, never: str
) -> None:
    """A purchase from us cannot be in a drop without dates of purchase; what was declared is not asked for again."""
    result = law(lead, campaign=campaign, vendor=vendor, lists={"dnc.national": (LEAD["phone"],)})
    assert result.manifest["counts"]["by_reason"] == {"dnc.national": 1, "us.tsr.national-dnc": 1}
    assert never not in result.manifest["rules"]["undeclared"]
    assert never not in result.out


#: Facts as somebody may truly declare them, one after another.
ANSWERS = (
    ("campaign", 'dialling = "live"\n'),
    ("vendor", 'source_type = "own_customers"\n'),
    ("campaign", "product_class = []\n"),
    ("vendor", 'origin = "own shop"\n'),
    ("vendor", "businesses_only = true\n"),
    ("campaign", "dealt_with_us = true\n"),
)


@pytest.mark.slow
@pytest.mark.parametrize("registry", ["+12025550101", "+12025550999"], ids=["listed", "free"])
def test_a_figure_is_never_lower_than_what_a_declaration_releases(law: LawScrub, registry: str) -> None:
    """Each answer, with those before it: what it sets free was foreseen by the run without it, alone or together."""
    leads = (
        LEAD,
        LEAD | {"phone": "", "last_purchase_at": "2026-10-01"},
        LEAD | {"phone": "+12025550103", "email": ""},
    )
    campaign, vendor = NOTHING, ""
    lists = {"dnc.national": (registry,)}
    before = law(*leads, campaign=campaign, vendor=vendor, channels=("call", "email"), lists=lists).manifest
    for who, answer in ANSWERS:
        campaign, vendor = (campaign + answer, vendor) if who == "campaign" else (campaign, vendor + answer)
        after = law(*leads, campaign=campaign, vendor=vendor, channels=("call", "email"), lists=lists).manifest
        released = after["counts"]["clean"] - before["counts"]["clean"]
        name = f"{who} {answer.partition(' ')[0]}"
        cost = before["rules"]["undeclared"].get(name, {"alone": 0, "rows": 0})
        assert released <= cost["alone"], (name, json.dumps(before["rules"], indent=1))
        assert cost["alone"] <= cost["rows"]
        before = after
    assert before["counts"]["clean"] == 3
