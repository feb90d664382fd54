"""A few rejected rows of each reason, with their contact points masked."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.masking import masked_email, masked_phone
from schemas.report_counts import Example, ReasonSeen

#: Rows that are shown of each reason.
EXAMPLES: Final = 3


def first_examples(rejected: pl.DataFrame) -> dict[str, ReasonSeen]:
    """The first rejected rows of each primary reason in a batch, by reason."""
    seen: dict[str, ReasonSeen] = {}
    first = rejected.group_by("reason", maintain_order=True).head(EXAMPLES)
    slots = [slot for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if slot in first.columns]
    masked = [(masked_phone if slot in PHONE_SLOTS else masked_email)(pl.col(slot)).alias(slot) for slot in slots]
    for row in first.with_columns(masked).to_dicts():
        example = Example(
            file=row["source_file"],
            line=row.get("source_line") or 0,
            points=[row[slot] for slot in slots if row[slot] is not None],
            why=row["reason_detail"],
        )
        reason = seen.setdefault(row["reason"], ReasonSeen(disposition=row["disposition"], examples=[]))
        reason.examples.append(example)
    return seen
