"""A store is changed, and the workspace whose store it is logs each step of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.ledger.logged import logged_change
from pipeline.proof.store_entries import store_entries
from suppression.store import Writer, writing


@contextmanager
def logged_writing(store: Path) -> Iterator[Writer]:
    """Hold the store's lock for a change; a workspace logs what it comes to.

    Raises what `writing` and `logged_change` raise.
    """
    workspace = store.absolute().parent if store.name == "store" else None
    with logged_change(workspace) as log, writing(store) as writer:
        before = {entry.key for entry in store_entries(writer)}
        yield writer
        log.append(*(entry for entry in store_entries(writer) if entry.key not in before))
