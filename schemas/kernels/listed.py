"""Which of many numbers a list holds, in whatever order they are asked for."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, UInt16s, UInt64s, kernel

# Without signs: of a place that could be negative it would be asked whether it is, at each step.
_0, _1, _3, _7 = np.uint64(0), np.uint64(1), np.uint64(3), np.uint64(7)
#: Bits of a number that are its tail; what is before them is its head.
TAIL = 16
_TAIL, _TAIL_BITS = np.uint64(TAIL), np.uint64((1 << TAIL) - 1)

#: Numbers of an area code of the North American plan, and of the whole plan: +1 is before ten digits.
AREA_NUMBERS, PLAN = 10_000_000, 10_000_000_000
_AREA_NUMBERS, _PLAN = np.uint64(AREA_NUMBERS), np.uint64(PLAN)


@kernel
def place_bits(wanted: UInt64s, places: Int64s, bits: Int64s, asked: Flags) -> None:
    """Find where in an index's bitmaps the bit of each number is; -1 where its area code has no bitmap.

    ``places``: which bitmap is that of an area code, -1 where there is none; the last is of numbers outside the plan.
    ``asked``: set for each bitmap that has one of the bits.
    """
    last = np.uint64(len(places) - 1)
    for row in range(len(wanted)):
        # A number below +1 wraps round to a very large one.
        local = wanted[row] - _PLAN
        area = min(local // _AREA_NUMBERS, last)
        place = places[area]
        bits[row] = -1
        if place >= 0:
            bits[row] = place * AREA_NUMBERS + np.int64(local - area * _AREA_NUMBERS)
            asked[place] = True


@kernel
def find_bits(bits: Int64s, bitmaps: Bytes, found: Flags) -> None:
    """Say which of some bits are set; -1 is none. The highest of a byte is the first."""
    for row in range(len(bits)):
        # Read in any case, so that nothing has to be foreseen and many places of memory are waited for at once.
        bit = np.uint64(max(bits[row], 0))
        found[row] = (bitmaps[bit >> _3] >> (_7 - (bit & _7))) & _1 & np.uint64(bits[row] >= 0)


@kernel
def find_tails(
    rows: Int64s,
    wanted: UInt64s,
    shift: int,
    jumps: Int64s,
    heads: UInt64s,
    bounds: Int64s,
    tails: UInt16s,
    ats: UInt64s,
    ends: UInt64s,
    found: Flags,
) -> None:
    """Set ``found`` in those of the rows whose number the list has; ``rows`` are spent.

    ``heads``: the different ones of the list in ascending order, and where in ``tails`` those of each begin, and the
    last ones end. ``jumps``: by how far behind the first head one is, moved to the right by ``shift``, where in
    ``heads`` it would be; from there to the next jump. ``ats``, ``ends``: room for the rows that are searched at once,
    so that the processor waits for many places of memory at the same time.
    """
    first, most = heads[0], np.uint64(len(jumps) - 1)
    for start in range(0, len(rows), len(ats)):
        count, longest = 0, _0
        for place in range(start, min(start + len(ats), len(rows))):
            row = rows[place]
            head = wanted[row] >> _TAIL
            # What is before the first is far behind all.
            jump = (head - first) >> np.uint64(shift)
            if jump >= most:
                continue
            at, end = np.uint64(jumps[jump]), np.uint64(jumps[jump + _1])
            while end - at > _1:
                half = (at + end) >> _1
                at, end = (half, end) if heads[half] <= head else (at, half)
            if heads[at] == head:
                rows[start + count], ats[count], ends[count] = row, bounds[at], bounds[at + _1]
                longest = max(longest, ends[count] - ats[count])
                count += 1
        step = _1
        while step < longest:
            step <<= _1
        while step > _0:
            # In the end the last tail that is not greater, or the first.
            for each in range(count):
                at, tail = ats[each], wanted[rows[start + each]] & _TAIL_BITS
                further = at + step if at + step < ends[each] else at
                ats[each] = further if tails[further] <= tail else at
            step >>= _1
        for each in range(count):
            row = rows[start + each]
            found[row] = tails[ats[each]] == wanted[row] & _TAIL_BITS
