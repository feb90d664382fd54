"""Exports rows of a result: checks whether they may leave, writes the file whole or not at all, and records it."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from pipeline.exporting.files import FileForm, Target, check_fits, target_of, write_file
from pipeline.exporting.lake_tables import EXPORT, LakeTable, open_delta, open_iceberg
from pipeline.exporting.layout_columns import find_export_layout, layout_columns
from pipeline.exporting.own_columns import own_columns
from pipeline.exporting.permission import accepted, check_may_leave, check_not_held, check_not_withdrawn, check_valid
from pipeline.exporting.record import export_entry, workspace_of_result
from pipeline.exporting.rows import ResultRows, RowKind, open_rows
from pipeline.exporting.table import Selection, Source, Tally
from pipeline.ledger.logged import Log, logged_change
from pipeline.reading.tables.opening import with_properties
from pipeline.reading.tables.urls import DELTA_LOG
from pipeline.results.folder import named_files
from pipeline.results.manifest_file import manifest_digest, read_manifest
from pipeline.results.publish import publish, publish_file, staged_file
from pipeline.results.writer import output_file
from pipeline.workspace import workspace_facts
from schemas.errors import OutputError, UsageError
from schemas.export_layout import ExportLayout
from schemas.files.age_files import checked_recipients, move_encrypted
from schemas.support.interrupts import interrupts_wait
from schemas.support.places import refuse_link

#: Kinds of tables that have versions of their own.
_LAKES: Final = ("delta", "iceberg")


@dataclass(frozen=True)
class ExportRequest:
    """An export as the command line asks for it. ``to``: a .csv, .xlsx or .parquet file, ``delta:FOLDER``, or
    ``iceberg://CATALOG/namespace.table``.

    ``columns``: the vendor's own and what may be done with the row (None), ``contact``, ``all``, or names with commas.
    ``layout``: name or file of an export layout, instead of columns. ``as_of``: the day on which the rows are used.
    ``at``: the instant that the record names. ``encrypt_to``: for whom a file that ends in .age is encrypted, by
    default the workspace's recipients.
    """

    folder: Path
    to: str
    as_of: date
    rows: RowKind = "clean"
    columns: str | None = None
    layout: str | None = None
    allow_expired: bool = False
    accept_held: bool = False
    force: bool = False
    at: datetime | None = None
    encrypt_to: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Exported:
    """What an export came to. ``path``: of the file or the folder; the URL of a catalogue's table.

    ``left_out``: sentences about what is not in it. ``recorded``: in which workspace. ``comes_from``: columns of the
    result that each of its ``columns`` is made of.
    """

    path: Path | str
    rows: int
    columns: list[str]
    sha256: str | None
    left_out: list[str] = field(default_factory=list)
    recorded: Path | None = None
    comes_from: list[list[str]] = field(default_factory=list)


def check_target(to: str, folder: Path, *, force: bool) -> Target:
    """Check where an export is to go, before anything is done for it.

    A table may be there already as an export of the result that is in ``folder``. Raises `UsageError` when it cannot be
    written there, `OutputError` when something else is there already.
    """
    target = target_of(to)
    if target.table is None and folder.resolve() in {target.path.resolve(), *target.path.resolve().parents}:
        raise UsageError(
            f"'{target.path}' is in the result's folder, which holds what its run wrote and nothing else.",
            "Name a file elsewhere.",
        )
    if target.kind in _LAKES:
        _check_table(target, folder, force=force)
    elif target.path.exists() and not force:
        raise OutputError(f"'{target.path}' exists already.", "Name another file, or replace it with --force.")
    return target


def _check_table(target: Target, folder: Path, *, force: bool) -> None:
    if target.table is None:
        refuse_link(target.path)
        there = any(target.path.iterdir()) if target.path.is_dir() else target.path.exists()
        if there and not (target.path / DELTA_LOG).is_dir():
            raise OutputError(f"'{target.path}' is no Delta table.", "Name a new folder.")
    last = _lake_table(target, folder).last_export()
    if last is None or force:
        return
    with suppress(OSError, ValueError):
        if read_manifest(folder).run_id == last.get("run_id"):
            return
    raise _exists(target)


def _exists(target: Target) -> OutputError:
    return OutputError(f"'{target.where}' exists already.", "Name another table, or replace it with --force.")


def _lake_table(target: Target, folder: Path) -> LakeTable:
    if target.table is None:
        return open_delta(target.path)
    workspace = workspace_of_result(folder)
    known = {} if workspace is None else workspace_facts(workspace).remote.catalogs
    return open_iceberg(with_properties(target.table, known))


def export(request: ExportRequest) -> Exported:
    """Write rows of a result to a file that appears when it is complete.

    Raises `UsageError`, `ConfigError` or `DropError` when what is asked for cannot be had, `ListError` when rows are no
    longer valid, `HeldError` when the result is held, `OutputError` when the file exists or cannot hold the rows.
    """
    if request.layout is not None and (request.columns is not None or request.rows != "clean"):
        raise UsageError(
            "A layout has its own columns, and takes clean rows alone: no others may be contacted.",
            "Leave out --columns and --rows, or --for.",
        )
    target = check_target(request.to, request.folder, force=request.force)
    layout = None if request.layout is None else find_export_layout(request.layout)
    rows = open_rows(request.folder, request.rows)
    check_not_withdrawn(request.folder, rows.manifest)
    if not request.accept_held:
        check_not_held(rows.manifest)
    if not request.allow_expired:
        check_valid(rows, request.as_of)
    if layout is not None:
        check_may_leave(rows.manifest, layout, layout.title)
    selection: Selection = own_columns(rows, request.columns) if layout is None else layout_columns(rows, layout)
    source = Source(selection, lambda: rows.parts(selection.reads))
    check_fits(target, source)
    return _written(request, rows, layout, target, source)


def _written(
    request: ExportRequest, rows: ResultRows, layout: ExportLayout | None, target: Target, source: Source
) -> Exported:
    workspace = workspace_of_result(request.folder)
    names = [column.name for column in source.selection.columns]
    metadata = {"run_id": rows.manifest.run_id, "as_of": request.as_of.isoformat()}
    form = FileForm(request.as_of)
    if layout is not None:
        form = FileForm(request.as_of, header=layout.header, delimiter=layout.delimiter)

    def entry(log: Log, tally: Tally, sha256: str | None) -> None:
        if log.workspace is None:
            return
        facts = {
            "as_of": request.as_of.isoformat(),
            "manifest_sha256": manifest_digest(rows.folder),
            "rows": {rows.kind: tally.written},
            "columns": names,
            "layout": request.layout,
            "passes_on": "none" if layout is None else layout.passes_on,
            "sha256": sha256,
            "accepted": accepted((("expired", request.allow_expired), ("held", request.accept_held))),
        }
        at = request.at or datetime.now(UTC)
        log.append(export_entry(log.workspace, rows.manifest, target.where, at, facts))

    if target.kind in _LAKES:
        named = {**metadata, EXPORT: _export_id(request, rows, layout, names)}
        tally = _written_to_lake(target, _lake_table(target, request.folder), source, named, force=request.force)
        # Its own log is the record of what is in it: nobody reads a table before its commit.
        with logged_change(workspace) as log:
            entry(log, tally, None)
        return _exported(target, tally, source.selection, None, workspace)
    recipients = _recipients(request, target, workspace)
    with staged_file(target.path, force=request.force) as staging:
        tally = write_file(staging / (target.inner or target.path.name), target.kind, source, form, metadata)
        if target.inner:
            move_encrypted(staging / target.inner, staging / target.path.name, recipients)
        digest = output_file(staging / target.path.name, tally.written).sha256
        # The entry comes first: there is no file without one.
        with interrupts_wait(f"'{target.path}' is complete"), logged_change(workspace) as log:
            entry(log, tally, digest)
            publish_file(staging, target.path)
    return _exported(target, tally, source.selection, digest, workspace)


def _export_id(request: ExportRequest, rows: ResultRows, layout: ExportLayout | None, names: list[str]) -> str:
    """A hash of what an export's rows depend on: the result as it is now, which of its rows, and which columns."""
    spelled = None if layout is None else layout.model_dump_json()
    written = "".join(file.sha256 for file in named_files(rows.manifest, rows.table).values())
    facts = [rows.manifest.run_id, written, rows.kind, request.columns, spelled, names]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _written_to_lake(
    target: Target, table: LakeTable, source: Source, metadata: dict[str, str], *, force: bool
) -> Tally:
    """Write a table's next version, unless its latest is this very export."""
    last = table.last_export()
    if last is not None and last.get(EXPORT) == metadata[EXPORT]:
        tally = Tally()
        for _ in source.frames(tally):
            pass
        return tally
    if last is not None and not force:
        raise _exists(target)
    if last is not None or target.table is not None:
        return table.write(source, metadata)
    with staged_file(target.path, force=True) as staging:
        made = staging / target.path.name
        tally = open_delta(made).write(source, metadata)
        with interrupts_wait(f"'{target.path}' is complete"):
            publish(made, target.path)
    return tally


def _recipients(request: ExportRequest, target: Target, workspace: Path | None) -> list[str]:
    """For whom the file is encrypted. Raises `UsageError` when it is to be and nobody is named, or the other way."""
    if not target.inner:
        if request.encrypt_to:
            raise UsageError("--encrypt-to needs a file that ends in .age.", f"Name '{request.to}.age'.")
        return []
    named = request.encrypt_to or ([] if workspace is None else workspace_facts(workspace).at_rest.recipients)
    if not named:
        raise UsageError(
            f"'{request.to}' is to be encrypted, and nobody is named for whom.",
            "Add --encrypt-to age1…, or recipients in [at_rest] of leadscrub.toml.",
        )
    return checked_recipients(named)


def _exported(
    target: Target, tally: Tally, selection: Selection, sha256: str | None, workspace: Path | None
) -> Exported:
    names = [column.name for column in selection.columns]
    left_out = [why.sentence(count) for why, count in tally.left_out.items()]
    return Exported(target.where, tally.written, names, sha256, left_out, workspace, selection.comes_from)
