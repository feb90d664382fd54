"""Findings: what was found of a row, put together. They are numbers of rows, and numbers of what is said of them."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int32s, Int64s, UInt64s, kernel


@kernel
def collect_bits(rows: Int64s, which: Int64s, bits: UInt64s, masks: UInt64s) -> None:
    """Add to each row's mask the bits of what is said of it. ``bits``: by the number of what is said."""
    for at in range(len(rows)):
        masks[rows[at]] |= bits[which[at]]


@kernel
def collect_few_bits(rows: Int64s, which: Int64s, bits: Bytes, masks: Bytes) -> None:
    """`collect_bits` for up to eight."""
    for at in range(len(rows)):
        masks[rows[at]] |= bits[which[at]]


@kernel
def find_least(rows: Int64s, which: Int64s, ranks: Int64s, least: Int64s, first: Int64s) -> None:
    """Find the first finding of the least rank of each row. ``ranks``: by the number of what is said.

    ``least`` begins with a rank that is no less than any, and says which rank it was.
    """
    for at in range(len(rows)):
        row = rows[at]
        rank = ranks[which[at]]
        if rank < least[row]:
            least[row] = rank
            first[row] = at


@kernel
def list_bits(masks: UInt64s, bounds: Int64s, places: Int32s) -> None:
    """List the bits of each row. ``masks``: the first 64 bits of every row, then the next of every row, and on."""
    rows = len(bounds) - 1
    written = 0
    bounds[0] = 0
    for row in range(rows):
        for at in range(row, len(masks), rows):
            mask = masks[at]
            bit = (at // rows) * 64
            while mask != 0:
                if mask & 1:
                    places[written] = bit
                    written += 1
                mask >>= 1
                bit += 1
        bounds[row + 1] = written


@kernel
def number_by_appearance(
    codes: Int32s, given: Bytes, bit: int, numbers: Int32s, order: Int32s, count: Int64s, numbered: Int32s
) -> None:
    """Number values in the order in which they first appear; below -1 where there is none.

    ``codes``: which value each row has. ``given``: bits that say which rows have one, from ``bit`` on (empty: all
    have). ``numbers``: the number of each value, -1 where it has none yet; the last stands for no value and is below
    that. ``order``: the values in this order. ``count``: how many have a number.
    """
    found, none = count[0], len(numbers) - 1
    for at in range(len(codes)):
        value = codes[at]
        if len(given) > 0:
            # Which rows have one follows no pattern that a processor could foresee: no branch.
            value = none + (value - none) * ((int(given[(bit + at) >> 3]) >> ((bit + at) & 7)) & 1)
        if numbers[value] == -1:
            numbers[value] = found
            order[found] = value
            found += 1
        numbered[at] = numbers[value]
    count[0] = found
