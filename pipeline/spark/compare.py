"""Comparisons over the whole run: tasks that bring the lines of every part to the shuffle, and that compare behind it.

What crosses the network is a line for each contact point (its key, its row, where it is) and for each consent token:
never a row. Numbers without a sign travel as the signed ones of the same bits, which is all that Spark has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.spark.notes import PutAway
from pipeline.stages.consent_clusters import SECOND, counted
from pipeline.stages.dedupe import duplicate_losers
from pipeline.stages.token_reuse import reused_rows
from schemas.support.summed_file import check_sum

#: Points as they are shuffled: ``point`` is the row and four bits for the column, ``at`` the source and its line.
POINTS = "key long, text string, point long, consent long, at long"
LOSERS = "part int, row_id long, position int, kept_row long, kept_position int, kept_source long, kept_line long"
TOKENS = "token long, row_id long, kind int, link long, at long"
REUSED = "part int, row_id long, kind int, people long, first_row long, first_source long, first_line long"
COUNTS = "number int, name string, value decimal(20,0), count long"
_POSITION_BITS = 4
_LINE_BITS = 44
_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class PartLines:
    """The lines of a part: ``first`` is the ``row_id`` of its first row; ``crowded`` a second that rejects its row.

    ``moved``: lines of the source count from the part's first row, as ``row_id`` does.
    """

    part: int
    number: int
    first: int
    moved: int
    file: PutAway
    values: PutAway | None = None
    crowded: int | None = None


def lines_in(away: PutAway) -> Iterator[pl.DataFrame]:
    """Read what a task put away line by line. Raises `LeadscrubError` when a byte of it differs."""
    check_sum(away.path, away.sum)
    with away.path.open("rb") as stream, pa.ipc.open_stream(stream) as reader:
        for batch in reader:
            yield pl.DataFrame(pa.table(batch))


def points_of(parts: tuple[PartLines, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The points of parts, for the shuffle; without those of rows that a crowded second rejects."""
    for part in _asked(parts, batches):
        without = _crowded_rows(part)
        for frame in lines_in(part.file):
            points = frame if without is None else frame.filter(~pl.col("row_id").is_in(without.implode()))
            row = points.get_column("row_id").to_numpy() + np.uint64(part.first)
            position = points.get_column("position").to_numpy().astype(np.uint64)
            yield pa.record_batch(
                {
                    "key": _signed(points.get_column("key")),
                    "text": points.get_column("text").to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string()),
                    "point": pa.array(((row << np.uint64(_POSITION_BITS)) | position).view(np.int64)),
                    "consent": points.get_column("consent_at").to_physical().to_arrow().cast(pa.int64()),
                    "at": _places(points.get_column("source_line"), part),
                }
            )


def _crowded_rows(part: PartLines) -> pl.Series | None:
    if part.crowded is None or part.values is None:
        return None
    rows = [frame.filter(pl.col(SECOND) == part.crowded).get_column("row_id") for frame in lines_in(part.values)]
    return pl.concat(rows) if rows else None


