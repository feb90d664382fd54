"""stdout and stderr that never stop a run: what cannot be shown is spelled otherwise, what cannot be written is noted.

A scrub that has published its results must not end as if it had failed because the reader of a pipe has left, a disk
behind ``>`` is full, or a terminal knows ASCII only.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_SPELLED: Final = {
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{MIDDLE DOT}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}
HANDLER: Final = "leadscrub.spell"


class ForgivingFile(io.RawIOBase):
    """A file that takes all it is given, and keeps the first ``fault`` instead of raising it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.fault: OSError | None = None

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """Return the number of the file that is written to."""
        return self._handle

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return os.isatty(self._handle)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written; all of it counts as written."""
        size = memoryview(data).nbytes
        if self.fault is None:
            try:
                return os.write(self._handle, data)
            except BlockingIOError:
                raise
            except OSError as error:
                self.fault = error
        return size


def open_streams() -> None:
    """Put forgiving streams in the place of stdout and stderr, and something in the place of those that are closed."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        # A file of ours would get the number of the closed stream, and what is printed would land in it.
        while os.open(os.devnull, os.O_RDWR) < 2:
            pass
    sys.stdout = _forgiving(sys.stdout, 1)
    sys.stderr = _forgiving(sys.stderr, 2)


def stdout_fault() -> OSError | None:
    """Flush stdout and return what kept it from being written; nothing where its reader just left."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not isinstance(raw, ForgivingFile):
        return None
    sys.stdout.flush()
    return None if raw.fault is None or raw.fault.errno == errno.EPIPE else raw.fault


def _forgiving(stream: object, handle: int) -> io.TextIOWrapper:
    """Make a stream like this one, forgiving; ``None``, a closed stream, becomes one that leads nowhere."""
    if stream is not None and type(stream) is not io.TextIOWrapper:
        return stream  # type: ignore[return-value]  # a test's, or somebody's who calls the command from Python
    encoding = stream.encoding if isinstance(stream, io.TextIOWrapper) else "utf-8"
    buffering = isinstance(stream, io.TextIOWrapper) and stream.line_buffering
    file = io.BufferedWriter(ForgivingFile(handle))
    return io.TextIOWrapper(file, encoding=encoding, errors=HANDLER, line_buffering=buffering or handle == 2)


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Write characters that the stream's encoding has not: by others, by their letter without accents, or as ``?``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_spelled, text)), error.end


def _spelled(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte of a file's name that is no text
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character in _SPELLED:
        return _SPELLED[character]
    letter = unicodedata.normalize("NFD", character)[0]
    return letter if letter.isascii() else "?"


codecs.register_error(HANDLER, _spell)
