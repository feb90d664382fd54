"""A few rejected rows of each reason, with their contact points masked."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.report.decided_rows import codes_of
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.masking import masked_email, masked_phone
from schemas.report_counts import Example, ReasonSeen
from schemas.support.arrow_columns import column

#: Rows that are shown of each reason.
EXAMPLES: Final = 3
_TOLD: Final = ("reason", "reason_detail", "disposition", "source_file", "source_line")


def first_examples(rejected: pa.Table) -> dict[str, ReasonSeen]:
    """The first rejected rows of each primary reason in a batch, by reason."""
    seen: dict[str, ReasonSeen] = {}
    slots = [slot for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if slot in rejected.column_names]
    reasons, of_row = codes_of(column(rejected, "reason"))
    # numpy sorts numbers of two bytes by counting.
    order = np.argsort(of_row.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(of_row, minlength=len(reasons)))
    places = [order[start:end][:EXAMPLES] for start, end in pairwise([0, *ends.tolist()])]
    told = [name for name in _TOLD if name in rejected.column_names]
    rows = np.concatenate([np.empty(0, np.int64), *places])
    first = pl.DataFrame(rejected.select([*told, *slots]).take(rows)).cast({"reason": pl.String})
    masked = [(masked_phone if slot in PHONE_SLOTS else masked_email)(pl.col(slot)).alias(slot) for slot in slots]
    for row in first.with_columns_seq(masked).to_dicts():
        example = Example(
            file=row["source_file"],
            line=row.get("source_line") or 0,
            points=[row[slot] for slot in slots if row[slot] is not None],
            why=row["reason_detail"],
        )
        reason = seen.setdefault(row["reason"], ReasonSeen(disposition=row["disposition"], examples=[]))
        reason.examples.append(example)
    return seen
