"""The scorecard: by vendor and month of receipt, from the ledger."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, leadscrub
from tests.pipeline.selling import HEADER, World, bad, good

pytestmark = pytest.mark.slow

OCTOBER = datetime(2026, 10, 30, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "leads")
    made.contract(window="10d")
    (made.folder / "vendors" / "plain.toml").write_text('name = "plain"\n')
    made.sell(HEADER + good(0, 6) + bad(10, 2), at=OCTOBER)
    made.sell(HEADER + good(40, 1), "plain", NOVEMBER)
    # Two leads that acme sold before, one that plain did, and one twice.
    text = HEADER + good(0, 2) + good(20, 5) + bad(30, 4) + good(40, 1) + "L20,again,201-555-0120,DC\n"
    made.sell(text, at=NOVEMBER)
    return made


def card(world: World, *options: str) -> list[dict[str, Any]]:
    ran = scored(world, "--json", *options)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["items"]
    return found


def scored(world: World, *options: str | Path) -> Ran:
    return leadscrub("vendors", "--workspace", world.folder, "--as-of", "2026-11-30", *options)


def test_each_vendor_and_month_has_its_figures(world: World) -> None:
    assert world.returns(OCTOBER, "--write").code == 0
    assert card(world) == [
        {
            "vendor": "acme",
            "month": "2026-10",
            "drops": 1,
            "received": 8,
            "clean": 6,
            "rejected": 2,
            "clean_rate": 0.75,
            "trend": None,
            "currency": "USD",
            "cost": 20.0,
            "cost_per_contactable": 2.5,
            "returned": 2,
            "credit": 5.0,
            "reasons": {"phone.invalid": 2},
            "duplicates": {},
        },
        {
            "vendor": "acme",
            "month": "2026-11",
            "drops": 1,
            "received": 13,
            "clean": 5,
            "rejected": 8,
            "clean_rate": 0.384615,
            "trend": -0.365385,
            "currency": "USD",
            "cost": 32.5,
            "cost_per_contactable": 4.0,
            "returned": 5,
            "credit": 12.5,
            "reasons": {
                "phone.invalid": 4,
                "duplicate.history": 2,
                "duplicate.cross_vendor": 1,
                "duplicate.in_drop": 1,
            },
            "duplicates": {"acme": 2, "plain": 1},
        },
        {
            "vendor": "plain",
            "month": "2026-11",
            "drops": 1,
            "received": 1,
            "clean": 1,
            "rejected": 0,
            "clean_rate": 1.0,
            "trend": None,
            "currency": None,
            "cost": None,
            "cost_per_contactable": None,
            "returned": 0,
            "credit": None,
            "reasons": {},
            "duplicates": {},
        },
    ]


def test_months_vendors_and_the_zone_of_the_contract(world: World) -> None:
    assert [(row["vendor"], row["month"]) for row in card(world, "--months", "1")] == [
        ("acme", "2026-11"),
        ("plain", "2026-11"),
    ]
    # The trend knows the month before, though it is not shown.
    assert card(world, "--months", "1", "--vendor", "acme")[0]["trend"] == -0.365385
    assert scored(world, "--vendor", "acmee").code == 2
    world.contract(window="10d", more='time_zone = "Pacific/Kiritimati"')
    world.sell(HEADER + good(50, 1), at=datetime(2026, 11, 30, 12, tzinfo=UTC))
    assert [row["month"] for row in card(world, "--vendor", "acme")] == ["2026-10", "2026-11"]
    later = leadscrub("vendors", "--workspace", world.folder, "--as-of", "2026-12-01", "--json", "--vendor", "acme")
    assert [row["month"] for row in json.loads(later.out)["items"]] == ["2026-10", "2026-11", "2026-12"]


def test_a_drop_counts_once_by_the_campaign_that_could_use_most_of_it(world: World) -> None:
    ours = world.folder / "lists" / "ours.txt"
    ours.write_text("2015550120\n2015550121\n")
    world.campaign("strict")
    text = HEADER + good(0, 2) + good(20, 5) + bad(30, 4) + good(40, 1) + "L20,again,201-555-0120,DC\n"
    world.sell(text, "acme", NOVEMBER, "--internal", ours, campaign="strict")
    row = card(world, "--vendor", "acme", "--months", "1")[0]
    assert (row["drops"], row["received"], row["clean"], row["cost"]) == (1, 13, 5, 32.5)


def test_as_a_table_and_as_csv(world: World, tmp_path: Path) -> None:
    ran = scored(world, "--csv", tmp_path / "card.csv")
    assert ran.code == 0
    assert "-36.5 pt" in ran.out
    assert "phone.invalid 4," in ran.out
    assert "acme 2, plain 1" in ran.out
    with (tmp_path / "card.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["vendor"], row["month"], row["trend"]) for row in rows] == [
        ("acme", "2026-10", ""),
        ("acme", "2026-11", "-0.365385"),
        ("plain", "2026-11", ""),
    ]
    assert rows[1]["duplicates"] == "acme 2; plain 1"
    before = (tmp_path / "card.csv").read_bytes()
    again = scored(world, "--csv", tmp_path / "card.csv", "--vendor", "plain")
    assert (again.code, again.err) == (0, "")
    with (tmp_path / "card.csv").open(encoding="utf-8") as stream:
        assert [row["vendor"] for row in csv.DictReader(stream)] == ["plain"]
    assert (tmp_path / "card.csv").read_bytes() != before
    folder = scored(world, "--csv", tmp_path)
    assert (folder.code, "cannot be written" in folder.err) == (7, True)
