"""Whether a table of a result may hold one of what is wanted at all: most results of a workspace do not.

The bytes of a whole column are searched as one text, without looking at its cells. Who is found by `search_frame` is
let through here, and others may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.results.exact_search import NOT_PERSONAL
from pipeline.results.person_wanted import Wanted

#: A column chunk of so few bytes is mostly one without values; what is in it is decoded once for all that are alike.
_TINY: Final = 256
_FIRST_FOREIGN: Final = 0x80


class QuickSearch:
    """Looks through tables, one after the other, for the same people."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = wanted
        #: Whether a tiny column chunk, by its bytes, may hold somebody.
        self._tiny: dict[bytes, bool] = {}

    def may_hold(self, path: Path) -> bool:
        """Whether a Parquet file may hold any of what is wanted in one of its columns of text."""
        with pa.memory_map(str(path)) as source, pq.ParquetFile(source) as file:
            content, metadata = source, file.metadata
            names = [name.split(".")[0] for name in _paths(metadata)]
            text = [
                at
                for at, name in enumerate(names)
                if name not in NOT_PERSONAL and metadata.schema.column(at).physical_type == "BYTE_ARRAY"
            ]
            for number in range(metadata.num_row_groups):
                group = metadata.row_group(number)
                large = []
                for at in text:
                    chunk = group.column(at)
                    if chunk.total_compressed_size > _TINY:
                        large.append(at)
                    elif self._tiny_may(content, chunk, file, number, at):
                        return True
                if large and self._may(file.reader.read_row_group(number, column_indices=large, use_threads=False)):
                    return True
        return False

    def _tiny_may(
        self, content: pa.NativeFile, chunk: pq.ColumnChunkMetaData, file: pq.ParquetFile, number: int, at: int
    ) -> bool:
        start = chunk.data_page_offset
        if chunk.dictionary_page_offset is not None:
            start = min(start, chunk.dictionary_page_offset)
        raw = content.read_at(chunk.total_compressed_size, start)
        if raw not in self._tiny:
            self._tiny[raw] = self._may(file.reader.read_row_group(number, column_indices=[at], use_threads=False))
        return self._tiny[raw]

    def _may(self, table: pa.Table) -> bool:
        texts = [data for column in table.columns for chunk in column.chunks for data in _texts(chunk)]
        if not texts:
            return False
        # As one text: a pattern is compiled for each search.
        whole = np.concatenate([np.frombuffer(data, np.uint8) for data in texts])
        ends = pa.py_buffer(np.array([0, len(whole)], np.int64))
        joined = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(whole)])
        text = pl.Series("text", joined, dtype=pl.String)
        is_ascii = whole.max() < _FIRST_FOREIGN
        # One after the other: the engine is slower at looking for either.
        return any(
            bool(text.str.contains(each.in_ascii).item())
            if is_ascii and each.in_ascii is not None
            else bool(text.to_frame().select(each.may_have_inside(pl.col("text"))).item())
            for each in self._wanted
        )


def _paths(metadata: pq.FileMetaData) -> Iterator[str]:
    return (metadata.schema.column(at).path for at in range(metadata.num_columns))


def _texts(array: pa.Array) -> Iterator[pa.Buffer]:
    """The bytes of all values of text in an array, also in lists and structs."""
    if pa.types.is_struct(array.type):
        for at in range(array.type.num_fields):
            yield from _texts(array.field(at))
    elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        yield from _texts(array.values)
    elif pa.types.is_dictionary(array.type):
        yield from _texts(array.dictionary)
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        data = array.buffers()[2]
        if data is not None and data.size:
            yield data
