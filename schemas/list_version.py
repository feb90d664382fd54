"""What is known of one version of a suppression list: written once beside its index, never changed."""

from __future__ import annotations

import hashlib
from datetime import date
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


class ListVersion(_Model):
    """One version of a list."""

    name: str
    kind: str
    as_of: date
    dated_by: str = Field(description="who says how old the list is")
    sources: list[SourceFile]
    hash_recipes: list[str] = []
    counts: EntryCounts
    indexes: dict[str, Any] = Field(description="record of each index file, with its checksums")
    domains: list[str] = []

    @property
    def version(self) -> str:
        """Content address: the same files read in the same way give the same version."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
