"""Scores how polluted files are read: ``python -m tests.bench.pollution_score``.

A file scores (success + precision, recall and F1 of header, records and cells) / 10, times 10. Success is that the file
was read, or, when there is nothing in it, that it was refused with the reason. A record set aside as malformed counts
as not read, although its exact text is kept; rows that were named blank, footer or repeated header are no records.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.columns.mapping import map_columns
from pipeline.context import Context, Source
from pipeline.reading.opening import open_tables
from pipeline.stages.checks import Batch
from pipeline.stages.map import MAP
from schemas.coded_findings import coded
from schemas.config import Campaign
from schemas.contact.apply import apply_here
from schemas.errors import FileError
from schemas.files.table import FileTally, read_batches
from schemas.findings import no_findings
from schemas.frame_columns import SOURCE
from schemas.layout import Layout
from tests.bench.pollution import WEIGHTS, Polluted, Row, corpus


def read(path: Path) -> tuple[Row, list[Row]]:
    """Header and records of a file, as the pipeline takes them without being told anything."""
    header: Row = ()
    rows: list[Row] = []
    for table in open_tables(path, path.name, Layout()):
        header += table.header if table.has_header else ()
        source = Source(table, map_columns(table, Layout()), "US")
        context = Context(Campaign(channels=["call", "email"]), None, date(2026, 11, 21), [], [source], apply_here)
        for batch in read_batches(table, FileTally(), 1 << 20):
            leads = MAP(Batch(0, batch.with_row_index("row_id"), coded(no_findings())), source, context).frame
            cells = [pl.col(SOURCE + name) for name in table.columns]
            rows += leads.filter("is_lead").select(cells).rows()
    return header, rows


def score(polluted: Polluted, folder: Path) -> tuple[float, str]:
    """Score a file from 0 to 10, with a word on what was lost."""
    path = folder / "drop.csv"
    path.write_bytes(polluted.content)
    try:
        header, rows = read(path)
    except FileError as error:
        return (10.0, "") if not polluted.content and "is empty" in str(error) else (0.0, str(error))
    parts = [
        measures(header, polluted.header),
        measures(rows, polluted.rows),
        measures([cell for row in rows for cell in row], [cell for row in polluted.rows for cell in row]),
    ]
    lost = ", ".join(
        f"{name} {f1:.3f}" for name, (_, _, f1) in zip(("header", "records", "cells"), parts, strict=True) if f1 < 1
    )
    return 1 + sum(map(sum, parts)), lost


def measures(found: Iterable[object], expected: Iterable[object]) -> tuple[float, float, float]:
    """Precision, recall and F1 of two collections, each element as often as it occurs."""
    ours, theirs = Counter(found), Counter(expected)
    if not ours and not theirs:
        return 1.0, 1.0, 1.0
    both = (ours & theirs).total()
    precision = both / ours.total() if ours else 0.0
    recall = both / theirs.total() if theirs else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0


def scores() -> dict[str, tuple[str, float, str]]:
    """Group, score and losses of every file of the corpus."""
    with tempfile.TemporaryDirectory() as folder:
        return {file.name: (file.group, *score(file, Path(folder))) for file in corpus()}


def means(scored: dict[str, tuple[str, float, str]]) -> tuple[float, float]:
    """Mean over files, and mean over groups by their weights."""
    groups: dict[str, list[float]] = {}
    for group, points, _ in scored.values():
        groups.setdefault(group, []).append(points)
    plain = sum(points for _, points, _ in scored.values()) / len(scored)
    weighted = sum(WEIGHTS[group] * sum(points) / len(points) for group, points in groups.items())
    return plain, weighted / sum(WEIGHTS[group] for group in groups)


def main() -> None:
    """Print every score, then the means."""
    scored = scores()
    for name, (_, points, lost) in scored.items():
        sys.stdout.write(f"{points:6.3f}  {name:36} {lost}\n")
    plain, weighted = means(scored)
    sys.stdout.write(f"{len(scored)} files: mean {plain:.3f}, weighted {weighted:.3f}\n")


if __name__ == "__main__":
    main()
