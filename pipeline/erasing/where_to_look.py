"""What there is to look through for a person: a workspace, results besides, and what the log and the ledger name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from pipeline.erasing.places import Places, is_delta, layouts_of, places_in
from pipeline.ledger.database import Ledger
from pipeline.ledger.tables import rescrubs, runs
from pipeline.proof.chain import entries
from pipeline.proof.run_entry import location
from pipeline.proof.standing import standing_results
from pipeline.results.folder import PARQUETS, is_result
from pipeline.workspace import workspace_facts
from schemas.layout import Layout


@dataclass
class Where:
    """Where to look: a workspace, and results besides. ``places``: what was found there."""

    workspace: Path | None
    outs: list[Path]
    places: Places = field(default_factory=Places)
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    recipients: Sequence[str] = ()

    def shown(self, path: Path) -> str:
        """A path as a report shows it."""
        return str(path) if self.workspace is None else location(self.workspace, path)


def look_around(workspace: Path | None, outs: list[Path], ledger: Ledger | None) -> Where:
    """Find out what there is to look through."""
    places = Places() if workspace is None else places_in(workspace)
    results = {path.resolve(): path for path in [*places.results, *outs]}
    # One that was scrubbed by hand may be anywhere: the log knows it.
    logged = () if workspace is None else (workspace / out for out in standing_results(entries(workspace)))
    for path in filter(is_result, logged):
        results.setdefault(path.resolve(), path)
    if ledger is not None:
        with ledger.reading() as connection:
            for table in (runs, rescrubs):
                for (out,) in connection.execute(select(table.c.out).where(table.c.out != "")):
                    if is_result(Path(out)):
                        results.setdefault(Path(out).resolve(), Path(out))
                    elif ledger.engine.dialect.name == "postgresql" and not Path(out).exists():
                        places.foreign[Path(out)] = "a result of the ledger that is on another machine: run it there"
    places.results = list(results.values())
    if workspace is None:
        return Where(None, outs, places)
    known = {path.resolve() for path in places.delta}
    places.delta += [path for path in _exported_delta(workspace) if path.resolve() not in known]
    return Where(workspace, outs, places, layouts_of(workspace), workspace_facts(workspace).at_rest.recipients)


def _exported_delta(workspace: Path) -> list[Path]:
    """Delta tables that the log knows, wherever they are: of an export, and of a Spark job a folder of three."""
    logged = {str(entry.facts.get("to", "")) for entry in entries(workspace) if entry.kind == "export"}
    folders = [workspace / to for to in sorted(logged) if to and "://" not in to]
    return [path for folder in folders for path in (folder, *(folder / name for name in PARQUETS)) if is_delta(path)]
