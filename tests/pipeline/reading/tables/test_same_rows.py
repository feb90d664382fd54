"""A table is read as the same rows in a file are: every cell, every verdict, every reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tests import processes
from tests.conftest import DAY, Scrubbed, leadscrub, write_campaign
from tests.pipeline.reading.tables.builders import (
    TYPED,
    as_delta,
    as_duckdb,
    as_iceberg,
    as_parquet,
    as_postgres,
    cells_of,
    lake_properties,
    opened,
)

pytestmark = pytest.mark.slow

#: Rows that end in many ways: clean, a duplicate, on a list, unreadable, without any contact point.
LEADS = pa.table(
    {
        "id": pa.array(range(40), pa.int64()),
        "Full Name": [f"Lead {at}" if at % 7 else None for at in range(40)],
        "phone": [
            ["2025550100", f"(202) 555-01{at:02}", "12", None, f"+1 202-555-01{at:02}"][at % 5] for at in range(40)
        ],
        "email": [None if at % 3 else f"lead{at}@example.com" for at in range(40)],
        "Opted In": [at % 2 == 0 for at in range(40)],
    }
)
_PROVENANCE = ("source_file", "source_sha256", "run_id")


@pytest.mark.parametrize("kind", ["delta", "iceberg", "duckdb", "postgresql"])
def test_every_type_has_the_text_that_it_has_in_a_file(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    catalogs: dict[str, dict[str, str]] = {}
    if kind == "delta":
        drop = as_delta(tmp_path, TYPED)
    elif kind == "iceberg":
        drop = as_iceberg(tmp_path, TYPED, catalogs)
    elif kind == "duckdb":
        drop = as_duckdb(tmp_path, TYPED)
    else:
        drop = as_postgres(request.getfixturevalue("postgres_url"), TYPED)
    table = opened(drop, catalogs)
    assert table.columns == tuple(TYPED.column_names)
    wanted = cells_of(opened(as_parquet(tmp_path, TYPED)))
    for column in cells_of(table):
        assert column.to_list() == wanted.get_column(column.name).to_list(), column.name


def _verdicts(ran: Scrubbed) -> list[list[dict[str, object]]]:
    """Clean, rejected and findings, in which the input is called what it is called in any of them."""
    name = ran.manifest["inputs"][0]["name"]
    texts = pl.col(pl.String).str.replace_all(name, "leads", literal=True)
    frames = (ran.clean.drop(_PROVENANCE), ran.rejected.drop(_PROVENANCE), ran.findings)
    return [frame.with_columns(texts).to_dicts() for frame in frames]


def test_a_scrub_of_a_table_is_that_of_its_rows(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leadscrub.toml").write_text(
        "[remote.catalogs.lake]\n" + "".join(f'{key} = "{value}"\n' for key, value in lake_properties(tmp_path).items())
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stop.csv").write_text("phone\n2025550106\n")
    campaign = write_campaign(tmp_path)
    campaign.write_text(campaign.read_text().replace("no_lists = true", ""))

    def scrubbed(drop: str, out: str) -> Scrubbed:
        options = ("--campaign", campaign, "--internal", "stop.csv", "--as-of", DAY, "--threads", "1")
        ran = leadscrub("scrub", drop, "-o", out, *options)
        assert ran.code == 0, ran.err
        return Scrubbed(ran.code, ran.out, ran.err, tmp_path / out)

    wanted = scrubbed(as_parquet(tmp_path, LEADS), "file")
    assert {row[0] for row in wanted.rejected_rows("reason")} >= {"duplicate.in_drop", "contact.none", "dnc.internal"}
    tables = {
        "delta": as_delta(tmp_path, LEADS),
        "iceberg": as_iceberg(tmp_path, LEADS, {}),
        "duckdb": as_duckdb(tmp_path, LEADS),
        "postgresql": as_postgres(postgres_url, LEADS),
    }
    shas = set()
    for kind, drop in tables.items():
        ran = scrubbed(drop, kind)
        assert _verdicts(ran) == _verdicts(wanted)
        [source] = ran.manifest["inputs"]
        assert source["read_as"]["format"] == kind
        shas.add(source["sha256"])
        assert {row[0] for row in ran.clean_rows("source_file")} == {source["name"]}
    # The cells are the same: in the record they are one and the same input.
    assert len(shas) == 1
    delta, iceberg, duckdb, postgres = (Scrubbed(0, "", "", tmp_path / kind).manifest["inputs"][0] for kind in tables)
    assert (delta["name"], delta["read_as"]["version"]) == ("leads@0", "0")
    assert iceberg["name"] == f"sales.leads@{iceberg['read_as']['snapshot']}"
    assert (duckdb["name"], duckdb["path"]) == ("crm.duckdb!leads", f"duckdb:{tmp_path}/crm.duckdb?table=leads")
    assert postgres["path"] == f"{postgres_url.replace('postgres@', '')}?table=leads"
    # The same work has the same id, and a result of a table is a result.
    again = leadscrub(
        *("scrub", tables["delta"], "-o", "again", "--campaign", campaign, "--internal", "stop.csv"),
        *("--as-of", DAY, "--dry-run", "--json"),
    )
    assert Scrubbed(0, "", "", tmp_path / "delta").manifest["run_id"] in again.out
    assert leadscrub("verify", "postgresql").code == 0
    assert "sales.leads@" in leadscrub("explain", "iceberg", "--row", "0").out


def test_reading_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    drop = as_duckdb(tmp_path, LEADS)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "leadscrub", "inspect", drop]
    processes.run(command, check=True, env={**os.environ, "TMPDIR": str(temporary)}, stdout=subprocess.DEVNULL)
    assert list(temporary.iterdir()) == []
