"""Who may be at work in a workspace: one pass alone, or, where machines share it, passes side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.nightly.folders import Folders
from schemas.errors import OutputError
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file

#: Seconds that a pass which was killed may take until the process that scrubbed for it has ended, too.
_PATIENCE = 2.0
_MOMENT = "moment"
#: Seconds that a pass waits while another one begins or notes something.
_A_MOMENT = 300.0


@contextmanager
def only_pass(folders: Folders) -> Iterator[int]:
    """Hold the workspace, and give the file that says so; the system lets go of it when the process ends, however, and
    those that it was passed on to.

    Raises `OutputError` when another pass holds it. One that was just killed may take a moment to let go.
    """
    with _held(folders, "lock", _PATIENCE, shared=False) as handle:
        yield handle


@contextmanager
def shared_pass(folders: Folders) -> Iterator[int]:
    """Hold the workspace together with other passes that share it. Raises `OutputError` when one holds it alone."""
    with _held(folders, "lock", _PATIENCE, shared=True) as handle:
        yield handle


@contextmanager
def alone_for_a_moment(folders: Folders) -> Iterator[None]:
    """Keep other passes from what passes keep together: notes that are read, changed and written again."""
    with _held(folders, _MOMENT, _A_MOMENT, shared=False):
        yield


@contextmanager
def _held(folders: Folders, name: str, patience: float, *, shared: bool) -> Iterator[int]:
    try:
        path = folders.made(folders.hidden) / name
        handle = lock_file(path)
    except OSError as error:
        raise OutputError(f"'{folders.hidden}' cannot be written: {error.strerror}.", "Fix its permissions.") from error
    try:
        _hold(handle, name, folders, patience, shared=shared)
        yield handle
    finally:
        unlock(handle)


def _hold(handle: int, name: str, folders: Folders, patience: float, *, shared: bool) -> None:
    path = folders.hidden / name
    given_up = time.monotonic() + patience
    while True:
        try:
            lock(handle, path, shared=shared)
        except BlockingIOError as error:
            if time.monotonic() > given_up:
                if name == _MOMENT:
                    raise OutputError(f"A process holds '{path}' and does not go on.", "End that process.") from error
                raise OutputError(
                    f"Another pass is running in '{folders.workspace}'; nothing was done.", "Wait for it."
                ) from error
            time.sleep(0.05)
        else:
            return
