"""A drop costs the ledger the same after ten thousand runs as after ten: no question of it reads through a table."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from pipeline.commands.scorecard import scorecard
from pipeline.ledger.database import Ledger, open_ledger, stamp
from pipeline.ledger.drops import receive
from pipeline.ledger.expiring import expiring
from pipeline.ledger.history_merging import tidy_history
from pipeline.ledger.history_past import past_of, refresh_blocks
from pipeline.ledger.runs import record_run
from pipeline.ledger.tables import arrivals, drops, facts, run_drops, run_reasons, runs
from pipeline.ledger.vendor_runs import last_runs
from pipeline.ledger.went_back import returns_key
from pipeline.nightly.inbox import Seen
from pipeline.nightly.journal import Journal
from pipeline.returning.returns_job import Job, returns_of
from schemas.workspace import LedgerChoice
from tests.pipeline.ledger.workspace import Workspace, leads, noon

CODES = ("phone.unparseable", "phone.invalid", "phone.damaged", "phone.premium_rate")
#: Tables that grow with every drop.
GROWING = ("drops", "arrivals", "runs", "run_drops", "run_reasons", "run_overlaps", "segment_runs", "segments")
#: How a plan says that it reads through one of them, or through all that a vendor ever delivered.
LONG = rf"SCAN ({'|'.join(GROWING)})\b|SEARCH \w+ USING .*INDEX \S+ \(vendor=\?\)$"


def fill(ledger: Ledger, number: int, vendor: str = "old") -> None:
    """Enter so many drops and runs of the past, each with a content of its own."""
    at = [stamp(noon(1) - timedelta(days=400) + timedelta(minutes=n)) for n in range(number)]
    run = {"vendor": vendor, "campaign": "test", "as_of": date(2026, 1, 1), "out": "/gone", "manifest_sha256": ""}
    run |= {"read": 9, "clean": 5, "rejected": 4, "review": 0, "valid_until": date(2027, 1, 1), "state": "done"}
    with ledger.writing() as connection:
        lines: dict[Any, list[dict[str, Any]]] = {drops: [], arrivals: [], runs: [], run_drops: [], run_reasons: []}
        for n in range(number):
            drop = {"vendor": vendor, "sha256": f"{n:064x}", "bytes": 1}
            lines[drops].append(drop | {"sequence": n + 1, "name": "x", "received_at": at[n], "state": "done"})
            lines[arrivals].append(drop | {"place": f"{n}", "mark": "m", "seen_at": at[n], "outcome": "new"})
            lines[runs].append(
                run | {"run_id": f"{n:032x}", "received_at": at[n], "sequence": n + 1, "recorded_at": at[n]}
            )
            lines[run_drops].append({"run_id": f"{n:032x}", "sha256": f"{n:064x}"})
            lines[run_reasons] += [{"run_id": f"{n:032x}", "code": code, "rows": 1} for code in CODES]
        for table, rows in lines.items():
            connection.execute(insert(table), rows)
        refresh_blocks(connection, range(1, number + 1))


@contextmanager
def read_through(ledger: Ledger) -> Iterator[list[str]]:
    """Statements that read through a growing table, each with its plan; filled at the end of the block."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(ledger.engine, "before_cursor_execute", note)
    found: list[str] = []
    try:
        yield found
    finally:
        event.remove(ledger.engine, "before_cursor_execute", note)
    with ledger.reading() as connection:
        for statement, parameters in asked:
            if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                through = [row[-1] for row in plan if re.match(LONG, row[-1])]
                # The newest row, by an index, is no reading through.
                if through and "LIMIT" not in statement:
                    found.append(f"{through}: {statement}")
    assert asked


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "leads")


def test_entering_a_drop_reads_through_no_table_that_grows(workspace: Workspace) -> None:
    done = workspace.scrub("a.csv", 2, "acme", leads(1, 2))
    assert done.code == 0, done.err
    moved = done.folder.with_name("moved")
    shutil.copytree(done.folder, moved)
    with workspace.ledger() as ledger:
        journal = Journal(ledger)
        seen = Seen("acme", "b.csv", "inbox/acme/b.csv", 3, 0.0, 0.0, "mark")
        received = receive(ledger, "acme", "b" * 64, "b.csv", 3, noon(3))
        with ledger.reading() as connection:
            past = past_of(ledger, connection, received, 90)
        assert past.runs == 1
        tidy_history(ledger, noon(5))  # which looks at every file once an hour, not for each drop
        with read_through(ledger) as found:
            journal.arrived(seen)
            journal.reopen("acme", "c" * 64)
            drop = receive(ledger, "acme", "c" * 64, "c.csv", 3, noon(4))
            for days in (None, 90):
                with ledger.reading() as connection:
                    past_of(ledger, connection, drop, days)
            journal.run_of("acme", "c" * 64, "test")
            with ledger.reading() as connection:
                assert [run.vendor for run in last_runs(connection, "acme", drop.sequence, 10)] == ["acme"]
            (known,) = workspace.received("acme", done)
            record_run(ledger, moved, [replace(known, state="taken")], noon(5))
            journal.close(seen, "c" * 64, None, noon(5))
        assert found == []


