"""Functions of a string of digits that are the same rule over whole ranges of codes.

A `Shift` takes digits off the front of a string, or puts some there: "drop the national prefix", "drop the calling
code". In codes that is an addition, with the same summand throughout a range whose first digits are the same. So where
two such rules follow each other, or where a table is looked up behind one, the ranges can be worked out beforehand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.contact.numbering.ranges import BLOCK_EDGES, Codes

Flags = npt.NDArray[np.bool_]


class Shift(NamedTuple):
    """Add ``delta[i]`` to every code of piece ``i``, which reaches from ``starts[i]`` to the next start.

    It is 0 where there is nothing to drop. Where ``known`` is false the rule is not worked out.
    """

    starts: Codes
    delta: Codes
    known: Flags

    def at(self, codes: Codes) -> tuple[Codes, Flags]:
        """Return the summand of each code, and whether there is one."""
        piece = piece_of(self.starts, codes)
        return self.delta[piece], self.known[piece]


def piece_of(starts: Codes, codes: Codes) -> npt.NDArray[np.intp]:
    """Position of the piece of each code. The first piece must start at or below every code."""
    return starts.searchsorted(codes, "right") - 1


def whole_pieces(edges: list[Codes]) -> Codes:
    """Starts of the pieces between all these edges, none of which reaches over two lengths."""
    return _in_order(np.concatenate([BLOCK_EDGES, *edges]))


def _in_order(codes: Codes) -> Codes:
    """Sort, and keep one of equal ones. (`numpy.unique` hashes first, which takes ten times as long.)"""
    ordered = np.sort(codes)
    once: Codes = ordered[np.diff(ordered, prepend=-1) != 0]
    return once


def nothing_dropped() -> Shift:
    """Build the rule that changes nothing."""
    return Shift(BLOCK_EDGES, np.zeros_like(BLOCK_EDGES), np.ones(len(BLOCK_EDGES), dtype=np.bool_))


def lengths_of(codes: Codes) -> Codes:
    """Number of digits of each code; -1 for what is no string's code."""
    block = BLOCK_EDGES.searchsorted(codes, "right")
    return np.where(block % 2 == 1, (block - 1) // 2, -1)


def split_before(rule: Shift, edges: Codes) -> Codes:
    """Starts of pieces of ``rule`` small enough to land each between two neighbours of ``edges``."""
    ends = np.append(rule.starts[1:], BLOCK_EDGES[-1])
    usable = rule.known & (ends > rule.starts)
    delta = rule.delta[usable]
    first = edges.searchsorted(rule.starts[usable] + delta, "right")
    count = edges.searchsorted(ends[usable] + delta, "left") - first
    count = np.maximum(count, 0)
    # All positions first[i] … first[i] + count[i] - 1, one piece after the other.
    within = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
    landed = edges[np.repeat(first, count) + within]
    return _in_order(np.concatenate([rule.starts, landed - np.repeat(delta, count)]))


def then(first: Shift, second: Shift) -> Shift:
    """Do ``first``, and ``second`` to what comes out."""
    starts = split_before(first, second.starts)
    delta, known = first.at(starts)
    more, known_too = second.at(np.where(known, starts + delta, 1))
    known = known & known_too
    return Shift(starts, np.where(known, delta + more, 0), known)


def numbered(columns: list[Codes]) -> Codes:
    """Number the rows of several columns (values from 0 to 2**31): the same number for the same values."""
    keys, most = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        size = int(column.max(initial=0)) + 1
        if most * size >= 2**62:
            kept, keys = np.unique(keys, return_inverse=True)
            most = len(kept)
        keys, most = keys * size + column, most * size
    return np.unique(keys, return_inverse=True)[1]
