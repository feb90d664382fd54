"""The canonical bytes of a row of ``clean`` or ``rejected`` with its findings, and their hashes (docs/proof.md).

A row's bytes do not depend on the file that it is in: each cell that is not null, in the order of the columns, as
number of its column, size and content. Text is UTF-8; a list of texts is size and UTF-8 of each; anything else is a
number in eight bytes, the lowest first. What many rows share, and what many findings say, is hashed once, and the row
has the hash: most of the work is by the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.findings import FINDING_SCHEMA
from schemas.frames import output_types
from schemas.kernels.row_bytes import STEP, measure_rows, put_heads, put_rows
from schemas.support.arrow_columns import column
from schemas.support.many_hashes import BLOCK, DIGEST, blocks_of, digests_of

#: The first byte of what is hashed says what it is, so that no hash can be passed off as one of another kind.
OF_ROW, OF_SHARED, OF_FINDING = 2, 5, 6
#: Which of the outputs a row is in.
OUTPUT: Final = "output"
#: Columns of text that are the same in all rows of a file.
SHARED: Final = (OUTPUT, "vendor", "source_file", "source_sha256", "source_sheet", "run_id")
#: Before the name of a column of findings.
FINDINGS: Final = "finding:"
#: Rows that are put together at a time: what is written should still be near when it is hashed.
_TILE: Final = 1 << 12

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
Digests = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.int64]


def canonical_columns(extra: list[str], original: list[str]) -> list[str]:
    """Columns by number, as ``kind name``; a field of ``extra`` or ``original`` is ``extra:NAME``.

    The columns of findings are at the end. ``extra``, ``original``: source columns that are not mapped, and all.
    """
    columns = [f"text {OUTPUT}"]
    for name, dtype in output_types(extra, original).items():
        if isinstance(dtype, pl.Struct):
            columns += [f"text {name}:{field.name}" for field in dtype.fields]
        else:
            columns.append(f"{_kind(dtype)} {name}")
    return columns + [f"text {FINDINGS}{name}" for name in FINDING_SCHEMA if name != "row_id"]


def _kind(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "texts"
    if dtype.is_integer():
        return "integer"
    named = {pl.String: "text", pl.Boolean: "boolean", pl.Date: "day", pl.Time: "time", pl.Datetime: "instant"}
    return named[type(dtype)]


@dataclass(frozen=True)
class FindingHashes:
    """Hashes of findings in the order of their rows: the ``i``-th is about row ``row_id[i]``."""

    row_id: npt.NDArray[np.uint64]
    hashes: Digests


class RowHashes:
    """Hashes rows of tables whose columns are those of ``columns`` (`canonical_columns`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        named = (each.partition(" ") for each in columns)
        self._columns = {name: _Column(number, kind) for number, (kind, _, name) in enumerate(named)}

    def of(self, table: pa.Table, output: str, findings: FindingHashes) -> Digests:
        """Hash each row: n x 32 bytes. A column that the table does not have is null.

        ``findings``: of these rows, and perhaps of others. Raises `KeyError` when the table has a column that is not
        one of these, `pyarrow.ArrowException` when one is of another type.
        """
        if not len(table):
            return np.empty((0, DIGEST), np.uint8)
        columns = dict(_flat(table))
        shared, hashes = self._shared({name: columns.pop(name, None) for name in SHARED[1:]}, output, len(table))
        cells = _Cells([(self._columns[name], values) for name, values in columns.items()])
        ids = table["row_id"].to_numpy()
        firsts, lasts = (np.searchsorted(findings.row_id, ids, side) for side in ("left", "right"))
        ahead = 2 + DIGEST + DIGEST * (lasts - firsts)
        # Each further byte that the number of findings takes.
        ahead += sum((lasts - firsts >= 1 << (7 * more)).astype(np.int64) for more in (1, 2, 3))

        def head(tile: slice, ends: _Places, data: npt.NDArray[np.uint8]) -> None:
            found = findings.hashes.reshape(-1)
            put_heads(shared[tile], hashes.reshape(-1), firsts[tile], lasts[tile], found, OF_ROW, ends, data)

        return _hashed(cells, ahead, head)

    def of_findings(self, said: pa.Table) -> Digests:
        """Hash what findings say: n x 32 bytes. Columns are those of `FINDING_SCHEMA`; ``row_id`` is left out."""
        names = [name for name in said.column_names if name != "row_id"]
        if not len(said):
            return np.empty((0, DIGEST), np.uint8)
        cells = [(self._columns[FINDINGS + name], column(said, name)) for name in names]
        return _hashed(_Cells(cells), np.ones(len(said), np.int64), _kind_ahead(OF_FINDING))

    def _shared(self, columns: Mapping[str, pa.Array | None], output: str, rows: int) -> tuple[_Places, Digests]:
        """Which of some hashes is that of each row's shared cells, and these hashes."""
        which = np.zeros(rows, np.int64)
        coded = {
            name: values.dictionary_encode()
            for name, values in columns.items()
            if values is not None and _has_any(values)
        }
        for values in coded.values():
            which = which * (len(values.dictionary) + 1) + values.indices.fill_null(len(values.dictionary)).to_numpy()
        _, rows_of, shared = np.unique(which, return_index=True, return_inverse=True)
        takes = {name: values.take(pa.array(rows_of)) for name, values in coded.items()}
        takes[OUTPUT] = pa.repeat(pa.scalar(output, pa.large_string()), len(rows_of))
        cells = _Cells([(self._columns[name], values) for name, values in takes.items()])
        return shared.astype(np.int64), _hashed(cells, np.ones(len(rows_of), np.int64), _kind_ahead(OF_SHARED))


class _Column(NamedTuple):
    number: int
    kind: str


class _Spans(NamedTuple):
    """Where each of some values is in ``data``."""

    firsts: _Places
    lasts: _Places
    data: npt.NDArray[np.uint8]


class _Cells:
    """The cells of some columns, in the order of the columns' numbers, as kernels take them."""

    def __init__(self, columns: list[tuple[_Column, pa.Array]]) -> None:
        given = sorted(((each, values) for each, values in columns if _has_any(values)), key=lambda pair: pair[0])
        self.numbers = np.array([each.number for each, _ in given], np.int64)
        self.lists = np.array([each.kind == "texts" for each, _ in given], np.bool_)
        self._firsts, self._lasts = [], []
        items: list[_Spans] = []
        data: list[npt.NDArray[np.uint8]] = []
        size = number = 0
        for each, values in given:
            if each.kind == "texts":
                lists = _as(values, _TYPES["texts"])
                offsets = _offsets(lists)
                used = lists.values.slice(offsets[0], offsets[-1] - offsets[0])
                spans = _shifted(_spans(used), size)
                items.append(spans)
                offsets = offsets - offsets[0] + number
                places = _Spans(offsets[:-1], offsets[1:], spans.data)
                number += len(spans.firsts)
            else:
                places = _shifted(_spans(values) if each.kind == "text" else _numbers(values, each.kind), size)
            size += len(places.data)
            data.append(places.data)
            self._firsts.append(np.where(_given(values), places.firsts, -1) if values.null_count else places.firsts)
            self._lasts.append(places.lasts)
        self.data = np.concatenate([*data, np.zeros(STEP, np.uint8)])
        none = [np.empty(0, np.int64)]
        self.item_firsts = np.concatenate([each.firsts for each in items] or none)
        self.item_lasts = np.concatenate([each.lasts for each in items] or none)

    def tile(self, rows: slice) -> tuple[_Places, _Places]:
        """Where the cells of these rows are, column after column."""
        if not self._firsts:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return (
            np.concatenate([each[rows] for each in self._firsts]),
            np.concatenate([each[rows] for each in self._lasts]),
        )


#: Writes what is ahead of the cells of some rows: from ``ends`` on, which it moves.
_Head = Callable[[slice, _Places, npt.NDArray[np.uint8]], None]


def _hashed(cells: _Cells, ahead: _Places, head: _Head) -> Digests:
    """Hash rows of cells with what is ahead of them, of which ``ahead`` are the sizes and which ``head`` writes."""
    found = []
    # New memory is dearer than what was written before.
    room = np.empty(0, np.uint8)
    for first in range(0, len(ahead), _TILE):
        tile = slice(first, first + _TILE)
        sizes = ahead[tile].copy()
        firsts, lasts = cells.tile(tile)
        measure_rows(sizes, cells.numbers, cells.lists, firsts, lasts, cells.item_firsts, cells.item_lasts)
        blocks = blocks_of(sizes)
        if len(room) < blocks[-1] * BLOCK:
            room = np.empty(blocks[-1] * BLOCK * 5 // 4, np.uint8)
        data = room[: blocks[-1] * BLOCK]
        ends = blocks[:-1] * BLOCK
        head(tile, ends, data)
        items = cells.item_firsts, cells.item_lasts
        limits = blocks[1:] * BLOCK
        put_rows(ends, limits, cells.numbers, cells.lists, firsts, lasts, items[0], items[1], cells.data, data)
        found.append(digests_of(data, blocks, sizes))
    return np.concatenate(found)


def _kind_ahead(kind: int) -> _Head:
    def head(_: slice, ends: _Places, data: npt.NDArray[np.uint8]) -> None:
        data[ends] = kind
        ends += 1

    return head


def _has_any(values: pa.Array) -> bool:
    return bool(values.null_count < len(values))


def _shifted(spans: _Spans, by: int) -> _Spans:
    return _Spans(spans.firsts + by, spans.lasts + by, spans.data)


def _numbers(values: pa.Array, kind: str) -> _Spans:
    values = _as(values, _TYPES[kind])
    small = {pa.bool_(): pa.int8(), pa.date32(): pa.int32()}.get(values.type, pa.int64())
    numbers = values.cast(small).cast(pa.int64())
    data = np.frombuffer(numbers.buffers()[1], np.uint8)[numbers.offset * 8 : (numbers.offset + len(numbers)) * 8]
    firsts = np.arange(len(numbers), dtype=np.int64) * 8
    return _Spans(firsts, firsts + 8, data)


def _as(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    return values if values.type == wanted else values.cast(wanted)


def _spans(values: pa.Array) -> _Spans:
    """Texts, or texts by their number in a dictionary. Nobody says what is in the place of a null."""
    if pa.types.is_dictionary(values.type):
        firsts, lasts, data = _spans(values.dictionary)
        which = values.indices.fill_null(0).to_numpy()
        return _Spans(firsts[which], lasts[which], data)
    values = _as(values, _TYPES["text"])
    bounds, data = _offsets(values), values.buffers()[2]
    if data is None:
        return _Spans(bounds[:-1], bounds[1:], np.empty(0, np.uint8))
    # Of a slice of a column only what is in it.
    used = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    return _Spans(bounds[:-1] - bounds[0], bounds[1:] - bounds[0], used)


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
    """Which values are not null."""
    given: npt.NDArray[np.bool_] = pc.is_valid(values).to_numpy(zero_copy_only=False)
    return given


def _offsets(values: pa.Array) -> _Places:
    buffer = values.buffers()[1]
    if buffer is None or not buffer.size:
        return np.zeros(len(values) + 1, np.int64)
    return np.frombuffer(buffer, np.int64)[values.offset : values.offset + len(values) + 1]
