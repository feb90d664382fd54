"""Real drops under the law: schools as business-to-business email in France, officials as calls in the United States.

The figures are what the rules say of these files; why, is told for a clean, a rejected and a review row of each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, Scrubbed, leadscrub, needs_shared_data, scrub_files

pytestmark = [needs_shared_data, pytest.mark.slow]

SCHOOLS = """\
name = "schools"
entity = "Example Company"
channels = ["email"]
region = "FR"
[rules]
packs = ["fr"]
[evidence]
country = "FR"
sender_identified = true
optout_offered = true
purposes = ["marketing"]
product_class = []
lia = "LIA-2026-11"
"""
OFFICIALS = """\
name = "officials"
entity = "Example Company"
channels = ["call"]
region = "US"
[rules]
packs = ["us", "us-states"]
[evidence]
country = "US"
dialling = "live"
product_class = []
safe_harbour = ["procedures", "training", "entity_list", "registry_process", "monitoring", "error_only"]
"""
REGISTRY = f"""\
[[lists]]
kind = "dnc.national"
name = "dnc.national"
file = "{SHARED / "registry" / "ftc_complaint_numbers.zip"}"
as_of = 2026-11-20
"""
VENDOR = 'name = "{name}"\n[evidence]\nsource_type = "public_directory"\n{more}\n'


def under_law(folder: Path, drop: Path, campaign: str, vendor: str, more: str, *options: str | Path) -> Scrubbed:
    """Scrub a drop in a workspace of its own."""
    for name, text in {
        "leadscrub.toml": "",
        "campaigns/one.toml": campaign,
        f"vendors/{vendor}.toml": VENDOR.format(name=vendor, more=more),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    out = folder / f"out-{vendor}"
    ran = scrub_files([drop], out, "--campaign", folder / "campaigns" / "one.toml", "--vendor", vendor, *options)
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, out)


def why(ran: Scrubbed, row: int) -> dict[str, Any]:
    """What ``rules why`` tells of a row; ``rules`` has the state of each rule that was asked."""
    told = leadscrub("rules", "why", ran.folder, "--row", str(row), "--json")
    assert told.code == 0, told.err
    story: dict[str, Any] = json.loads(told.out)
    story["rules"] = {answer["rule"]: answer for answer in story["asked"]}
    return story


def first(ran: Scrubbed, reason: str) -> int:
    """The first row with this primary reason."""
    return int(ran.rejected.filter(reason=reason).item(0, "row_id"))


@pytest.fixture(scope="module")
def officials(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """Calls to the offices of elected officials; numbers reported to the FTC stand in for the registry."""
    return under_law(
        tmp_path_factory.mktemp("us"),
        SHARED / "drops" / "openstates_people.csv",
        OFFICIALS + REGISTRY,
        "openstates",
        'origin = "openstates/people"',
    )


def test_calls_to_officials(officials: Scrubbed) -> None:
    counts = officials.manifest["counts"]
    assert (counts["read"], counts["clean"], counts["rejected"]) == (13_768, 6_396, 7_372)
    assert counts["by_primary_reason"] == {
        "contact.none": 1_312,
        "dnc.national": 358,
        "duplicate.in_drop": 1_986,
        "phone.fax": 275,
        "us.ct.calls": 151,
        "us.me.rnd": 69,
        "us.state.no-copy": 2_825,
        "us.wireless": 396,
    }
    assert counts["by_reason"]["us.tsr.national-dnc"] == 358


def test_why_an_official_may_be_called(officials: Scrubbed) -> None:
    """16 CFR 310.4(b)(1)(iii)(B): Alaska has no list of its own, and the number is not on the registry."""
    story = why(officials, 0)
    assert (story["verdict"], story["audience"], story["states"]) == ("clean", "consumer", ["AK"])
    assert {answer["state"] for answer in story["asked"]} == {"does not apply"}
    assert "us.state.no-copy" not in story["rules"]
    # A copy may be 31 days old at the call; the list counts as dated on the day of the run.
    assert str(officials.clean.item(0, "valid_until")) == "2026-12-21"


def test_why_an_official_may_not_be_called(officials: Scrubbed) -> None:
    """Listed, and neither a signed agreement nor a business relationship is shown."""
    story = why(officials, first(officials, "dnc.national"))
    assert story["rules"]["us.tsr.national-dnc"]["state"] == "stands"
    assert story["rules"]["us.tsr.national-dnc"]["could_be_lifted_by"] == [
        "us.tsr.agreement",
        "us.tsr.ebr-purchase",
        "us.tsr.ebr-inquiry",
        "us.tsr.b2b",
    ]


def test_why_an_official_is_for_review(officials: Scrubbed) -> None:
    """Colorado keeps a list of its own, which was not consulted: no answer is not clear."""
    story = why(officials, first(officials, "us.state.no-copy"))
    assert story["states"] == ["CO"]
    stands = {rule: answer["effect"] for rule, answer in story["rules"].items() if answer["state"] == "stands"}
    assert stands == {"us.state.no-copy": "review"}
    assert story["rules"]["us.state.no-copy"]["remedy"].startswith("Add the state's list")


def schools(folder: Path, vendor: str, more: str) -> Scrubbed:
    """Email to schools, received from the ministry's directory on the day before the run."""
    given = (SHARED / "drops" / "fr_annuaire_education.csv").read_text(encoding="utf-8-sig").splitlines()
    dated = [given[0] + ";received_at", *(line + ";2026-11-20" for line in given[1:])]
    drop = folder / "schools.csv"
    drop.write_text("\n".join(dated) + "\n", encoding="utf-8")
    return under_law(folder, drop, SCHOOLS, vendor, more)


