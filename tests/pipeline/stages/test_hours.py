"""Calling windows in the outputs: of rows that may be called or texted, over the points that may be used."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.columns import CALL_COLUMNS
from tests.conftest import Scrub, Scrubbed, leadscrub
from tests.suppression.rules.cases import LISTING

pytestmark = pytest.mark.slow

LAW = """
[rules]
packs = ["us", "fr"]
[evidence]
dialling = "live"
texting = "manual"
product_class = []
lia = "LIA-1"
texas_registered = true
[calling]
day = {day}
"""
VENDOR = 'name = "own"\n[evidence]\nsource_type = "own_customers"\norigin = "our shop"\n'
HEADER = "full_name,phone,phone_2,email,state,country,is_business\n"
NEW_YORK = "a number of New York,+12125550142,,,NY,US,\n"
ALABAMA = "a number of Alabama,+12055550142,,,AL,US,\n"
TWO = "two numbers,+12125550143,+14155550143,,NY,US,\n"
FRENCH = "a business in France,+33199001234,,,,FR,yes\n"
FEDERAL = ["us.tsr.hours"]
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)


@pytest.fixture
def windows(scrub: Scrub, in_folder: Path) -> Any:
    """Scrub rows for calls on a day, with lists and a vendor that leave only the law to ask."""
    (in_folder / "leadscrub.toml").write_text("", encoding="utf-8")
    (in_folder / "vendors").mkdir()
    (in_folder / "vendors" / "own.toml").write_text(VENDOR, encoding="utf-8")
    for name in ("registry", "state"):
        (in_folder / f"{name}.txt").write_text("+12125550199\n", encoding="utf-8")

    def run(
        rows: str, *options: str, day: date = MONDAY, channels: tuple[str, ...] = ("call",), **more: Any
    ) -> Scrubbed:
        ran = scrub(
            HEADER + rows, "--vendor", "own", "--accept-drift", "--dnc", "registry.txt@2026-11-20",
            *(f"--list=dnc.state:{state}=state.txt@2026-11-20" for state in LISTING), *options,
            channels=channels, campaign=more.pop("campaign", LAW.format(day=day)), **more,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        return ran

    return run


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_clean_row_says_when_it_may_be_called(windows: Any) -> None:
    ran = windows(NEW_YORK + TWO)
    assert ran.clean_rows("row_id", *CALL_COLUMNS) == [
        (0, time(8), time(21), "America/New_York", at(23, 13), at(24, 2), ["08:00-21:00"], None, None, FEDERAL),
        (1, time(11), time(21), "America/New_York", at(23, 16), at(24, 2), ["11:00-21:00"], None, None, FEDERAL),
    ]  # fmt: skip
    assert ran.manifest["rules"]["calling_day"] == "2026-11-23"
    assert {"tzdata", "holidays"} <= set(ran.manifest["libraries"])


def test_a_point_that_may_not_be_used_does_not_narrow_the_window(windows: Any, tmp_path: Path) -> None:
    ours = tmp_path / "ours.txt"
    ours.write_text("+14155550143\n", encoding="utf-8")
    ran = windows(TWO, "--list", f"dnc.litigator:ours={ours}")
    assert ran.clean_rows("phone", "phone_2", "call_hours") == [("+12125550143", None, ["08:00-21:00"])]


def test_a_day_without_calls_is_flagged_with_its_rule_and_the_next_day(windows: Any) -> None:
    ran = windows(ALABAMA + NEW_YORK, day=SUNDAY)
    assert ran.clean_rows("row_id", "flags", "call_after", "call_hours", "call_rules") == [
        (0, ["call.not_today"], None, None, ["us.tsr.hours", "us.state.hours-8-20-closed"]),
        (1, [], time(8), ["08:00-21:00"], ["us.tsr.hours"]),
    ]
    assert ran.found("row_id", "point", "code", "effect", "source", "detail") == [
        (
            0,
            None,
            "call.not_today",
            "flag",
            "rule us.state.hours-8-20-closed, pack us-states 2026.11.2, State law calling hours of AL LA, a vendor's "
            "table of November 2025 (not checked against the statute)",
            "closed on Sunday, 2026-11-22: us.state.hours-8-20-closed; next allowed on 2026-11-23",
        )
    ]


def test_hours_that_no_pack_gives_are_flagged(windows: Any) -> None:
    """The French hours are about consumers."""
    ran = windows(FRENCH + NEW_YORK)
    assert ran.clean_rows("row_id", "flags", "call_hours", "call_rules") == [
        (0, ["call.hours_unknown"], None, None),
        (1, [], ["08:00-21:00"], ["us.tsr.hours"]),
    ]
    (found,) = ran.found("row_id", "code", "source", "detail")
    assert found == (
        0,
        "call.hours_unknown",
        "packs general 2026.11.2, eu 2026.11.2, fr 2026.11.2, us 2026.11.2, us-states 2026.11.2",
        "these packs give no hours in FR for call to businesses",
    )


def test_a_rejected_row_has_no_window(windows: Any) -> None:
    ran = windows(NEW_YORK.replace("+12125550142", "+12125550199"))
    assert ran.rejected_rows("reason", *CALL_COLUMNS) == [("dnc.national", *[None] * len(CALL_COLUMNS))]


def test_few_open_rows_among_many_have_their_own_windows(windows: Any) -> None:
    blocked = NEW_YORK.replace("+12125550142", "+12125550199")
    ran = windows(blocked + ALABAMA + 3 * blocked + NEW_YORK)
    assert ran.clean_rows("row_id", "call_after_utc") == [(1, at(23, 14)), (5, at(23, 13))]
    assert ran.rejected_rows("call_zone") == 4 * [(None,)]


def test_nothing_is_said_where_nobody_calls_or_no_law_is_asked(windows: Any) -> None:
    by_post = NEW_YORK.replace(",,,", ",,ann@example.com,")
    for channels, campaign, out in ((("email",), None, "email"), (("call",), "", "no-law")):
        more = {} if campaign is None else {"campaign": campaign}
        ran = windows(by_post, channels=channels, out=out, **more)
        assert set(ran.clean.select(CALL_COLUMNS).row(0)) == {None}
        assert ran.clean_rows("flags") == [([],)]
        assert ran.manifest["rules"]["calling_day"] is None


def test_the_day_of_the_run_stands_in_and_an_earlier_one_is_refused(windows: Any, tmp_path: Path) -> None:
    undated = LAW.format(day=MONDAY).split("[calling]")[0]
    assert windows(NEW_YORK, campaign=undated).clean_rows("call_after_utc") == [(at(21, 13),)]
    (tmp_path / "campaign.toml").write_text(
        'channels = ["call"]\nno_lists = true\n' + LAW.format(day=date(2026, 11, 20)), encoding="utf-8"
    )
    ran = leadscrub("scrub", tmp_path / "drop.csv", "-o", tmp_path / "no", "--campaign", tmp_path / "campaign.toml",
                    "--as-of", "2026-11-21")  # fmt: skip
    assert ran.code == 3
    assert "[calling] day 2026-11-20 is before the day of the run (2026-11-21)" in ran.err


def test_windows_do_not_depend_on_the_size_of_blocks(windows: Any) -> None:
    rows = "".join(
        f"lead,+1{area}55501{n:02},{'+1305555' + f'01{n:02}' if n % 3 else ''},,{state},US,\n"
        for n in range(60)
        for area, state in (("212", "NY"), ("205", ""), ("415", "TX"), ("800", "KY"), ("312", "ID"))
    )
    one, many = (windows(rows, "--block-mb", size, day=SUNDAY, out=f"out{size}") for size in ("4", "0.001"))
    assert one.clean.select("row_id", "flags", *CALL_COLUMNS).equals(
        many.clean.select("row_id", "flags", *CALL_COLUMNS)
    )
    assert one.findings.equals(many.findings)
    assert one.clean.get_column("call_hours").n_unique() > 3


def test_explain_and_why_show_the_window_with_its_rules(windows: Any) -> None:
    florida = "moved to Florida,+16155550142,,,FL,US,\n"
    ran = windows(florida + ALABAMA, day=SUNDAY)
    told = leadscrub("explain", ran.folder, "--row", "0").out
    assert "  call         08:00-19:00 America/Chicago\n" in told
    assert "at the longest from 2026-11-22 14:00 to 2026-11-23 01:00 UTC" in told
    assert "  attempts     3 attempts in 24 hours at most\n" in told
    assert "  hours by     us.tsr.hours, us.fl.hours\n" in told
    why = leadscrub("rules", "why", ran.folder, "--row", "0").out.splitlines()
    start = why.index("hours on 2026-11-22, in the time of America/Chicago")
    federal, florida_s = "[16 CFR; 47 CFR 310.4(c); 64.1200(c)(1)]", "[Fla. Stat. 501.616(6)]"
    assert why[start + 1 :] == [
        "  us.tsr.hours                     08:00-21:00",
        f"    because    08:00-21:00, for TN (America/Chicago) {federal}",
        "  us.tsr.hours                     08:00-20:00",
        f"    because    08:00-21:00, for FL (America/New_York, America/Chicago) {federal}",
        "  us.fl.hours                      08:00-19:00",
        f"    because    08:00-20:00; 3 attempts in 24 hours, for FL (America/New_York, America/Chicago) {florida_s}",
        "  together                         08:00-19:00",
        "  attempts                         3 attempts in 24 hours at most",
    ]
    story = json.loads(leadscrub("rules", "why", ran.folder, "--row", "1", "--json").out)
    assert story["call_notes"] == [
        "closed on Sunday, 2026-11-22: us.state.hours-8-20-closed; next allowed on 2026-11-23"
    ]
    shut = story["hours"]
    assert shut["call_hours"] is None
    assert [(asked["rule"], asked["shut"]) for asked in shut["asked"]] == [
        ("us.tsr.hours", None),
        ("us.state.hours-8-20-closed", "closed on Sunday, 2026-11-22"),
    ]


def test_rules_show_and_list_know_hours() -> None:
    shown = leadscrub("rules", "show", "us.fl.hours")
    assert shown.code == 0
    assert "  allowed      08:00-20:00; 3 attempts in 24 hours\n" in shown.out
    facts = json.loads(leadscrub("rules", "show", "us.ms.hours", "--json").out)
    assert (facts["effect"], facts["open"], facts["zone"]) == ("hours", ["mon-sat 08:00-20:00"], "America/Chicago")
    listed = json.loads(leadscrub("rules", "list", "--pack", "us-states", "--as-of", "2025-12-31", "--json").out)
    hours = {rule["id"] for rule in listed["items"] if rule["effect"] == "hours"}
    assert "us.tx.hours" in hours
    assert "us.va.hours" in hours  # in force since 2001
    by_mail = json.loads(leadscrub("rules", "list", "--pack", "us-states", "--channel", "email", "--json").out)
    assert [rule for rule in by_mail["items"] if rule["effect"] == "hours"] == []


def test_columns_have_their_types(windows: Any) -> None:
    schema = windows(NEW_YORK).clean.schema
    assert [schema[name] for name in CALL_COLUMNS] == [
        pl.Time(), pl.Time(), pl.String(), pl.Datetime("us", "UTC"), pl.Datetime("us", "UTC"), pl.List(pl.String),
        pl.UInt8(), pl.UInt16(), pl.List(pl.String),
    ]  # fmt: skip
