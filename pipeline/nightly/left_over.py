"""What passes leave that were ended, or that hung: where machines share a ledger, in folders named by leases."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from pipeline.ledger.database import Ledger
from pipeline.ledger.tables import runs
from pipeline.nightly.folders import Folders
from pipeline.nightly.journal import Journal
from pipeline.results.manifest_file import MANIFEST, manifest_digest
from pipeline.results.publish import publish
from schemas.support.durable import move_file
from schemas.support.places import refuse_links


def in_place(made: Path, final: Path) -> None:
    """Move a result that the ledger has to its place, in one step. Whoever else may do so at the same moment."""
    try:
        if not final.exists():
            publish(made, final)
    except FileNotFoundError:
        if not (final / MANIFEST).is_file():
            raise


def put_in_place(folders: Folders, ledger: Ledger) -> None:
    """Move results to their places that the ledger has, and whose passes were ended before they could."""
    base = replace(folders, token="")
    found = [path for path in base.partial.glob("*/complete/*") if path.parent.parent.name != folders.token]
    if not found:
        return
    known = select(runs.c.run_id, runs.c.out, runs.c.manifest_sha256).where(
        runs.c.run_id.in_([path.name for path in found]), runs.c.state == "done"
    )
    with ledger.reading() as connection:
        entered = {row.run_id: row for row in connection.execute(known)}
    for path in found:
        run = entered.get(path.name)
        if run is None or not folders.own(Path(run.out)):
            continue
        refuse_links(path, folders.workspace)
        refuse_links(Path(run.out).parent, folders.workspace)
        try:
            is_it = manifest_digest(path) == run.manifest_sha256
        except OSError:  # its own pass, or another one, has just moved it
            continue
        if is_it:
            in_place(path, Path(run.out))


def clear_left(folders: Folders, ledger: Ledger, tokens: Iterable[str]) -> None:
    """Remove what was begun under leases that ended; what the ledger has goes where it belongs first."""
    base = replace(folders, token="")
    put_in_place(base, ledger)
    for token in tokens:
        of_lease = replace(base, token=token)
        resume_fetched(of_lease, Journal(ledger))
        for folder in (of_lease.partial, of_lease.fetching):
            shutil.rmtree(folder, ignore_errors=True)


def resume_fetched(folders: Folders, journal: Journal) -> None:
    """Put away remote drops that a pass had entered and not moved; what it had only fetched is fetched again."""
    for path in folders.fetched.glob("*/*/*"):
        drop = journal.drop(path.parent.parent.name, path.parent.name)
        if drop is not None and drop.kept_at and folders.own(drop.kept_at) and not drop.kept_at.exists():
            move_file(path, drop.kept_at)
    shutil.rmtree(folders.fetched, ignore_errors=True)


def tokens_on_disk(folders: Folders) -> set[str]:
    """Names of the folders that leases have, or had."""
    base = replace(folders, token="")
    return {
        path.name
        for folder in (base.partial, base.fetching, base.fetched)
        if folder.is_dir() and not folder.is_symlink()
        for path in folder.iterdir()
        if path.is_dir() and not path.is_symlink()
    }
