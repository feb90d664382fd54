"""Commands as processes of their own that can be killed at any moment, without paying for imports each time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys

from tests import processes
from tests.conftest import REPO

#: Runs commands in processes of their own, forked from one that has its imports done: only the command takes time.
FORKING = """\
import json, os, sys
import importlib, pipeline.cli.main, schemas.contact.regions
pipeline.cli.main.make_app()
def command(words, tell=None):
    silent = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(silent, handle)
    sys.argv = ["leadscrub", *words]
    try:
        pipeline.cli.main.main()
    except SystemExit as stop:
        if tell is not None:
            os.write(tell, " ".join(sys.modules).encode())
        os._exit(stop.code)
def learnt(words):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        command(words, tell)
    os.close(tell)
    with os.fdopen(told) as names:
        found = names.read().split()
    assert os.waitpid(child, 0)[1] == 0, "the command to learn from failed"
    return [name for name in found if name != "__main__"]
os.fsync = lambda _: None  # kill -9 loses nothing that was written: only a power cut does
modules = sys.argv[2:] + (learnt(json.loads(sys.argv[1])) if sys.argv[1] else [])
for name in modules:
    try:
        importlib.import_module(name)
    except ImportError:
        assert name not in sys.argv
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        command(json.loads(line))
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def kill_9(child: int, after: float) -> None:
    """Kill a process, for which nobody has waited yet, after so many seconds; at once when it has ended."""
    ended = os.pidfd_open(child)
    try:
        select.select([ended], [], [], after)
        os.kill(child, signal.SIGKILL)
    finally:
        os.close(ended)


class Forking:
    """Starts commands as real processes, one at a time.

    ``modules`` are imported before them all, and so is what the command ``like`` imports.
    """

    def __init__(self, *modules: str, like: list[str] | None = None) -> None:
        environment = {**os.environ, "PYTHONPATH": str(REPO)}
        command = [sys.executable, "-c", FORKING, json.dumps(like) if like else "", *modules]
        self.process: subprocess.Popen[str] = processes.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True, bufsize=1
        )

    def run(self, words: list[str], kill_after: float | None = None) -> int:
        """Exit code of a command; -9 when it was killed before it ended."""
        child = self.begin(words)
        if kill_after is not None:
            kill_9(child, kill_after)
        return self.end()

    def begin(self, words: list[str]) -> int:
        """Start a command; its process's id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        return self._told()

    def end(self) -> int:
        """Wait for the command; its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.write("wait\n")
        return self._told()

    def _told(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
