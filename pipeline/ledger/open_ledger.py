"""Which ledger a command uses: the one named, else the one of the workspace, if that keeps one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.workspace import workspace_facts, workspace_of
from schemas.errors import UsageError

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.database import Ledger

_NONE = "none"


@contextmanager
def chosen_ledger(named: str | None, campaign: Path | None) -> Iterator[Ledger | None]:
    """Open the ledger for a command; None where none is kept, or ``none`` was given.

    Raises `UsageError` when one is named outside a workspace.
    """
    workspace = workspace_of(campaign)
    choice = None if workspace is None else workspace_facts(workspace).ledger
    if named is not None and named != _NONE:
        if workspace is None:
            raise UsageError("--ledger is given, and there is no workspace.", "Make one with 'leadscrub init'.")
        from schemas.workspace import LedgerChoice  # noqa: PLC0415  # as below

        choice = (choice or LedgerChoice()).model_copy(update={"url": named})
    if named == _NONE or choice is None or workspace is None:
        yield None
        return
    from pipeline.ledger.database import open_ledger  # noqa: PLC0415

    with open_ledger(choice, workspace) as ledger:
        yield ledger
