"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.stages.bit_masks import Masks, Rows, code_lists, words_of
from pipeline.stages.contactable import Bools, Contactable
from schemas.coded_findings import CodedFindings
from schemas.columns import (
    COMMON_COLUMNS,
    PHONE_SLOTS,
    POST_POINT,
    REJECTED_COLUMNS,
)
from schemas.config import Channel
from schemas.frame_columns import ORIGINAL, RAW, UNTIL
from schemas.kernels.findings import find_least
from schemas.support.arrow_columns import column, few_values, of_one_value, only_where

_OLDEST = pl.CompatLevel.oldest()
#: Facts about a row's first phone, and what each is called beside the phone.
_PHONE_FACTS = {"phone_type": "type", "phone_region": "region", "time_zones": "zones"}


def decide_stage(
    held: pa.Table,
    found: CodedFindings,
    contactable: Contactable,
    source: Source,
    context: Context,
    constants: Mapping[str, str | None],
) -> Verdict:
    """Divide a batch by what its rows may be used for.

    ``held``: a batch after all checks (`pipeline.stages.held`). ``found``: all of its findings, ordered by row.
    ``constants``: provenance columns, the same for the whole file.
    """
    first = column(held, "row_id")[0].as_py() if len(held) else 0
    rows, codes = found.places(first), list(context.codes)
    is_flag = (found.said.get_column("effect") == "flag").to_numpy()
    ranks = found.said.get_column("code").cast(pl.Enum(codes)).to_physical().to_numpy().astype(np.int64)
    flags = code_lists(len(held), rows, found.which, np.where(is_flag, ranks, -1), codes)
    opened = _opened(contactable, len(held))
    made = {
        "flags": flags,
        "channels": words_of(opened, list(contactable.channels)).to_arrow(compat_level=_OLDEST),
        "valid_until": _valid_until(held, opened, contactable, context).to_arrow(compat_level=_OLDEST),
    }
    is_clean = opened != 0
    given = {name: value for name, value in constants.items() if value is not None}
    usable = {point: rows.to_numpy()[is_clean] for point, rows in contactable.points.items()}
    through = held.filter(pa.array(is_clean))
    of_clean = {name: values.filter(pa.array(is_clean)) for name, values in made.items()}
    clean = _rows(through, _usable(through, usable), of_clean, given, source, context)
    left = held.filter(pa.array(~is_clean))
    of_rejected = {name: values.filter(pa.array(~is_clean)) for name, values in made.items()}
    rejected = _rows(left, _first_phone(left, contactable), of_rejected, given, source, context)
    for name, reasons in _reasons(is_clean, found, rows, np.where(is_flag, -1, ranks), context).items():
        rejected = rejected.append_column(name, reasons)
    for name in (ORIGINAL, RAW):
        rejected = rejected.append_column(name, left.column(name))
    return Verdict(clean, rejected)


def _usable(clean: pa.Table, usable: Mapping[str, Bools]) -> dict[str, pa.Array]:
    """The contact columns with those points alone that may be used, and what is told of the first phone of these."""
    kept = {slot: only_where(column(clean, slot), rows) for slot, rows in usable.items() if slot != POST_POINT}
    return kept | _phone_facts(clean, {slot: usable[slot] for slot in PHONE_SLOTS if slot in usable})


def _first_phone(held: pa.Table, contactable: Contactable) -> dict[str, pa.Array]:
    """What is told of the first phone of all."""
    phones = [slot for slot in PHONE_SLOTS if slot in contactable.points]
    return _phone_facts(held, {slot: np.asarray(column(held, slot).is_valid()) for slot in phones})


def _phone_facts(held: pa.Table, phones: Mapping[str, Bools]) -> dict[str, pa.Array]:
    """Type, region and time zones of the row's first phone; ``phones`` says of each column which rows have one."""
    return {
        name: pc.coalesce(*(only_where(column(held, f"{slot}:{part}"), rows) for slot, rows in phones.items()))
        for name, part in _PHONE_FACTS.items()
        if phones
    }


