"""What is older than the workspace keeps it is listed, deleted, and recorded as deleted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from pipeline.ledger.database import open_ledger
from pipeline.ledger.tables import deletions, drops, runs, segment_runs, segments
from schemas.workspace import LedgerChoice
from tests.conftest import leadscrub, write_campaign
from tests.pipeline.selling import HEADER, RECEIVED, World, bad, good

pytestmark = pytest.mark.slow

SETTINGS = "[ledger]\n[retention]\nraw_days = 30\noutput_days = 60\nhistory_days = 90\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two results: of 2026-01-01, with its raw drop in the archive, and of 2026-03-01."""
    (tmp_path / "leadscrub.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "acme.toml").write_text('name = "acme"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    campaign = write_campaign(tmp_path)
    for day, phone in (("2026-01-01", "2025550100"), ("2026-03-01", "2025550101")):
        drop = tmp_path / "archive" / "acme" / day / "drop.csv"
        drop.parent.mkdir(parents=True)
        drop.write_text(f"phone\n{phone}\n", encoding="utf-8")
        asked = ("--campaign", campaign, "--vendor", "acme", "--as-of", day, "--threads", "1")
        ran = leadscrub("scrub", drop, "-o", tmp_path / "runs" / day, *asked)
        assert ran.code == 0, ran.err
    return tmp_path


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
        ("2026-01-31", []),
        ("2026-02-01", [("raw drop", "acme", "2026-01-01")]),
        ("2026-03-02", [("raw drop", "acme", "2026-01-01")]),
        ("2026-03-03", [("raw drop", "acme", "2026-01-01"), ("result", "acme", "2026-01-01")]),
        (
            "2026-04-02",
            [
                ("history", "acme", "2026-01-01"),
                ("raw drop", "acme", "2026-01-01"),
                ("result", "acme", "2026-01-01"),
                ("raw drop", "acme", "2026-03-01"),
            ],
        ),
    ],
)
def test_each_is_due_the_day_after_its_last(workspace: Path, day: str, due: list[tuple[str, str, str]]) -> None:
    assert listed("--as-of", day) == due
    assert (workspace / "archive/acme/2026-01-01/drop.csv").exists()


def test_what_is_deleted_is_gone_and_recorded(workspace: Path) -> None:
    ran = leadscrub("retention", "--delete", "--as-of", "2026-03-03")
    assert (ran.code, ran.err) == (0, "")
    assert "2 things, " in ran.out
    assert "deleted, and recorded in the ledger" in ran.out
    assert not (workspace / "archive/acme/2026-01-01/drop.csv").exists()
    assert not (workspace / "runs/2026-01-01").exists()
    assert (workspace / "archive/acme/2026-03-01/drop.csv").exists()
    assert (workspace / "runs/2026-03-01/manifest.json").exists()
    assert states(workspace) == ["emptied", "done"]
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.reading() as connection:
        recorded = connection.execute(select(deletions.c.what, deletions.c.vendor, deletions.c.deleted_at)).all()
        run_ids = set(connection.execute(select(runs.c.run_id)).scalars())
        subjects = set(connection.execute(select(deletions.c.subject)).scalars())
    assert [tuple(row) for row in recorded] == [
        ("raw drop", "acme", "2026-03-03T00:00:00.000000Z"),
        ("result", "acme", "2026-03-03T00:00:00.000000Z"),
    ]
    assert "drop.csv" in subjects
    assert len(subjects & run_ids) == 1
    assert listed("--as-of", "2026-03-03") == []


def test_a_dry_run_is_what_happens_without_asking(workspace: Path) -> None:
    for option in ((), ("--dry-run",)):
        ran = leadscrub("retention", *option, "--as-of", "2026-03-03")
        assert ran.code == 0, ran.err
        assert "would be deleted; say --delete to do it" in ran.out
    assert states(workspace) == ["done", "done"]
    assert (workspace / "runs/2026-01-01").exists()


