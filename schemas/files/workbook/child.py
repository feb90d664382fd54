"""Starts the process that reads a workbook, and says why it gave no answer where it gave none."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from schemas.errors import FileError, LeadscrubError
from schemas.files.inputs import Input
from schemas.files.kinds import Kind
from schemas.files.spool import Spool
from schemas.files.workbook.process import MAX_MEMORY, MAX_SECONDS, MEMORY
from schemas.support.interrupts import children_without_interrupts

#: Isolated (``-I``), the process imports neither from the current folder nor from those of PYTHONPATH: a ``json.py``
#: beside a drop is never executed. Our own packages come last, behind the standard library and what is installed.
_START = (
    "import sys; sys.path.append(sys.argv[1]); from schemas.files.workbook.process import main; "
    "main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])"
)
_ROOT = Path(__file__).resolve().parents[3]
#: What native code writes before it ends its process for want of memory.
_NO_MEMORY = ("memory allocation of", "MemoryError", "bad_alloc", "Cannot allocate memory", "out of memory")
_SHOWN_BYTES = 64 << 10


def convert_workbook(given: Input, kind: Kind, wanted: list[str], spool: Spool) -> dict[str, Any]:
    """Turn the wanted sheets, or all visible ones, into parts at the end of the spool; returns the child's report.

    Raises `FileError` when the workbook is damaged, locked, or needs more memory or time than one may take;
    `LeadscrubError` when the process could not be started.
    """
    command = [sys.executable, "-I", "-c", _START, str(_ROOT), kind, str(spool.handle), str(spool.end), *wanted]
    with tempfile.TemporaryFile() as complaints, _started(command, spool, complaints) as process:
        assert process.stdin is not None  # noqa: S101  # both were asked for
        assert process.stdout is not None  # noqa: S101
        try:
            with suppress(BrokenPipeError), process.stdin as pipe, given.open("rb") as stream:
                shutil.copyfileobj(stream, pipe, 1 << 20)
            answer = process.stdout.read()
        except BaseException:
            process.kill()
            raise
        code = process.wait()
        complaints.seek(0)
        complaint = complaints.read(_SHOWN_BYTES).decode(errors="replace")
    if code != 0 or not answer:
        raise no_answer(given, code, complaint)
    report: dict[str, Any] = json.loads(answer)
    if "fault" in report:
        raise _fault(given, report["fault"])
    return report


def _started(command: list[str], spool: Spool, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    with children_without_interrupts():
        return subprocess.Popen(  # noqa: S603  # our own module; names of sheets are arguments, not a shell's
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, pass_fds=[spool.handle]
        )


def _fault(given: Input, fault: str) -> FileError:
    if fault == MEMORY:
        return _too_large(given)
    if "password" in fault.lower():
        return FileError(f"'{given}' is locked with a password.", "Save it without one.")
    return FileError(f"'{given}' is a damaged workbook: {fault}.", "Ask for it again.")


def _too_large(given: Input) -> FileError:
    return FileError(
        f"'{given}' needs more than {MAX_MEMORY >> 30} GB of memory to read: does it claim cells far from its data?",
        "Delete what is outside the table, or save the sheet as CSV.",
    )


def no_answer(given: Input, code: int, complaint: str) -> LeadscrubError:
    """Say what ended the process, as far as can be known. Its own words may hold cells, so they are not shown."""
    if any(word in complaint for word in _NO_MEMORY):
        return _too_large(given)
    if code == -signal.SIGXCPU:
        return FileError(
            f"'{given}' takes more than {MAX_SECONDS // 60} minutes of processor time to read.",
            "Save its sheet as CSV.",
        )
    if code == -signal.SIGKILL:
        return FileError(
            f"'{given}' was not read: the system ended the process that read it, most often for want of memory.",
            "Free some memory, or save the sheet as CSV.",
        )
    if code < 0 or "panicked" in complaint:
        how = signal.Signals(-code).name if code < 0 else "panic"
        return FileError(f"'{given}' is a damaged workbook: its reader crashed ({how}).", "Ask for it again.")
    error = complaint.strip().rpartition("\n")[2].partition(":")[0] or f"exit {code}"
    if error in ("ModuleNotFoundError", "ImportError"):
        return LeadscrubError(
            f"'{given}' was not read: the workbook reader could not be started ({error}).", "Install leadscrub again."
        )
    return FileError(f"'{given}' is a damaged workbook: its reader failed ({error}).", "Ask for it again.")
