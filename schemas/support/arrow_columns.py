"""Columns of Arrow tables: taken as one array, given other nulls, made of one value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as one array; not copied where it is one already."""
    chunks = table.column(name)
    return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()


def only_where(values: pa.Array, keep: npt.NDArray[np.bool_]) -> pa.Array:
    """The values, but null where ``keep`` is false. Shares the values' memory: only which are null is made."""
    if values.offset or isinstance(values, pa.ExtensionArray):
        return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))
    given = np.packbits(keep, bitorder="little")
    nulls, *buffers = values.buffers()
    if nulls is not None:
        given &= np.frombuffer(nulls, np.uint8, len(given))
    if pa.types.is_large_list(values.type):
        return pa.Array.from_buffers(
            values.type, len(values), [pa.py_buffer(given), buffers[0]], children=[values.values]
        )
    return pa.Array.from_buffers(values.type, len(values), [pa.py_buffer(given), *buffers])


def of_one_value(value: str, rows: int) -> pa.Array:
    """The same text in every row."""
    return pa.repeat(pa.scalar(value, pa.large_string()), rows)
