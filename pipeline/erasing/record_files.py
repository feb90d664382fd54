"""A person's records in any file that a drop may be: found, and written again without them where that can be done.

What cannot be done is said: `CannotEraseError` names the file, and what its owner must do.
"""

from __future__ import annotations

import bz2
import gzip
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pyarrow as pa
from polars.exceptions import PanicException

from pipeline.erasing.arrow_records import blank_arrow, find_in_arrow
from pipeline.erasing.json_records import blank_json, find_in_json
from pipeline.erasing.text_records import blank_text, find_in_text
from pipeline.erasing.workbook_records import Workbook
from pipeline.reading.opening import open_tables
from pipeline.results.exact_search import search_frame
from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError, LeadscrubError
from schemas.files.age_files import decrypted, encrypt
from schemas.files.archives import is_packed, opened_archive
from schemas.files.inputs import Input
from schemas.files.kinds import HEAD_BYTES, Kind, kind_of
from schemas.files.spool import Spool
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from schemas.support.shortage import raise_shortage

_BLOCK: Final = 8 << 20
#: No text that means a person is longer; even, so that UTF-16 stays in step.
_OVERLAP: Final = 512
#: Part of a packed file or a workbook, empty where there is none -> records in it, by line or row.
Records = dict[str, list[int]]


class CannotEraseError(FileError):
    """A file holds the person, or may, and cannot be written again without them."""


@dataclass(frozen=True)
class Known:
    """Records that are known to be the person's, by part and line: results name them, whatever is written in them."""

    lines: Mapping[tuple[str, str], set[int]] = field(default_factory=dict)

    def joined(self, other: Known) -> Known:
        """Those of both."""
        parts = {*self.lines, *other.lines}
        return Known({part: self.lines.get(part, set()) | other.lines.get(part, set()) for part in parts})

    def sheets(self, member: str) -> dict[str, set[int]]:
        """Rows by sheet; what results call a sheet's second table is a part of the sheet."""
        found: dict[str, set[int]] = {}
        for (of, sheet), lines in self.lines.items():
            if of == member:
                found.setdefault(re.sub(r", table \d+$", "", sheet), set()).update(lines)
        return found


@dataclass(frozen=True)
class RecordFile:
    """A file, how it is read, and who is looked for in it. ``recipients``: for whom an encrypted one is again."""

    given: Input
    layout: Layout
    wanted: Sequence[Wanted]
    known: Known = Known()
    recipients: Sequence[str] = ()

    def find(self) -> Records:
        """The person's records. Raises `FileError` when the file, or a part of it, cannot be looked through."""
        return self._guarded(None)

    def erase(self, sink: BinaryIO) -> Records:
        """Write the file again, with its records blanked. Raises `FileError` when that cannot be done."""
        return self._guarded(sink)

    def _guarded(self, sink: BinaryIO | None) -> Records:
        """Work, and say of whatever goes wrong in a library that the file is damaged.

        Raises `FileError`, `ShortageError` when this machine is short of something, and `OSError`.
        """
        try:
            return self._work(self.given, "", sink)
        except (LeadscrubError, OSError):
            raise
        except (Exception, PanicException) as error:
            raise_shortage(error)
            raise FileError(
                f"'{self.given}' is damaged: its reader failed ({type(error).__name__}).", "Ask for it again."
            ) from error

    def _work(self, given: Input, member: str, sink: BinaryIO | None) -> Records:
        kind = kind_or_text(given)
        if kind == "age":
            return self._encrypted(given, member, sink)
        if is_packed(kind):
            if member:
                raise CannotEraseError(
                    f"'{given}' is an archive in an archive: it is not looked through.",
                    "Unpack it in place and remove it, or delete it; then run the same command again.",
                )
            return self._packed(given, kind, sink)
        return self._plain(given, kind, member, sink)

    def _encrypted(self, given: Input, member: str, sink: BinaryIO | None) -> Records:
        """A file that is encrypted, and again when it is written."""
        inside = decrypted(given, Spool())
        if sink is None:
            return self._work(inside, member, None)
        if not self.recipients:
            raise CannotEraseError(
                f"'{given}' is encrypted, and the workspace names nobody for whom to encrypt it again.",
                "Name recipients in [at_rest] of leadscrub.toml, or delete the file; then run the same command again.",
            )
        content = io.BytesIO()
        records = self._work(inside, member, content)
        content.seek(0)
        encrypt(content, sink, self.recipients)
        return records

    def _plain(self, given: Input, kind: Kind, member: str, sink: BinaryIO | None) -> Records:
        spool = Spool()
        prefix = f"{member} " if member else ""
        lines = {line for (of, _), found in self.known.lines.items() if of == member for line in found}
        if kind == "json":
            in_json = find_in_json(given, self.layout, self.wanted, lines)
            if sink is not None:
                blank_json(in_json, sink)
            return {member: in_json.records} if in_json.records else {}
        if kind in ("parquet", "arrow"):
            rows = find_in_arrow(given, self.wanted, lines, spool)
            if sink is not None:
                blank_arrow(given, kind, rows, sink)
            return {} if not rows else {member: rows}
        if kind == "xlsx":
            book = Workbook(given)
            in_sheets = book.find(self.wanted, self.known.sheets(member))
            if sink is not None:
                book.blank(in_sheets, sink)
            return {f"{prefix}[{sheet}]": rows for sheet, rows in in_sheets.items()}
        if kind in ("xls", "xlsb", "ods"):
            return self._unwritable(given, kind, prefix, spool, sink)
        in_text = find_in_text(given, self.layout, self.wanted, lines, spool)
        if sink is not None:
            blank_text(given, in_text, sink)
        return {member: in_text.records} if in_text.records else {}

    def _unwritable(self, given: Input, kind: Kind, prefix: str, spool: Spool, sink: BinaryIO | None) -> Records:
        """Workbooks that are only read."""
        found: Records = {}
        for table in open_tables(given, str(given), self.layout, spool):
            for batch in read_batches(table, FileTally(), _BLOCK):
                hits = search_frame(batch.lazy(), self.wanted, "source_line")["source_line"].unique().to_list()
                if hits:
                    found.setdefault(f"{prefix}[{table.sheet}]", []).extend(sorted(hits))
        if sink is not None:
            where = "; ".join(f"{part.strip()} row {', '.join(map(str, rows))}" for part, rows in found.items())
            raise CannotEraseError(
                f"'{given}' ({kind}) cannot be written again; the person is in {where or 'no row that is read'}.",
                "Save it without these rows, as XLSX or CSV, or delete it; then run the same command again.",
            )
        return found

    def _packed(self, given: Input, kind: Kind, sink: BinaryIO | None) -> Records:
        found: Records = {}
        with opened_archive(given, kind) as files:
            spool = Spool()
            made: list[tuple[str, bytes | Input]] = []
            for file in files:
                unpacked = spool.add(file.opened(), file.shown)
                part = io.BytesIO()
                inside = self._work(unpacked, file.name, None)
                found |= inside
                if sink is not None and inside:
                    self._work(unpacked, file.name, part)
                made.append((file.name, part.getvalue() if inside else unpacked))
            if sink is not None:
                _pack(given, kind, made, sink)
        return found


