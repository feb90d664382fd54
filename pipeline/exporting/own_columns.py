"""Columns of an export without a layout: the vendor's own, or those of the result that are asked for."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from pipeline.exporting.forms import BETWEEN, flat, text
from pipeline.exporting.rows import Part, ResultRows, open_rows, type_of
from pipeline.exporting.table import OutColumn, Tally
from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PERSON, PHONE_SLOTS, REJECTED_COLUMNS
from schemas.errors import UsageError
from schemas.export_layout import WINDOW_COLUMNS
from schemas.frame_columns import ORIGINAL, RAW
from schemas.manifest import InputFile
from schemas.support.literal_fields import literal_field
from schemas.support.names import did_you_mean

EXTRA = "extra"
_POINTS = (*PHONE_SLOTS, *EMAIL_SLOTS)
#: Text that we write ourselves, and that is no formula.
_OURS = frozenset({"row_id", "channels", "flags", "valid_until", "run_id", "phone_type", "phone_region"})


@dataclass(frozen=True)
class OwnColumn:
    """A column, and where its cells come from: a column of the result, or one of the vendor's own."""

    out: OutColumn
    column: str | None = None
    vendors: str | None = None


@dataclass(frozen=True)
class OwnColumns:
    """See `Selection`. ``extra`` and ``original``: names of the columns in these structs."""

    chosen: tuple[OwnColumn, ...]
    extra: tuple[str, ...]
    original: tuple[str, ...]
    sources: Sequence[InputFile]

    @property
    def columns(self) -> tuple[OutColumn, ...]:
        """See `Selection`."""
        return tuple(each.out for each in self.chosen)

    @property
    def comes_from(self) -> list[list[str]]:
        """See `Selection`."""
        return [self._made_of(each) for each in self.chosen]

    def _made_of(self, each: OwnColumn) -> list[str]:
        if each.vendors is None:
            return [] if each.column is None else [each.column]
        return [ORIGINAL] if self.original else vendor_fields(each.vendors, self.sources)

    @property
    def reads(self) -> list[str]:
        """See `Selection`."""
        named = [each.column for each in self.chosen if each.column is not None]
        if any(each.vendors is not None for each in self.chosen):
            named += [ORIGINAL] if self.original else [*_mapped(self.sources), EXTRA]
        return list(dict.fromkeys(named))

    def cells(self, part: Part, tally: Tally) -> list[pl.Series]:
        """See `Selection`."""
        made = [self._cell(each, part.source).alias(str(place)) for place, each in enumerate(self.chosen)]
        return part.frame.select(made).get_columns()

    def _cell(self, each: OwnColumn, source: InputFile) -> pl.Expr:
        if each.column is not None:
            return flat(pl.col(each.column), type_of(each.column))
        assert each.vendors is not None  # noqa: S101  # a column has one of the two
        if self.original:
            return literal_field(ORIGINAL, self.original, each.vendors)
        return vendor_cell(each.vendors, source, self.extra)


def vendor_cell(name: str, source: InputFile, extra: Sequence[str]) -> pl.Expr:
    """A column of the vendor's in clean rows of one of its files: text.

    Contact cells hold points that may be used, in normal form; of several in a cell all of them. What was not mapped,
    and what only a person may be able to read, is as it came; other cells are as they were read. A column that this
    file has not, and contact columns that were never screened, are empty.
    """
    fields = [field for field, column in source.mapping.items() if column == name]
    points = [slot for slot in _POINTS if slot in fields]
    if len(points) == 1:
        return pl.col(points[0])
    if points:
        return pl.concat_list(points).list.drop_nulls().list.join(BETWEEN).replace("", None)
    if name in extra:
        return literal_field(EXTRA, extra, name)
    held = [field for field in fields if field in COMMON_COLUMNS]
    return text(pl.col(held[0]), type_of(held[0])) if held else pl.lit(None, pl.String)


def vendor_fields(name: str, sources: Sequence[InputFile]) -> list[str]:
    """Columns of the result that hold a column of the vendor's, over all files of the drop."""
    fields = [field for source in sources for field, column in source.mapping.items() if column == name]
    return list(dict.fromkeys(field for field in fields if field in COMMON_COLUMNS)) or [EXTRA]


