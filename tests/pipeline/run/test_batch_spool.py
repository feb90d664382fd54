"""What a run puts away between its passes comes back as it was, or the run stops."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.run.batch_spool import BatchSpool
from schemas.errors import LeadscrubError

ROWS = pa.table({"row_id": range(500), "phone": [f"+1202555{n:04}" for n in range(500)]})
OTHER = ROWS.slice(100)
FOUND = pa.table({"row_id": [1, 2], "code": ["phone.invalid", "dnc.internal"]})
NONE = FOUND.slice(0, 0)


def test_batches_come_back_once_in_the_order_in_which_they_were_kept(tmp_path: Path) -> None:
    spool = BatchSpool(tmp_path / "spool")
    later, earlier = spool.put(1, OTHER, NONE), spool.put(0, ROWS, FOUND)
    spool.keep(earlier)
    spool.keep(later)
    (first, second) = list(spool.take())
    assert (first[0], second[0]) == (0, 1)
    for given, expected in zip((*first[1:], *second[1:]), (ROWS, FOUND, OTHER, NONE), strict=True):
        assert given.equals(expected)
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("which", ["batch-000000.arrow", "findings-000000.arrow"])
def test_no_flipped_bit_is_silent(tmp_path: Path, which: str) -> None:
    for number in range(50):
        folder = tmp_path / str(number)
        spool = BatchSpool(folder)
        spool.keep(spool.put(0, ROWS, FOUND))
        content = bytearray((folder / which).read_bytes())
        content[number * len(content) // 50] ^= 1 << number % 8
        (folder / which).write_bytes(content)
        with pytest.raises(LeadscrubError, match=f"'{which}', which this run had put away, is not as it was written"):
            list(spool.take())
