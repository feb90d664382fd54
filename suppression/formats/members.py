"""Opens a list's files as streams of text: as they are, unpacked, or made of the tables in them.

Files are opened by the code that opens drops. Text is never unpacked to disk or kept whole; what has no text of its
own (a workbook, Parquet, Arrow, JSON) is converted by way of the spool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from schemas.errors import FileError, ListError
from schemas.files.age_files import AGE, decrypted
from schemas.files.archives import PackedFile, is_packed, kind_of_unpacked, opened_archive
from schemas.files.arrow_table import open_arrow
from schemas.files.inputs import Input, LocalFile
from schemas.files.json_table import open_json
from schemas.files.kinds import HEAD_BYTES, Kind, kind_of, kind_of_head
from schemas.files.spool import Spool
from schemas.files.stream_guard import GuardedStream
from schemas.files.workbook.table import open_sheets
from schemas.layout import Layout
from schemas.support.shown import printable
from suppression.formats.table_text import TableText, sheet_frames, table_frames


class Member(NamedTuple):
    """One file of a list, or one sheet of a workbook, open at its start.

    ``name``: its own name, without folders. ``archive``: name of the archive or workbook it is in, else empty.
    ``siblings``: names of all files of the list, itself among them, so far as they are known on opening.
    ``housekeeping``: left in an archive by a file manager, not part of the list.
    ``is_table``: the text was made of a table. ``header_lines``: how many of its lines the file itself does not have,
    so that line numbers count rows of a sheet, or records.
    """

    name: str
    stream: GuardedStream
    archive: str = ""
    siblings: tuple[str, ...] = ()
    housekeeping: bool = False
    is_table: bool = False
    header_lines: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names that may say what the file holds: its own, or that of the archive when it is alone in it."""
        alone = self.archive and len(self.siblings) <= 1
        return (self.name, self.archive) if alone else (self.name,)


def open_members(paths: Sequence[Path], sheets: Sequence[str] = ()) -> Iterator[Member]:
    """Open each file, each file in each archive, each sheet; a member is closed when the next is asked for.

    ``sheets``: those to read of workbooks; without them all, and none of them may be hidden. Raises `ListError` when a
    file is missing, `FileError` when one is damaged, locked, of a kind that is not read, or unpacks without end.
    """
    beside = tuple(path.name for path in paths)
    spool = Spool()
    for path in paths:
        _refuse_missing(path)
        given: Input = LocalFile(path)
        try:
            kind, name = kind_of(given), printable(path.name)
            if kind == "age":
                given, name = decrypted(given, spool), name.removesuffix(AGE)
                kind = kind_of(given)
            if is_packed(kind):
                yield from _packed(given, name, kind, beside, sheets, spool)
            elif kind == "text":
                with given.open("rb") as file:
                    yield Member(name, GuardedStream(file, str(given)), "", beside)
            else:
                yield from _tables(given, name, kind, "", beside, sheets, spool)
        except OSError as error:
            raise FileError(f"'{path}' cannot be read: {error.strerror}.", "Check its permissions.") from error


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        raise ListError(f"Suppression list '{path}' does not exist.", "Check the path.")
    if path.is_dir():
        raise ListError(f"Suppression list '{path}' is a folder.", "Name the files in it.")


def _packed(
    given: Input, own: str, kind: Kind, beside: tuple[str, ...], sheets: Sequence[str], spool: Spool
) -> Iterator[Member]:
    with opened_archive(given, kind) as files:
        names = tuple(_name(file, own) for file in files if not file.housekeeping)
        siblings = beside if kind != "zip" else names if len(beside) == 1 else (*names, *beside)
        for file in files:
            stream = file.opened()
            member = Member(_name(file, own), stream, own, siblings, file.housekeeping)
            if file.housekeeping or kind_of_head(stream.peek(HEAD_BYTES), file.shown) == "text":
                yield member
            else:
                unpacked = spool.add(stream, file.shown)
                yield from _tables(unpacked, member.name, kind_of_unpacked(unpacked), own, siblings, sheets, spool)


def _name(file: PackedFile, archive: str) -> str:
    """Return the file's own name, without folders; what is alone in a gzip is named by it."""
    own = file.name.replace("\\", "/").rpartition("/")[2]
    return own or archive.rpartition(".")[0] or archive


def _tables(
    given: Input,
    name: str,
    kind: Kind,
    archive: str,
    siblings: tuple[str, ...],
    sheets: Sequence[str],
    spool: Spool,
) -> Iterator[Member]:
    """Make a member of each table of a file that is no text."""
    if kind in ("xlsx", "xlsb", "xls", "ods"):
        found, hidden = open_sheets(given, kind, list(sheets), spool)
        if hidden:
            raise FileError(
                f"'{given}' has hidden sheets ({', '.join(hidden)}), which may hold entries.",
                "Show or delete them, or name the sheets to read (--sheet).",
            )
        if not found:
            raise FileError(f"'{given}' has no sheet that holds anything.", "Ask for it again.")
        for sheet in found:
            own = name if len(found) == 1 else f"{name} [{sheet.name}]"
            stream = GuardedStream(TableText(sheet_frames(sheet)), str(given))
            yield Member(own, stream, archive, siblings, is_table=True)
        return
    table = (
        open_arrow(given, name, kind, spool)
        if kind in ("parquet", "arrow")
        else open_json(given, name, Layout(), spool)
    )
    stream = GuardedStream(TableText(table_frames(table)), str(given))
    yield Member(name, stream, archive, siblings, is_table=True, header_lines=1)
