"""Ctrl-C, as a terminal sends it: to the command and to every process that it has started."""

from __future__ import annotations

import importlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from pipeline.run.process_pool import process_pool
from schemas.support.interrupts import (
    children_without_interrupts,
    forget_changes,
    interrupts_are_heard,
    interrupts_wait,
    last_change,
    on_interrupt,
    submit,
)
from schemas.support.prefetch import read_ahead
from tests.conftest import DAY, REPO, leadscrub

pytestmark = pytest.mark.slow

#: How many moments are tried; LEADSCRUB_KILLS=100 for more.
MOMENTS = min(int(os.environ.get("LEADSCRUB_KILLS", "2")), 100)
NOTHING = "leadscrub: interrupted; nothing was changed.\n"


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drop that takes seconds, with values that only libraries decide, so that other processes help."""
    draw = random.Random(3)
    rows = (f"+49 {draw.randrange(10**10)},ä{n}@exämple{n}.de,{n}\n" for n in range(20_000))
    path = tmp_path_factory.mktemp("drop") / "drop.csv"
    path.write_text("phone,email,id\n" + "".join(rows), encoding="utf-8")
    return path


def interrupted(drop: Path, out: Path, ready: Callable[[], bool], *more: str) -> tuple[int | None, str]:
    """Start a scrub in a process group of its own, and send it Ctrl-C when it is ready. Exit code and stderr."""
    ours = drop.parent / "ours.txt"
    ours.write_text("+49 30 901820\n", encoding="utf-8")
    named = ("--channel", "call", "--channel", "email", "--region", "DE", "--internal", str(ours), "--as-of", DAY)
    with subprocess.Popen(
        [sys.executable, "-m", "leadscrub", "scrub", str(drop), "-o", str(out), *named, "--threads", "2", *more],
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while not ready() and process.poll() is None:
            time.sleep(0.005)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate()
        return process.returncode, err


def after(seconds: float, begun: Callable[[], bool]) -> Callable[[], bool]:
    """Whether so long has passed since something began."""
    since: list[float] = []

    def ready() -> bool:
        if not since and begun():
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= seconds

    return ready


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_an_interrupted_scrub_says_in_one_line_that_nothing_was_changed_or_is_complete(
    drop: Path, tmp_path: Path, moment: int
) -> None:
    out, partial = tmp_path / "out", tmp_path / ".out.partial"
    code, err = interrupted(drop, out, after(moment * 0.7, partial.exists))
    lines = [line for line in err.splitlines(keepends=True) if not line.startswith("note: ")]
    assert code == 130, err
    assert not partial.exists()
    if out.exists():
        assert lines == [f"leadscrub: interrupted; the results in '{out}' are complete.\n"]
        assert leadscrub("verify", out).code == 0
    else:
        assert lines == [NOTHING]
        assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_is_left_as_it_was(drop: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    small = tmp_path / "small.csv"
    small.write_text("phone\n+49 30 901821\n", encoding="utf-8")
    assert leadscrub("scrub", small, "-o", out, "--channel", "call", "--region", "DE", "--internal", small).code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    code, err = interrupted(drop, out, (tmp_path / ".out.partial").exists, "--force")
    assert (code, err) == (130, NOTHING)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_an_interrupt_before_a_command_begins_is_one_line_too(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED],
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, NOTHING)


#: The command, stopped while it imports what parses.
PAUSED = """\
import sys, time
class Waiting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            print("importing", flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Waiting())
sys.argv = ["leadscrub", "reasons"]
from pipeline.cli.entry import main
main()
"""


@pytest.mark.parametrize("block", [nullcontext, lambda: on_interrupt(lambda: None)])
def test_an_interrupt_inside_of_an_import_comes_a_moment_later(
    monkeypatch: pytest.MonkeyPatch, block: Callable[[], AbstractContextManager[None]]
) -> None:
    """Python's own code may lose it there, or keep the lock of all imports."""
    frames = []

    class Finder:
        @staticmethod
        def find_spec(*_: object) -> None:
            frames.append(sys._getframe(1))

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr("schemas.support.interrupts._MOMENT", 0.5)
    with pytest.raises(ImportError):
        importlib.import_module("no_such_module")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupts_are_heard()
    try:
        with block():
            heard = signal.getsignal(signal.SIGINT)
            assert callable(heard)
            came_later = False
            with pytest.raises(KeyboardInterrupt):
                heard(signal.SIGINT, frames[0])
                came_later = True
                time.sleep(60)
            assert came_later
    finally:
        signal.signal(signal.SIGINT, before)


#: Where Python prints what is raised, and goes on; each stops there until Ctrl-C comes.
NOT_RAISED = {
    "an object that is removed": "class Waiting:\n    def __del__(self): wait()\nWaiting()",
    "the end of a weak reference": "import weakref\nweakref.finalize(lock := threading.Event(), wait)\ndel lock",
    "what garbage collection calls": "import gc\ngc.callbacks.append(lambda *_: wait())\ngc.collect()",
}


@pytest.mark.parametrize("place", NOT_RAISED)
def test_an_interrupt_is_not_lost_where_python_raises_nothing(place: str) -> None:
    code = f"""\
import sys, threading, time
from schemas.support.interrupts import interrupts_are_heard
interrupts_are_heard()
waited = []
def wait():
    if not waited:
        waited.append(1)
        print("here", flush=True)
        time.sleep(60)
try:
{textwrap.indent(NOT_RAISED[place], "    ")}
    time.sleep(60)
except KeyboardInterrupt:
    print("heard")
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(REPO)}, stdout=-1, stderr=-1, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("heard\n", "")


def test_a_thread_that_an_interrupt_finds_being_started_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it goes on to write into a folder that is being removed."""
    start, done = threading.Thread.start, []

    def interrupted_start(thread: threading.Thread) -> None:
        start(thread)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

    def work() -> int:
        time.sleep(0.2)
        done.append(True)
        return len(done)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    try:
        with pytest.raises(KeyboardInterrupt), ThreadPoolExecutor(1) as pool:
            submit(pool, work)
        assert done == [True]
        with pytest.raises(KeyboardInterrupt):
            next(read_ahead(work() for _ in range(2)))
        assert len(done) > 1
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_while_something_is_changed() -> None:
    forget_changes()
    done = False
    with pytest.raises(KeyboardInterrupt), interrupts_wait("the list 'x' is loaded"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        done = True
    assert done
    assert last_change() == "the list 'x' is loaded"


def test_a_change_that_fails_is_none() -> None:
    forget_changes()
    with pytest.raises(OSError, match="full"), interrupts_wait("it is done"):
        raise OSError("full")
    assert last_change() is None
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)


def test_children_do_not_hear_it() -> None:
    with children_without_interrupts():
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(0.3)"], text=True
        )
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    assert child.wait() == 0


def test_workers_of_the_pool_do_not_hear_it() -> None:
    with process_pool(2) as apply:
        found = set(apply(_blocked, list(range(4_000))))
    assert found == {True}


def _blocked(items: object) -> list[bool]:
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    return [blocked for _ in items]  # type: ignore[attr-defined]  # a sequence
