"""What a folder has after a command, in a form that is equal whenever the command has ended well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from pipeline.ledger.tables import drops, metadata, return_files, returned_rows, runs
from tests.conftest import leadscrub

State = dict[str, Any]


def results(folder: Path) -> State:
    """Results below a folder: hashes of their files, and counts; no two runs of one day differ in them."""
    found: State = {}
    for path in sorted(folder.rglob("manifest.json")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        manifest = json.loads(path.read_text(encoding="utf-8"))
        hashes = {name: file["sha256"] for name, file in manifest["outputs"].items()}
        found[str(path.parent.relative_to(folder))] = [manifest["run_id"], manifest["counts"], hashes]
    return found


def whole(folder: Path) -> list[str]:
    """What `verify` has to say of the results below a folder."""
    faults = []
    for path in sorted(folder.rglob("manifest.json")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        ran = leadscrub("verify", path.parent)
        faults += [] if ran.code == 0 else [f"verify of {path.parent.name}: {ran.out}{ran.err}"]
    return faults


def leftovers(folder: Path) -> list[str]:
    """What a run leaves beside its results."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name.endswith((".partial", ".replaced", ".new")) and path.parent.name != "tmp"
    )


def ledger(folder: Path) -> State:
    """What a ledger says, without instants."""
    engine = create_engine(f"sqlite:///{folder / 'ledger' / 'ledger.db'}")
    try:
        with engine.connect() as connection:

            def rows(*columns: Any) -> list[str]:
                return sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))

            return {
                "runs": rows(runs.c.run_id, runs.c.state, runs.c.clean, runs.c.out),
                "drops": rows(drops.c.vendor, drops.c.sha256, drops.c.sequence, drops.c.state, drops.c.kept_at),
                "returned": rows(returned_rows.c.run_id, returned_rows.c.row_id),
                "return_files": rows(return_files.c.state, return_files.c.rows),
                "tables": sorted(metadata.tables),
            }
    finally:
        engine.dispose()


def folder_log(folder: Path) -> State:
    """What the log tells, each thing once, and what is wrong with it. What a kill left unlogged was entered."""
    left = [path.name for path in (folder / "log").glob("unfinished-*")]
    told = json.loads(leadscrub("log", "--workspace", folder, "--json").out)["items"]
    ran = leadscrub("log", "verify", "--workspace", folder)
    every = sorted((entry["kind"], f"{entry['subject']} {entry['facts'].get('what', '')}") for entry in told)
    return {"log": every, "log is": "ok" if ran.code == 0 else ran.out + ran.err, "left": left}
