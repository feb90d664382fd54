"""Finds a person in the files of a workspace: raw drops and other files of records, and Delta tables.

A record of a drop and the rows of results that came from it are the person's together, whichever was found.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl
from sqlalchemy import select

from pipeline.erasing.found import Found, Spot, unread
from pipeline.erasing.person import Person
from pipeline.erasing.places import vendor_of
from pipeline.erasing.record_files import CannotEraseError, Known, RecordFile, Records
from pipeline.erasing.where_to_look import Where
from pipeline.ledger.database import Ledger
from pipeline.ledger.tables import drops
from pipeline.results.decisions import RECORD, TABLE
from pipeline.results.folder import scan
from pipeline.results.manifest_file import read_manifest
from schemas.errors import LeadscrubError
from schemas.files.inputs import LocalFile
from schemas.layout import Layout
from schemas.manifest import Manifest
from schemas.support.figures import counted
from schemas.support.shortage import raise_shortage

#: What tells the records of a drop apart. Several objects of a JSON file may be on one line: it then tells nothing.
_ORIGIN: Final = ("source_file", "source_sha256", "source_sheet", "source_line")


def find_in_files(where: Where, person: Person, ledger: Ledger | None, found: Found) -> None:
    """Look through files; then rows of results that came from what was found there are the person's as well."""
    whole = [out for out in where.places.results if out not in found.damaged]
    manifests = {out: manifest for out in whole if (manifest := manifest_of(out)) is not None}
    sizes = {file.bytes for out in found.rows if out in manifests for file in manifests[out].inputs}
    originals = _originals(ledger)
    lines = _lines_of_rows(found.rows)
    for path in where.places.files:
        sha256 = originals.get(str(path.absolute())) or (_sha256(path) if path.stat().st_size in sizes else None)
        _in_file(where, path, person, Known(lines.get(sha256, {}) if sha256 else {}), found)
    by_content: dict[str, list[tuple[Path, Manifest]]] = defaultdict(list)
    for out, manifest in manifests.items():
        for file in manifest.inputs:
            by_content[file.sha256].append((out, manifest))
    for path, records in found.files.items() if by_content else ():
        sha256 = originals.get(str(path.absolute())) or _sha256(path)
        for out, _ in by_content.get(sha256, []):
            if rows := _rows_of_records(out, sha256, records):
                found.rows.setdefault(out, set()).update(rows)


def find_in_delta(where: Where, person: Person, found: Found) -> None:
    """Delta tables: what is in an earlier version of one is there until the table is vacuumed."""
    for folder in where.places.delta:
        count = 0
        for path in [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]:
            try:
                count += sum(map(len, RecordFile(LocalFile(path), Layout(), person.wanted).find().values()))
            except (LeadscrubError, OSError) as error:
                found.spots.append(unread("table", where.shown(path), _why_unread(error)))
        if count:
            why = "a Delta table, also in its earlier versions: delete the folder, and export again"
            found.spots.append(Spot("table", where.shown(folder), counted(count, "record"), count, "by hand", why))


def record_file(where: Where, path: Path, person: Person, known: Known) -> RecordFile:
    """A file as it is read."""
    vendor = None if where.workspace is None else vendor_of(path, where.workspace)
    layout = where.layouts.get(vendor or "", Layout())
    return RecordFile(LocalFile(path), layout, person.wanted, known, where.recipients)


def manifest_of(out: Path) -> Manifest | None:
    """The manifest of a result; None when it cannot be read."""
    try:
        return read_manifest(out)
    except (OSError, ValueError) as error:
        raise_shortage(error)
        return None


def _in_file(where: Where, path: Path, person: Person, known: Known, found: Found) -> None:
    vendor = None if where.workspace is None else vendor_of(path, where.workspace)
    layout = where.layouts.get(vendor or "", Layout())
    try:
        records = RecordFile(LocalFile(path), layout, person.wanted, known).find()
    except (LeadscrubError, OSError) as error:
        found.spots.append(unread("file", where.shown(path), _why_unread(error)))
        return
    if records and path.name in (RECORD, TABLE) and (path.parent / RECORD).is_file():
        hint = "withdraw the review ('leadscrub review withdraw'), delete its folder, and apply it again in other words"
        found.spots.append(Spot("review", where.shown(path), "names the person", 1, "by hand", hint))
    elif records:
        found.files[path] = records
        found.known[path] = known


def _why_unread(error: LeadscrubError | OSError) -> str:
    """Why a file cannot be looked through; the others are, none the less.

    Raises `ShortageError` when this machine is short of something, which is no file's fault.
    """
    raise_shortage(error)
    why = error.message if isinstance(error, LeadscrubError) else f"it cannot be read: {error.strerror}."
    return f"{why} {error.hint if isinstance(error, CannotEraseError) else 'Look at it yourself.'}"


def _originals(ledger: Ledger | None) -> dict[str, str]:
    """By path, the hash of the content that a raw drop had when it came: it may have been written again since."""
    if ledger is None:
        return {}
    with ledger.reading() as connection:
        kept = select(drops.c.kept_at, drops.c.sha256).where(drops.c.kept_at.is_not(None))
        return {row.kept_at: row.sha256 for row in connection.execute(kept)}


def _origins(out: Path) -> pl.DataFrame:
    """Where the rows of a result came from: ``row_id`` and `_ORIGIN`, without rows whose place others share."""
    both = pl.concat([scan(out, name).select("row_id", *_ORIGIN) for name in ("clean", "rejected")])
    return both.filter(pl.col("source_line").is_not_null(), pl.len().over(_ORIGIN) == 1).collect()


def _lines_of_rows(rows: Mapping[Path, set[int]]) -> dict[str, dict[tuple[str, str], set[int]]]:
    """By content, the lines that rows of results came from, by member of an archive and sheet."""
    lines: dict[str, dict[tuple[str, str], set[int]]] = defaultdict(dict)
    for out, row_ids in rows.items():
        chosen = _origins(out).filter(pl.col("row_id").is_in(sorted(row_ids)))
        for file, sha256, sheet, line in chosen.select(_ORIGIN).rows():
            lines[sha256].setdefault((file.partition("!")[2], sheet or ""), set()).add(line)
    return lines


def _rows_of_records(out: Path, sha256: str, records: Records) -> set[int]:
    """Rows of a result that came from records of a file of this content."""
    found: set[int] = set()
    origins = _origins(out)
    for part, lines in records.items():
        member, _, sheet = part.partition("[")
        member, sheet = member.strip(), sheet.removesuffix("]")
        this = (pl.col("source_sha256") == sha256) & pl.col("source_line").is_in(lines)
        if member:
            this &= pl.col("source_file").str.ends_with(f"!{member}")
        if sheet:
            this &= pl.col("source_sheet").fill_null("").str.replace(r", table \d+$", "") == sheet
        found |= set(origins.filter(this).get_column("row_id").to_list())
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
