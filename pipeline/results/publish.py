"""All or nothing on disk: outputs are made in a hidden folder beside the final one and moved there when complete."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pipeline.results.manifest_file import MANIFEST
from schemas.errors import OutputError, ShortageError
from schemas.support.durable import make_folder, sync_path
from schemas.support.interrupts import interrupts_wait
from schemas.support.shortage import shortage_in

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

    Raises what `staged_output` raises.
    """
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder.", "Name a file.")
    if path.exists() and not force:
        raise OutputError(f"'{path}' exists already.", "Name another file, or replace it with --force.")
    with _staging(path.absolute()) as staging:
        yield staging


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
            staging = _claim(out, undo)
        try:
            _empty(staging)
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


def _claim(out: Path, undo: ExitStack) -> Path:
    """Make the folder to write into, and lock it. ``undo`` is told what to do when the run is over."""
    staging = out.parent / f".{out.name}.partial"
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(staging, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(out, error) from error
    undo.callback(os.close, lock)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(f"Another run is writing '{out}'.", "Wait for it, or choose another name.") from error
    if not staging.exists() or os.fstat(lock).st_ino != staging.stat().st_ino:
        raise OutputError(f"Another run has just written '{out}'.", "Run again with --force to replace it.")
    undo.callback(_remove, staging, made)
    return staging


def _remove(staging: Path, made: list[Path]) -> None:
    """After publishing, this removes what was replaced; after a failure, what was begun."""
    if staging.exists():
        shutil.rmtree(staging, ignore_errors=True)
    for folder in made:
        # Only what this run made and nobody filled.
        with suppress(OSError):
            folder.rmdir()


def publish(staging: Path, out: Path) -> None:
    """Move the complete folder to its final name, in one step also where it replaces an earlier result."""
    for path in sorted(staging.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        sync_path(path)
    sync_path(staging)
    make_folder(out.parent)
    if out.exists():
        _exchange(staging, out)
    else:
        staging.rename(out)
    sync_path(out.parent)


@contextmanager
def scratch_output() -> Iterator[Path]:
    """Give a folder to write into that is thrown away: a dry run leaves nothing anywhere."""
    with tempfile.TemporaryDirectory(prefix="leadscrub-") as folder:
        yield Path(folder)


def _check_target(out: Path, *, force: bool) -> None:
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
    return OutputError(f"'{out}' cannot be written: {error.strerror}.", "Choose another -o, or fix its permissions.")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _exchange(staging: Path, out: Path) -> None:
    """Swap the two folders. Where the system has no atomic swap, the earlier one is moved aside first."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "renameat2"):
        done = libc.renameat2(_AT_FDCWD, os.fsencode(staging), _AT_FDCWD, os.fsencode(out), _RENAME_EXCHANGE)
        if done == 0:
            return
        if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(out))
    aside = out.parent / f".{out.name}.replaced"
    out.rename(aside)
    staging.rename(out)
    shutil.rmtree(aside, ignore_errors=True)
