"""All or nothing on disk: outputs are made in a hidden folder beside the final one and moved there when complete."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pipeline.results.folder import PARQUETS
from pipeline.results.manifest_file import MANIFEST
from schemas.errors import OutputError, ShortageError
from schemas.support.durable import make_folder, sync_folder, sync_path
from schemas.support.interrupts import interrupts_wait
from schemas.support.locks import lock, unlock
from schemas.support.places import is_own, open_folder, refuse_link, refuse_odd_name
from schemas.support.scratch import scratch_folder
from schemas.support.shortage import shortage_in

#: Behind the name of a result while it is made; and the folder in it for what is not part of the result.
_PARTIAL = ".partial"
WORK = "leadscrub-work"
_RESULT = frozenset(f"{name}.parquet" for name in PARQUETS)
_RESULT_OF_CLUSTER = frozenset({*PARQUETS, MANIFEST})
#: Whether an open folder can be worked in, whatever is put at its path meanwhile; else (Windows) its path has to do.
_BY_HANDLE = os.listdir in os.supports_fd and {os.mkdir, os.unlink, os.rmdir} <= os.supports_dir_fd
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def staged_output(out: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder to write into; ``publish`` moves it to ``out``, which is left alone until then.

    The folder is locked while the run lasts. What a killed run left behind is removed by the next one. Raises
    `OutputError` when ``out`` exists, cannot be written or is being written by another run, `ShortageError` when
    the disk is full.
    """
    _check_target(out, force=force)
    # An absolute path has a name and a parent even where it was given as "." or "..".
    with _staging(out.absolute()) as staging:
        yield staging


@contextmanager
def staged_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Give a folder to write a file of this name into; ``publish_file`` moves it to ``path``.

    Raises `OutputError` when ``path`` exists or cannot be written, and what `staged_output` raises.
    """
    refuse_odd_name(path)
    refuse_link(path)
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder.", "Name a file.")
    if path.exists() and not force:
        raise OutputError(f"'{path}' exists already.", "Name another file, or replace it with --force.")
    with _staging(path.absolute()) as staging:
        # By this folder the next run knows what a killed one left.
        work = staging / WORK
        work.mkdir(mode=0o700)
        yield work


def publish_file(staging: Path, path: Path) -> None:
    """Move the complete file to its final name, readable by its owner only."""
    made = staging / path.name
    made.chmod(0o600)
    sync_path(made)
    made.replace(path)
    sync_path(path.absolute().parent)


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    with ExitStack() as undo:
        with interrupts_wait():
            staging, handle = _claim(out, undo)
        try:
            _empty(staging, handle)
            yield staging
        except OSError as error:
            if error.errno == errno.ENOSPC:
                free = shutil.disk_usage(staging).free >> 20
                raise ShortageError(
                    f"The disk of '{out}' is full ({free} MB free); nothing was changed.", "Free some space."
                ) from error
            if shortage_in(error) is not None:
                raise
            if error.filename and str(error.filename).startswith(str(staging)):
                raise _unwritable(out, error) from error
            raise


def _claim(out: Path, undo: ExitStack) -> tuple[Path, int]:
    """Make the folder to write into and lock it: returns both. ``undo`` is told what to do when the run is over."""
    staging = out.parent / f".{out.name}{_PARTIAL}"
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        refuse_link(staging)
        staging.mkdir(mode=0o700, exist_ok=True)
        handle = open_folder(staging)
    except OSError as error:
        raise _unwritable(out, error) from error
    undo.callback(unlock, handle)
    try:
        lock(handle, staging)
    except BlockingIOError as error:
        raise OutputError(f"Another run is writing '{out}'.", "Wait for it, or choose another name.") from error
    if not _is_still(staging, handle):
        raise OutputError(f"Another run has just written '{out}'.", "Run again with --force to replace it.")
    _refuse_foreign(staging, handle)
    undo.callback(_remove, staging, made)
    _sweep_beside(staging)
    return staging, handle


def _is_still(folder: Path, handle: int) -> bool:
    """Whether the opened folder is the one at the path."""
    try:
        return not _BY_HANDLE or os.path.samestat(folder.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _refuse_foreign(staging: Path, handle: int) -> None:
    """Raise `OutputError` when no run of ours has made what is in the folder: it would be emptied."""
    if _names(staging, handle) and not _is_ours(staging, handle):  # what was opened, not what is at its path now
        raise OutputError(
            f"'{staging}', where the results would be made, holds other files.", "Move them away, or choose another -o."
        )


def _names(folder: Path, handle: int) -> list[str]:
    """What is in the opened folder."""
    return os.listdir(handle) if _BY_HANDLE else [path.name for path in folder.iterdir()]


def _is_ours(folder: Path, handle: int) -> bool:
    """Whether a folder is our user's and holds a result, or what a run makes while it is at work."""
    inside = set(_names(folder, handle))
    return is_own(handle) and (WORK in inside or inside >= _RESULT or inside >= _RESULT_OF_CLUSTER)


