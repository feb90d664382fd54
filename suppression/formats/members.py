"""Opens a list's files as streams: plain, gzip, or each file in a zip. Nothing is unpacked to disk or held whole."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.errors import ListError
from schemas.files.stream_guard import GuardedStream, Source, damaged, refuse_bomb

_MAX_MEMBERS: Final = 100_000
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_GZIP: Final = b"\x1f\x8b"
#: First bytes of what users mistake for a list's file.
_FOREIGN: Final = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"\xfd7zXZ\x00", "an xz archive", "Unpack it first."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save it as CSV."),
    (b"%PDF", "a PDF document", "Ask for it as CSV."),
    (b"PAR1", "a Parquet file", "Write it as CSV."),
    (b"SQLite format 3", "a database", "Export it as CSV."),
)


@dataclass(frozen=True)
class Member:
    """One file of a list, open at its start.

    ``name``: its own name, without folders. ``archive``: name of the zip or gzip it is in, else empty.
    ``siblings``: names of all files of the list, itself among them, so far as they are known on opening.
    ``housekeeping``: left in an archive by a file manager, not part of the list.
    """

    name: str
    stream: GuardedStream
    archive: str = ""
    siblings: tuple[str, ...] = ()
    housekeeping: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names that may say what the file holds: its own, or that of the archive when it is alone in it."""
        alone = self.archive and len(self.siblings) <= 1
        return (self.name, self.archive) if alone else (self.name,)


def member_of(name: str, content: bytes, siblings: tuple[str, ...] = ()) -> Member:
    """Make a member of bytes that are at hand already."""
    return Member(name, GuardedStream(io.BytesIO(content), name), siblings=siblings or (name,))


def open_members(paths: Sequence[Path]) -> Iterator[Member]:
    """Open each file, and each file in each zip, one after the other; a member is closed when the next is asked for.

    `ListError`: a file is missing, damaged, locked, of a foreign kind, or an archive that unpacks without end.
    """
    beside = tuple(path.name for path in paths)
    for path in paths:
        _refuse_missing(path)
        with ExitStack() as opened:
            try:
                file = opened.enter_context(path.open("rb"))
                head = file.read(16)
                file.seek(0)
            except OSError as error:
                raise damaged(str(path), error) from error
            if head.startswith(_ZIP):
                yield from _zipped(path, beside)
            elif head.startswith(_GZIP):
                unpacked = opened.enter_context(gzip.GzipFile(fileobj=file))
                inner = path.name.removesuffix(".gz")
                stream = GuardedStream(unpacked, str(path), path.stat().st_size)
                _refuse_foreign(stream.peek(16), str(path))
                yield Member(inner, stream, path.name, beside)
            else:
                _refuse_foreign(head, str(path))
                yield Member(path.name, GuardedStream(file, str(path)), "", beside)


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        raise ListError(f"Suppression list '{path}' does not exist.", "Check the path.")
    if path.is_dir():
        raise ListError(f"Suppression list '{path}' is a folder.", "Name the files in it.")


def _refuse_foreign(head: bytes, name: str) -> None:
    """Archives in archives are refused too: what they hold would never be seen."""
    nested = [(_GZIP, "an archive in an archive", "Unpack it first.")]
    nested += [(magic, "an archive in an archive", "Unpack it first.") for magic in _ZIP]
    for magic, what, hint in (*_FOREIGN, *nested):
        if head.startswith(magic):
            raise ListError(f"Suppression list '{name}' is {what}.", hint)


def _zipped(path: Path, beside: tuple[str, ...]) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise damaged(str(path), error) from error
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        _refuse_archive(path, infos)
        names = tuple(_own_name(info) for info in infos if not _is_housekeeping(info))
        for info in infos:
            name = f"{path}: {info.filename}"
            try:
                opened = archive.open(info)
            except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                raise damaged(name, error) from error
            with opened:
                source: Source = opened
                stream = GuardedStream(source, name, info.compress_size)
                housekeeping = _is_housekeeping(info)
                if not housekeeping:
                    _refuse_foreign(stream.peek(16), name)
                siblings = names if len(beside) == 1 else (*names, *beside)
                yield Member(_own_name(info), stream, path.name, siblings, housekeeping)


def _refuse_archive(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    if any(info.filename == "[Content_Types].xml" for info in infos):
        raise ListError(f"Suppression list '{path}' is a spreadsheet.", "Save it as CSV.")
    if len(infos) > _MAX_MEMBERS:
        raise ListError(
            f"Suppression list '{path}' holds {len(infos):,} files.", "Unpack it and look at what is in it."
        )
    # Against the archive's own size: members that share their bytes would each look harmless.
    refuse_bomb(str(path), path.stat().st_size, sum(info.file_size for info in infos))


def _own_name(info: zipfile.ZipInfo) -> str:
    return info.filename.replace("\\", "/").rsplit("/", 1)[-1]


def _is_housekeeping(info: zipfile.ZipInfo) -> bool:
    name = _own_name(info).lower()
    return "__MACOSX/" in info.filename or name in {".ds_store", "thumbs.db", "desktop.ini"}
