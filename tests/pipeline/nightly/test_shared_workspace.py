"""Passes of several machines side by side in one workspace: they come to what one machine comes to, whoever dies.

``LEADSCRUB_KILLS=N`` tries so many moments of each kind, drawn at random, instead of a few that are fixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from pipeline.nightly.folders import Folders
from pipeline.nightly.workspace_lock import shared_pass
from tests import processes
from tests.conftest import REPO, leadscrub
from tests.pipeline.nightly.workspaces import Dump, Passes, dump, leads, make_workspace, passes, put

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("LEADSCRUB_KILLS", "0"))
#: What an unattended pass says in the end: two drops are in quarantine.
QUARANTINE = 4
#: Commands as they are installed know no other day than this one.
NIGHT = datetime.now(UTC)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Passes]]:
    """Two machines: each does passes of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(passes(tmp_path_factory.mktemp(f"machine-{number}"))) for number in range(2)]


def world(folder: Path, url: str | None, lease: float = 1) -> Path:
    """A workspace with drops of two vendors, in which the order of receipt decides nearly everything."""
    ledger = f'[ledger]\nurl = "{url}"' if url else "[ledger]"
    share = f"share = true\nlease_seconds = {lease}" if url else ""
    workspace = make_workspace(folder, nightly=share, ledger=ledger)
    first = leads(range(30))
    drops: dict[tuple[str, str], str | bytes] = {
        ("acme", "1.csv"): first,
        ("zen", "2.csv"): leads(range(10, 40), prefix="z"),  # acme sold ten of these first
        ("acme", "3.csv"): leads(range(20, 50)),  # ten were bought from acme before
        ("acme", "4.csv"): first,  # came before
        ("zen", "5.csv"): leads(range(35, 60), header="lead id,full name,phone"),  # columns of nobody
        ("zen", "6.zip"): b"PK\3\4" + b"no archive" * 9,
        ("zen", "7.csv"): leads(range(45, 70), prefix="y"),
        ("acme", "8.csv"): leads(range(60, 90)),
    }
    for (vendor, name), content in drops.items():
        put(workspace / "inbox" / vendor, name, content, NIGHT - timedelta(hours=2))
        time.sleep(0.01)  # the file system's own time gives the order
    return workspace


@dataclass(frozen=True)
class Outcome:
    """All that a night leaves but what differs by nature: when it was, and on which machine."""

    ledger: Dump
    rows: dict[str, list[tuple[Any, ...]]]
    files: dict[str, str]


def outcome(workspace: Path, url: str | None) -> Outcome:
    """What a night left in a workspace."""
    # Files of the history are merged sooner or later: what they hold together is the same.
    ledger = dump(workspace, url) | {"segments": dump(workspace, url, by_drop=True)["segments"]}
    runs = [workspace / row[5] for row in ledger["runs"]]
    found = sorted(path.parent for path in workspace.glob("runs/**/manifest.json"))
    assert found == sorted(runs), "each result counts, and each is in its place"
    rows = {
        f"{run.name} {name}": pl.read_parquet(run / f"{name}.parquet").rows()
        for run in runs
        for name in ("clean", "rejected", "findings")
    }
    files = {
        str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes().replace(bytes(workspace), b"")).hexdigest()
        for folder in ("inbox", "archive", "quarantine", "runs", "vendors")
        for path in (workspace / folder).rglob("*")
        if path.is_file() and (folder != "runs" or path.suffix == ".csv")
    }
    return Outcome(ledger, rows, files)


