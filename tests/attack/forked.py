"""Runs real commands in watched processes, forked from one that has its imports done: only the command takes time.

``python -m tests.attack.forked`` answers a line of JSON with a line of JSON; `Forked` starts it and asks.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from pipeline.results.publish import WORK
from tests import processes
from tests.attack.syscalls import Call, Watch, watch_this_process
from tests.conftest import REPO

#: Seconds of processor time after which a command is taken to run without end.
_SECONDS: Final = 120
_PATIENCE: Final = 600
_LIMITS: Final = {
    "memory": resource.RLIMIT_AS,
    "file size": resource.RLIMIT_FSIZE,
    "open files": resource.RLIMIT_NOFILE,
}


@dataclass(frozen=True)
class Asked:
    """A command to run in a folder. Operations on files below ``within`` are counted.

    ``at`` and ``choice``, ``lasting``: see `Watch`; ``at`` 0 only counts. ``limit``: one of the system's, and how
    much more than at the beginning.
    ``spill``: only the first opening of a file that the run had put away is, and ``choice`` is a bit of it to change.
    ``apart``: drops of a night are scrubbed in a process of their own.
    """

    words: list[str]
    folder: str
    within: str
    at: int = 0
    choice: int | None = None
    lasting: bool = False
    limit: tuple[str, int] | None = None
    apart: bool = False
    spill: bool = False


@dataclass(frozen=True)
class Came:
    """What came of it: exit code (-9 when it was killed), how many operations there were, and which one was met."""

    code: int
    seen: int
    met: str
    out: str
    err: str


class Forked:
    """The process that forks."""

    def __init__(self, temporary: Path) -> None:
        self._process = processes.Popen(
            [sys.executable, "-m", "tests.attack.forked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPO), "TMPDIR": str(temporary)},
            text=True,
            bufsize=1,
        )

    def run(self, asked: Asked) -> Came:
        """Run a command to its end."""
        return self._ask(asked.__dict__, str(asked))

    def learn(self, words: list[str], folder: Path) -> None:
        """Import what a command imports; it is run once, in this folder."""
        self._ask(Asked(words, str(folder), str(folder)).__dict__ | {"learn": True}, "learn")

    def _ask(self, question: dict[str, Any], shown: str) -> Came:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        if not select.select([self._process.stdout], [], [], _PATIENCE)[0]:
            raise AssertionError(f"the command hangs: {shown}")
        return Came(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def forked(temporary: Path) -> Iterator[Forked]:
    """Give the process, and end it afterwards."""
    process = Forked(temporary)
    try:
        yield process
    finally:
        process.close()


def run(asked: Asked) -> Came:
    """Fork, watch, wait."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _command(asked, theirs, out.fileno(), err.fileno())
        theirs.close()
        within = asked.within

        opened: set[str] = set()

        def counts(call: Call) -> bool:
            if not call.path.startswith(within):
                return False
            if not asked.spill:
                return True
            if call.name != "open to read" or f"/{WORK}/" not in call.path or call.path in opened:
                return False
            if not Path(call.path).is_file() or not Path(call.path).stat().st_size:
                return False
            opened.add(call.path)
            return True

        watch = Watch(counts, asked.at, asked.choice, asked.lasting, flips=asked.spill)
        _, listeners, _, _ = socket.recv_fds(ours, 1, 1)
        ours.close()
        watch.serve(listeners[0], child)
        os.close(listeners[0])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode(errors="replace"))
    met = "" if watch.met is None else f"{watch.met.name} {watch.met.path}{_named(watch.error)}"
    return Came(code, watch.seen, met, *said)


def _named(error: int) -> str:
    return f": {os.strerror(error)}" if error else ""


def _command(asked: Asked, theirs: socket.socket, out: int, err: int) -> None:
    """Become the command."""
    code = 70
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for there, here in ((nothing, 0), (out, 1), (err, 2)):
            os.dup2(there, here)
        os.chdir(asked.folder)
        if not asked.apart:
            from pipeline.nightly import night

            night.NightRequest = partial(night.NightRequest, apart=False)  # type: ignore[assignment, misc]  # the same
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        if asked.limit is not None:
            name, more = asked.limit
            most = more + _taken(name)
            resource.setrlimit(_LIMITS[name], (most, most))
        from pipeline.cli.main import main

        sys.argv = ["leadscrub", *asked.words]
        # Only what the command does is counted.
        socket.send_fds(theirs, [b"."], [watch_this_process()])
        theirs.close()
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 71
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _taken(name: str) -> int:
    """What this process has already of what is limited."""
    if name == "memory":
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    return max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + 1 if name == "open files" else 0


def _learn(asked: Asked) -> None:
    """Import what a command imports."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            nothing = os.open(os.devnull, os.O_RDWR)
            for each in (0, 1, 2):
                os.dup2(nothing, each)
            os.chdir(asked.folder)
            from tests.conftest import leadscrub

            leadscrub(*asked.words)
        os.write(tell, " ".join(sys.modules).encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(told) as names:
        found = names.read().split()
    os.waitpid(child, 0)
    for name in found:
        if name != "__main__" and name not in sys.modules:
            with suppress(ImportError, OSError):
                importlib.import_module(name)


def main() -> None:
    """Answer until nobody asks any more. A question with the word ``learn`` only has its imports done."""
    for line in sys.stdin:
        document: dict[str, Any] = json.loads(line)
        learn = document.pop("learn", False)
        asked = Asked(**document)
        if learn:
            _learn(asked)
            answer = Came(0, 0, "", "", "")
        else:
            answer = run(asked)
        sys.stdout.write(json.dumps(answer.__dict__) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
