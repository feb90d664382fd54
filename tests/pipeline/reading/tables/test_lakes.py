"""Delta and Iceberg tables: the version that is asked for, without what was deleted from it, or a clear refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.reading.files import find_files
from schemas.config import load
from schemas.errors import DropError, FileError, LeadscrubError
from schemas.workspace import Workspace
from tests.conftest import leadscrub
from tests.pipeline.reading.tables.builders import as_delta, as_iceberg, cells_of, lake_properties, opened, refusal

pytestmark = pytest.mark.slow

PHONES = pa.table({"state": ["NY", "CA", "NY", None], "phone": [f"202555010{at}" for at in range(4)]})
Catalogs = dict[str, dict[str, str]]


def phones(drop: str, catalogs: Catalogs | None = None) -> list[str]:
    """The phones of a table, sorted: a lake keeps rows in no order."""
    return sorted(cells_of(opened(drop, catalogs)).get_column("src:phone"))


@pytest.fixture
def delta(tmp_path: Path) -> Path:
    """A table of three versions: partitioned, then with a column more, then with a row less."""
    deltalake = pytest.importorskip("deltalake")
    folder = tmp_path / "leads"
    deltalake.write_deltalake(str(folder), PHONES, partition_by=["state"])
    more = pa.table({"state": ["TX"], "phone": ["2025550109"], "score": [7]})
    deltalake.write_deltalake(str(folder), more, mode="append", schema_mode="merge")
    deltalake.DeltaTable(str(folder)).delete("phone = '2025550101'")
    return folder


def test_a_version_of_a_delta_table_is_read_without_what_was_deleted(delta: Path) -> None:
    table = opened(str(delta))
    assert table.name == "leads@2"
    assert table.reader.describe() == {"format": "delta", "version": "2"}
    rows = cells_of(table)
    assert rows.get_column("source_line").to_list() == [1, 2, 3, 4]
    cells = rows.select("src:phone", "src:state", "src:score").sort("src:phone").rows()
    assert cells == [
        ("2025550100", "NY", ""),
        ("2025550102", "NY", ""),
        ("2025550103", "", ""),
        ("2025550109", "TX", "7"),
    ]
    assert phones(f"delta:{delta}?version=1") == [f"202555010{at}" for at in (0, 1, 2, 3, 9)]
    assert opened(f"delta:{delta}?version=0").columns == ("state", "phone")
    assert cells_of(opened(str(delta))).equals(rows)


def _without_file(folder: Path) -> None:
    next(folder.rglob("*.parquet")).unlink()


def _cut(folder: Path) -> None:
    path = next(folder.glob("*.parquet"))
    path.write_bytes(path.read_bytes()[:300])


def _linked(folder: Path) -> None:
    path = next(folder.glob("*.parquet"))
    path.rename(folder.parent / "elsewhere.parquet")
    path.symlink_to(folder.parent / "elsewhere.parquet")


def _garbled(folder: Path) -> None:
    (folder / "_delta_log" / f"{0:020}.json").write_text("{")


def _with_protocol(**protocol: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        log = folder / "_delta_log" / f"{0:020}.json"
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            if "protocol" in action:
                action["protocol"] = protocol
            if "metaData" in action and protocol["minReaderVersion"] == 2:
                action["metaData"]["configuration"] = {
                    "delta.columnMapping.mode": "name",
                    "delta.columnMapping.maxColumnId": "2",
                }
                schema = json.loads(action["metaData"]["schemaString"])
                for number, field in enumerate(schema["fields"], start=1):
                    field["metadata"] = {
                        "delta.columnMapping.id": number,
                        "delta.columnMapping.physicalName": f"col-{number}",
                    }
                action["metaData"]["schemaString"] = json.dumps(schema)
        log.write_text("\n".join(map(json.dumps, actions)))

    return change


_MARKED = _with_protocol(
    minReaderVersion=3, minWriterVersion=7, readerFeatures=["deletionVectors"], writerFeatures=["deletionVectors"]
)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_garbled, "cannot be read: its log is damaged"),
        (_linked, "is a Delta table with files outside of its folder"),
        (_MARKED, "needs what is not read here: deletionVectors. Write it as a table without that after REORG TABLE"),
        (_with_protocol(minReaderVersion=2, minWriterVersion=5), "needs what is not read here: columnMapping"),
    ],
)
def test_a_delta_table_that_cannot_be_read_as_its_log_says_is_refused(
    tmp_path: Path, damage: Callable[[Path], None], why: str
) -> None:
    folder = as_delta(tmp_path, PHONES)
    damage(Path(folder))
    assert why in refusal(f"delta:{folder}")


@pytest.mark.parametrize(
    ("damage", "why"),
    [(_without_file, "names files that are gone. Check the table"), (_cut, "is a damaged Delta table")],
)
def test_a_delta_table_without_a_file_of_its_own_is_refused(
    tmp_path: Path, damage: Callable[[Path], None], why: str
) -> None:
    folder = as_delta(tmp_path, PHONES)
    damage(Path(folder))
    with pytest.raises(FileError, match=why):
        opened(folder)


def test_files_of_a_table_are_no_drop(delta: Path, tmp_path: Path) -> None:
    """A shell has made names of files from a pattern: one of them may hold a row that was deleted."""
    inside = str(next(delta.rglob("*.parquet")))
    for drops in ([str(delta)], [inside], [f"{delta}/*/*.parquet"], [str(Path(inside).parent)]):
        with pytest.raises(DropError, match="some of whose files may hold deleted rows"):
            find_files(drops)
    as_iceberg(tmp_path, PHONES, {})
    with pytest.raises(DropError, match="is of the Iceberg table"):
        find_files([f"{tmp_path}/warehouse/sales/leads/data"])


def test_a_snapshot_of_an_iceberg_table_is_read_without_what_was_deleted(tmp_path: Path) -> None:
    catalogs: Catalogs = {}
    drop = as_iceberg(tmp_path, PHONES, catalogs)
    first = opened(drop, catalogs).reader.describe()["snapshot"]
    from pyiceberg.catalog import load_catalog

    table = load_catalog("lake", **catalogs["lake"]).load_table("sales.leads")
    with table.update_schema() as change:
        change.union_by_name(pa.schema([("score", pa.int64())]))
    table.append(pa.table({"state": ["TX"], "phone": ["2025550109"], "score": [7]}))
    table.delete("phone = '2025550101'")
    found = opened(drop, catalogs)
    assert found.reader.describe()["snapshot"] == str(table.metadata.current_snapshot_id)
    assert sorted(cells_of(found).select("src:phone", "src:score").rows()) == [
        ("2025550100", ""),
        ("2025550102", ""),
        ("2025550103", ""),
        ("2025550109", "7"),
    ]
    pinned = opened(f"{drop}?snapshot={first}", catalogs)
    assert pinned.columns == ("state", "phone")
    assert len(cells_of(pinned)) == 4
    for drop, why in (
        ("iceberg://lake/sales.leads?snapshot=5", "the table has no such snapshot"),
        ("iceberg://lake/sales.lead", "Catalogue 'lake' has no table 'sales.lead'"),
        ("iceberg://lake/none.leads", "Catalogue 'lake' has no table 'none.leads'"),
        ("iceberg://laek/sales.leads", "There is no catalogue 'laek'"),
    ):
        with pytest.raises(FileError) as refused:
            opened(drop, catalogs)
        assert why in str(refused.value)
    for path in (tmp_path / "warehouse").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(FileError, match="names files that are gone"):
        opened(f"iceberg://lake/sales.leads?snapshot={first}", catalogs)


@pytest.mark.usefixtures("real_readers")
def test_a_catalogue_may_be_described_by_pyiceberg_s_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop = as_iceberg(tmp_path, PHONES, {})
    properties = "".join(f"    {key}: {value}\n" for key, value in lake_properties(tmp_path).items())
    (tmp_path / ".pyiceberg.yaml").write_text(f"catalog:\n  lake:\n{properties}")
    monkeypatch.setenv("PYICEBERG_HOME", str(tmp_path))
    assert len(phones(drop)) == 4


def test_a_workspace_holds_no_secret_of_a_catalogue(tmp_path: Path) -> None:
    for line in ('credential = "id:opensesame"', 'uri = "postgresql+psycopg://jo:opensesame@h/catalog"'):
        path = tmp_path / "leadscrub.toml"
        path.write_text(f"[remote.catalogs.lake]\n{line}\n")
        faults: list[str] = []
        assert load(path, Workspace, faults) is None
        assert "is a secret: put it into ~/.pyiceberg.yaml" in faults[0]
        assert "opensesame" not in faults[0]


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without its extra, a kind of table says which one it needs."""
    drop = as_delta(tmp_path, PHONES)
    monkeypatch.setitem(__import__("sys").modules, "deltalake", None)
    ran = leadscrub("inspect", drop)
    assert (ran.code, ran.err) == (
        2,
        "leadscrub: The library for Delta tables is not installed. Install it: pip install 'leadscrub[delta]'.\n",
    )
    with pytest.raises(LeadscrubError):
        opened(drop)


def test_rows_that_are_deleted_by_equality_are_never_read(tmp_path: Path) -> None:
    """The library does not write such deletes: a data file is entered as one."""
    import copy

    catalogs: Catalogs = {}
    drop = as_iceberg(tmp_path, PHONES, catalogs)
    from pyiceberg.catalog import load_catalog
    from pyiceberg.manifest import DataFileContent

    table = load_catalog("lake", **catalogs["lake"]).load_table("sales.leads")
    [task] = table.scan().plan_files()
    deletes = copy.copy(task.file)
    deletes._data = [DataFileContent.EQUALITY_DELETES, *task.file._data[1:]]
    with table.transaction() as change, change.update_snapshot().fast_append() as files:
        files.append_data_file(deletes)
    with pytest.raises(FileError, match="has rows that are deleted by equality, which is not read here"):
        opened(drop, catalogs)
