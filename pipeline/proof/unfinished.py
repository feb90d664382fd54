"""Marks of what is being changed and is not logged yet.

A process that dies between a change and its entry leaves its mark, a locked file ``WORKSPACE/log/unfinished-*``; the
next command that logs enters what is missing (`pipeline.ledger.log_mending`). A result that only its own scrub can
enter, since the ledger has to take it first, keeps its mark until then.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.proof.chain import entries, make_log_folder, position, unwritable
from pipeline.proof.entries import Entry, canonical
from pipeline.results.manifest_file import manifest_digest
from schemas.support.locks import lock, unlock
from schemas.support.places import open_to_lock

_UNFINISHED: Final = "unfinished-"
_UNENTERED: Final = "unentered"


class Rewriting(NamedTuple):
    """A file is about to get other content, of this hash, and what is to be logged of it then."""

    path: Path
    sha256: str
    entries: tuple[Entry, ...]

    @property
    def is_done(self) -> bool:
        """Whether the file has that content."""
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256
        except OSError:
            return False


@contextmanager
def unfinished(workspace: Path, out: Path | None = None, rewriting: Rewriting | None = None) -> Iterator[None]:
    """Mark that something is being changed which is to be logged; a block that fails, or is killed, leaves the mark.

    ``out``: the result that is being published. ``rewriting``: the file that is being written again. Raises
    `OutputError` when the mark cannot be written, `LedgerError` when nothing could be appended.
    """
    with _mark(workspace, _marked(out, rewriting)) as path:
        yield
        path.unlink()


@contextmanager
def unentered(workspace: Path, out: Path) -> Iterator[None]:
    """Mark that a result is being published which the ledger has to take before it is logged.

    The mark stays until that was done (`entered`), or the result is gone. Raises what `unfinished` raises.
    """
    with _mark(workspace, _marked(out) | {_UNENTERED: True}):
        yield


def entered(workspace: Path, out: Path) -> None:
    """Remove the marks of a result that is in the ledger and in the log, or was removed."""
    for path in _marks(workspace):
        mark = _read(path)
        if mark.get(_UNENTERED) and mark["out"] == str(out.absolute()):
            path.unlink(missing_ok=True)


@dataclass
class Left:
    """What processes were about to do which have died since: results to publish, files to write again."""

    outs: list[Path] = field(default_factory=list)
    rewritings: list[Rewriting] = field(default_factory=list)


@contextmanager
def left_unfinished(workspace: Path) -> Iterator[Left | None]:
    """What processes were about to do which have died since; None when none has died.

    Their marks go when the block ends well, but for those of results that are still to be entered.
    """
    marks: list[tuple[int, Path]] = []
    left = Left()
    try:
        for path in _marks(workspace):
            try:
                handle = open_to_lock(path)
            except FileNotFoundError:  # its process has just ended well
                continue
            marks.append((handle, path))
            try:
                lock(handle, path)
            except BlockingIOError:  # alive
                unlock(marks.pop()[0])
                continue
            with suppress(KeyError, TypeError):  # no mark of ours
                _take(_read(path), left)
        yield left if marks else None
        for _, path in marks:
            if not _is_unentered(workspace, _read(path)):
                path.unlink(missing_ok=True)
    finally:
        for handle, _ in marks:
            unlock(handle)


def is_unfinished(workspace: Path, out: Path) -> bool:
    """Whether a process is publishing a result here, or ended before it had logged that: the next command does."""
    return any(mark and mark["out"] in (None, str(out.absolute())) for mark in map(_read, _marks(workspace)))


@contextmanager
def _mark(workspace: Path, mark: dict[str, Any]) -> Iterator[Path]:
    """Write a mark, and keep it locked; whoever asked for it removes it."""
    try:
        make_log_folder(workspace)
        position(workspace)
        handle, name = _locked_mark(workspace / "log")
        try:
            _write_all(handle, canonical(mark).encode())
            os.fsync(handle)
        except OSError:
            unlock(handle)
            raise
    except OSError as error:
        raise unwritable(workspace, error) from error
    try:
        yield Path(name)
    finally:
        unlock(handle)


def _locked_mark(folder: Path) -> tuple[int, str]:
    """Make an empty mark and lock it. One that another process found before it was locked is gone: then a new one."""
    while True:
        handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=folder)
        try:
            lock(handle, Path(name), wait=True)
            if os.fstat(handle).st_nlink:
                return handle, name
        except OSError:
            unlock(handle)
            raise
        unlock(handle)


def _marked(out: Path | None, rewriting: Rewriting | None = None) -> dict[str, Any]:
    mark: dict[str, Any] = {"out": None if out is None else str(out.absolute())}
    if rewriting is not None:
        logged = [asdict(entry) for entry in rewriting.entries]
        path = str(rewriting.path.absolute())
        mark["rewriting"] = {"path": path, "sha256": rewriting.sha256, "entries": logged}
    return mark


def _marks(workspace: Path) -> list[Path]:
    return sorted((workspace / "log").glob(f"{_UNFINISHED}*"))


def _read(path: Path) -> dict[str, Any]:
    """A mark; nothing where its process has just ended well, or died before it had said: before it changed anything."""
    try:
        mark = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return mark if isinstance(mark, dict) and "out" in mark else {}


def _take(mark: dict[str, Any], left: Left) -> None:
    if mark.get("out") is not None and not mark.get(_UNENTERED):
        left.outs.append(Path(mark["out"]))
    if (of := mark.get("rewriting")) is not None:
        logged = tuple(Entry(**entry) for entry in of["entries"])
        left.rewritings.append(Rewriting(Path(of["path"]), of["sha256"], logged))


def _is_unentered(workspace: Path, mark: dict[str, Any]) -> bool:
    """Whether a mark is of a result that was published, and has not been entered since."""
    if not mark.get(_UNENTERED):
        return False
    try:
        digest = manifest_digest(Path(mark["out"]))
    except OSError:  # it was not published, or was removed
        return False
    return all(entry.mark != digest for entry in entries(workspace) if entry.kind == "run")


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
