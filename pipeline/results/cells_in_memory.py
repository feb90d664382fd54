"""The cells of a table where Arrow has them, for the loops of `schemas.kernels.row_bytes`: nothing is copied."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from schemas.kernels.row_bytes import LIST, NUMBER, STEP, TEXT
from schemas.support.memory import memory_at

#: Kinds of column with numbers, and the types on the way to their bytes.
_NUMBERS: Final[dict[str, tuple[pa.DataType, ...]]] = {
    "integer": (pa.int64(),),
    "boolean": (pa.bool_(), pa.int8(), pa.int64()),
    "day": (pa.date32(), pa.int32(), pa.int64()),
    "time": (pa.time64("ns"), pa.int64()),
    "instant": (pa.timestamp("us", "UTC"), pa.int64()),
}
_NONE: Final = -1


class ColumnOf(NamedTuple):
    """A column of the canonical form."""

    number: int
    kind: str


class Cells:
    """The cells of some columns, in the order of the columns' numbers; columns without any value are left out.

    ``arrays``: what is said of the columns, and the memory that they are in, as bytes and as numbers of 64 and 32 bits.
    It is read-only, and there while this object is.
    """

    def __init__(self, columns: list[tuple[ColumnOf, pa.Array]]) -> None:
        self._buffers: list[pa.Buffer] = []
        given = sorted((each for each in columns if each[1].null_count < len(each[1])), key=lambda each: each[0])
        found = [self._column(each, values) for each, values in given]
        start = min((buffer.address for buffer in self._buffers), default=0) // 8 * 8
        end = max((buffer.address + buffer.size for buffer in self._buffers), default=0)
        fields = [field for column in found for field in column.fields(start)]
        memory = memory_at(start, (end - start + 7) // 8 * 8)
        self.arrays = (np.array(fields, np.int64), memory, memory.view(np.int64), memory.view(np.int32))

    def _column(self, column: ColumnOf, values: pa.Array) -> _Column:
        bits = values.buffers()[0] if values.null_count else None
        given = _NONE if bits is None else self._address(bits)
        # A cast may put its answers elsewhere, but which of them are null is read here.
        ahead = (column.number, given, values.offset)
        if column.kind == "texts":
            lists = _as(values, pa.large_list(_text_type(values.type.value_type)))
            # Places of items count from the first one, whichever rows are in the array.
            texts = self._texts(lists.values)
            return _Column(LIST, *ahead, *texts, self._address(lists.buffers()[1], 8) + lists.offset * 8)
        if column.kind == "text":
            return _Column(TEXT, *ahead, *self._texts(values), _NONE)
        for wanted in _NUMBERS[column.kind]:
            values = _as(values, wanted)
        data = values.buffers()[1]
        first = self._address(data)
        return _Column(NUMBER, *ahead, _NONE, first + values.offset * 8, first + data.size, _NONE, _NONE)

    def _texts(self, values: pa.Array) -> tuple[int, int, int, int]:
        """Where texts begin and end, their bytes and the end of these, and which text each is."""
        codes = _NONE
        if pa.types.is_dictionary(values.type):
            which = _as(values.indices, pa.int32())
            codes = self._address(which.buffers()[1], 4) + which.offset * 4
            values = values.dictionary
        values = _as(values, pa.large_string())
        _, bounds, data = values.buffers()
        if bounds is None or not bounds.size:
            # No text at all, as in a column of empty lists.
            bounds = pa.py_buffer(bytes(8))
        if codes != _NONE and data is not None:
            # Few texts, of which one is copied often: with room behind the last one, as the loops copy whole steps.
            data = pa.py_buffer(data.to_pybytes() + bytes(2 * STEP))
        first = self._address(bounds if data is None else data)
        end = first if data is None else first + data.size
        return self._address(bounds, 8) + values.offset * 8, first, end, codes

    def _address(self, buffer: pa.Buffer, size: int = 1) -> int:
        """Note and return where a buffer is, or a copy of it: at a multiple of the size of its values."""
        if not buffer.size:
            # Nothing may be anywhere, even at address 0.
            buffer = pa.py_buffer(bytes(8))
        if buffer.address % size:
            copy = pa.allocate_buffer(buffer.size)
            np.frombuffer(copy, np.uint8)[:] = np.frombuffer(buffer, np.uint8)
            buffer = copy
        self._buffers.append(buffer)
        return int(buffer.address)


class _Column(NamedTuple):
    """What the loops know of a column, with addresses in bytes; -1 where it has none."""

    kind: int
    number: int
    given: int
    bit: int
    bounds: int
    data: int
    end: int
    codes: int
    lists: int

    def fields(self, start: int) -> list[int]:
        """The same with places in a memory that begins at ``start``."""

        def place(address: int, size: int) -> int:
            return _NONE if address == _NONE else (address - start) // size

        given, data, end = place(self.given, 1), place(self.data, 1), place(self.end, 1)
        bounds, codes, lists = place(self.bounds, 8), place(self.codes, 4), place(self.lists, 8)
        return [self.kind, self.number, given, self.bit, bounds, data, end, codes, lists]


def _text_type(dtype: pa.DataType) -> pa.DataType:
    return dtype if pa.types.is_dictionary(dtype) else pa.large_string()


def _as(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    return values if values.type == wanted else values.cast(wanted)