def vendor_names(rows: ResultRows) -> tuple[str, ...]:
    """Names of the vendor's own columns, over all files, in order of first appearance."""
    return open_rows(rows.folder, "rejected").fields(ORIGINAL)


def _mapped(sources: Sequence[InputFile]) -> list[str]:
    """Columns of the result that some file of the drop has."""
    fields = {field for source in sources for field in source.mapping}
    return [name for name in COMMON_COLUMNS if name in fields]


def own_columns(rows: ResultRows, asked: str | None) -> OwnColumns:
    """Choose columns by what is asked for: None (the vendor's own), ``contact``, ``all``, or names with commas.

    Raises `UsageError` when a name is none.
    """
    clean = rows.kind == "clean"
    vendors = vendor_names(rows)
    extra = rows.fields(EXTRA)
    made: tuple[OwnColumn, ...]
    behind = _behind(rows)
    if asked is None:
        made = (*(_vendors(name, rows) for name in vendors), *map(_held, behind))
    elif asked == "contact":
        mapped = [name for name in _mapped(rows.manifest.inputs) if name in {*PERSON, *_POINTS}]
        made = tuple(map(_held, (*mapped, *behind)))
    elif asked == "all":
        last = () if clean else (*REJECTED_COLUMNS, RAW)
        made = (*map(_held, COMMON_COLUMNS), *(_vendors(name, rows) for name in extra), *map(_held, last))
    else:
        known = {name: _held(name) for name in (*COMMON_COLUMNS, *(() if clean else (*REJECTED_COLUMNS, RAW)))}
        made = tuple(_named(name.strip(), known, vendors, rows) for name in next(csv.reader([asked])))
    return OwnColumns(_told_apart(made), extra, () if clean else vendors, rows.manifest.inputs)


def _behind(rows: ResultRows) -> tuple[str, ...]:
    """Columns of ours behind the vendor's: what may be done with a row and when, or why not."""
    if rows.kind != "clean":
        return (*REJECTED_COLUMNS, RAW)
    called = rows.manifest.rules.checked and {"call", "text"} & set(rows.manifest.channels)
    return ("channels", "valid_until", *(WINDOW_COLUMNS if called else ()))


def _named(name: str, known: Mapping[str, OwnColumn], vendors: Sequence[str], rows: ResultRows) -> OwnColumn:
    if name in known:
        return known[name]
    if name in vendors:
        return _vendors(name, rows)
    raise UsageError(f"--columns: there is no column '{name}'.", did_you_mean(name, [*known, *vendors]))


def _held(name: str) -> OwnColumn:
    dtype = type_of(name)
    shown = pl.select(flat(pl.lit(None, dtype), dtype)).to_series().dtype
    ours = name in _OURS or shown != pl.String
    return OwnColumn(OutColumn(name, shown, holds="ours" if ours else _holds({name})), name)


def _vendors(name: str, rows: ResultRows) -> OwnColumn:
    fields = {field for file in rows.manifest.inputs for field, column in file.mapping.items() if column == name}
    return OwnColumn(OutColumn(name, pl.String(), holds=_holds(fields if rows.kind == "clean" else ())), vendors=name)


def _holds(fields: Collection[str]) -> Literal["phones", "emails", "text"]:
    if any(field in PHONE_SLOTS for field in fields):
        return "phones"
    return "emails" if any(field in EMAIL_SLOTS for field in fields) else "text"


def _told_apart(chosen: Sequence[OwnColumn]) -> tuple[OwnColumn, ...]:
    """Give every column a name of its own: of two, ours says that it is ours."""
    taken = {each.out.name for each in chosen if each.vendors is not None}
    found = []
    for each in chosen:
        name = each.out.name
        if each.vendors is None:
            while name in taken:
                name += " (leadscrub)"
            taken.add(name)
        found.append(replace(each, out=replace(each.out, name=name)))
    return tuple(found)
