"""What is to be done by when: every kind of duty in one workspace, as table, JSON and calendar."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tests.conftest import DAY, Ran, leadscrub
from tests.pipeline.reviewing.desk import ANN, exported, filled, make_workspace, saved, scrub, told, write

pytestmark = pytest.mark.slow

#: A European who is not told yet, one who should have been, one who was; and two of the United States.
DROP = """\
Email,Phone,Country,Received At,Notice At
anne@example.com,,FR,2026-11-10,
bert@example.com,,FR,2026-08-31,
cara@example.com,,FR,2026-11-10,2026-11-12
dan@example.com,,US,2026-11-10,
not an email,,US,2026-11-10,
"""


def due(*words: str, day: str = DAY, code: int = 0) -> dict[str, Any]:
    ran = leadscrub("due", "--json", "--as-of", day, *words)
    assert ran.code == code, ran.out + ran.err
    document: dict[str, Any] = json.loads(ran.out)
    return document


def brief(document: dict[str, Any]) -> list[tuple[str, str, int, bool]]:
    return [(duty["kind"], duty["day"], duty["count"], duty["late"]) for duty in document["duties"]]


@pytest.fixture
def workspace(in_folder: Path) -> Path:
    make_workspace(in_folder)
    write(in_folder / "leadscrub.toml", "[ledger]\n[retention]\noutput_days = 20\n")
    campaign = in_folder / "campaigns" / "mail.toml"
    text = campaign.read_text(encoding="utf-8").replace('["us"]', '["us", "eu"]')
    text = text.replace("[rules]", f"[calling]\nday = {DAY}\nuntil = 2026-12-05\n[rules]")
    text += '[[lists]]\nkind = "dnc.national"\nname = "registry"\nfile = "../registry.txt"\nas_of = 2026-11-15\n'
    write(campaign, text)
    write(in_folder / "registry.txt", "+12025550100\n")
    vendor = in_folder / "vendors" / "acme.toml"
    more = '[returns]\nwindow = "14d"\n[returns.reasons]\n"email.*" = "BAD"\n'
    write(vendor, vendor.read_text(encoding="utf-8") + more)
    write(in_folder / "drop.csv", DROP)
    scrub("runs/1", "drop.csv", "acme", "--region", "US")
    return in_folder


def test_every_kind_of_duty_has_its_day(workspace: Path) -> None:
    told("apply", saved(filled(exported(), lambda _: {**ANN, "evidence_until": "2026-12-24"})))
    expected = [
        # GDPR Art 14(3)(a): a month after receipt; that of August ends with September.
        ("notice", "2026-09-30", 1, True),
        ("campaign", "2026-12-05", 1, False),
        ("returns", "2026-12-05", 1, False),
        ("notice", "2026-12-10", 1, False),
        # 31 days after the copy of the registry was made.
        ("list", "2026-12-16", 1, False),
        ("clean", "2026-12-24", 1, False),
        ("review", "2026-12-24", 1, False),
    ]
    found = due("--within", "60", code=3)
    kept = [line for line in brief(found) if line[0] != "retention"]
    assert sorted(kept) == sorted(expected)
    people = {duty["day"]: duty["people"] for duty in found["duties"] if duty["kind"] == "notice"}
    assert people == {
        "2026-09-30": ["b*****@e*****.com (drop.csv line 3)"],
        "2026-12-10": ["a*****@e*****.com (drop.csv line 2)"],
    }
    # What is past and binding stays until it is done; a chance that has passed is none any more.
    later = due("--within", "0", day="2026-12-20", code=3)
    late = [line for line in brief(later) if line[0] != "retention"]
    assert late == [
        ("notice", "2026-09-30", 1, True),
        ("notice", "2026-12-10", 1, True),
        ("list", "2026-12-16", 1, True),
    ]


def test_the_calendar_has_every_duty_and_nobodys_data(workspace: Path) -> None:
    ran = leadscrub("due", "--within", "60", "--as-of", DAY, "--ics", "duties.ics")
    assert ran.code == 3, ran.err
    assert "LATE" in ran.out
    assert "@example.com" not in ran.out
    text = Path("duties.ics").read_bytes()
    assert b"@example" not in text and b"*****" not in text
    assert Path("duties.ics").stat().st_mode & 0o777 == 0o600
    events = Calendar.from_ical(text).walk("VEVENT")
    listed = {duty["day"] for duty in due("--within", "60", code=3)["duties"]}
    assert {str(event.decoded("dtstart")) for event in events} == listed
    assert len({str(event["uid"]) for event in events}) == len(events)
    first = events[0]
    assert (first.decoded("dtstart"), str(first["summary"])) == (
        date(2026, 9, 30),
        "people to be told that we have their data, and from whom (GDPR Art 14) [acme]",
    )
    again = leadscrub("due", "--within", "60", "--as-of", DAY, "--ics", "duties.ics")
    assert again.code == 7, again.err
    assert leadscrub("due", "--within", "60", "--as-of", DAY, "--ics", "duties.ics", "--force").code == 3
    assert Path("duties.ics").read_bytes() == text


def test_with_nothing_to_do_that_is_said(in_folder: Path) -> None:
    write(in_folder / "leadscrub.toml", "")
    ran: Ran = leadscrub("due")
    assert (ran.code, ran.out) == (0, "nothing is due within 30 days\n")
    assert leadscrub("due", "--workspace", in_folder / "none").code == 2
