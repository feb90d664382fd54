"""Writing so that a crash at any instant leaves either the old file or the new one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from schemas.support.interrupts import submit
from schemas.support.places import new_file, open_plain, owner_only, refuse_link

#: Files that are forced to disk at the same time.
_SYNCS: Final = 8


def sync_path(path: Path) -> None:
    """Force a file's or a folder's content to disk; of a folder where the system opens folders, as Windows does not."""
    if not hasattr(os, "O_DIRECTORY") and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make what is in a folder its owner's only, and force it to disk with the folder.

    All at once: a disk takes hardly longer for them together than for one.
    """
    inside = list(folder.rglob("*"))
    for path in inside:
        path.chmod(0o700 if path.is_dir() else 0o600)
    with ThreadPoolExecutor(_SYNCS) as pool:
        for done in [submit(pool, sync_path, path) for path in (*inside, folder)]:
            done.result()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's text in one step, readable by its owner only. Raises `LinkError` as `new_file`."""
    write_content(path, text.encode())


def write_content(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file's content in one step, readable by its owner only, or by those whom ``mode`` allows it.

    Raises `LinkError` as `new_file`.
    """
    beside = path.with_name(f".{path.name}.new")
    with new_file(beside) as stream:
        stream.write(content)
        if mode != 0o600:
            beside.chmod(mode)
        stream.flush()
        os.fsync(stream.fileno())
    beside.rename(path)
    sync_path(path.parent)


def write_lines(path: Path, lines: Iterable[str], end: str = "\n") -> int:
    """Write lines to a new file, readable by its owner only, that appears when it is complete. Returns how many.

    Raises `LinkError` as `new_file`.
    """
    beside = path.with_name(f".{path.name}.new")
    count = 0
    with new_file(beside) as stream:
        for line in lines:
            stream.write((line + end).encode())
            count += 1
        stream.flush()
        os.fsync(stream.fileno())
    beside.rename(path)
    return count


def make_folder(path: Path) -> None:
    """Make a folder and those above it, for their owner only, so that what is put there later can be found there."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_path(path.parent)


def move_file(source: Path, target: Path) -> None:
    """Move a file, readable by its owner only; what lay there is replaced.

    To another file system it is copied, appears when it is complete, and only then goes from where it was. Raises
    `LinkError` when the source is a link.
    """
    refuse_link(source)
    make_folder(target.parent)
    try:
        source.rename(target)
        # Not before: it would change the file's times, by which one that is still there is known again after a crash.
        with suppress(PermissionError):  # where others own the file, what they allow is theirs to say
            owner_only(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.new")
        try:
            with open_plain(source) as stream, new_file(beside) as sink:
                shutil.copyfileobj(stream, sink, 1 << 20)
                sink.flush()
                os.fsync(sink.fileno())
            beside.rename(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        sync_path(target.parent)
        source.unlink()
    sync_path(target.parent)
    sync_path(source.parent)
