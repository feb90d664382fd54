"""The entry of an export in the workspace's log: what went where, and nobody's data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.proof.entries import Entry
from pipeline.proof.run_entry import location
from pipeline.workspace import workspace_of
from schemas.config import WORKSPACE_FILE
from schemas.manifest import Manifest


def workspace_of_result(folder: Path) -> Path | None:
    """The workspace that a result is in, else the current folder, if it is one."""
    above = (parent for parent in folder.absolute().parents if (parent / WORKSPACE_FILE).is_file())
    return next(above, None) or workspace_of(None)


def export_entry(workspace: Path, manifest: Manifest, to: Path | str, at: datetime, facts: dict[str, Any]) -> Entry:
    """The entry of an export of a run's rows. ``facts``: how many, which and in what form, and the file's hash."""
    where = {"to": to if isinstance(to, str) else location(workspace, to)}
    return Entry("export", manifest.run_id, at.isoformat(), manifest.vendor, {**facts, **where})
