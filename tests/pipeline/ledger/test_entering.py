"""Runs entered into the ledger: once, in any order, after a crash, and by two machines at the same moment."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pipeline.ledger.drops import receive
from pipeline.ledger.history_writing import write_run
from pipeline.ledger.runs import overtaken, record_run, recorded
from schemas.errors import PastChangedError, UsageError
from tests import processes
from tests.conftest import REPO, Scrubbed
from tests.killing import kill_9
from tests.pipeline.ledger.workspace import VENDORS, Workspace, lead, leads, noon

pytestmark = pytest.mark.slow

TABLES = ("drops", "runs", "run_drops", "run_reasons", "run_overlaps")


def standing(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger holds, but for the files of the history, and when something was entered."""
    with workspace.ledger() as ledger, ledger.reading() as connection:
        found = {}
        for table in TABLES:
            rows = connection.execute(text(f"SELECT * FROM {table}")).mappings().all()  # noqa: S608  # names from above
            found[table] = sorted(tuple(str(v) for k, v in row.items() if k != "recorded_at") for row in rows)
    return found


def history_of(workspace: Workspace) -> list[tuple[int, int, str]]:
    """Every point of the history that counts: key, rest and run, from all files."""
    from pipeline.ledger.history_file import PointsFile

    with workspace.ledger() as ledger, ledger.reading() as connection:
        rows = connection.execute(text("SELECT file, bytes FROM segments WHERE retired_at IS NULL")).all()
        counting = set(connection.execute(text("SELECT run_id FROM runs WHERE state = 'done'")).scalars())
        found = []
        for file, size in rows:
            opened = PointsFile(ledger.history, file, size)
            entries = opened.between(0, None)
            keys, rests = entries.points.keys.tolist(), entries.points.rests.tolist()
            found += [
                (key, rest, opened.owners[owner].run_id)
                for key, rest, owner in zip(keys, rests, entries.owners.tolist(), strict=True)
            ]
    return sorted(entry for entry in found if entry[2] in counting)


