"""Writes frames to Parquet in row groups of a fixed size, so that the bytes do not depend on how the rows arrived."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import EMAIL_SLOTS, INSTANTS, PHONE_SLOTS
from schemas.frames import FileContract
from schemas.manifest import OutputFile
from schemas.support.arrow_columns import column, few_texts, joined_alike, joined_few
from schemas.support.summed_file import DigestedFile

ROW_GROUP = 65_536
#: Numbers that grow from row to row: what is written is by how much.
_ORDERED = ("row_id", "source_line")
SELDOM_REPEATS = frozenset(
    {*PHONE_SLOTS, *EMAIL_SLOTS, *INSTANTS, *_ORDERED, "address_1", "vendor_lead_id", "consent_ip", "full_name"}
    | {"trustedform_cert_url", "jornaya_lead_id", "extra", "original", "raw"}
)
#: Rows that Arrow encodes at once; it looks at the size of a page after each such step.
_STEP = 1 << 10
#: Bytes that are handed to a file at once: each time, Python is waited for.
_AT_ONCE = 4 << 20
#: A column of structs, whose fields are columns of the file: each row says one of few things.
_ALIKE = "alike"
_TEXTS = (pa.large_string(), pa.large_list(pa.large_string()))


class ParquetOutput:
    """One output file. Rows are taken in order and written as full row groups; each is checked before it is written.

    ``few``: columns that come with their different texts apart, as dictionaries. The file is the same.
    ``repeating``: fields of structs whose values repeat, as ``column.field``.
    """

    def __init__(
        self,
        path: Path,
        types: dict[str, pl.DataType],
        codes: Iterable[str],
        metadata: dict[str, str],
        few: frozenset[str] = frozenset(),
        repeating: Iterable[str] = (),
    ) -> None:
        self.path, self._few = path, few
        self.rows = 0
        self._contract = FileContract(path.name, types, codes, few)
        self._waiting: list[pa.Table] = []
        self._schema = self._contract.given
        self._nulls: dict[pa.DataType, pa.Array] = {}
        # A dictionary of values that hardly repeat is made, found too large and thrown away.
        coded = [
            f"{name}.list.element" if isinstance(dtype, pl.List) else name
            for name, dtype in types.items()
            if name not in SELDOM_REPEATS
        ]
        ordered = [name for name in _ORDERED if name in types]
        self._sha256 = hashlib.sha256()
        self._file = DigestedFile(path, self._sha256)
        self._stream = pa.BufferedOutputStream(pa.PythonFile(self._file, "w"), _AT_ONCE)
        self._writer = pq.ParquetWriter(
            self._stream,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[*coded, *repeating],
            column_encoding=dict.fromkeys(ordered, "DELTA_BINARY_PACKED"),
            # Only these are in an order of their own: by the others' least and greatest no reader could skip anything.
            write_statistics=ordered,
            # A page ends at the size of a page alone.
            max_rows_per_page=ROW_GROUP,
            write_batch_size=_STEP,
            store_schema=False,
        )
        # What Arrow itself would store would make readers believe in dictionaries.
        schema = self._contract.schema.with_metadata(metadata)
        stored = {"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes()).decode()}
        self._writer.add_key_value_metadata(metadata | stored)

    def formed(self, rows: pa.Table) -> pa.Table:
        """Check and return rows as `add` takes them.

        ``rows``: the file's columns, order and types (`schemas.frames.output_types`); those of ``few`` as text, or
        lists of it, or as dictionaries. A column that the table does not have is null in all of them. On any thread.
        """
        for place, field in enumerate(rows.schema):
            if field.name in self._few and field.type in _TEXTS:
                rows = rows.set_column(place, field.name, few_texts(column(rows, field.name)))
        self._contract.check(rows)
        return rows

    def formed_alike(self, rows: pa.Table, said: pa.Table, which: npt.NDArray[np.int64]) -> pa.Table:
        """Check and return rows as `add` takes them, of which few say something different.

        Row ``i`` has the columns of ``rows``, and those of ``said``, all of ``few``, from row ``which[i]`` of it.
        """
        columns = {name: column(said, name) for name in said.column_names}
        numbers = np.arange(len(said), dtype=np.int32)
        whole = {
            name: values if pa.types.is_dictionary(values.type) else pa.DictionaryArray.from_arrays(numbers, values)
            for name, values in columns.items()
        }
        self._contract.check(pa.table(whole), among=True)
        self._contract.check(rows, among=True)
        alike = pa.StructArray.from_arrays(list(columns.values()), list(columns))
        return rows.append_column(_ALIKE, pa.DictionaryArray.from_arrays(which.astype(np.int32), alike))

    def add(self, rows: pa.Table) -> None:
        """Take formed rows."""
        if not len(rows):
            return
        self._waiting.append(rows)
        self.rows += len(rows)
        while (waiting := sum(len(part) for part in self._waiting)) >= ROW_GROUP:
            *whole, last = self._waiting
            here = ROW_GROUP - (waiting - len(last))
            self._write([*whole, last.slice(0, here)])
            self._waiting = [last.slice(here)] if here < len(last) else []

    def close(self) -> None:
        """Write what is left and finish the file."""
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []
        self._writer.close()
        self._stream.close()

    def __del__(self) -> None:
        """Whoever did not close it has failed, and needs no more of it."""
        if "_file" in vars(self):
            self._file.give_up()

    @property
    def file(self) -> OutputFile:
        """What was written, once it is finished."""
        return OutputFile(sha256=self._sha256.hexdigest(), bytes=self.path.stat().st_size, rows=self.rows)

    def _write(self, parts: list[pa.Table]) -> None:
        """Write a row group."""
        rows = sum(map(len, parts))
        given = [frozenset(part.column_names) for part in parts]
        alike = joined_alike([column(part, _ALIKE) for part in parts]) if _ALIKE in given[0] else {}
        columns = []
        for field in self._schema:
            if field.name in alike:
                columns.append(alike[field.name])
                continue
            if not any(field.name in names for names in given):
                columns.append(self._null(field.type, rows))
                continue
            chunks = [
                chunk
                for part, names in zip(parts, given, strict=True)
                for chunk in (
                    part.column(field.name).chunks if field.name in names else [self._null(field.type, len(part))]
                )
            ]
            # Page boundaries follow the rows alone: Arrow begins a new step with each chunk.
            if field.name in self._few:
                columns.append(joined_few(chunks))
            elif pa.types.is_large_list(field.type):
                columns.append(pa.concat_arrays(chunks))
            else:
                columns.append(pa.chunked_array(_in_steps(chunks)))
        self._writer.write_table(pa.table(columns, schema=self._schema), row_group_size=ROW_GROUP)

    def _null(self, dtype: pa.DataType, rows: int) -> pa.Array:
        """As many nulls, out of one array for all columns of a type."""
        if dtype not in self._nulls:
            self._nulls[dtype] = pa.nulls(ROW_GROUP, dtype)
        nulls = self._nulls[dtype]
        return nulls.slice(0, rows) if rows <= ROW_GROUP else pa.nulls(rows, dtype)


def _in_steps(chunks: Sequence[pa.Array]) -> list[pa.Array]:
    """The same values in chunks of whole steps, but for the last one. Only those around the end of one are copied."""
    steps: list[pa.Array] = []
    begun: list[pa.Array] = []
    for chunk in chunks:
        missing = -sum(map(len, begun)) % _STEP
        if missing:
            begun.append(chunk.slice(0, missing))
        if len(chunk) < missing:
            continue
        if begun:
            steps.append(pa.concat_arrays(begun))
        end = len(chunk) - (len(chunk) - missing) % _STEP
        steps.append(chunk.slice(missing, end - missing))
        begun = [chunk.slice(end)] if end < len(chunk) else []
    return [*steps, *([pa.concat_arrays(begun)] if begun else [])]
