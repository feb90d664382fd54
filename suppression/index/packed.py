"""Texts as numpy sees them, eight bytes at a time: their keys, and whether two columns hold the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.kernels.kernel import FEW_ROWS
from schemas.kernels.keys import BY_LENGTH, LAST, MOST, STEP, key_texts
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views

Keys = npt.NDArray[np.uint64]

#: Names the function of `text_keys`. An index is searched by the keys that it was written with: another function, or
#: any change of this one, is another name.
KEY_FUNCTION = "multiply-shift-64.1"
#: Zero bytes after the last text, so that eight can be read from any place.
PADDING = 8
_MASKS = np.array([(1 << 8 * length) - 1 for length in range(9)], dtype=np.uint64)
#: Words of a text that are worth a step for the whole column.
_WORDS = 32


@dataclass(frozen=True)
class Packed:
    """Texts in one buffer (UTF-8, `PADDING` at its end): where each starts, and its length in bytes."""

    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def word(self, place: int, rows: npt.NDArray[np.intp] | slice) -> Keys:
        """Bytes ``8 * place`` to ``8 * place + 7`` of these rows as little-endian integers; zeros after the end.

        Every one of them must have a byte there.
        """
        words: Keys = np.ndarray(len(self.data) - 7, "<u8", self.data, strides=(1,))
        left = np.minimum(self.lengths[rows] - 8 * place, 8)
        return words[self.starts[rows] + 8 * place] & _MASKS[left]

    def text(self, row: int) -> bytes:
        """The bytes of one text."""
        start = int(self.starts[row])
        return self.data[start : start + int(self.lengths[row])].tobytes()


def packed(values: pl.Series) -> Packed:
    """Lay out a column; null is an empty text."""
    array = values.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offset_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.zeros(int(offsets[-1] - offsets[0]) + PADDING, dtype=np.uint8)
    if len(data) > PADDING:
        data[:-PADDING] = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return Packed(data, offsets[:-1] - offsets[0], np.diff(offsets))


def text_keys(values: pl.Series, *, lower: bool = False) -> Keys:
    """64 well-mixed bits of each text's UTF-8; 0 where null. The same on every machine and in every version.

    Starting from the length times a constant, each eight bytes are added by exclusive or, then the sum is multiplied
    and its upper half folded onto the lower one. Each step can be undone, so two texts that differ in one word only
    never share a key; of more than 256 bytes, which no address has, only the first 256 count. Not meant to withstand
    somebody who looks for two texts that share a key: what is found is compared in full. ``lower``: with A to Z as a
    to z.
    """
    if len(values) <= FEW_ROWS:
        texts = (None if value is None else value.encode() for value in values)
        return np.array(
            [0 if text is None else _key(text.lower() if lower else text) for text in texts], dtype=np.uint64
        )
    views = text_views(values)
    keys = np.empty(len(values), dtype=np.uint64)
    key_texts(views.words, *views.in_memory()[1:], given_rows(values), lower, keys)
    return keys


def _key(text: bytes) -> int:
    """The same of one text, without loading anything."""
    key = _shortened(len(text) * BY_LENGTH)
    for start in range(0, min(len(text), MOST), 8):
        key = _shortened((key ^ int.from_bytes(text[start : min(start + 8, MOST)], "little")) * STEP)
        key ^= key >> 32
    key = _shortened(key * LAST)
    return key ^ key >> 29


def _shortened(number: int) -> int:
    return number & ((1 << 64) - 1)


def same_texts(left: Packed, right: Packed) -> npt.NDArray[np.bool_]:
    """Whether the texts of each row are the same."""
    same: npt.NDArray[np.bool_] = left.lengths == right.lengths
    rows = np.flatnonzero(same & (left.lengths > 0))
    for place in range(_WORDS):
        equal = left.word(place, rows) == right.word(place, rows)
        same[rows[~equal]] = False
        rows = rows[equal & (left.lengths[rows] > 8 * (place + 1))]
        if not len(rows):
            break
    for row in rows.tolist():
        same[row] = left.text(row) == right.text(row)
    return same
