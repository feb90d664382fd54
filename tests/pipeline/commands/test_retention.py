"""What is older than the workspace keeps it is listed, deleted, and recorded as deleted."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from pipeline.ledger.database import moment_of, open_ledger
from pipeline.ledger.tables import deletions, drops, returned_counts, returned_rows, runs, segment_runs, segments
from pipeline.ledger.went_back import keyed_hash
from schemas.workspace import LedgerChoice
from tests import processes
from tests.conftest import REPO, as_made, leadscrub, write_campaign
from tests.pipeline.selling import HEADER, World, bad, good

pytestmark = pytest.mark.slow

SOLD = datetime(2024, 11, 2, 9, 30, 15, tzinfo=UTC)
SETTINGS = "[ledger]\n[retention]\nraw_days = 30\noutput_days = 60\nhistory_days = 90\n"


@pytest.fixture
def workspace(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace as it was made."""
    monkeypatch.chdir(as_made(made))
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two results: of 2025-01-01, with its raw drop in the archive, and of 2025-03-01."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "leadscrub.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "vendors").mkdir()
    (folder / "vendors" / "acme.toml").write_text('name = "acme"\n', encoding="utf-8")
    campaign = write_campaign(folder)
    for day, phone in (("2025-01-01", "2025550100"), ("2025-03-01", "2025550101")):
        drop = folder / "archive" / "acme" / day / "drop.csv"
        drop.parent.mkdir(parents=True)
        drop.write_text(f"phone\n{phone}\n", encoding="utf-8")
        asked = ("--campaign", campaign, "--vendor", "acme", "--as-of", day, "--threads", "1")
        with contextlib.chdir(folder):
            ran = leadscrub("scrub", drop, "-o", folder / "runs" / day, *asked)
        assert ran.code == 0, ran.err
    return folder


def listed(*options: str) -> list[tuple[str, str, str]]:
    ran = leadscrub("retention", "--json", *options)
    assert ran.code == 0, ran.err
    return [(item["what"], item["vendor"], item["since"]) for item in json.loads(ran.out)["items"]]


def states(workspace: Path) -> list[str]:
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.reading() as connection:
        return list(connection.execute(select(runs.c.state).order_by(runs.c.received_at)).scalars())


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2025-01-31", []),
        ("2025-02-01", [("raw drop", "acme", "2025-01-01")]),
        ("2025-03-02", [("raw drop", "acme", "2025-01-01")]),
        ("2025-03-03", [("raw drop", "acme", "2025-01-01"), ("result", "acme", "2025-01-01")]),
        (
            "2025-04-02",
            [
                ("history", "acme", "2025-01-01"),
                ("raw drop", "acme", "2025-01-01"),
                ("result", "acme", "2025-01-01"),
                ("raw drop", "acme", "2025-03-01"),
            ],
        ),
    ],
)
def test_each_is_due_the_day_after_its_last(workspace: Path, day: str, due: list[tuple[str, str, str]]) -> None:
    assert listed("--as-of", day) == due
    assert (workspace / "archive/acme/2025-01-01/drop.csv").exists()


def test_what_is_deleted_is_gone_and_recorded(workspace: Path) -> None:
    before = datetime.now(UTC)
    ran = leadscrub("retention", "--delete", "--yes", "--as-of", "2025-03-03")
    assert (ran.code, ran.err) == (0, "")
    assert "2 items, " in ran.out
    assert "deleted, and recorded in the ledger" in ran.out
    assert not (workspace / "archive/acme/2025-01-01/drop.csv").exists()
    assert not (workspace / "runs/2025-01-01").exists()
    assert (workspace / "archive/acme/2025-03-01/drop.csv").exists()
    assert (workspace / "runs/2025-03-01/manifest.json").exists()
    assert states(workspace) == ["emptied", "done"]
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.reading() as connection:
        recorded = connection.execute(select(deletions.c.what, deletions.c.vendor, deletions.c.deleted_at)).all()
        run_ids = set(connection.execute(select(runs.c.run_id)).scalars())
        subjects = set(connection.execute(select(deletions.c.subject)).scalars())
    assert [tuple(row)[:2] for row in recorded] == [("raw drop", "acme"), ("result", "acme")]
    assert all(before <= moment_of(row.deleted_at) <= datetime.now(UTC) for row in recorded), "when it happened"
    assert "drop.csv" in subjects
    assert len(subjects & run_ids) == 1
    assert listed("--as-of", "2025-03-03") == []


def test_a_dry_run_is_what_happens_without_asking(workspace: Path) -> None:
    for option in ((), ("--dry-run",)):
        ran = leadscrub("retention", *option, "--as-of", "2025-03-03")
        assert ran.code == 0, ran.err
        assert "would be deleted; use --delete to do it" in ran.out
    assert states(workspace) == ["done", "done"]
    assert (workspace / "runs/2025-01-01").exists()


