"""What a compliance officer reads of a row: what is missing and what that costs, how sure the law is, who released."""

from __future__ import annotations

import json

from tests.conftest import Scrubbed, leadscrub
from tests.suppression.rules.conftest import LAW, OWN, LawScrub

LISTED = {"dnc.national": ("+12025550101",)}
BOUGHT = {"phone": "+12025550101", "country": "US", "state": "DC", "last_purchase_at": "2026-10-01"}
STRANGER = BOUGHT | {"last_purchase_at": ""}


def lines(ran: Scrubbed, *command: str) -> list[str]:
    """What a command prints of a row."""
    told = leadscrub(*command)
    assert told.code == 0, told.err
    return told.out.splitlines()


def test_a_missing_declaration_is_named_with_what_it_costs(law: LawScrub) -> None:
    """A purchase in time lifts nothing as long as the campaign does not say that it was from us."""
    result = law(BOUGHT, STRANGER, campaign=LAW.replace("dealt_with_us = true\n", ""), lists=LISTED)
    costs = {"rules": ["us.tsr.national-dnc"], "rows": 2, "alone": 2}
    # If the vendor sold businesses only, the registry would not bind either.
    assert result.manifest["rules"]["undeclared"] == {
        "campaign dealt_with_us": costs,
        "vendor businesses_only": costs,
    }
    told = lines(result, "rules", "why", str(result.folder), "--row", "0")
    costly = "campaign dealt_with_us: us.tsr.national-dnc; up to 2 of the run's rejected rows would change"
    assert f"missing declaration  {costly}" in told
    # The stranger bought nothing: whatever were declared, no exemption would hold.
    assert not [
        line for line in lines(result, "rules", "why", str(result.folder), "--row", "1") if "missing decl" in line
    ]
    story = json.loads(leadscrub("rules", "why", result.folder, "--row", "0", "--json").out)
    (answer,) = [asked for asked in story["asked"] if asked["rule"] == "us.tsr.national-dnc"]
    assert answer["confidence"] == "primary"
    assert answer["why_not_lifted"]["us.tsr.ebr-purchase"] == ["campaign dealt_with_us is not declared"]
    explained = lines(result, "explain", str(result.folder), "--row", "0")
    assert "  undeclared   campaign dealt_with_us: us.tsr.national-dnc may rest on it" in explained
    assert "               primary (the official text was read); reviewed on 2026-11-21" in explained
    # What was declared is nowhere called missing.
    declared = law(BOUGHT, STRANGER, lists=LISTED, vendor=OWN + "businesses_only = false\n")
    assert declared.manifest["rules"]["undeclared"] == {}
    assert declared.clean_rows("row_id") == [(0,)]


def test_a_released_row_names_who_released_it_and_when(law: LawScrub) -> None:
    """An attestation takes the place of what the vendor's file does not say; it does not hide that."""
    word = (
        '[[evidence.attestations]]\nreleases = "vendor.no-origin"\nby = "Ann Officer"\non = 2026-11-20\n'
        'says = "bought at the fair in Utrecht, see file 12"\n'
    )
    lead = {"phone": "+12025550101", "country": "US", "state": "DC"}
    held = law(lead, vendor='source_type = "event"\n')
    assert "vendor.no-origin" in held.manifest["counts"]["by_reason"]
    result = law(lead, vendor=f'source_type = "event"\n{word}')
    assert result.clean_rows("row_id") == [(0,)]
    said = "vendor.no-origin, by Ann Officer on 2026-11-20: bought at the fair in Utrecht, see file 12"
    assert f"released: {said}\n" in result.out
    assert f"  released     {said}" in lines(result, "explain", str(result.folder), "--row", "0")
    assert f"released     {said}" in lines(result, "rules", "why", str(result.folder), "--row", "0")
    # A word that releases what would not stand anyway is none of the run's.
    assert law(lead, vendor=OWN + word).manifest["rules"]["released"] == []


def test_a_country_without_a_pack_is_named_as_not_checked(law: LawScrub) -> None:
    """A row can stay clean on one point and have another that nobody checked."""
    result = law({"phone": "+59322123456", "country": "EC"}, campaign=LAW.replace('"all"', '"us"'))
    told = lines(result, "rules", "why", str(result.folder), "--row", "0")
    why = "phone: rules.not_covered: number or address is in a country that these packs do not cover"
    assert f"not checked  {why}" in told
