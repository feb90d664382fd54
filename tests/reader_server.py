"""Processes that read one file, forked from one that has its imports done: each test that reads a workbook starts some.

They are processes of their own as the program starts them, under the same limits, and end in the same ways. What only
a new interpreter shows (``-I``, libraries that are loaded under the limits) is shown by tests with `real_readers`, and
by every command that a test starts as a process.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from schemas.files.apart import child
from tests.conftest import REPO

#: Forks for each connection one process that waits for the reader, and from that one the reader: so many read at once.
_SERVER = """\
import array, ctypes, importlib, json, os, signal, socket, sys, traceback
sys.path.append(sys.argv[1])
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # ends with the tests
from schemas.files.apart.process import main
imported = set()
def learn(program):
    # All that a program may load, so that no reader loads it.
    names = {"pipeline.reading.tables.process": (
        "deltalake", "pyiceberg.catalog", "pyiceberg.io.pyarrow", "duckdb", "psycopg", "polars",
        *("pipeline.reading.tables." + kind + "_rows" for kind in ("delta", "iceberg", "duckdb", "postgres")),
    )}
    for name in (program, *names.get(program, ())):
        if name not in imported:
            imported.add(name)
            try:
                importlib.import_module(name)
            except ImportError:
                pass
def read(asked, handles):
    source, sink, out, err = handles
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(handle, number)
    for handle in (nothing, out, err):
        os.close(handle)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    code = 1
    try:
        main(json.dumps(asked["task"] | {"source": source, "sink": sink}))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
server = socket.socket(fileno=int(sys.argv[2]))
while True:
    connection, _ = server.accept()
    message, ancillary, _, _ = connection.recvmsg(1 << 20, socket.CMSG_SPACE(4 * 4))
    handles = array.array("i")
    handles.frombytes(ancillary[0][2])
    while not message.endswith(b"\\n"):
        message += connection.recv(1 << 20)
    asked = json.loads(message)
    learn(asked["task"]["program"])
    if os.fork() == 0:
        server.close()
        reader = os.fork()
        if reader == 0:
            connection.close()
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            read(asked, handles)
        for handle in handles:
            os.close(handle)
        connection.sendall(b"%d\\n" % reader)
        connection.sendall(b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]))
        os._exit(0)
    for handle in handles:
        os.close(handle)
    connection.close()
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
"""
_NEW_READER = [sys.executable, "-I", "-c", child.START, str(REPO)]


class ReaderServer:
    """Starts readers. The process that forks them is started for the first."""

    def __init__(self, folder: Path) -> None:
        self._place = str(folder / "readers")
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    # The names of what it is in the place of.
    def Popen(self, words: list[str], *, env: dict[str, str], **more: Any) -> Reader | subprocess.Popen[bytes]:  # noqa: N802
        """Start a process as `subprocess.Popen` does; one that is another than a reader's really so."""
        if words[:-1] != _NEW_READER:
            return subprocess.Popen(words, env=env, **more)
        with self._starting:
            if self._process is None:
                self._start()
        return Reader(self._place, json.loads(words[-1]), env, more["stderr"])

    DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE

    def _start(self) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self._place)
            server.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _SERVER, str(REPO), str(server.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[server.fileno()],
                # Of a reader's own: no more threads than one, memory from the system.
                env={**os.environ, **child._SET},
            )

    def close(self) -> None:
        """End the process that forks."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Reader:
    """A reader, as far as the program knows it."""

    def __init__(self, place: str, task: dict[str, Any], environment: dict[str, str], errors: IO[bytes]) -> None:
        told, tell = os.pipe()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(place)
        message = {"task": task, "environment": environment, "folder": str(Path.cwd())}
        handles = array.array("i", [task["source"], task["sink"], tell, errors.fileno()])
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)]
        text = json.dumps(message).encode() + b"\n"
        sent = self._connection.sendmsg([text], rights)
        self._connection.sendall(text[sent:])
        os.close(tell)
        self.stdout = os.fdopen(told, "rb")
        self._answers = self._connection.makefile("rb")
        self._pid = int(self._answers.readline())
        self._code: int | None = None

    def kill(self) -> None:
        """End it at once."""
        if self._code is None:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        if self._code is None:
            self._code = int(self._answers.readline())
        return self._code

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.wait()
        self._answers.close()
        self._connection.close()
