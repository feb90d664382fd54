"""What is held of a batch between the passes comes back as the stages left it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns.mapping import Mapping
from pipeline.context import Source
from pipeline.stages.held import hold, restore
from schemas.files.converted import ConvertedReader
from schemas.files.inputs import LocalFile
from schemas.files.table import Table
from schemas.support.arrow_columns import column

_CELLS = st.none() | st.sampled_from(["", "a", "Ann", "more than twelve bytes", "\u00e9\u4f8b"])
_ROWS = st.lists(st.tuples(_CELLS, _CELLS, st.integers(0, 3)), min_size=1, max_size=40)


def _made(cell: str | None, how: int) -> str | None:
    return (cell, None, cell and cell.upper(), "made")[how]


def _source() -> Source:
    given_file, names = LocalFile(Path("drop.csv")), ("Name", "Town")
    table = Table(given_file, "drop", names, names, ConvertedReader(given_file, {}, (), {}))
    return Source(table, Mapping({"first_name": "Name", "city": "Town"}, frozenset(), (), (), ()), None)


@given(_ROWS)
def test_fields_come_back_whether_they_are_their_cells_or_not(rows: list[tuple[str | None, str | None, int]]) -> None:
    """Kept as it came, emptied, changed, or made where there was no cell."""
    names, towns = [name for name, _, _ in rows], [town for _, town, _ in rows]
    frame = pl.DataFrame(
        {
            "src:Name": names,
            "src:Town": towns,
            "row_id": range(7, 7 + len(rows)),
            "first_name": [_made(name, how) for name, _, how in rows],
            "city": [town if how else None for _, town, how in rows],
        },
        schema_overrides={"row_id": pl.UInt64(), **dict.fromkeys(["src:Name", "src:Town"], pl.String())}
        | dict.fromkeys(["first_name", "city"], pl.String()),
    )
    held = hold(frame, _source(), ("Name", "Elsewhere", "Town"))
    out = pa.BufferOutputStream()
    with pa.ipc.new_file(out, held.schema) as writer:
        writer.write_table(held)
    back = pa.ipc.open_file(out.getvalue()).read_all()
    for table in (restore(held), restore(back)):
        table.validate(full=True)
        got = pl.DataFrame(table)
        assert got.select("row_id", "first_name", "city").equals(frame.select("row_id", "first_name", "city"))
        assert got.get_column("original").struct.unnest().to_dict(as_series=False) == {
            "Name": names,
            "Elsewhere": [None] * len(rows),
            "Town": towns,
        }


_FORMS: tuple[tuple[str | None, str | None, list[str] | None], ...] = (
    (None, None, None),
    ("mobile", "GB", ["Europe/London"]),
    ("fixed_line_or_mobile", "US", ["America/Chicago", "America/New_York"]),
    ("toll_free", None, []),
)


@given(st.lists(st.sampled_from(range(len(_FORMS))), min_size=1, max_size=40))
def test_what_a_form_says_comes_back_of_each_row(forms: list[int]) -> None:
    schema = {"phone:type": pl.String(), "phone:region": pl.String(), "phone:zones": pl.List(pl.String())}
    said = pl.DataFrame([_FORMS[form] for form in forms], schema=schema, orient="row")
    names, ids = ["Ann"] * len(forms), range(len(forms))
    frame = said.with_columns(
        pl.Series("phone:form", forms, pl.Int32), pl.Series("src:Name", names), pl.Series("row_id", ids)
    )
    held = restore(hold(frame, _source(), ("Name",)))
    held.validate(full=True)
    form = column(held, "phone:form")
    parts = pa.StructArray.from_arrays(form.dictionary_decode().flatten(), list(schema))
    assert pl.DataFrame(pa.Table.from_struct_array(parts)).equals(said)