def test_a_folder_that_holds_something_else_stays(workspace: Path) -> None:
    shutil.copytree(workspace / "runs/2025-03-01", workspace / "runs/2025-01-01", dirs_exist_ok=True)
    assert listed("--as-of", "2025-03-03") == [("raw drop", "acme", "2025-01-01")]


def test_a_result_that_a_person_removed_is_noted(workspace: Path) -> None:
    shutil.rmtree(workspace / "runs/2025-01-01")
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2025-03-03").code == 0
    assert states(workspace) == ["emptied", "done"]


def sold_again(workspace: Path, day: str) -> list[str]:
    """Reasons of a lead of the first result that is delivered again."""
    drop = workspace / "again.csv"
    drop.write_text(f"phone,day\n2025550100,{day}\n", encoding="utf-8")
    out = workspace / f"again-{day}"
    asked = ("--campaign", workspace / "campaign.toml", "--vendor", "acme", "--as-of", day, "--threads", "1", "--json")
    ran = leadscrub("scrub", drop, "-o", out, *asked, "--accept-drift")
    assert ran.code == 0, ran.err
    reasons: dict[str, int] = json.loads(ran.out)["counts"]["by_reason"]
    return list(reasons)


def test_a_result_that_is_gone_still_tells_who_was_bought(workspace: Path) -> None:
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2025-03-03").code == 0
    assert sold_again(workspace, "2025-03-03") == ["duplicate.history"]


def test_history_that_is_gone_tells_nothing(workspace: Path) -> None:
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2025-04-02").code == 0
    assert states(workspace) == ["deleted", "done"]
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.reading() as connection:
        kept = select(segment_runs.c.run_id, runs.c.as_of).join(runs, runs.c.run_id == segment_runs.c.run_id)
        current = kept.join(segments, segments.c.file == segment_runs.c.file).where(segments.c.retired_at.is_(None))
        assert [row.as_of.isoformat() for row in connection.execute(current)] == ["2025-03-01"]
        assert (
            connection.execute(select(func.sum(segments.c.points)).where(segments.c.retired_at.is_(None))).scalar() == 1
        )
    assert sold_again(workspace, "2025-04-02") == []


