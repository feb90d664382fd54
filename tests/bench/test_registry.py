"""The registry benchmark at a small size: what every program finds is what a Python set finds. Never a time."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("psutil")
pytest.importorskip("duckdb")

from tests import processes
from tests.bench import measure
from tests.bench.registry import Line, run, table
from tests.bench.registry_data import AREAS, Sizes, prepared

pytestmark = pytest.mark.slow

SIZES = Sizes(numbers=38_000, hashed=3_000, leads=2_000)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


def test_the_three_forms_hold_the_same_numbers(cache: Path) -> None:
    """One zip an area code, one text file, and Parquet; none twice, in 380 area codes."""
    data = prepared(SIZES, cache)
    text = (data / "registry.txt").read_text().split()
    zipped = []
    for path in sorted((data / "zips").iterdir()):
        with zipfile.ZipFile(path) as archive:
            (name,) = archive.namelist()
            lines = archive.read(name).decode().split()
        assert {line[:4] for line in lines} == {path.stem[-3:] + ","}
        zipped += [line.replace(",", "") for line in lines]
    assert len(text) == len(set(text)) == SIZES.numbers
    assert text == zipped
    assert pl.read_parquet(data / "registry.parquet").get_column("number").cast(pl.String).to_list() == text
    assert len({line[:3] for line in text}) == len(AREAS) == 380


def test_all_programs_find_what_a_set_finds(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the commands that users have; both layouts of the registry give the same store."""
    monkeypatch.setattr(measure, "subprocess", processes)  # what they take is not asked here
    outcome = run(SIZES, cache)
    data = prepared(SIZES, cache)
    registry = set((data / "registry.txt").read_text().split())
    phones = pl.read_parquet(data / "phones.parquet")
    listed = [row_id for row_id, phone in phones.select("row_id", "phone").rows() if phone[2:] in registry]
    assert outcome.found["phone"] == dict.fromkeys(("leadscrub", "duckdb", "polars"), (len(listed), sum(listed)))
    hashed = set((data / "hashed.txt").read_text().split())
    assert len(hashed) == SIZES.hashed
    emails = pl.read_parquet(data / "emails.parquet").select("row_id", "email").rows()
    listed = [row_id for row_id, email in emails if hashlib.sha256(email.encode()).hexdigest() in hashed]
    assert outcome.found["email"] == {"leadscrub": (len(listed), sum(listed))}
    assert len(listed) == 100
    assert sum("lists add" in line.what for line in outcome.lines) == 3


def test_table_leaves_out_what_is_not_known() -> None:
    lines = [Line("build", 61.25, 50.0, 900_000_000, 476_000_000, "240 s"), Line("open", 0.0026, 0.0025)]
    assert table(lines).splitlines()[2:] == [
        "| build | 61.250 | 50.000 | 900 | 476 | 240 s |",
        "| open | 0.003 | 0.003 |  |  |  |",
    ]
