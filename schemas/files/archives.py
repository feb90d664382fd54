"""Unpacks what came packed: gzip, zstandard, bzip2, and each file in a zip. One level only."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

import pyarrow as pa

from schemas.errors import FileError
from schemas.files.inputs import Delivery, Input
from schemas.files.kinds import SUFFIXES, Kind, kind_of
from schemas.files.limits import MAX_MEMBERS, bomb_watch, refuse_bomb
from schemas.files.spool import Spool, Spooled, Stream

_PACKED: Final[tuple[Kind, ...]] = ("zip", "gzip", "zstd", "bzip2")
_DAMAGE: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
_ENCRYPTED: Final = 1


@dataclass(frozen=True)
class Member:
    """A file out of an archive. ``name`` is what outputs call it; ``notes`` are sentences about its archive."""

    name: str
    input: Spooled
    kind: Kind
    notes: tuple[str, ...] = field(default=())


def is_packed(kind: Kind) -> bool:
    """Whether a file of this kind must be unpacked before it can be read."""
    return kind in _PACKED


def unpack(given: Input, name: str, kind: Kind, spool: Spool) -> list[Member]:
    """Unpack into the spool. `FileError`: damaged, locked, a bomb, an archive in an archive, a name that leads away."""
    with given.open("rb") as stream:
        delivery = Delivery(_sha256(stream), given.size)
        stream.seek(0)
        try:
            if kind == "zip":
                return _files_of_zip(stream, given, name, delivery, spool)
            opened = _OPENERS[kind](stream)
            unpacked = spool.add(opened, str(given), delivery, bomb_watch(str(given), given.size))
        except _DAMAGE as error:
            raise _damaged(str(given), error) from error
    return [Member(name, unpacked, _plain(unpacked))]


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _zstandard(stream: BinaryIO) -> Stream:
    return cast(Stream, pa.CompressedInputStream(stream, "zstd"))


def _gzipped(stream: BinaryIO) -> Stream:
    return gzip.GzipFile(fileobj=stream)


_OPENERS: Final[dict[str, Callable[[BinaryIO], Stream]]] = {
    "gzip": _gzipped,
    "bzip2": bz2.BZ2File,
    "zstd": _zstandard,
}


def _files_of_zip(stream: BinaryIO, given: Input, name: str, delivery: Delivery, spool: Spool) -> list[Member]:
    with zipfile.ZipFile(stream) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not _is_housekeeping(info)]
        _refuse_archive(given, infos)
        wanted = [info for info in infos if info.filename.lower().endswith(SUFFIXES)]
        if len(infos) == 1:
            wanted = infos
        if not wanted:
            raise FileError(
                f"'{given}' holds no file that could be a drop.", f"Known are files that end in {' '.join(SUFFIXES)}."
            )
        left = [info.filename for info in infos if info not in wanted]
        notes = (f"of '{given}', not read: {', '.join(left)}",) if left else ()
        members: list[Member] = []
        unpacked = 0
        for info in wanted:
            shown = f"{given}!{info.filename}"
            try:
                with archive.open(info) as opened:
                    member = spool.add(opened, shown, delivery, bomb_watch(str(given), given.size, unpacked))
            except _DAMAGE as error:
                raise _damaged(shown, error) from error
            unpacked += member.size
            members.append(Member(f"{name}!{info.filename}", member, _plain(member), notes))
            notes = ()
        return members


def _plain(unpacked: Spooled) -> Kind:
    kind = kind_of(unpacked)
    if is_packed(kind):
        raise FileError(f"'{unpacked}' is an archive in an archive.", "Unpack the outer one first.")
    return kind


def _refuse_archive(given: Input, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS:
        raise FileError(
            f"'{given}' holds {len(infos):,} files; at most {MAX_MEMBERS:,} are read.",
            "Unpack it and look at what is in it.",
        )
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or not info.filename.isprintable():
            raise FileError(
                f"'{given}' holds a file whose name leads out of it: {info.filename!a}.",
                "Ask the sender what it is; unpack it by hand if it can be trusted.",
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FileError(
                f"'{given}' holds a link in place of a file: '{info.filename}'.", "Ask for the file itself."
            )
        if info.flag_bits & _ENCRYPTED:
            raise FileError(f"'{given}' is locked with a password.", "Unpack it and name the files in it.")
    # Against the archive's own size: members that share their bytes would each look harmless.
    refuse_bomb(str(given), given.size, sum(info.file_size for info in infos))


def _is_housekeeping(info: zipfile.ZipInfo) -> bool:
    """Whether a file manager left the file there."""
    own = info.filename.rpartition("/")[2].lower()
    return "__MACOSX/" in info.filename or own in {".ds_store", "thumbs.db", "desktop.ini"}


def _damaged(shown: str, error: Exception) -> FileError:
    why = str(error).rstrip(".") or type(error).__name__
    return FileError(f"'{shown}' cannot be unpacked: {why}.", "It is damaged or cut off: ask for it again.")
