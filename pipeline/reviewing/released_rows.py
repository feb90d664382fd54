"""The rows of a result that decisions release, written as clean rows are, to be scrubbed again before they count.

Judged is what their run found: with every finding that was released taken as a flag, is there a contact point that
nothing blocks? A point that a clean row of the result has already stays a duplicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import polars as pl

from pipeline.context import Context
from pipeline.results.decisions import FINDING
from pipeline.results.folder import scan
from pipeline.results.writer import output_file
from pipeline.reviewing.queue import ReviewedRun
from pipeline.run.rescrub_source import Earlier
from pipeline.stages.contactable import contactable
from schemas.coded_findings import coded
from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS, POST_POINT
from schemas.config import Campaign, Channel
from schemas.contact.apply import apply_here
from schemas.contact.email import email_key
from schemas.contact.match_keys import fold_email
from schemas.findings import FINDING_SCHEMA, findings
from schemas.frame_columns import IS_LEAD

#: Columns of a clean row that are worked out when it is scrubbed.
_MADE = ("run_id", "channels", "valid_until")


@dataclass(frozen=True)
class Released:
    """``rows``: how many can be contacted once released; ``duplicates``: ``row_id`` of copies of clean rows."""

    rows: int
    duplicates: pl.Series


def write_released(
    run: ReviewedRun, campaign: Campaign, decisions: pl.DataFrame, rows: pl.Series, clean: list[Path], folder: Path
) -> Released:
    """Write ``clean.parquet`` with those of ``rows`` (``row_id``) that ``decisions`` release.

    ``decisions``: releases (`DECISIONS`) that count, by the ``row_id`` of the run. ``clean``: results whose clean rows
    have been released or bought before.
    """
    ids = rows.unique().sort().implode()
    frame = scan(run.out, "rejected").filter(pl.col("row_id").is_in(ids)).sort("row_id").collect()
    found = scan(run.out, "findings").filter(pl.col("row_id").is_in(ids)).collect()
    places = frame.select(earlier=pl.col("row_id")).with_row_index("row_id").cast({"row_id": pl.UInt64})
    frame = frame.with_columns(places.get_column("row_id"), pl.lit(True).alias(IS_LEAD))
    found = _numbered(_without_released(found, decisions), places)
    context = _context(run, campaign)
    copies = _copies(frame, campaign, clean, ids)
    usable = contactable(frame, coded(pl.concat([found, copies])), context)
    is_open = pl.DataFrame([*usable.channels.values()]).select(pl.any_horizontal(pl.all())).to_series()
    kept = frame.with_columns(
        pl.when(pl.lit(may)).then(pl.col(point)).alias(point)
        for point, may in usable.points.items()
        if point != POST_POINT
    )
    columns = [name for name in (*COMMON_COLUMNS, "extra") if name in kept.columns and name not in _MADE]
    kept = kept.with_columns(places.get_column("earlier").alias("row_id")).select(columns).filter(is_open)
    kept.write_parquet((folder / "clean.parquet").absolute(), compression="zstd")
    others = frame.select("row_id").filter(~is_open).join(copies, on="row_id", how="semi")
    return Released(len(kept), others.join(places, on="row_id").get_column("earlier"))


def earlier_of(run: ReviewedRun, review: str, folder: Path, rows: int) -> Earlier:
    """The written rows as an earlier result, which a run can scrub again."""
    outputs = {"clean.parquet": output_file(folder / "clean.parquet", rows)}
    counts = run.manifest.counts.model_copy(update={"clean": rows})
    # The root is over the rows of the run, not over these.
    manifest = run.manifest.model_copy(update={"outputs": outputs, "counts": counts, "rows": None})
    drops = tuple(sorted(set(run.rows.get_column("source_sha256"))))
    return Earlier(folder, manifest, None, released_by=review, drops=drops)


def _without_released(found: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Findings that are left once those that were released count no more."""
    on = ["row_id", *FINDING]
    asks = found.filter(effect="review").join(decisions.select(on), on=on, how="anti", nulls_equal=True)
    return pl.concat([found.filter(pl.col("effect") != "review"), asks.select(found.columns)])


def _numbered(found: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    numbered = found.rename({"row_id": "earlier"}).join(places, on="earlier")
    return numbered.select(list(FINDING_SCHEMA)).sort("row_id")


def _context(run: ReviewedRun, campaign: Campaign) -> Context:
    """What `contactable` asks: the channels of the run."""
    channels = [cast("Channel", channel) for channel in run.manifest.channels]
    chosen = campaign.model_copy(update={"channels": channels})
    return Context(chosen, run.manifest.vendor, run.manifest.as_of, [], [], apply_here)


def _copies(frame: pl.DataFrame, campaign: Campaign, clean: list[Path], ids: pl.Series) -> pl.DataFrame:
    """Points that another clean row has already, as findings; of the kinds by which the campaign tells copies.

    ``ids``: the rows themselves (``row_id``), which an earlier review may have released on evidence that has ended.
    """
    keys, folds = campaign.dedupe_keys, frozenset(campaign.dedupe.email_folds)
    kinds = [(PHONE_SLOTS, "phone"), (EMAIL_SLOTS, "email")]
    found = [pl.DataFrame(schema=FINDING_SCHEMA)]
    for slots in (slots for slots, key in kinds if key in keys):
        texts = {slot: pl.col(slot) for slot in slots}
        if slots == EMAIL_SLOTS:
            texts = {slot: fold_email(email_key(column), folds) for slot, column in texts.items()}
        wanted = pl.concat([frame.select(texts[slot].alias("key")) for slot in slots]).drop_nulls().unique()
        taken = [
            scan(out, "clean")
            .filter(~pl.col("row_id").is_in(ids))
            .select(texts[slot].alias("key"))
            .join(wanted.lazy(), on="key", how="semi")
            .collect()
            for out in clean
            for slot in slots
        ]
        there = pl.concat([wanted.clear(), *taken]).get_column("key").unique().implode()
        for slot in slots:
            rows = frame.filter(texts[slot].is_in(there))
            detail = "a clean row of the result has it already"
            found.append(findings(rows, "duplicate.in_drop", point=slot, source=_SOURCE, detail=detail))
    return pl.concat(found)


_SOURCE = "the result that was reviewed"
