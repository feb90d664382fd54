"""Every row leads to the root, and no other does; the independent program of the docs comes to the same bytes."""

from __future__ import annotations

import importlib.util
from datetime import date, datetime, time
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.proven_row import cells_of
from pipeline.results.canonical_rows import RowHashes, canonical_columns
from pipeline.results.row_proof import hashed_findings, proof_of
from pipeline.results.row_tree import RowTree
from schemas.findings import FINDING_SCHEMA
from schemas.frames import output_types
from schemas.kernels import kernel, row_bytes
from schemas.support.many_hashes import blocks_of, digest, digests_of, digests_of_short
from tests.conftest import REPO, Scrub

_spec = importlib.util.spec_from_file_location("check_evidence", REPO / "docs" / "check_evidence.py")
assert _spec is not None
assert _spec.loader is not None
independent: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(independent)

TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
VALUES: dict[type[pl.DataType], st.SearchStrategy[Any]] = {
    pl.String: TEXT,
    pl.Boolean: st.booleans(),
    pl.Date: st.dates(date(1, 1, 1)),
    pl.Time: st.times(),
    pl.Datetime: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    pl.List: st.lists(TEXT, max_size=4),
    pl.Struct: st.fixed_dictionaries({"One": st.none() | TEXT, "Two *": st.none() | TEXT}) | st.none(),
    pl.UInt64: st.integers(0, 2**63 - 1),
    pl.UInt8: st.integers(0, 255),
    pl.UInt16: st.integers(0, 65_535),
}
FIELDS = ["One", "Two *"]
COLUMNS = canonical_columns(FIELDS, FIELDS)
TYPES = output_types(FIELDS, FIELDS)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, pa.Table]:
    """Some rows with few of their columns, and findings of some of them."""
    rows = draw(st.integers(1, 12))
    names = draw(st.lists(st.sampled_from(list(TYPES)), unique=True, max_size=12))
    columns: dict[str, pl.Series] = {"row_id": pl.Series(range(3, rows + 3), dtype=pl.UInt64)}
    for name in (name for name in TYPES if name in names and name != "row_id"):
        values = draw(st.lists(st.none() | VALUES[type(TYPES[name])], min_size=rows, max_size=rows))
        columns[name] = pl.Series(values, dtype=TYPES[name])
    about = sorted(draw(st.lists(st.integers(0, rows + 5), max_size=8)))
    cells = {
        name: draw(st.lists(st.none() | TEXT, min_size=len(about), max_size=len(about))) for name in FINDING_SCHEMA
    }
    findings = pl.DataFrame({**cells, "row_id": about}, schema=FINDING_SCHEMA)
    oldest = pl.CompatLevel.oldest()
    return pl.DataFrame(columns).to_arrow(compat_level=oldest), findings.to_arrow(compat_level=oldest)


@given(tables(), st.sampled_from(["clean", "rejected"]), st.booleans(), st.integers(1, 12))
def test_the_independent_program_comes_to_the_same_hash_of_every_row(
    drawn: tuple[pa.Table, pa.Table], output: str, compiled: bool, cut: int
) -> None:
    rows, findings = drawn
    hashes, few = RowHashes(COLUMNS), kernel.FEW_ROWS
    try:
        kernel.FEW_ROWS = -1 if compiled else 64
        for each in (row_bytes.measure_rows, row_bytes.put_rows, row_bytes.put_heads) if not compiled else ():
            each._entry = None  # as in a process that has few rows alone
        hashed = hashed_findings(hashes, findings)
        found = hashes.of(rows, output, hashed)
        parts = [hashes.of(part, output, hashed) for part in (rows.slice(0, cut), rows.slice(cut))]
    finally:
        kernel.FEW_ROWS = few
    assert np.concatenate(parts).tobytes() == found.tobytes()
    for number in range(len(rows)):
        cells, said = cells_of(rows.slice(number, 1), findings, output)
        assert independent.row_hash(COLUMNS, cells, said) == found[number].tobytes()


def test_a_time_or_a_day_is_the_same_bytes_for_both() -> None:
    frame = pl.DataFrame(
        {"row_id": [0], "birth_date": [date(1931, 5, 1)], "call_after": [time(8, 30)]},
        schema_overrides={"row_id": pl.UInt64},
    )
    none = pl.DataFrame(schema=FINDING_SCHEMA).to_arrow(compat_level=pl.CompatLevel.oldest())
    rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    cells = {"output": "clean", "row_id": 0, "birth_date": "1931-05-01", "call_after": "08:30:00"}
    hashes = RowHashes(COLUMNS)
    found = hashes.of(rows, "clean", hashed_findings(hashes, none))[0].tobytes()
    assert found == independent.row_hash(COLUMNS, cells, [])


