"""Columns of text as polars has them: a view a value, which holds a short text or says where a long one is.

To compare views is cheaper than to compare texts: two views that are the same are the same text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

_Words = npt.NDArray[np.uint64]


class TextViews(NamedTuple):
    """Two words a value: ``heads`` have its size and its first four bytes.

    ``tails`` have the other bytes of a text of at most twelve, filled up with zeros; of a longer one which of
    ``buffers`` it is in, and where. What is there for a null means nothing.
    """

    heads: _Words
    tails: _Words
    buffers: list[pa.Buffer]

    def in_same_buffers(self, other: TextViews) -> bool:
        """Whether views of both that are the same are in the same memory."""
        pairs = zip(self.buffers, other.buffers, strict=False)
        return all(mine.address == its.address for mine, its in pairs)


def text_views(column: pl.Series) -> TextViews:
    """Give the views of a column of text. Nothing is copied of a column in one piece."""
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *buffers = array.buffers()
    words = np.frombuffer(views, np.uint64)[2 * array.offset : 2 * (array.offset + len(array))]
    return TextViews(words[0::2], words[1::2], buffers)


def changes(column: pl.Series) -> npt.NDArray[np.bool_]:
    """Of each value but the first, whether it may differ from the one before.

    True of each that differs, and of some that do not: the same text may be in two places.
    """
    heads, tails, _ = text_views(column)
    found: npt.NDArray[np.bool_] = (heads[1:] != heads[:-1]) | (tails[1:] != tails[:-1])
    if column.null_count():
        null = column.is_null().to_numpy()
        # What stands for nulls may be anything.
        found = (found & ~(null[1:] & null[:-1])) | (null[1:] != null[:-1])
    return found
