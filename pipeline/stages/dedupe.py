"""Stage: the same contact point is kept once over the whole run.

Only points that are otherwise usable compete, so a bad first copy never takes a good second one with it. The keys go
to disk, split into parts that are settled one by one: memory holds one part, however long the drop is. Only addresses
whose hashes are equal are compared in full.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.context import Context
from pipeline.stages.checks import Batch, RunCheck, Settlement
from pipeline.stages.partitions import ByRow
from pipeline.stages.point_keys import NEVER, POSITION_BITS, PointKeys, RowLines
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS, POINTS
from schemas.contact.match_keys import fold_email
from schemas.findings import findings, no_findings
from schemas.frame_columns import KEY, NUMBER
from schemas.support.prefetch import read_ahead

LOSER_SCHEMA = pa.schema(
    [
        ("row_id", pa.uint64()),
        ("position", pa.uint8()),
        ("kept_row", pa.uint64()),
        ("kept_position", pa.uint8()),
        ("kept_source", pa.uint32()),
        ("kept_line", pa.uint64()),
    ]
)

#: Behind every row and column.
_LAST = np.iinfo(np.uint64).max


def duplicate_losers(points: pl.DataFrame, *, newest: bool) -> pl.DataFrame:
    """Points that lose to another one with the same key and text: ``row_id`` and ``position``, those of the one kept
    as ``kept_row`` and ``kept_position``, and as ``kept`` its place in ``points``.

    Kept is the newest consent if so chosen, then the earliest row and column. ``points``, at least one, have ``key``,
    ``text``, ``row_id``, ``position`` and ``consent_at``; those of one key are beside each other.
    """
    is_first, other_text = _is_new(points, "key"), _is_new(points, "text")
    order = np.arange(len(points))
    if (other_text & ~is_first).any():
        # Different texts with the same key: each text for itself.
        order = points.select(pl.arg_sort_by("key", "text")).to_series().to_numpy()
        points = points[order]
        is_first = _is_new(points, "key") | _is_new(points, "text")
    starts, group = np.flatnonzero(is_first), np.cumsum(is_first) - 1
    row, position = points.get_column("row_id").to_numpy(), points.get_column("position").to_numpy()
    place = (row << POSITION_BITS) | position
    if newest:
        consent = points.get_column("consent_at").to_physical().fill_null(NEVER).to_numpy()
        place[consent < np.maximum.reduceat(consent, starts)[group]] = _LAST
    is_kept = place == np.minimum.reduceat(place, starts)[group]
    loser = np.flatnonzero(~is_kept)
    kept = np.flatnonzero(is_kept)[group[loser]]
    return pl.DataFrame(
        {
            "row_id": row[loser],
            "position": position[loser],
            "kept_row": row[kept],
            "kept_position": position[kept],
            "kept": order[kept],
        }
    )


def _is_new(points: pl.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """Whether each value is another one than that before it."""
    values = points.get_column(name)
    is_new = values.ne_missing(values.shift()).to_numpy(writable=True)
    is_new[0] = True
    return is_new


def compared_points(batch: Batch, context: Context) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the usable points of a batch that compete, by column, as `PointKeys.add` takes them."""
    frame, usable, campaign = batch.frame, batch.usable, context.campaign
    dated = campaign.dedupe.policy == "newest_consent" and "consent_at" in frame.columns
    consent = pl.col("consent_at") if dated else pl.lit(None, pl.Datetime("us", "UTC"))
    folds = frozenset(campaign.dedupe.email_folds)
    for slots, key in ((PHONE_SLOTS, "phone"), (EMAIL_SLOTS, "email")):
        for slot in slots:
            if slot not in usable or key not in campaign.dedupe_keys:
                continue
            if key == "phone":
                points = frame.select_seq("row_id", key=NUMBER.of(slot), consent_at=consent)
            else:
                text = fold_email(pl.col(KEY.of(slot)), folds)
                points = frame.select_seq("row_id", text=text, key=text.hash(0), consent_at=consent)
            yield slot, points.filter(usable[slot])


class Deduplication(RunCheck):
    """Gathers the usable points of all batches, settles them once, then says which points of each batch lost."""

    name = "dedupe"
    codes = frozenset({"duplicate.in_drop"})
    after = ("consent_audit", "history")

    @classmethod
    def make(cls, folder: Path, context: Context) -> Deduplication | None:
        """See `RunCheck`. Rows that are scrubbed again were compared when they were bought."""
        return None if context.rescrub and not context.released else cls(folder, context)

    def __init__(self, folder: Path, context: Context) -> None:
        self._context = context
        self._newest = context.campaign.dedupe.policy == "newest_consent"
        self._phones = PointKeys(folder / "phones", texts=False, dated=self._newest)
        self._emails = PointKeys(folder / "emails", texts=True, dated=self._newest)
        self._lines = RowLines(folder / "lines")
        self._losers = ByRow(folder / "losers", LOSER_SCHEMA, self._findings)

    def gather(self, batch: Batch) -> None:
        """Note the usable points of a batch."""
        if batch.frame.is_empty():
            return
        self._lines.add(batch.frame, batch.number)
        for slot, points in compared_points(batch, self._context):
            (self._phones if slot in PHONE_SLOTS else self._emails).add(points, POINTS.index(slot))

    def settle(self, settlement: Settlement) -> None:
        """Decide for each key which point is kept: the campaign's policy, then the earliest row and column.

        Points that another check blocks and rows that one rejects by now do not compete.
        """
        # Those of the next keys are found meanwhile.
        for repeated in read_ahead(self._repeated(), depth=1):
            for blocked in settlement.blocks:
                repeated = repeated.filter(~blocked(repeated))  # noqa: PLW2901  # the same points, fewer of them
            if settlement.rejected is not None:
                repeated = repeated.filter(~settlement.rejected[repeated.get_column("row_id").to_numpy()])  # noqa: PLW2901
            if repeated.is_empty():
                continue
            lost = duplicate_losers(repeated, newest=self._newest)
            lines, sources = self._lines.of(lost.get_column("kept_row").to_numpy())
            self._losers.add(lost.with_columns(pl.Series("kept_line", lines), pl.Series("kept_source", sources)))
        self._losers.close()

    def answer(self, losers: pl.DataFrame) -> None:
        """Take the points that lost (`LOSER_SCHEMA`), where the run was compared elsewhere."""
        self._losers.add(losers)
        self._losers.close()

    def _repeated(self) -> Iterator[pl.DataFrame]:
        # Addresses are compared while phones are.
        lots = [read_ahead(keys.repeated(), depth=1) for keys in (self._phones, self._emails)]
        for together in itertools.zip_longest(*lots):
            yield from (each for each in together if each is not None)

    def findings(self, batch: Batch) -> pl.DataFrame:
        """Findings on the points of a batch that lost."""
        return pl.concat([no_findings(), *self._losers.of(batch.frame)])

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
