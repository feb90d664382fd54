"""``retention --delete`` is killed before each change that it makes: what is left is due, and the next call ends it."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from pipeline.ledger.tables import (
    deleting,
    deletions,
    drops,
    returned_counts,
    returned_rows,
    runs,
    segment_runs,
    segments,
)
from tests.conftest import leadscrub
from tests.counted_kills import counted_kills
from tests.pipeline.selling import HEADER, World, bad, good

pytestmark = pytest.mark.slow

#: Kills before every change, as LEADSCRUB_KILLS=100 asks for elsewhere; else before every twelfth.
ALL = int(os.environ.get("LEADSCRUB_KILLS", "8")) >= 100
AS_OF = "2025-06-01"
KEEP = "[retention]\nraw_days = 30\noutput_days = 60\nhistory_days = 90\n"
CHANGES = ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.link")
MODULES = (
    "pipeline.commands.retention",
    "pipeline.commands.retention_deleting",
    "pipeline.commands.retention_report",
    "pipeline.ledger.database",
)


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one of everything that retention deletes, all of it due, and a run that is not."""
    world = World(tmp_path_factory.mktemp("aged") / "leads")
    world.contract(more='deliver_to = "sent"')
    old, new = datetime(2024, 11, 2, 9, tzinfo=UTC), datetime(2025, 5, 20, 9, tzinfo=UTC)
    for number, at in enumerate((old, old, new)):
        world.sell(HEADER + good(20 * number, 3) + bad(20 * number + 10, 2), at=at)
        assert world.returns(at, "--deliver").code == 0
    for folder in ("archive/acme/2024-11-02", "archive/acme/2024-11-02/again", "quarantine/acme"):
        (world.folder / folder).mkdir(parents=True)
        (world.folder / folder / "drop.csv").write_text("name\nAnn\n", encoding="utf-8")
    (world.folder / "quarantine/acme/drop.csv.why.txt").write_text("why", encoding="utf-8")
    engine = create_engine(f"sqlite:///{world.folder / 'ledger' / 'ledger.db'}")
    with engine.begin() as connection:
        kept = {"sequence": 99, "name": "drop.csv", "bytes": 9, "received_at": "2024-11-03T00:00:00.000000Z"}
        kept |= {"vendor": "acme", "sha256": "0" * 64, "state": "quarantined"}
        connection.execute(drops.insert().values(**kept, kept_at="HERE/quarantine/acme/drop.csv"))
    engine.dispose()
    with (world.folder / "leadscrub.toml").open("a", encoding="utf-8") as settings:
        settings.write(KEEP)
    return world.folder


def placed(aged: Path, folder: Path) -> None:
    """A copy of the workspace whose ledger knows where it is."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(aged, folder)
    names = [path.name for path in (folder / "ledger" / "history").iterdir() if path.suffix != ".key"]
    (folder / "history-before").write_text("\n".join(names), encoding="utf-8")
    engine = create_engine(f"sqlite:///{folder / 'ledger' / 'ledger.db'}")
    with engine.begin() as connection:
        for old in (str(aged), "HERE"):
            for table, column in (("runs", "out"), ("drops", "kept_at")):
                moved = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608  # our own names
                connection.exec_driver_sql(moved, (old, str(folder)))
    engine.dispose()
    (folder / "ledger" / "ledger.db.sum").unlink(missing_ok=True)


def state(folder: Path) -> dict[str, Any]:
    """All that the workspace holds, without stamps, and how often each deletion was entered."""
    engine = create_engine(f"sqlite:///{folder / 'ledger' / 'ledger.db'}")
    with engine.connect() as connection:

        def rows(*columns: Any) -> list[tuple[Any, ...]]:
            return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)

        found: dict[str, Any] = {
            "runs": rows(runs.c.run_id, runs.c.state),
            "drops": rows(drops.c.sha256, drops.c.kept_at),
            "rows": rows(returned_rows.c.run_id, returned_rows.c.key),
            "counts": rows(returned_counts.c.run_id, returned_counts.c.rows),
            "segment_runs": rows(segment_runs.c.run_id),
            "deletions": rows(deletions.c.what, deletions.c.subject),
            "deleting": rows(deleting.c.what),
        }
        known = {f"{name}.points{end}" for (name,) in rows(segments.c.file) for end in ("", ".sums")} | {"returns.key"}
    engine.dispose()
    history = folder / "ledger" / "history"
    # What a kill leaves of a file that was being made is removed a day later; it has nobody who was deleted.
    made = {path.name for path in history.iterdir() if path.is_file()} - known
    found["history"] = sorted(known) + sorted(made & before_deleting(folder))
    files = [path for path in folder.rglob("*") if path.is_file() and not {"ledger", "log"} & set(path.parts)]
    return found | {"files": sorted(str(path.relative_to(folder)) for path in files)}


def before_deleting(folder: Path) -> set[str]:
    """Names of the files of the history that has everybody."""
    return set((folder / "history-before").read_text(encoding="utf-8").split())


def due(folder: Path) -> int:
    """How many things are due."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        ran = leadscrub("retention", "--as-of", AS_OF, "--json")
    finally:
        os.chdir(before)
    assert ran.code == 0, ran.err
    return len(json.loads(ran.out)["items"])


def test_killed_before_every_change_what_is_left_is_due_and_is_ended(aged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "leads"
    words = ("retention", "--delete", "--yes", "--as-of", AS_OF)
    with counted_kills(CHANGES, MODULES) as killer:
        placed(aged, folder)
        assert due(folder) > 10
        code, changes = killer.run(folder, words)
        whole = state(folder)
        assert code == 0
        assert due(folder) == 0
        assert changes > 40
        assert [what for what, _ in whole["deletions"]].count("history") == 2
        assert whole["deleting"] == []
        for kill_at in range(1, changes + 1, 1 if ALL else 12):
            placed(aged, folder)
            assert killer.run(folder, words, kill_at) == (-9, kill_at)
            left = state(folder)
            unlike = {name for name in whole if name != "deletions" and left[name] != whole[name]}
            assert due(folder) or not unlike, f"after change {kill_at} nothing is due, and {unlike} differ"
            assert killer.run(folder, words)[0] == 0
            ended = state(folder)
            assert {name: ended[name] for name in whole if ended[name] != whole[name]} == {}, kill_at
            assert due(folder) == 0
