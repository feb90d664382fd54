"""Columns of Arrow tables: taken as one array, given other nulls, made of one value or of few."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.kernels.findings import order_by_appearance, renumber
from schemas.kernels.row_bytes import STEP
from schemas.kernels.texts import take_texts

#: The number of no value.
_NO_VALUE = -2


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


def chosen(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Some rows of a table, by place, in order."""
    columns = {name: column(table, name) for name in table.column_names}
    texts = {name: _chosen(values, rows) for name, values in columns.items()}
    others = table.select([name for name in columns if texts[name] is None]).take(pa.array(rows))
    return pa.table({name: others.column(name) if made is None else made for name, made in texts.items()})


def _chosen(values: pa.Array, rows: npt.NDArray[np.int64]) -> pa.Array | None:
    """Some rows of text, or of structs of texts; None where they are something else."""
    if values.offset or not len(rows):
        return None
    if pa.types.is_struct(values.type) and not values.null_count:
        fields = [_chosen(field, rows) for field in values.flatten()]
        if any(field is None for field in fields):
            return None
        return pa.StructArray.from_arrays(fields, fields=list(values.type))
    if not pa.types.is_large_string(values.type):
        return None
    if values.null_count == len(values):
        return pa.nulls(len(rows), values.type)
    nulls, bounds, data = values.buffers()
    places = np.frombuffer(bounds, np.int64)[: len(values) + 1]
    given = np.frombuffer(nulls if nulls and values.null_count else b"", np.uint8)
    few = 2 * len(rows) < len(values)
    room = (places[rows + 1] - places[rows]).sum() if few else places[-1] - places[0]
    # Arrow has memory that was written before, and a new page is dear.
    made, out = (pa.allocate_buffer(size) for size in (8 * len(rows) + 8, int(room) + 2 * STEP))
    ends = np.frombuffer(made, np.int64)
    ends[0] = 0
    bits = np.zeros((len(rows) + 7) // 8 if len(given) else 0, np.uint8)
    take_texts(rows, places, np.frombuffer(data or b"", np.uint8), given, ends[1:], np.frombuffer(out, np.uint8), bits)
    return pa.Array.from_buffers(values.type, len(rows), [pa.py_buffer(bits) if len(given) else None, made, out])


def only_which(values: pa.Array) -> pa.Array:
    """True where there is a value, null where there is none."""
    given = values.is_valid()
    return pa.BooleanArray.from_buffers(
        pa.bool_(), len(given), [given.buffers()[1], given.buffers()[1]], offset=given.offset
    )


def of_one_value(value: str, rows: int) -> pa.Array:
    """The same text in every row, as a column of few values."""
    return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array([value], pa.large_string()))


def few_values(values: pa.Array, which: npt.NDArray[np.integer[Any]]) -> pa.Array:
    """Text, or lists of text, with few different values: row ``i`` has ``values[which[i]]``, which may be null."""
    if pa.types.is_large_list(values.type):
        return few_texts(values).take(pa.array(which))
    codes = values.dictionary_encode()
    numbers = (codes.indices.fill_null(_NO_VALUE) if codes.null_count else codes.indices).to_numpy()
    return _numbered_texts(np.take(numbers, which), codes.dictionary, nulls=codes.null_count > 0)


def _numbered_texts(numbers: npt.NDArray[np.int32], texts: pa.Array, *, nulls: bool) -> pa.DictionaryArray:
    """Text by its number; ``nulls``: some are below 0, and have none."""
    given = pa.py_buffer(np.packbits(numbers >= 0, bitorder="little")) if nulls else None
    codes = pa.Array.from_buffers(pa.int32(), len(numbers), [given, pa.py_buffer(numbers)])
    return pa.DictionaryArray.from_arrays(codes, texts, safe=False)


def few_texts(values: pa.Array) -> pa.Array:
    """A column of text, or of lists of text, with its different values apart."""
    if not pa.types.is_large_list(values.type):
        return values.dictionary_encode()
    nulls, bounds = values.buffers()[:2]
    texts = values.values.dictionary_encode()
    return pa.Array.from_buffers(
        few_type(values.type), len(values), [nulls, bounds], children=[texts], offset=values.offset
    )


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
    """Put chunks of such a column together, the values in the order in which they first appear.

    Of a chunk's values several may be equal.
    """
    if pa.types.is_large_list(chunks[0].type):
        ends, texts = zip(*map(_lists, chunks), strict=True)
        starts = itertools.accumulate(map(len, texts), initial=0)
        bounds = np.concatenate([[0], *(start + each for start, each in zip(starts, ends, strict=False))])
        nulls = any(chunk.null_count for chunk in chunks)
        given = pa.concat_arrays([chunk.is_valid() for chunk in chunks]).buffers()[1] if nulls else None
        lists = [given, pa.py_buffer(bounds)]
        return pa.Array.from_buffers(chunks[0].type, len(bounds) - 1, lists, children=[_joined_texts(texts)])
    return _joined_texts(chunks)


