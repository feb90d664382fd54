"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.masks import code_masks, words_of
from pipeline.usable import on_any_channel, usable_by_channel
from pipeline.verdict import Verdict
from schemas.codes import CODES, PRECEDENCE
from schemas.columns import (
    COMMON_COLUMNS,
    PHONE_SLOTS,
    POINTS,
    REJECTED_COLUMNS,
    dtype_of,
)


def decide_stage(
    frame: pl.DataFrame,
    found: pl.DataFrame,
    source: Source,
    context: Context,
    constants: dict[str, str | None],
) -> Verdict:
    """Divide a batch. ``constants`` are the provenance columns that are the same for the whole file."""
    by_channel = usable_by_channel(frame, found, context)
    usable = on_any_channel(by_channel, context)
    frame = frame.with_columns(series.alias(f"{point}:usable") for point, series in usable.items())
    frame = _with_channels(frame, by_channel, context)
    flags = words_of(code_masks(frame.get_column("row_id"), found.filter(pl.col("effect") == "flag")), list(CODES))
    frame = frame.with_columns(flags.alias("flags"), *(pl.lit(v, pl.String).alias(k) for k, v in constants.items()))
    is_clean = frame.get_column("channels").list.len() > 0
    clean, rejected = frame.filter(is_clean), frame.filter(~is_clean)
    kept = clean.with_columns(
        pl.when(f"{slot}:usable").then(slot).alias(slot) for slot in POINTS if slot in usable and slot != "address"
    )
    return Verdict(
        _select(_with_phone_facts(kept, usable), source, context),
        _select(_with_reasons(_with_phone_facts(rejected, usable), found), source, context, rejected=True),
    )


def _with_channels(frame: pl.DataFrame, usable: dict[str, dict[str, pl.Series]], context: Context) -> pl.DataFrame:
    """Add ``channels`` (those with at least one usable point) and ``valid_until`` (over the lists they rest on)."""
    open_for = {
        channel: pl.any_horizontal([pl.lit(may) for may in points.values()] or pl.lit(False))
        for channel, points in usable.items()
    }
    until = []
    for channel, is_open in open_for.items():
        ends = [lst.valid_until for lst in context.lists if lst.valid_until and channel in lst.kind.channels]
        if ends:
            until.append(pl.when(is_open).then(pl.lit(min(ends))))
    opened = frame.select(is_open.alias(channel) for channel, is_open in open_for.items())
    masks = np.zeros(len(frame), dtype=np.uint64)
    for bit, name in enumerate(opened.columns):
        masks |= opened.get_column(name).to_numpy().astype(np.uint64) << np.uint64(bit)
    return frame.with_columns(
        words_of(masks, opened.columns).alias("channels"),
        valid_until=pl.min_horizontal(until) if until else pl.lit(None, pl.Date),
    )


def _with_phone_facts(frame: pl.DataFrame, usable: dict[str, pl.Series]) -> pl.DataFrame:
    """Add type, region and time zones of the row's first phone."""
    slots = [slot for slot in PHONE_SLOTS if slot in usable]
    facts = {"phone_type": "type", "phone_region": "region", "time_zones": "zones"}
    if not slots:
        return frame.with_columns(pl.lit(None, dtype_of(name)).alias(name) for name in facts)
    return frame.with_columns(
        pl.coalesce([pl.when(pl.col(slot).is_not_null()).then(f"{slot}:{part}") for slot in slots]).alias(name)
        for name, part in facts.items()
    )


def _with_reasons(rejected: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Add all blocking codes by precedence, the primary one, its sentence and its disposition."""
    against = found.filter(pl.col("effect") != "flag")
    masks = code_masks(rejected.get_column("row_id"), against)
    if len(masks) and not masks.all():
        raise AssertionError("a row was rejected without a reason")
    told = (
        against.with_columns(order=pl.col("code").replace_strict(PRECEDENCE, return_dtype=pl.UInt32))
        .join(rejected.select("row_id"), on="row_id", how="semi")
        .sort("row_id", "order", maintain_order=True)
        .unique("row_id", keep="first", maintain_order=True)
    )
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    first = told.select(
        summary=pl.col("code").replace_strict(_SUMMARIES, return_dtype=pl.String)
        + " "
        + place
        + pl.col("detail")
        + ".",
        disposition=pl.col("code").replace_strict(_DISPOSITIONS, return_dtype=pl.String),
        reason="code",
    )
    return rejected.with_columns(
        words_of(masks, list(CODES)).alias("reasons"),
        first.get_column("reason"),
        first.get_column("summary").alias("reason_detail"),
        first.get_column("disposition"),
    )


_SUMMARIES = {code: reason.summary for code, reason in CODES.items()}
_DISPOSITIONS = {code: reason.disposition for code, reason in CODES.items()}


def _select(frame: pl.DataFrame, source: Source, context: Context, *, rejected: bool = False) -> pl.DataFrame:
    """Bring a frame into the contract's columns, order and types."""
    common = (*COMMON_COLUMNS, *(REJECTED_COLUMNS if rejected else ()))
    columns = {
        name: (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype_of(name)).alias(name)
        for name in common
    }
    ordered = [columns[name] for name in COMMON_COLUMNS]
    ordered.append(_extra(source, context))
    if rejected:
        ordered += [columns[name] for name in REJECTED_COLUMNS] + [pl.col("original"), pl.col("raw")]
    return frame.select(ordered)


def _extra(source: Source, context: Context) -> pl.Expr:
    """Columns that this file leaves unmapped; null for the names that only other files have."""
    kept = set(source.mapping.extra)
    fields = [
        (pl.col("original").struct.field(name) if name in kept else pl.lit(None, pl.String)).alias(name)
        for name in context.extra_columns
    ]
    # Parquet has no struct without fields.
    return pl.struct(fields or [pl.lit(None, pl.String).alias("_")]).alias("extra")
