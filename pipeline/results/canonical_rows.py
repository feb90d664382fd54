"""The canonical bytes of a row of ``clean`` or ``rejected`` with its findings, and their hashes (docs/proof.md).

A row's bytes do not depend on the file that it is in: each cell that is not null, in the order of the columns, as
number of its column and content. Text is size and UTF-8; a list is how many texts it has, and these; anything else is a
number in eight bytes, the lowest first. What many rows share, and what many findings say, is hashed once, and the row
has the hash: most of the work is by the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.results.cells_in_memory import Cells, ColumnOf
from schemas.findings import FINDING_SCHEMA
from schemas.frames import output_types
from schemas.kernels.row_bytes import count_findings, measure_rows, put_heads, put_rows
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
#: Combinations of values that are counted in a number of 64 bits.
_MOST: Final = 1 << 62

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


class FindingHashes(NamedTuple):
    """Hashes of findings in the order of their rows: of row ``row_id[i]`` is the ``which[i]``-th of ``hashes``."""

    row_id: npt.NDArray[np.uint64]
    which: npt.NDArray[np.int64]
    hashes: Digests


class RowHashes:
    """Hashes rows of tables whose columns are those of ``columns`` (`canonical_columns`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        named = (each.partition(" ") for each in columns)
        self._columns = {name: ColumnOf(number, kind) for number, (kind, _, name) in enumerate(named)}

    def of(self, table: pa.Table, output: str, findings: FindingHashes) -> Digests:
        """Hash each row: n x 32 bytes. A column that the table does not have is null.

        ``findings``: of these rows, and perhaps of others. Raises `KeyError` when the table has a column that is not
        one of these, `pyarrow.ArrowException` when one is of another type.
        """
        rows = len(table)
        if not rows:
            return np.empty((0, DIGEST), np.uint8)
        columns = dict(_flat(table))
        shared, hashes = self._shared({name: columns.pop(name, None) for name in SHARED[1:]}, output, rows)
        cells = Cells([(self._columns[name], values) for name, values in columns.items()])
        firsts, counts = np.empty(rows, np.int64), np.empty(rows, np.int64)
        count_findings(table["row_id"].to_numpy(), findings.row_id, firsts, counts)
        ahead = 2 + DIGEST + DIGEST * counts
        # Each further byte that the number of findings takes.
        ahead += sum((counts >= 1 << (7 * more)).astype(np.int64) for more in (1, 2, 3))

        def head(tile: slice, ends: _Places, data: npt.NDArray[np.uint8]) -> None:
            said = findings.hashes.reshape(-1)
            put_heads(shared[tile], hashes.reshape(-1), firsts[tile], counts[tile], findings.which, said, ends, data)

        return _hashed(cells, OF_ROW, ahead, head)

    def of_findings(self, said: pa.Table) -> Digests:
        """Hash what findings say: n x 32 bytes. Columns are those of `FINDING_SCHEMA`; ``row_id`` is left out."""
        names = [name for name in said.column_names if name != "row_id"]
        cells = Cells([(self._columns[FINDINGS + name], column(said, name)) for name in names])
        return _hashed(cells, OF_FINDING, np.ones(len(said), np.int64))

    def _shared(self, columns: Mapping[str, pa.Array | None], output: str, rows: int) -> tuple[_Places, Digests]:
        """Which of some hashes is that of each row's shared cells, and these hashes."""
        coded = {
            name: values.dictionary_encode()
            for name, values in columns.items()
            if values is not None and values.null_count < rows
        }
        which, rows_of = alike(list(coded.values()), rows)
        takes = {name: values.take(pa.array(rows_of)) for name, values in coded.items()}
        takes[OUTPUT] = pa.repeat(pa.scalar(output, pa.large_string()), len(rows_of))
        cells = Cells([(self._columns[name], values) for name, values in takes.items()])
        return which, _hashed(cells, OF_SHARED, np.ones(len(rows_of), np.int64))


def alike(columns: list[pa.DictionaryArray], rows: int) -> tuple[_Places, _Places]:
    """Which of some rows each row says the same as in all of these columns, and where these rows are."""
    which, most = np.zeros(rows, np.int64), 1
    for values in columns:
        count = len(values.dictionary) + 1
        if count == 2 and not values.null_count:
            continue
        if most * count >= _MOST:
            which, most = _numbered(which)
        codes = values.indices.fill_null(count - 1) if values.null_count else values.indices
        which, most = which * count + codes.to_numpy(), most * count
    if most > 1:
        which, most = _numbered(which)
    rows_of = np.empty(most, np.int64)
    rows_of[which[::-1]] = np.arange(rows - 1, -1, -1)
    return which, rows_of


def _numbered(values: _Places) -> tuple[_Places, int]:
    """The number of each value among the different ones, and how many these are."""
    coded = pa.array(values).dictionary_encode()
    return coded.indices.to_numpy().astype(np.int64), len(coded.dictionary)


#: Writes what is ahead of the cells of some rows but for the first byte: from ``ends`` on, which it moves.
_Head = Callable[[slice, _Places, npt.NDArray[np.uint8]], None]


def _hashed(cells: Cells, kind: int, ahead: _Places, head: _Head = lambda *_: None) -> Digests:
    """Hash rows of cells with what is ahead of them, of which ``ahead`` are the sizes and which ``head`` writes."""
    found = []
    # New memory is dearer than what was written before.
    room = np.empty(0, np.uint8)
    for first in range(0, len(ahead), _TILE):
        tile = slice(first, first + _TILE)
        sizes = ahead[tile].copy()
        measure_rows(sizes, first, *cells.arrays)
        blocks = blocks_of(sizes)
        if len(room) < blocks[-1] * BLOCK:
            room = np.empty(blocks[-1] * BLOCK * 5 // 4, np.uint8)
        data = room[: blocks[-1] * BLOCK]
        bounds = blocks * BLOCK
        ends = bounds[:-1].copy()
        data[ends] = kind
        ends += 1
        head(tile, ends, data)
        put_rows(ends, bounds[1:], first, *cells.arrays, data, data.view(np.uint64))
        found.append(digests_of(data, blocks, sizes))
    return np.concatenate(found) if found else np.empty((0, DIGEST), np.uint8)


def _flat(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    """Columns of a table by name, each as one array; structs as their fields."""
    for name in table.column_names:
        array = column(table, name)
        if pa.types.is_struct(array.type):
            fields = [array.type.field(place).name for place in range(array.type.num_fields)]
            yield from ((f"{name}:{field}", each) for field, each in zip(fields, array.flatten(), strict=True))
        else:
            yield name, array
