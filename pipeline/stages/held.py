"""A batch between the two passes of a run: what the second one needs, as an Arrow table of the outputs' types.

Most fields of a lead are the cells as they came, or nothing: of these only which cells they are is held.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Source
from schemas.columns import COMMON_COLUMNS, PHONE_SLOTS, dtype_of
from schemas.frame_columns import FIRST_PASS_ONLY, FORM, FORM_PARTS, ORIGINAL, SOURCE
from schemas.support.arrow_columns import column, only_where
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views

_OLDEST = pl.CompatLevel.oldest()
#: Rows that are compared before all are.
_FIRST = 1 << 10
#: Metadata of a column that says of each row whether it has the cell of the source column named by it.
_CELLS_OF = b"cells of"


def hold(frame: pl.DataFrame, source: Source, columns: tuple[str, ...]) -> pa.Table:
    """Gather all source columns, over all ``columns`` of the run, into `ORIGINAL`; drop what only the first pass needs.

    ``frame``: a batch after all checks of the first pass.
    """
    given = frozenset(frame.columns)
    cells = (
        frame.select(SOURCE + name for name in columns if SOURCE + name in given)
        .rechunk()
        .to_arrow(compat_level=_OLDEST)
    )
    nothing = pa.nulls(len(frame), pa.large_string())
    original = pa.StructArray.from_arrays(
        [column(cells, SOURCE + name) if SOURCE + name in given else nothing for name in columns], list(columns)
    )
    repeated = _repeated(frame, source)
    kept = [
        name
        for name in frame.columns
        if not name.startswith(SOURCE) and not name.endswith(FIRST_PASS_ONLY) and name not in repeated
    ]
    forms = {FORM.of(slot): slot for slot in PHONE_SLOTS if FORM.of(slot) in frame.columns}
    told = {part.of(slot) for slot in forms.values() for part in FORM_PARTS}
    whole = frame.select(_typed(frame, name) for name in kept if name not in told | forms.keys())
    table = whole.rechunk().to_arrow(compat_level=_OLDEST)
    for name, slot in forms.items():
        table = table.append_column(name, _forms(frame, slot))
    for name, of_source in repeated.items():
        mark = pa.field(name, pa.bool_(), metadata={_CELLS_OF: of_source.encode()})
        table = table.append_column(mark, frame.get_column(name).is_not_null().to_arrow())
    return table.append_column(ORIGINAL, original)


def _forms(frame: pl.DataFrame, slot: str) -> pa.Array:
    """What is told of each phone, as a column of few values. Rows of one form have the same."""
    forms = frame.get_column(FORM.of(slot)).to_numpy()
    rows = np.zeros(int(forms.max(initial=-1)) + 1, np.int64)
    rows[forms] = np.arange(len(forms))
    told = frame.select(part.of(slot) for part in FORM_PARTS)[rows].to_arrow(compat_level=_OLDEST)
    parts = pa.StructArray.from_arrays(
        [column(told, name) for name in told.column_names], [part.suffix for part in FORM_PARTS]
    )
    return pa.DictionaryArray.from_arrays(forms, parts)


def restore(table: pa.Table) -> pa.Table:
    """Return what was held with the fields that are cells as they came; they share the memory of `ORIGINAL`."""
    original = column(table, ORIGINAL)
    for place, field in enumerate(table.schema):
        if field.metadata and _CELLS_OF in field.metadata:
            cells = original.field(field.metadata[_CELLS_OF].decode())
            keep = column(table, field.name).to_numpy(zero_copy_only=False)
            table = table.set_column(place, field.name, only_where(cells, np.asarray(keep)))
    return table


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


def _typed(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column in the type of the outputs."""
    if name in COMMON_COLUMNS and frame.schema[name] != dtype_of(name):
        return pl.col(name).cast(dtype_of(name))
    return pl.col(name)
