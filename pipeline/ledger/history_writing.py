"""Writes the points of a finished run into the contact history, from its output folder alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipeline.ledger.history_file import Entries, Owner, Written, ordered, write_points
from pipeline.ledger.history_points import Points, email_history_points, joined, phone_history_points
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.email import email_key

#: Rows of clean.parquet that are read at once.
_ROWS = 1 << 18


def write_run(history: Path, out: Path, run_id: str, drops: list[str]) -> Written:
    """Write what the clean rows of ``out`` let through, by the drops (SHA-256) that they came in. The same run always
    makes the same file."""
    owners = sorted(Owner(run_id, sha256) for sha256 in drops)
    parts = list(_entries(out / "clean.parquet", [owner.sha256 for owner in owners]))
    whole = Entries(
        joined([part.points for part in parts]),
        np.concatenate([np.empty(0, np.uint32), *(part.owners for part in parts)]),
    )
    return write_points(history, [ordered(whole)], owners)


def _entries(clean: Path, drops: list[str]) -> Iterator[Entries]:
    columns = ["source_sha256", *PHONE_SLOTS, *EMAIL_SLOTS]
    numbers = dict(zip(drops, range(len(drops)), strict=True))
    with pq.ParquetFile(clean) as file:
        for batch in file.iter_batches(_ROWS, columns=columns):
            frame = pl.DataFrame(batch)
            owner = pl.col("source_sha256").replace_strict(numbers, return_dtype=pl.UInt32)
            for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
                phone = slot in PHONE_SLOTS
                value = pl.col(slot) if phone else email_key(pl.col(slot))
                rows = frame.filter(pl.col(slot).is_not_null()).select(owner=owner, value=value)
                if len(rows):
                    points = (phone_history_points if phone else email_history_points)(rows.get_column("value"))
                    yield Entries(Points(points.keys, points.rests), rows.get_column("owner").to_numpy())