def _lists(chunk: pa.LargeListArray) -> tuple[npt.NDArray[np.int64], pa.DictionaryArray]:
    """Where each row's texts end among these; and these. A list that is null has none."""
    bounds = np.frombuffer(chunk.buffers()[1] or bytes(8), np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    if chunk.null_count and np.diff(bounds)[np.asarray(chunk.is_null())].any():
        return np.cumsum(chunk.value_lengths().fill_null(0)), chunk.flatten()
    return bounds[1:] - bounds[0], chunk.values.slice(bounds[0], bounds[-1] - bounds[0])


def _joined_texts(chunks: Sequence[pa.DictionaryArray]) -> pa.DictionaryArray:
    values, rows = chunks[0].dictionary, sum(map(len, chunks))
    if rows and len(values) == 1 and all(each.dictionary.equals(values) and not each.null_count for each in chunks):
        return _numbered_texts(np.zeros(rows, np.int32), values, nulls=False)
    used = [_used(chunk) for chunk in chunks]
    # Of the values of a whole batch a row group has few: only these are compared.
    values = pa.concat_arrays([chunk.dictionary.take(some) for chunk, some in zip(chunks, used, strict=True)])
    values = values.dictionary_encode()
    names, numbered = values.indices.to_numpy(), np.empty(rows, np.int32)
    first = start = 0
    for chunk, some in zip(chunks, used, strict=True):
        numbers = np.full(len(chunk.dictionary) + 1, _NO_VALUE, np.int32)
        numbers[some] = names[first : first + len(some)]
        renumber(*_codes(chunk), numbers, numbered[start : start + len(chunk)])
        first, start = first + len(some), start + len(chunk)
    return _numbered_texts(numbered, values.dictionary, nulls=any(chunk.null_count for chunk in chunks))


def joined_alike(chunks: Sequence[pa.DictionaryArray]) -> dict[str, pa.DictionaryArray]:
    """Put columns of texts together, which are structs: of a chunk's rows few say something different.

    What `joined_few` would return of each field; the rows are looked at once for all of them.
    """
    used = [_used(chunk) for chunk in chunks]
    which, first, start = np.empty(sum(map(len, chunks)), np.int32), 0, 0
    for chunk, some in zip(chunks, used, strict=True):
        places = np.empty(len(chunk.dictionary) + 1, np.int32)
        places[some] = np.arange(first, first + len(some))
        renumber(*_codes(chunk), places, which[start : start + len(chunk)])
        first, start = first + len(some), start + len(chunk)
    found = {}
    for place, field in enumerate(chunks[0].type.value_type):
        texts = [_some(chunk.dictionary.field(place), some) for chunk, some in zip(chunks, used, strict=True)]
        few = _joined_texts(texts)
        nulls = few.null_count > 0
        numbers = (few.indices.fill_null(_NO_VALUE) if nulls else few.indices).to_numpy()
        found[field.name] = _numbered_texts(numbers.take(which), few.dictionary, nulls=nulls)
    return found


def _some(values: pa.Array, these: npt.NDArray[np.int32]) -> pa.DictionaryArray:
    if pa.types.is_dictionary(values.type):
        return values.take(pa.array(these))
    if values.null_count:
        return values.take(pa.array(these)).dictionary_encode()
    return pa.DictionaryArray.from_arrays(pa.array(these), values)


def _used(chunk: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Which values a column has, in the order in which they first appear."""
    order, count = np.empty(len(chunk.dictionary), np.int32), np.zeros(1, np.int64)
    order_by_appearance(*_codes(chunk), np.zeros(len(chunk.dictionary) + 1, np.uint8), order, count)
    return order[: count[0]]


def _codes(chunk: pa.DictionaryArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], int]:
    """Which value each row has, and bits that say which rows have one, from a place on; no bits where all have."""
    indices = chunk.indices
    nulls, places = indices.buffers()
    codes = np.frombuffer(places or b"", np.int32)[indices.offset : indices.offset + len(chunk)]
    return codes, np.frombuffer(nulls if nulls and indices.null_count else b"", np.uint8), indices.offset
