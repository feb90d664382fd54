"""Clean rows of an earlier result, scrubbed again: against other lists, on another day."""

from __future__ import annotations

import json
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.ledger.database import open_ledger
from pipeline.ledger.drops import receive
from pipeline.ledger.runs import record_run
from schemas.workspace import LedgerChoice
from tests.conftest import DAY, POINT_ONLY, REPO, Scrub, Scrubbed, Written, leadscrub

pytestmark = pytest.mark.slow

DROP = (
    "Name,Phone,Phone 2,Email,Opted in,Source,Consent Channels\n"
    "Ann,202 555 0100,202-555-0101,Ann@Example.com,2026-10-01 10:11:12,web,call; email\n"
    "Bo,(202) 555-0102,,bo@example.com,,fair,\n"
    "Cy,+3612345678,,,,fair,\n"
    "Di,not a phone,,,,fair,\n"
    "Ed,202-555-0103 x12,,,,web,\n"
)
LAW = REPO / "data/sample/law"
LAW_CASES = tomllib.loads((LAW / "expected.toml").read_text(encoding="utf-8"))


@pytest.fixture
def earlier(scrub: Scrub, written: Written) -> Scrubbed:
    """Rows 0, 1, 2 and 4 are clean."""
    ran = scrub(DROP, "--internal", written("ours.txt", "2025550109\n"), "--vendor", "acme", campaign=POINT_ONLY)
    assert ran.code == 0, ran.err
    assert ran.clean_rows("row_id") == [(0,), (1,), (2,), (4,)]
    return ran


def again(earlier: Scrubbed, *options: str | Path, name: str = "again") -> Scrubbed:
    out = earlier.folder.parent / name
    fixed = () if "--campaign" in options else ("--as-of", "2026-11-25", "--campaign", out.parent / "campaign.toml")
    ran = leadscrub("rescrub", earlier.folder, "-o", out, *fixed, *options)
    return Scrubbed(ran.code, ran.out, ran.err, out)


