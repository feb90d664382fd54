"""What is asked of the values of a file is asked of every one of them."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.frames import FileContract

_CELLS = st.lists(st.none() | st.text("+@a1é", max_size=4), max_size=8)


def _keeps(name: str, cells: list[str | None], skipped: int) -> bool:
    contract = FileContract("clean.parquet", {name: pl.String()}, [])
    # From within a longer array, as a part of a batch is.
    column = pa.chunked_array([pa.array(cells, pa.large_string()).slice(skipped)], pa.large_string())
    try:
        contract.check(pa.table({name: column}))
    except AssertionError:
        return False
    return True


@given(_CELLS, st.integers(0, 3))
@example(["a@a", "a"], 0)
@example(["a@@", "a"], 0)
@example(["+", ""], 0)
def test_contact_points(cells: list[str | None], skipped: int) -> None:
    given_cells = [cell for cell in cells[skipped:] if cell is not None]
    assert _keeps("phone_2", cells, skipped) == all(cell.startswith("+") for cell in given_cells)
    assert _keeps("email", cells, skipped) == all("@" in cell for cell in given_cells)


def test_the_fault_names_the_column_and_no_value() -> None:
    contract = FileContract("clean.parquet", {"email": pl.String()}, [])
    with pytest.raises(AssertionError, match="values in: email") as raised:
        contract.check(pa.table({"email": pa.array(["secret"], pa.large_string())}))
    assert "secret" not in str(raised.value)
