"""Columns of an export by a layout: which rows the other system takes, and what it gets of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.exporting.forms import calling_code, formed, hashed, text
from pipeline.exporting.own_columns import EXTRA, vendor_cell, vendor_fields, vendor_names
from pipeline.exporting.rows import Part, ResultRows, type_of
from pipeline.exporting.table import LeftOut, OutColumn, Tally
from pipeline.workspace import workspace_of
from schemas.columns import COMMON_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.config import load, raise_faults
from schemas.errors import UsageError
from schemas.export_layout import EXPORT_LAYOUTS, ExportColumn, ExportLayout, point_kind
from schemas.manifest import InputFile
from schemas.support.names import did_you_mean

_SLOTS = {"phones": PHONE_SLOTS, "emails": EMAIL_SLOTS}
_KIND = {"phone": "phones", "email": "emails"}


@dataclass(frozen=True)
class LayoutColumns:
    """See `Selection`."""

    layout: ExportLayout
    extra: tuple[str, ...]
    sources: Sequence[InputFile]

    @property
    def columns(self) -> tuple[OutColumn, ...]:
        """See `Selection`."""
        return tuple(OutColumn(each.name, pl.String(), holds=_holds(each)) for each in self.layout.columns)

    @property
    def comes_from(self) -> list[list[str]]:
        """See `Selection`."""
        return [self._made_of(each) for each in self.layout.columns]

    def _made_of(self, each: ExportColumn) -> list[str]:
        if each.column is not None:
            return vendor_fields(each.column, self.sources)
        if each.field is None:
            return []
        found = point_kind(each.field)
        return [each.field] if found is None else list(_SLOTS[found[0]])

    @property
    def reads(self) -> list[str]:
        """See `Selection`."""
        named = [name for name in COMMON_COLUMNS if name in self.layout.fields]
        if any(each.column is not None for each in self.layout.columns):
            fields = {field for source in self.sources for field in source.mapping}
            named += [name for name in COMMON_COLUMNS if name in fields] + [EXTRA]
        return list(dict.fromkeys([*PHONE_SLOTS, *EMAIL_SLOTS, "channels", *named]))

    def cells(self, part: Part, tally: Tally) -> list[pl.Series]:
        """See `Selection`."""
        layout = self.layout
        frame = part.frame
        if layout.channels:
            is_open = _open_on(frame, layout.channels)
            _leave_out(
                tally, frame, is_open, "is open", "are open", f"on none of the channels {', '.join(layout.channels)}"
            )
            frame = frame.filter(is_open)
        frame = frame.with_columns(self._usable(frame, kind).alias(kind) for kind in _SLOTS)
        if layout.rows != "lead":
            kind = _KIND[layout.rows]
            _leave_out(
                tally, frame, frame.get_column(kind).list.len() > 0, "has", "have", f"no {layout.rows} that may be used"
            )
            frame = frame.explode(kind, empty_as_null=False, keep_nulls=False).with_columns(pl.concat_list(kind))
        if layout.needs:
            has_one = pl.any_horizontal(_field(name).is_not_null() for name in layout.needs)
            taken = frame.select(has_one).to_series()
            _leave_out(tally, frame, taken, "has", "have", f"nothing in {' or '.join(layout.needs)}")
            frame = frame.filter(taken)
        self._count_points(frame, tally)
        return [self._cell(each, frame, part.source) for each in layout.columns]

    def _usable(self, frame: pl.DataFrame, kind: str) -> pl.Series:
        """A row's usable points of a kind, in order; none where the system would use a channel that is not open."""
        points = frame.select(pl.concat_list(_SLOTS[kind]).list.drop_nulls()).to_series()
        reaching = self.layout.reaches(kind)
        if not self.layout.channels or not reaching:
            return points
        return points.zip_with(_open_on(frame, reaching), pl.repeat([], len(frame), dtype=points.dtype, eager=True))

    def _count_points(self, frame: pl.DataFrame, tally: Tally) -> None:
        """Count usable points for which the layout has no column."""
        for kind in _SLOTS:
            columns = {found[1] for name in self.layout.fields if (found := point_kind(name)) and found[0] == kind}
            if columns:
                more = (frame.get_column(kind).list.len().cast(pl.Int64) - max(columns) - 1).clip(lower_bound=0).sum()
                if more:
                    tally.left_out[_more_than_columns(kind)] += int(more)

    def _cell(self, each: ExportColumn, frame: pl.DataFrame, source: InputFile) -> pl.Series:
        if each.text is not None:
            return pl.repeat(each.text or None, len(frame), dtype=pl.String, eager=True)
        if each.column is not None:
            cells = frame.select(vendor_cell(each.column, source, self.extra)).to_series()
        else:
            assert each.field is not None  # noqa: S101  # a column has one of the three
            cells = frame.select(_field(each.field)).to_series()
        if each.beside is not None:
            first = frame.select(_field(each.beside)).to_series()
            cells = cells.set(~(calling_code(cells).eq_missing(calling_code(first))), None)
        if each.form is not None:
            cells = formed(cells, each.form)
        if each.hash is not None:
            cells = hashed(cells, each.hash)
        return cells if each.otherwise is None else cells.set(cells == "", None).fill_null(each.otherwise)


