"""Columns of text as polars has them: a view a value, which holds a short text or says where a long one is.

To compare views is cheaper than to compare texts: two views that are the same are the same text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.kernels.views import INLINE, put_texts
from schemas.support.column_bytes import column_bytes

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
_NOTHING = np.zeros(1, np.uint8)
#: Buffers of longer texts that loops over views know.
READ_BUFFERS = 2


class TextViews(NamedTuple):
    """Two ``words`` a value, the ``buffers`` of longer texts, and ``nulls``: a bit a value from ``offset`` on, or none.

    What is there for a null means nothing.
    """

    words: Words
    buffers: tuple[pa.Buffer, ...]
    nulls: pa.Buffer | None
    offset: int

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

    def data(self, number: int) -> Bytes:
        """The bytes of a buffer; one zero where there is none."""
        used = number < len(self.buffers) and self.buffers[number].size
        return np.frombuffer(self.buffers[number], np.uint8) if used else _NOTHING

    def as_read(self) -> tuple[npt.NDArray[np.int32], Bytes, Bytes, Bytes]:
        """What loops take that know `READ_BUFFERS`: the views as integers and as bytes, and both buffers."""
        return self.words.view(np.int32), self.words.view(np.uint8), self.data(0), self.data(1)

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
    views: npt.NDArray[np.uint32], buffers: list[Bytes], rows: npt.NDArray[np.intp], texts: pl.Series
) -> tuple[npt.NDArray[np.uint32], list[Bytes]]:
    """Put some texts at rows of a column that is being made, and behind its last buffer; ``views`` is changed."""
    if not len(rows):
        return views, buffers
    *others, last = buffers
    (bounds, data), start = column_bytes(texts), len(last)
    put_texts(rows, bounds, data, start, len(others), views)
    return views, [*others, np.concatenate([last, data])]


def text_views(column: pl.Series, most: int | None = None) -> TextViews:
    """Give the views of a column of text. Nothing is copied of a column in one piece.

    ``most``: whose longer texts may be in more buffers than that is laid out in one.
    """
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    nulls, views, *buffers = array.buffers()
    if most is not None and len(buffers) > most and (np.frombuffer(views, np.int32)[::4] > INLINE).any():
        array = column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string_view())
        nulls, views, *buffers = array.buffers()
    words = np.frombuffer(views or b"", np.uint64)[2 * array.offset : 2 * (array.offset + len(array))]
    return TextViews(words, tuple(buffers), nulls if array.null_count else None, array.offset)


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
