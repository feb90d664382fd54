"""Sets of codes or channels per row as bit masks: few masks occur, so their lists are made once and gathered."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

Masks = npt.NDArray[np.uint64]
#: Codes that one mask holds. A batch with more kinds of findings has several masks a row.
_WORD = 64


def code_lists(rows: pl.Series, found: pl.DataFrame, codes: Iterable[str]) -> pl.Series:
    """Codes found for each row as a list, in the order of ``codes``.

    ``rows``: row ids in ascending order. ``found``: findings, of which ``row_id`` and ``code`` count.
    """
    occurring = set(found.get_column("code").unique())
    present = [code for code in codes if code in occurring]
    words = [present[start : start + _WORD] for start in range(0, len(present), _WORD)] or [[]]
    lists = [words_of(_code_masks(rows, found, word), word) for word in words]
    return lists[0] if len(lists) == 1 else pl.DataFrame(lists).select(pl.concat_list(pl.all())).to_series()


def _code_masks(rows: pl.Series, found: pl.DataFrame, codes: list[str]) -> Masks:
    """Codes found for each row, as bits in the order of ``codes``."""
    masks = np.zeros(len(rows), dtype=np.uint64)
    if not codes:
        return masks
    ids = rows.to_numpy()
    found = found.filter(pl.col("code").is_in(codes))
    of_row = found.get_column("row_id").to_numpy()
    at = np.searchsorted(ids, of_row)
    places = {code: bit for bit, code in enumerate(codes)}
    bits = found.get_column("code").replace_strict(places, return_dtype=pl.UInt64).to_numpy()
    inside = at < len(ids)
    inside[inside] = ids[at[inside]] == of_row[inside]
    np.bitwise_or.at(masks, at[inside], np.uint64(1) << bits[inside])
    return masks


def words_of(masks: Masks, words: list[str]) -> pl.Series:
    """Turn masks into lists of words, in the order of ``words`` (bit 0 first)."""
    distinct, place = np.unique(masks, return_inverse=True)
    lists = [[word for bit, word in enumerate(words) if int(mask) >> bit & 1] for mask in distinct]
    return pl.Series(lists, dtype=pl.List(pl.String)).gather(place)