def _rows(
    rows: pa.Table,
    kept: Mapping[str, pa.Array],
    made: Mapping[str, pa.Array],
    constants: Mapping[str, str],
    source: Source,
    context: Context,
) -> pa.Table:
    """The columns that both outputs have. A column that nothing is known of is left out."""
    done = {name: rows.column(name) for name in rows.column_names}
    done |= {name: of_one_value(value, len(rows)) for name, value in constants.items()}
    done |= {**made, **kept, "extra": _extra_cells(rows, source, context)}
    return pa.table({name: done[name] for name in (*COMMON_COLUMNS, "extra") if name in done})


def _extra_cells(held: pa.Table, source: Source, context: Context) -> pa.Array:
    """Columns that this file leaves unmapped; null for the names that only other files have."""
    kept, original = set(source.mapping.extra), column(held, ORIGINAL)
    nothing = pa.nulls(len(held), pa.large_string())
    cells = [original.field(name) if name in kept else nothing for name in context.extra_columns]
    # Parquet has no struct without fields.
    return pa.StructArray.from_arrays(cells or [nothing], list(context.extra_columns) or ["_"])


def _opened(contactable: Contactable, rows: int) -> Masks:
    """The channels with at least one usable point, as bits."""
    opened = np.zeros(rows, dtype=np.uint64)
    for bit, is_open in enumerate(contactable.channels.values()):
        opened |= is_open.to_numpy().astype(np.uint64) << np.uint64(bit)
    return opened


def _valid_until(held: pa.Table, opened: Masks, contactable: Contactable, context: Context) -> pl.Series:
    """How long each verdict holds: it rests on lists that go stale, and on windows and dates of the law."""
    ends = [_stale(channel, context) for channel in contactable.channels]
    earliest = [
        min((end for bit, end in enumerate(ends) if end is not None and mask >> bit & 1), default=None)
        for mask in range(1 << len(ends))
    ]
    of_lists = pl.Series("valid_until", earliest, pl.Date).gather(pl.Series(opened))
    of_rules = [
        pl.DataFrame(held.select([UNTIL.of(point)]))
        .select(pl.when(usable).then(UNTIL.of(point)).alias(point))
        .to_series()
        for point, usable in contactable.points.items()
        if UNTIL.of(point) in held.column_names
    ]
    return pl.DataFrame([of_lists, *of_rules]).min_horizontal().alias("valid_until") if of_rules else of_lists


def _stale(channel: Channel, context: Context) -> date | None:
    """When the first list of a channel goes stale."""
    return min(
        (lst.valid_until for lst in context.lists if lst.valid_until and channel in lst.kind.channels), default=None
    )


def _reasons(is_clean: Bools, found: CodedFindings, rows: Rows, ranks: Rows, context: Context) -> dict[str, pa.Array]:
    """All blocking codes of the rejected rows by precedence, the primary one, its sentence and its disposition.

    ``found``: all findings of the batch. ``rows``: the place of each one's row in the batch. ``ranks``: the precedence
    of everything that is said, -1 where it is no reason.
    """
    codes, said = context.codes, found.said
    rejected = int(np.count_nonzero(~is_clean))
    against = np.where(is_clean, rejected, np.cumsum(~is_clean) - 1)[rows]
    # Of the clean rows, which all are one row behind the last, nothing is told.
    reasons = code_lists(rejected + 1, against, found.which, ranks, list(codes)).slice(0, rejected)
    if not pc.all(pc.greater(pc.list_value_length(reasons), 0), min_count=0).as_py():
        raise AssertionError("a row was rejected without a reason")
    # Findings are ordered by row: the first one of the row's primary code gives the detail.
    least, first = np.full(rejected + 1, len(codes), np.int64), np.zeros(rejected + 1, np.int64)
    find_least(against, found.which, np.where(ranks < 0, len(codes), ranks), least, first)
    primary, of_row = np.unique(found.which[first[:rejected]], return_inverse=True)
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    told = said[primary].select(
        pl.col("code").alias("reason"),
        pl.format("{} {}{}.", _of_code({code: each.summary for code, each in codes.items()}), place, "detail").alias(
            "reason_detail"
        ),
        _of_code({code: each.disposition for code, each in codes.items()}).alias("disposition"),
    )
    made = {name: few_values(column(told.to_arrow(compat_level=_OLDEST), name), of_row) for name in told.columns} | {
        "reasons": reasons
    }
    return {name: made[name] for name in REJECTED_COLUMNS}


def _of_code(words: dict[str, str]) -> pl.Expr:
    return pl.col("code").replace_strict(words, return_dtype=pl.String)
