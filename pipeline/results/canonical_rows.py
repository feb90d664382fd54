"""The canonical bytes of a row of ``clean`` or ``rejected`` with its findings, and their hashes (docs/proof.md).

A row's bytes do not depend on the file that it is in: each cell that is not null, in the order of the columns, as
number of its column, size and content. Text is UTF-8; a list of texts is size and UTF-8 of each; anything else is a
number in eight bytes, the lowest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.findings import FINDING_SCHEMA
from schemas.frames import output_types
from schemas.kernels.row_bytes import (
    measure_lists,
    measure_numbers,
    measure_texts,
    put_lists,
    put_numbers,
    put_same,
    put_texts,
)
from schemas.support.arrow_columns import column
from schemas.support.many_hashes import BLOCK, blocks_of, digests_of

#: The first byte of what is hashed says what it is, so that no hash can be passed off as one of another kind.
OF_ROW: Final = 2
#: Column 0 of every row: the output that it is in, ``clean`` or ``rejected``.
OUTPUT: Final = "text output"
#: Before the name of a column of findings.
FINDINGS: Final = "finding:"
#: Rows that are put together at a time: what is written again and again should be near.
_TILE: Final = 1 << 14

#: Kinds of column, with the type whose values are put.
_TYPES: Final[dict[str, pa.DataType]] = {
    "text": pa.large_string(),
    "texts": pa.large_list(pa.large_string()),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "day": pa.date32(),
    "time": pa.time64("ns"),
    "instant": pa.timestamp("us", "UTC"),
}
_NO_BYTES: Final = np.zeros(1, np.uint8)
Digests = npt.NDArray[np.uint8]


def canonical_columns(extra: list[str], original: list[str]) -> list[str]:
    """Columns by number, as ``kind name``; a field of ``extra`` or ``original`` is ``extra:NAME``.

    The findings of a row are at the end: a list for each of their columns, one item a finding, blank for null.
    ``extra``, ``original``: source columns that are not mapped, and all of them.
    """
    columns = [OUTPUT]
    for name, dtype in output_types(extra, original).items():
        if isinstance(dtype, pl.Struct):
            columns += [f"text {name}:{field.name}" for field in dtype.fields]
        else:
            columns.append(f"{_kind(dtype)} {name}")
    return columns + [f"texts {FINDINGS}{name}" for name in FINDING_SCHEMA if name != "row_id"]


def _kind(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "texts"
    if dtype.is_integer():
        return "integer"
    named = {pl.String: "text", pl.Boolean: "boolean", pl.Date: "day", pl.Time: "time", pl.Datetime: "instant"}
    return named[type(dtype)]


class RowHashes:
    """Hashes rows of tables whose columns are those of ``columns`` (`canonical_columns`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        named = (column.partition(" ") for column in columns)
        self._columns = {name: (number, kind) for number, (kind, _, name) in enumerate(named)}

    def of(self, table: pa.Table, output: str, findings: pa.Table) -> Digests:
        """Hash each row: n x 32 bytes. A column that the table does not have is null.

        ``findings``: of these rows, and perhaps of others, in the order of ``row_id``, as is the table.
        Raises `KeyError` when the table has a column that is not one of these, `pyarrow.ArrowException` when one is
        of another type.
        """
        found = _Findings(findings)
        parts = [self._of_tile(table.slice(first, _TILE), output, found) for first in range(0, len(table), _TILE)]
        return np.concatenate(parts) if parts else np.empty((0, 32), np.uint8)

    def _of_tile(self, table: pa.Table, output: str, findings: _Findings) -> Digests:
        cells = [_cells(self._columns[name], values) for name, values in _flat(table) if values.null_count < len(table)]
        cells.sort(key=lambda each: each.number)
        cells += findings.of(table["row_id"].to_numpy(), self._columns)
        ahead = np.frombuffer(bytes([OF_ROW, 0, len(output)]) + output.encode(), np.uint8)
        sizes = np.full(len(table), len(ahead), np.int64)
        for each in cells:
            each.measure(sizes)
        blocks = blocks_of(sizes)
        data = np.zeros(blocks[-1] * BLOCK, np.uint8)
        ends = blocks[:-1] * BLOCK
        put_same(ends, ahead, data)
        for each in cells:
            each.put(ends, data)
        return digests_of(data, blocks, sizes)


class _Spans(NamedTuple):
    """Texts: the ``i``-th is ``data[firsts[i] : lasts[i]]``."""

    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Texts:
    number: int
    given: npt.NDArray[np.bool_]
    spans: _Spans

    def measure(self, sizes: npt.NDArray[np.int64]) -> None:
        measure_texts(self.spans.firsts, self.spans.lasts, self.given, self.number, sizes)

    def put(self, ends: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> None:
        put_texts(*self.spans, self.given, self.number, ends, data)


@dataclass(frozen=True)
class _Lists:
    number: int
    given: npt.NDArray[np.bool_]
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    items: _Spans

    def measure(self, sizes: npt.NDArray[np.int64]) -> None:
        measure_lists(self.firsts, self.lasts, self.items.firsts, self.items.lasts, self.given, self.number, sizes)

    def put(self, ends: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> None:
        put_lists(self.firsts, self.lasts, *self.items, self.given, self.number, ends, data)


class _Numbers:
    def __init__(self, number: int, values: pa.Array) -> None:
        self.number, self._given = number, _given(values)
        small = {pa.bool_(): pa.int8(), pa.date32(): pa.int32()}.get(values.type, pa.int64())
        numbers = values.cast(small).cast(pa.int64())
        self._values = np.frombuffer(numbers.buffers()[1], np.int64)[numbers.offset : numbers.offset + len(numbers)]

    def measure(self, sizes: npt.NDArray[np.int64]) -> None:
        measure_numbers(self._values, self._given, self.number, sizes)

    def put(self, ends: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> None:
        put_numbers(self._values, self._given, self.number, ends, data)


class _Findings:
    """Findings in the order of ``row_id``: as lists of the rows that they are about."""

    def __init__(self, findings: pa.Table) -> None:
        self._ids = findings["row_id"].to_numpy()
        self._columns = {
            FINDINGS + name: _spans(column(findings, name))
            for name in (findings.column_names if len(findings) else ())
            if name != "row_id"
        }

    def of(self, row_ids: npt.NDArray[np.uint64], numbers: dict[str, tuple[int, str]]) -> list[_Lists]:
        """The columns of findings of some rows; null of rows that have none."""
        firsts, lasts = (np.searchsorted(self._ids, row_ids, side) for side in ("left", "right"))
        given = firsts < lasts
        return [_Lists(numbers[name][0], given, firsts, lasts, items) for name, items in self._columns.items()]


def _cells(numbered: tuple[int, str], values: pa.Array) -> _Texts | _Lists | _Numbers:
    number, kind = numbered
    if kind == "text":
        return _Texts(number, _given(values), _spans(values))
    values = _as(values, _TYPES[kind])
    if kind == "texts":
        lists = _offsets(values)
        return _Lists(number, _given(values), lists[:-1], lists[1:], _spans(values.values))
    return _Numbers(number, values)


def _as(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    return values if values.type == wanted else values.cast(wanted)


def _spans(values: pa.Array) -> _Spans:
    """Texts, or texts by their number in a dictionary; what is null is blank."""
    if pa.types.is_dictionary(values.type):
        firsts, lasts, data = _spans(values.dictionary)
        which = values.indices.fill_null(len(firsts)).to_numpy()
        return _Spans(np.append(firsts, 0)[which], np.append(lasts, 0)[which], data)
    values = _as(values, _TYPES["text"])
    bounds, data = _offsets(values), values.buffers()[2]
    first, last = bounds[:-1], bounds[1:]
    if values.null_count:
        # Nobody says what is in the place of a null.
        first = np.where(_given(values), first, last)
    return _Spans(first, last, np.frombuffer(data, np.uint8) if data is not None and data.size else _NO_BYTES)


def _flat(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """Columns of a table by name, each as one array; structs as their fields."""
    for name in table.column_names:
        array = column(table, name)
        if pa.types.is_struct(array.type):
            fields = [array.type.field(place).name for place in range(array.type.num_fields)]
            yield from ((f"{name}:{field}", each) for field, each in zip(fields, array.flatten(), strict=True))
        else:
            yield name, array


def _given(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values are not null; nothing at all where none is null."""
    if not values.null_count:
        return np.empty(0, np.bool_)
    given: npt.NDArray[np.bool_] = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return given


def _offsets(values: pa.Array) -> npt.NDArray[np.int64]:
    buffer = values.buffers()[1]
    if buffer is None or not buffer.size:
        return np.zeros(len(values) + 1, np.int64)
    return np.frombuffer(buffer, np.int64)[values.offset : values.offset + len(values) + 1]
