"""Tells a shortage of ours from damage of theirs: a full disk is no fault of the vendor whose drop was being read."""

from __future__ import annotations

import errno
import re
from typing import Final

from schemas.errors import LeadscrubError, ShortageError

_HINTS: Final = {
    errno.ENOSPC: ("The disk is full", "Free some space."),
    errno.EDQUOT: ("The disk quota of this user is used up", "Free some space, or raise the quota."),
    errno.EFBIG: ("A file would be larger than this machine allows", "Raise the limit (ulimit -f)."),
    errno.EMFILE: ("Too many files are open in this process", "Raise the limit (ulimit -n)."),
    errno.ENFILE: ("Too many files are open on this machine", "End what holds them open, or raise fs.file-max."),
    errno.ENOMEM: ("There is not enough memory", "Free some, or let fewer programs run at the same time."),
    errno.EAGAIN: ("No further process or thread can be started", "Raise the limit (ulimit -u)."),
    errno.EROFS: ("The disk can only be read", "Mount it for writing."),
    errno.EIO: ("The disk does not work as it should (input/output error)", "Look at the machine's log."),
    errno.ESTALE: ("A network disk is gone (stale file handle)", "Mount it again."),
}
#: How libraries written in Rust, C++ and C spell the number or the words of the system's error in a message.
_NUMBER: Final = re.compile(r"\(os error (\d+)\)|\[errno (\d+)\]", re.IGNORECASE)
_WORDS: Final = {
    "no space left on device": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "database or disk is full": errno.ENOSPC,
    "disk i/o error": errno.EIO,
    "too many open files": errno.EMFILE,
    "cannot allocate memory": errno.ENOMEM,
    "out of memory": errno.ENOMEM,
    "failed to map segment from shared object": errno.ENOMEM,
    "memory allocation of": errno.ENOMEM,
    "can't start new thread": errno.EAGAIN,
    "resource temporarily unavailable": errno.EAGAIN,
}


def shortage_in(error: BaseException | None) -> ShortageError | None:
    """Find what this machine is short of, in an error or in those that led to it. None: that is not the trouble."""
    seen: set[int] = set()
    ours: LeadscrubError | None = None
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ShortageError):
            return error
        if isinstance(error, LeadscrubError):
            ours = error
        number = _number_of(error)
        # A lock that another run has is answered with the same number as a process that cannot be started.
        if number is not None and not (ours is not None and number == errno.EAGAIN):
            what, hint = _HINTS[number]
            filename = getattr(error, "filename", None)
            where = f" ('{filename}')" if isinstance(filename, str) else ""
            met = f" It was met here: {ours.message}" if ours is not None and not where else ""
            return ShortageError(f"{what}{where}.{met}", hint)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def raise_shortage(error: BaseException) -> None:
    """Raise `ShortageError` when an error stands for one: what cannot be read for want of something is not absent."""
    if (short := shortage_in(error)) is not None:
        raise short from error


def _number_of(error: BaseException) -> int | None:
    """The system's number of a shortage that an error stands for."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in _HINTS else None
    text = str(error).lower()
    if (found := _NUMBER.search(text)) is not None:
        number = int(found[1] or found[2])
        return number if number in _HINTS else None
    if type(error).__module__.startswith("schemas."):
        return None  # what we say ourselves may quote these words
    return next((number for words, number in _WORDS.items() if words in text), None)
