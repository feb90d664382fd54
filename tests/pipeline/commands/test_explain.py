"""``explain`` finds a lead by exact value wherever it is in a workspace, and says of a row that may be another's."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import leadscrub
from tests.pipeline.selling import RECEIVED, World

FIRST = """\
Lead ID,First Name,Phone,Phone 2,State,Notes
1,Ann,(202) 555-0111,,CA,
2,Bea,(202) 555-0112,202-555-0198,CA,
3,Cid,(202) 555-0113,202-555-0198,CA,
4,Dee,(202) 555-0199,,CA,call Ann on 202.555.0111
5,Eve,202-555-01,,CA,
"""
SECOND = "Lead ID,First Name,Phone,Phone 2,State,Notes\n9,Ann,202-555-0111,,NY,\n"


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with two runs, in which two numbers with one mask are blocked, and a review that was applied."""
    world = World(tmp_path_factory.mktemp("explain") / "leads")
    world.contract()
    with (world.folder / "vendors" / "acme.toml").open("a", encoding="utf-8") as vendor:
        vendor.write('[evidence]\nsource_type = "purchased"\n')
    more = 'rules.packs = ["us"]\nstore_lists = ["ftc"]\n[evidence]\ndialling = "live"\ndealt_with_us = true\n'
    world.campaign("calls", more=more)
    with contextlib.chdir(world.folder):
        Path("lists/ftc.txt").write_text("+12025550199\n+12025550198\n", encoding="utf-8")
        named = ("--kind", "dnc.national", "--covers", "all", "--as-of", "2026-11-01")
        assert leadscrub("lists", "add", "ftc", "lists/ftc.txt", *named).code == 0
        for drop in (FIRST, SECOND):
            world.sell(drop, "acme", RECEIVED, "--as-of", "2026-11-03")
        word = ("--decision", "release", "--by", "Pat Lee", "--evidence", "ticket 17", "--on", "2026-11-03")
        ran = leadscrub("review", "apply", "--rule", "vendor.no-origin", *word, "--as-of", "2026-11-03")
        assert ran.code == 0, ran.err
    yield world.folder


def told(*words: str | Path) -> list[dict[str, Any]]:
    ran = leadscrub("explain", *words, "--json")
    assert ran.code == 0, ran.err
    stories: list[dict[str, Any]] = json.loads(ran.out)["items"]
    return stories


def test_a_workspace_is_searched_whole_and_a_row_that_only_mentions_a_number_is_marked(leads: Path) -> None:
    stories = told("--workspace", leads, "--phone", "+1 202 555 0111")
    assert [(Path(story["result"]).name, story["row_id"], story["match"]) for story in stories] == [
        ("0", 0, None),
        ("0", 3, "it only mentions that, in extra:Notes, original:Notes"),
        ("1", 0, None),
    ]
    ran = leadscrub("explain", "--workspace", leads, "--phone", "+1 202 555 0111")
    assert "555-0111" not in ran.out + ran.err
    assert "5550111" not in ran.out + ran.err


def test_who_vouches_and_who_decided_is_named_with_the_rule(leads: Path) -> None:
    (story,) = told(leads / "runs" / "0", "--row", "0")
    assert story["attested"]["campaign"]["dealt_with_us"] is True
    assert story["attested"]["vendor"]["source_type"] == "purchased"
    assert "vendor.no-origin" in story["reasons"]
    assert [(each["decision"], each["code"], each["by"], each["evidence"]) for each in story["decided"]] == [
        ("release", "vendor.no-origin", "Pat Lee", "ticket 17")
    ]
    assert story["means"]["vendor.no-origin"]["citation"].startswith("Founding documents")
    out = leadscrub("explain", leads / "runs" / "0", "--row", "0").out
    assert "attested     by campaign (dealt_with_us yes; dialling live) and vendor (source_type purchased)" in out
    assert "decided      release of vendor.no-origin by Pat Lee on 2026-11-03, evidence ticket 17 (review " in out


def test_a_row_whose_blocked_number_looks_the_same_is_marked(leads: Path, scrub: Any, written: Any) -> None:
    drop = "first_name,phone,phone_2\nAnn,202-555-0111,202-555-1198\nBea,202-555-0112,202-555-2198\n"
    dnc = written("dnc.txt", "+12025551198\n+12025552198\n")
    ran = scrub(drop, "--dnc", dnc, channels=("call",))
    stories = told(ran.folder, "--phone", "202-555-1198")
    alike = "a blocked point of it looks the same when masked: perhaps another person's"
    assert [(story["row_id"], story["match"]) for story in stories] == [(0, alike), (1, alike)]
    assert f"row 1 ({alike}): clean" in leadscrub("explain", ran.folder, "--phone", "202-555-1198").out


def test_what_could_not_be_read_is_found_as_it_came(leads: Path) -> None:
    assert [(story["row_id"], story["match"]) for story in told(leads / "runs" / "0", "--phone", "202-555-01")] == [
        (4, None)
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--phone", "+12025550155"), "No row of any result of "),
        (("--row", "1"), "--row and --line are of one result."),
    ],
)
def test_nobody_is_found_where_nobody_is(leads: Path, words: tuple[str, ...], says: str) -> None:
    ran = leadscrub("explain", "--workspace", leads, *words)
    assert (ran.code, ran.out, says in ran.err) == (2, "", True), ran.err


def test_outside_a_workspace_a_result_must_be_named(in_folder: Path) -> None:
    ran = leadscrub("explain", "--phone", "+12025550155")
    assert (ran.code, "is not a workspace" in ran.err) == (2, True)
