"""Commands as processes of their own that can be killed at any moment, without paying for imports each time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from tests.conftest import REPO

#: Runs commands in processes of their own, forked from one that has its imports done: only the command takes time.
FORKING = """\
import json, os, sys
import importlib, pipeline.cli, schemas.contact.regions
for name in sys.argv[1:]:
    importlib.import_module(name)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        silent = os.open(os.devnull, os.O_RDWR)
        for handle in (0, 1, 2):
            os.dup2(silent, handle)
        sys.argv = ["leadscrub", *json.loads(line)]
        try:
            pipeline.cli.main()
        except SystemExit as stop:
            os._exit(stop.code)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Forking:
    """Starts commands as real processes, one at a time. ``modules`` are imported before them all."""

    def __init__(self, *modules: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(REPO)}
        command = [sys.executable, "-c", FORKING, *modules]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True, bufsize=1
        )

    def run(self, words: list[str], kill_after: float | None = None) -> int:
        """Exit code of a command; -9 when it was killed before it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)  # nobody has waited for it yet, so its id is its own
        self.process.stdin.write("wait\n")
        return int(self.process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
