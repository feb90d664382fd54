"""The seller's own law binds whoever is called: its country, or its state."""

from __future__ import annotations

from tests.suppression.rules.conftest import LAW, LawScrub, Reasons


def always(*places: str) -> str:
    """The law with places whose rules apply to every lead."""
    return LAW.replace('packs = ["all"]', f'packs = ["all"]\nalways = {list(places)}')


def test_a_seller_in_a_state_is_bound_by_its_law(reasons: Reasons) -> None:
    """Conn. Gen. Stat. 42-288a asks for written consent to any sales call; the lead is in the District of Columbia."""
    assert reasons() == []
    assert reasons(campaign=always("US-CT")) == ["us.ct.calls"]
    assert reasons(campaign=always("us-ny")) == []


def test_what_is_no_place_is_refused(law: LawScrub) -> None:
    lead = {"phone": "+12025550101"}
    assert law(lead, campaign=always("US-XX")).code == 3
    assert law(lead, campaign=always("FR-75")).code == 3
