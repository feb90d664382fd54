"""``leadscrub.toml``: what holds for the whole workspace."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

#: Name of the file that makes a folder a workspace.
WORKSPACE_FILE = "leadscrub.toml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LedgerChoice(_Model):
    """[ledger]: where it is kept. ``history`` is relative to the workspace; machines that share a ledger share it."""

    url: str | None = Field(default=None, description="postgresql://host/name; without, ledger/ledger.db here")
    history: Path = Path("ledger/history")


class Workspace(_Model):
    """The workspace's own file. Without [ledger] nothing is remembered between runs, unless `nightly` runs them."""

    ledger: LedgerChoice | None = None