def _holds(each: ExportColumn) -> Literal["ours", "phones", "emails", "text"]:
    if each.hash is not None:
        return "ours"
    kind, _ = point_kind(each.field or "") or ("text", 0)
    return "phones" if kind == "phones" else "emails" if kind == "emails" else "text"


def _field(name: str) -> pl.Expr:
    point = point_kind(name)
    if point is not None:
        return pl.col(point[0]).list.get(point[1], null_on_oob=True)
    return text(pl.col(name), type_of(name))


def _leave_out(tally: Tally, frame: pl.DataFrame, taken: pl.Series, one: str, many: str, why: str) -> None:
    if count := len(frame) - int(taken.sum()):
        tally.left_out[LeftOut(f"row {one} {why}", f"rows {many} {why}")] += count


def _more_than_columns(kind: str) -> LeftOut:
    rest = "that may be used {} no column in this layout"
    return LeftOut(f"{kind.removesuffix('s')} {rest.format('has')}", f"{kind} {rest.format('have')}")


def _open_on(frame: pl.DataFrame, channels: Iterable[str]) -> pl.Series:
    """Which rows are open on one of these channels."""
    return frame.get_column("channels").list.eval(pl.element().is_in(sorted(channels))).list.any()


def find_export_layout(name: str) -> ExportLayout:
    """Read a layout by its name or file: a file, one of the workspace, or one that comes with the program.

    Raises `UsageError` when there is none of that name, `ConfigError` with all of its faults.
    """
    workspace = workspace_of(None)
    own = workspace / "exports" if workspace is not None else None
    folders = [folder for folder in (own, EXPORT_LAYOUTS) if folder is not None]
    places = [Path(name), *(folder / f"{name}.toml" for folder in folders)]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        known = sorted(path.stem for folder in folders for path in folder.glob("*.toml"))
        raise UsageError(
            f"There is no export layout '{name}'.", did_you_mean(name, known) or f"Known: {', '.join(known)}."
        )
    faults: list[str] = []
    layout = load(found, ExportLayout, faults)
    raise_faults(faults)
    assert layout is not None  # noqa: S101  # without faults there is one
    return layout


def layout_columns(rows: ResultRows, layout: ExportLayout) -> LayoutColumns:
    """Prepare a layout for a result. Raises `UsageError` when it names a column that the vendor's files have not."""
    vendors = vendor_names(rows)
    for each in layout.columns:
        if each.column is not None and each.column not in vendors:
            raise UsageError(
                f"The layout's column '{each.name}' takes '{each.column}', which no file of the drop has.",
                did_you_mean(each.column, vendors),
            )
    return LayoutColumns(layout, rows.fields(EXTRA), rows.manifest.inputs)
