"""Starts the process that reads one file, and says why it gave no answer where it gave none."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from schemas.errors import FileError, LeadscrubError
from schemas.files.apart.process import MEMORY
from schemas.files.apart.task import Task
from schemas.files.inputs import Input
from schemas.files.limits import limits
from schemas.files.spool import Spool, Spooled, full
from schemas.support.interrupts import children_without_interrupts

#: Isolated (``-I``), the process imports neither from the current folder nor from those of PYTHONPATH: a ``json.py``
#: beside a drop is never executed. Our own packages come last, behind the standard library and what is installed.
START: Final = (
    "import sys; sys.path.append(sys.argv[1]); from schemas.files.apart.process import main; main(sys.argv[2])"
)
_ROOT: Final = Path(__file__).resolve().parents[3]
#: All of our environment that the process gets: keys and passwords are none of its business.
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TZDIR", "TMPDIR")
#: One thread each; memory from the system, since other allocators map much more than they use.
_SET: Final = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
#: What native code writes before it ends its process for want of memory.
_NO_MEMORY: Final = (
    "memory allocation of",
    "MemoryError",
    "bad_alloc",
    "Cannot allocate memory",
    "out of memory",
)
#: A table of a lake is many files, of which some are open at once.
_FILES_OF_TABLE: Final = 256
_SHOWN_BYTES: Final = 64 << 10
_MAX_REPORT: Final = 64 << 20


class Format(NamedTuple):
    """What messages call a format (``a damaged {noun}``), and what to do about a file that is too large for one."""

    noun: str
    instead: str
    claims: str = "does it claim more than it holds?"


def read_apart(
    given: Input,
    program: str,
    kind: str,
    form: Format,
    spool: Spool,
    *,
    wanted: tuple[str, ...] = (),
    memory: int | None = None,
) -> dict[str, Any]:
    """Let a process of its own read a file into parts at the end of the spool; returns its report.

    Raises `FileError` when the file is damaged, locked, or needs more memory or time than one may take; `ShortageError`
    when the temporary folder is full; `LeadscrubError` when the process could not be started.
    """
    with _opened(given) as (source, start, size):
        task = _task(program, kind, str(given), spool, memory, source=source, start=start, size=size, wanted=wanted)
        return _report(task, form)


def query_apart(
    shown: str, program: str, kind: str, form: Format, spool: Spool, *, wanted: tuple[str, ...], connected: bool
) -> dict[str, Any]:
    """Let a process of its own read what is no file, as `read_apart` does: ``wanted`` says what, and how to reach it.

    ``connected``: it is behind a network, and the process gets that and our environment. Raises what `read_apart` does.
    """
    with Path(os.devnull).open("rb") as nothing:
        source = nothing.fileno()
        task = _task(
            program, kind, shown, spool, None, source=source, wanted=wanted, connected=connected, files=_FILES_OF_TABLE
        )
        return _report(task, form)


def _task(
    program: str,
    kind: str,
    shown: str,
    spool: Spool,
    memory: int | None,
    *,
    source: int,
    start: int = 0,
    size: int = 0,
    wanted: tuple[str, ...] = (),
    connected: bool = False,
    files: int = Task.files,
) -> Task:
    most = limits()
    memory = most.memory_bytes if memory is None else memory
    seconds, sink, end = 60 * most.max_minutes, spool.handle, spool.end
    return Task(program, kind, shown, source, start, size, sink, end, memory, seconds, wanted, most, connected, files)


def _report(task: Task, form: Format) -> dict[str, Any]:
    with tempfile.TemporaryFile() as complaints:
        with _started(task, complaints) as process:
            assert process.stdout is not None  # noqa: S101  # it was asked for
            try:
                answer = process.stdout.read(_MAX_REPORT + 1)
            except BaseException:
                process.kill()
                raise
            if len(answer) > _MAX_REPORT:
                process.kill()
            code = process.wait()
        complaints.seek(0)
        complaint = complaints.read(_SHOWN_BYTES).decode(errors="replace")
    if code != 0 or not answer:
        raise no_answer(task.shown, form, code, complaint, task.memory)
    return _checked(task.shown, form, json.loads(answer), task.memory)


@contextmanager
def _opened(given: Input) -> Iterator[tuple[int, int, int]]:
    """Open a file for another process: its number, and where in it the bytes are."""
    if isinstance(given, Spooled):
        yield given.spool.handle, given.start, given.size
        return
    with given.open("rb") as stream:
        yield stream.fileno(), 0, os.fstat(stream.fileno()).st_size


def _started(task: Task, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    if os.name == "nt":
        raise LeadscrubError(
            f"'{task.shown}' was not read: Windows hands no open file to the process that would read it.",
            "Save it as CSV, or run leadscrub in the Windows Subsystem for Linux.",
        )
    kept = {name: os.environ[name] for name in os.environ if task.connected or name in _KEPT}
    with children_without_interrupts():
        return subprocess.Popen(  # noqa: S603  # our own module; a file's names are in an argument, not a shell's
            [sys.executable, "-I", "-c", START, str(_ROOT), task.as_argument()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            pass_fds=[task.source, task.sink],
            env={**kept, **_SET},
        )


def _checked(shown: str, form: Format, report: dict[str, Any], memory: int) -> dict[str, Any]:
    if "refused" in report:
        message, hint = report["refused"]
        raise FileError(message, hint)
    if report.get("shortage") in (errno.ENOSPC, errno.EDQUOT):
        raise full(shown)
    if "shortage" in report:
        raise OSError(report["shortage"], os.strerror(report["shortage"]))
    if report.get("fault") == MEMORY:
        raise _too_large(shown, form, memory)
    return report


def _too_large(shown: str, form: Format, memory: int) -> FileError:
    return FileError(
        f"'{shown}' needs more than {memory >> 30} GB of memory to read (max_memory_gb): {form.claims}", form.instead
    )


def no_answer(shown: str, form: Format, code: int, complaint: str, memory: int | None = None) -> LeadscrubError:
    """Say what ended the process, as far as can be known. Its own words may hold cells, so they are not shown."""
    if any(word in complaint for word in _NO_MEMORY):
        return _too_large(shown, form, memory or limits().memory_bytes)
    if code == -getattr(signal, "SIGXCPU", 0):
        return FileError(
            f"'{shown}' takes more than {limits().max_minutes} minutes of processor time to read (max_minutes).",
            form.instead,
        )
    if code == -getattr(signal, "SIGKILL", 0):
        return FileError(
            f"'{shown}' was not read: the system ended the process that read it, most often for want of memory.",
            f"Free some memory. {form.instead}",
        )
    if code < 0 or "panicked" in complaint:
        how = signal.Signals(-code).name if code < 0 else "panic"
        return FileError(f"'{shown}' is a damaged {form.noun}: its reader crashed ({how}).", "Ask for it again.")
    error = complaint.strip().rpartition("\n")[2].partition(":")[0] or f"exit {code}"
    if error in ("ModuleNotFoundError", "ImportError"):
        return LeadscrubError(
            f"'{shown}' was not read: the process that reads a {form.noun} could not be started ({error}).",
            "Install leadscrub again.",
        )
    return FileError(f"'{shown}' is a damaged {form.noun}: its reader failed ({error}).", "Ask for it again.")
