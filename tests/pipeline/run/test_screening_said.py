"""A run against no list is refused, or says so first; which lists of a store a run uses."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import DAY, Ran, Written, leadscrub

LEADS = "phone\n303-499-7111\n303-499-7112\n303-499-7113\n"
COMMON = ("--channel", "call", "--region", "US", "--as-of", DAY, "--threads", "1")
NO_LIST = (
    "leadscrub: No suppression list is named, and there is none in a store: nobody would be screened. "
    "Name lists (--dnc, --internal, --unsubscribe, --list, --store, or in the campaign), or say --no-lists.\n"
)
CAMPAIGN = 'name = "calls"\nchannels = ["call"]\nregion = "US"\n'


def run(drop: Path, *options: str | Path, out: str = "out") -> Ran:
    return leadscrub("scrub", drop, "-o", drop.parent / out, *options)


def blocked(folder: Path) -> list[str]:
    """Numbers that were rejected, as they came."""
    return pl.read_parquet(folder / "rejected.parquet").get_column("phone").to_list()


def test_no_list_is_exit_5_and_writes_nothing(written: Written, tmp_path: Path) -> None:
    ran = run(written("drop.csv", LEADS), *COMMON)
    assert (ran.code, ran.out, ran.err) == (5, "", NO_LIST)
    assert not (tmp_path / "out").exists()


def test_no_lists_is_said_first(written: Written, tmp_path: Path) -> None:
    drop = written("drop.csv", LEADS)
    ran = run(drop, *COMMON, "--no-lists")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "NOT SCREENED AGAINST ANY LIST"
    assert ran.err.splitlines()[0] == "note: not screened against any list"
    ran = run(drop, *COMMON, "--no-lists", "--force", "--json")
    document = json.loads(ran.out)
    assert (document["screened"], document["warnings"][0]) == (False, "not screened against any list")


def test_no_lists_beside_a_list_is_a_slip(written: Written) -> None:
    ran = run(written("drop.csv", LEADS), *COMMON, "--no-lists", "--dnc", written("dnc.txt", "303,4997111\n"))
    assert (ran.code, ran.err) == (2, "leadscrub: --no-lists is given, and so are lists. Leave one of them out.\n")


def test_a_campaign_may_screen_against_nothing_but_not_by_oversight(written: Written, tmp_path: Path) -> None:
    drop, campaign = written("drop.csv", LEADS), written("campaign.toml", CAMPAIGN)
    ran = run(drop, "--campaign", campaign, "--as-of", DAY)
    assert (ran.code, ran.err) == (5, NO_LIST)
    campaign.write_text(CAMPAIGN + "no_lists = true\n")
    ran = run(drop, "--campaign", campaign, "--as-of", DAY)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "NOT SCREENED AGAINST ANY LIST")
    # What the command line names wins.
    ran = run(drop, "--campaign", campaign, "--as-of", DAY, "--dnc", written("dnc.txt", "303,4997111\n"), out="named")
    assert ran.code == 0, ran.err
    assert blocked(tmp_path / "named") == ["+13034997111"]
    campaign.write_text(CAMPAIGN + 'no_lists = true\nstore_lists = ["ours"]\n')
    ran = run(drop, "--campaign", campaign, "--as-of", DAY, out="both")
    assert ran.code == 3
    assert "no_lists is true, and lists are named" in ran.err


@pytest.fixture
def workspace(in_folder: Path, written: Written) -> Path:
    """Two lists of the store, one of which speaks for vendor zen only."""
    written("leadscrub.toml", "")
    written("vendors/acme.toml", 'name = "acme"\n')
    written("vendors/zen.toml", 'name = "zen"\n')
    for name, number, more in (("ours", "7111", []), ("zens", "7112", ["--scope", "vendor:zen"])):
        listed = written(f"{name}.txt", f"303499{number}\n")
        ran = leadscrub(
            "lists",
            "add",
            name,
            listed,
            "--kind",
            "dnc.internal",
            "--as-of",
            DAY,
            "--region",
            "US",
            "--store",
            "store",
            *more,
        )
        assert ran.code == 0, ran.err
    return in_folder


@pytest.mark.parametrize(
    ("chosen", "vendor", "expected"),
    [
        ("", "acme", ["+13034997111"]),
        ("", "zen", ["+13034997111", "+13034997112"]),
        ('store_lists = ["ours"]\n', "zen", ["+13034997111"]),
        ("no_lists = true\n", "zen", []),
    ],
)
def test_a_campaign_that_names_no_list_uses_every_current_one(
    workspace: Path, written: Written, chosen: str, vendor: str, expected: list[str]
) -> None:
    campaign, drop = written("campaigns/calls.toml", CAMPAIGN + chosen), written("drop.csv", LEADS)
    ran = run(drop, "--campaign", campaign, "--vendor", vendor, "--as-of", DAY)
    assert ran.code == 0, ran.err
    assert blocked(workspace / "out") == expected


def test_status_shows_what_a_campaign_would_use(workspace: Path, written: Written) -> None:
    campaign = written("campaigns/calls.toml", CAMPAIGN)
    listed = '[[lists]]\nkind = "dnc.state"\nname = "tx"\nfile = "tx.txt"\n'

    def names(code: int = 0) -> tuple[list[str], list[str]]:
        ran = leadscrub("lists", "status", "--store", "store", "--campaign", campaign, "--as-of", DAY)
        assert ran.code == code, ran.err
        lines = ran.out.splitlines()
        stored = [line.split()[0] for line in lines if line.split() and line.split()[0] in {"ours", "zens"}]
        return stored, [line for line in lines if line.startswith(("read for", "no_lists"))]

    assert names() == (["ours", "zens"], [])
    campaign.write_text(CAMPAIGN + 'store_lists = ["ours"]\n' + listed)
    used = (["ours"], ["read for each run: tx (dnc.state) from tx.txt"])
    assert names(5) == used  # the file is not there
    written("campaigns/tx.txt", "2125550100\n")
    assert names() == used
    campaign.write_text(CAMPAIGN + "no_lists = true\n")
    assert names() == ([], ["no_lists: leads of this campaign are not screened against any list"])