def files_of(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def outputs(done: Scrubbed) -> dict[str, str]:
    return {name: file["sha256"] for name, file in done.manifest["outputs"].items()}


def test_the_same_drop_again_changes_nothing(either: Workspace) -> None:
    either.scrub("a.csv", 1, "acme", leads(1))
    first = either.scrub("b.csv", 2, "bolt", leads(1, 2))
    # What is received later is not its past.
    either.scrub("c.csv", 3, "acme", leads(3))
    before, entered = files_of(first.folder), standing(either)
    again = either.scrub("b.csv", 2, "bolt", leads(1, 2))
    assert again.code == 0, again.err
    assert f"run {first.manifest['run_id']} was made before" in again.err
    assert files_of(first.folder) == before
    assert standing(either) == entered
    elsewhere = either.scrub("b.csv", 2, "bolt", leads(1, 2), out="elsewhere")
    assert (elsewhere.manifest["run_id"], outputs(elsewhere)) == (first.manifest["run_id"], outputs(first))
    forced = either.scrub("b.csv", 2, "bolt", leads(1, 2), "--force")
    assert (forced.manifest["run_id"], outputs(forced)) == (first.manifest["run_id"], outputs(first))
    assert history_of(either) == sorted({*history_of(either)})


def test_other_work_does_not_take_the_place_of_what_stands(workspace: Workspace) -> None:
    first = workspace.scrub("a.csv", 1, "acme", leads(1))
    other = workspace.scrub("a.csv", 1, "acme", leads(1, 2))
    assert (other.code, first.folder.exists()) == (7, True)
    assert "exists already" in other.err
    workspace.campaign("history_days = 3")
    assert workspace.scrub("a.csv", 1, "acme", leads(1)).code == 7


def test_a_result_that_was_not_entered_is_entered_by_the_same_command(either: Workspace) -> None:
    done = either.scrub("a.csv", 1, "acme", leads(1, 2))
    entered = standing(either)
    with either.ledger() as ledger, ledger.writing() as connection:
        for table in ("run_overlaps", "run_reasons", "run_drops", "segment_runs", "segments", "runs"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # names from above
        connection.execute(text("UPDATE drops SET state = 'taken', run_id = NULL"))
    before = files_of(done.folder)
    assert either.scrub("a.csv", 1, "acme", leads(1, 2)).code == 0
    assert files_of(done.folder) == before
    assert standing(either) == entered
    assert either.scrub("b.csv", 2, "acme", leads(1)).found() == [(0, "phone", "duplicate.history")]


def test_a_dry_run_asks_and_leaves_no_trace(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", leads(1))
    entered = standing(workspace)
    dry = workspace.scrub("b.csv", 2, "bolt", leads(1, 2), "--dry-run", "--json")
    assert json.loads(dry.out)["counts"]["by_reason"] == {"duplicate.cross_vendor": 1}
    assert standing(workspace) == entered


def test_without_a_ledger_the_result_is_the_same_to_the_byte(workspace: Workspace) -> None:
    config = workspace.folder / "leadscrub.toml"
    done = {}
    for name, facts, options in (
        ("none", "", []),
        ("said", "[ledger]\n", ["--ledger", "none"]),
        ("kept", "[ledger]\n", []),
    ):
        config.write_text(facts)
        done[name] = workspace.scrub("a.csv", 1, "acme", leads(1, 1, 2), *options, out=name)
        assert (workspace.folder / "ledger").exists() == (name == "kept")
    assert "history" not in done["none"].manifest
    assert done["none"].manifest["run_id"] == done["said"].manifest["run_id"] != done["kept"].manifest["run_id"]
    assert outputs(done["none"]) == outputs(done["said"])


def test_a_corrected_run_of_a_drop_takes_the_place_of_the_first(either: Workspace) -> None:
    internal = either.folder / "ours.txt"
    first = either.scrub("a.csv", 1, "acme", leads(1, 2)).manifest["run_id"]
    internal.write_text("+12025550101\n")
    second = either.scrub("a.csv", 1, "acme", leads(1, 2), "--internal", internal, "--force").manifest["run_id"]
    with either.ledger() as ledger:
        assert [recorded(ledger, run_id) for run_id in (first, second)] == [False, True]
    assert either.scrub("b.csv", 2, "bolt", leads(1, 2)).found() == [(1, "phone", "duplicate.cross_vendor")]
    # And back: the first one counts again.
    either.scrub("a.csv", 1, "acme", leads(1, 2), "--force")
    third = either.scrub("c.csv", 3, "crux", leads(1, 2, 3))
    assert third.found("row_id", "code") == [
        (0, "duplicate.cross_vendor"),
        (1, "duplicate.cross_vendor"),
    ]


def test_a_run_for_another_campaign_counts_beside_it_and_is_no_duplicate_of_itself(workspace: Workspace) -> None:
    workspace.campaign(name="other")
    workspace.scrub("a.csv", 1, "acme", leads(1))
    beside = workspace.scrub("a.csv", 1, "acme", leads(1), campaign="other", out="other")
    assert beside.clean_rows("phone") == [("+12025550101",)]
    with workspace.ledger() as ledger, ledger.reading() as connection:
        assert connection.execute(text("SELECT state FROM runs")).scalars().all() == ["done", "done"]


KILLS = int(os.environ.get("LEADSCRUB_KILLS", "6"))
DROPS = {"acme": leads(1, 2, 3), "bolt": leads(2, 3, 4), "crux": leads(1, 4, 5)}
FIRST_WINS = {"acme": [1, 2, 3], "bolt": [4], "crux": [5]}


#: The order of receipt, and two in which another vendor's run comes first; all of them where many kills are wanted.
ORDERS = list(permutations(VENDORS))[:: 1 if KILLS >= 100 else 2]


@pytest.mark.parametrize("order", ORDERS)
def test_the_first_seller_wins_whatever_the_order_of_runs(workspace: Workspace, order: tuple[str, ...]) -> None:
    for vendor in VENDORS:
        path = workspace.drop(f"{vendor}.csv", DROPS[vendor])
        data = path.read_bytes()
        with workspace.ledger() as ledger:
            receive(ledger, vendor, hashlib.sha256(data).hexdigest(), path.name, len(data), noon(1))
    for vendor in (*order, *VENDORS):
        done = workspace.scrub(f"{vendor}.csv", 2, vendor, DROPS[vendor])
        if done.code == 7:  # it was done with another past
            assert workspace.scrub(f"{vendor}.csv", 2, vendor, DROPS[vendor], "--force").code == 0
    for vendor in VENDORS:
        stands = Scrubbed(0, "", "", workspace.folder / f"runs/{vendor}.csv.2")
        assert stands.clean_rows("phone") == [(f"+120255501{number:02d}",) for number in FIRST_WINS[vendor]]


def test_runs_that_were_overtaken_are_known_until_they_are_made_again(workspace: Workspace) -> None:
    path = workspace.drop("a.csv", leads(1))
    data = path.read_bytes()
    with workspace.ledger() as ledger:
        receive(ledger, "acme", hashlib.sha256(data).hexdigest(), "a.csv", len(data), noon(1))
    second = workspace.scrub("b.csv", 2, "bolt", leads(1, 2))
    third = workspace.scrub("c.csv", 3, "crux", leads(3))
    late = workspace.scrub([path], 2, "acme")
    told = f"repeat them in this order: {second.manifest['run_id']}, {third.manifest['run_id']}\n"
    assert told in late.err
    with workspace.ledger() as ledger:
        assert overtaken(ledger) == [second.manifest["run_id"], third.manifest["run_id"]]
        assert overtaken(ledger, since=2) == [third.manifest["run_id"]]
    again = workspace.scrub("b.csv", 2, "bolt", leads(1, 2), "--force")
    assert f"in this order: {third.manifest['run_id']}\n" in again.err
    assert "repeat them" not in workspace.scrub("c.csv", 3, "crux", leads(3), "--force").err
    with workspace.ledger() as ledger:
        assert overtaken(ledger) == []


def test_what_changed_meanwhile_is_noticed_and_the_run_is_not_entered(either: Workspace) -> None:
    """Two machines: the later drop asked before the earlier one's run was entered."""
    earlier, later = either.drop("a.csv", leads(1)), "b.csv"
    with either.ledger() as ledger:
        data = earlier.read_bytes()
        receive(ledger, "acme", hashlib.sha256(data).hexdigest(), "a.csv", len(data), noon(1))
    stale = either.scrub(later, 2, "bolt", leads(1, 2))
    drops = either.received("bolt", stale)
    assert stale.clean_rows("phone") == [("+12025550101",), ("+12025550102",)]
    shutil.copytree(stale.folder, either.folder / "stale")
    with either.ledger() as ledger, ledger.writing() as connection:
        connection.execute(text("UPDATE runs SET state = 'replaced'"))
    either.scrub([earlier], 2, "acme")
    entered = standing(either)
    with either.ledger() as ledger, pytest.raises(PastChangedError, match="Run again"):
        record_run(ledger, either.folder / "stale", drops, noon(2))
    assert standing(either) == entered
    again = either.scrub(later, 2, "bolt", leads(1, 2), "--force")
    assert again.clean_rows("phone") == [("+12025550102",)]


#: For each line (the workspace's folder, the URL or null, pairs of output folder and vendor): enters runs in a process
#: of its own, forked from one that has its imports done.
ENTERING = """\
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.ledger.database import open_ledger
from pipeline.ledger.drops import place_of
from pipeline.ledger.history_writing import write_run
from pipeline.ledger.runs import record_run
from pipeline.results.manifest_file import read_manifest
from schemas.workspace import LedgerChoice

now = datetime(2026, 11, 3, 12, tzinfo=UTC)
for line in sys.stdin:
    folder, url, jobs = json.loads(line)
    child = os.fork()
    if child == 0:
        try:
            with open_ledger(LedgerChoice(url=url), Path(folder)) as ledger:
                for out, vendor in jobs:
                    with ledger.reading() as connection:
                        hashes = dict.fromkeys(file.sha256 for file in read_manifest(Path(out)).inputs)
                        drops = [place_of(connection, vendor, sha256, now) for sha256 in hashes]
                    record_run(ledger, Path(out), drops, now)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Machine:
    """Enters runs in processes of their own, one at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] = processes.Popen(
            [sys.executable, "-c", ENTERING],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(REPO)},
        )  # fmt: skip

    def begin(self, workspace: Workspace, jobs: list[tuple[Path, str]]) -> int:
        """Start, and give the process's id."""
        self._say(json.dumps([str(workspace.folder), workspace.url, [[str(out), vendor] for out, vendor in jobs]]))
        return int(self._heard())

    def end(self) -> int:
        """Wait for it, and give its exit code."""
        self._say("wait")
        return int(self._heard())

    def close(self) -> None:
        self._process.communicate()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture(scope="module")
def machines() -> Iterator[tuple[Machine, Machine]]:
    both = Machine(), Machine()
    yield both
    for machine in both:
        machine.close()


def unentered(workspace: Workspace, vendor: str, count: int) -> list[tuple[Path, str]]:
    """Finished runs that asked no ledger and were not entered; their drops have their places."""
    jobs = []
    for number in range(count):
        rows = leads(*range(number, number + 3))
        done = workspace.scrub(f"{vendor}{number}.csv", 2, vendor, rows, "--ledger", "none")
        data = (workspace.folder / "drops" / f"{vendor}{number}.csv").read_bytes()
        with workspace.ledger() as ledger:
            receive(ledger, vendor, hashlib.sha256(data).hexdigest(), done.folder.name, len(data), noon(2))
        jobs.append((done.folder, vendor))
    return jobs


def test_two_processes_enter_the_same_and_other_runs_at_once(
    either: Workspace, machines: tuple[Machine, Machine]
) -> None:
    acme, bolt = unentered(either, "acme", 3), unentered(either, "bolt", 3)
    for machine, jobs in zip(machines, ([*acme, *bolt], [*bolt, *acme]), strict=True):
        machine.begin(either, jobs)
    assert [machine.end() for machine in machines] == [0, 0]
    together, points = standing(either), history_of(either)
    assert len(together["runs"]) == 6
    assert len(points) == 6 * 3
    machines[0].begin(either, [*acme, *bolt])
    assert machines[0].end() == 0
    assert (standing(either), history_of(either)) == (together, points)


def test_killed_at_any_moment_entering_again_comes_to_the_same(
    either: Workspace, machines: tuple[Machine, Machine]
) -> None:
    jobs = unentered(either, "acme", 4)
    machine, moments = machines[0], random.Random(7)
    for _ in range(KILLS):
        process = machine.begin(either, jobs)
        kill_9(process, moments.uniform(0, 0.3))
        assert machine.end() in (0, -signal.SIGKILL)
    machine.begin(either, jobs)
    assert machine.end() == 0
    after, points = standing(either), history_of(either)
    assert len(after["runs"]) == 4
    assert len(points) == 4 * 3
    # What killed ones left is removed once nobody can be at work with it.
    with either.ledger() as ledger:
        from pipeline.ledger.history_merging import tidy_history

        tidy_history(ledger, noon(3) + timedelta(days=3650))
        with ledger.reading() as connection:
            files = connection.execute(text("SELECT file FROM segments")).scalars().all()
        expected = {f"{file}{end}" for file in files for end in (".points", ".points.sums")}
        assert {path.name for path in ledger.history.iterdir()} == expected
    assert (standing(either), history_of(either)) == (after, points)


def test_the_password_of_a_database_is_never_shown(workspace: Workspace) -> None:
    for url in ("postgresql://jo:opensesame@127.0.0.1:1/leads", "postgresql://jo:opensesame@[::1", "opensesame://x"):
        done = workspace.scrub("a.csv", 1, "acme", leads(1), "--ledger", url)
        assert done.code == 2
        assert "opensesame@" not in done.out + done.err
    assert (
        "Put it into ~/.pgpass"
        in workspace.scrub("a.csv", 1, "acme", leads(1), "--ledger", "postgresql://jo:opensesame@h/d").err
    )
    away = workspace.scrub("a.csv", 1, "acme", leads(1), "--ledger", "postgresql://jo@127.0.0.1:1/leads")
    assert away.code == 5
    assert "The ledger does not answer correctly (OperationalError)." in away.err


def test_a_ledger_needs_a_workspace(tmp_path: Path, in_folder: Path) -> None:
    from tests.conftest import leadscrub

    (tmp_path / "a.csv").write_text("phone\n2025550101\n")
    ran = leadscrub(
        "scrub", tmp_path / "a.csv", "-o", tmp_path / "out", "--channel", "call", "--ledger", "postgresql://h/d"
    )
    assert (ran.code, "there is no workspace" in ran.err) == (UsageError.exit_code, True)


def test_two_machines_make_the_ledger_at_once(either: Workspace, machines: tuple[Machine, Machine]) -> None:
    for machine in machines:
        machine.begin(either, [])
    assert [machine.end() for machine in machines] == [0, 0]
    assert standing(either) == {name: [] for name in TABLES}


def test_a_run_of_any_size_makes_the_same_file(workspace: Workspace, tmp_path: Path) -> None:
    done = workspace.scrub(
        "a.csv", 1, "acme", "".join(lead(number, number) for number in range(60)), "--ledger", "none"
    )
    drops = [done.manifest["inputs"][0]["sha256"]]
    made = {at_once: write_run(tmp_path, done.folder, "1" * 32, drops, at_once) for at_once in (7, 100, 1000)}
    assert len(set(made.values())) == 1
    assert made[7].points == 120
    assert len(list(tmp_path.glob("*.points"))) == 1
