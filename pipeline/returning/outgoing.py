"""Writes what goes back into files of the workspace, and reserves their rows in the ledger in the same step.

A file is complete under a hidden name before the ledger names it, and gets its own name after that. A crash at any
instant leaves rows that are open and a hidden file that nobody knows (which the next call removes), or rows that are
reserved and a file that is there (which the next call names).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, insert, select

from pipeline.ledger.database import stamp
from pipeline.ledger.tables import return_files, returned_rows
from pipeline.returning.decisions import OpenRun, VendorReturns
from pipeline.returning.files import MOST_ROWS, file_form, write_file
from pipeline.returning.rows import original_rows
from schemas.contracts import ReturnTerms
from schemas.errors import OutputError
from schemas.support.durable import sync_path
from schemas.support.places import new_file, refuse_links


@dataclass(frozen=True)
class Outgoing:
    """A written file of returns."""

    path: Path
    vendor: str
    rows: int
    credit: Decimal | None
    sha256: str


def folder_of(workspace: Path, vendor: str) -> Path:
    """Where a vendor's files are written."""
    return workspace / "outgoing" / vendor


def write_returns(connection: Connection, workspace: Path, plan: VendorReturns, now: datetime) -> list[Outgoing]:
    """Write what is returnable and reserve it. Call `name_files` when the transaction has ended.

    Raises `OutputError` when the folder cannot be written.
    """
    if plan.terms is None or plan.returnable.is_empty():
        return []
    folder = folder_of(workspace, plan.vendor.name)
    refuse_links(folder, workspace)
    try:
        for made in (folder.parent, folder):
            made.mkdir(mode=0o700, exist_ok=True)
        _remove_unknown(connection, folder)
        most = MOST_ROWS[plan.terms.format] or len(plan.rows)
        return [_written(connection, folder, plan, plan.terms, part, now) for part in plan.returnable.iter_slices(most)]
    except OSError as error:
        raise OutputError(
            f"'{folder}' cannot be written: {error.strerror}.", "Free space or fix the permissions."
        ) from error


def name_files(connection: Connection, workspace: Path, vendor: str) -> None:
    """Give files their names that the ledger knows and that are complete, but still hidden."""
    folder = folder_of(workspace, vendor)
    refuse_links(folder, workspace)
    for name in connection.execute(select(return_files.c.file).where(return_files.c.vendor == vendor)).scalars():
        if not (folder / name).exists() and _hidden(folder, name).exists():
            with suppress(FileNotFoundError):  # another process does the same at this moment
                _hidden(folder, name).replace(folder / name)
            sync_path(folder)


def hide_file(workspace: Path, vendor: str, name: str) -> Path:
    """Take a file's name away again, within the transaction in which the ledger forgets it."""
    folder = folder_of(workspace, vendor)
    with suppress(FileNotFoundError):
        (folder / name).replace(_hidden(folder, name))
    return _hidden(folder, name)


def _hidden(folder: Path, name: str) -> Path:
    return folder / f".{name}.new"


def _remove_unknown(connection: Connection, folder: Path) -> None:
    """Remove what a crash left before its rows were reserved: nobody else is writing, since this is a transaction."""
    known = set(connection.execute(select(return_files.c.file)).scalars())
    for path in folder.glob(".*.new"):
        if path.name[1 : -len(".new")] not in known:
            path.unlink(missing_ok=True)


def _written(
    connection: Connection, folder: Path, plan: VendorReturns, terms: ReturnTerms, rows: pl.DataFrame, now: datetime
) -> Outgoing:
    vendor = plan.vendor
    phrased = rows.with_columns(
        phrase=pl.col("reason").replace_strict(
            {code: terms.phrase_for(code) for code in rows.get_column("reason").unique()}, return_dtype=pl.String
        )
    )
    lines = phrased.select(pl.concat_str("run_id", "row_id", "phrase", separator=" ")).to_series()
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    day = now.date()
    name = f"{vendor.name}-{day}-{digest}.{terms.format}"
    runs = [plan.open[run_id] for run_id in rows.get_column("run_id").unique(maintain_order=True)]
    columns = dict.fromkeys(column for each in runs for column in each.columns)
    form = file_form(terms, columns, has_unreadable=bool(rows.get_column("unreadable").any()))
    path = _hidden(folder, name)
    new_file(path).close()
    write_file(path, form, _parts(runs, phrased), day)
    sync_path(path)
    made = Outgoing(folder / name, vendor.name, len(rows), plan.credit(len(rows)), sha256_of(path))
    connection.execute(
        insert(return_files).values(
            file=name,
            vendor=vendor.name,
            made_at=stamp(now),
            rows=made.rows,
            credit=None if made.credit is None else float(made.credit),
            sha256=made.sha256,
            state="written",
        )
    )
    reserved = phrased.select(
        "key",
        "content",
        "run_id",
        "row_id",
        "reason",
        vendor=pl.lit(vendor.name),
        state_code="state",
        file=pl.lit(name),
    )
    connection.execute(insert(returned_rows), reserved.to_dicts())
    return made


def _parts(runs: list[OpenRun], rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Originals with their phrases, in the order of the plan: run by run, and rows as they were read."""
    for each in runs:
        chosen = rows.filter(pl.col("run_id") == each.run.run_id).select("row_id", "phrase")
        wanted = pl.col("row_id").is_in(chosen.get_column("row_id").implode())
        for part in original_rows(each.run, wanted):
            yield part.join(chosen, on="row_id", how="inner", maintain_order="left")


def sha256_of(path: Path) -> str:
    """Hash a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
