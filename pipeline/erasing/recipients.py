"""Who has a person's data from this workspace, as its log and ledger know, and by what else the person is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from sqlalchemy import select

from pipeline.erasing.found import Found
from pipeline.erasing.person import Person
from pipeline.ledger.database import Ledger
from pipeline.ledger.tables import return_files, returned_rows
from pipeline.proof.chain import entries
from pipeline.results.folder import scan
from pipeline.results.manifest_file import read_manifest
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.email import email_key
from schemas.masking import mask


def recipients(workspace: Path | None, ledger: Ledger | None, found: Found) -> list[str]:
    """Sentences about exports and returns with the person's rows: whoever got them is to be told (GDPR Article 19)."""
    if workspace is None:
        return []
    run_ids = {read_manifest(out).run_id for out in found.rows}
    told = [
        f"rows of run {entry.subject[:12]} were exported to {entry.facts.get('to')} on {entry.at[:10]}"
        for entry in entries(workspace)
        if entry.kind == "export" and entry.subject in run_ids
    ]
    return [*told, *(() if ledger is None else _returned(ledger, found))]


def _returned(ledger: Ledger, found: Found) -> Iterator[str]:
    with ledger.reading() as connection:
        for run_id, rows in found.returned.items():
            files = (
                select(return_files.c.file, return_files.c.vendor, return_files.c.delivered_at)
                .join(returned_rows, returned_rows.c.file == return_files.c.file)
                .where(returned_rows.c.run_id == run_id, returned_rows.c.row_id.in_(sorted(rows)))
                .distinct()
            )
            for row in connection.execute(files):
                when = f"on {row.delivered_at[:10]}" if row.delivered_at else "not delivered yet"
                yield f"rows went back to {row.vendor} in {row.file}, {when}"


def also_known_by(person: Person, found: Found) -> list[str]:
    """Masked, other phones and emails of the rows that were found: the person's, or of somebody with whom they share
    one."""
    points: set[str] = set()
    for out, rows in found.rows.items():
        for name in ("clean", "rejected"):
            chosen = scan(out, name).filter(pl.col("row_id").is_in(sorted(rows)))
            phones = chosen.select(PHONE_SLOTS).collect()
            emails = chosen.select(email_key(pl.col(slot)) for slot in EMAIL_SLOTS).collect()
            for frame in (phones, emails):
                points |= {value for column in frame for value in column.drop_nulls().to_list()}
    return sorted(mask(point) for point in points - set(person.sought.points))
