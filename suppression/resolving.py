"""What a sequence of additions and deletions comes to, and what each of them did.

The state of a key is the last day on which it is listed, as days since 1970: `ABSENT` for never, `LASTING` for always.
An addition raises the state to its own expiry, a deletion sets it to `ABSENT`; one that leaves it did nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.list_version import Changes

ABSENT: Final = -(2**31)
LASTING: Final = 2**31 - 1


@dataclass(frozen=True)
class Resolved:
    """``gone``: keys that were deleted at some point: nothing that was known of them before stays.

    ``kept``: additions after which no deletion of the same key came, in order. ``additions`` and ``deletions`` are
    those judged against the base itself (the first of each key, after the base's own day), and ``expected`` of them
    did what they say: of a wrong base, few do.
    """

    changes: Changes
    gone: pl.Series
    kept: pl.DataFrame
    additions: int
    expected_additions: int
    deletions: int
    expected_deletions: int


def resolve(changes: pl.DataFrame, before: pl.Series, fresh: pl.Series) -> Resolved:
    """Resolve ``changes``: ``key``, ``action`` (add or delete), optionally ``expires_on``, in the order they happened.

    ``before`` is each one's key's state in the base; ``fresh`` whether it happened after the base was made.
    """
    add = pl.col("add")
    expiry = pl.col("expires_on").cast(pl.Int32) if "expires_on" in changes.columns else pl.lit(None, pl.Int32)
    placed = changes.with_row_index("at").with_columns(
        before.alias("before"),
        fresh.alias("fresh"),
        add=pl.col("action") == "add",
        until=expiry.fill_null(LASTING),
    )
    # Deletions of the same key divide its changes into spans: within one, the state only rises.
    spans = placed.sort("key", "at").with_columns(
        span=(~add).cast(pl.UInt32).cum_sum().over("key") - (~add).cast(pl.UInt32),
        deletions=(~add).cast(pl.UInt32).sum().over("key"),
        first=pl.col("at") == pl.col("at").first().over("key"),
    )
    at_start = pl.when(pl.col("span") == 0).then("before").otherwise(ABSENT)
    raised = pl.when(add).then("until").otherwise(ABSENT)
    earlier = raised.cum_max().shift(1, fill_value=ABSENT).over("key", "span")
    judged = spans.with_columns(prior=pl.max_horizontal(at_start, earlier)).with_columns(
        did=pl.when(add).then(pl.col("until") > pl.col("prior")).otherwise(pl.col("prior") != ABSENT)
    )
    counted = pl.col("first") & pl.col("fresh")
    sums = judged.select(
        added=(add & pl.col("did")).sum(),
        deleted=(~add & pl.col("did")).sum(),
        additions=(counted & add).sum(),
        expected_additions=(counted & add & pl.col("did")).sum(),
        deletions=(counted & ~add).sum(),
        expected_deletions=(counted & ~add & pl.col("did")).sum(),
    ).row(0, named=True)
    kept = judged.filter(add & (pl.col("span") == pl.col("deletions"))).sort("at")
    added, deleted = int(sums.pop("added")), int(sums.pop("deleted"))
    return Resolved(
        Changes(added=added, deleted=deleted, unchanged=len(changes) - added - deleted),
        judged.filter(~add).get_column("key").unique(),
        kept.drop("at", "before", "fresh", "add", "until", "span", "deletions", "first", "prior", "did"),
        **sums,
    )
