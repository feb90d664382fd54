"""Changes that the workspace's log records: marked before, entered after, mended when a crash came between.

A workspace without ledger has a log too, so nothing here loads a database unless there is one to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.proof.chain import append_signed, entries, has_chain
from pipeline.proof.entries import Entry
from pipeline.proof.keys import PublicKey, keep_public, signer_of
from pipeline.proof.unfinished import Left, Rewriting, left_unfinished, unfinished
from schemas.config import WORKSPACE_FILE

if TYPE_CHECKING:
    from pipeline.ledger.database import Ledger
    from pipeline.proof.keys import Signer


class Log:
    """Takes entries while a change is made; outside a workspace they go nowhere."""

    def __init__(self, workspace: Path | None, signer: Signer | None) -> None:
        self.workspace, self.signer = workspace, signer

    def append(self, *entries: Entry) -> None:
        """Log what has just been done. Raises what `pipeline.proof.chain.append` raises."""
        if self.workspace is not None and entries:
            append_signed(self.workspace, self.signer, *entries)


@contextmanager
def logged_change(
    workspace: Path | None,
    ledger: Ledger | None = None,
    out: Path | None = None,
    rewriting: Rewriting | None = None,
) -> Iterator[Log]:
    """Give the log for a change that is made in the block; first, what an earlier command left unlogged is entered.

    ``ledger``: the workspace's, if it is open. ``out``: the result that the block publishes. ``rewriting``: the file
    that the block writes again; its entries are the block's to append. Raises `ConfigError` when
    the workspace's private key is not here, `LedgerError` or `OutputError` when the log cannot go on: before a change.
    """
    if workspace is None or not (workspace / WORKSPACE_FILE).is_file():
        yield Log(None, None)
        return
    signer = signer_of(workspace)
    enter_unlogged(workspace, ledger)
    with unfinished(workspace, out, rewriting):
        yield Log(workspace, signer)


def enter_unlogged(workspace: Path, ledger: Ledger | None) -> None:
    """Log what was done before the log began, or by commands that were killed before they could log it."""
    if not (workspace / WORKSPACE_FILE).is_file():
        return
    with left_unfinished(workspace) as left:
        if left is None and has_chain(workspace):
            return
        _mend_key(workspace)
        from pipeline.ledger.log_mending import unlogged  # noqa: PLC0415  # seldom

        append_signed(workspace, signer_of(workspace), *unlogged(workspace, ledger, left or Left()))


def _mend_key(workspace: Path) -> None:
    """Record the key that the log names last: a command was killed between its entry and that."""
    pems = [str(entry.facts.get("pem")) for entry in entries(workspace) if entry.kind == "key"]
    if pems:
        with suppress(ValueError):
            keep_public(workspace, PublicKey(pems[-1]))
