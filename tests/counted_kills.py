"""Commands that are killed before their so-manieth change: of the file system, or commit of the ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests import processes
from tests.conftest import REPO

#: Runs commands in children of a process that has its imports done; each kills itself before the change that was
#: asked for. It answers with the exit code and the number of changes.
_KILLING = """\
import contextlib, importlib, io, json, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from pipeline.cli.main import main, make_app
make_app()
changes, writes, *modules = json.loads(sys.argv[1])
for module in modules:
    importlib.import_module(module)
os.fsync = lambda _: None  # kill -9 loses nothing that was written: only a power cut does
for line in sys.stdin:
    asked = json.loads(line)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0
        def change(*_):
            global seen
            seen += 1
            os.write(write, b".")
            if seen == asked["kill_at"]:
                os.kill(os.getpid(), signal.SIGKILL)
        def hook(name, arguments):
            opened = writes and name == "open" and isinstance(arguments[1], str)
            if name in changes or (opened and any(mark in arguments[1] for mark in "wxa+")):
                change()
        sys.addaudithook(hook)
        event.listen(Engine, "commit", change)
        os.chdir(asked["folder"])
        sys.argv = ["leadscrub", *asked["words"]]
        code = 1
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as err:
                main()
        except SystemExit as stop:
            code = stop.code
        finally:
            if code:
                sys.stderr.write(err.getvalue())
            os._exit(code or 0)
    os.close(write)
    with os.fdopen(read, "rb") as dots:
        changes_made = len(dots.read())
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), changes_made]), flush=True)
"""


class CountedKills:
    """A process that runs commands and kills them."""

    def __init__(self, asks: IO[str], answers: IO[str]) -> None:
        self._asks, self._answers = asks, answers

    def run(self, folder: Path, words: Sequence[str | Path], kill_at: int = 0) -> tuple[int, int]:
        """Run a command in a folder. Returns its exit code and how many changes it made; 0 kills nothing."""
        asked = {"folder": str(folder), "words": list(map(str, words)), "kill_at": kill_at}
        self._asks.write(json.dumps(asked) + "\n")
        code, changes = json.loads(self._answers.readline())
        return code, changes


@contextmanager
def counted_kills(changes: Sequence[str], modules: Sequence[str], *, writes: bool = False) -> Iterator[CountedKills]:
    """Kill before these audited events, and with ``writes`` before a file is opened to be written."""
    with processes.Popen(
        [sys.executable, "-c", _KILLING, json.dumps([list(changes), writes, *modules])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield CountedKills(process.stdin, process.stdout)
