"""Rows of a result as its rules are asked of them again: what the run knew, as far as the result holds it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.columns.date_cells import perhaps_zoned
from pipeline.results.folder import scan, table_files
from schemas.columns import COMMON_COLUMNS, INSTANTS, PHONE_SLOTS
from schemas.config import channel_named
from schemas.contact.phone import phone_forms
from schemas.findings import FINDING_SCHEMA
from schemas.frame_columns import REGION, TYPE, UNREAD, ZONED, ZONES
from schemas.list_kinds import KINDS
from schemas.manifest import Manifest
from suppression.rules.setting import Consulted, Setting

_UNREAD = "unread."


def setting_of(manifest: Manifest, contact: date | None = None) -> Setting:
    """What was the same for every lead of the run; with ``contact`` as if all contact were on that day."""
    first, last = manifest.rules.contact_from or manifest.as_of, manifest.rules.contact_to or manifest.as_of
    return Setting(
        manifest.as_of,
        tuple(channel_named(name) for name in manifest.channels),
        manifest.region,
        manifest.entity,
        manifest.rules.campaign_evidence,
        manifest.rules.vendor_evidence,
        tuple(Consulted(lst.kind, lst.registry, lst.known_as_of, lst.name, lst.state) for lst in manifest.lists),
        contact=(first, last) if contact is None else (contact, contact),
    )


def clean_rows(out: Path) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Clean rows of a result part by part, as `asked_again` gives them."""
    for path in table_files(out, "clean"):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(COMMON_COLUMNS)):
                yield asked_again(out, pl.DataFrame(batch))


def asked_again(out: Path, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add to rows of a result (`COMMON_COLUMNS`) what rules read beside it; and give the matches of lists.

    ``row_id`` of both counts from 0 without gaps, as rules expect; it is ``row`` that names the row of the result. What
    could not be read is null in a result: its findings remember that it was there.
    """
    ids = rows.select(pl.col("row_id").alias("row"), pl.int_range(pl.len(), dtype=pl.UInt64).alias("row_id"))
    first, last = rows.get_column("row_id").min(), rows.get_column("row_id").max()
    found = scan(out, "findings").filter(
        pl.col("row_id").is_between(first, last)
        & (pl.col("code").is_in(list(KINDS)) | pl.col("code").str.starts_with(_UNREAD))
    )
    known = found.collect().rename({"row_id": "row"}).join(ids, on="row", maintain_order="left")
    frame = rows.rename({"row_id": "row"}).join(ids, on="row", maintain_order="left")
    unread = known.filter(pl.col("code").str.starts_with(_UNREAD)).select(
        "row_id", pl.col("code").str.strip_prefix(_UNREAD).alias("field")
    )
    for (field,), at in unread.group_by("field", maintain_order=True):
        frame = frame.with_columns(
            pl.col("row_id").is_in(at.get_column("row_id").implode()).alias(UNREAD.of(str(field)))
        )
    added = [pl.lit(True).alias("is_lead")]
    added += [pl.lit(perhaps_zoned(frame.get_column(name))).alias(ZONED.of(name)) for name in INSTANTS]
    nowhere = pl.repeat(None, len(frame), dtype=pl.String, eager=True)
    for slot in PHONE_SLOTS:
        if frame.get_column(slot).null_count() < len(frame):
            forms = phone_forms(frame.get_column(slot), nowhere)
            parts = {REGION: "region", TYPE: "type", ZONES: "time_zones"}
            added += [pl.lit(forms.get_column(part)).alias(column.of(slot)) for column, part in parts.items()]
    # A record that is no lead has no contact point; which it was is not asked again.
    listed = known.filter(pl.col("code").is_in(list(KINDS)))
    return frame.with_columns(added), listed.select(list(FINDING_SCHEMA))
