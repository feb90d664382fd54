"""Stage: what was noted when the drop was read is noted again when its clean rows are scrubbed again.

Of a clean row only its flags show what its cells were like.
"""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.columns import PHONE_SLOTS
from schemas.findings import findings, no_findings
from schemas.frame_columns import EARLIER_FLAGS, OTHER

#: Flags that rest on the cells of the drop, which a clean row no longer has.
_OF_READING: tuple[str, ...] = (
    "phone.code_conflict",
    "phone.extension",
    "phone.repaired",
    "email.repaired",
    "consent.future",
    "row.short",
    "row.unread_value",
)


def noted_before_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Repeat the flags of the earlier result that rest on the drop's cells; the frame does not change.

    A number that had two readings must show both again, or else one of them would not be screened.
    """
    frame = batch.frame
    if context.earlier_run is None:
        return frame, no_findings()
    said_by = f"run {context.earlier_run}"
    noted = frame.select_seq("row_id", flag=EARLIER_FLAGS).explode("flag").filter(pl.col("flag").is_in(_OF_READING))
    others = [pl.col(OTHER.of(slot)).is_not_null() for slot in PHONE_SLOTS if OTHER.of(slot) in frame.columns]
    lost = frame.filter(pl.col(EARLIER_FLAGS).list.contains("phone.ambiguous") & ~pl.any_horizontal(others or [False]))
    found = [findings(lost, "phone.reading_lost", source=said_by, detail="the number had two readings in the drop")]
    found += [
        findings(rows, str(code), source=said_by, detail="noted when the drop was read")
        for (code,), rows in noted.partition_by("flag", as_dict=True).items()
    ]
    return frame, pl.concat(found)


NOTED_BEFORE = BatchCheck(
    "noted_before",
    noted_before_stage,
    codes=frozenset({"phone.reading_lost", *_OF_READING}),
    after=("normalise",),
)
