"""The workspace's record of what was exported: one line of JSON for each file, without anybody's data."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipeline.workspace import workspace_of
from schemas.support.durable import sync_path
from schemas.workspace import WORKSPACE_FILE

#: In the workspace; appended to, and never changed.
EXPORTS = "exports.jsonl"


@dataclass(frozen=True)
class ExportRecord:
    """What left a result: ``to`` is where, ``sha256`` of the file (none of a table), ``accepted`` what was wrong."""

    at: datetime
    as_of: str
    run_id: str
    manifest_sha256: str
    rows: int
    kind: str
    to: str
    columns: list[str]
    layout: str | None
    passes_on: str
    sha256: str | None
    accepted: list[str]


def workspace_of_result(folder: Path) -> Path | None:
    """The workspace that a result is in, else the current folder, if it is one."""
    above = (parent for parent in folder.absolute().parents if (parent / WORKSPACE_FILE).is_file())
    return next(above, None) or workspace_of(None)


def record_export(workspace: Path, record: ExportRecord) -> None:
    """Append to the workspace's record; it is on disk when this returns. Raises `OSError` when it cannot be."""
    line = json.dumps({**asdict(record), "at": record.at.isoformat()}, ensure_ascii=True) + "\n"
    handle = os.open(workspace / EXPORTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_path(workspace)