def test_a_row_is_the_same_bytes_however_arrow_has_its_cells() -> None:
    texts = pa.array(["a" * 40, None, "", "ü" * 31] * 3, pa.large_string())
    odd = pa.py_buffer(b"x" + texts.buffers()[1].to_pybytes()).slice(1)
    elsewhere = pa.Array.from_buffers(texts.type, len(texts), [texts.buffers()[0], odd, texts.buffers()[2]])
    lists = pa.array([["a", "b" * 200], [], None, ["ü"]] * 3, pa.large_list(pa.large_string()))
    flags = pa.LargeListArray.from_arrays(lists.offsets, lists.values.dictionary_encode(), mask=lists.is_null())
    numbers = pa.array(range(12), pa.uint64())
    days = pa.array([None, 1, 2, None] * 3, pa.int32()).cast(pa.date32())
    none = pl.DataFrame(schema=FINDING_SCHEMA).to_arrow(compat_level=pl.CompatLevel.oldest())
    hashes = RowHashes(COLUMNS)
    findings = hashed_findings(hashes, none)
    forms = [
        {"city": texts, "flags": lists},
        {"city": elsewhere, "flags": lists},
        {"city": texts.cast(pa.string()), "flags": flags},
        {"city": texts.dictionary_encode(), "flags": flags},
        # As polars gives a column of empty texts: their bytes are nowhere.
        {"city": pl.Series([""] * 12).to_arrow(compat_level=pl.CompatLevel.oldest())},
    ]
    tables = [pa.table({"row_id": numbers, "birth_date": days, **form}) for form in forms]
    for rows in tables:
        for first in range(len(rows)):
            part = rows.slice(first, 5)
            found = hashes.of(part, "clean", findings)
            for number, each in enumerate(found):
                cells, _ = cells_of(part.slice(number, 1), none, "clean")
                assert independent.row_hash(COLUMNS, cells, []) == each.tobytes()


@given(st.lists(st.binary(min_size=1, max_size=400), max_size=30))
def test_many_hashes_are_those_of_hashlib(messages: list[bytes]) -> None:
    sizes = np.array([len(message) for message in messages], np.int64)
    blocks = blocks_of(sizes)
    data = np.zeros(int(blocks[-1]) * 128, np.uint8)
    for message, block in zip(messages, blocks, strict=False):
        data[block * 128 : block * 128 + len(message)] = np.frombuffer(message, np.uint8)
    assert [each.tobytes() for each in digests_of(data, blocks, sizes)] == [digest(each) for each in messages]


@given(st.integers(0, 255), st.sampled_from([8, 40, 64, 120]), st.integers(1, 20), st.randoms())
def test_short_messages_are_hashed_as_by_hashlib(kind: int, size: int, count: int, random: Random) -> None:
    messages = [random.randbytes(size) for _ in range(count)]
    few = kernel.FEW_ROWS
    try:
        kernel.FEW_ROWS = -1  # as many rows have it
        found = digests_of_short(kind, np.frombuffer(b"".join(messages), np.uint8).reshape(-1, size))
    finally:
        kernel.FEW_ROWS = few
    assert [each.tobytes() for each in found] == [digest(bytes([kind]) + message) for message in messages]


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 31])
def test_each_row_leads_to_the_root_and_to_no_other_row(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.results.row_tree._LOT", 8)
    hashes = np.random.default_rng(rows).integers(0, 256, (rows, 32)).astype(np.uint8)
    with RowTree() as tree:
        for first, last in pairwise((0, rows // 3, rows)):
            tree.add(hashes[first:last])
        root = tree.root()
        paths = [tree.path(leaf) for leaf in range(rows)]
        with pytest.raises(IndexError):
            tree.path(rows)
    assert len({path.blinding for path in paths}) == rows
    for leaf, path in enumerate(paths):
        row = hashes[leaf].tobytes()
        proof = {"leaf": leaf, "blinding": path.blinding.hex(), "beside": [each.hex() for each in path.beside]}
        assert independent.root_above(proof, row, rows) == root.hex()
        for other in range(rows):
            moved = {**proof, "leaf": other}
            assert (independent.root_above(moved, row, rows) == root.hex()) == (other == leaf)
            assert (independent.root_above(proof, hashes[other].tobytes(), rows) == root.hex()) == (other == leaf)


def test_the_root_depends_on_no_thread_and_no_block_and_is_that_of_the_files(scrub: Scrub) -> None:
    rows = "".join(f"p{number},202-555-01{number % 100:02},p{number % 90}@example.com\n" for number in range(300))
    ran = [
        scrub(f"name,phone,email\n{rows}", "--threads", threads, "--no-lists", out=f"out{threads}") for threads in "12"
    ]
    proofs = [each.manifest["rows"] for each in ran]
    assert proofs[0] == proofs[1] == proof_of(ran[0].folder).model_dump(mode="json")
    assert proofs[0]["rows"] == 300