def test_email_to_schools(tmp_path: Path) -> None:
    """Business to business: only addresses of a role need no prior information (CNIL), and the source is named."""
    ran = schools(tmp_path, "annuaire", 'origin = "Annuaire de l\'éducation"\nbusinesses_only = true')
    counts = ran.manifest["counts"]
    assert (counts["read"], counts["clean"], counts["rejected"]) == (996, 7, 989)
    assert counts["by_primary_reason"] == {"contact.none": 34, "duplicate.in_drop": 3, "fr.cnil.b2b": 952}
    assert counts["by_flag"] == {"email.role": 10, "eu.gdpr.art14-due": 962}
    assert ran.clean_rows("row_id") == [(160,), (189,), (378,), (735,), (743,), (970,), (976,)]
    clean = why(ran, 160)
    assert (clean["audience"], clean["taken_to_be_in"], clean["address"]) == ("business", "FR", None)
    assert clean["rules"]["fr.cnil.b2b"]["lifted_by"] == ["fr.cnil.role-address"]
    assert clean["rules"]["eu.gdpr.basis"]["lifted_by"] == ["eu.gdpr.interests"]
    # Received yesterday: Article 14's month runs, so the notice goes into the first message.
    assert clean["rules"]["eu.gdpr.art14"]["state"] == "does not apply"
    assert set(ran.clean.get_column("valid_until").cast(str)) == {"2026-12-20"}
    assert "fr.cpce.l34-5" not in clean["rules"]
    blocked = why(ran, 0)
    assert blocked["rules"]["fr.cnil.b2b"]["state"] == "stands"
    assert blocked["rules"]["fr.cnil.b2b"]["could_be_lifted_by"] == ["fr.cnil.b2b-informed", "fr.cnil.role-address"]


def test_email_to_schools_of_an_unnamed_source(tmp_path: Path) -> None:
    """The whole list is for review until its origin is named (statement 73); what is blocked stays blocked."""
    ran = schools(tmp_path, "unnamed", "businesses_only = true")
    assert ran.clean.is_empty()
    assert ran.manifest["counts"]["by_primary_reason"] == {
        "contact.none": 34,
        "fr.cnil.b2b": 952,
        "vendor.no-origin": 10,
    }
    story = why(ran, 160)
    assert [told.split(":")[0] for told in story["whole_row"]] == ["vendor.no-origin"]


def test_email_to_schools_that_nobody_calls_businesses(tmp_path: Path) -> None:
    """Undeclared, all are people, a role's address too: L. 34-5 asks for their consent."""
    ran = schools(tmp_path, "annuaire", 'origin = "Annuaire de l\'éducation"')
    assert ran.manifest["counts"]["by_primary_reason"] == {
        "contact.none": 34,
        "eu.eprivacy.optin": 962,
    }
    assert ran.manifest["counts"]["by_reason"]["fr.cpce.l34-5"] == 962
    told = leadscrub("rules", "why", ran.folder, "--row", "0")
    assert "who          consumer" in told.out
    assert "where        address in no country; taken to be in FR, the region of the run" in told.out
    assert "consent      lacks any sign that it was given\n" in told.out
    law = "Email to people needs their prior consent. [CPCE L. 34-5"
    assert f"    law        {law}" in told.out
