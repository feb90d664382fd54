"""A result is absent or complete, and an earlier one untouched until it is replaced, whenever a run is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import time
from pathlib import Path

import pytest

from tests import killing
from tests.conftest import DAY, Scrub, Written, leadscrub, start, write_campaign
from tests.pipeline.rough import registry, rough_drop

pytestmark = pytest.mark.slow

MOMENTS = 4


@pytest.fixture
def command(written: Written, tmp_path: Path) -> list[str | Path]:
    """A run of about a second that writes ``out``."""
    drop, dnc = written("drop.csv", rough_drop(120)), written("registry.txt", registry(100))
    campaign = write_campaign(tmp_path)
    options: list[str | Path] = ["--campaign", campaign, "--dnc", dnc, "--block-mb", "0.004", "--threads", "1"]
    return ["scrub", drop, "-o", tmp_path / "out", *options]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def day_of(out: Path) -> str:
    return str(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["as_of"])


def moments(ends: float) -> list[float]:
    """While it works and to a little after the end, the last stretch more closely."""
    return [*(ends * step / 3 for step in (1, 2)), *(ends - 0.03 * step for step in range(MOMENTS - 2))]


def timed(command: list[str]) -> float:
    """Seconds that a run takes."""
    began = time.perf_counter()
    assert killing.run(command) == 0
    return time.perf_counter() - began


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_killed_run_leaves_no_result_or_a_complete_one(command: list[str | Path], tmp_path: Path) -> None:
    """At any of several moments; what it leaves behind does not hinder the next run."""
    out, words = tmp_path / "out", [*map(str, command), "--as-of", DAY]
    ends = timed(words)
    whole = contents(out)
    before = visible(tmp_path) - {"out"}
    for moment in moments(ends):
        if out.exists():
            out.rename(tmp_path / f"complete-{moment}")
        assert killing.run(words, kill_after=moment) in (0, -9)
        if out.exists():
            assert leadscrub("verify", out).code == 0, moment
    if out.exists():
        out.rename(tmp_path / "complete")
    ran = leadscrub(*command, "--as-of", DAY)
    assert ran.code == 0, ran.err
    assert {name for name in visible(tmp_path) if not name.startswith("complete")} == {*before, "out"}
    assert {name: text for name, text in contents(out).items() if name != "manifest.json"} == {
        name: text for name, text in whole.items() if name != "manifest.json"
    }


def test_a_killed_run_leaves_the_earlier_result_or_a_complete_new_one(
    command: list[str | Path], tmp_path: Path
) -> None:
    """Each run is of another day, so that one result can be told from the next."""
    out, words = tmp_path / "out", [*map(str, command)]
    ends = timed([*words, "--as-of", "2026-10-01"])
    before = visible(tmp_path)
    earlier = contents(out)
    for number, moment in enumerate(moments(ends)):
        day = f"2026-10-{number + 2:02}"
        assert killing.run([*words, "--as-of", day, "--force"], kill_after=moment) in (0, -9)
        assert leadscrub("verify", out).code == 0, moment
        if day_of(out) != day:
            assert contents(out) == earlier, moment
        earlier = contents(out)
    ran = leadscrub(*command, "--as-of", DAY, "--force")
    assert ran.code == 0, ran.err
    assert day_of(out) == DAY
    assert visible(tmp_path) == before


def test_no_process_outlives_a_killed_run(written: Written, tmp_path: Path) -> None:
    """The processes that share out the library calls end with the run that started them."""
    drop = written(
        "drop.csv", "phone\n" + "".join(f"+44 20 7946 {n % 1000:04} ext {100_000 + n}\n" for n in range(60_000))
    )
    process = start(*("scrub", drop, "-o", tmp_path / "out", "--campaign", write_campaign(tmp_path), "--threads", "3"))
    deadline = time.monotonic() + 60
    while len(session_of(process.pid)) < 4 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, "the run ended before it was killed"
    time.sleep(0.5)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while session_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = session_of(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def session_of(leader: int) -> list[int]:
    """Processes in the session that ``leader`` began, but for those that have ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[3] == str(leader) and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def test_a_second_run_of_the_same_result_is_turned_away(command: list[str | Path], tmp_path: Path) -> None:
    """While a run works on OUT (it waits for a list that a pipe delivers) another ends with 7, and changes nothing."""
    slow = tmp_path / "slow.txt"
    os.mkfifo(slow)
    first = start(*command, "--as-of", DAY, "--internal", slow)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / ".out.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        for more in ([], ["--force"]):
            second = leadscrub(*command, "--as-of", DAY, *more)
            assert second.code == 7
            assert (
                second.err
                == f"leadscrub: Another run is writing '{tmp_path / 'out'}'. Wait for it, or choose another name.\n"
            )
        assert not (tmp_path / "out").exists()
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()
    assert leadscrub(*command, "--as-of", DAY).code == 0
    assert not (tmp_path / ".out.partial").exists()


ONE = "name,phone\nA,202-555-0100\n"


def test_an_earlier_result_is_replaced_only_with_force(scrub: Scrub) -> None:
    first = scrub(ONE)
    before = contents(first.folder)
    again = scrub(ONE, "--as-of", "2026-11-22")
    assert again.code == 7
    assert again.err == f"leadscrub: '{first.folder}' exists already. Choose another -o, or replace it with --force.\n"
    assert contents(first.folder) == before
    forced = scrub(ONE, "--as-of", "2026-11-22", "--force")
    assert forced.code == 0
    assert forced.manifest["as_of"] == "2026-11-22"


