"""Which order of day and month the dates in figures of whole columns have: looked for by tasks, before any is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from pipeline.columns.date_columns import Fits, Order, date_fields, fits_of, orders_of
from pipeline.columns.mapping import Mapping
from pipeline.context import Source
from pipeline.reading.arrow_batches import text_frame
from pipeline.reading.csv_pieces import CutFile, piece_of
from pipeline.spark.tasks import collected, places
from schemas.files.limits import limited_to, limits
from schemas.files.table import FileTally, read_batches

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: What a task says of a column: whether its dates can have the month first, and the day.
_SAID: Final = "field string, month boolean, day boolean"
_BLOCK_BYTES: Final = 4 << 20
_Look = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def orders_in_frame(placed: DataFrame, source: Source) -> dict[str, Order]:
    """The orders of every date column of a data frame, whose columns are called by their places."""
    mapping, table = source.mapping, source.table
    of_column = {column: place for place, column in enumerate(table.columns)}
    wanted = sorted({of_column[mapping.fields[name]] for name in date_fields(mapping)})
    if not wanted:
        return {}
    header, columns = [table.header[place] for place in wanted], [table.columns[place] for place in wanted]

    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            given = pa.Table.from_batches([batch]).rename_columns(header)
            yield _said(fits_of(mapping, [text_frame(given, header, columns)]))

    return _heard(mapping, placed.select(*(f"c{place}" for place in wanted)), look)


def orders_in_pieces(session: SparkSession, source: Source, cut: CutFile) -> dict[str, Order]:
    """The orders of every date column of a file that is read in pieces."""
    mapping, most = source.mapping, limits()
    tables = [piece_of(source.table, piece) for piece in cut.pieces]

    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with limited_to(most):
            for batch in batches:
                for place in batch.column(0).to_pylist():
                    yield _said(fits_of(mapping, read_batches(tables[place], FileTally(), _BLOCK_BYTES)))

    return _heard(mapping, places(session, len(tables)), look)


def _said(found: Fits) -> pa.RecordBatch:
    month, day = (pa.array([fit[which] for fit in found.values()], pa.bool_()) for which in (0, 1))
    return pa.record_batch({"field": pa.array(list(found), pa.string()), "month": month, "day": day})


def _heard(mapping: Mapping, frame: DataFrame, look: _Look) -> dict[str, Order]:
    fits = dict.fromkeys(date_fields(mapping), (True, True))
    for row in collected(frame.mapInArrow(look, _SAID).distinct()):
        month, day = fits[row["field"]]
        fits[row["field"]] = (month and row["month"], day and row["day"])
    return orders_of(fits)
