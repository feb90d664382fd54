"""Pushes the lists of a store to where machines share them, and pulls them from there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipeline.run.store_copy import pull, push, shared_store
from pipeline.terminal import print_lines
from pipeline.workspace import workspace_facts
from schemas.config import WORKSPACE_FILE
from schemas.errors import UsageError
from schemas.support.figures import counted
from schemas.workspace import RemoteChoice, Workspace


def push_lists(store: Path, where: str | None) -> None:
    """Push, and say what changed. Raises `UsageError` when no place is named, and what `push` raises."""
    place, allowed = _named(where)
    with shared_store(place, allowed, Path()) as shared:
        changed = push(store, shared)
        _say("pushed to", shared.shown, changed)


def pull_lists(store: Path, where: str | None, at: datetime) -> None:
    """Pull, check the content of what is here, and say what changed.

    Raises `UsageError` when no place is named, and what `pull` raises.
    """
    place, allowed = _named(where)
    with shared_store(place, allowed, Path()) as shared:
        changed = pull(store, shared, at, thorough=True)
        _say("pulled from", shared.shown, changed)


def _named(where: str | None) -> tuple[str, RemoteChoice]:
    """The place, and what may be done over a network besides: of the workspace in the current folder."""
    here = Path(WORKSPACE_FILE).is_file()
    facts = workspace_facts(Path()) if here else Workspace()
    place = where or facts.store.shared
    if place is None:
        raise UsageError("No place is named.", f"Name one, or write shared under [store] of {WORKSPACE_FILE}.")
    return place, facts.remote


def _say(done: str, where: str, changed: list[str]) -> None:
    names = f": {', '.join(changed)}" if changed else ""
    print_lines(f"{counted(len(changed), 'list')} {done} {where}{names}")
