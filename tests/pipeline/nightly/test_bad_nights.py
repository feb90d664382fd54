"""Nights in which a drop brings its process down, the machine is short of something, or somebody ends the pass."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.ledger.history_writing import write_run
from tests import processes
from tests.conftest import REPO, leadscrub
from tests.pipeline.nightly.test_fortnight import may_mount, small_disk
from tests.pipeline.nightly.workspaces import leads, make_workspace, put

pytestmark = pytest.mark.slow

DAY = "2026-11-21"
EARLIER = datetime.now(UTC) - timedelta(hours=1)
#: Leads that take a moment to scrub, which is long enough to find the process that does it.
MANY = "name,phone\n" + "".join(f"Ann {n},{201 + n % 700}-555-{n % 10000:04}\n" for n in range(60_000))
HOOK = """\
hook = ["{python}", "-c", "import sys; open('hooked.json', 'ab').write(sys.stdin.buffer.read() + b'\\\\n')"]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "leads", nightly=HOOK.format(python=sys.executable))


@contextmanager
def night(workspace: Path, *options: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A pass as a process of its own."""
    # One that begins with a shortage is a new interpreter, all of which has it.
    process = (subprocess if "preexec_fn" in more else processes).Popen(
        [sys.executable, "-m", "leadscrub", "nightly", "--workspace", workspace, "--as-of", DAY, "--json", *options],
        env={**os.environ, "PYTHONPATH": str(REPO)},
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def child_of(process: subprocess.Popen[str]) -> int:
    """The process that scrubs for a pass, once it is at work: one that dies before it got a drop is only replaced."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        with suppress(OSError):
            for each in map(int, children.read_text(encoding="ascii").split()):
                if any(".partial" in str(opened.readlink()) for opened in Path(f"/proc/{each}/fd").iterdir()):
                    return each
        time.sleep(0.03)
    raise AssertionError("the pass ended before it scrubbed anything")


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, _ = process.communicate(timeout=300)
    return process.returncode, json.loads(out)


def next_night(workspace: Path) -> tuple[int, dict[str, Any]]:
    """A pass in which nothing goes wrong, here: what it says and does is the same."""
    ran = leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, "--json")
    document: dict[str, Any] = json.loads(ran.out)
    return ran.code, document


