"""Stage: the same contact point is kept once over the whole run.

Only points that are otherwise usable compete, so a bad first copy never takes a good second one with it. The keys go
to disk, split into parts that are settled one by one: memory holds one part, however long the drop is. A key is an
integer: a phone's own digits, an address's hash. Only addresses whose hashes are equal are compared in full.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

from pipeline.context import Context
from pipeline.stages.checks import Batch, RunCheck, Settlement
from pipeline.stages.partitions import ByRow, Parts
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS, POINTS
from schemas.contact.match_keys import fold_email
from schemas.findings import findings, no_findings
from schemas.frame_columns import KEY
from suppression.index.numbers import number_key

#: Phones and emails have parts of their own.
_PARTS = 16
#: Keys that wait in memory before they are split into parts.
_FLUSH_ROWS = 400_000
_KEY_SCHEMA = pa.schema(
    [
        ("key", pa.uint64()),
        ("text", pa.large_string()),
        ("row_id", pa.uint64()),
        ("position", pa.uint8()),
        ("consent_at", pa.timestamp("us", tz="UTC")),
        ("source", pa.uint32()),
        ("source_line", pa.uint64()),
    ]
)
_LOSER_SCHEMA = pa.schema(
    [
        ("row_id", pa.uint64()),
        ("position", pa.uint8()),
        ("kept_row", pa.uint64()),
        ("kept_position", pa.uint8()),
        ("kept_source", pa.uint32()),
        ("kept_line", pa.uint64()),
    ]
)


def duplicate_losers(points: pl.DataFrame, *, newest: bool) -> pl.DataFrame:
    """Points that lose to another one with the same key and text, with ``kept_row`` … ``kept_line`` of that one.

    Kept is the newest consent if so chosen, then the earliest row and column. ``points`` are as in the parts.
    """
    by = ["consent_at", "row_id", "position"] if newest else ["row_id", "position"]
    ranked = points.sort(by, descending=[name == "consent_at" for name in by], nulls_last=True)
    kept = ranked.group_by("key", "text", maintain_order=True).first()
    return ranked.join(
        kept.select(
            "key",
            "text",
            kept_row="row_id",
            kept_position="position",
            kept_source="source",
            kept_line="source_line",
        ),
        on=["key", "text"],
        nulls_equal=True,
    ).filter((pl.col("row_id") != pl.col("kept_row")) | (pl.col("position") != pl.col("kept_position")))


class Deduplication(RunCheck):
    """Gathers the usable points of all batches, settles them once, then says which points of each batch lost."""

    name = "dedupe"
    codes = frozenset({"duplicate.in_drop"})
    after = ("consent_audit", "history")

    @classmethod
    def make(cls, folder: Path, context: Context) -> Deduplication | None:
        """See `RunCheck`. Rows that are scrubbed again were compared when they were bought."""
        return None if context.rescrub else cls(folder, context)

    def __init__(self, folder: Path, context: Context) -> None:
        self._context = context
        keys = context.campaign.dedupe_keys
        self._folds = frozenset(context.campaign.dedupe.email_folds)
        self._slots = tuple(
            slot for slots, key in ((PHONE_SLOTS, "phone"), (EMAIL_SLOTS, "email")) for slot in slots if key in keys
        )
        self._keys = Parts(folder / "keys", _KEY_SCHEMA)
        self._waiting: list[pl.DataFrame] = []
        self._losers = ByRow(folder / "losers", _LOSER_SCHEMA)

    def gather(self, batch: Batch) -> None:
        """Note the usable points of a batch."""
        frame, usable = batch.frame, batch.usable
        consent = pl.col("consent_at") if "consent_at" in frame.columns else pl.lit(None, pl.Datetime("us", "UTC"))
        for slot in self._slots:
            if slot not in usable:
                continue
            if slot in PHONE_SLOTS:
                key, text = number_key(pl.col(slot)), pl.lit(None, pl.String)
            else:
                text = fold_email(pl.col(KEY.of(slot)), self._folds)
                key = text.hash(0)
            rows = frame.select(
                "row_id",
                "source_line",
                key=key,
                text=text,
                position=pl.lit(POINTS.index(slot), pl.UInt8),
                consent_at=consent,
                source=pl.lit(batch.number, pl.UInt32),
            )
            self._waiting.append(rows.filter(usable[slot]))
        if sum(map(len, self._waiting)) >= _FLUSH_ROWS:
            self._flush()

    def _flush(self) -> None:
        """Split the waiting keys. Many at once: a write for each part has its price."""
        if not self._waiting:
            return
        is_email = (pl.col("position") >= len(PHONE_SLOTS)).cast(pl.UInt64)
        self._keys.split(pl.concat(self._waiting), pl.col("key") % _PARTS + is_email * _PARTS)
        self._waiting = []

    def settle(self, settlement: Settlement) -> None:
        """Decide for each key which point is kept: the campaign's policy, then the earliest row and column.

        Points that another check blocks and rows that one rejects by now do not compete.
        """
        rejected = settlement.rejected
        self._flush()
        self._keys.close()
        newest = self._context.campaign.dedupe.policy == "newest_consent"
        for number in self._keys.numbers():
            repeated = self._keys.read(number, repeated="key")
            if repeated is None:
                continue
            for blocked in settlement.blocks:
                repeated = repeated.filter(~blocked(repeated))
            if rejected is not None:
                repeated = repeated.filter(~rejected[repeated.get_column("row_id").to_numpy()])
            self._losers.add(duplicate_losers(repeated, newest=newest))
        self._losers.close()

    def findings(self, batch: Batch) -> pl.DataFrame:
        """Findings on the points of a batch that lost."""
        return pl.concat([no_findings(), *map(self._findings, self._losers.of(batch.frame))])

    def _findings(self, losers: pl.DataFrame) -> pl.DataFrame:
        files = [source.table.name for source in self._context.sources]
        same_row = pl.col("row_id") == pl.col("kept_row")
        where = (
            pl.lit("row ")
            + pl.col("kept_row").cast(pl.String)
            + " ("
            + pl.col("kept_source").replace_strict(list(range(len(files))), files, return_dtype=pl.String)
            + " line "
            + pl.col("kept_line").cast(pl.String)
            + ")"
        )
        kept_point = pl.col("kept_position").replace_strict(
            list(range(len(POINTS))), list(POINTS), return_dtype=pl.String
        )
        detail = pl.when(same_row).then("same as " + kept_point + " of this row").otherwise("kept in " + where)
        policy = self._context.campaign.dedupe.policy
        found = findings(losers, "duplicate.in_drop", source=f"this run, policy {policy}", detail=detail)
        points = losers.get_column("position").replace_strict(list(range(len(POINTS))), POINTS, return_dtype=pl.String)
        return found.with_columns(points.alias("point"))
