"""Marks of what is being changed and is not logged yet.

A process that dies between a change and its entry leaves its mark, a locked file ``WORKSPACE/log/unfinished-*``; the
next command that logs enters what is missing (`pipeline.ledger.log_mending`).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.proof.chain import make_log_folder, position, unwritable
from pipeline.proof.entries import Entry, canonical
from schemas.support.locks import lock, unlock
from schemas.support.places import open_to_lock

_UNFINISHED: Final = "unfinished-"


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
    folder = workspace / "log"
    try:
        make_log_folder(workspace)
        position(workspace)
        handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=folder)
        try:
            lock(handle, Path(name), wait=True)
            _write_all(handle, canonical(_marked(out, rewriting)).encode())
            os.fsync(handle)
        except OSError:
            unlock(handle)
            raise
    except OSError as error:
        raise unwritable(workspace, error) from error
    try:
        yield
        Path(name).unlink()
    finally:
        unlock(handle)


@dataclass
class Left:
    """What processes were about to do which have died since: results to publish, files to write again."""

    outs: list[Path] = field(default_factory=list)
    rewritings: list[Rewriting] = field(default_factory=list)


@contextmanager
def left_unfinished(workspace: Path) -> Iterator[Left | None]:
    """What processes were about to do which have died since; None when none has died.

    Their marks go when the block ends well.
    """
    marks: list[tuple[int, Path]] = []
    left = Left()
    try:
        for path in sorted((workspace / "log").glob(f"{_UNFINISHED}*")):
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
            try:
                _read_mark(json.loads(path.read_bytes()), left)
            except (ValueError, KeyError, TypeError):  # it died before it had said: before it changed anything
                continue
        yield left if marks else None
        for _, path in marks:
            path.unlink(missing_ok=True)
    finally:
        for handle, _ in marks:
            unlock(handle)


def is_unfinished(workspace: Path, out: Path) -> bool:
    """Whether a process is publishing a result here, or ended before it had logged that: the next command does."""
    for path in (workspace / "log").glob(f"{_UNFINISHED}*"):
        try:
            mark = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # it has just ended well, or was killed before it had begun
            continue
        if isinstance(mark, dict) and mark.get("out") in (None, str(out.absolute())):
            return True
    return False


def _marked(out: Path | None, rewriting: Rewriting | None) -> dict[str, Any]:
    mark: dict[str, Any] = {"out": None if out is None else str(out.absolute())}
    if rewriting is not None:
        entries = [asdict(entry) for entry in rewriting.entries]
        path = str(rewriting.path.absolute())
        mark["rewriting"] = {"path": path, "sha256": rewriting.sha256, "entries": entries}
    return mark


def _read_mark(mark: dict[str, Any], left: Left) -> None:
    if isinstance(mark["out"], str):
        left.outs.append(Path(mark["out"]))
    if (of := mark.get("rewriting")) is not None:
        logged = tuple(Entry(**entry) for entry in of["entries"])
        left.rewritings.append(Rewriting(Path(of["path"]), of["sha256"], logged))


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
