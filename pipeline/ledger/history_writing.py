"""Writes the points of a finished run into the contact history, from its output folder alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.ledger.history_file import (
    MAKING,
    Entries,
    Owner,
    PointsFile,
    Written,
    joined_entries,
    ordered,
    write_points,
)
from pipeline.ledger.history_merging import merged
from pipeline.ledger.history_points import email_history_points, phone_history_points
from pipeline.ledger.history_sealing import sealed
from pipeline.results.folder import table_files
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.email import email_key

#: Rows of clean.parquet that are read at once.
_ROWS = 1 << 18
#: Points that are put in order at once.
_AT_ONCE = 1 << 21


def write_run(
    history: Path, out: Path, run_id: str, drops: list[str], at_once: int = _AT_ONCE, secret: bytes | None = None
) -> Written:
    """Write what the clean rows of ``out`` let through, by the drops (SHA-256) that they came in. The same run always
    makes the same file; memory holds ``at_once`` points. ``secret``: that the history is under."""
    owners = sorted(Owner(run_id, sha256) for sha256 in drops)
    sha256s = [owner.sha256 for owner in owners]
    found = chain.from_iterable(_entries(path, sha256s) for path in table_files(out, "clean"))
    chunks = _together((Entries(sealed(each.points, secret), each.owners) for each in found), at_once)
    first, second = next(chunks, joined_entries([])), next(chunks, None)
    if second is None:
        return write_points(history, [ordered(first)], owners)
    with tempfile.TemporaryDirectory(prefix=MAKING, dir=history) as making:
        folder = Path(making)
        parts = [write_points(folder, [ordered(chunk)], owners) for chunk in chain([first, second], chunks)]
        return write_points(history, merged([PointsFile(folder, p.file, p.bytes) for p in parts], owners), owners)


def _together(parts: Iterator[Entries], at_once: int) -> Iterator[Entries]:
    waiting: list[Entries] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= at_once:
            yield joined_entries(waiting)
            waiting = []
    if waiting:
        yield joined_entries(waiting)


def _entries(clean: Path, drops: list[str]) -> Iterator[Entries]:
    columns = ["source_sha256", *PHONE_SLOTS, *EMAIL_SLOTS]
    numbers = dict(zip(drops, range(len(drops)), strict=True))
    with clean.open("rb") as stream, pq.ParquetFile(stream) as file:
        for batch in file.iter_batches(_ROWS, columns=columns):
            frame = pl.DataFrame(batch)
            owner = frame.select(pl.col("source_sha256").replace_strict(numbers, return_dtype=pl.UInt32)).to_series()
            for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
                phone = slot in PHONE_SLOTS
                value = pl.col(slot) if phone else email_key(pl.col(slot))
                rows = frame.select(owner=owner, value=value).drop_nulls("value")
                if len(rows):
                    points = (phone_history_points if phone else email_history_points)(rows.get_column("value"))
                    yield Entries(points, rows.get_column("owner").to_numpy())
