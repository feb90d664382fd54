"""Keeps the contact history in few files: those of like size are merged, and what nobody reads any more is removed.

What is found in the history never depends on it: merged or not, the same points have the same owners. Of runs that do
not count any more, merging leaves out the points.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import rmtree

import numpy as np
from sqlalchemy import Connection, and_, delete, func, insert, select, update

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.history_file import (
    MAKING,
    SUFFIX,
    Entries,
    Owner,
    PointsFile,
    Written,
    joined_entries,
    ordered,
    write_points,
)
from pipeline.ledger.history_past import COUNTING, DELETED
from pipeline.ledger.tables import facts, runs, segment_runs, segments

#: So many files of one size are merged.
_ENOUGH = 4
#: Files up to this weight are all of one size; above, a size is four times the one before. So each point is written
#: again only as often as the whole has grown fourfold, and there are few files of each size.
_SMALLEST = 1 << 6
#: What an owner weighs, in points: a file of many empty runs is no small one.
_OWNER = 4
#: A file that was merged into another, or that nobody entered, stays for those who may be at work with it.
_READERS_NEED = timedelta(days=1)
#: So often a ledger in use looks for such files.
_SWEEP_EVERY = timedelta(hours=1)
_SWEPT = "history swept at"
#: Files that a statement names at most.
_AT_ONCE = 500
#: Pages of a file that are merged at once.
_PAGES = 8


def tidy_history(ledger: Ledger, now: datetime) -> None:
    """Merge what is to be merged, then remove what is out of use. Interrupted, it is done the next time."""
    while (chosen := _to_merge(ledger)) and _merge(ledger, chosen, now):
        pass
    if _sweep_is_due(ledger, now):
        _sweep(ledger, now - _READERS_NEED, now)


def purge_deleted(ledger: Ledger, now: datetime) -> None:
    """Write the files with points of deleted runs again without them, and remove the old ones from disk at once.

    Interrupted at any moment, it is done the next time: `unpurged` names the runs until then.
    """
    with ledger.reading() as connection:
        held = connection.execute(
            select(segments.c.file, segments.c.bytes)
            .join(segment_runs, segment_runs.c.file == segments.c.file)
            .join(runs, runs.c.run_id == segment_runs.c.run_id)
            .where(segments.c.retired_at.is_(None), runs.c.state == DELETED)
            .distinct()
        ).all()
    for row in held:
        # Another one may have merged the file meanwhile, and has then left those points out itself.
        _merge(ledger, [PointsFile(ledger.history, row.file, row.bytes)], now)
    _sweep(ledger, None, now)


def remove_retired(ledger: Ledger, now: datetime) -> None:
    """Remove from disk at once what was retired, and what nobody entered within a day."""
    _sweep(ledger, None, now)


def unpurged(connection: Connection) -> set[str]:
    """Deleted runs of which a file on disk may still have points, whether it counts or was retired."""
    held = select(segment_runs.c.run_id).join(runs, runs.c.run_id == segment_runs.c.run_id)
    return set(connection.execute(held.where(runs.c.state == DELETED)).scalars())


def _to_merge(ledger: Ledger) -> list[PointsFile]:
    """Open the files of the smallest size that there are enough of; none where there is no such size."""
    with ledger.reading() as connection:
        current = connection.execute(
            select(segments).where(segments.c.retired_at.is_(None)).order_by(segments.c.file)
        ).all()
    sizes: dict[int, list[tuple[str, int]]] = {}
    for row in current:
        weight = row.points + _OWNER * row.owners
        sizes.setdefault((weight // _SMALLEST).bit_length() // 2, []).append((row.file, row.bytes))
    enough = sorted(size for size, files in sizes.items() if len(files) >= _ENOUGH)
    return [PointsFile(ledger.history, file, size) for file, size in sizes[enough[0]]] if enough else []


def _merge(ledger: Ledger, files: list[PointsFile], now: datetime) -> bool:
    """Put one file in the place of several, unless somebody else changed them or their runs meanwhile."""
    names = [file.file for file in files]
    with ledger.reading() as connection:
        counting = _counting(connection, names)
    written = write_merged(ledger.history, files, counting)
    with ledger.writing() as connection:
        current = select(func.count()).where(segments.c.file.in_(names), segments.c.retired_at.is_(None))
        if connection.execute(current).scalar_one() != len(names) or _counting(connection, names) != counting:
            return False
        retired = update(segments).where(segments.c.file.in_(names)).values(retired_at=stamp(now))
        connection.execute(retired)
        add_file(connection, written, sorted(counting))
    return True


def write_merged(history: Path, files: list[PointsFile], counting: set[str]) -> Written:
    """Write the points of several files, as far as their runs count, to one."""
    owners = sorted({owner for file in files for owner in file.owners if owner.run_id in counting})
    return write_points(history, merged(files, owners), owners)


def add_file(connection: Connection, written: Written, run_ids: list[str]) -> None:
    """Let a written file count, as the one that has the points of these runs."""
    for table in (segment_runs, segments):
        connection.execute(delete(table).where(table.c.file == written.file))
    values = {"file": written.file, "bytes": written.bytes, "points": written.points, "owners": len(run_ids)}
    connection.execute(insert(segments).values(**values))
    if run_ids:
        connection.execute(insert(segment_runs), [{"file": written.file, "run_id": run_id} for run_id in run_ids])


def merged(files: list[PointsFile], owners: list[Owner]) -> Iterator[Entries]:
    """All entries of these owners in order, a range of keys at a time; memory holds some pages of each file."""
    numbers = {owner: number for number, owner in enumerate(owners)}
    renumbered = [np.array([numbers.get(owner, -1) for owner in file.owners], np.int64) for file in files]
    firsts = np.unique(np.concatenate([np.zeros(1, np.uint64), *(file.firsts for file in files)]))
    bounds: list[int | None] = [*firsts[::_PAGES].tolist(), None]
    for low, high in pairwise(bounds):
        parts = []
        for file, number in zip(files, renumbered, strict=True):
            part = file.between(low or 0, high)
            mine = number[part.owners]
            kept = mine >= 0
            parts.append(Entries(part.points.part(kept), mine[kept].astype(np.uint32)))
        yield ordered(joined_entries(parts))


def _counting(connection: Connection, files: list[str]) -> set[str]:
    """Runs of these files that count."""
    of_files = select(segment_runs.c.run_id).where(segment_runs.c.file.in_(files))
    counting = select(runs.c.run_id).where(runs.c.run_id.in_(of_files), runs.c.state.in_(COUNTING))
    return set(connection.execute(counting).scalars())


def _sweep_is_due(ledger: Ledger, now: datetime) -> bool:
    """Whether the last sweep was long enough ago: it looks at every file, which not each drop should pay for."""
    with ledger.reading() as connection:
        last = connection.execute(select(facts.c.value).where(facts.c.name == _SWEPT)).scalar_one_or_none()
    return last is None or abs(now - moment_of(last)) >= _SWEEP_EVERY


def _sweep(ledger: Ledger, retired_before: datetime | None, now: datetime) -> None:
    """Remove files that were retired before a moment (all, when it is None), and those that were made a day ago and
    never entered."""
    made_before = (now - _READERS_NEED).timestamp()
    is_old = segments.c.retired_at
    retired = is_old.is_not(None) if retired_before is None else and_(is_old < stamp(retired_before))
    with ledger.writing() as connection:
        old = connection.execute(select(segments.c.file).where(retired)).scalars().all()
        for start in range(0, len(old), _AT_ONCE):
            for table in (segment_runs, segments):
                connection.execute(delete(table).where(table.c.file.in_(old[start : start + _AT_ONCE])))
        known = set(connection.execute(select(segments.c.file)).scalars())
        # Still in the transaction: nobody enters a file between the look and the removal, and what a crash leaves on
        # disk is still known.
        for path in ledger.history.iterdir():
            if path.name.startswith(MAKING) and path.stat().st_mtime < made_before:
                rmtree(path, ignore_errors=True)
            elif SUFFIX in path.name and path.name.partition(".")[0] not in known:
                was_retired = path.name.partition(".")[0] in old
                if was_retired or path.stat().st_mtime < made_before:
                    path.unlink(missing_ok=True)
        connection.execute(delete(facts).where(facts.c.name == _SWEPT))
        connection.execute(insert(facts).values(name=_SWEPT, value=stamp(now)))
