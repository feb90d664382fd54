"""Findings: what was found of a row, put together. They are numbers of rows, and numbers of what is said of them."""

from __future__ import annotations

from schemas.kernels.kernel import Int32s, Int64s, UInt64s, kernel


@kernel
def collect_bits(rows: Int64s, which: Int64s, bits: UInt64s, masks: UInt64s) -> None:
    """Add to each row's mask the bits of what is said of it. ``bits``: by the number of what is said."""
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
def number_by_appearance(given: Int32s, names: Int32s, numbers: Int32s, count: Int64s, numbered: Int32s) -> None:
    """Number values in the order in which they first appear; -1 where there is none.

    ``given``: a value of some chunk's own, negative where there is none. ``names``: what each of these is called in all
    chunks. ``numbers``: the number of each name, -1 where it has none yet. ``count``: how many have one.
    """
    for at in range(len(given)):
        numbered[at] = -1
        if given[at] >= 0:
            name = names[given[at]]
            if numbers[name] < 0:
                numbers[name] = count[0]
                count[0] += 1
            numbered[at] = numbers[name]
