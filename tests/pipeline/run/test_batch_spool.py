"""What a run puts away between its passes comes back as it was, or the run stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from pipeline.run.batch_spool import BatchSpool, HeldColumn
from schemas.coded_findings import coded
from schemas.errors import LeadscrubError
from schemas.findings import findings, no_findings

ROWS = pa.table({"row_id": range(500), "phone": [f"+1202555{n:04}" for n in range(500)]})
OTHER = ROWS.slice(100)
_ROWS = pl.DataFrame({"row_id": [1, 2]}, schema={"row_id": pl.UInt64})
FOUND = coded(pl.concat([findings(_ROWS, code, source="reader", detail="x") for code in ("row.short", "row.empty")]))
NONE = coded(no_findings())


def _columns(table: pa.Table) -> Iterator[HeldColumn]:
    yield from zip(table.schema, table.columns, strict=True)


def test_batches_come_back_once_in_the_order_in_which_they_were_kept(tmp_path: Path) -> None:
    spool = BatchSpool(tmp_path / "spool")
    later, earlier = spool.put(1, _columns(OTHER), NONE), spool.put(0, _columns(ROWS), FOUND)
    spool.keep(earlier)
    spool.keep(later)
    (first, second) = list(spool.take())
    assert (first[0], second[0]) == (0, 1)
    assert (first[1], second[1]) == (ROWS, OTHER)
    for given, expected in ((first[2], FOUND), (second[2], NONE)):
        assert_frame_equal(given.frame(), expected.frame())
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("which", ["batch-000000.arrow", "findings-000000.arrow", "said-000000.arrow"])
def test_no_flipped_bit_is_silent(tmp_path: Path, which: str) -> None:
    for number in range(50):
        folder = tmp_path / str(number)
        spool = BatchSpool(folder)
        spool.keep(spool.put(0, _columns(ROWS), FOUND))
        content = bytearray((folder / which).read_bytes())
        content[number * len(content) // 50] ^= 1 << number % 8
        (folder / which).write_bytes(content)
        with pytest.raises(LeadscrubError, match=f"'{which}', which this run had put away, is not as it was written"):
            list(spool.take())