def test_drops_in_quarantine_go_by_their_arrival(workspace: Path) -> None:
    path = workspace / "quarantine" / "acme" / "abc-drop.csv"
    path.parent.mkdir(parents=True)
    path.write_text("?", encoding="utf-8")
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.writing() as connection:
        changed = {"state": "quarantined", "kept_at": str(path), "run_id": None}
        connection.execute(update(drops).where(drops.c.sequence == 2).values(**changed))
    assert ("raw drop", "acme", "2025-03-01") in listed("--as-of", "2025-04-01")
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2025-04-01").code == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("settings", "options", "code", "says"),
    [
        (
            "",
            (),
            2,
            "This workspace does not say how long to keep anything. Add [retention] to the workspace's leadscrub.toml.",
        ),
        ("[retention]\nraw_days = 3\n", (), 2, "This workspace has no ledger. Add [ledger] to its leadscrub.toml."),
        (SETTINGS, ("--delete", "--dry-run"), 2, "--delete and --dry-run contradict each other."),
        (SETTINGS, ("--as-of", "2999-01-01"), 2, "--as-of 2999-01-01 is in the future"),
        ("[retention]\nraw_days = -1\n", (), 3, "leadscrub.toml:2: retention.raw_days: "),
        ("[retention]\nhistory_days = 9\n", (), 3, "history_days needs output_days that are no more"),
    ],
)
def test_wrong_usage(
    settings: str, options: tuple[str, ...], code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leadscrub.toml").write_text(settings, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = leadscrub("retention", *options)
    assert ran.code == code
    assert says in ran.err


def delivered_world(folder: Path) -> World:
    """Two vendors that got returns: acme in a folder, other has still to fetch its file."""
    world = World(folder)
    world.contract("acme", more='deliver_to = "sent"')
    world.contract("other")
    for name in ("acme", "other"):
        world.sell(HEADER + good(0, 2) + bad(10, 2), vendor=name, at=SOLD)
    assert world.returns(SOLD, "--deliver").code == 0
    with (world.folder / "leadscrub.toml").open("a", encoding="utf-8") as settings:
        settings.write("[retention]\noutput_days = 60\n")
    return world


def test_returns_go_when_they_are_with_the_vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not delivered yet is the only copy of what is to go back: it stays, however old. What lies in a folder
    of ours goes there, too."""
    world = delivered_world(tmp_path / "leads")
    monkeypatch.chdir(world.folder)
    delivered, kept = world.outgoing()
    assert (delivered.parent.name, kept.parent.name) == ("acme", "other")
    assert {what for what, *_ in listed("--as-of", "2025-01-01")} == {"hashes of returned rows"}
    found = listed("--as-of", "2025-01-02")
    assert [each for each in found if "returns" in each[0]] == [
        ("delivered returns", "acme", "2024-11-02"),
        ("returns", "acme", "2024-11-02"),
    ]
    ran = leadscrub("retention", "--delete", "--yes", "--as-of", "2025-01-02")
    assert ran.code == 0, ran.err
    assert world.outgoing() == [kept]
    assert not (world.folder / "sent" / delivered.name).exists()
    with open_ledger(LedgerChoice(), world.folder) as ledger, ledger.reading() as connection:
        gone = select(deletions.c.subject).where(deletions.c.what.in_(("returns", "delivered returns")))
        assert list(connection.execute(gone).scalars()) == [delivered.name] * 2
    assert [state for *_, state in world.ledger_rows()] == ["written", "written"]


def test_a_file_that_the_vendor_put_in_the_place_of_ours_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = delivered_world(tmp_path / "leads")
    monkeypatch.chdir(world.folder)
    (there,) = (world.folder / "sent").glob("acme-*")
    there.write_text("the vendor's own notes", encoding="utf-8")
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2025-01-02").code == 0
    assert there.read_text(encoding="utf-8") == "the vendor's own notes"


def test_of_rows_that_went_back_only_counts_stay_when_the_window_has_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is open they are hashes under a key that is not in the database."""
    world = delivered_world(tmp_path / "leads")
    monkeypatch.chdir(world.folder)
    scored = leadscrub("vendors", "--as-of", "2024-11-30", "--json").out
    key = (world.folder / "ledger" / "history" / "returns.key").read_bytes()
    database = world.folder / "ledger" / "ledger.db"
    assert key not in database.read_bytes()
    with open_ledger(LedgerChoice(), world.folder) as ledger, ledger.reading() as connection:
        hashes = list(connection.execute(select(returned_rows.c.key).where(returned_rows.c.vendor == "acme")).scalars())
    plain = [hashlib.sha256(f"L{n}".encode()).hexdigest()[:32] for n in (10, 11)]
    assert sorted(hashes) == sorted(keyed_hash(each, key) for each in plain)
    assert all(f"acme{each}".encode() in database.read_bytes() for each in hashes)
    assert listed("--as-of", "2024-11-05") == []
    assert listed("--as-of", "2024-11-06") == [("hashes of returned rows", "acme", "2024-11-05")]
    assert leadscrub("retention", "--delete", "--yes", "--as-of", "2024-11-06").code == 0
    assert [state for *_, state in world.ledger_rows()] == ["written", "written"], "what is not delivered is known"
    with open_ledger(LedgerChoice(), world.folder) as ledger, ledger.reading() as connection:
        kept = select(returned_counts.c.vendor, returned_counts.c.rows, returned_counts.c.state_code)
        assert [tuple(row) for row in connection.execute(kept)] == [("acme", 2, "DC")]
    assert not any(f"acme{each}".encode() in database.read_bytes() for each in hashes), "overwritten"
    assert leadscrub("vendors", "--as-of", "2024-11-30", "--json").out == scored
    told = world.listed(SOLD + timedelta(days=30), "--vendor", "acme")
    assert told["runs"][0]["rows"]["already_returned"] == 2


def test_a_lost_key_stops_returns(tmp_path: Path) -> None:
    world = delivered_world(tmp_path / "leads")
    (world.folder / "ledger" / "history" / "returns.key").unlink()
    ran = world.returns(SOLD)
    assert (ran.code, "is not the key by which the ledger knows what went back" in ran.err) == (5, True)


def test_it_asks_or_wants_yes(workspace: Path) -> None:
    """Where nobody can be asked, as in cron, nothing is deleted without --yes; a person may say no."""
    ran = leadscrub("retention", "--delete", "--as-of", "2025-03-03")
    assert ran.code == 2
    assert "2 items, " in ran.err
    assert "say --delete --yes" in ran.err
    for answer, code in (("n", 130), ("y", 0)):
        assert states(workspace) == ["done", "done"]
        master, slave = pty.openpty()
        command = [sys.executable, "-m", "leadscrub", "retention", "--delete", "--as-of", "2025-03-03"]
        environment = {**os.environ, "PYTHONPATH": str(REPO)}
        asked = processes.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        os.write(master, f"{answer}\n".encode())
        shown = b""
        while b"Delete them?" not in shown:
            shown += os.read(master, 4096)
        with contextlib.suppress(OSError):
            while part := os.read(master, 4096):
                shown += part
        os.close(master)
        assert asked.wait() == code, shown
    assert states(workspace) == ["emptied", "done"]
