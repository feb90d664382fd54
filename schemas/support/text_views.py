"""Columns of text as polars has them: a view a value, which holds a short text or says where a long one is.

To compare views is cheaper than to compare texts: two views that are the same are the same text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.kernels.laid_out import find_bounds
from schemas.kernels.views import put_texts
from schemas.support.column_bytes import column_bytes
from schemas.support.memory import memory_at

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


class InMemory(NamedTuple):
    """Views as integers, and one ``memory`` around them and their buffers: where in it each of these is.

    The views themselves come first, then their buffers. Between these nothing may be read.
    """

    views: npt.NDArray[np.int32]
    memory: Bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class TextViews(NamedTuple):
    """Two ``words`` a value, the ``buffers`` of longer texts, and ``nulls``: a bit a value from ``offset`` on, or none.

    What is there for a null means nothing.
    """

    words: Words
    buffers: tuple[pa.Buffer, ...]
    nulls: pa.Buffer | None
    offset: int

    @property
    def sizes(self) -> npt.NDArray[np.int32]:
        """Bytes of each text."""
        return self.words.view(np.int32)[::4]

    @property
    def heads(self) -> Words:
        """Of each value its size and its first four bytes."""
        return self.words[0::2]

    @property
    def tails(self) -> Words:
        """Of a text of at most twelve bytes the others, filled up with zeros; of a longer one its buffer and place."""
        return self.words[1::2]

    @property
    def null_bits(self) -> Bytes:
        """Which values are given, a bit each; nothing at all where all may be."""
        return np.frombuffer(self.nulls or b"", np.uint8)

    def in_memory(self) -> InMemory:
        """What loops take that know any number of buffers; there while these views are."""
        parts = [(self.words.ctypes.data, self.words.nbytes), *((part.address, part.size) for part in self.buffers)]
        used = [(address, size) for address, size in parts if size]
        start = min((address for address, _ in used), default=0)
        end = max((address + size for address, size in used), default=0)
        starts = np.array([address - start for address, _ in parts], np.int64)
        ends = starts + np.array([size for _, size in parts], np.int64)
        return InMemory(self.words.view(np.int32), memory_at(start, end - start), starts, ends)

    def in_same_buffers(self, other: TextViews) -> bool:
        """Whether views of both that are the same are in the same memory."""
        pairs = zip(self.buffers, other.buffers, strict=False)
        return all(mine.address == its.address for mine, its in pairs)

    def column(self, views: npt.NDArray[np.integer], given: npt.NDArray[np.bool_]) -> pl.Series:
        """Make a column of other views of texts in the same buffers, null where not given."""
        return view_column(views, self.buffers, given)


def view_column(views: npt.NDArray[np.integer], buffers: Iterable[object], given: npt.NDArray[np.bool_]) -> pl.Series:
    """Make a column of views of texts in some buffers, null where not given."""
    arrays = [pa.py_buffer(part) for part in (np.packbits(given, bitorder="little"), views, *buffers)]
    return pl.Series(pa.Array.from_buffers(pa.string_view(), len(given), arrays), dtype=pl.String)


def with_texts(
    views: npt.NDArray[np.uint32], buffers: list[Any], rows: npt.NDArray[np.intp], texts: pl.Series
) -> tuple[npt.NDArray[np.uint32], list[Any]]:
    """Put some texts at rows of a column that is being made, and behind its last buffer; ``views`` is changed."""
    if not len(rows):
        return views, buffers
    *others, last = buffers
    (bounds, data), start = column_bytes(texts), len(last)
    put_texts(rows, bounds, data, start, len(others), views)
    return views, [*others, np.concatenate([last, data])]


def text_views(column: pl.Series) -> TextViews:
    """Give the views of a column of text. Nothing is copied of a column in one piece."""
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    nulls, views, *buffers = array.buffers()
    words = np.frombuffer(views or b"", np.uint64)[2 * array.offset : 2 * (array.offset + len(array))]
    return TextViews(words, tuple(buffers), nulls if array.null_count else None, array.offset)


def texts_of(column: pl.Series) -> pa.LargeStringArray:
    """Give a column as one text behind the other. Nothing is copied where they are, as a reader puts cells."""
    column = column.rechunk()
    texts = text_views(column)
    if len(texts.buffers) == 1 and not (texts.nulls and texts.offset):
        views, data = texts.words.view(np.uint32), np.frombuffer(texts.buffers[0], np.uint8)
        bounds, is_laid_out = np.zeros(len(column) + 1, np.int64), np.zeros(1, np.int64)
        find_bounds(views, views.view(np.uint8), data, bounds, is_laid_out)
        if is_laid_out[0]:
            buffers = [texts.nulls, pa.py_buffer(bounds), texts.buffers[0]]
            return pa.Array.from_buffers(pa.large_string(), len(column), buffers)
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())


def changes(column: pl.Series) -> npt.NDArray[np.bool_]:
    """Of each value but the first, whether it may differ from the one before.

    True of each that differs, and of some that do not: the same text may be in two places.
    """
    views = text_views(column)
    heads, tails = views.heads, views.tails
    found: npt.NDArray[np.bool_] = (heads[1:] != heads[:-1]) | (tails[1:] != tails[:-1])
    if column.null_count():
        null = column.is_null().to_numpy()
        # What stands for nulls may be anything.
        found = (found & ~(null[1:] & null[:-1])) | (null[1:] != null[:-1])
    return found
