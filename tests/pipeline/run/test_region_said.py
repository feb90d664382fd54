"""Numbers that need a country when none is known: the run stops, or sets them aside as ours to settle."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import DAY, Ran, Written, leadscrub
from tests.pipeline.reading.builders import Rows, write_xlsx

ROWS = [("Ann", "303-499-7111", ""), ("Bo", "+1 303 499 7112", ""), ("Cy", "(303) 499-7113", "")]
HINT = (
    "Say which country they are of with --region US (or 'region' in the campaign, vendor or layout), or set them aside "
    "for review with --region none."
)


def text(rows: list[tuple[str, str, str]]) -> str:
    return "name,phone,country\n" + "".join(f"{','.join(row)}\n" for row in rows)


def run(drop: Path, *options: str | Path, channel: str = "call") -> Ran:
    fixed = ("--no-lists", "--as-of", DAY, "--threads", "1", "--channel", channel)
    return leadscrub("scrub", drop, "-o", drop.parent / "out", *fixed, *options)


def test_the_run_stops_before_it_writes(written: Written, tmp_path: Path) -> None:
    ran = run(written("drop.csv", text(ROWS)))
    assert ran.code == 3
    fault = "drop.csv: 2 of the first 3 rows have phone numbers without a country, and no region is given."
    assert ran.err == f"leadscrub: configuration invalid, 1 fault:\n  {fault} {HINT}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drop.csv"]


@pytest.mark.slow
def test_a_workbook_names_its_sheet(tmp_path: Path) -> None:
    rows: Rows = [["name", "phone", "country"]]
    rows += [[*row] for row in ROWS]
    ran = run(write_xlsx(tmp_path / "drop.xlsx", {"May": rows}))
    assert ran.code == 3
    assert "drop.xlsx [May]: 2 of the first 3 rows" in ran.err


@pytest.mark.parametrize(
    ("rows", "channel"),
    [
        ([row for row in ROWS if row[0] == "Bo"], "call"),
        ([(name, phone, "United States") for name, phone, _ in ROWS], "call"),
        ([("Ann", "no phone", ""), ("Bo", "", ""), ("Cy", "ann@example.com", "")], "call"),
        (ROWS, "post"),
    ],
    ids=["all with a country code", "a country in each row", "no number at all", "no channel that uses phones"],
)
def test_nothing_stops_where_no_number_needs_one(
    written: Written, rows: list[tuple[str, str, str]], channel: str
) -> None:
    ran = run(written("drop.csv", text(rows)), channel=channel)
    assert ran.code == 0, ran.err


def test_set_aside_on_purpose_they_are_for_review_and_never_the_vendor_s_fault(
    written: Written, tmp_path: Path
) -> None:
    ran = run(written("drop.csv", text([*ROWS, ("Di", "12", "")])), "--region", "none")
    assert ran.code == 0, ran.err
    rejected = pl.read_parquet(tmp_path / "out" / "rejected.parquet")
    assert rejected.select("row_id", "reasons", "disposition").rows() == [
        (0, ["phone.no_region"], "review"),
        (2, ["phone.no_region"], "review"),
        (3, ["phone.unparseable"], "return"),
    ]
    (returned,) = (tmp_path / "out" / "returns").iterdir()
    assert "499" not in returned.read_text()
    assert "no region is given: numbers without a country code are set aside for review" in ran.err
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["region"] is None


def test_a_campaign_can_say_it_for_its_nights(written: Written) -> None:
    head = 'channels = ["call"]\nno_lists = true\nno_region = true\n'
    drop, campaign = written("drop.csv", text(ROWS)), written("campaign.toml", head)
    ran = leadscrub("scrub", drop, "-o", drop.parent / "out", "--campaign", campaign, "--as-of", DAY)
    assert ran.code == 0, ran.err
    campaign.write_text(head + 'region = "US"\n')
    ran = leadscrub("scrub", drop, "-o", drop.parent / "out", "--campaign", campaign, "--as-of", DAY)
    assert ran.code == 3
    assert "no_region is true, and a region is named" in ran.err


def test_a_region_in_which_most_numbers_are_none_is_doubted(written: Written) -> None:
    """Nothing says that the region is wrong but the numbers themselves."""
    rows = [("Ann", f"646490{number:04}", "") for number in range(20)]
    assert (
        "most cells of 'phone' cannot be read (20 of 20): check region and layout"
        in run(written("drop.csv", text(rows)), "--region", "GB").err
    )
    assert "most cells" not in run(written("drop.csv", text(rows)), "--region", "US", "--force").err
