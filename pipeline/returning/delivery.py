"""Delivers written files, each once.

A file is uploaded under a name of its own, and only then does the ledger say that it is being *sent*, naming that
upload; exactly one process gets to say so. Renaming the upload is the delivery. After a crash a file that is still
*written* was never renamed; one that is being *sent* was, unless its upload is still there: then it is renamed now.
So it makes no difference whether the vendor has taken the file away in the meantime.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, select, update

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.log_mending import return_entry
from pipeline.ledger.logged import logged_change
from pipeline.ledger.tables import return_files, returned_rows, runs
from pipeline.returning.destinations import Place, place_at
from pipeline.returning.outgoing import folder_of, hide_file, sha256_of
from pipeline.returning.windows import deadline
from schemas.contracts import ReturnTerms
from schemas.errors import OutputError


@dataclass(frozen=True)
class Delivered:
    """A file that is at its destination, by this call or an earlier one that did not come to confirm it."""

    file: str
    rows: int
    destination: str


def finish_sending(ledger: Ledger, workspace: Path, vendor: str, now: datetime) -> list[Delivered]:
    """Finish what an earlier call had begun to send, wherever the contract delivers to now."""
    done = []
    for file in _files(ledger, vendor, "sending"):
        with place_at(file.destination, workspace) as place:
            place.rename(file.temporary, file.file)
            done += _confirm(ledger, place, file, file.destination, now)
    return done


def withdraw_late(ledger: Ledger, workspace: Path, vendor: str, terms: ReturnTerms, now: datetime) -> list[str]:
    """Take back files that were written in time and not delivered until a window of theirs closed.

    Their rows are open again, and those whose window has not closed go into another file. Returns the files' names.
    """
    taken: list[str] = []
    for file in _files(ledger, vendor, "written"):
        if not _is_late(ledger, file.file, terms, now):
            continue
        with ledger.writing() as connection:
            still = (return_files.c.file == file.file) & (return_files.c.state == "written")
            if connection.execute(select(return_files.c.file).where(still)).first() is None:
                continue
            connection.execute(delete(returned_rows).where(returned_rows.c.file == file.file))
            connection.execute(delete(return_files).where(still))
            hidden = hide_file(workspace, vendor, file.file)
        hidden.unlink(missing_ok=True)
        taken.append(file.file)
    return taken


def deliver(ledger: Ledger, workspace: Path, vendor: str, destination: str, now: datetime) -> list[Delivered]:
    """Deliver every written file of a vendor, and confirm it in the ledger."""
    waiting = _files(ledger, vendor, "written")
    if not waiting:
        return []
    done: list[Delivered] = []
    with place_at(destination, workspace) as place:
        for file in waiting:
            done += _deliver(ledger, place, folder_of(workspace, vendor) / file.file, file, destination, now)
    return done


def _files(ledger: Ledger, vendor: str, state: str) -> list[Row[Any]]:
    wanted = select(return_files).where(return_files.c.vendor == vendor, return_files.c.state == state)
    with ledger.reading() as connection:
        return list(connection.execute(wanted.order_by(return_files.c.made_at, return_files.c.file)))


def _is_late(ledger: Ledger, name: str, terms: ReturnTerms, now: datetime) -> bool:
    received = (
        select(runs.c.received_at).distinct().join_from(returned_rows, runs, returned_rows.c.run_id == runs.c.run_id)
    )
    with ledger.reading() as connection:
        moments: Iterable[str] = connection.execute(received.where(returned_rows.c.file == name)).scalars().all()
    return any(now > deadline(moment_of(moment), terms) for moment in moments)


def _deliver(
    ledger: Ledger, place: Place, path: Path, file: Row[Any], destination: str, now: datetime
) -> list[Delivered]:
    lies_there = place.sha256(path.name)
    if lies_there == file.sha256:
        return _confirm(ledger, place, file, destination, now)
    if lies_there is not None:
        raise OutputError(f"'{path.name}' is at the destination already, with other content.", "Find out whose it is.")
    if not path.is_file() or sha256_of(path) != file.sha256:
        raise OutputError(
            f"'{path}' was changed after it was written, so it is not delivered.",
            "Deliver from the machine that wrote it, or put the file back.",
        )
    upload = f".{path.name}.{secrets.token_hex(4)}.part"
    place.put(path, upload)
    arrived = place.sha256(upload) == file.sha256
    if arrived and _claim(ledger, path.name, upload, destination):
        place.rename(upload, path.name)
        return _confirm(ledger, place, file, destination, now)
    place.remove(upload)
    if not arrived and any(other.file == path.name for other in _files(ledger, file.vendor, "written")):
        raise OutputError(f"'{path.name}' did not arrive as it was sent.", "Run the same command again.")
    return []  # another process has delivered it, or taken it back


def _claim(ledger: Ledger, name: str, upload: str, destination: str) -> bool:
    """Say that this upload is the one to be renamed. True for exactly one process."""
    with ledger.writing() as connection:
        changed = connection.execute(
            update(return_files)
            .where(return_files.c.file == name, return_files.c.state == "written")
            .values(state="sending", temporary=upload, destination=destination)
        )
        return changed.rowcount == 1


def _confirm(ledger: Ledger, place: Place, file: Row[Any], destination: str, now: datetime) -> list[Delivered]:
    """Enter the delivery, and clear away uploads of processes that died before they could claim it."""
    with logged_change(ledger.workspace, ledger) as log:
        with ledger.writing() as connection:
            changed = connection.execute(
                update(return_files)
                .where(return_files.c.file == file.file, return_files.c.state != "delivered")
                .values(state="delivered", delivered_at=stamp(now), destination=destination, temporary=None)
            )
        if changed.rowcount == 1:
            log.append(return_entry(file.file, file.vendor, file.sha256, file.rows, destination))
    for name in place.names():
        if name.startswith(f".{file.file}.") and name.endswith(".part"):
            place.remove(name)
    return [Delivered(file.file, file.rows, destination)] if changed.rowcount == 1 else []
