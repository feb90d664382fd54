"""Commands as processes of their own that can be killed at any moment."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from tests import processes
from tests.conftest import REPO

#: The command; kill -9 loses nothing that was written, only a power cut does, so nothing waits for the disk.
_COMMAND = """\
import os
os.fsync = lambda _: None
from pipeline.cli.entry import main
main()
"""


def kill_9(child: int, after: float) -> None:
    """Kill a process, for which nobody has waited yet, after so many seconds; at once when it has ended."""
    ended = os.pidfd_open(child)
    try:
        select.select([ended], [], [], after)
        os.kill(child, signal.SIGKILL)
    finally:
        os.close(ended)


def begin(words: list[str]) -> processes.Popen:
    """Start a command whose words are these; nothing is heard of it."""
    silent: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), processes.DEVNULL)
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    return processes.Popen([sys.executable, "-c", _COMMAND, *words], env=environment, **silent)


def run(words: list[str], kill_after: float | None = None) -> int:
    """Exit code of a command; -9 when it was killed, after so many seconds, before it ended."""
    process = begin(words)
    if kill_after is not None:
        kill_9(process.pid, kill_after)
    return process.wait()


def run_until(words: list[str], reached: Callable[[], bool]) -> int:
    """Exit code of a command that is killed as soon as it has come so far; -9 when it was, before it ended."""
    process = begin(words)
    while process.poll() is None and not reached():
        time.sleep(0.001)
    process.kill()
    return process.wait()
