"""Kills ``subject erase`` before changes that it makes: ``python -m tests.pipeline.erasing.kills 50``.

After each kill the same command is run again, and must leave what an erasure that nobody killed leaves.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from schemas.manifest import Manifest
from tests.conftest import leadscrub
from tests.counted_kills import counted_kills
from tests.pipeline.erasing.person_workspace import EMAIL, PHONE, left_of_the_person, lists_with_the_person
from tests.pipeline.selling import World
from tests.pipeline.spark_layout import as_spark_lays_out

HEADER = "Lead ID,Name,Phone,Mobile,Email,State\n"
ROWS = (
    "L1,Ann Lee,303-555-0111,,ann@example.org,CO\n"
    f"L2,Pat Doesworthy,{PHONE},,{EMAIL},DC\n"
    "L3,Cid Fox,12,,cid@example.org,CO\n"
    f"L4,Kim Poe,404-555-0144,{PHONE},kim@example.org,GA\n"
)
ON_SPARK = f"L7,Eva Orr,303-555-0121,,eva@example.org,CO\nL8,Pat Doesworthy,{PHONE},,,DC\nL9,Gil Ash,12,,{EMAIL},CO\n"
AGAIN = f"L5,Pat Doesworthy,12,,{EMAIL},DC\nL6,Dee Ray,303-555-0119,,dee@example.org,CO\n"
WORDS = ("subject", "erase", "--phone", PHONE, "--email", EMAIL, "--region", "US", "--yes", "--json", "--workspace")
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "shutil.rmtree", "os.link")
MODULES = ("pipeline.commands.subject", "pipeline.erasing.erase", "pipeline.commands.log_check", "suppression.erased")


def small_workspace(folder: Path) -> Path:
    """A workspace with drops that are in its archive, returns, an export and a list, all with the person.

    The third drop was scrubbed on Spark.
    """
    world = World(folder)
    world.contract(more='deliver_to = "sent"', reasons='"phone.*" = "BAD"')
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    for number, rows in enumerate((ROWS, AGAIN, ON_SPARK)):
        with as_spark_lays_out() if rows == ON_SPARK else nullcontext():
            world.sell(HEADER + rows, at=at)
        place = folder / "archive" / "acme" / "2026-11-02" / f"{number}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(HEADER + rows, encoding="utf-8")
    shutil.rmtree(folder / "drops")
    assert world.returns(at, "--write").code == 0
    exported = (
        "export",
        folder / "runs" / "0",
        "--to",
        folder / "leads.csv",
        "--as-of",
        "2026-11-21",
        "--columns",
        "all",
    )
    ran = leadscrub(*exported)
    assert ran.code == 0, ran.err
    bounces = folder / "bounces.txt"
    bounces.write_text(f"{EMAIL}\nother@example.org\n", encoding="utf-8")
    added = ("--kind", "email.bounced", "--as-of", "2026-11-01", "--store", folder / "store")
    assert leadscrub("lists", "add", "bounces", bounces, *added).code == 0
    bounces.unlink()
    return folder


def placed(made: Path, folder: Path) -> None:
    """A copy of the workspace whose ledger knows where it is."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    engine = create_engine(f"sqlite:///{folder / 'ledger' / 'ledger.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET out = replace(out, ?, ?)", (str(made), str(folder)))
    engine.dispose()
    (folder / "ledger" / "ledger.db.sum").unlink(missing_ok=True)


def state(folder: Path) -> dict[str, Any]:
    """What an erasure leaves, without instants."""
    manifests = {
        str(path.relative_to(folder)): Manifest.model_validate_json(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("manifest.json"))
    }
    files = [path for path in folder.rglob("*") if path.is_file() and not {"ledger", "log", "store"} & set(path.parts)]
    texts = [path for path in files if path.suffix == ".csv"]
    return {
        "left": left_of_the_person(folder),
        "lists": lists_with_the_person(folder),
        "rows": {name: [(each.rows, each.clean) for each in made.erasures] for name, made in manifests.items()},
        "counts": {name: made.counts.model_dump() for name, made in manifests.items()},
        "files": sorted(str(path.relative_to(folder)) for path in files),
        "csv": {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in sorted(texts)},
    }


def check_kills(made: Path, folder: Path, choose: Any) -> int:
    """Kill at the moments that are chosen of all; returns how many there were."""
    erase, verify = (*WORDS, folder), ("log", "verify", "--workspace", folder)
    with counted_kills(CHANGES, MODULES, writes=True) as killer:
        placed(made, folder)
        code, changes = killer.run(folder, erase)
        assert code == 0
        whole = state(folder)
        assert whole["left"] == []
        assert whole["lists"] == {"erased": 1}
        moments = choose(changes)
        for kill_at in moments:
            placed(made, folder)
            assert killer.run(folder, erase, kill_at) == (-9, kill_at)
            assert killer.run(folder, erase)[0] == 0, kill_at
            ended = state(folder)
            assert {name: ended[name] for name in whole if ended[name] != whole[name]} == {}, kill_at
            assert killer.run(folder, verify)[0] == 0, kill_at
        return len(moments)


def main(times: int) -> None:
    """Kill so often, at moments that are drawn."""
    with tempfile.TemporaryDirectory() as keys, tempfile.TemporaryDirectory() as folder:
        os.environ["LEADSCRUB_KEYS"] = keys
        made = small_workspace(Path(folder) / "made")
        done = check_kills(
            made, Path(folder) / "leads", lambda changes: sorted(random.choices(range(1, changes + 1), k=times))
        )
    print(f"killed {done} times; each time the second command left what one that is not killed leaves")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