def outcomes(document: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {line["drop"]: (line["outcome"], line["code"]) for line in document["drops"]}


def hooked(workspace: Path) -> list[dict[str, Any]]:
    """What the hook got, pass by pass."""
    return [json.loads(line) for line in (workspace / "hooked.json").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """A workspace in which a drop goes to quarantine the first time that it fails."""
    return make_workspace(tmp_path / "strict", nightly=HOOK.format(python=sys.executable) + "quarantine_after = 1\n")


def test_a_drop_that_brings_its_process_down_stops_no_other(workspace: Path) -> None:
    """Night after night the others are served; after the second time it goes to quarantine, with the reason."""
    bad = put(workspace / "inbox" / "acme", "bad.csv", MANY, EARLIER - timedelta(hours=1))
    for number, how in ((1, signal.SIGABRT), (2, signal.SIGSEGV), (3, None)):
        good = f"good-{number}.csv"
        put(workspace / "inbox" / "zen", good, leads(range(3 * number, 3 * number + 3)), EARLIER)
        if how is None:
            code, document = next_night(workspace)
        else:
            with night(workspace) as process:
                os.kill(child_of(process), how)
                code, document = ended(process)
        assert document == hooked(workspace)[-1]
        lines = outcomes(document)
        assert lines.pop(good) == ("scrubbed", 0)
        if number == 1:
            assert (lines, code) == ({"bad.csv": ("left", 1)}, 1)
            assert "was ended by SIGABRT" in document["drops"][0]["why"]
            assert bad.exists()
        elif number == 2:
            assert (lines, code) == ({"bad.csv": ("quarantined", 4)}, 4)
        else:
            assert (lines, code) == ({}, 4), "it waits for a person, so the night is not green"
            (item,) = document["unsettled"]
            assert (item["kind"], item["vendor"]) == ("quarantine", "acme")
            assert "could not be done in 2 passes" in item["why"]
    (kept,) = (workspace / "quarantine" / "acme").glob("*-bad.csv")
    why = kept.with_name(kept.name + ".why.txt").read_text(encoding="utf-8")
    assert "could not be done in 2 passes" in why
    assert "SIGSEGV" in why
    kept.unlink()
    assert next_night(workspace)[0] == 0, "settled"


def is_gone(process: int) -> bool:
    """Whether a process ends: it is told to when its parent ends, and the system takes a moment to see it out."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_pass_that_is_ended_says_so_everywhere_and_the_next_goes_on(
    workspace: Path, how: signal.Signals, code: int
) -> None:
    put(workspace / "inbox" / "acme", "first.csv", MANY, EARLIER - timedelta(hours=1))
    put(workspace / "inbox" / "zen", "second.csv", leads(range(3)), EARLIER)
    with night(workspace) as process:
        worker = child_of(process)
        process.send_signal(how)
        got, document = ended(process)
    assert got == code == document["exit_code"]
    assert document == hooked(workspace)[-1]
    assert json.loads(next((workspace / "runs" / DAY).glob("summary-*")).read_text(encoding="utf-8")) == document
    assert document["troubles"][0]["why"].startswith(f"The pass was ended by {how.name}")
    assert outcomes(document) == {"first.csv": ("left", 0), "second.csv": ("left", 0)}
    assert is_gone(worker), "the process that scrubbed has ended with it"
    got, document = next_night(workspace)
    assert (got, outcomes(document)) == (0, {"first.csv": ("scrubbed", 0), "second.csv": ("scrubbed", 0)})


def test_a_pass_that_is_killed_takes_its_worker_with_it_and_counts_for_no_drop(strict: Path) -> None:
    put(strict / "inbox" / "acme", "a.csv", MANY, EARLIER)
    with night(strict) as process:
        worker = child_of(process)
        process.kill()
        process.wait()
    assert is_gone(worker)
    code, document = next_night(strict)
    assert (code, outcomes(document)) == (0, {"a.csv": ("scrubbed", 0)})


@pytest.mark.parametrize("where", ["full", "closed", "ascii"])
def test_a_summary_that_cannot_be_printed_is_in_the_hook_and_the_file(workspace: Path, where: str) -> None:
    """One drop is scrubbed; where another pass has shown that, it still waits: its upload is a moment old."""
    when = EARLIER if where == "full" else datetime.now(UTC)
    put(workspace / "inbox" / "acme", "naïve-😀.csv", leads(range(3)), when)
    command = [sys.executable, "-m", "leadscrub", "nightly", "--workspace", str(workspace), "--as-of", DAY]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    if where == "ascii":
        environment |= {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    if where == "closed":
        read, write = os.pipe()
        os.close(read)
        ran = processes.run(command, env=environment, stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
    else:
        with Path("/dev/full" if where == "full" else "/dev/null").open("wb") as out:
            run = subprocess.run if where == "ascii" else processes.run
            ran = run(command, env=environment, stdout=out, stderr=subprocess.PIPE, check=False)
    (document,) = hooked(workspace)
    assert outcomes(document) == {"naïve-😀.csv": ("scrubbed" if where == "full" else "waiting", 0)}
    assert json.loads(next((workspace / "runs" / DAY).glob("summary-*")).read_text(encoding="utf-8")) == document
    assert b"Traceback" not in ran.stderr
    assert ran.returncode in ((0,) if where == "ascii" else (0, 1))


def test_a_full_disk_ends_the_pass_with_8_and_leaves_the_drops(workspace: Path, tmp_path: Path) -> None:
    if not may_mount(tmp_path / "mount"):
        pytest.skip("only root mounts a small disk")
    for name in ("a.csv", "b.csv"):
        put(workspace / "inbox" / "acme", name, leads(range(3), prefix=name), EARLIER)
    (workspace / "runs").mkdir()
    with small_disk(workspace / "runs"), night(workspace) as process:
        code, document = ended(process)
    assert code == 8
    assert outcomes(document) == {"a.csv": ("left", 8), "b.csv": ("left", 8)}
    assert "The disk" in document["drops"][0]["why"]
    assert "internal error" not in json.dumps(document)
    code, document = next_night(workspace)
    assert (code, outcomes(document)) == (0, {"a.csv": ("scrubbed", 0), "b.csv": ("scrubbed", 0)})


@pytest.mark.parametrize(("limit", "most"), [(resource.RLIMIT_NOFILE, 16), (resource.RLIMIT_FSIZE, 9_000)])
def test_a_shortage_of_the_machine_is_no_fault_of_a_drop(strict: Path, limit: int, most: int) -> None:
    assert next_night(strict)[0] == 0, "the ledger is made in good times"
    for name in ("c.csv", "d.csv"):
        put(strict / "inbox" / "acme", name, leads(range(300), prefix=name), EARLIER)
    with night(strict, preexec_fn=lambda: resource.setrlimit(limit, (most, most))) as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode in (5, 7, 8), err
    assert "internal error" not in out + err
    assert sorted(path.name for path in (strict / "inbox" / "acme").iterdir()) == ["c.csv", "d.csv"]
    code, document = next_night(strict)
    assert (code, outcomes(document)) == (0, {"c.csv": ("scrubbed", 0), "d.csv": ("scrubbed", 0)})


def test_a_result_that_was_not_entered_is_no_forgery_until_the_next_pass(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for vendor, numbers in (("acme", range(5)), ("zen", range(10, 15))):
        put(workspace / "inbox" / vendor, "drop.csv", leads(numbers), EARLIER)
    failed: list[Path] = []

    def once_read_only(history: Path, out: Path, *more: Any, **named: Any) -> Any:
        if not failed:
            failed.append(out)
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(history))
        return write_run(history, out, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.runs.write_run", once_read_only)
        code, document = next_night(workspace)
    assert (code, [drop["vendor"] for drop in document["drops"] if drop["outcome"] == "scrubbed"]) == (8, ["zen"])

    def verified(out: Path) -> tuple[int, list[str]]:
        ran = leadscrub("verify", out, "--json")
        return ran.code, json.loads(ran.out)["compared_with"]

    # The other drop was entered after it.
    assert verified(failed[0]) == (0, [])
    # The pass scrubs it again, since a later drop has its place now.
    code, document = next_night(workspace)
    (out,) = (workspace / "runs").glob("*/acme/*")
    assert (code, verified(out)) == (0, (0, ["log", "ledger"]))
    assert leadscrub("log", "verify", "--workspace", workspace).code == 0
    assert not list((workspace / "log").glob("unfinished-*"))
