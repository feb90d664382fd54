"""Columns of Arrow tables: taken as one array, given other nulls, made of one value or of few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.kernels.findings import number_by_appearance


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


def only_which(values: pa.Array) -> pa.Array:
    """True where there is a value, null where there is none."""
    given = values.is_valid()
    return pa.BooleanArray.from_buffers(
        pa.bool_(), len(given), [given.buffers()[1], given.buffers()[1]], offset=given.offset
    )


def of_one_value(value: str, rows: int) -> pa.Array:
    """The same text in every row, as a column of few values."""
    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array([value], pa.large_string()))


def few_values(values: pa.Array, which: npt.NDArray[np.integer[Any]]) -> pa.DictionaryArray:
    """Text with few different values: row ``i`` has ``values[which[i]]``, which may be null."""
    codes = values.dictionary_encode()
    if not codes.null_count:
        return pa.DictionaryArray.from_arrays(codes.indices.to_numpy()[which], codes.dictionary)
    places = codes.indices.fill_null(-1).to_numpy()[which]
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), codes.dictionary)


def few_texts(parts: Sequence[pa.Array]) -> pa.Array:
    """Columns of text, or of lists of text, one behind the other, with their different values apart."""
    values = pa.concat_arrays(parts)
    if not pa.types.is_large_list(values.type):
        return values.dictionary_encode()
    nulls, bounds = values.buffers()[:2]
    texts = values.values.dictionary_encode()
    return pa.Array.from_buffers(few_type(values.type), len(values), [nulls, bounds], children=[texts])


def few_type(dtype: pa.DataType) -> pa.DataType:
    """The type of a column of text, or of lists of text, with its different values apart."""
    if pa.types.is_large_list(dtype):
        return pa.large_list(dtype.value_field.with_type(few_type(dtype.value_type)))
    return pa.dictionary(pa.int32(), dtype)


def texts_of(values: pa.ChunkedArray) -> list[pa.DictionaryArray]:
    """The text of each chunk of such a column, of lists all of it."""
    if pa.types.is_dictionary(values.type):
        return list(values.chunks)
    return [chunk.flatten() for chunk in values.chunks] if pa.types.is_large_list(values.type) else []


def joined_few(chunks: Sequence[pa.Array]) -> pa.Array:
    """Put chunks of such a column together, the values in the order in which they first appear."""
    if pa.types.is_large_list(chunks[0].type):
        # A list that is null has no texts.
        lengths = np.concatenate([chunk.value_lengths().fill_null(0).to_numpy() for chunk in chunks])
        values = _joined_texts([chunk.flatten() for chunk in chunks])
        nulls = pa.concat_arrays([chunk.is_null() for chunk in chunks]) if any(c.null_count for c in chunks) else None
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        return pa.LargeListArray.from_arrays(bounds, values, chunks[0].type, mask=nulls)
    return _joined_texts(chunks)


def _joined_texts(chunks: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    values = pa.concat_arrays([chunk.dictionary for chunk in chunks]).dictionary_encode()
    names, numbers = values.indices.to_numpy(), np.full(len(values.dictionary), -1, np.int32)
    numbered, count = np.empty(sum(map(len, chunks)), np.int32), np.zeros(1, np.int64)
    done = first = nulls = 0
    for chunk in chunks:
        given = (chunk.indices.fill_null(-1) if chunk.null_count else chunk.indices).to_numpy()
        own = names[first : first + len(chunk.dictionary)]
        number_by_appearance(given, own, numbers, count, numbered[done : done + len(chunk)])
        done, first, nulls = done + len(chunk), first + len(chunk.dictionary), nulls + chunk.null_count
    order = np.argsort(numbers)[len(numbers) - count[0] :]
    codes = pa.array(numbered, mask=numbered < 0) if nulls else pa.array(numbered)
    return pa.DictionaryArray.from_arrays(codes, values.dictionary.take(pa.array(order)))
