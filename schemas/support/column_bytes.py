"""The bytes of a text column as arrays: for questions that are cheaper to ask of bytes than of values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa


class ColumnBytes(NamedTuple):
    """``data`` holds the UTF-8 of all values, one after the other; value ``i`` is ``data[bounds[i] : bounds[i + 1]]``.

    What stands there for a null means nothing. ``data`` has at least one byte.
    """

    bounds: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]


def column_bytes(column: pl.Series) -> ColumnBytes:
    """Give the bytes of a column of text."""
    array = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1] if offsets else np.zeros(1)
    return ColumnBytes(
        bounds.astype(np.int64, copy=False),
        np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8),
    )


def given_rows(column: pl.Series) -> npt.NDArray[np.bool_]:
    """Which values of a column of text are not null; nothing at all where none is null."""
    if not column.null_count():
        return np.empty(0, np.bool_)
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    return np.unpackbits(bits, count=array.offset + len(array), bitorder="little")[array.offset :].view(np.bool_)


def text_column(bounds: npt.NDArray[np.int64], data: npt.NDArray[np.uint8], given: npt.NDArray[np.bool_]) -> pl.Series:
    """Make a column of text of its bytes, null where not given (``given`` empty: all are)."""
    valid = pa.py_buffer(np.packbits(given, bitorder="little")) if len(given) else None
    buffers = [valid, pa.py_buffer(bounds), pa.py_buffer(data)]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(bounds) - 1, buffers), dtype=pl.String)


_LOWER = bytes(byte + 32 if byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ" else byte for byte in range(256))


def ascii_lower(column: pl.Series) -> pl.Series:
    """Lower-case the letters A to Z and nothing else; null stays null. Faster than with all of Unicode."""
    array = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    valid, offsets, data = array.buffers()
    if data is None or not data.size:
        return column
    lowered = pa.py_buffer(data.to_pybytes().translate(_LOWER))
    return pl.Series(
        column.name,
        pa.Array.from_buffers(array.type, len(array), [valid, offsets, lowered], array.null_count, array.offset),
    )


def binary_column(rows: npt.NDArray[np.uint8]) -> pl.Series:
    """Make a binary column of n x size bytes."""
    count, size = rows.shape
    data = pa.py_buffer(np.ascontiguousarray(rows))
    return pl.Series(pa.Array.from_buffers(pa.binary(size), count, [None, data]), dtype=pl.Binary)


def binary_rows(column: pl.Series, size: int) -> npt.NDArray[np.uint8]:
    """Give a binary column without nulls, all values of which have ``size`` bytes, as n x size bytes."""
    bounds, data = column_bytes(column)
    return data[bounds[0] : bounds[-1]].reshape(-1, size)
