"""Exports as Delta and Iceberg tables: read back by another engine, written once, as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import DAY, Ran, Scrubbed, campaign_text, leadscrub, scrub_files
from tests.pipeline.reading.tables.builders import lake_properties

pytestmark = pytest.mark.slow

DROP = (
    "Ref,Lead.Name,Phone,E-Mail,%,Opted in\n"
    'r1,"O\'Neil, Ann",202-555-0100,Ann@Example.com,1.0,2026-10-01\n'
    'r2,"two\nlines",,bo@example.com,,\n'
    "r3,Émile,not a phone,,x,\n"
    "r4,Cy,2025550103,,,\n"
)
COLUMNS = ["Ref", "Lead.Name", "Phone", "E-Mail", "%", "Opted in", "channels", "valid_until"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """In a workspace with a catalogue: three clean rows, and one without a contact point."""
    folder = tmp_path_factory.mktemp("lake")
    (folder / "leads.csv").write_text(DROP, encoding="utf-8")
    (folder / "campaign.toml").write_text(campaign_text(("call", "email")), encoding="utf-8")
    lines = [f'{key} = "{value}"' for key, value in lake_properties(folder).items()]
    (folder / "leadscrub.toml").write_text("[remote.catalogs.lake]\n" + "\n".join(lines))
    ran = scrub_files([folder / "leads.csv"], folder / "out", "--campaign", folder / "campaign.toml")
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, folder / "out")


def export(result: Scrubbed, to: str, *options: str) -> Ran:
    return leadscrub("export", result.folder, "--to", to, "--as-of", DAY, *options)


class Lake:
    """A table that does not exist yet, and what another engine finds in it."""

    def __init__(self, kind: str, result: Scrubbed, tmp_path: Path) -> None:
        self.kind, self.folder = kind, tmp_path / "table"
        self.to = f"delta:{self.folder}"
        if kind == "iceberg":
            pytest.importorskip("pyiceberg")
            from pyiceberg.catalog import load_catalog

            self.catalog = load_catalog("lake", **lake_properties(result.folder.parent))
            self.catalog.create_namespace_if_not_exists("sales")
            self.name = f"sales.{tmp_path.name}"
            self.to = f"iceberg://lake/{self.name}"
        else:
            pytest.importorskip("deltalake")

    def rows(self) -> pl.DataFrame:
        """The rows as DuckDB reads them: by its extension where that is installed, else the files of the version."""
        duckdb = pytest.importorskip("duckdb")
        with duckdb.connect() as engine:
            try:
                engine.execute("SET autoinstall_known_extensions = false")
                engine.execute(f"LOAD {self.kind}")
                read = f"{self.kind}_scan('{self._metadata()}')"
            except duckdb.Error:
                read = f"read_parquet({self._files()!r})"
            found: pl.DataFrame = engine.sql(f"FROM {read}").pl()
        # Its files spell names as Avro can; what they are called, the table says.
        return found if self.kind == "delta" else found.rename(self._names(found.columns))

    def versions(self) -> int:
        """How often the table was written."""
        if self.kind == "iceberg":
            return len({each.snapshot_id for each in self._table().history()})
        import deltalake

        return int(deltalake.DeltaTable(str(self.folder)).version()) + 1

    def _table(self) -> Any:
        return self.catalog.load_table(self.name)

    def _names(self, found: list[str]) -> dict[str, str]:
        return dict(zip(found, (field.name for field in self._table().schema().fields), strict=True))

    def _metadata(self) -> str:
        return self._table().metadata_location if self.kind == "iceberg" else str(self.folder)

    def _files(self) -> list[str]:
        if self.kind == "iceberg":
            return [task.file.file_path.removeprefix("file://") for task in self._table().scan().plan_files()]
        import deltalake

        return list(deltalake.DeltaTable(str(self.folder)).file_uris())


@pytest.fixture(params=["delta", "iceberg"])
def lake(request: pytest.FixtureRequest, result: Scrubbed, tmp_path: Path) -> Lake:
    return Lake(request.param, result, tmp_path)


def test_a_table_has_the_rows_that_a_file_has_and_is_written_once(lake: Lake, result: Scrubbed, tmp_path: Path) -> None:
    assert export(result, str(tmp_path / "leads.parquet")).code == 0
    wanted = pl.read_parquet(tmp_path / "leads.parquet")
    assert wanted.columns == COLUMNS
    for _ in range(2):
        # The same export again, without --force: it is there, and nothing is added.
        ran = export(result, lake.to)
        assert (ran.code, ran.out) == (0, f"3 rows in {lake.to.removeprefix('delta:')}\n"), ran.err
        found = lake.rows()
        assert found.columns == COLUMNS
        assert found.sort("Ref").to_dicts() == wanted.sort("Ref").to_dicts()
        assert lake.versions() == 1
    if lake.kind == "delta":
        assert {each.stat().st_mode & 0o077 for each in lake.folder.rglob("*")} == {0}
        assert sorted(each.name for each in tmp_path.iterdir()) == ["leads.parquet", "table"]
    other = export(result, lake.to, "--columns", "row_id,phone")
    assert (other.code, "exists already. Name another table, or replace it with --force." in other.err) == (7, True)
    assert export(result, lake.to, "--columns", "row_id,phone", "--force").code == 0
    assert sorted(lake.rows().select("row_id", "phone").rows()) == [
        (0, "+12025550100"),
        (1, None),
        (3, "+12025550103"),
    ]
    assert export(result, lake.to, "--rows", "rejected", "--force").code == 0
    assert lake.rows().get_column("reason").to_list() == ["phone.unparseable"]


def test_a_table_of_another_run_is_not_replaced_by_accident(
    lake: Lake, result: Scrubbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export(result, lake.to).code == 0
    other = tmp_path / "other.csv"
    other.write_text(DROP.replace("r4", "r5"))
    options = ("--campaign", result.folder.parent / "campaign.toml", "--to", lake.to)
    monkeypatch.chdir(result.folder.parent)
    refused = scrub_files([other], tmp_path / "out", *options)
    # Before the scrub is begun.
    assert (refused.code, "exists already" in refused.err) == (7, True), refused.err
    assert not (tmp_path / "out").exists()
    assert sorted(lake.rows().get_column("Ref")) == ["r1", "r2", "r4"]
    # The same run again, and with it the same export.
    again = scrub_files([result.folder.parent / "leads.csv"], result.folder, *options, "--force")
    assert again.code == 0, again.err
    assert lake.versions() == 1


def test_an_export_that_is_killed_leaves_no_table_and_then_succeeds(
    lake: Lake, result: Scrubbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(source: Any, schema: Any, tally: Any) -> Any:
        yield from list(whole(source, schema, tally))[:1]
        raise KeyboardInterrupt

    from pipeline.exporting.files import arrow_batches as whole

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.exporting.lake_tables.arrow_batches", broken)
        assert export(result, lake.to).code != 0
    assert not lake.folder.exists()
    assert export(result, lake.to).code == 0
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.exporting.lake_tables.arrow_batches", broken)
        assert export(result, lake.to, "--force", "--columns", "row_id").code != 0
    assert lake.rows().columns == COLUMNS
    assert lake.versions() == 1


def test_what_cannot_be_written_is_said(result: Scrubbed, tmp_path: Path) -> None:
    for to, code, why in (
        (
            "iceberg://lake/none.leads",
            7,
            "has no namespace 'none'. Create it: pyiceberg --catalog lake",
        ),
        ("iceberg://laek/sales.leads", 7, "There is no catalogue 'laek'."),
        ("iceberg://lake/sales.leads?snapshot=3", 2, "is one version of a table, which never changes"),
        (f"delta:{tmp_path}/x?version=3", 2, "is one version of a table, which never changes"),
        ("duckdb:leads.duckdb?table=leads", 2, "is no kind of file that can be written"),
        ("postgresql://h/crm?table=leads", 2, "'postgresql://' cannot be exported to"),
    ):
        ran = export(result, to)
        assert (ran.code, why in ran.err) == (code, True), ran.err
