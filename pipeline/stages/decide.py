"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.stages.bit_masks import code_lists, words_of
from pipeline.stages.contactable import Contactable
from schemas.columns import (
    COMMON_COLUMNS,
    PHONE_SLOTS,
    POINTS,
    POST_POINT,
    REJECTED_COLUMNS,
    dtype_of,
)
from schemas.frame_columns import ORIGINAL, UNTIL, USABLE
from schemas.support.literal_fields import literal_field


def decide_stage(
    frame: pl.DataFrame,
    found: pl.DataFrame,
    contactable: Contactable,
    source: Source,
    context: Context,
    constants: dict[str, str | None],
) -> Verdict:
    """Divide a batch by what its rows may be used for.

    ``frame``: a batch after all checks. ``found``: all of its findings. ``constants``: provenance columns, the same for
    the whole file.
    """
    flags = code_lists(frame.get_column("row_id"), found.filter(pl.col("effect") == "flag"), context.codes)
    usable = [rows.alias(USABLE.of(point)) for point, rows in contactable.points.items()]
    frame = _with_channels(frame.with_columns(flags.alias("flags"), *usable), contactable, context)
    frame = frame.with_columns(pl.any_horizontal(*contactable.channels.values()).alias("is_clean"))
    given = {name: pl.lit(value, pl.String) for name, value in constants.items()}
    points = [slot for slot in POINTS if slot in contactable.points and slot != POST_POINT]
    kept = {slot: pl.when(USABLE.of(slot)).then(slot) for slot in points}
    phones = {slot: pl.col(USABLE.of(slot)) for slot in PHONE_SLOTS if slot in contactable.points}
    given_phones = {slot: pl.col(slot).is_not_null() for slot in phones}
    # Lazily: most of what is held are the rows as they came, and of a clean row next to nothing of that is gathered.
    held = frame.lazy()
    clean = held.filter("is_clean").select(_columns(frame, source, context, given | kept | _phone_facts(phones)))
    rejected = frame.filter(~pl.col("is_clean"))
    reasons = _reasons(rejected.get_column("row_id"), found, context)
    common = _columns(frame, source, context, given | _phone_facts(given_phones))
    return Verdict(clean.collect(), rejected.select(*common, *reasons, "original", "raw"))


def _with_channels(frame: pl.DataFrame, contactable: Contactable, context: Context) -> pl.DataFrame:
    """Add ``channels`` (those with at least one usable point) and ``valid_until`` (over what they rest on)."""
    opened = pl.DataFrame(list(contactable.channels.values()))
    # A verdict rests on lists that go stale, and on windows and dates of the law.
    until = [pl.when(USABLE.of(p)).then(UNTIL.of(p)) for p in contactable.points if UNTIL.of(p) in frame.columns]
    for channel, is_open in contactable.channels.items():
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


def _phone_facts(phones: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Type, region and time zones of the row's first phone; ``phones`` says of each column which rows have one."""
    facts = {"phone_type": "type", "phone_region": "region", "time_zones": "zones"}
    return {
        name: pl.coalesce([pl.when(has_one).then(f"{slot}:{part}") for slot, has_one in phones.items()])
        for name, part in facts.items()
        if phones
    }


def _reasons(rejected: pl.Series, found: pl.DataFrame, context: Context) -> list[pl.Series]:
    """All blocking codes of these rows by precedence, the primary one, its sentence and its disposition."""
    codes = context.codes
    against = found.filter((pl.col("effect") != "flag") & pl.col("row_id").is_in(rejected.implode()))
    reasons = code_lists(rejected, against, codes)
    if not (reasons.list.len() > 0).all():
        raise AssertionError("a row was rejected without a reason")
    precedence = {code: position for position, code in enumerate(codes)}
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    told = (
        against.with_columns(order=pl.col("code").replace_strict(precedence, return_dtype=pl.UInt32))
        .sort("row_id", "order", maintain_order=True)
        .unique("row_id", keep="first", maintain_order=True)
        .select(
            pl.col("code").alias("reason"),
            reasons.alias("reasons"),
            pl.format(
                "{} {}{}.", _of_code({code: each.summary for code, each in codes.items()}), place, "detail"
            ).alias("reason_detail"),
            _of_code({code: each.disposition for code, each in codes.items()}).alias("disposition"),
        )
    )
    return [told.get_column(name) for name in REJECTED_COLUMNS]


def _of_code(words: dict[str, str]) -> pl.Expr:
    return pl.col("code").replace_strict(words, return_dtype=pl.String)


def _columns(frame: pl.DataFrame, source: Source, context: Context, made: dict[str, pl.Expr]) -> list[pl.Expr]:
    """Bring a frame into the contract's columns, order and types; ``made`` are those that are made only now."""
    held = frozenset(frame.columns)
    given = {name: made.get(name, pl.col(name) if name in held else pl.lit(None)) for name in COMMON_COLUMNS}
    return [*(value.cast(dtype_of(name)).alias(name) for name, value in given.items()), _extra(source, context)]


def _extra(source: Source, context: Context) -> pl.Expr:
    """Columns that this file leaves unmapped; null for the names that only other files have."""
    kept, given = set(source.mapping.extra), context.columns
    fields = [
        (literal_field(ORIGINAL, given, name) if name in kept else pl.lit(None, pl.String)).alias(name)
        for name in context.extra_columns
    ]
    # Parquet has no struct without fields.
    return pl.struct(fields or [pl.lit(None, pl.String).alias("_")]).alias("extra")
