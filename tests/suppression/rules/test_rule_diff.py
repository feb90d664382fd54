"""``rules diff``: which rules begin or end between two days, and which clean rows change verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import leadscrub
from tests.suppression.rules.conftest import LawScrub
from tests.suppression.rules.test_contact_day import BLOCTEL, FRANCE, FRENCH

pytestmark = pytest.mark.slow
SUMMER = ("--from", "2026-08-05", "--to", "2026-08-17")


def diff(*options: object) -> dict[str, Any]:
    """What the command says as JSON."""
    told = leadscrub("rules", "diff", *map(str, options), "--json")
    assert told.code == 0, told.err
    found: dict[str, Any] = json.loads(told.out)
    return found


def test_what_begins_and_ends_between_two_days(law: LawScrub) -> None:
    """France asks for consent to calls from 11 August 2026: a clean lead of before is none after."""
    result = law(
        FRANCE,
        FRANCE | {"phone": "+33199000002", "consent_basis": "consent"},
        region="FR",
        campaign=FRENCH,
        lists=BLOCTEL,
        as_of="2026-08-05",
    )
    assert result.clean_rows("row_id") == [(0,), (1,)]
    found = diff(*SUMMER, "--on", result.folder, "--rows")
    statements = {(each["id"], each["what"], each["on"]) for each in found["statements"]}
    assert ("fr.conso.l223-1", "begins", "2026-08-11") in statements
    assert (found["clean"], found["changed"]) == (2, 2)
    assert found["rules"] == [{"rule": "fr.conso.l223-1", "channel": "call", "lost": 2, "gained": 0}]
    row, _ = found["rows"]
    assert (row["row_id"], row["before"], row["after"]) == (0, ["call"], [])
    assert row["points"] == ["phone +3319*****01"]
    # From the other day on nothing is lost any more.
    assert diff("--from", "2026-08-11", "--to", "2026-08-17", "--on", result.folder)["changed"] == 0
    told = leadscrub("rules", "diff", *SUMMER, "--on", result.folder, "--rows")
    assert f"on {result.folder}: 2 of 2 clean rows change verdict" in told.out
    assert "row 0: call → nothing: fr.conso.l223-1" in told.out
    assert "+33199000001" not in told.out


def test_days_out_of_order_and_results_without_packs(law: LawScrub) -> None:
    """Both are refused with what to do."""
    told = leadscrub("rules", "diff", "--from", "2026-08-17", "--to", "2026-08-05")
    assert (told.code, "is not after --from" in told.err) == (2, True)
    without = law({"phone": "+12025550101"}, campaign="", vendor=None)
    told = leadscrub("rules", "diff", *SUMMER, "--on", without.folder)
    assert (told.code, "without rule packs" in told.err) == (2, True)
