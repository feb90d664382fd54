"""Sets of codes or channels per row as bit masks, and as lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.kernels.findings import collect_bits, list_bits

Masks = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
#: Codes that one mask holds. A batch with more kinds of findings has several masks a row.
_WORD = 64


def code_lists(count: int, rows: Rows, which: Rows, ranks: Rows, codes: Sequence[str]) -> CodeLists:
    """Codes found for each of ``count`` rows, in the order of ``codes``.

    ``rows``: the place of each finding's row among them. ``which``: what it says. ``ranks``: the place in ``codes`` of
    the code of everything that is said, -1 where it is not to be listed.
    """
    is_said, occurs = np.zeros(len(ranks), dtype=np.bool_), np.zeros(len(codes) + 1, dtype=np.bool_)
    is_said[which] = True
    occurs[ranks[is_said]] = True
    present = [code for code, is_there in zip(codes, occurs.tolist(), strict=False) if is_there]
    # What is not listed has the place before the first.
    places = np.append(np.cumsum(occurs[:-1]) - 1, -1)[ranks]
    masks = np.zeros((max(-(-len(present) // _WORD), 1), count), dtype=np.uint64)
    for start in range(0, len(present), _WORD):
        inside = (places >= start) & (places < start + _WORD)
        bits = np.where(inside, np.uint64(1) << (places - start).clip(0, _WORD - 1).astype(np.uint64), np.uint64(0))
        collect_bits(rows, which, bits, masks[start // _WORD])
    return CodeLists(masks, present)


class CodeLists(NamedTuple):
    """Words of each row as bits: a line of ``masks`` has 64 of ``words`` for every row."""

    masks: Masks
    words: Sequence[str]

    def of(self, these: npt.NDArray[np.intp]) -> pa.Array:
        """Lists of some rows (by place), of few values, in the order of ``words`` (bit 0 first)."""
        masks = self.masks.take(these, axis=1)
        bounds = np.zeros(masks.shape[1] + 1, dtype=np.int64)
        listed = np.empty(int(np.bitwise_count(masks).sum()), dtype=np.int32)
        list_bits(masks.reshape(-1), bounds, listed)
        values = pa.DictionaryArray.from_arrays(listed, pa.array(self.words, pa.large_string()))
        return pa.LargeListArray.from_arrays(bounds, values)