@pytest.mark.parametrize("days", [None, 7, 90])
def test_the_past_by_blocks_is_the_past_by_rows(tmp_path: Path, days: int | None) -> None:
    """Whatever is summed up, the identity is that of the deliveries themselves; one that ceases to count changes it."""
    with open_ledger(LedgerChoice(), tmp_path) as ledger:
        fill(ledger, 1_000)
        drop = receive(ledger, "acme", "f" * 64, "f.csv", 1, noon(1) - timedelta(days=400) + timedelta(minutes=2_000))
        with ledger.reading() as connection:
            whole = past_of(ledger, connection, drop, days)
        with ledger.writing() as connection:
            connection.exec_driver_sql("DELETE FROM past_blocks")
            refresh_blocks(connection, [300, 700])
            connection.exec_driver_sql("UPDATE runs SET state = 'replaced' WHERE sequence = 500")
            refresh_blocks(connection, range(1, 1_001))
            other = past_of(ledger, connection, drop, days)
            connection.exec_driver_sql("UPDATE runs SET state = 'done' WHERE sequence = 500")
            refresh_blocks(connection, [500])
            again = past_of(ledger, connection, drop, days)
    assert (whole.runs, other.runs) == (1_000, 999)
    assert whole.identity == again.identity != other.identity


def test_a_ledger_of_version_1_is_brought_to_this_one(tmp_path: Path) -> None:
    with open_ledger(LedgerChoice(), tmp_path) as ledger:
        fill(ledger, 300)
        drop = receive(ledger, "acme", "f" * 64, "f.csv", 1, noon(1))
        with ledger.reading() as connection:
            before = past_of(ledger, connection, drop, None)
        with ledger.writing() as connection:
            for table in ("past_blocks", "returned_counts", "deleting"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            for index in ("runs_by_sequence", "run_drops_by_content", "segment_runs_by_run"):
                connection.exec_driver_sql(f"DROP INDEX {index}")
            connection.exec_driver_sql("ALTER TABLE runs DROP COLUMN review")
            connection.exec_driver_sql("ALTER TABLE segments DROP COLUMN owners")
            connection.execute(facts.update().where(facts.c.name == "version").values(value="1"))
    for _ in range(2):
        with open_ledger(LedgerChoice(), tmp_path) as ledger, ledger.reading() as connection:
            after = past_of(ledger, connection, drop, None)
            assert (after.identity, after.runs) == (before.identity, 300)


def test_reports_over_ten_thousand_runs_ask_a_bounded_number_of_questions(tmp_path: Path) -> None:
    """Their number does not grow with the runs, and closed windows open no result."""
    asked = []
    (tmp_path / "vendors").mkdir()
    for vendor in ("old", "quiet"):
        contract = f'name = "{vendor}"\n[returns]\nwindow = "72h"\n[returns.reasons]\n"phone.*" = "BAD"\n'
        (tmp_path / "vendors" / f"{vendor}.toml").write_text(contract, encoding="utf-8")
    with open_ledger(LedgerChoice(), tmp_path) as ledger:
        event.listen(ledger.engine, "before_cursor_execute", lambda *_: asked.append(1))
        returns_key(ledger)
        counts = []
        for number in (10, 1_000):
            with ledger.writing() as connection:
                for table in (run_reasons, run_drops, runs, arrivals, drops):
                    connection.execute(table.delete())
            fill(ledger, number)
            asked.clear()
            (old, _) = returns_of(ledger, tmp_path, None, Job(noon(1)))
            assert [told.fates["expired"] for told in old.plan.runs] == [4] * number
            assert sum(score.drops for score in scorecard(ledger, tmp_path, None, 24, noon(1))) == number
            assert len(expiring(ledger, date(2026, 12, 31), timedelta(days=7))) == number
            counts.append(len(asked))
    assert counts[0] == counts[1] < 60