def kind_or_text(given: Input) -> Kind:
    """What a file is; one that no reader takes, and that is text, is looked through as text.

    Raises `FileError` for the others: nobody can say who is in them.
    """
    try:
        return kind_of(given)
    except FileError as error:
        raise_shortage(error)
        with given.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if b"\0" in head or head[:4] in (b"%PDF", b"7z\xbc\xaf", b"Rar!", b"\xfd7zX") or head[:2] == b"PK":
            raise
        return "text"


def leftovers(given: Input, wanted: Sequence[Wanted]) -> bool:
    """Whether any text that a file holds still has what is wanted: also what is no record of it.

    A zip archive (a workbook is one) is looked at part by part.
    """
    with given.open("rb") as stream:
        head = stream.read(4)
    if head == b"PK\x03\x04":
        with given.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            return any(_has(archive.read(info), wanted) for info in archive.infolist())
    with given.open("rb") as stream:
        before = b""
        while block := stream.read(_BLOCK):
            if _has(before + block, wanted):
                return True
            before = block[-_OVERLAP:]
    return False


def _has(content: bytes, wanted: Sequence[Wanted]) -> bool:
    return any(
        each.is_in(text)
        for text in _texts(content)
        for each in wanted
        if each.in_ascii is None or re.search(each.in_ascii.replace("(?i-u:", "(?i:"), text)
    )


def _texts(content: bytes) -> Iterator[str]:
    """Stretches of text in bytes: in UTF-8, and, where there are NULs, in UTF-16."""
    for part in re.split(rb"[\0-\x08\x0e-\x1f<>\n]+", content):
        if len(part) > 5:
            yield part.decode("utf-8", "replace")
    if b"\0" in content:
        yield from (part for part in re.split("[\0-\x1f<>\ufffd]+", content.decode("utf-16-le", "replace")) if part)


def _pack(given: Input, kind: Kind, made: list[tuple[str, bytes | Input]], sink: BinaryIO) -> None:
    if kind == "zip":
        with given.open("rb") as stream, zipfile.ZipFile(stream) as archive, zipfile.ZipFile(sink, "w") as copy:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info, (_, content) in zip(infos, made, strict=True):
                info.compress_type = zipfile.ZIP_DEFLATED
                copy.writestr(info, _content(content))
        return
    [(_, content)] = made
    if kind == "gzip":
        sink.write(gzip.compress(_content(content), mtime=0))
    elif kind == "bzip2":
        sink.write(bz2.compress(_content(content)))
    else:
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(_content(content))


def _content(content: bytes | Input) -> bytes:
    if isinstance(content, bytes):
        return content
    with content.open("rb") as stream:
        return stream.read()
