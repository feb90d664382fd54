"""A file on an SFTP server as a stream, with many requests under way at once.

SFTP hands out 32 KB an answer, so without asking ahead each of them waits for the network. paramiko asks ahead from a
thread of its own, which dies with a traceback on stderr when the link breaks, and never ends when the reader stops
before the end. Here whoever reads also asks: there is no thread, and a broken link is the reader's own error.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from paramiko.sftp import CMD_DATA, CMD_READ, SFTPError, int64

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: What every server gives in one answer (the SFTP draft's 34,000 bytes less the frame around the data).
_PIECE: Final = 32_768
_UNDER_WAY: Final = 64


class SftpStream(io.RawIOBase):
    """Bytes of a file from its beginning, in order, up to the ``size`` that the server gave for it.

    ``file`` is an open `paramiko.SFTPFile`; closing the stream closes it. Raises what paramiko raises: `OSError` for a
    status of the server, `EOFError` or `paramiko.SSHException` for a broken link.
    """

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._size = file, size
        self._given = self._asked = 0
        self._waiting: dict[int, tuple[int, int]] = {}
        self._came: dict[int, bytes] = {}
        self._fault: Exception | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Give what comes next, at most one answer of the server; nothing at the end."""
        into = memoryview(buffer).cast("B")
        self._ask_ahead()
        while self._given not in self._came:
            if self._fault is not None:
                raise self._fault
            if not any(offset == self._given for offset, _ in self._waiting.values()):
                return 0
            self._file.sftp._read_response()
        piece = self._came.pop(self._given)
        taken = min(len(into), len(piece))
        into[:taken] = piece[:taken]
        self._given += taken
        if taken < len(piece):
            self._came[self._given] = piece[taken:]
        return taken

    def close(self) -> None:
        """Close the file on the server. Answers that still come are for nobody."""
        if not self.closed:
            super().close()
            self._file.close()

    def _ask_ahead(self) -> None:
        while len(self._waiting) + len(self._came) < _UNDER_WAY and self._asked < self._size:
            length = min(_PIECE, self._size - self._asked)
            self._ask(self._asked, length)
            self._asked += length

    def _ask(self, offset: int, length: int) -> None:
        number = self._file.sftp._async_request(self, CMD_READ, self._file.handle, int64(offset), length)
        self._waiting[number] = (offset, length)

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        """Take an answer: paramiko calls this, by this name, on whoever made the request."""
        offset, length = self._waiting.pop(number)
        if self.closed:
            return
        if kind != CMD_DATA:
            try:
                self._file.sftp._convert_status(message)
            except EOFError:
                return  # the file has become shorter: the reader ends here
            except OSError as error:
                self._fault = error
            else:
                self._fault = SFTPError("data were expected")
            return
        piece = message.get_string()
        self._came[offset] = piece
        if 0 < len(piece) < length:  # a server may give less than it was asked for
            self._ask(offset + len(piece), length - len(piece))
