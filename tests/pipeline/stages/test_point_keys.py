"""Points whose key occurs again are found, with their texts, however often the keys went to disk."""

from __future__ import annotations

import itertools
import tempfile
import weakref
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.point_keys import PointKeys, RowLines

_POINT = st.tuples(
    st.sampled_from([0, 1, 2, 17, 33, 2**64 - 1]),
    st.sampled_from(["a@example.com", "b@example.com", "one.longer.than.a.view@example.com"]),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
_SCHEMA = {"key": pl.UInt64(), "text": pl.String(), "consent_at": pl.Datetime("us", "UTC"), "row_id": pl.UInt64()}


@pytest.mark.parametrize(("texts", "dated"), [(True, False), (False, True), (True, True)])
@given(
    batches=st.lists(st.lists(_POINT, max_size=6), max_size=6),
    flush=st.sampled_from([1, 4, 100]),
    together=st.sampled_from([0, 3, 100]),
)
def test_points_of_a_repeated_key_come_back_and_no_others(
    *, texts: bool, dated: bool, batches: list[list[tuple[int, str, datetime | None]]], flush: int, together: int
) -> None:
    counts = Counter(key for batch in batches for key, _, _ in batch)
    expected, row = [], 0
    with tempfile.TemporaryDirectory() as folder:
        keys = PointKeys(Path(folder, "keys"), texts=texts, dated=dated, flush=flush, together=together)
        for position, batch in enumerate(batches):
            points = [(*point, row + at) for at, point in enumerate(batch)]
            row += len(batch)
            keys.add(pl.DataFrame(points, _SCHEMA, orient="row"), position)
            expected += [
                (key, text if texts else None, row_id, position, consent if dated else None)
                for key, text, consent, row_id in points
                if counts[key] > 1
            ]
        found = [line for part in keys.repeated() for line in part.rows()]
        assert len(list(itertools.groupby(key for key, *_ in found))) == len({key for key, *_ in found})
    assert sorted(found, key=lambda line: line[2]) == expected


def test_a_waiting_text_keeps_no_batch_in_memory(tmp_path: Path) -> None:
    block = np.frombuffer(b"one.longer.than.a.view@example.com", np.uint8).copy()
    gone = weakref.ref(block)
    array = pa.Array.from_buffers(pa.large_string(), 1, [None, *map(pa.py_buffer, (np.array([0, len(block)]), block))])
    text = pl.Series("text", array.cast(pa.string_view()), pl.String)
    keys = PointKeys(tmp_path / "keys", texts=True, dated=False)
    for row in range(2):
        keys.add(pl.DataFrame({"key": [7], "text": text, "row_id": [row]}).cast({pl.Int64: pl.UInt64}), 0)
    del block, array, text
    assert gone() is None
    assert [part.get_column("text").to_list() for part in keys.repeated()] == [
        ["one.longer.than.a.view@example.com"] * 2
    ]


def test_a_row_s_line_is_that_of_its_own_file(tmp_path: Path) -> None:
    lines = RowLines(tmp_path / "run" / "lines")
    for source, (first, at) in enumerate([(0, [2, 5]), (2, [7]), (3, [2, 3])]):
        rows = range(first, first + len(at))
        schema = {"row_id": pl.UInt64(), "source_line": pl.UInt64()}
        lines.add(pl.DataFrame({"row_id": rows, "source_line": at}, schema), min(source, 1))
    found, sources = lines.of(pl.Series([4, 0, 2, 1], dtype=pl.UInt64).to_numpy())
    assert (found.tolist(), sources.tolist()) == ([3, 2, 7, 5], [1, 0, 1, 0])