@pytest.fixture(scope="module")
def alone(machines: list[Passes], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one machine comes to, whose ledger nobody else has."""
    workspace = world(tmp_path_factory.mktemp("alone") / "leads", None)
    assert machines[0].run(workspace, NIGHT) == QUARANTINE
    assert machines[0].outcomes() == {
        "1.csv": "scrubbed",
        "2.csv": "scrubbed",
        "3.csv": "scrubbed",
        "4.csv": "again",
        "5.csv": "quarantined",
        "6.zip": "quarantined",
        "7.csv": "scrubbed",
        "8.csv": "scrubbed",
    }
    return outcome(workspace, None)


def database(port: int, name: str) -> str:
    """A new, empty database."""
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://postgres@127.0.0.1:{port}/{name}"


def assert_as_alone(workspace: Path, url: str, alone: Outcome) -> None:
    """What is left is what one machine leaves, and the log tells all of it."""
    found = outcome(workspace, url)
    assert found.ledger == alone.ledger
    assert found.rows == alone.rows
    assert found.files == alone.files
    ran = leadscrub("log", "verify", "--workspace", workspace)
    assert ran.code == 0, ran.out + ran.err


def test_two_machines_come_to_what_one_comes_to(
    machines: list[Passes], tmp_path: Path, postgres_url: str, alone: Outcome
) -> None:
    """Each takes its share, each says what it did, and together they leave what one leaves."""
    workspace = world(tmp_path / "leads", postgres_url, lease=60)
    for each in machines:
        each.start(workspace, NIGHT)
    assert [each.wait() for each in machines] in ([4, 4], [4, 0], [0, 4]), "a machine reports what it put aside"
    took = [each.outcomes() for each in machines]
    assert Counter([*took[0], *took[1]]) == dict.fromkeys([f"{n}.csv" for n in (1, 2, 3, 4, 5, 7, 8)] + ["6.zip"], 1)
    assert all(took), "each has its share"
    assert [each.told()["elsewhere"] for each in machines] == [len(took[1]), len(took[0])]
    assert_as_alone(workspace, postgres_url, alone)
    assert len(list(workspace.glob("runs/*/summary-*.json"))) == 2
    assert not list((workspace / "runs" / ".partial").iterdir())


@pytest.fixture(scope="module")
def changes(machines: list[Passes], tmp_path_factory: pytest.TempPathFactory, postgres: int) -> int:
    """How often a night of one machine changes the disk."""
    folder = tmp_path_factory.mktemp("calm")
    calm = world(folder / "leads", database(postgres, "calm"))
    assert machines[0].run(calm, NIGHT, count=str(folder / "count")) == QUARANTINE
    return (folder / "count").stat().st_size


def moments(changes: int, few: list[float]) -> list[int]:
    """Changes of the disk of a night of one machine to stop it at: shares of all, or any."""
    if KILLS:
        return random.sample(range(1, changes), min(KILLS, changes - 1))
    return [max(1, round(share * changes)) for share in few]


def test_what_a_machine_leaves_that_is_killed_is_taken_over(
    machines: list[Passes], tmp_path: Path, postgres: int, alone: Outcome, changes: int
) -> None:
    """Whenever it is killed, the other one goes on when its lease has expired, and comes to the same."""
    killed = 0
    for moment in moments(changes, [0.25]):
        workspace = world(tmp_path / f"killed-{moment}", url := database(postgres, "killed"))
        machines[0].start(workspace, NIGHT, kill_at=moment)
        machines[1].start(workspace, NIGHT)
        codes = [each.wait() for each in machines]
        killed += codes[0] == -signal.SIGKILL
        assert codes[0] in (-signal.SIGKILL, 0, QUARANTINE), moment
        assert codes[1] in (0, QUARANTINE), moment
        if codes[0] == -signal.SIGKILL:
            with suppress(AssertionError):
                assert_as_alone(workspace, url, alone)
                continue
            # It may have died at the very end, and left files of its own to be cleared away.
            assert machines[1].run(workspace, NIGHT) in (0, QUARANTINE)
        assert_as_alone(workspace, url, alone)
    assert killed, "some moment was one of the machine that was to be killed"


def stopped(child: int) -> bool:
    """Whether a process stands still."""
    try:
        return Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
    except FileNotFoundError:
        return False


def ended(child: int, seconds: float) -> bool:
    """Whether a process ends within so many seconds."""
    handle = os.pidfd_open(child)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def test_a_machine_that_stood_still_changes_nothing_when_it_goes_on(
    machines: list[Passes], tmp_path: Path, postgres: int, alone: Outcome, changes: int
) -> None:
    """It has lost its lease: what another one did in its place stays as it is."""
    stood = blocked = 0
    for moment in moments(changes, [0.2]):
        workspace = world(tmp_path / f"stopped-{moment}", url := database(postgres, "stopped"))
        first = machines[0].start(workspace, NIGHT, stop_at=moment)
        second = machines[1].start(workspace, NIGHT)
        if ended(second, 20):
            before = outcome(workspace, url) if stopped(first) else None
        else:
            # It stands still in the milliseconds in which it holds a lock of the workspace: the other one waits.
            assert stopped(first)
            blocked, before = blocked + 1, None
        if stopped(first):
            stood += 1
            os.kill(first, signal.SIGCONT)
        assert [each.wait() for each in machines] in ([4, 4], [4, 0], [0, 4], [0, 0]), moment
        assert_as_alone(workspace, url, alone)
        assert before is None or before == alone, moment
    assert stood > blocked


def test_a_machine_that_is_ended_gives_its_drop_back_at_once(
    machines: list[Passes], tmp_path: Path, postgres_url: str, alone: Outcome
) -> None:
    """Nobody waits for a lease of a day, and the drop keeps its place."""
    workspace = world(tmp_path / "leads", postgres_url, lease=86_400)
    first = machines[0].start(workspace, NIGHT)
    while not stage(postgres_url):
        time.sleep(0.01)
    os.kill(first, signal.SIGTERM)
    machines[1].start(workspace, NIGHT)
    assert [each.wait() for each in machines] == [128 + signal.SIGTERM, QUARANTINE]
    assert machines[0].told()["troubles"][0]["why"].startswith("The pass was ended by SIGTERM")
    assert_as_alone(workspace, postgres_url, alone)


def stage(url: str) -> bool:
    """Whether some drop has its place in the order, and is still at work."""
    with psycopg.connect(url) as connection:
        try:
            found = connection.execute(
                "SELECT 1 FROM leases WHERE sequence IS NOT NULL AND ended_at IS NULL"
            ).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return found is not None


def test_a_workspace_that_is_not_shared_is_for_one_pass(tmp_path: Path, postgres_url: str) -> None:
    """Without ``share`` a second pass is refused; and a ledger in SQLite cannot be shared."""
    workspace = world(tmp_path / "leads", postgres_url)
    settings = (workspace / "leadscrub.toml").read_text(encoding="utf-8")
    with shared_pass(Folders(workspace)):
        (workspace / "leadscrub.toml").write_text(settings.replace("share = true", ""), encoding="utf-8")
        ran = leadscrub("nightly", "--workspace", workspace)
        assert (ran.code, "Another pass is running" in ran.err) == (7, True)
    (workspace / "leadscrub.toml").write_text("[nightly]\nshare = true\n[ledger]\n", encoding="utf-8")
    ran = leadscrub("nightly", "--workspace", workspace)
    assert (ran.code, "share needs a ledger that machines share: url in [ledger]" in ran.err) == (3, True)


def test_two_real_commands_share_a_night_and_one_is_killed(tmp_path: Path, postgres_url: str, alone: Outcome) -> None:
    """The command as it is installed, with the processes that scrub for it."""
    workspace = world(tmp_path / "leads", postgres_url, lease=2)
    words = ["nightly", "--json", "--workspace", str(workspace), "--as-of", NIGHT.date().isoformat()]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    running = [
        processes.Popen(
            [sys.executable, "-m", "leadscrub", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    while len(holders := holding(postgres_url)) < 2:
        time.sleep(0.02)
    (victim,) = (process for process in running if process.pid == holders[0])
    victim.kill()
    told = {}
    for process in running:
        out, err = process.communicate(timeout=120)
        if process is not victim:
            assert process.returncode in (0, QUARANTINE), err
            told[process.pid] = json.loads(out)
    if datetime.now(UTC).date() != NIGHT.date():
        pytest.skip("midnight came in between: drops of another day have another past")
    took = Counter(line["drop"] for summary in told.values() for line in summary["drops"])
    assert set(took.values()) == {1}
    assert told[holders[1]]["drops"], "whoever was at work beside it has its share"
    assert_as_alone(workspace, postgres_url, alone)


def holding(url: str) -> list[int]:
    """Processes that hold leases, by the order of their drops."""
    query = "SELECT holder FROM leases WHERE ended_at IS NULL ORDER BY arrived"
    with psycopg.connect(url) as connection, suppress(psycopg.errors.UndefinedTable):
        return [int(holder.rpartition(" ")[2]) for (holder,) in connection.execute(query)]
    return []
