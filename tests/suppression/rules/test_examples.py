"""The worked examples, one or two for each founding document: every row comes to what is written down for it."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import REPO, leadscrub, scrub_files

LAW = REPO / "data" / "sample" / "law"
EXPECTED: dict[str, Any] = tomllib.loads((LAW / "expected.toml").read_text(encoding="utf-8"))


def scrubbed(example: dict[str, Any], folder: Path) -> dict[str, list[str]]:
    """Rows of an example by name: ``clean``, or the disposition and the reasons."""
    # A workspace of its own: runs remember the columns of each vendor's last drop.
    workspace = folder.parent / "law"
    shutil.copytree(LAW, workspace, dirs_exist_ok=True)
    ran = scrub_files(
        [workspace / "drops" / f"{example['drop']}.csv"],
        folder,
        "--campaign",
        workspace / "campaigns" / f"{example['drop']}.toml",
        "--vendor",
        example["vendor"],
        "--as-of",
        example["as_of"].isoformat(),
    )
    assert ran.code == 0, ran.err
    clean = pl.read_parquet(folder / "clean.parquet").get_column("full_name")
    rejected = pl.read_parquet(folder / "rejected.parquet").select("full_name", "disposition", "reasons")
    return {name: ["clean"] for name in clean} | {name: [goes, *reasons] for name, goes, reasons in rejected.rows()}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_worked_example(name: str, tmp_path: Path) -> None:
    assert scrubbed(EXPECTED[name], tmp_path / "out") == EXPECTED[name]["rows"]


def test_why_names_the_rule_the_exemption_and_the_release(tmp_path: Path) -> None:
    """Row 3 bought a day too early; row 2 in time."""
    out = tmp_path / "out"
    scrubbed(EXPECTED["us"], out)
    told = leadscrub("rules", "why", out, "--row", "3")
    assert told.code == 0, told.err
    assert "exempt by  us.tsr.agreement, us.tsr.ebr-purchase, us.tsr.ebr-inquiry, us.tsr.b2b: none holds" in told.out
    assert "release    Do not call." in told.out
    assert "sure       primary (the official text was read); reviewed on " in told.out
    assert "us.tsr.b2b: not true: the lead is a business, in its jurisdiction\n" in told.out
    assert "the campaign declares" not in told.out.lower()
    asked = json.loads(leadscrub("rules", "why", out, "--row", "2", "--json").out)["asked"]
    lifted = {answer["rule"]: answer["lifted_by"] for answer in asked if answer["state"] == "lifted"}
    assert lifted["us.tsr.national-dnc"] == ["us.tsr.ebr-purchase"]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [pack["name"] for pack in manifest["rules"]["packs"]] == ["general", "us", "us-states"]
    until = pl.read_parquet(out / "clean.parquet").select("row_id", "valid_until").rows()
    # The purchase counts for the last time on the day of the run; the registry's copy would last longer.
    assert str(dict(until)[2]) == "2026-11-21"
