"""What the log says of a store of lists: each step of each list, and each removal of a version's files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.proof.entries import Entry
from schemas.errors import ListError
from schemas.list_version import Loading
from suppression.store import Store


def store_entries(store: Store) -> list[Entry]:
    """An entry for each step of each list of a store whose history can be read."""
    found: list[Entry] = []
    for name in store.all_names() if store.folder.is_dir() else []:
        try:
            steps = store.history(name).steps
        except ListError:
            continue
        found += step_entries(store, name, steps)
    return found


def step_entries(store: Store, name: str, steps: list[Loading]) -> Iterator[Entry]:
    """Entries of these steps of a list: each step, and the removal of a version's files."""
    for step in steps:
        facts: dict[str, Any] = {"action": step.action, "version": step.version}
        if step.version is not None:
            try:
                version = store.facts_of(step.version)
                facts |= {"kind": version.kind, "as_of": version.as_of.isoformat(), "entries": version.counts.indexed}
            except ListError:  # its files were removed
                pass
        if step.handed_over is not None:
            facts |= step.handed_over.model_dump(mode="json")
        kind = "list" if step.handed_over is None else "export"
        yield Entry(kind, name, f"{step.action} {step.version} {step.at.isoformat()}", None, facts)
        if step.removed_at is not None:
            mark = f"delete {step.version} {step.removed_at.isoformat()}"
            # One version may be in several steps: its files go once.
            yield Entry("list", name, mark, None, {"action": "delete", "version": step.version})
