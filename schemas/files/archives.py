"""Unpacks what came packed: gzip, zstandard, bzip2, and each file in a zip. One level only."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

import pyarrow as pa

from schemas.errors import FileError
from schemas.files.inputs import Delivery, Input
from schemas.files.kinds import SUFFIXES, Kind, kind_of
from schemas.files.limits import bomb_watch, limits, refuse_bomb
from schemas.files.spool import Spool, Spooled, Stream
from schemas.files.stream_guard import DAMAGE, GuardedStream, damaged
from schemas.support.shown import printable

_PACKED: Final[tuple[Kind, ...]] = ("zip", "gzip", "zstd", "bzip2")
_ENCRYPTED: Final = 1


@dataclass(frozen=True)
class PackedFile:
    """A file in an archive, to be opened while the archive is.

    ``name``: as the archive spells it, `printable`; empty where it has no names. ``shown``: what people call it.
    ``housekeeping``: a file manager left it there.
    """

    name: str
    shown: str
    housekeeping: bool
    opened: Callable[[], GuardedStream] = field(repr=False)


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


@contextmanager
def opened_archive(given: Input, kind: Kind) -> Iterator[list[PackedFile]]:
    """Open an archive of a packed kind for its files, in its own order. Nothing is unpacked before it is read.

    Raises `FileError`: damaged, locked, a bomb, too many files, a name that leads away. So do the files' streams.
    """
    shown = str(given)
    with given.open("rb") as stream:
        if kind != "zip":
            with _unpacked(kind, stream, shown) as unpacked:
                guarded = GuardedStream(unpacked, shown, packed=True, watch=bomb_watch(shown, given.size))
                yield [PackedFile("", shown, housekeeping=False, opened=lambda: guarded)]
            return
        try:
            archive = zipfile.ZipFile(stream)
        except DAMAGE as error:
            raise damaged(shown, error) from error
        with archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_archive(given, infos)
            yield _files(archive, infos, given)


@contextmanager
def _unpacked(kind: Kind, stream: BinaryIO, shown: str) -> Iterator[Stream]:
    try:
        opened = _OPENERS[kind](stream)
    except DAMAGE as error:
        raise damaged(shown, error) from error
    yield opened


def _files(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], given: Input) -> list[PackedFile]:
    streams: list[GuardedStream] = []

    def watch(_: int) -> None:
        # Members that share their bytes would each look harmless.
        refuse_bomb(str(given), given.size, sum(stream.total for stream in streams))

    def opener(info: zipfile.ZipInfo, shown: str) -> Callable[[], GuardedStream]:
        def opened() -> GuardedStream:
            try:
                source = archive.open(info)
            except DAMAGE as error:
                raise damaged(shown, error) from error
            streams.append(GuardedStream(source, shown, packed=True, watch=watch))
            return streams[-1]

        return opened

    return [
        PackedFile(
            printable(info.filename), shown := f"{given}!{info.filename}", _is_housekeeping(info), opener(info, shown)
        )
        for info in infos
    ]


def unpack(given: Input, name: str, kind: Kind, spool: Spool) -> list[Member]:
    """Unpack what could be a drop into the spool; notes say what could not. Raises `FileError` as `opened_archive`."""
    delivery = given.delivery
    if delivery is None:
        with given.open("rb") as stream:
            delivery = Delivery(_sha256(stream), given.size)
    with opened_archive(given, kind) as packed:
        files = [file for file in packed if not file.housekeeping]
        wanted = [file for file in files if file.name.lower().endswith(SUFFIXES)] if len(files) != 1 else files
        if not wanted:
            raise FileError(
                f"'{given}' holds no file that could be a drop.", f"Known are files that end in {' '.join(SUFFIXES)}."
            )
        left = [file.name for file in files if file not in wanted]
        notes = (f"of '{given}', not read: {', '.join(left)}",) if left else ()
        members = []
        for file in wanted:
            unpacked = spool.add(file.opened(), file.shown, delivery)
            own = f"{name}!{file.name}" if file.name else name
            members.append(Member(own, unpacked, kind_of_unpacked(unpacked), notes))
            notes = ()
        return members


def kind_of_unpacked(unpacked: Spooled) -> Kind:
    """Find out what came out of an archive. Raises `FileError` when it is an archive again."""
    kind = kind_of(unpacked)
    if is_packed(kind):
        raise FileError(f"'{unpacked}' is an archive in an archive.", "Unpack the outer one first.")
    return kind


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


def _refuse_archive(given: Input, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > limits().max_members:
        raise FileError(
            f"'{given}' holds {len(infos):,} files; at most {limits().max_members:,} are read (max_members).",
            "Unpack it and look at what is in it.",
        )
    for info in infos:
        if _is_housekeeping(info):
            continue
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", info.filename):
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
    # Against the archive's own size, before anything is unpacked.
    refuse_bomb(str(given), given.size, sum(info.file_size for info in infos if not _is_housekeeping(info)))


def _is_housekeeping(info: zipfile.ZipInfo) -> bool:
    """Whether a file manager left the file there."""
    own = info.filename.replace("\\", "/").rpartition("/")[2].lower()
    return "__MACOSX/" in info.filename or own in {".ds_store", "thumbs.db", "desktop.ini"}
