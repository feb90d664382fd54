"""Takes points of a person out of the contact history: out of every file of it that is on disk, also retired ones."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import select, update

from pipeline.ledger.database import Ledger, stamp
from pipeline.ledger.history_file import MAKING, SUFFIX, Entries, PointsFile, points_path, write_points
from pipeline.ledger.history_merging import add_file, merged, remove_retired
from pipeline.ledger.history_points import Points
from pipeline.ledger.tables import segment_runs, segments

#: Seconds after which what a process was making is taken for left by a kill.
_LEFT_AFTER: Final = 600


def runs_with(ledger: Ledger, points: Points) -> set[str]:
    """Runs of which the history has one of these points. Raises `LedgerError` when a file of it is damaged."""
    return {run_id for file in _files(ledger) for run_id in _owners(file, points)}


def erase_points(ledger: Ledger, points: Points, now: datetime) -> set[str]:
    """Write the files that have these points again without them, and remove the earlier ones from disk at once.

    Returns the runs whose points they were. Interrupted at any moment, it is done the next time.
    """
    found: set[str] = set()
    while holding := [(file, owners) for file in _files(ledger) if (owners := _owners(file, points))]:
        found |= {run_id for _, owners in holding for run_id in owners}
        for file, _ in holding:
            _rewrite(ledger, file, points, now)
        remove_retired(ledger, now)
    _remove_unentered(ledger, points)
    return found


def _files(ledger: Ledger) -> list[PointsFile]:
    """Every file that the ledger names and that is there, retired or not."""
    with ledger.reading() as connection:
        rows = connection.execute(select(segments.c.file, segments.c.bytes).order_by(segments.c.file)).all()
    paths = [(row, points_path(ledger.history, row.file)) for row in rows]
    return [PointsFile(ledger.history, row.file, row.bytes) for row, path in paths if path.exists()]


def _owners(file: PointsFile, points: Points) -> set[str]:
    order = np.argsort(points.keys)
    _, owners = file.matches(points.part(order))
    return {file.owner(number).run_id for number in np.unique(owners).tolist()}


def _rewrite(ledger: Ledger, file: PointsFile, points: Points, now: datetime) -> None:
    """Put a file without the points in the place of one that counts. A retired one only has to go."""
    this = (segments.c.file == file.file, segments.c.retired_at.is_(None))
    with ledger.reading() as connection:
        if connection.execute(select(segments.c.file).where(*this)).first() is None:
            return
    owners = sorted(file.owners)
    written = write_points(ledger.history, _without(merged([file], owners), points), owners)
    with ledger.writing() as connection:
        # Somebody else may have merged it meanwhile: then the other file is looked at.
        if connection.execute(select(segments.c.file).where(*this)).first() is not None:
            of_file = select(segment_runs.c.run_id).where(segment_runs.c.file == file.file)
            run_ids = sorted(connection.execute(of_file).scalars())
            connection.execute(update(segments).where(*this).values(retired_at=stamp(now)))
            add_file(connection, written, run_ids)


def _remove_unentered(ledger: Ledger, points: Points) -> None:
    """Remove what a kill left, and files that have the points and were never entered.

    A run that is about to enter one is told that it was removed, and makes it again.
    """
    with ledger.reading() as connection:
        known = set(connection.execute(select(segments.c.file)).scalars())
    for path in list(ledger.history.iterdir()):
        if path.name.startswith(MAKING):
            if path.stat().st_mtime < time.time() - _LEFT_AFTER:
                shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == SUFFIX and path.stem not in known:
            has_points = bool(_owners(PointsFile(ledger.history, path.stem, path.stat().st_size), points))
            for each in (path, path.with_name(f"{path.name}.sums")) if has_points else ():
                each.unlink(missing_ok=True)


def _without(chunks: Iterator[Entries], points: Points) -> Iterator[Entries]:
    for chunk in chunks:
        yield chunk.part(~_among(chunk.points, points))


def _among(points: Points, wanted: Points) -> npt.NDArray[np.bool_]:
    hit = np.zeros(len(points), dtype=bool)
    for key, rest in zip(wanted.keys.tolist(), wanted.rests.tolist(), strict=True):
        hit |= (points.keys == np.uint64(key)) & (points.rests == np.uint64(rest))
    return hit
