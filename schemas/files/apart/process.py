"""The process that reads one file or table: its parts go to the spool as Arrow, a report goes to stdout.

It is a process of its own because these formats tell their reader where to look: a file that lies would take all
memory, end the process that reads it, or be answered with what happens to be in that process's memory. This process
holds nothing but the file, may take no more than its limits, reaches no network where the system allows that to be
taken away, and what it sends back is text that is checked once more.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from schemas.errors import FileError
from schemas.files.apart.task import Task, task_of
from schemas.files.limits import limited_to, limits
from schemas.files.spool import open_stretch

try:
    import resource as _resource

    _limits: Any = _resource
except ImportError:  # Windows
    _limits = None

#: Said of a file that is read where the system limits no process.
UNLIMITED: Final = (
    None
    if _limits
    else "this system has no limits of memory and time for the process that reads such a file: read only files whose "
    "sender you know"
)
#: What a report says instead of a library's own words when memory did not suffice.
MEMORY: Final = "out of memory"
#: Of Linux's ``unshare``: a user's own name space, and a network of its own that leads nowhere.
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
#: Of Linux's ``prctl``.
_DIES_WITH_PARENT: Final = 1
#: Faults of the disk that parts are written to; none of them is the file's.
_SHORTAGES: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)


def main(argument: str) -> None:
    """Do a task, and print its report as JSON: what the program returns, ``refused``, ``fault`` or ``shortage``."""
    task = task_of(argument)
    # The report is alone on stdout: what a library prints there, as how far it has come, is nobody's.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as stdout, limited_to(task.limits):
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        confine(task)
        stdout.write(json.dumps(report_of(task)))
    # Threads of libraries that still wait would end an orderly exit with a crash.
    os._exit(0)


def confine(task: Task) -> None:
    """Take from this process what reading a file does not need."""
    if _limits is not None:
        _limit(_limits.RLIMIT_AS, task.memory)
        _limit(_limits.RLIMIT_CPU, task.seconds)
        _limit(_limits.RLIMIT_FSIZE, task.end + limits().unpacked_bytes)
        _limit(_limits.RLIMIT_NOFILE, task.files)
        _limit(_limits.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            system = ctypes.CDLL(None)
            # A server may keep this process waiting for ever: nobody waits for it once its parent is gone.
            system.prctl(_DIES_WITH_PARENT, signal.SIGKILL)
            if task.connected:
                return
            # Only root may take the network away alone; others may in a name space of users, if at all.
            if system.unshare(_NEW_NETWORK) != 0:
                system.unshare(_NEW_USER | _NEW_NETWORK)


def _limit(what: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, hard = _limits.getrlimit(what)
    most = most if hard == _limits.RLIM_INFINITY else min(most, hard)
    _limits.setrlimit(what, (most, most))


def report_of(task: Task) -> dict[str, Any]:
    """Do a task. Returns its report (see `main`); what no program foresaw goes on as it came."""
    try:
        # Libraries are loaded under the limits.
        program = importlib.import_module(task.program)
        with open_stretch(task.source, task.start, task.size) as source, os.fdopen(task.sink, "wb") as sink:
            sink.seek(task.end)
            report: dict[str, Any] = program.convert(task, source, sink)
    except FileError as error:
        return {"refused": [error.message, error.hint]}
    except MemoryError:
        return {"fault": MEMORY}
    except OSError as error:
        if error.errno not in _SHORTAGES:
            raise
        return {"shortage": error.errno}
    return report
