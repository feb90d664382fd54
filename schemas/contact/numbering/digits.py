"""The digits of a column of values as codes, worked out on the column's bytes.

Only values of digits and mere punctuation are read, perhaps with one plus in front; for these the library looks at
nothing but the plus and the digits. All others are not read: letters, extensions, several numbers in one cell,
characters beyond ASCII, and whatever `read_phone` might take for damage by a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.numbering.patterns import MAX_DIGITS
from schemas.contact.numbering.range_sets import Flags
from schemas.contact.numbering.ranges import Codes
from schemas.support.column_bytes import column_bytes

#: Longer values are not read: six bits count each kind of byte in a value.
_MOST_BYTES = 63
#: Values whose bytes stay in the processor's cache while they are worked on.
_BLOCK = 1 << 13
#: Fewer digits are refused or not depending on the punctuation between them.
_LEAST_DIGITS = 3
#: With that many digits, a slash may be between two numbers (of six digits or more).
_SEVERAL_DIGITS = 12
#: With that many, also a blank or a hyphen may (seven digits or more).
_TWO_NUMBERS = 14
#: So few digits behind a slash may be the end of a range ("030 1234567/68").
_RANGE_DIGITS = 3

#: Kind of byte -> position of its six bits.
_DIGIT, _OTHER, _DOT, _SLASH, _PLUS = 0, 6, 12, 18, 24


def _weights() -> npt.NDArray[np.uint32]:
    weights = np.full(256, 1 << _OTHER, dtype=np.uint32)
    weights[list(b"0123456789")] = 1 << _DIGIT
    weights[list(b" ()-[]")] = 0
    weights[list(b".")] = 1 << _DOT
    weights[list(b"/")] = 1 << _SLASH
    weights[list(b"+")] = 1 << _PLUS
    return weights


_WEIGHTS = _weights()
_FIGURES = bytes(byte - ord("0") if byte in b"0123456789" else 0 for byte in range(256))
_NO_FIGURES = bytes(byte for byte in range(256) if byte not in b"0123456789")

_POWERS = 10 ** np.arange(MAX_DIGITS + 1, dtype=np.int64)
#: Number of digits -> what to divide eight digits by so that only those before the last eight are left.
_BEYOND = np.array([10 ** (8 - size if size < 8 else 16 - size) for size in range(17)], dtype=np.uint32)


class Written(NamedTuple):
    """Of each value the code of its digits (0 when it was not read), and whether a plus is before them."""

    codes: Codes
    plus: Flags


def written_digits(values: pl.Series) -> Written:
    """Read the digits of each value (trimmed; null and everything that is not certain comes out as not read)."""
    codes, plus = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.bool_)
    short = values.str.len_bytes() <= _MOST_BYTES
    if values.has_nulls() or not short.all():
        # Null ones too: their bytes may still be there.
        values = pl.select(pl.when(short).then(values).otherwise(pl.lit(""))).to_series()
    for rows, starts, data in _blocks(values):
        codes[rows], plus[rows] = _block(starts, data)
    return Written(codes, plus)


def _blocks(values: pl.Series) -> Iterator[tuple[slice, npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
    """Yield the rows of each block, where each value starts in its bytes (and the last ends), and the bytes."""
    offsets, data = column_bytes(values)
    for at in range(0, len(values), _BLOCK):
        bounds = offsets[at : at + _BLOCK + 1]
        yield slice(at, at + len(bounds) - 1), bounds - bounds[0], data[bounds[0] : bounds[-1]]


def _block(starts: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> tuple[Codes, Flags]:
    counted = np.zeros(len(data) + 1, dtype=np.uint32)
    # It overflows, and the differences are right all the same.
    np.cumsum(_WEIGHTS.take(data, mode="wrap"), out=counted[1:])
    at_bounds = counted[starts]
    totals = at_bounds[1:] - at_bounds[:-1]
    count = (totals & 63).astype(np.int64)
    read = (count >= _LEAST_DIGITS) & (count <= MAX_DIGITS) & (totals >> _OTHER & 63 == 0)
    long = np.flatnonzero(read & (count >= _TWO_NUMBERS))
    abroad = (data[starts[long]] == ord("0")) & (data[starts[long] + 1] == ord("0"))
    read[long] = abroad | (starts[long + 1] - starts[long] == count[long]) | (totals[long] >> _PLUS > 0)
    special = np.flatnonzero(totals >> _DOT)
    read[special] &= _harmless(starts[special], starts[special + 1], counted, data)
    return np.where(read, _assembled(data, count), 0), totals >> _PLUS > 0


def _harmless(
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    counted: npt.NDArray[np.uint32],
    data: npt.NDArray[np.uint8],
) -> Flags:
    """Whether dots, slashes and pluses in these values mean nothing but the one plus in front."""
    totals = counted[end] - counted[start]
    count, dots, slashes, pluses = (totals >> position & 63 for position in (_DIGIT, _DOT, _SLASH, _PLUS))
    first = data[start]
    bracketed = (first == ord("(")) & (data.take(start + 1, mode="clip") == ord("+"))
    decimal = (dots == 1) & (end - start == count + pluses + 1) & (data[end - 1] == ord("0"))
    in_front = (pluses == 0) | ((pluses == 1) & ((first == ord("+")) | bracketed))
    marks = np.append(0, np.flatnonzero(data == ord("/")))
    behind = counted[end] - counted[marks[marks.searchsorted(end) - 1]]
    ranged = (slashes > 0) & (behind & 63 <= _RANGE_DIGITS)
    harmless: Flags = in_front & ~decimal & ~ranged & ((slashes == 0) | (count < _SEVERAL_DIGITS))
    return harmless


def _assembled(data: npt.NDArray[np.uint8], count: npt.NDArray[np.int64]) -> Codes:
    """Put the digits of each value, ``count`` of them, together to a code (of no meaning beyond 16 digits)."""
    ones = np.frombuffer(data.tobytes().translate(_FIGURES, _NO_FIGURES) + bytes(8), dtype=np.uint8)
    # The eight digits from each position on, as one integer.
    twos = ones[:-1] * np.uint8(10) + ones[1:]
    fours = twos[:-2] * np.uint16(100) + twos[2:]
    eights = fours[:-4] * np.uint32(10_000) + fours[4:]
    end = count.cumsum()
    size = np.minimum(count, MAX_DIGITS)
    # Up to eight digits, then eight more; or all of them, when they are fewer.
    ahead = (eights.take(end - count, mode="clip") // _BEYOND.take(size)).astype(np.int64)
    value = np.where(size < 8, ahead, ahead * 10**8 + eights.take(end - 8, mode="clip"))
    return value + _POWERS.take(size)
