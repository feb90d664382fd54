"""A shortage of ours is known in whatever words it comes, and damage of theirs is none."""

from __future__ import annotations

import errno

import polars as pl
import pyarrow as pa
import pytest

from schemas.errors import DropError, ShortageError
from schemas.support.shortage import shortage_in


def caused(error: BaseException, by: BaseException) -> BaseException:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/x"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        OSError(errno.EROFS, "Read-only file system"),
        MemoryError(),
        pa.lib.ArrowMemoryError("malloc of size 1 failed"),
        pa.lib.ArrowException("IOError: [Errno 28] No space left on device"),
        pl.exceptions.ComputeError("writing failed: No space left on device (os error 28)"),
        RuntimeError("can't start new thread"),
        caused(DropError("'a.gz' cannot be unpacked."), OSError(errno.ENOSPC, "No space left on device")),
        ShortageError("The disk is full."),
    ],
)
def test_shortages(error: BaseException) -> None:
    short = shortage_in(error)
    assert short is not None
    assert short.exit_code == 8
    assert short.hint or isinstance(error, ShortageError)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOENT, "No such file or directory"),
        OSError(errno.EACCES, "Permission denied"),
        DropError("'out of memory.csv' cannot be read: no space left on device."),
        ValueError("not a date"),
        pl.exceptions.ComputeError("could not parse `x`"),
        caused(DropError("'a.gz' is damaged."), ValueError("incorrect header check")),
        None,
    ],
)
def test_no_shortages(error: BaseException | None) -> None:
    assert shortage_in(error) is None
