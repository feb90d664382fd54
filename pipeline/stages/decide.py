"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.stages.bit_masks import Rows, code_lists, words_of
from pipeline.stages.contactable import Bools, Contactable
from schemas.columns import (
    COMMON_COLUMNS,
    PHONE_SLOTS,
    POINTS,
    POST_POINT,
    REJECTED_COLUMNS,
    dtype_of,
)
from schemas.config import Channel
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
    rows = (found.get_column("row_id") - (frame.item(0, "row_id") if len(frame) else 0)).to_numpy().astype(np.int64)
    flag = (found.get_column("effect") == "flag").to_numpy()
    flags = code_lists(len(frame), rows[flag], found.get_column("code").filter(flag), context.codes)
    usable = [open_rows.alias(USABLE.of(point)) for point, open_rows in contactable.points.items()]
    frame = frame.with_columns(flags.alias("flags"), *usable, *_with_channels(frame, contactable, context))
    is_clean = frame.get_column("is_clean").to_numpy()
    given = {name: pl.lit(value, pl.String) for name, value in constants.items() if value is not None}
    points = [slot for slot in POINTS if slot in contactable.points and slot != POST_POINT]
    kept = {slot: pl.when(USABLE.of(slot)).then(slot) for slot in points}
    phones = {slot: pl.col(USABLE.of(slot)) for slot in PHONE_SLOTS if slot in contactable.points}
    given_phones = {slot: pl.col(slot).is_not_null() for slot in phones}
    # Lazily: most of what is held are the rows as they came, and of a clean row next to nothing of that is gathered.
    held = frame.lazy()
    clean = held.filter("is_clean").select(_columns(frame, source, context, given | kept | _phone_facts(phones)))
    rejected = frame.filter(~pl.col("is_clean"))
    reasons = _reasons(is_clean, found.filter(~flag), rows[~flag], context)
    common = _columns(frame, source, context, given | _phone_facts(given_phones))
    return Verdict(clean.collect(), rejected.select(*common, *reasons, "original", "raw"))


def _with_channels(frame: pl.DataFrame, contactable: Contactable, context: Context) -> list[pl.Series | pl.Expr]:
    """``channels`` (those with at least one usable point), ``valid_until`` (over what they rest on), ``is_clean``."""
    names = list(contactable.channels)
    masks = np.zeros(len(frame), dtype=np.uint64)
    for bit, is_open in enumerate(contactable.channels.values()):
        masks |= is_open.to_numpy().astype(np.uint64) << np.uint64(bit)
    # A verdict rests on lists that go stale, and on windows and dates of the law.
    ends = [_stale(channel, context) for channel in names]
    earliest = [
        min((end for bit, end in enumerate(ends) if end is not None and mask >> bit & 1), default=None)
        for mask in range(1 << len(names))
    ]
    of_lists = pl.Series("valid_until", earliest, pl.Date).gather(pl.Series(masks))
    of_rules = [
        pl.when(points).then(UNTIL.of(p)) for p, points in contactable.points.items() if UNTIL.of(p) in frame.columns
    ]
    until = pl.min_horizontal(of_lists, *of_rules).alias("valid_until") if of_rules else of_lists
    return [words_of(masks, names).alias("channels"), until, pl.Series("is_clean", masks != 0)]


def _stale(channel: Channel, context: Context) -> date | None:
    """When the first list of a channel goes stale."""
    return min(
        (lst.valid_until for lst in context.lists if lst.valid_until and channel in lst.kind.channels), default=None
    )


def _phone_facts(phones: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Type, region and time zones of the row's first phone; ``phones`` says of each column which rows have one."""
    facts = {"phone_type": "type", "phone_region": "region", "time_zones": "zones"}
    return {
        name: pl.coalesce([pl.when(has_one).then(f"{slot}:{part}") for slot, has_one in phones.items()])
        for name, part in facts.items()
        if phones
    }


def _reasons(is_clean: Bools, against: pl.DataFrame, rows: Rows, context: Context) -> list[pl.Series]:
    """All blocking codes of the rejected rows by precedence, the primary one, its sentence and its disposition.

    ``against``: what is against any row of the batch. ``rows``: the place of each finding's row in the batch.
    """
    codes = context.codes
    chosen = ~is_clean[rows]
    against, rows = against.filter(chosen), (np.cumsum(~is_clean) - 1)[rows[chosen]]
    rejected = int(np.count_nonzero(~is_clean))
    reasons = code_lists(rejected, rows, against.get_column("code"), codes)
    if not (reasons.list.len() > 0).all():
        raise AssertionError("a row was rejected without a reason")
    # Findings are ordered by row: the first one of the row's primary code gives the detail.
    precedence = against.get_column("code").cast(pl.Enum(list(codes))).to_physical().to_numpy()
    order = np.lexsort((np.arange(len(rows)), precedence, rows))
    first = order[np.searchsorted(rows[order], np.arange(rejected))]
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    told = against[first].select(
        pl.col("code").alias("reason"),
        reasons.alias("reasons"),
        pl.format("{} {}{}.", _of_code({code: each.summary for code, each in codes.items()}), place, "detail").alias(
            "reason_detail"
        ),
        _of_code({code: each.disposition for code, each in codes.items()}).alias("disposition"),
    )
    return [told.get_column(name) for name in REJECTED_COLUMNS]


def _of_code(words: dict[str, str]) -> pl.Expr:
    return pl.col("code").replace_strict(words, return_dtype=pl.String)


def _columns(frame: pl.DataFrame, source: Source, context: Context, made: dict[str, pl.Expr]) -> list[pl.Expr]:
    """Bring a frame into the contract's columns, order and types; ``made`` are those that are made only now.

    A column that nothing is known of is left out: it is null in every row.
    """
    types = frame.schema
    columns = []
    for name in COMMON_COLUMNS:
        if name in made:
            columns.append(made[name].alias(name))
        elif name in types:
            columns.append(pl.col(name) if types[name] == dtype_of(name) else pl.col(name).cast(dtype_of(name)))
    return [*columns, _extra(source, context)]


def _extra(source: Source, context: Context) -> pl.Expr:
    """Columns that this file leaves unmapped; null for the names that only other files have."""
    kept, given = set(source.mapping.extra), context.columns
    fields = [
        (literal_field(ORIGINAL, given, name) if name in kept else pl.lit(None, pl.String)).alias(name)
        for name in context.extra_columns
    ]
    # Parquet has no struct without fields.
    return pl.struct(fields or [pl.lit(None, pl.String).alias("_")]).alias("extra")