def test_a_run_that_fails_leaves_the_earlier_result_and_nothing_else(
    scrub: Scrub, written: Written, tmp_path: Path
) -> None:
    first = scrub(ONE)
    before, names = contents(first.folder), visible(tmp_path)
    broken = written("broken.txt", "no number\n")
    assert scrub(ONE, "--dnc", broken, "--force").code == 5
    assert contents(first.folder) == before
    assert visible(tmp_path) == names | {"broken.txt"}


def test_force_does_not_touch_a_folder_that_is_no_result(scrub: Scrub, written: Written) -> None:
    """A mistyped -o must not cost anybody a folder."""
    precious = written("out/precious.txt", "mine")
    ran = scrub(ONE, "--force")
    assert ran.code == 7
    assert ran.err == (
        f"leadscrub: '{precious.parent}' is not an earlier result: it has no manifest.json. Choose another -o.\n"
    )
    assert precious.read_text(encoding="utf-8") == "mine"


def test_an_empty_folder_may_become_the_result(scrub: Scrub, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert scrub(ONE).code == 0
    assert leadscrub("verify", tmp_path / "out").code == 0


def test_a_file_in_the_place_of_the_result_is_kept(scrub: Scrub, written: Written) -> None:
    path = written("out", "mine")
    ran = scrub(ONE, "--force")
    assert (ran.code, ran.err) == (7, f"leadscrub: '{path}' is a file. Name a folder with -o.\n")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("out", ["drop.csv/out", "/proc/out/out"])
def test_a_place_that_cannot_be_written_ends_with_7(written: Written, tmp_path: Path, out: str) -> None:
    """Below a file, and where the system makes no folders."""
    drop = written("drop.csv", ONE)
    ran = leadscrub("scrub", drop, "-o", tmp_path / out, "--channel", "call", "--region", "US", "--no-lists")
    assert ran.code == 7
    assert ran.err.startswith(f"leadscrub: '{tmp_path / out}' cannot be written: ")
    assert ran.err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_ends_with_7(written: Written, tmp_path: Path) -> None:
    drop, closed = written("drop.csv", ONE), tmp_path / "closed"
    closed.mkdir(mode=0o500)
    ran = leadscrub("scrub", drop, "-o", closed / "out", "--channel", "call", "--region", "US", "--no-lists")
    assert ran.code == 7
    assert ran.err.startswith(f"leadscrub: '{closed / 'out'}' cannot be written: Permission denied.")


def test_the_current_folder_can_be_the_result_or_is_refused(written: Written, in_folder: Path) -> None:
    """``-o .`` ends in a contract's exit code, never in an internal error."""
    drop = written("drops/drop.csv", ONE)
    empty = in_folder / "empty"
    empty.mkdir()
    with contextlib.chdir(empty):
        ran = leadscrub("scrub", drop, "-o", ".", "--channel", "call", "--region", "US", "--as-of", DAY, "--no-lists")
    assert ran.code in (0, 7), ran.err
    assert [path.name for path in in_folder.iterdir() if path.name.startswith(".")] == []


def test_outputs_are_for_their_owner_only(scrub: Scrub) -> None:
    """They hold personal data; folders likewise."""
    folder = scrub(ONE).folder
    modes = {str(path.relative_to(folder)): stat.filemode(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes == {
        ".": "drwx------",
        "clean.parquet": "-rw-------",
        "findings.parquet": "-rw-------",
        "manifest.json": "-rw-------",
        "rejected.parquet": "-rw-------",
        "report.html": "-rw-------",
        "report.json": "-rw-------",
        "returns": "drwx------",
        "returns/unnamed-vendor.csv": "-rw-------",
    }


def test_what_a_run_writes_meanwhile_is_for_its_owner_only_too(command: list[str | Path], tmp_path: Path) -> None:
    """Nobody else can look into the folder in which a run works."""
    slow = tmp_path / "slow.txt"
    os.mkfifo(slow)
    run = start(*command, "--as-of", DAY, "--internal", slow)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / ".out.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stat.filemode((tmp_path / ".out.partial").stat().st_mode) == "drwx------"
    finally:
        run.kill()
        run.wait()


@pytest.mark.parametrize("exists", [False, True])
def test_a_dry_run_writes_nothing(scrub: Scrub, tmp_path: Path, exists: bool) -> None:
    """Not even the folders above OUT, and an earlier result stays as it is."""
    if exists:
        scrub(ONE, out="deep/er/out")
    drop = tmp_path / "drop.csv"
    drop.write_text(ONE, encoding="utf-8")
    campaign = write_campaign(tmp_path)
    before = contents(tmp_path), sorted(map(str, tmp_path.rglob("*")))
    force = ["--force"] if exists else []
    out = tmp_path / "deep/er/out"
    ran = leadscrub("scrub", drop, "-o", out, "--campaign", campaign, "--dry-run", *force)
    assert ran.code == 0, ran.err
    assert "dry run, nothing written" in ran.out
    assert (contents(tmp_path), sorted(map(str, tmp_path.rglob("*")))) == before
