"""``rules why`` names what was not declared as missing, and why each exemption does not hold."""

from __future__ import annotations

import json

from tests.conftest import leadscrub
from tests.suppression.rules.conftest import LAW, LawScrub

LISTED = {"dnc.national": ("+12025550101",)}


def test_a_missing_declaration_is_named_with_what_it_costs(law: LawScrub) -> None:
    """A purchase in time lifts nothing as long as the campaign does not say that it was from us."""
    lead = {"phone": "+12025550101", "country": "US", "state": "DC", "last_purchase_at": "2026-10-01"}
    result = law(lead, campaign=LAW.replace("dealt_with_us = true\n", ""), lists=LISTED)
    told = leadscrub("rules", "why", result.folder, "--row", "0")
    assert told.code == 0, told.err
    assert "missing declaration  campaign dealt_with_us: us.tsr.national-dnc\n" in told.out
    story = json.loads(leadscrub("rules", "why", result.folder, "--row", "0", "--json").out)
    (answer,) = [asked for asked in story["asked"] if asked["rule"] == "us.tsr.national-dnc"]
    assert answer["confidence"] == "primary"
    assert answer["why_not_lifted"]["us.tsr.ebr-purchase"] == ["campaign dealt_with_us is not declared"]
