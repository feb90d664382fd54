"""Finds a person in every place of a workspace, and says of each what becomes of it when the person is erased."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError
from pyarrow.lib import ArrowException
from sqlalchemy import select

from pipeline.erasing.finding_files import find_in_delta, find_in_files, manifest_of
from pipeline.erasing.finding_lists import find_in_lists
from pipeline.erasing.found import Fate, Found, Spot, unread
from pipeline.erasing.person import Person
from pipeline.erasing.places import remote_inboxes
from pipeline.erasing.where_to_look import Where
from pipeline.ledger.database import Ledger
from pipeline.ledger.history_erasing import runs_with
from pipeline.ledger.history_points import Points, email_history_points, joined, phone_history_points
from pipeline.ledger.history_sealing import sealed, secret_of
from pipeline.ledger.tables import returned_rows
from pipeline.results.exact_search import find_rows
from pipeline.results.folder import files_of_rows, is_whole, open_manifest, table_files
from pipeline.results.quick_search import QuickSearch
from schemas.errors import LeadscrubError
from schemas.support.figures import counted
from schemas.support.shortage import raise_shortage

#: Results that are looked through at a time.
_AT_ONCE: Final = 2


def find_person(where: Where, person: Person, ledger: Ledger | None) -> Found:
    """Find a person everywhere. What cannot be looked through is found, too: somebody has to."""
    found = Found()
    _in_results(where, person, found)
    if where.workspace is not None:
        find_in_files(where, person, ledger, found)
        find_in_delta(where, person, found)
        find_in_lists(where.workspace, person, found)
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
                found.spots.append(unread("result", where.shown(out), "it is damaged"))
            elif len(cells):
                found.rows[out] = set(cells.get_column("row_id").to_list())
                found.columns[out] = set(cells.get_column("column").to_list())


def _in_ledger(where: Where, person: Person, ledger: Ledger, found: Found) -> None:
    points = history_points(person)
    if len(points):
        try:
            found.history = runs_with(ledger, sealed(points, secret_of(ledger)))
        except LeadscrubError as error:
            found.spots.append(unread("history", "contact history", error.message))
    run_ids = {out: manifest.run_id for out in found.rows if (manifest := manifest_of(out)) is not None}
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
    found.spots += [unread(*each) for each in _not_looked_through(where)]


def _not_looked_through(where: Where) -> Iterator[tuple[str, str, str]]:
    for path, why in where.places.foreign.items():
        yield "file", where.shown(path), why
    for path in where.places.begun:
        yield "result", where.shown(path), "a run is making it, or a kill left it: erasing removes what a kill left"
    for vendor in remote_inboxes(where.workspace) if where.workspace is not None else ():
        yield "inbox", f"inbox of {vendor}", "it is on another machine; files there are the vendor's"
