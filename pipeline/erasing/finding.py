"""Finds a person in every place of a workspace, and says of each what becomes of it when the person is erased."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

import polars as pl
from polars.exceptions import PanicException, PolarsError
from pyarrow.lib import ArrowException
from sqlalchemy import select

from pipeline.erasing.person import Person
from pipeline.erasing.places import Places, is_delta, layouts_of, places_in, remote_inboxes, vendor_of
from pipeline.erasing.record_files import CannotEraseError, Known, RecordFile, Records
from pipeline.ledger.database import Ledger
from pipeline.ledger.history_erasing import runs_with
from pipeline.ledger.history_points import Points, email_history_points, joined, phone_history_points
from pipeline.ledger.history_sealing import sealed, secret_of
from pipeline.ledger.tables import drops, rescrubs, returned_rows, runs
from pipeline.proof.chain import entries
from pipeline.proof.run_entry import location
from pipeline.proof.standing import standing_results
from pipeline.results.decisions import RECORD, TABLE
from pipeline.results.exact_search import find_rows
from pipeline.results.folder import PARQUETS, files_of_rows, is_result, is_whole, open_manifest, scan, table_files
from pipeline.results.manifest_file import read_manifest
from pipeline.results.quick_search import QuickSearch
from pipeline.workspace import workspace_facts
from schemas.errors import LeadscrubError
from schemas.files.inputs import LocalFile
from schemas.layout import Layout
from schemas.manifest import Manifest
from schemas.support.figures import counted
from schemas.support.shortage import raise_shortage
from suppression.entries import Index
from suppression.entry_erasing import held_keys, kept_by_law, open_any, versions_on_disk
from suppression.erased import ERASED
from suppression.store import Store

#: What becomes of what was found when the person is erased: it goes, it has to stay, or somebody has to do it by hand.
Fate = Literal["goes", "stays", "by hand"]
#: Results that are looked through at a time.
_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Spot:
    """A place where the person is. ``what``: which records of it; ``why``: why it stays, or what is to be done."""

    kind: str
    where: str
    what: str
    records: int
    fate: Fate = "goes"
    why: str = ""


@dataclass
class Found:
    """Where the person is. ``rows``: of each result; ``files``: records of each file; ``lists``: versions by list.

    ``damaged``: results that nobody can look through.
    """

    rows: dict[Path, set[int]] = field(default_factory=dict)
    columns: dict[Path, set[str]] = field(default_factory=dict)
    files: dict[Path, Records] = field(default_factory=dict)
    known: dict[Path, Known] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    history: set[str] = field(default_factory=set)
    returned: dict[str, set[int]] = field(default_factory=dict)
    damaged: set[Path] = field(default_factory=set)
    spots: list[Spot] = field(default_factory=list)
    at_work: list[Path] = field(default_factory=list)

    def lines_of(self, path: Path) -> Known:
        """Records of a file that are known by their rows in results."""
        return self.known.get(path, Known())

    @property
    def by_hand(self) -> list[Spot]:
        """What somebody has to do, or could not be looked through."""
        return [spot for spot in self.spots if spot.fate == "by hand"]


@dataclass
class Where:
    """Where to look: a workspace, and results besides. ``places``: what was found there."""

    workspace: Path | None
    outs: list[Path]
    places: Places = field(default_factory=Places)
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    recipients: Sequence[str] = ()

    def shown(self, path: Path) -> str:
        """A path as a report shows it."""
        return str(path) if self.workspace is None else location(self.workspace, path)


def look_around(workspace: Path | None, outs: list[Path], ledger: Ledger | None) -> Where:
    """Find out what there is to look through."""
    places = Places() if workspace is None else places_in(workspace)
    results = {path.resolve(): path for path in [*places.results, *outs]}
    # One that was scrubbed by hand may be anywhere: the log knows it.
    logged = () if workspace is None else (workspace / out for out in standing_results(entries(workspace)))
    for path in filter(is_result, logged):
        results.setdefault(path.resolve(), path)
    if ledger is not None:
        with ledger.reading() as connection:
            for table in (runs, rescrubs):
                for (out,) in connection.execute(select(table.c.out).where(table.c.out != "")):
                    if is_result(Path(out)):
                        results.setdefault(Path(out).resolve(), Path(out))
                    elif ledger.engine.dialect.name == "postgresql" and not Path(out).exists():
                        places.foreign[Path(out)] = "a result of the ledger that is on another machine: run it there"
    places.results = list(results.values())
    if workspace is None:
        return Where(None, outs, places)
    known = {path.resolve() for path in places.delta}
    places.delta += [path for path in _exported_delta(workspace) if path.resolve() not in known]
    return Where(workspace, outs, places, layouts_of(workspace), workspace_facts(workspace).at_rest.recipients)


def _exported_delta(workspace: Path) -> list[Path]:
    """Delta tables that the log knows, wherever they are: of an export, and of a Spark job a folder of three."""
    logged = {str(entry.facts.get("to", "")) for entry in entries(workspace) if entry.kind == "export"}
    folders = [workspace / to for to in sorted(logged) if to and "://" not in to]
    return [path for folder in folders for path in (folder, *(folder / name for name in PARQUETS)) if is_delta(path)]


def find_person(where: Where, person: Person, ledger: Ledger | None) -> Found:
    """Find a person everywhere. What cannot be looked through is found, too: somebody has to."""
    found = Found()
    _in_results(where, person, found)
    if where.workspace is not None:
        _in_files(where, person, ledger, found)
        _in_delta(where, person, found)
        _in_lists(where.workspace, person, found)
    if ledger is not None:
        _in_ledger(where, person, ledger, found)
    _describe(where, found)
    return found


def history_points(person: Person) -> Points:
    """The person's points as the contact history has them."""
    phones = pl.Series("key", list(person.sought.phones), dtype=pl.String)
    emails = pl.Series("key", list(person.sought.emails), dtype=pl.String)
    parts = [phone_history_points(phones)] if len(phones) else []
    parts += [email_history_points(emails)] if len(emails) else []
    return joined(parts)


