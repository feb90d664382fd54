"""Time and memory of a command, with all the processes it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

POLL_SECONDS = 0.05
_TAIL = 4_000  # characters of the output to keep


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of a command."""

    wall_seconds: float
    cpu_seconds: float  # user and system time of the command and of the children it waited for
    peak_bytes: int  # resident memory of the whole tree at its highest
    exit_code: int
    stdout: str  # the end of it
    stderr: str


def _tree_bytes(root: psutil.Process) -> int:
    """Resident memory of a process and its descendants now; pages they share are counted in each."""
    total = 0
    try:
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in tree:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue  # ended between being listed and being asked
    return total


class _Watch(threading.Thread):
    """Polls the tree until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.done = threading.Event()
        self._pid = pid

    def run(self) -> None:
        try:
            root = psutil.Process(self._pid)
        except psutil.Error:
            return
        while not self.done.wait(POLL_SECONDS):
            self.peak = max(self.peak, _tree_bytes(root))


def _tail(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-_TAIL:]


def measure(command: Sequence[str | Path], cwd: Path) -> Measurement:
    """Run `command` in `cwd` to its end and measure it; a failing exit code is reported, not raised.

    The kernel's own figure for the main process (`ru_maxrss`) closes the gaps between two polls. It starts
    from the memory of the process that forked, so the caller should be small: it must not have loaded the
    data it measures. Python may keep what it compiled, as on a user's machine, whatever the environment says
    here. POSIX only.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "stdout"), Path(folder, "stderr")
        with out.open("wb") as out_file, err.open("wb") as err_file:
            started = time.perf_counter()
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
            )
            watch = _Watch(process.pid)
            watch.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            finally:
                watch.done.set()
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
        unit = 1 if sys.platform == "darwin" else 1024
        return Measurement(
            wall_seconds=wall,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_bytes=max(watch.peak, usage.ru_maxrss * unit),
            exit_code=process.returncode,
            stdout=_tail(out),
            stderr=_tail(err),
        )