def _sweep_beside(staging: Path) -> None:
    """Remove what runs that were killed had begun for other results beside this one."""
    with os.scandir(staging.parent) as entries:
        begun = [entry.name for entry in entries if entry.name.startswith(".") and entry.name.endswith(_PARTIAL)]
    for name in begun:
        path = staging.parent / name
        if path == staging:
            continue
        with suppress(OSError):  # a link, no folder, somebody else's, or a run that is at work
            handle = open_folder(path)
            try:
                lock(handle, path)
                if _is_ours(path, handle) and _is_still(path, handle):
                    _empty(path, handle)
                    path.rmdir()
            finally:
                unlock(handle)


def remove_begun(staging: Path) -> bool:
    """Remove what a run that was killed had begun to write, or had replaced. False: a run is at work there."""
    try:
        handle = open_folder(staging)
    except OSError:  # it is gone, or none of ours
        return True
    try:
        lock(handle, staging)
        if _is_ours(staging, handle) and _is_still(staging, handle):
            _empty(staging, handle)
            staging.rmdir()
    except BlockingIOError:
        return False
    finally:
        unlock(handle)
    return True


def is_begun(path: Path) -> bool:
    """Whether a folder has the name of one in which a run makes its result."""
    return path.name.startswith(".") and path.name.endswith(_PARTIAL) and path.name != _PARTIAL


def _remove_folder(staging: Path) -> None:
    handle = open_folder(staging)
    try:
        _empty(staging, handle)
    finally:
        os.close(handle)
    staging.rmdir()


def _remove(staging: Path, made: list[Path]) -> None:
    """After publishing, this removes what was replaced; after a failure, what was begun."""
    with suppress(OSError):  # it was moved to where the result belongs
        _remove_folder(staging)
    for folder in made:
        # Only what this run made and nobody filled.
        with suppress(OSError):
            folder.rmdir()


def publish(staging: Path, out: Path) -> None:
    """Move the complete folder to its final name, in one step also where it replaces an earlier result."""
    sync_folder(staging)
    make_folder(out.parent)
    if out.exists():
        _exchange(staging, out)
    else:
        staging.rename(out)
    sync_path(out.parent)


@contextmanager
def scratch_output() -> Iterator[Path]:
    """Give a folder to write into that is thrown away: a dry run leaves nothing anywhere."""
    with scratch_folder() as folder:
        yield folder


def _check_target(out: Path, *, force: bool) -> None:
    refuse_odd_name(out)
    refuse_link(out)
    if out.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise OutputError(f"'{out}' is the current folder or contains it.", "Name another folder with -o.")
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"'{out}' is a file.", "Name a folder with -o.")
    if not any(out.iterdir()):
        return
    if not force:
        raise OutputError(f"'{out}' exists already.", "Choose another -o, or replace it with --force.")
    if not (out / MANIFEST).exists():
        raise OutputError(f"'{out}' is not an earlier result: it has no {MANIFEST}.", "Choose another -o.")


def _unwritable(out: Path, error: OSError) -> OutputError:
    return OutputError(f"'{out}' cannot be written: {error.strerror}.", "Choose another name, or fix its permissions.")


def _empty(folder: Path, handle: int) -> None:
    """Empty the opened folder, whatever is put at its path meanwhile. It can be known as ours until it is empty."""
    at, within = (handle, Path()) if _BY_HANDLE else (None, folder)
    with suppress(FileExistsError):
        os.mkdir(within / WORK, 0o700, dir_fd=at)
    with os.scandir(folder if at is None else at) as entries:
        inside = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in sorted(inside, key=lambda each: each[0] == WORK):
        if is_folder:
            shutil.rmtree(within / name, dir_fd=at)
        else:
            os.unlink(within / name, dir_fd=at)


def _exchange(staging: Path, out: Path) -> None:
    """Swap the two folders. Where the system has no atomic swap, the earlier one is moved aside first."""
    libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
    if libc is not None and hasattr(libc, "renameat2"):
        done = libc.renameat2(_AT_FDCWD, os.fsencode(staging), _AT_FDCWD, os.fsencode(out), _RENAME_EXCHANGE)
        if done == 0:
            return
        if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(out))
    aside = out.parent / f".{out.name}.replaced"
    out.rename(aside)
    staging.rename(out)
    shutil.rmtree(aside, ignore_errors=True)
