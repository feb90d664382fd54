"""What is known of one version of a suppression list: written once beside its index, never changed."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

VERSION_FILE = "version.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceFile(_Model):
    """A file that a version was built from."""

    name: str
    sha256: str
    bytes: int


class EntryCounts(_Model):
    """Entries read = indexed + repeated + refused."""

    read: int = 0
    indexed: int = 0
    repeated: int = 0
    refused: dict[str, int] = Field(default={}, description="entries that no index could take, by reason")


class Loading(_Model):
    """One step in a list's history: a version became current, or (``version`` null) the list was dropped."""

    version: str | None
    at: datetime
    action: str


class History(_Model):
    """All steps of a list, oldest first. The last one says what is current."""

    name: str
    steps: list[Loading]

    @property
    def current(self) -> str | None:
        """Version in force; None when the list was dropped."""
        return self.steps[-1].version if self.steps else None


class ListVersion(_Model):
    """One version of a list."""

    name: str
    kind: str
    as_of: date
    dated_by: str = Field(description="who says how old the list is")
    format: str = "plain"
    registry: str | None = Field(default=None, description="which public registry it is a copy of; sets its age limit")
    expires_after: int | None = Field(default=None, description="days a copy may be used, where the user said so")
    covers: list[str] | None = Field(default=None, description="area codes it speaks for; ['all'], or null: not said")
    san: str | None = None
    scope: str = "seller"
    sources: list[SourceFile]
    hash_recipes: list[str] = []
    counts: EntryCounts
    indexes: dict[str, Any] = Field(description="record of each index file, with its checksums")
    domains: list[str] = []

    @property
    def version(self) -> str:
        """Content address: the same files read in the same way give the same version."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
