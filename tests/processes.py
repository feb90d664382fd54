"""Processes of Python, as `subprocess` starts them, but for their imports, which another process has done for them.

A command that a test starts takes a second to import what it needs, and often less to do its work. So what is started
here is forked: a process of its own with its own environment, folder, streams, signals and exit code, and a child of
whoever starts it. What only a new interpreter shows (that it starts at all, ``-I``, encodings of its streams, limits
under which libraries are loaded) is for tests that start one with `subprocess`.
"""

from __future__ import annotations

import ctypes
import inspect
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL
_REPO = Path(__file__).resolve().parent.parent
#: Of Linux's ``prctl``: orphans among the descendants become children of this process.
_SUBREAPER = 36


class _Server:
    """The process that forks. It is started at first need."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def connect(self, connection: socket.socket) -> None:
        """Ask this one, which forks already."""
        self._connection = connection

    def fork(self, asked: dict[str, Any], handles: list[int]) -> int:
        """Fork a child of this process; its id."""
        question = os.memfd_create("asked")
        try:
            os.write(question, json.dumps(asked).encode())
            os.lseek(question, 0, os.SEEK_SET)
            with self._asking, _orphans_are_ours():
                connection = self._started()
                socket.send_fds(connection, [b"."], [question, *handles])
                (child,) = struct.unpack("i", connection.recv(4))
        finally:
            os.close(question)
        return int(child)

    def _started(self) -> socket.socket:
        if self._connection is None:
            self._connection, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.process_server", str(theirs.fileno())],
                    cwd=_REPO,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    # A Ctrl-C is for the tests, and this ends with them.
                    start_new_session=True,
                )
        return self._connection

    def close(self) -> None:
        """Let it end."""
        if self._connection is not None and self._process is not None:
            self._connection.close()
            self._process.wait()
            self._connection = self._process = None


server = _Server()


@contextmanager
def _orphans_are_ours() -> Iterator[None]:
    system = ctypes.CDLL(None)
    system.prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        system.prctl(_SUBREAPER, 0, 0, 0, 0)


class Popen(subprocess.Popen[Any]):
    """What `subprocess.Popen` is: ``python -m MODULE`` and ``python -c CODE`` are forked, and nothing else is done."""

    def _execute_child(self, *given: Any) -> None:
        """Start it, in the place of what `subprocess` does for that."""
        how = inspect.signature(subprocess.Popen._execute_child).bind(self, *given).arguments  # type: ignore[attr-defined]
        program, *words = map(os.fsdecode, how["args"])
        assert program == sys.executable, program
        words = words[words[0] == "-I" :]
        assert words[0] in ("-m", "-c"), words
        assert how["preexec_fn"] is None
        environment = dict(os.environ if how["env"] is None else how["env"])
        assert "PYTHONIOENCODING" not in environment, "this is for a new interpreter"
        passed = sorted(how["pass_fds"])
        asked = {
            "words": words,
            "environment": environment,
            "folder": str(Path.cwd() if how["cwd"] is None else how["cwd"]),
            "session": bool(how["start_new_session"]),
            "passed": passed,
        }
        streams = [how["p2cread"], how["c2pwrite"], how["errwrite"]]
        handles = [number if handle == -1 else handle for number, handle in enumerate(streams)]
        try:
            self.pid = server.fork(asked, [*handles, *passed])
            self._child_created = True
        finally:
            names = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
            self._close_pipe_fds(*(how[name] for name in names))  # type: ignore[attr-defined]


def run(
    words: Sequence[str | Path],
    *,
    input: str | bytes | None = None,  # noqa: A002  # as `subprocess.run` calls it
    capture_output: bool = False,
    check: bool = False,
    timeout: float | None = None,
    **how: Any,
) -> subprocess.CompletedProcess[Any]:
    """Start a process and wait for it, as `subprocess.run` does."""
    if input is not None:
        how["stdin"] = PIPE
    if capture_output:
        how |= {"stdout": PIPE, "stderr": PIPE}
    with Popen(words, **how) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    ran = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        ran.check_returncode()
    return ran
