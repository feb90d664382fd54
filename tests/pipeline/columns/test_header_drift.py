"""A vendor's drop that does not look like its last accepted one stops the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Ran, leadscrub, write_campaign

pytestmark = pytest.mark.slow

FIRST = "name,phone,email,city\nA,202-555-0100,a@example.com,Boise\nB,202-555-0101,b@example.com,Salem\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose vendor has delivered once."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "leadscrub.toml").write_text("")
    (tmp_path / "vendors" / "acme.toml").write_text('name = "acme"\n')
    write_campaign(tmp_path / "campaigns")
    assert deliver(tmp_path, FIRST).code == 0
    return tmp_path


def deliver(workspace: Path, drop: str, *options: str) -> Ran:
    path = workspace / "drop.csv"
    path.write_text(drop)
    campaign = workspace / "campaigns" / "campaign.toml"
    fixed = ("--campaign", campaign, "--vendor", "acme", "--as-of", "2026-11-21", "--threads", "1", "--force")
    return leadscrub("scrub", path, "-o", workspace / "out", *fixed, *options)


def memory(workspace: Path) -> list[dict[str, object]]:
    text = (workspace / "vendors" / "acme.header.json").read_text(encoding="utf-8")
    found: list[dict[str, object]] = json.loads(text)
    return found


def test_an_accepted_drop_is_remembered(workspace: Path) -> None:
    kinds = {"name": "text", "phone": "phone", "email": "email", "city": "text"}
    assert memory(workspace) == [{"columns": ["name", "phone", "email", "city"], "kinds": kinds}]
    assert deliver(workspace, FIRST.replace("Boise", "")).code == 0


@pytest.mark.parametrize(
    ("drop", "says"),
    [
        (FIRST.replace("city", "town"), "'city' is now 'town'"),
        (FIRST.replace(",city", "").replace(",Boise", "").replace(",Salem", ""), "'city' is missing"),
        ("".join(line + ",x\n" for line in FIRST.splitlines()), "'x' is new"),
        (
            "phone,name,email,city\n202-555-0100,A,a@example.com,Boise\n",
            "the columns are in another order",
        ),
        (
            FIRST.replace("phone,email", "email,phone")
            .replace("name,email,phone", "name,phone,email")
            .replace("202-555-0100,a@example.com", "a@example.com,202-555-0100")
            .replace("202-555-0101,b@example.com", "b@example.com,202-555-0101"),
            "'phone' had phone values and now has email, 'email' had email values and now has phone",
        ),
    ],
    ids=["renamed", "missing", "added", "reordered", "kinds"],
)
def test_drift_stops_the_run_until_it_is_accepted(workspace: Path, drop: str, says: str) -> None:
    before = memory(workspace)
    ran = deliver(workspace, drop)
    assert ran.code == 4
    assert f"the columns of acme are not those of its last accepted drop: drop.csv: {says}" in ran.err
    assert "--accept-drift" in ran.err
    assert memory(workspace) == before
    assert deliver(workspace, drop, "--accept-drift", "--dry-run").code == 0
    assert memory(workspace) == before
    assert deliver(workspace, drop, "--accept-drift").code == 0
    assert deliver(workspace, drop).code == 0
    assert deliver(workspace, FIRST).code == 4


def test_a_damaged_memory_is_said(workspace: Path) -> None:
    (workspace / "vendors" / "acme.header.json").write_text("[{")
    ran = deliver(workspace, FIRST)
    assert ran.code == 4
    assert "acme.header.json', which remembers the vendor's columns, cannot be read." in ran.err
