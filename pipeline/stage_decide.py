"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.masks import code_lists, words_of
from pipeline.usable import Allowed, allowed
from pipeline.verdict import Verdict
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
    may = allowed(frame, found, context)
    usable = may.points
    frame = frame.with_columns(series.alias(f"{point}:usable") for point, series in usable.items())
    frame = _with_channels(frame, may, context)
    flags = code_lists(frame.get_column("row_id"), found.filter(pl.col("effect") == "flag"), context.codes)
    frame = frame.with_columns(flags.alias("flags"), *(pl.lit(v, pl.String).alias(k) for k, v in constants.items()))
    is_clean = frame.get_column("channels").list.len() > 0
    clean, rejected = frame.filter(is_clean), frame.filter(~is_clean)
    kept = clean.with_columns(
        pl.when(f"{slot}:usable").then(slot).alias(slot) for slot in POINTS if slot in usable and slot != "address"
    )
    return Verdict(
        _select(_with_phone_facts(kept, usable), source, context),
        _select(_with_reasons(_with_phone_facts(rejected, usable), found, context), source, context, rejected=True),
    )


def _with_channels(frame: pl.DataFrame, may: Allowed, context: Context) -> pl.DataFrame:
    """Add ``channels`` (those with at least one usable point) and ``valid_until`` (over what they rest on)."""
    opened = pl.DataFrame(list(may.channels.values()))
    # A verdict rests on lists that go stale, and on windows and dates of the law.
    until = [pl.when(f"{p}:usable").then(f"{p}:until") for p in may.points if f"{p}:until" in frame.columns]
    for channel, is_open in may.channels.items():
        ends = [lst.valid_until for lst in context.lists if lst.valid_until and channel in lst.kind.channels]
        if ends:
            until.append(pl.when(is_open).then(pl.lit(min(ends))))
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


def _with_reasons(rejected: pl.DataFrame, found: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Add all blocking codes by precedence, the primary one, its sentence and its disposition."""
    codes = context.codes
    against = found.filter(pl.col("effect") != "flag")
    reasons = code_lists(rejected.get_column("row_id"), against, codes)
    if not (reasons.list.len() > 0).all():
        raise AssertionError("a row was rejected without a reason")
    precedence = {code: position for position, code in enumerate(codes)}
    told = (
        against.with_columns(order=pl.col("code").replace_strict(precedence, return_dtype=pl.UInt32))
        .join(rejected.select("row_id"), on="row_id", how="semi")
        .sort("row_id", "order", maintain_order=True)
        .unique("row_id", keep="first", maintain_order=True)
    )
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    first = told.select(
        summary=pl.col("code").replace_strict(
            {code: reason.summary for code, reason in codes.items()}, return_dtype=pl.String
        )
        + " "
        + place
        + pl.col("detail")
        + ".",
        disposition=pl.col("code").replace_strict(
            {code: reason.disposition for code, reason in codes.items()}, return_dtype=pl.String
        ),
        reason="code",
    )
    return rejected.with_columns(
        reasons.alias("reasons"),
        first.get_column("reason"),
        first.get_column("summary").alias("reason_detail"),
        first.get_column("disposition"),
    )


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
