"""A table while it is read: its columns, its rows in batches, and what is to be said of how they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

#: Rows of a batch that are asked for: what is under way in a library at once.
BATCH_ROWS: Final = 1 << 15
_UTC: Final = "UTC"


@dataclass(frozen=True)
class RowStream:
    """``pinned``: the version or snapshot that is read. ``notes``: sentences for a person."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    pinned: str | None = None
    notes: tuple[str, ...] = ()


def in_utc(stream: RowStream) -> RowStream:
    """Read instants in UTC: a library may give them in the zone of this machine."""
    fields = [_in_utc(field) for field in stream.schema]
    if fields == list(stream.schema):
        return stream
    schema = pa.schema(fields)
    return RowStream(schema, (batch.cast(schema) for batch in stream.batches), stream.pinned, stream.notes)


def _in_utc(field: pa.Field) -> pa.Field:
    if not pa.types.is_timestamp(field.type) or field.type.tz in (None, _UTC):
        return field
    return field.with_type(pa.timestamp(field.type.unit, _UTC))
