"""Stage: the one place where a row is sent to clean or to rejected, with every reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.stages.bit_masks import CodeLists, Masks, Rows, code_lists
from pipeline.stages.contactable import Bools, Contactable
from schemas.coded_findings import CodedFindings, named
from schemas.columns import (
    COMMON_COLUMNS,
    PHONE_SLOTS,
    POST_POINT,
    REJECTED_COLUMNS,
)
from schemas.config import Channel
from schemas.frame_columns import FORM, ORIGINAL, RAW, UNTIL
from schemas.kernels.findings import find_least
from schemas.support.arrow_columns import chosen, column, few_values, of_one_value, only_where

_OLDEST = pl.CompatLevel.oldest()
#: What is told of a row's first phone, in the order of `FORM_PARTS`.
_PHONE_FACTS = ("phone_type", "phone_region", "time_zones")


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
    is_flag, (said, numbers) = ~found.blocks, found.codes
    ranks = np.array([codes.index(code) for code in said], np.int64).take(numbers)
    flags, reasons = (
        code_lists(len(held), rows, found.which, np.where(listed, ranks, -1), codes) for listed in (is_flag, ~is_flag)
    )
    opened = _opened(contactable, len(held))
    channels = CodeLists(opened.reshape(1, -1), list(contactable.channels))
    is_clean = opened != 0
    done = {name: held.column(name) for name in COMMON_COLUMNS if name in held.column_names}
    done |= _usable(held, is_clean, contactable)
    done["valid_until"] = _valid_until(held, opened, contactable, context)
    done["extra"] = _extra_cells(held, source, context)
    known = {name: value for name, value in constants.items() if value is not None}

    first_phone = _FirstPhone(held, is_clean, contactable)

    def output(these: npt.NDArray[np.intp], own: dict[str, pa.ChunkedArray]) -> pa.Table:
        """Rows of one output, by place. A column that nothing is known of is left out."""
        some = chosen(pa.table(done | own), these)
        made = {name: some.column(name) for name in some.column_names}
        made |= {name: of_one_value(value, len(some)) for name, value in known.items()}
        made |= first_phone.of(these) | {"flags": flags.of(these), "channels": channels.of(these)}
        return pa.table({name: made[name] for name in (*COMMON_COLUMNS, "extra", *own) if name in made})

    clean = output(np.flatnonzero(is_clean), {})
    rejected = output(np.flatnonzero(~is_clean), {name: held.column(name) for name in (ORIGINAL, RAW)})
    place = rejected.schema.get_field_index(ORIGINAL)
    for name, values in _reasons(is_clean, found, rows, np.where(is_flag, len(codes), ranks), reasons, context).items():
        rejected = rejected.add_column(place, name, values)
        place += 1
    return Verdict(clean, rejected)


def _usable(held: pa.Table, is_clean: Bools, contactable: Contactable) -> dict[str, pa.Array]:
    """The contact columns; a clean row has those points alone that may be used."""
    return {
        slot: only_where(column(held, slot), rows.to_numpy() | ~is_clean)
        for slot, rows in contactable.points.items()
        if slot != POST_POINT
    }


class _FirstPhone:
    """Type, region and time zones of each row's first phone: of a clean row the first that may be used."""

    def __init__(self, held: pa.Table, is_clean: Bools, contactable: Contactable) -> None:
        slots = [slot for slot in PHONE_SLOTS if slot in contactable.points]
        self._form = np.zeros(len(held), np.int64)
        parts: list[pa.Array] = []
        for slot in slots:
            forms = column(held, FORM.of(slot))
            # The first form is that of rows without a phone.
            parts += [forms.dictionary] if parts else [pa.nulls(1, forms.dictionary.type), forms.dictionary]
            has = np.where(is_clean, contactable.points[slot].to_numpy(), np.asarray(column(held, slot).is_valid()))
            rows = np.flatnonzero(has & (self._form == 0))
            self._form[rows] = forms.indices.to_numpy()[rows] + (sum(map(len, parts)) - len(forms.dictionary))
        self._told = pa.concat_arrays(parts).flatten() if parts else []

    def of(self, these: npt.NDArray[np.intp]) -> dict[str, pa.Array]:
        """What is told of it in some rows (by place), with the different texts of a column apart."""
        forms = self._form[these]
        return {name: few_values(told, forms) for name, told in zip(_PHONE_FACTS, self._told, strict=False)}


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


def _valid_until(held: pa.Table, opened: Masks, contactable: Contactable, context: Context) -> pa.Array:
    """How long each verdict holds: it rests on lists that go stale, and on windows and dates of the law."""
    ends = [_stale(channel, context) for channel in contactable.channels]
    earliest = [
        min((end for bit, end in enumerate(ends) if end is not None and mask >> bit & 1), default=None)
        for mask in range(1 << len(ends))
    ]
    of_lists = pa.array(earliest, pa.date32()).take(pa.array(opened))
    of_rules = [
        only_where(column(held, UNTIL.of(point)), usable.to_numpy())
        for point, usable in contactable.points.items()
        if UNTIL.of(point) in held.column_names
    ]
    return pc.min_element_wise(of_lists, *of_rules) if of_rules else of_lists


def _stale(channel: Channel, context: Context) -> date | None:
    """When the first list of a channel goes stale."""
    return min(
        (lst.valid_until for lst in context.lists if lst.valid_until and channel in lst.kind.channels), default=None
    )


def _reasons(
    is_clean: Bools, found: CodedFindings, rows: Rows, ranks: Rows, reasons: CodeLists, context: Context
) -> dict[str, pa.Array]:
    """All blocking codes of the rejected rows by precedence, the primary one, its sentence and its disposition.

    ``found``: all findings of the batch. ``rows``: the place of each one's row in the batch. ``ranks``: the precedence
    of everything that is said, no less than the number of codes where it is no reason.
    """
    codes, said = context.codes, found.said
    # Findings are ordered by row: the first one of the row's primary code gives the detail.
    least, first = np.full(len(is_clean), len(codes), np.int64), np.zeros(len(is_clean), np.int64)
    find_least(rows, found.which, ranks, least, first)
    if (least[~is_clean] == len(codes)).any():
        raise AssertionError("a row was rejected without a reason")
    which = found.which[first[~is_clean]]
    names, numbers = found.codes
    of_name = {
        "reason": pa.array(names, pa.large_string()),
        "disposition": pa.array([codes[name].disposition for name in names], pa.large_string()),
    }
    made = {name: few_values(values, numbers[which]) for name, values in of_name.items()}
    # Of what is said most is said of one row.
    primary, of_row = named(which, len(said))
    summary = pl.Series("summary", [codes[name].summary for name in names], pl.String)[numbers[primary]]
    place = pl.when(pl.col("point").is_null()).then(pl.lit("")).otherwise(pl.col("point") + ": ")
    detail = (
        said.select_seq("point", "detail")[primary]
        .with_columns_seq(summary)
        .select_seq(pl.format("{} {}{}.", "summary", place, "detail"))
        .to_series()
    )
    made["reason_detail"] = few_values(detail.to_arrow(compat_level=_OLDEST), of_row)
    made["reasons"] = reasons.of(np.flatnonzero(~is_clean))
    return {name: made[name] for name in REJECTED_COLUMNS}
