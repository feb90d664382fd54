"""Checks what a workspace keeps beside results against the hashes that ledger and store have of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import select

from pipeline.ledger.database import Ledger
from pipeline.ledger.history_file import PointsFile
from pipeline.ledger.tables import drops, return_files, segments
from pipeline.proof.run_entry import location
from pipeline.returning.outgoing import folder_of, sha256_of
from schemas.errors import LedgerError, ListError
from schemas.files.age_files import AGE
from suppression.lists import check_version
from suppression.store import Store


def ledger_file_faults(ledger: Ledger, workspace: Path, rewritten: Mapping[str, str]) -> Iterator[str]:
    """Raw drops, files of returns and the contact history that are not as the ledger knows them.

    ``rewritten``: hashes of files that the log knows to have been written again since, by where they are.
    """
    home = workspace.absolute()
    with ledger.reading() as connection:
        kept = connection.execute(select(drops.c.kept_at, drops.c.sha256).where(drops.c.kept_at.is_not(None))).all()
        sent = connection.execute(select(return_files.c.file, return_files.c.vendor, return_files.c.sha256)).all()
        points = connection.execute(
            select(segments.c.file, segments.c.bytes).where(segments.c.retired_at.is_(None))
        ).all()
    files = [(Path(row.kept_at), row.sha256) for row in kept]
    files += [(folder_of(home, row.vendor) / row.file, row.sha256) for row in sent]
    for path, sha256 in files:
        # A drop that a person took away is not there; a folder's hash is over the files in it.
        expected = rewritten.get(location(home, path), sha256)
        if path.name.endswith(AGE) and expected == sha256:
            continue  # encrypted since: the format itself shows a change to who opens it
        if path.is_relative_to(home) and path.is_file() and sha256_of(path) != expected:
            yield f"{path.relative_to(home)} is not the file that the ledger knows"
    for row in points:
        try:
            PointsFile(ledger.history, row.file, row.bytes).check()
        except LedgerError as error:
            yield f"ledger: {error.message}"


def store_file_faults(store: Store) -> Iterator[str]:
    """Versions of lists of which a file is missing or was changed, and histories that cannot be read."""
    try:
        names = store.all_names() if store.folder.is_dir() else []
    except ListError as error:
        yield f"store: {error.message}"
        return
    for name in names:
        try:
            steps = store.history(name).steps
        except ListError as error:
            yield f"store: {error.message}"
            continue
        for version in dict.fromkeys(step.version for step in steps if step.version and step.removed_at is None):
            try:
                check_version(store.version_folder(version), version)
            except ListError as error:
                yield f"store: version {version[:12]} of '{name}': {error.message}"
