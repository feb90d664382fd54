"""Findings: what was found of a row, put together. They are numbers of rows, and numbers of what is said of them."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int32s, Int64s, UInt64s, helper, kernel


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
def add_words(rows: Int64s, which: Int64s, words: UInt64s, sums: UInt64s) -> None:
    """Add to each row's sum the word of what is said of it. ``words``: by the number of what is said."""
    for at in range(len(rows)):
        sums[rows[at]] += words[which[at]]


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


@helper
def _value(code: int, given: Bytes, bit: int, none: int) -> int:
    """Which value a row has; ``none``, the place behind the last, where it has no value."""
    if len(given) == 0:
        return code
    # Which rows have one follows no pattern that a processor could foresee: no branch.
    return none + (code - none) * ((int(given[bit >> 3]) >> (bit & 7)) & 1)


@kernel
def order_by_appearance(codes: Int32s, given: Bytes, bit: int, seen: Bytes, order: Int32s, count: Int64s) -> None:
    """Find the order in which values first appear.

    ``codes``: which value each row has. ``given``: bits that say which rows have one, from ``bit`` on (empty: all
    have). ``seen``: zeros, one for each value and one for none. ``order``: the values in this order, ``count`` of them.
    """
    found, none = 0, len(seen) - 1
    seen[none] = 1
    for at in range(len(codes)):
        value = _value(codes[at], given, bit + at, none)
        if seen[value] == 0:
            seen[value] = 1
            order[found] = value
            found += 1
            if found == none:
                break
    count[0] = found


@kernel
def renumber(codes: Int32s, given: Bytes, bit: int, numbers: Int32s, numbered: Int32s) -> None:
    """Give each row the number of its value; the last of ``numbers`` is that of none. Otherwise as above."""
    none = len(numbers) - 1
    for at in range(len(codes)):
        numbered[at] = numbers[_value(codes[at], given, bit + at, none)]
