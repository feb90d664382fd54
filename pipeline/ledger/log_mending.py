"""What the log should hold: an entry for everything that ledger, store and results know to have happened.

What is entered from here was logged late: after a crash, or since the log began later.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pipeline.ledger.database import Ledger, open_ledger
from pipeline.ledger.log_known import knows_log
from pipeline.ledger.tables import deletions, rescrubs, return_files, runs
from pipeline.proof.chain import entries, has_chain
from pipeline.proof.entries import Entry
from pipeline.proof.review_entries import all_review_entries
from pipeline.proof.run_entry import location, run_entry
from pipeline.proof.store_entries import store_entries
from pipeline.proof.unfinished import Left
from pipeline.results.manifest_file import MANIFEST, manifest_digest, read_manifest
from pipeline.workspace import workspace_facts
from schemas.workspace import LedgerChoice
from suppression.store import Store

#: What an erasure calls a file of returns.
RETURNS = "returns"
#: Folders of a workspace that hold results and may hold much else.
_NOT_RESULTS = {"store", "archive", "quarantine", "inbox", "ledger", "log"}


def unlogged(workspace: Path, ledger: Ledger | None, left: Left) -> list[Entry]:
    """What is known to have happened and is not in the log. ``left``: what was about to be done.

    A log that does not exist yet begins with that, and with the results that are found in the workspace.
    """
    begins = not has_chain(workspace)
    known = set() if begins else {entry.key for entry in entries(workspace)}
    found: list[Entry] = [Entry("began", "log")] if begins else []
    with ExitStack() as stack:
        ledger = ledger or ledger_of(workspace, stack)
        rewritten = [entry for each in left.rewritings if each.is_done for entry in each.entries]
        if ledger is not None:
            if rewritten:
                with ledger.writing() as connection:
                    follow_rewritten(connection, rewritten)
            if begins:
                found += _removed(ledger)
            found += ledger_entries(ledger, workspace, known)
    found += store_entries(Store(workspace / "store"))
    found += all_review_entries(workspace, known)
    found += rewritten
    outs = [*left.outs, *_results(workspace)] if begins else left.outs
    ledger_knows = {entry.subject for entry in found if entry.kind == "run"}
    for out in outs:
        entry = _result_entry(workspace, out)
        if entry is not None and entry.subject not in ledger_knows:
            found.append(entry)
    once = {entry.key: entry for entry in found if entry.key not in known}
    late = {"entered": "late"}
    return [entry if entry.kind == "began" else replace(entry, facts=entry.facts | late) for entry in once.values()]


def follow_rewritten(connection: Connection, rewritten: Iterable[Entry]) -> None:
    """Let the ledger know results, and files of returns that are not delivered, as they are since they were written
    again. ``rewritten``: what is logged of them."""
    for entry in rewritten:
        before = entry.facts.get("before")
        if entry.kind == "run" and before is not None:
            for table in (runs, rescrubs):
                this = (table.c.run_id == entry.subject, table.c.manifest_sha256 == before)
                connection.execute(update(table).where(*this).values(manifest_sha256=entry.mark))
        elif entry.kind == "erasure" and entry.facts.get("what") == RETURNS:
            undelivered = (return_files.c.sha256 == before, return_files.c.state != "delivered")
            rows = return_files.c.rows - int(entry.facts.get("records", 0))
            connection.execute(update(return_files).where(*undelivered).values(sha256=entry.facts["after"], rows=rows))


def ledger_entries(ledger: Ledger, workspace: Path, known: Container[tuple[str, str, str]]) -> list[Entry]:
    """An entry for everything in a ledger: runs, results that were scrubbed again, returns, deletions.

    Of a ledger that machines share, only runs whose results are in this workspace. Of runs whose entries are ``known``
    no manifest is read: theirs have few facts.
    """
    shared = ledger.engine.dialect.name == "postgresql"
    home = workspace.absolute()
    found: list[Entry] = []
    with ledger.reading() as connection:
        of_runs = connection.execute(select(runs).order_by(runs.c.recorded_at))
        found += [_run_of(workspace, row, known) for row in of_runs if not shared or Path(row.out).is_relative_to(home)]
        if shared:
            return found
        again = connection.execute(select(rescrubs).order_by(rescrubs.c.recorded_at))
        found += [_rescrub_of(workspace, row, known) for row in again]
        delivered = (
            select(return_files).where(return_files.c.state == "delivered").order_by(return_files.c.delivered_at)
        )
        found += [
            return_entry(row.file, row.vendor, row.sha256, row.rows, row.destination)
            for row in connection.execute(delivered)
        ]
        found += [
            deletion_entry(row.what, row.subject, row.vendor, row.deleted_at, row.because)
            for row in connection.execute(select(deletions).order_by(deletions.c.deletion))
        ]
    return found


def return_entry(file: str, vendor: str, sha256: str, rows: int, destination: str | None) -> Entry:
    """The entry of a file of returns that is at its destination."""
    return Entry("return", file, sha256, vendor, {"rows": rows, "destination": destination})


def deletion_entry(what: str, subject: str, vendor: str | None, deleted_at: str, because: str) -> Entry:
    """The entry of what retention deleted; ``deleted_at`` as the ledger has it."""
    return Entry("retention", subject, f"{what} {deleted_at}", vendor, {"what": what, "because": because})


def ledger_of(workspace: Path, stack: ExitStack) -> Ledger | None:
    """Open the ledger of a workspace, if it has one that was ever used; it is closed with ``stack``."""
    choice = workspace_facts(workspace).ledger or LedgerChoice()
    if choice.url is None and not (workspace / "ledger" / "ledger.db").exists():
        return None
    return stack.enter_context(open_ledger(choice, workspace))


def _run_of(workspace: Path, row: Row[Any], known: Container[tuple[str, str, str]]) -> Entry:
    is_known = ("run", row.run_id, row.manifest_sha256) in known
    entry = None if is_known else _result_entry(workspace, Path(row.out))
    if entry is not None and entry.key == ("run", row.run_id, row.manifest_sha256):
        return replace(entry, vendor=row.vendor or None, facts={**entry.facts, "in_ledger": True})
    facts = {"as_of": row.as_of.isoformat(), "campaign": row.campaign, "out": location(workspace, Path(row.out))}
    facts |= {"counts": {"read": row.read, "clean": row.clean, "rejected": row.rejected}, "in_ledger": True}
    return Entry("run", row.run_id, row.manifest_sha256, row.vendor or None, facts)


def _rescrub_of(workspace: Path, row: Row[Any], known: Container[tuple[str, str, str]]) -> Entry:
    is_known = ("run", row.run_id, row.manifest_sha256) in known
    entry = _result_entry(workspace, Path(row.out)) if row.out and not is_known else None
    if entry is not None and entry.key == ("run", row.run_id, row.manifest_sha256):
        return entry
    facts = {"as_of": row.as_of.isoformat(), "out": location(workspace, Path(row.out)) if row.out else ""}
    return Entry("run", row.run_id, row.manifest_sha256, None, {**facts, "in_ledger": False})


def _removed(ledger: Ledger) -> list[Entry]:
    """What says that there was a log before, which is gone."""
    with ledger.reading() as connection:
        gone = knows_log(connection)
    return [Entry("break", "log", facts={"left": {"number": "more than no"}, "found": 0})] if gone else []


def _results(workspace: Path) -> Iterator[Path]:
    """Folders of results in a workspace; hidden ones are being made or removed."""
    for folder in sorted(workspace.iterdir()):
        if folder.is_dir() and folder.name not in _NOT_RESULTS:
            for path in sorted(folder.rglob(MANIFEST)):
                if not any(part.startswith(".") for part in path.relative_to(workspace).parts):
                    yield path.parent


def _result_entry(workspace: Path, out: Path) -> Entry | None:
    """The entry of a result that is on disk; None where there is none."""
    try:
        manifest, digest = read_manifest(out), manifest_digest(out)
    except (OSError, ValueError):
        return None
    return run_entry(workspace, out, manifest, digest, in_ledger=False)
