"""Sets of codes or channels per row as bit masks: few masks occur, so their lists are made once and gathered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.codes import PRECEDENCE

Masks = npt.NDArray[np.uint64]

if len(PRECEDENCE) > 64:
    raise AssertionError("more than 64 reason codes: a mask needs a second word")


def code_masks(rows: pl.Series, found: pl.DataFrame) -> Masks:
    """Codes found for each row, as bits in order of precedence. ``rows`` are in ascending order."""
    masks = np.zeros(len(rows), dtype=np.uint64)
    ids = rows.to_numpy()
    at = np.searchsorted(ids, found.get_column("row_id").to_numpy())
    bits = found.get_column("code").replace_strict(PRECEDENCE, return_dtype=pl.UInt64).to_numpy()
    inside = at < len(ids)
    inside[inside] = ids[at[inside]] == found.get_column("row_id").to_numpy()[inside]
    np.bitwise_or.at(masks, at[inside], np.uint64(1) << bits[inside])
    return masks


def words_of(masks: Masks, words: list[str]) -> pl.Series:
    """Turn masks into lists of words, in the order of ``words`` (bit 0 first)."""
    distinct, place = np.unique(masks, return_inverse=True)
    lists = [[word for bit, word in enumerate(words) if int(mask) >> bit & 1] for mask in distinct]
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(place)
