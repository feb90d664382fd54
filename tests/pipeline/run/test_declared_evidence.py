"""--evidence declares facts of a campaign or a vendor for one run, as their TOML files would, and refuses all else."""

from __future__ import annotations

import pytest

from pipeline.run.declared_evidence import with_evidence
from schemas.errors import UsageError
from schemas.evidence import CampaignEvidence, VendorEvidence
from tests.conftest import Scrub

NONE = (CampaignEvidence(), VendorEvidence())


@pytest.mark.parametrize(
    ("text", "campaign", "vendor"),
    [
        ("dialling=live", {"dialling": "live"}, {}),
        ("dealt_with_us = yes", {"dealt_with_us": True}, {}),
        ("customer_months=3", {"customer_months": 3}, {}),
        ("purposes=a, b", {"purposes": ["a", "b"]}, {}),
        ("product_class=", {"product_class": []}, {}),
        ("country=US", {"country": "US"}, {}),
        ("vendor.country=US", {}, {"country": "US"}),
        ("source_type=purchased", {}, {"source_type": "purchased"}),
        ("origin=the fair=2026", {}, {"origin": "the fair=2026"}),
    ],
)
def test_a_fact_is_declared_as_in_a_file(text: str, campaign: dict[str, object], vendor: dict[str, object]) -> None:
    assert with_evidence([text], *NONE) == (
        CampaignEvidence.model_validate(campaign),
        VendorEvidence.model_validate(vendor),
    )


def test_it_wins_over_the_file_and_leaves_the_rest() -> None:
    declared = CampaignEvidence(dialling="automated", country="US")
    assert with_evidence(["dialling=live"], declared, VendorEvidence())[0] == CampaignEvidence(
        dialling="live", country="US"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dialling", "is not of the form KEY=VALUE"),
        ("dialing=live", "Did you mean 'dialling'?"),
        ("dialling=maybe", "'maybe' is no value of it"),
        ("dialling=", "'' is no value of it"),
        ("lia=", "'' is no value of it"),
        ("country=Elbonia", "'Elbonia' is no value of it"),
        ("promises=x", "which has parts"),
        ("attestations=x", "which has parts"),
        ("vendor.dialling=live", "There is no evidence 'vendor.dialling'"),
    ],
)
def test_anything_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError) as raised:
        with_evidence([text], *NONE)
    assert why in str(raised.value)


def test_a_run_uses_it_and_the_manifest_has_it(scrub: Scrub) -> None:
    drop = "name,phone\nAnn,(212) 736-5000\n"
    without = scrub(drop, "--no-lists", "--rules", "us").manifest
    done = scrub(drop, "--no-lists", "--rules", "us", "--evidence", "country=US", "--force").manifest
    assert without["rules"]["campaign_evidence"]["country"] is None
    assert done["rules"]["campaign_evidence"]["country"] == "US"
    assert done["run_id"] != without["run_id"]