def test_a_folder_that_holds_something_else_stays(workspace: Path) -> None:
    shutil.copytree(workspace / "runs/2026-03-01", workspace / "runs/2026-01-01", dirs_exist_ok=True)
    assert listed("--as-of", "2026-03-03") == [("raw drop", "acme", "2026-01-01")]


def test_a_result_that_a_person_removed_is_noted(workspace: Path) -> None:
    shutil.rmtree(workspace / "runs/2026-01-01")
    assert leadscrub("retention", "--delete", "--as-of", "2026-03-03").code == 0
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
    assert leadscrub("retention", "--delete", "--as-of", "2026-03-03").code == 0
    assert sold_again(workspace, "2026-03-03") == ["duplicate.history"]


def test_history_that_is_gone_tells_nothing(workspace: Path) -> None:
    assert leadscrub("retention", "--delete", "--as-of", "2026-04-02").code == 0
    assert states(workspace) == ["deleted", "done"]
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.reading() as connection:
        kept = select(segment_runs.c.run_id, runs.c.as_of).join(runs, runs.c.run_id == segment_runs.c.run_id)
        current = kept.join(segments, segments.c.file == segment_runs.c.file).where(segments.c.retired_at.is_(None))
        assert [row.as_of.isoformat() for row in connection.execute(current)] == ["2026-03-01"]
        assert (
            connection.execute(select(func.sum(segments.c.points)).where(segments.c.retired_at.is_(None))).scalar() == 1
        )
    assert sold_again(workspace, "2026-04-02") == []


def test_drops_in_quarantine_go_by_their_arrival(workspace: Path) -> None:
    path = workspace / "quarantine" / "acme" / "abc-drop.csv"
    path.parent.mkdir(parents=True)
    path.write_text("?", encoding="utf-8")
    with open_ledger(LedgerChoice(), workspace) as ledger, ledger.writing() as connection:
        changed = {"state": "quarantined", "kept_at": str(path), "run_id": None}
        connection.execute(update(drops).where(drops.c.sequence == 2).values(**changed))
    assert ("raw drop", "acme", "2026-03-01") in listed("--as-of", "2026-04-01")
    assert leadscrub("retention", "--delete", "--as-of", "2026-04-01").code == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("settings", "options", "code", "says"),
    [
        ("", (), 2, "Nothing says how long to keep what. Add [retention] to the workspace's leadscrub.toml."),
        ("[retention]\nraw_days = 3\n", (), 2, "This workspace has no ledger. Add [ledger] to its leadscrub.toml."),
        (SETTINGS, ("--delete", "--dry-run"), 2, "--delete and --dry-run contradict each other."),
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


def test_returns_go_when_they_are_with_the_vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not delivered yet is the only copy of what is to go back: it stays, however old."""
    world = World(tmp_path / "leads")
    world.contract("acme", more='deliver_to = "sent"')
    world.contract("other")
    for name in ("acme", "other"):
        world.sell(HEADER + good(0, 2) + bad(10, 2), vendor=name)
    assert world.returns(RECEIVED, "--deliver").code == 0
    with (world.folder / "leadscrub.toml").open("a", encoding="utf-8") as settings:
        settings.write("[retention]\noutput_days = 60\n")
    monkeypatch.chdir(world.folder)
    delivered, kept = world.outgoing()
    assert (delivered.parent.name, kept.parent.name) == ("acme", "other")
    assert ("returns", "acme", "2026-11-02") not in listed("--as-of", "2027-01-01")
    ran = leadscrub("retention", "--delete", "--as-of", "2027-01-02")
    assert ran.code == 0, ran.err
    assert world.outgoing() == [kept]
    assert (world.folder / "sent" / delivered.name).exists()
    with open_ledger(LedgerChoice(), world.folder) as ledger, ledger.reading() as connection:
        gone = connection.execute(select(deletions.c.subject).where(deletions.c.what == "returns")).scalars().all()
    assert gone == [delivered.name]
    assert [state for *_, state in world.ledger_rows()] == ["delivered", "delivered", "written", "written"]
