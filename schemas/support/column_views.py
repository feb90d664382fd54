"""Columns of text as polars has them, a view a value (`schemas.kernels.views`), for loops that change no text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.kernels.views import VIEW_WORDS

#: Buffers that the loops know.
_BUFFERS = 2


@dataclass(frozen=True)
class TextViews:
    """The views of a column, and the one or two buffers that its longer texts are in."""

    views: npt.NDArray[np.int32]
    buffers: tuple[pa.Buffer, ...]

    @property
    def arrays(
        self,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """The views as integers and as bytes, and both buffers."""
        nothing = np.zeros(1, np.uint8)
        given = [np.frombuffer(buffer, np.uint8) if buffer.size else nothing for buffer in self.buffers]
        first, second = [*given, nothing, nothing][:_BUFFERS]
        return self.views, self.views.view(np.uint8), first, second

    def column(self, views: npt.NDArray[np.integer], given: npt.NDArray[np.bool_]) -> pl.Series:
        """Make a column of views of texts in the same buffers, null where not given."""
        valid = pa.py_buffer(np.packbits(given, bitorder="little"))
        arrays = [valid, pa.py_buffer(views), *self.buffers]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), len(given), arrays), dtype=pl.String)


def text_views(column: pl.Series) -> TextViews:
    """Give the views of a column of text. Nothing is copied unless its texts are in many buffers."""
    array = column.to_arrow(compat_level=pl.CompatLevel.newest())
    if len(array.buffers()) > 2 + _BUFFERS:
        whole = pl.Series(column.to_arrow(compat_level=pl.CompatLevel.oldest()))
        array = whole.to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *buffers = array.buffers()
    words = np.frombuffer(views, np.int32) if len(array) else np.empty(0, np.int32)
    words = words[VIEW_WORDS * array.offset : VIEW_WORDS * (array.offset + len(array))]
    return TextViews(words, tuple(buffers))
