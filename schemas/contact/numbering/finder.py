"""Which piece each of many codes lies in, faster than a binary search over all pieces.

Codes are put into buckets by the leading bits of their floating-point form, which grows with the code. A first table
says which pieces reach into a bucket: mostly one. Only where there are several, they are halved until one is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from schemas.contact.numbering.ranges import BLOCK_EDGES, Codes

#: Bits of the fraction of a floating-point number.
_MANTISSA = 52


class Finder:
    """Find pieces by their ``starts``, the first of which must be at or below every code."""

    def __init__(self, starts: Codes) -> None:
        self._starts = starts
        # Buckets per doubling of the code, which is what the strings of one length are: as many as pieces at most.
        self._shift = _MANTISSA - min(max(len(starts).bit_length() - 1, 8), 14)
        self._lowest = 0
        self._lowest, highest = self._bucket(BLOCK_EDGES[[0, -1]]).tolist()
        # A piece that starts in an earlier bucket starts below the code, in a later one above it, however the
        # conversion rounded.
        in_bucket = np.bincount(self._bucket(starts), minlength=highest - self._lowest + 1)
        self._last = np.cumsum(in_bucket).astype(np.int32) - np.int32(1)

    def _bucket(self, codes: Codes) -> Codes:
        return (codes.astype(np.float64).view(np.int64) >> self._shift) - self._lowest

    def piece_of(self, codes: Codes) -> npt.NDArray[np.int32]:
        """Position of the piece of each code."""
        bucket = self._bucket(codes)
        piece = self._last.take(np.maximum(bucket - 1, 0))
        last = self._last.take(bucket)
        rows = np.flatnonzero(last > piece)
        low, high, sought = piece[rows], last[rows], codes[rows]
        while len(rows):
            middle = (low + high + 1) >> 1
            beyond = self._starts.take(middle) <= sought
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle - 1)
            piece[rows] = low
            several = low < high
            rows, low, high, sought = rows[several], low[several], high[several], sought[several]
        return piece
