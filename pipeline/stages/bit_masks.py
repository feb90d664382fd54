"""Sets of codes or channels per row as bit masks: few masks occur, so their lists are made once and gathered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.kernels.findings import collect_bits, list_bits

Masks = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
#: Codes that one mask holds. A batch with more kinds of findings has several masks a row.
_WORD = 64


def code_lists(count: int, rows: Rows, which: Rows, ranks: Rows, codes: Sequence[str]) -> pa.Array:
    """Codes found for each of ``count`` rows as a list of few values, in the order of ``codes``.

    ``rows``: the place of each finding's row among them. ``which``: what it says. ``ranks``: the place in ``codes`` of
    the code of everything that is said, -1 where it is not to be listed.
    """
    occurs = np.zeros(len(codes) + 1, dtype=np.bool_)
    occurs[ranks[which]] = True
    present = [code for code, is_there in zip(codes, occurs.tolist(), strict=False) if is_there]
    # What is not listed has the place before the first.
    places = np.append(np.cumsum(occurs[:-1]) - 1, -1)[ranks]
    masks = np.zeros(count * max(-(-len(present) // _WORD), 1), dtype=np.uint64)
    for start in range(0, len(present), _WORD):
        inside = (places >= start) & (places < start + _WORD)
        bits = np.where(inside, np.uint64(1) << (places - start).clip(0, _WORD - 1).astype(np.uint64), np.uint64(0))
        first = start // _WORD * count
        collect_bits(rows, which, bits, masks[first : first + count])
    bounds, listed = np.zeros(count + 1, dtype=np.int64), np.empty(len(which), dtype=np.int32)
    list_bits(masks, bounds, listed)
    values = pa.DictionaryArray.from_arrays(listed[: bounds[-1]], pa.array(present, pa.large_string()))
    return pa.LargeListArray.from_arrays(bounds, values)


def words_of(masks: Masks, words: Sequence[str]) -> pl.Series:
    """Turn masks into lists of words, in the order of ``words`` (bit 0 first)."""
    # Most rows have the same mask, and to sort them all to find out costs more than the rest of this.
    odd = np.flatnonzero(masks != masks[0]) if len(masks) else np.empty(0, np.int64)
    distinct, place = np.unique(masks[odd], return_inverse=True)
    every = [int(masks[0]), *map(int, distinct)] if len(masks) else []
    lists = [[word for bit, word in enumerate(words) if mask >> bit & 1] for mask in every]
    which = np.zeros(len(masks), dtype=np.uint32)
    which[odd] = place + 1
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(pl.Series(which))
