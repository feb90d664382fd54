"""Folders for what is thrown away, as by a dry run: in the temporary folder (``TMPDIR``), for their owner only.

A process that is killed leaves its folder. It was locked while the process lived, so the next command that changes
something finds it and removes it: there may be leads in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from schemas.support.locks import lock, unlock
from schemas.support.places import is_own, open_folder

_PREFIX: Final = "leadscrub-scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a new, empty folder that is removed in the end, whatever happens."""
    path, handle = _made()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        unlock(handle)


def _made() -> tuple[Path, int]:
    """Make a folder and lock it; once more where another process took it for one that was left."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):
            handle = open_folder(path)
            lock(handle, path, wait=True)
            if path.is_dir():
                return path, handle
            unlock(handle)


def sweep_scratch() -> None:
    """Remove the folders of processes that were killed. What is a link, somebody else's or in use stays."""
    folder = Path(tempfile.gettempdir())
    with suppress(OSError), os.scandir(folder) as entries:
        left = [entry.name for entry in entries if entry.name.startswith(_PREFIX)]
        for name in left:
            _remove_left(folder / name)


def _remove_left(path: Path) -> None:
    with suppress(OSError):
        handle = open_folder(path)
        try:
            if is_own(handle):
                lock(handle, path)
                shutil.rmtree(path)
        finally:
            unlock(handle)
