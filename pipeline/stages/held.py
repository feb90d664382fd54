"""A batch between the two passes of a run: what the second one needs, as an Arrow table of the outputs' types.

Most fields of a lead are the cells as they came, or nothing: of these only which cells they are is held.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Source
from schemas.columns import COMMON_COLUMNS, PHONE_SLOTS, dtype_of
from schemas.frame_columns import FIRST_PASS_ONLY, FORM, FORM_PARTS, ORIGINAL, SOURCE
from schemas.support.arrow_columns import column, only_where
from schemas.support.column_bytes import given_rows
from schemas.support.distinct import row_of_each
from schemas.support.text_views import text_views, texts_of

_OLDEST = pl.CompatLevel.oldest()
#: Rows that are compared before all are.
_FIRST = 1 << 10
#: Metadata of a column that says of each row whether it has the cell of the source column named by it.
_CELLS_OF = b"cells of"


def hold(frame: pl.DataFrame, source: Source, columns: tuple[str, ...]) -> pa.Table:
    """Put a batch into the form in which it waits for the second pass: see `held_columns`."""
    held = list(held_columns(frame, source, columns))
    return pa.Table.from_arrays([values for _, values in held], schema=pa.schema([field for field, _ in held]))


def held_columns(frame: pl.DataFrame, source: Source, columns: tuple[str, ...]) -> Iterator[tuple[pa.Field, pa.Array]]:
    """Yield what waits for the second pass, for `restore`. Each column is made when it is asked for.

    ``frame``: a batch after all checks of the first pass; what only these need is dropped. ``columns``: all source
    columns of the run.
    """
    repeated = _repeated(frame, source)
    forms = {FORM.of(slot): slot for slot in PHONE_SLOTS if FORM.of(slot) in frame.columns}
    told = {part.of(slot) for slot in forms.values() for part in FORM_PARTS}
    for name in frame.columns:
        if name.startswith(SOURCE) or name.endswith(FIRST_PASS_ONLY) or name in told:
            continue
        values = frame.get_column(name)
        if name in repeated:
            yield (
                pa.field(name, pa.bool_(), metadata={_CELLS_OF: repeated[name].encode()}),
                _arrow(values.is_not_null()),
            )
            continue
        held = _forms(frame, forms[name]) if name in forms else _arrow(_typed(values))
        yield pa.field(name, held.type), held
    for name in columns:
        cells = _arrow(frame.get_column(SOURCE + name)) if SOURCE + name in frame.columns else pa.nulls(len(frame))
        yield pa.field(SOURCE + name, cells.type), cells


def _arrow(column: pl.Series) -> pa.Array:
    """A column in Arrow's usual types; of text that is null everywhere only that it is."""
    if column.dtype != pl.String:
        return column.rechunk().to_arrow(compat_level=_OLDEST)
    return pa.nulls(len(column)) if column.null_count() == len(column) else texts_of(column)


def _forms(frame: pl.DataFrame, slot: str) -> pa.Array:
    """What is told of each phone, as a column of few values. Rows of one form have the same."""
    forms = frame.get_column(FORM.of(slot)).to_numpy()
    rows = row_of_each(forms, int(forms.max(initial=-1)) + 1)
    told = frame.select_seq(part.of(slot) for part in FORM_PARTS)[rows].to_arrow(compat_level=_OLDEST)
    parts = pa.StructArray.from_arrays(
        [column(told, name) for name in told.column_names], [part.suffix for part in FORM_PARTS]
    )
    return pa.DictionaryArray.from_arrays(forms, parts)


def restore(table: pa.Table) -> pa.Table:
    """Return what was held as the stages left it, with all source columns of the run in `ORIGINAL`.

    Fields that are cells as they came share the memory of these.
    """
    nothing = pa.nulls(len(table), pa.large_string())
    fields, cells = {}, {}
    for field in table.schema:
        values = nothing if pa.types.is_null(field.type) else column(table, field.name)
        if field.name.startswith(SOURCE):
            cells[field.name.removeprefix(SOURCE)] = values
        else:
            fields[field.name] = values
    for field in table.schema:
        if field.metadata and _CELLS_OF in field.metadata:
            keep = np.asarray(fields[field.name].to_numpy(zero_copy_only=False))
            fields[field.name] = only_where(cells[field.metadata[_CELLS_OF].decode()], keep)
    return pa.table(fields | {ORIGINAL: pa.StructArray.from_arrays([*cells.values()], [*cells])})


def _repeated(frame: pl.DataFrame, source: Source) -> dict[str, str]:
    """Text fields that have the cell of their source column or nothing in every row, with that column."""
    found = {}
    for field, name in source.mapping.fields.items():
        if field not in frame.columns or SOURCE + name not in frame.columns:
            continue
        value, cell = frame.get_column(field), frame.get_column(SOURCE + name)
        if value.dtype == pl.String and not _differs(value, cell):
            found[field] = name
    return found


def _differs(value: pl.Series, cell: pl.Series) -> bool:
    """Whether a row has a value that is not its cell."""
    of_value, of_cell = text_views(value), text_views(cell)
    in_same_buffers = of_value.in_same_buffers(of_cell)
    if of_value.words.ctypes.data == of_cell.words.ctypes.data and in_same_buffers and not cell.null_count():
        return False
    given = given_rows(value)
    # Where many differ, one of the first does.
    for rows in (slice(_FIRST), slice(None)):
        others = of_value.heads[rows] != of_cell.heads[rows]
        if (others & given[rows] if len(given) else others).any():
            return True
    others = of_value.tails != of_cell.tails
    if cell.null_count():
        others |= ~given_rows(cell)
    if in_same_buffers and not (others & given if len(given) else others).any():
        return False
    # The same text may be in two places; where either is null, a comparison says nothing.
    return bool((value != cell).any()) or bool(cell.null_count() and (value.is_not_null() & cell.is_null()).any())


def _typed(column: pl.Series) -> pl.Series:
    """A column in the type of the outputs."""
    return column.cast(dtype_of(column.name)) if column.name in COMMON_COLUMNS else column
