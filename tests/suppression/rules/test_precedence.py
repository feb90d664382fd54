"""Which of two rules wins, by the statute that says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from suppression.rules.examples import Example as Case
from tests.conftest import Scrub, leadscrub
from tests.suppression.rules.cases import outcome

BOUGHT = {"last_purchase_at": date(2026, 10, 1), "campaign.dealt_with_us": True}
US = {"phone": "+12025550101", "country": "US", "region": "US"}


def codes(rule: str, said: dict[str, Any]) -> dict[str, set[str]]:
    """Codes of the findings of a case, by effect."""
    found: dict[str, set[str]] = {"block": set(), "review": set(), "flag": set()}
    for code, effect, _ in outcome(Case(rule, "", said, hits=True)):
        found[effect].add(code)
    return found


def test_a_request_to_us_beats_the_business_relationship() -> None:
    """16 CFR 310.4(b)(1)(iii)(A): entity-specific; the relationship is an exemption of (B) alone."""
    found = codes("us.tsr.entity-dnc", {**US, **BOUGHT, "listed": ["dnc.internal", "dnc.national"]})
    assert {"us.tsr.entity-dnc", "dnc.internal"} <= found["block"]
    assert "us.tsr.national-dnc" not in found["block"]


def test_consent_beats_the_registry_and_not_a_litigator_list() -> None:
    """16 CFR 310.4(b)(1)(iii)(B)(1): a signed agreement lifts the registry; no statute lifts a list of our own."""
    found = codes("us.tsr.agreement", {**US, "consent": True, "listed": ["dnc.national", "dnc.litigator"]})
    assert "dnc.national" in found["flag"]
    assert found["block"] == {"dnc.litigator"}


def test_the_stricter_of_number_and_address_wins() -> None:
    """IC 24-4.7: Indiana knows no business relationship, whatever 16 CFR 310.4 exempts."""
    both = {**US, **BOUGHT, "state": "IN", "listed": ["dnc.national", "dnc.state"]}
    found = codes("us.in.dnc", both)
    assert {"us.in.dnc", "dnc.state"} <= found["block"]
    assert "dnc.national" in found["flag"]
    number_of_florida = codes("us.fl.ftsa", {**US, "phone": "+13055550101", "state": "NY"})
    assert "us.fl.ftsa" in number_of_florida["block"]


ROWS = (
    "phone,email,country,consent_at,consent_method,consent_text,consent_channels,consent_named_parties\n"
    "+12025550101,ann@example.com,US,2026-06-01,signed form,I agree,call,Example Company\n"
    "+12025550102,bob@example.com,US,2026-06-01,signed form,I agree,text,Example Company\n"
)
LAW = '[rules]\npacks = ["us"]\n[evidence]\ndialling = "automated"\ntexting = "automated"\nproduct_class = []\n'


def test_a_rule_against_one_channel_leaves_the_other(scrub: Scrub) -> None:
    """47 CFR 64.1200(a)(2): consent to calls is none to texts. Only lists of the vendor's file stay in review."""
    result = scrub(ROWS, channels=("call", "text"), campaign=LAW)
    against = result.findings.filter(result.findings["code"].str.starts_with("us.tcpa.pewc"))
    assert against.select("row_id", "code", "channel").rows() == [
        (0, "us.tcpa.pewc-text", "text"),
        (1, "us.tcpa.pewc", "call"),
    ]


def test_review_never_becomes_clean(scrub: Scrub) -> None:
    """The vendor's file is silent: each row is for review, whatever else is in order."""
    result = scrub(ROWS, channels=("email",), campaign=LAW)
    assert result.clean.is_empty()
    assert result.rejected_rows("disposition") == [("review",), ("review",)]
    assert result.rejected_rows("reasons")[0] == (["vendor.promise-unchecked", "vendor.no-source", "vendor.no-origin"],)


def test_without_packs_the_run_says_that_nothing_was_checked(scrub: Scrub) -> None:
    result = scrub(ROWS, channels=("email",))
    assert len(result.clean) == 2
    assert "note: no rule pack was applied: whether the law allows contact was not checked" in result.err
    assert result.manifest["rules"]["checked"] is False


def test_a_pack_that_does_not_exist_is_answered_with_the_nearest(scrub: Scrub) -> None:
    ran = scrub(ROWS, "--rules", "frr", channels=("email",))
    assert (ran.code, "Did you mean 'fr'?" in ran.err) == (2, True)
    shown = leadscrub("rules", "show", "us.tsr.national-dcn")
    assert (shown.code, "us.tsr.national-dnc" in shown.err) == (2, True)


def test_findings_do_not_depend_on_the_size_of_blocks(scrub: Scrub, tmp_path: Path) -> None:
    """A lifted match moves no other row's findings."""
    header = "phone,country,last_purchase_at\n"
    rows = "".join(f"+120255501{n:02},US,{'2026-10-01' if n % 7 == 3 else ''}\n" for n in range(80))
    listed = tmp_path / "registry.txt"
    listed.write_text("".join(f"+120255501{n:02}\n" for n in range(80)), encoding="utf-8")
    law = LAW.replace('"automated"', '"live"', 1) + "dealt_with_us = true\n"
    one, many = (
        scrub(header + rows, "--dnc", listed, "--block-mb", size, channels=("call",), campaign=law, out=f"out{size}")
        for size in ("4", "0.001")
    )
    assert one.findings.equals(many.findings)
    lifted = one.findings.filter(one.findings["code"] == "us.tsr.ebr-purchase").get_column("row_id").to_list()
    assert lifted == [n for n in range(80) if n % 7 == 3]
