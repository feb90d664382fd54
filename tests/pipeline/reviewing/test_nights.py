"""What a night knows of reviews and of what vendors declare: what waits, what is due again by itself."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.nightly.log import TextLog
from pipeline.nightly.night import NightRequest, one_pass, read_workspace
from tests.conftest import leadscrub
from tests.pipeline.reviewing.desk import ABROAD, BY_RULE, DROP, PROMISES, make_workspace, review, told, write

pytestmark = pytest.mark.slow

ATTESTED = f"""
[[evidence.attestations]]
releases = "{PROMISES}"
by = "Jo Doe, counsel"
on = 2026-11-01
says = "All six documents were read."
"""


def night(day: str) -> dict[str, Any]:
    """A pass in this process: one of its own would only take time."""
    request = NightRequest(Path().absolute(), date.fromisoformat(day), lambda: datetime.now(UTC), apart=False)
    summary = one_pass(request, read_workspace(Path().absolute()), TextLog())
    assert summary.exit_code == 0, summary
    return summary.model_dump(mode="json")


def lines(summary: dict[str, Any]) -> list[tuple[str, str, int, int]]:
    return [(line["outcome"], line["why"], line["clean"], line["review"]) for line in summary["drops"]]


def in_review(summary: dict[str, Any]) -> list[tuple[int, str]]:
    return [
        (item["rows"], item["why"].rpartition("; ")[2]) for item in summary["unsettled"] if item["kind"] == "review"
    ]


@pytest.fixture
def nights(in_folder: Path) -> Path:
    make_workspace(in_folder)
    write(in_folder / "inbox" / "acme" / "drop.csv", DROP)
    old = (datetime.now(UTC) - timedelta(days=1)).timestamp()
    os.utime(in_folder / "inbox" / "acme" / "drop.csv", (old, old))
    return in_folder


def test_an_attestation_that_changes_makes_affected_drops_due_again(nights: Path) -> None:
    assert lines(night("2026-11-21")) == [("scrubbed", "", 0, 4)]
    assert lines(night("2026-11-22")) == []
    vendor = nights / "vendors" / "acme.toml"
    before = vendor.read_text(encoding="utf-8")
    write(vendor, before + ATTESTED)
    why = "scrubbed again: the vendor's file declares something else than it did"
    dry = json.loads(leadscrub("nightly", "--json", "--dry-run", "--as-of", "2026-11-23").out)
    assert lines(dry) == [("ready", why.replace("scrubbed", "would be scrubbed"), 0, 0)]
    again = night("2026-11-23")
    assert lines(again) == [("scrubbed", why, 2, 1)]
    assert in_review(again)[0][0] == 1
    assert (again["drops"][0]["drop"], lines(night("2026-11-24"))) == ("drop.csv", [])
    # It is taken back: nobody may go on to use what rested on it.
    write(vendor, before)
    assert lines(night("2026-11-25")) == [("scrubbed", why, 0, 4)]
    # Its raw drop is gone: a person is told.
    for path in (nights / "archive").rglob("*drop.csv"):
        path.unlink()
    write(vendor, before + ATTESTED)
    (item,) = (item for item in night("2026-11-26")["unsettled"] if item["kind"] == "again")
    assert "1 run rests on what the vendor's file or a review does not say any more" in item["why"]
    assert leadscrub("log", "verify").code == 0, leadscrub("log", "verify").out


def test_a_night_says_how_many_wait_and_keeps_what_was_decided(nights: Path) -> None:
    first = night("2026-11-21")
    assert in_review(first)[0][0] == 4
    done = told("apply", "--rule", PROMISES, *BY_RULE)
    denied = ("--decision", "deny", "--by", "Ann Officer", "--evidence", "DOC-8", "--on", "2026-11-21")
    assert in_review(night("2026-11-22")) == [(1, "3 more were decided")]
    told("apply", "--rule", ABROAD, *denied)
    assert in_review(night("2026-11-23")) == []
    # The vendor declares something else: the drop is judged again, and what people decided stays.
    vendor = nights / "vendors" / "acme.toml"
    write(vendor, vendor.read_text(encoding="utf-8").replace("Example survey", "Another survey"))
    (line,) = night("2026-11-24")["drops"]
    assert (line["clean"], line["review"]) == (2, 0)
    rejected = pl.read_parquet(Path(line["out"]) / "rejected.parquet").select("row_id", "reason")
    assert dict(rejected.rows())[1] == "review.denied"
    # A review is withdrawn: the run that rests on it is made again by itself.
    review("withdraw", done["review"], "--by", "Ann Officer", "--because", "read again")
    (line,) = night("2026-11-25")["drops"]
    assert (line["why"], line["clean"], line["review"]) == (
        "scrubbed again: a review that it rests on was withdrawn",
        0,
        3,
    )
    assert leadscrub("log", "verify").code == 0, leadscrub("log", "verify").out


def test_an_encrypted_raw_drop_is_scrubbed_again_only_where_it_can_be_opened(
    nights: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity, keys = pyrage.x25519.Identity.generate(), tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("LEADSCRUB_KEYS", str(keys))
    write(nights / "leadscrub.toml", f'[ledger]\n[at_rest]\nrecipients = ["{identity.to_public()}"]\n')
    night("2026-11-21")
    assert [path.suffix for path in (nights / "archive").rglob("*drop*")] == [".age"]
    vendor = nights / "vendors" / "acme.toml"
    write(vendor, vendor.read_text(encoding="utf-8") + ATTESTED)
    (line,) = night("2026-11-22")["drops"]
    assert (line["outcome"], line["code"], "is encrypted" in line["why"]) == ("left", 0, True)
    write(keys / "archive.txt", f"{identity}\n")
    (line,) = night("2026-11-23")["drops"]
    assert (line["outcome"], line["clean"]) == ("scrubbed", 2)
    # The night leaves nothing of it in the clear.
    assert [path for path in nights.rglob("*drop.csv*") if path.is_file() and "archive" not in path.parts] == [
        nights / "drop.csv"
    ]
