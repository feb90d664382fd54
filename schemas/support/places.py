"""Places on disk that we write to: never through a link that somebody planted, and under names that are text."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from schemas.errors import OutputError

#: What only some systems have: to open no link, not to wait for a pipe, and to change no end of a line.
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class LinkError(OutputError):
    """There is a link where we write, and what is behind it may be anybody's."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"'{path}' is a link: nothing behind it is opened or changed.",
            "Remove the link, or put in its place what belongs there.",
        )


def refuse_link(path: Path) -> None:
    """Raise `LinkError` when the path itself is a link, also one that leads nowhere."""
    if path.is_symlink():
        raise LinkError(path)


def refuse_links(path: Path, below: Path) -> None:
    """Raise `LinkError` when a part of the path is a link, from right below a folder on.

    What leads to that folder is its owner's business. A path elsewhere is not looked at.
    """
    path, reached = path.absolute(), below.absolute()
    if not path.is_relative_to(reached):
        return
    for part in path.relative_to(reached).parts:
        reached /= part
        refuse_link(reached)


def refuse_odd_name(folder: Path) -> None:
    """Raise `OutputError` when a folder's path is no text: neither the ledger nor a library could name it."""
    try:
        str(folder.absolute()).encode()
    except UnicodeEncodeError as error:
        raise OutputError(f"The name of '{folder}' is no text (UTF-8).", "Choose another name.") from error


def open_plain(path: Path) -> io.BufferedReader:
    """Open a file to read it. Raises `LinkError` when it is a link, `OSError` when it is no file."""
    if not _NOFOLLOW:
        refuse_link(path)
    try:
        handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise LinkError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return os.fdopen(handle, "rb")


def new_file(path: Path) -> BinaryIO:
    """Make a file for its owner only and open it to write; what a crash left of an earlier one is replaced.

    Raises `LinkError` when there is a link.
    """
    refuse_link(path)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY, 0o600)
    return os.fdopen(handle, "wb")


def open_to_lock(path: Path) -> int:
    """Open a file that is there, to read it and to lock it. Raises `OSError` when it is a link, or not there."""
    return os.open(path, os.O_RDWR | _NOFOLLOW | _BINARY)


def lock_file(path: Path) -> int:
    """Open the file that a lock is put on; made, for its owner only, when it is not there.

    Raises `LinkError` when it is a link.
    """
    refuse_link(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | _NOFOLLOW | _BINARY, 0o600)


def open_folder(path: Path) -> int:
    """Open a folder, to lock it and to name what is in it. Raises `OSError` when it is a link, or no folder.

    Where the system opens no folders (Windows), the handle only stands for it.
    """
    if hasattr(os, "O_DIRECTORY"):
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NOFOLLOW)
    if path.is_symlink() or not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    return os.open(os.devnull, os.O_RDONLY)


def is_own(handle: int) -> bool:
    """Whether what is open belongs to the user of this process; where the system has no numbers for them, yes."""
    return not hasattr(os, "geteuid") or os.fstat(handle).st_uid == os.geteuid()


def owner_only(path: Path) -> None:
    """Take away from others what they may do with a file. Raises `LinkError` when it is a link."""
    with open_plain(path) as stream:
        if hasattr(os, "fchmod"):
            os.fchmod(stream.fileno(), 0o600)
