"""Forks processes of Python that have their imports done, and what each would keep for itself.

Started by `tests.processes`, which says what for.

Whoever asks becomes the parent of what is forked, as of a process that it had started itself.
"""

from __future__ import annotations

import array
import gc
import importlib
import inspect
import json
import os
import pkgutil
import runpy
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from tests import processes

#: Each of our modules is imported but for those that load what few commands need.
_PACKAGES = ("leadscrub", "pipeline", "schemas", "suppression")
_LEFT_OUT = (
    "leadscrub.spark",
    "pipeline.commands.duties.",
    "pipeline.lineage.",
    "pipeline.reading.remote",
    "pipeline.reading.sftp",
    "pipeline.reading.tables.",
    "pipeline.spark",
)
#: What most commands import when they come to need it.
_LATER = (
    "dateutil.relativedelta",
    "disposable_email_domains",
    "email_validator",
    "numpy.ma",
    "phonenumbers.data.region_US",
    "rich.console",
    "rich.table",
    "typer._adapters",
)
#: Handles are put here while they are moved to where they are wanted.
_HIGH = 200


def serve(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for whoever is at the other end, until it is closed. Returns in what was forked: what it is to be."""
    while True:
        _, handles, _, _ = socket.recv_fds(connection, 1, 253)
        if not handles:
            os._exit(0)
        told, tell = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                connection.close()
                os.close(told)
                os.close(tell)
                with os.fdopen(handles[0], "rb") as asked:
                    return json.loads(asked.read()), handles[1:]
            os.write(tell, array.array("i", [child]).tobytes())
            os._exit(0)
        os.close(tell)
        for handle in handles:
            os.close(handle)
        # Whoever asked is its parent once the process between them has ended.
        os.waitpid(between, 0)
        with os.fdopen(told, "rb") as pid:
            connection.sendall(pid.read())


def place(handles: list[int], wanted: list[int]) -> None:
    """Put open files where they are wanted."""
    moved: list[int] = []
    for handle in handles:
        moved.append(os.dup2(handle, _HIGH + len(moved)))
        os.close(handle)
    for handle, number in zip(moved, wanted, strict=True):
        os.dup2(handle, number)
        os.close(handle)


def become(asked: dict[str, Any]) -> None:
    """Be as a new process is: environment, folder, session and streams."""
    if asked["session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    tempfile.tempdir = None
    if asked["folder"] is not None:
        os.chdir(asked["folder"])
    sys.stdin = open(0, closefd=False, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8", buffering=1 if os.isatty(1) else -1)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", buffering=1, errors="backslashreplace")  # noqa: SIM115


def run(words: list[str]) -> None:
    """Do what the interpreter does with these words."""
    how, what, *rest = words
    if how == "-m":
        sys.argv = [what, *rest]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *rest]
        main = ModuleType("__main__")
        sys.modules["__main__"] = main
        exec(compile(what, "<string>", "exec"), main.__dict__)  # noqa: S102


def import_all() -> None:
    """Import what commands import."""
    from pipeline.cli.left_out import leave_out

    leave_out()
    for package in _PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.startswith(_LEFT_OUT) and not found.name.endswith("__main__"):
                with suppress(ImportError):
                    importlib.import_module(found.name)
    for name in _LATER:
        importlib.import_module(name)


def prepare() -> None:
    """Do once what each process does for itself at first need: build models, and keep tables that are kept anyway."""
    for name, module in list(sys.modules.items()):
        for made in list(vars(module).values()) if name.startswith(_PACKAGES) else ():
            if getattr(made, "__module__", None) != name:
                continue
            if isinstance(made, type) and issubclass(made, BaseModel):
                made.model_rebuild()
            elif hasattr(made, "cache_info") and not inspect.signature(made).parameters:
                files = _open_files()
                made()
                # A file that is left open is not for processes to share.
                if _open_files() != files:
                    made.cache_clear()
    gc.collect()
    gc.freeze()


def _open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def begin(connection: socket.socket) -> list[str]:
    """Fork for whoever is at the other end. Returns in what was forked, which is as a new process is: its words."""
    asked, handles = serve(connection)
    place(handles, [0, 1, 2, *asked["passed"]])
    become(asked)
    words: list[str] = asked["words"]
    if "nightly" in words:
        # What scrubs for a pass is forked as well, of a process that is as clean as this one is now.
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            kept = os.dup2(theirs.detach(), _HIGH)
            for handle in (0, 1, 2):
                os.dup2(nothing, handle)
            os.closerange(3, kept)
            os.closerange(kept + 1, 4 * _HIGH)
            return begin(socket.socket(fileno=kept))
        theirs.close()
        from pipeline.nightly import worker

        processes.server.connect(ours)
        setattr(worker, "subprocess", processes)  # noqa: B010  # it has all that is needed of the other
    return words


if __name__ == "__main__":
    import_all()
    prepare()
    run(begin(socket.socket(fileno=int(sys.argv[1]))))
