"""The outputs' columns and types, and what every row that is written must be like."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS, REJECTED_COLUMNS, dtype_of
from schemas.kernels.contract import count_not_begun, count_without
from schemas.kernels.kernel import Bytes, Int64s, Kernel
from schemas.support.arrow_columns import few_type, texts_of


def output_types(extra: list[str], original: list[str] | None) -> dict[str, pl.DataType]:
    """Columns of ``clean`` (``original`` None) or ``rejected``, in order, with their types."""
    types = {name: dtype_of(name) for name in COMMON_COLUMNS}
    types["extra"] = pl.Struct(dict.fromkeys(extra or ["_"], pl.String()))
    if original is not None:
        types |= {name: dtype_of(name) for name in REJECTED_COLUMNS}
        types |= {"original": pl.Struct(dict.fromkeys(original, pl.String())), "raw": pl.String()}
    return types


#: Columns that are never null in a file that has them.
_REQUIRED = frozenset(
    {
        *("row_id", "source_file", "run_id", "channels", "flags", "reason", "reasons", "disposition"),
        *("code", "effect", "source", "detail"),
    }
)


def _keeps(name: str, values: pa.ChunkedArray, codes: pa.Array) -> bool:
    """Whether what holds for every value of a column does."""
    if name in PHONE_SLOTS:
        return all(_none(texts, count_not_begun, "+") for texts in values.chunks)
    if name in EMAIL_SLOTS:
        return all(_none(texts, count_without, "@") for texts in values.chunks)
    if name in ("reason", "code"):
        return _all(pc.is_in(values, value_set=codes))
    return name != "effect" or _all(pc.is_in(values, value_set=_EFFECTS))


def _none(texts: pa.Array, count_unlike: Kernel[Int64s, Bytes, int, Bytes, int, Int64s], byte: str) -> bool:
    """Whether a column of text has none that a kernel counts."""
    nulls, bounds, data = texts.buffers()
    places = np.frombuffer(bounds or bytes(8), np.int64)[texts.offset : texts.offset + len(texts) + 1]
    given, content = (np.frombuffer(buffer or b"", np.uint8) for buffer in (nulls, data))
    found = np.zeros(1, np.int64)
    count_unlike(places, given, texts.offset, content, ord(byte), found)
    return not found[0]


def _values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What occurs in a column."""
    if not pa.types.is_dictionary(column.type):
        return column
    return pa.chunked_array([chunk.dictionary for chunk in texts_of(column)], column.type.value_type)


def _all(keep: pa.ChunkedArray) -> bool:
    return bool(pc.all(keep, min_count=0).as_py())


@functools.lru_cache(maxsize=16)
def _arrow_schema(types: tuple[tuple[str, pl.DataType], ...]) -> pa.Schema:
    """What Arrow calls these types; a process that does many runs writes files of the same types again and again."""
    return pl.DataFrame(schema=dict(types)).to_arrow(compat_level=pl.CompatLevel.oldest()).schema


_EFFECTS = pa.array(["block", "review", "flag"], pa.large_string())


class FileContract:
    """What a file called ``name`` has: columns with their types, canonical contact points, registered ``codes``.

    ``schema``: the file's. ``given``: that of the tables that are written to it, in which the text columns ``few`` are
    dictionaries.
    """

    def __init__(
        self, name: str, types: Mapping[str, pl.DataType], codes: Iterable[str], few: frozenset[str] = frozenset()
    ) -> None:
        self._name = name
        self.schema = _arrow_schema(tuple(types.items()))
        self.given = pa.schema(
            [field.with_type(few_type(field.type)) if field.name in few else field for field in self.schema]
        )
        self._required = [column for column in self.schema.names if column in _REQUIRED]
        self._codes = pa.array(list(codes), pa.large_string())

    def check(self, table: pa.Table, *, among: bool = False) -> None:
        """Check rows before they are written. A column that the table does not have is null in all of them.

        ``among``: the rows have other columns as well, which are checked apart.

        Raises `AssertionError`, which names columns and never a value.
        """
        given = table.schema
        wanted = [field for field in self.given if field.name in given.names]
        if [(field.name, field.type) for field in given] != [(field.name, field.type) for field in wanted]:
            odd = sorted(f"{field.name}: {field.type}" for field in given if field not in wanted)
            raise AssertionError(
                f"{self._name} does not have its contract's columns: {'; '.join(odd) or 'another order'}"
            )
        required = [name for name in self._required if name in given.names or not among]
        faulty = [name for name in required if name not in given.names or table.column(name).null_count]
        faulty += [name for name in given.names if not _keeps(name, _values(table.column(name)), self._codes)]
        if faulty and len(table):
            raise AssertionError(f"{self._name} does not have its contract's values in: {', '.join(faulty)}")