def without_run(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("run_id", "valid_until")


def test_the_same_lists_leave_every_row_as_it_was(earlier: Scrubbed, written: Written) -> None:
    ran = again(earlier, "--internal", written("ours.txt", "2025550109\n"))
    assert ran.code == 0, ran.err
    assert without_run(ran.clean).equals(without_run(earlier.clean))
    assert ran.rejected_rows("row_id") == []
    assert "4 stay as they were, 0 stay with fewer contact points or channels, 0 are newly blocked" in ran.out
    assert ran.clean_rows("flags")[3] == (["phone.extension"],)
    assert leadscrub("verify", ran.folder).out.startswith("ok: 4 read = 4 clean + 0 rejected; 5 files")


def test_a_new_entry_blocks_the_row_and_tells_where_it_came_from(earlier: Scrubbed, written: Written) -> None:
    ran = again(earlier, "--internal", written("ours.txt", "2025550102\nbo@example.com\n2025550100\n"))
    assert ran.code == 0, ran.err
    told = ("row_id", "reason", "source_file", "source_line", "vendor", "phone", "full_name")
    assert ran.rejected_rows(*told) == [(1, "dnc.internal", "drop.csv", 3, "acme", "+12025550102", "Bo")]
    assert ran.clean_rows("row_id", "phone", "phone_2", "email") == [
        (0, None, "+12025550101", "Ann@example.com"),
        (2, "+3612345678", None, None),
        (4, "+12025550103", None, None),
    ]
    assert "2 stay as they were, 1 stay with fewer contact points or channels, 1 are newly blocked" in ran.out
    assert not (ran.folder / "returns").exists()


def test_json_says_what_changed(earlier: Scrubbed, written: Written) -> None:
    ran = again(earlier, "--internal", written("ours.txt", "2025550102\nbo@example.com\n"), "--json")
    document = json.loads(ran.out)
    assert document["rescrub"] == {
        "of": earlier.manifest["run_id"],
        "stays": 3,
        "narrowed": 0,
        "blocked": 1,
        "valid_until": None,
        "valid_until_before": None,
        "in_review": 0,
    }
    assert ran.manifest["rescrub_of"] == {
        "run_id": earlier.manifest["run_id"],
        "as_of": DAY,
        "clean_sha256": earlier.manifest["outputs"]["clean.parquet"]["sha256"],
        "clean": 4,
        "valid_until": None,
        "released_by": None,
    }


def test_both_readings_are_screened_again(earlier: Scrubbed, written: Written) -> None:
    ran = again(earlier, "--internal", written("ours.txt", "+13612345678\n"))
    assert ran.rejected_rows("row_id", "reasons") == [(2, ["dnc.internal"])]


def test_a_reading_that_is_lost_is_not_clean(earlier: Scrubbed, written: Written) -> None:
    ran = again(earlier, "--internal", written("ours.txt", "+13612345678\n"), "--region", "FR")
    assert ran.rejected_rows("row_id", "reason", "disposition") == [(2, "phone.reading_lost", "review")]


def test_valid_until_moves_with_the_lists(scrub: Scrub, written: Written) -> None:
    registry = written("registry.txt", "202,5550109\n")
    first = scrub("phone\n2025550100\n", "--dnc", f"{registry}@2026-11-21")
    ran = again(first, "--dnc", f"{registry}@2026-11-25")
    assert [first.clean["valid_until"].item().isoformat(), ran.clean["valid_until"].item().isoformat()] == [
        "2026-12-22",
        "2026-12-26",
    ]
    assert "usable until 2026-12-26 (before: 2026-12-22)" in ran.out


def test_what_was_asked_before_must_be_asked_again(earlier: Scrubbed) -> None:
    ran = again(earlier)
    assert (ran.code, ran.err) == (
        5,
        "leadscrub: The earlier run consulted list 'ours' (dnc.internal), and this one has none of its kind. "
        "Name one with --list, --dnc, --internal or --unsubscribe, or the --campaign that names it.\n",
    )
    assert not ran.folder.exists()


def test_a_rule_pack_must_be_asked_again(scrub: Scrub) -> None:
    first = scrub("phone,country\n2025550100,US\n", "--rules", "us")
    assert first.code == 0, first.err
    ran = again(first)
    assert ran.code == 5
    assert "The earlier run applied the rule packs general, us, us-states, and this one does not." in ran.err


def test_changed_rows_are_refused(earlier: Scrubbed, written: Written) -> None:
    earlier.clean.head(2).write_parquet(earlier.folder / "clean.parquet")
    ran = again(earlier, "--internal", written("ours.txt", "2025550109\n"))
    assert (ran.code, "clean.parquet is not the file that the run wrote" in ran.err) == (2, True)


def test_the_result_can_be_scrubbed_again_itself(earlier: Scrubbed, written: Written) -> None:
    ours = written("ours.txt", "2025550102\nbo@example.com\n")
    second = again(earlier, "--internal", ours)
    third = Scrubbed(0, "", "", earlier.folder.parent / "third")
    ran = leadscrub(
        "rescrub",
        second.folder,
        "-o",
        third.folder,
        "--internal",
        ours,
        "--as-of",
        "2026-11-26",
        "--campaign",
        earlier.folder.parent / "campaign.toml",
    )
    assert ran.code == 0, ran.err
    assert without_run(third.clean).equals(without_run(second.clean))


def test_names_of_source_columns_do_not_get_in_the_way(scrub: Scrub) -> None:
    # Its columns are called like fields of a lead, and hold something else.
    drop = "Phone,row_id,flags,City,city 2,raw\n2025550100,9,x,Paris,Rome,text\n"
    first = scrub(drop)
    assert first.code == 0, first.err
    ran = again(first)
    assert ran.code == 0, ran.err
    assert without_run(ran.clean).equals(without_run(first.clean))


@pytest.mark.parametrize("case", LAW_CASES)
def test_worked_examples_of_the_law_stay_as_they_are(case: str, tmp_path: Path) -> None:
    told = LAW_CASES[case]
    law = shutil.copytree(LAW, tmp_path / "law")
    campaign = law / "campaigns" / f"{told.get('campaign', told['drop'])}.toml"
    asked = ("--campaign", campaign, "--vendor", told["vendor"], "--as-of", str(told["as_of"]))
    first = Scrubbed(0, "", "", tmp_path / "out")
    ran = leadscrub("scrub", law / "drops" / f"{told['drop']}.csv", "-o", first.folder, *asked, "--accept-drift")
    assert ran.code == 0, ran.err
    second = again(first, *asked)
    assert second.code == 0, second.err
    assert without_run(second.clean).drop("flags").equals(without_run(first.clean).drop("flags"))
    assert second.rejected_rows("row_id", "reasons") == []


# --expiring


def test_expiring_names_results_of_the_ledger(
    earlier: Scrubbed, scrub: Scrub, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "leadscrub.toml").write_text("[ledger]\n", encoding="utf-8")
    registry = written("registry.txt", "202,5550109\n")
    first = scrub("phone\n2025550100\n", "--dnc", f"{registry}@2026-11-21", out="first")
    monkeypatch.chdir(workspace)
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with open_ledger(LedgerChoice(), workspace) as ledger:
        for ran in (first, earlier):
            record_run(
                ledger,
                ran.folder,
                [receive(ledger, "acme", ran.manifest["inputs"][0]["sha256"], "drop.csv", 9, now)],
                now,
            )

    def listed(day: str, within: str) -> list[tuple[str, str, int]]:
        ran = leadscrub("rescrub", "--expiring", within, "--as-of", day, "--json")
        assert ran.code == 0, ran.err
        return [(run["out"], run["valid_until"], run["clean"]) for run in json.loads(ran.out)["items"]]

    # Nothing of the other run ages.
    assert listed("2026-12-14", "7d") == []
    assert listed("2026-12-15", "7d") == [(str(first.folder), "2026-12-22", 1)]
    newer = again(first, "--dnc", f"{registry}@2026-11-25")
    assert newer.code == 0, newer.err
    assert listed("2026-12-15", "7d") == []
    assert listed("2026-12-30", "0d") == [(str(newer.folder), "2026-12-26", 1)]
    table = leadscrub("rescrub", "--expiring", "7d", "--as-of", "2026-12-20").out
    assert "acme" in table
    assert "2026-12-26" in table


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "leadscrub: Name a result and a new folder. As in: leadscrub rescrub OUT -o NEW. Or use --expiring 7d.\n"),
        (("--expiring", "soon"), "leadscrub: 'soon' is not a number of days. Write it as 7d.\n"),
        (("out", "--expiring", "7d"), "leadscrub: --expiring lists results; it scrubs none. Leave out OUT and -o.\n"),
        (
            ("--expiring", "7d"),
            "leadscrub: This folder has no ledger. Change to a workspace whose leadscrub.toml has [ledger].\n",
        ),
        (
            ("nowhere", "-o", "new"),
            "leadscrub: 'nowhere' is not a result of leadscrub: it has no manifest.json. "
            "Name the folder given to -o.\n",
        ),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = leadscrub("rescrub", *arguments)
    assert (ran.code, ran.err) == (2, says)