def _in_results(where: Where, person: Person, found: Found) -> None:
    search = QuickSearch(person.wanted)

    def look(out: Path) -> tuple[Path, pl.DataFrame | None]:
        try:
            if not is_whole(out, open_manifest(out)):
                return out, None
            if any(search.may_hold(path) for name in ("clean", "rejected") for path in table_files(out, name)):
                return out, find_rows(out, person.wanted)
            return out, pl.DataFrame(schema={"output": pl.String, "row_id": pl.UInt64, "column": pl.String})
        except (PolarsError, PanicException, ArrowException, OSError, LeadscrubError) as error:
            raise_shortage(error)
            return out, None

    with ThreadPoolExecutor(_AT_ONCE, "find") as pool:
        for out, cells in pool.map(look, where.places.results):
            if cells is None:
                found.damaged.add(out)
                found.spots.append(_unread("result", where.shown(out), "it is damaged"))
            elif len(cells):
                found.rows[out] = set(cells.get_column("row_id").to_list())
                found.columns[out] = set(cells.get_column("column").to_list())


def _in_files(where: Where, person: Person, ledger: Ledger | None, found: Found) -> None:
    """Look through files; then rows of results that came from what was found there are the person's as well."""
    whole = [out for out in where.places.results if out not in found.damaged]
    manifests = {out: manifest for out in whole if (manifest := _manifest(out)) is not None}
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


def _in_file(where: Where, path: Path, person: Person, known: Known, found: Found) -> None:
    vendor = None if where.workspace is None else vendor_of(path, where.workspace)
    layout = where.layouts.get(vendor or "", Layout())
    try:
        records = RecordFile(LocalFile(path), layout, person.wanted, known).find()
    except (LeadscrubError, OSError) as error:
        found.spots.append(_unread("file", where.shown(path), _why_unread(error)))
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


def record_file(where: Where, path: Path, person: Person, known: Known) -> RecordFile:
    """A file as it is read."""
    vendor = None if where.workspace is None else vendor_of(path, where.workspace)
    layout = where.layouts.get(vendor or "", Layout())
    return RecordFile(LocalFile(path), layout, person.wanted, known, where.recipients)


def _manifest(out: Path) -> Manifest | None:
    try:
        return read_manifest(out)
    except (OSError, ValueError) as error:
        raise_shortage(error)
        return None


def _originals(ledger: Ledger | None) -> dict[str, str]:
    """By path, the hash of the content that a raw drop had when it came: it may have been written again since."""
    if ledger is None:
        return {}
    with ledger.reading() as connection:
        kept = select(drops.c.kept_at, drops.c.sha256).where(drops.c.kept_at.is_not(None))
        return {row.kept_at: row.sha256 for row in connection.execute(kept)}


#: What tells the records of a drop apart. Several objects of a JSON file may be on one line: it then tells nothing.
_ORIGIN: Final = ("source_file", "source_sha256", "source_sheet", "source_line")


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


def _in_lists(workspace: Path, person: Person, found: Found) -> None:
    store = Store(workspace / "store")
    for name in store.all_names() if store.folder.is_dir() else []:
        try:
            for version in versions_on_disk(store, name):
                _in_version(store, name, version, person, found)
        except LeadscrubError as error:
            found.spots.append(_unread("list", name, error.message))


