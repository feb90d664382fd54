"""What a run counts for its report: each lead once, where it was lost, and the same in whatever batches it worked."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.recount import recount
from pipeline.results.folder import open_manifest
from tests.conftest import POINT_ONLY, REPO, Scrub, Scrubbed, Written, leadscrub
from tests.pipeline.rough import registry, rough_drop

DROP = """\
name,phone,email,state,country,consent_at
Ann,202-555-0100,ann@example.com,DC,,2026-11-20T10:00:00Z
Bob,202-555-0101,bob@example.com,Texas,,2026-08-30T10:00:00Z
Cat,202-555-0102,not an address,,,2025-11-20T10:00:00Z
Dan,12,dan@example.com,,France,
Eve,,eve@example.org,,,
Fay,202-555-0100,fay@example.com,,,
Gus,,,,,
"""


@pytest.fixture
def result(scrub: Scrub, written: Written) -> Scrubbed:
    """Bob's phone is on a list of ours, Cat's on the registry, Eve unsubscribed; Fay has Ann's phone."""
    ran = scrub(
        DROP,
        *("--internal", written("ours.txt", "2025550101\n")),
        *("--dnc", f"{written('registry.txt', '202,5550102')}@2026-11-20"),
        *("--unsubscribe", written("gone.txt", "eve@example.org\n")),
        campaign=POINT_ONLY + '[dedupe]\nkeys = ["phone"]\n',
    )
    assert ran.code == 0, ran.err
    return ran


def counts(ran: Scrubbed) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ran.folder / "report.json").read_text(encoding="utf-8"))
    return document


def test_each_lead_is_lost_once_on_each_channel(result: Scrubbed) -> None:
    assert result.clean_rows("row_id", "channels") == [
        (0, ["call", "email"]),
        (1, ["email"]),
        (3, ["email"]),
        (5, ["email"]),
    ]
    assert counts(result)["lost"] == {
        # Eve and Gus; Dan; Bob and Cat; Fay.
        "call": {"absent": 2, "unusable": 1, "listed": 2, "duplicate": 1},
        # Gus; Cat; Eve.
        "email": {"absent": 1, "unusable": 1, "listed": 1},
    }


def test_the_other_counts(result: Scrubbed) -> None:
    found = counts(result)
    # Of the registry's copy; Bob, Dan and Fay are reached by email alone, which no list with an end is about.
    assert (found["valid_until"], found["unlimited"]) == ({"2026-12-21": 1}, 3)
    assert found["places"] == [
        {"place": "US-DC", "read": 3, "clean": 2},
        {"place": "FR", "read": 1, "clean": 1},
        {"place": "US-TX", "read": 1, "clean": 1},
        {"place": "", "read": 2, "clean": 0},
    ]
    assert found["evidence"] == {"consent_at": 3}
    assert found["consent_age"] == {"0-30": 1, "31-90": 1, "366-540": 1}
    assert {code: seen["disposition"] for code, seen in found["reasons"].items()} == {
        "contact.none": "return",
        "dnc.national": "suppress",
        "email.unsubscribed": "suppress",
    }


def test_examples_are_masked(result: Scrubbed) -> None:
    """Of a rejected row, its points are shown in part; in no file of the report is a whole one."""
    (example,) = counts(result)["reasons"]["dnc.national"]["examples"]
    assert (example["file"], example["line"], example["points"]) == ("drop.csv", 4, ["+1202*****02"])
    for name in ("report.json", "report.html"):
        text = (result.folder / name).read_text(encoding="utf-8")
        assert [whole for whole in ("5550", "555-0", "ann@", "eve@", "example.com") if whole in text] == []


@pytest.mark.slow
def test_a_result_without_counts_is_counted_from_its_tables(scrub: Scrub, written: Written) -> None:
    """The same but for places, since a clean row no longer has a phone that may not be used; funnels close."""
    ran = scrub(rough_drop(200), "--dnc", written("registry.txt", registry(60)), "--rules", "us")
    assert ran.code == 0, ran.err
    manifest = open_manifest(ran.folder)
    again = recount(ran.folder, manifest).model_dump(mode="json")
    as_counted = counts(ran)
    assert again.pop("from_tables")
    assert not as_counted.pop("from_tables")
    places, before = again.pop("places"), as_counted.pop("places")
    assert again == as_counted
    assert sum(each["read"] for each in places) == sum(each["read"] for each in before) == manifest.counts.read
    assert sum(each["clean"] for each in places) == sum(each["clean"] for each in before) == manifest.counts.clean
    for channel in manifest.channels:
        lost = sum(as_counted["lost"][channel].values())
        assert manifest.counts.read - lost == manifest.counts.by_channel.get(channel, 0)
    assert sum(as_counted["valid_until"].values()) + as_counted["unlimited"] == manifest.counts.clean
    examples = Counter({code: len(seen["examples"]) for code, seen in as_counted["reasons"].items()})
    assert examples == {code: min(rows, 3) for code, rows in manifest.counts.by_primary_reason.items()}


def test_calling_windows_are_counted_by_zone(tmp_path: Path) -> None:
    """Of the worked example of the law of calls in the United States, which has calling hours."""
    law = shutil.copytree(REPO / "data" / "sample" / "law", tmp_path / "law")
    ran = leadscrub(
        *("scrub", law / "drops" / "us.csv", "-o", tmp_path / "out", "--threads", "1", "--as-of", "2026-11-21"),
        *("--campaign", law / "campaigns" / "us.toml", "--vendor", "broker", "--ledger", "none"),
    )
    assert ran.code == 0, ran.err
    done = Scrubbed(ran.code, ran.out, ran.err, tmp_path / "out")
    by_zone: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for zone, hours in done.clean_rows("call_zone", "call_hours"):
        by_zone[zone, tuple(hours)] += 1
    found = counts(done)
    assert {(each["zone"], tuple(each["hours"])): each["rows"] for each in found["windows"]} == by_zone
    assert by_zone.total() == len(done.clean) > 0
    assert found["unknown_hours"] == 0


def test_an_empty_drop_has_a_report(scrub: Scrub) -> None:
    ran = scrub("name,phone\n")
    assert ran.code in (0, 4), ran.err
    if ran.code == 0:
        assert "No lead was received." in (ran.folder / "report.html").read_text(encoding="utf-8")
