"""What an erasure is about to do, on disk until it is done: rows of results and lines of files, nothing of the person.

A row may be known to be the person's by its record in a raw drop alone, and a record by its row: once one of them is
erased, the other would not be found any more. Whoever erases next goes on from here.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.erasing.found import Found
from pipeline.erasing.record_files import Known
from schemas.support.durable import make_folder, write_atomically
from schemas.support.places import refuse_links

_FOLDER = ".erasing"


@dataclass
class Plans:
    """Plans that were left, with what they say."""

    paths: list[Path] = field(default_factory=list)
    rows: dict[Path, set[int]] = field(default_factory=dict)
    files: dict[Path, Known] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)


def write_plan(workspace: Path, person_id: str, found: Found) -> Path:
    """Write what is about to be done. Raises `LinkError` when the folder is a link."""
    folder = workspace / _FOLDER
    refuse_links(folder, workspace)
    make_folder(folder.absolute())
    document: dict[str, Any] = {
        "person": person_id,
        "rows": {str(out.absolute()): sorted(rows) for out, rows in found.rows.items()},
        "files": {
            str(path.absolute()): [
                [member, sheet, sorted(lines)] for (member, sheet), lines in found.lines_of(path).lines.items()
            ]
            for path in found.files
        },
    }
    path = folder / f"{person_id}.json"
    write_atomically(path, json.dumps(document))
    return path


def left_plans(workspace: Path) -> Plans:
    """Read plans that were not carried out to their end."""
    plans = Plans()
    refuse_links(workspace / _FOLDER, workspace)
    for path in sorted((workspace / _FOLDER).glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        plans.paths.append(path)
        plans.ids.add(document["person"])
        for out, rows in document["rows"].items():
            plans.rows.setdefault(Path(out), set()).update(rows)
        for name, parts in document["files"].items():
            known = {(member, sheet): set(lines) for member, sheet, lines in parts}
            plans.files[Path(name)] = Known({**plans.files.get(Path(name), Known()).lines, **known})
    return plans


def remove_plans(workspace: Path, plans: Plans) -> None:
    """Take plans away that are carried out."""
    for path in plans.paths:
        path.unlink(missing_ok=True)
    with suppress(OSError):
        (workspace / _FOLDER).rmdir()