def _in_version(store: Store, name: str, version: str, person: Person, found: Found) -> None:
    suppression = open_any(store, version, date.min)
    held = held_keys(suppression, person.sought)
    refused = refused_rows(suppression, person)
    if not held and not len(refused):
        return
    kind = suppression.facts.kind
    law = "the list by which who was erased is not taken in again" if name == ERASED else kept_by_law(kind)
    words = _held_in_words(held, len(refused))
    current = store.history(name).current
    which = "the current version" if version == current else f"version {version[:12]}, which was replaced"
    if law is None:
        found.lists.setdefault(name, set()).add(version)
        found.spots.append(Spot("list", name, f"{kind}, {which}: {words}", 1))
    else:
        found.spots.append(Spot("list", name, f"{kind}, {which}: {words}", 1, "stays", law))


def refused_rows(suppression: object, person: Person) -> pl.Series:
    """Rows of a version's refused entries that have the person."""
    from pipeline.results.exact_search import search_frame  # noqa: PLC0415

    table = suppression.refused_table  # type: ignore[attr-defined]  # a SuppressionList
    if table is None:
        return pl.Series(dtype=pl.UInt32)
    rows = table.read().select("text").with_row_index("at")
    at: pl.Series = search_frame(rows.lazy(), person.wanted, "at").get_column("at").unique().sort()
    return at


def _held_in_words(held: dict[Index, pl.Series], refused: int) -> str:
    names = {"phones": "phone", "emails": "email", "digests": "hash"}
    words = [names[index] for index in held if index in names]
    return ", ".join([*words, *(["refused entry"] if refused else [])])


def _in_ledger(where: Where, person: Person, ledger: Ledger, found: Found) -> None:
    points = history_points(person)
    if len(points):
        try:
            found.history = runs_with(ledger, sealed(points, secret_of(ledger)))
        except LeadscrubError as error:
            found.spots.append(_unread("history", "contact history", error.message))
    run_ids = {out: manifest.run_id for out in found.rows if (manifest := _manifest(out)) is not None}
    with ledger.reading() as connection:
        for out, run_id in run_ids.items():
            this = select(returned_rows.c.row_id).where(returned_rows.c.run_id == run_id)
            if rows := set(connection.execute(this).scalars()) & found.rows[out]:
                found.returned[run_id] = rows


def _describe(where: Where, found: Found) -> None:
    for out, rows in sorted(found.rows.items()):
        numbers = ", ".join(map(str, sorted(rows)[:20])) + (" …" if len(rows) > 20 else "")
        columns = f" ({', '.join(sorted(found.columns[out]))})" if out in found.columns else " (by its source record)"
        files = f" in {', '.join(files_of_rows(out, rows))}" if (out / "clean").is_dir() else ""
        found.spots.append(Spot("result", where.shown(out), f"row {numbers}{columns}{files}", len(rows)))
    for path, records in sorted(found.files.items()):
        law = where.places.kept.get(Path(path).absolute())
        parts = [f"{part} line {', '.join(map(str, lines[:20]))}".strip() for part, lines in records.items()]
        count = sum(map(len, records.values()))
        fate: Fate = "goes" if law is None else "stays"
        found.spots.append(Spot("file", where.shown(path), "; ".join(parts), count, fate, law or ""))
    for path in [path for path in found.files if path.absolute() in where.places.kept]:
        del found.files[path]
    if found.history:
        found.spots.append(
            Spot("history", "contact history", f"of {counted(len(found.history), 'run')}", len(found.history))
        )
    for run_id, rows in found.returned.items():
        found.spots.append(Spot("returns", f"run {run_id[:12]}", "keyed hashes of rows that went back", len(rows)))
    found.spots += [_unread(*each) for each in _not_looked_through(where)]


def _not_looked_through(where: Where) -> Iterator[tuple[str, str, str]]:
    for path, why in where.places.foreign.items():
        yield "file", where.shown(path), why
    for path in where.places.begun:
        yield "result", where.shown(path), "a run is making it, or a kill left it: erasing removes what a kill left"
    for vendor in remote_inboxes(where.workspace) if where.workspace is not None else ():
        yield "inbox", f"inbox of {vendor}", "it is on another machine; files there are the vendor's"


def _in_delta(where: Where, person: Person, found: Found) -> None:
    """Delta tables: what is in an earlier version of one is there until the table is vacuumed."""
    for folder in where.places.delta:
        count = 0
        for path in [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]:
            try:
                count += sum(map(len, RecordFile(LocalFile(path), Layout(), person.wanted).find().values()))
            except (LeadscrubError, OSError) as error:
                found.spots.append(_unread("table", where.shown(path), _why_unread(error)))
        if count:
            why = "a Delta table, also in its earlier versions: delete the folder, and export again"
            found.spots.append(Spot("table", where.shown(folder), counted(count, "record"), count, "by hand", why))


def _unread(kind: str, where: str, why: str) -> Spot:
    return Spot(kind, where, "not looked through", 0, "by hand", why)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