def tokens_of(parts: tuple[PartLines, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The consent tokens of parts, for the shuffle."""
    for part in _asked(parts, batches):
        for frame in lines_in(part.file):
            yield pa.record_batch(
                {
                    "token": _signed(frame.get_column("token")),
                    "row_id": _signed(frame.get_column("row_id") + part.first),
                    "kind": frame.get_column("kind").cast(pl.Int32).to_arrow(),
                    "link": _signed(frame.get_column("link")),
                    "at": _places(frame.get_column("source_line"), part),
                }
            )


def counts_of(
    parts: tuple[PartLines, ...], candidates: dict[tuple[int, str], set[int]], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """How often each candidate for a crowd occurs in the consents of parts."""
    for part in _asked(parts, batches):
        counts: dict[str, Counter[int]] = {}
        for frame in lines_in(part.file):
            for (number, name), values in candidates.items():
                if number == part.number:
                    counts.setdefault(name, Counter()).update(counted(frame.get_column(name), values))
        rows = [(part.number, name, value, count) for name, found in counts.items() for value, count in found.items()]
        for number, name, value, count in rows:
            yield pa.record_batch(
                {
                    "number": pa.array([number], pa.int32()),
                    "name": pa.array([name]),
                    "value": pa.array([value], pa.decimal128(20, 0)),
                    "count": pa.array([count], pa.int64()),
                }
            )


def losers_of(firsts: tuple[int, ...], newest: bool, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Points that lose to another of the same key: all points of a key are in one partition."""
    points = _together(batches)
    if points is None:
        return
    points = points.filter(pl.col("key").is_duplicated()).sort("key")
    if points.is_empty():
        return
    word = points.get_column("point").to_numpy().view(np.uint64)
    number, line = _places_read(points.get_column("at"))
    losers = duplicate_losers(
        pl.DataFrame(
            {
                "key": points.get_column("key"),
                "text": points.get_column("text"),
                "row_id": word >> np.uint64(_POSITION_BITS),
                "position": (word & np.uint64(15)).astype(np.uint8),
                "consent_at": points.get_column("consent").cast(_INSTANT),
            }
        ),
        newest=newest,
    )
    kept = losers.get_column("kept")
    placed = losers.with_columns(number.gather(kept).alias("kept_source"), line.gather(kept).alias("kept_line"))
    yield from _answers(placed, firsts, LOSERS)


def reused_of(firsts: tuple[int, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows whose tokens several people share: all lines of a token are in one partition."""
    lines = _together(batches)
    if lines is None:
        return
    number, line = _places_read(lines.get_column("at"))
    reused = reused_rows(
        pl.DataFrame(
            {
                "token": lines.get_column("token").to_numpy().view(np.uint64),
                "row_id": lines.get_column("row_id").to_numpy().view(np.uint64),
                "kind": lines.get_column("kind").cast(pl.UInt8),
                "link": lines.get_column("link").to_numpy().view(np.uint64),
                "source": number,
                "source_line": line,
            }
        )
    )
    yield from _answers(reused, firsts, REUSED)


def part_at(firsts: tuple[int, ...], row: int) -> int:
    """The part that a row is in, by the rows that the parts begin with."""
    return bisect_right(firsts, row) - 1


def _asked(parts: tuple[PartLines, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[PartLines]:
    by_place = dict(enumerate(parts))
    for batch in batches:
        yield from (by_place[place] for place in batch.column(0).to_pylist())


def _together(batches: Iterable[pa.RecordBatch]) -> pl.DataFrame | None:
    given = [batch for batch in batches if len(batch)]
    return pl.DataFrame(pa.Table.from_batches(given)) if given else None


def _answers(found: pl.DataFrame, firsts: tuple[int, ...], schema: str) -> Iterator[pa.RecordBatch]:
    """The answers, each with the part that its row is in."""
    if found.is_empty():
        return
    part = np.searchsorted(np.array(firsts, np.uint64), found.get_column("row_id").to_numpy(), side="right") - 1
    kinds = {"long": pl.Int64, "int": pl.Int32}
    names = [each.strip().split(" ") for each in schema.split(",")]
    placed = found.with_columns(pl.Series("part", part))
    table = placed.select(pl.col(name).cast(kinds[kind]) for name, kind in names).to_arrow()
    yield from table.combine_chunks().to_batches()


def _signed(words: pl.Series) -> pa.Array:
    return pa.array(words.to_numpy().view(np.int64))


def _places(lines: pl.Series, part: PartLines) -> pa.Array:
    line = lines.to_numpy() + np.uint64(part.moved)
    return pa.array((np.uint64(part.number << _LINE_BITS) | line).view(np.int64))


def _places_read(at: pl.Series) -> tuple[pl.Series, pl.Series]:
    words = at.to_numpy().view(np.uint64)
    number = (words >> np.uint64(_LINE_BITS)).astype(np.uint32)
    return pl.Series(number), pl.Series(words & np.uint64((1 << _LINE_BITS) - 1))
