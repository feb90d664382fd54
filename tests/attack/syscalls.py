"""Stands between a process and the system: lets its so-manieth file operation fail, or kills it just before.

A filter of Linux (seccomp's user notification) hands each call that opens or changes a file to this process, which
counts it, and answers with an error, a kill, or leave to go on. So the calls of native libraries and of child processes
are among them, and no compiler, debugger or right of root is needed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NO_NEW_PRIVILEGES: Final = 38
_FILTER, _LISTENER = 1, 8
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
#: In place of an open folder: the current one (AT_FDCWD).
_FROM_CURRENT: Final = 0xFFFFFF9C
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
#: Numbers of the calls on x86-64: those that take a path in their first or second argument, and those that take a file.
_SECCOMP: Final = 317
_PATH_AT: Final = {
    "open": (2, 0), "openat": (257, 1), "mkdir": (83, 0), "mkdirat": (258, 1), "rename": (82, 0), "renameat": (264, 1),
    "renameat2": (316, 1), "unlink": (87, 0), "unlinkat": (263, 1), "rmdir": (84, 0), "link": (86, 0),
    "linkat": (265, 1), "chmod": (90, 0), "fchmodat": (268, 1), "symlink": (88, 1), "symlinkat": (266, 2),
}  # fmt: skip
_FILE: Final = {
    "read": 0, "pread": 17, "readv": 19, "preadv": 295, "write": 1, "pwrite": 18, "writev": 20, "pwritev": 296,
    "fsync": 74, "fdatasync": 75, "ftruncate": 77, "fallocate": 285, "copy": 326, "sendfile": 40,
}  # fmt: skip
_NAMES: Final = {number: name for name, (number, _) in _PATH_AT.items()} | {n: name for name, n in _FILE.items()}
_OPENS: Final = ("open", "openat")
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_KILLED: Final = -1
#: Milliseconds without a call after which nobody is left who would make one.
_LAST_WORDS: Final = 200
_IO, _FULL = errno.EIO, (errno.ENOSPC, errno.EDQUOT, errno.EIO)
#: What the system may answer to a call when this machine is short of something, or its disk dies.
ERRORS: Final[dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(("read", "pread", "readv", "preadv"), (_IO,)),
    "open to read": (_IO, errno.EMFILE, errno.ENFILE),
    **dict.fromkeys(("open", "openat"), (*_FULL, errno.EMFILE, errno.EROFS)),
    **dict.fromkeys(("mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat"), (*_FULL, errno.EROFS)),
    **dict.fromkeys(("rename", "renameat", "renameat2"), (*_FULL, errno.EROFS)),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir", "chmod", "fchmodat"), (_IO, errno.EROFS)),
    **dict.fromkeys(("fsync", "fdatasync"), _FULL),
    **dict.fromkeys(("write", "pwrite", "writev", "pwritev", "copy", "sendfile"), (*_FULL, errno.EFBIG)),
    **dict.fromkeys(("ftruncate", "fallocate"), (*_FULL, errno.EFBIG)),
}


def supported() -> bool:
    """Whether this system can do that."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    return actions.is_file() and "user_notif" in actions.read_text()


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def watch_this_process() -> int:
    """Have the calls of this process, and of those that it starts, asked of whoever reads the file of this number."""
    numbers = sorted(_NAMES)
    code = [_Instruction(_LOAD, 0, 0, 0)]
    code += [_Instruction(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    code += [_Instruction(_RETURN, 0, 0, _ALLOW), _Instruction(_RETURN, 0, 0, _NOTIFY)]
    program = _Program(len(code), (_Instruction * len(code))(*code))
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    listener = int(system.syscall(_SECCOMP, _FILTER, _LISTENER, ctypes.byref(program)))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


@dataclass(frozen=True)
class Call:
    """A file operation. ``name``: the call's, or ``open to read``; ``path``: of the file, where it can be known."""

    name: str
    path: str


@dataclass
class Watch:
    """What to do with calls: the one of number ``at`` (1 for the first) fails, or kills all when ``choice`` is None.

    ``choice`` chooses one of the `ERRORS` that the call may get; ``error`` is which one that was. With
    ``flips`` it chooses a bit of the call's file instead, which is changed before the call goes on.
    ``counts``: which calls are numbered. ``lasting``: later calls that could fail in that way fail as well, as a full
    disk goes on being full. ``met`` is the call that was, ``seen`` how many there were.
    """

    counts: Callable[[Call], bool]
    at: int = 0
    choice: int | None = None
    lasting: bool = False
    seen: int = 0
    met: Call | None = None
    error: int = 0
    flips: bool = False

    def serve(self, listener: int, first: int) -> None:
        """Answer until the watched process ``first``, a child of this one, and all that it started have ended."""
        asked = bytearray(80)
        processes = {first}
        ended = os.pidfd_open(first)
        ready = select.poll()
        ready.register(listener, select.POLLIN)
        ready.register(ended, select.POLLIN)
        while True:
            events = dict(ready.poll(_LAST_WORDS if ended < 0 else None))
            if not events.get(listener, 0) & select.POLLIN:
                if ended >= 0 and ended in events and listener not in events:
                    ready.unregister(ended)
                    os.close(ended)
                    ended = -1  # others that it started may go on for a moment
                    continue
                break
            asked[:] = bytes(80)
            try:
                fcntl.ioctl(listener, _RECEIVE, asked, True)
            except OSError:  # whoever asked was killed meanwhile
                continue
            call, process, _, number, _, _, *arguments = struct.unpack_from("<QIIiIQ6Q", asked)
            processes |= {process} - {0}  # none where it has just died
            answer = struct.pack("<QqiI", call, 0, 0, _GO_ON)
            found = _call(process, number, arguments)
            error = self._fate(found, processes) if found is not None and self.counts(found) else None
            if error == _KILLED:
                continue
            if error:
                answer = struct.pack("<QqiI", call, 0, -error, 0)
            with suppress(OSError):  # it was killed meanwhile
                fcntl.ioctl(listener, _SEND, bytearray(answer), True)
        if ended >= 0:
            os.close(ended)

    def _fate(self, found: Call, processes: set[int]) -> int | None:
        """What becomes of a call that counts: an error's number, nothing, or that all were killed."""
        self.seen += 1
        if self.at and self.seen == self.at:
            self.met = found
            if self.choice is None:
                for each in processes:
                    with suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
                return _KILLED
            if self.flips:
                flip_bit(Path(found.path), self.choice)
            else:
                self.error = ERRORS[found.name][self.choice % len(ERRORS[found.name])]
        fails = self.seen == self.at or (self.lasting and self.error in ERRORS[found.name])
        return self.error if self.error and fails else None


def flip_bit(path: Path, choice: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    if content:
        bit = choice % (8 * len(content))
        content[bit // 8] ^= 1 << (bit % 8)
        with path.open("r+b") as stream:
            stream.write(content)


def _call(process: int, number: int, arguments: list[int]) -> Call | None:
    """What is asked for; None for calls about pipes, sockets, terminals."""
    name = _NAMES[number]
    if name in _FILE:
        try:
            path = str(Path(f"/proc/{process}/fd/{arguments[0] & 0xFFFFFFFF}").readlink())
        except OSError:
            return None
        return Call(name, path) if path.startswith("/") and not path.startswith("/dev/") else None
    at = _PATH_AT[name][1]
    folder = "cwd"
    # A call of this kind takes an open folder first, from which its path goes on.
    if name.rstrip("2").endswith("at") and arguments[at - 1] & 0xFFFFFFFF != _FROM_CURRENT:
        folder = f"fd/{arguments[at - 1] & 0xFFFFFFFF}"
    if name in _OPENS and not arguments[at + 1] & _WRITES:
        name = "open to read"
    return Call(name, _text(process, arguments[at], folder))


def _text(process: int, address: int, folder: str) -> str:
    """The path that is at an address of another process, made absolute."""
    try:
        with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
            memory.seek(address)
            # Up to the end of the page at least; the next one may not be there.
            found = memory.read(min(4096, 4096 - address % 4096) or 4096)
            if b"\0" not in found:
                found += memory.read(4096)
    except (OSError, OverflowError):
        return ""
    text = os.fsdecode(found.partition(b"\0")[0])
    if text.startswith("/"):
        return text
    with suppress(OSError):
        return os.path.normpath(Path(f"/proc/{process}/{folder}").readlink() / text)
    return text
