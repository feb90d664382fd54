"""What is known of one version of a suppression list: written once beside its index, never changed."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

VERSION_FILE = "version.json"
#: Who says how old a public register's copy is, where nobody did: the law takes it for stale.
UNDATED = "nobody: its age is not known"


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class SourceFile(_Model):
    """A file that a version was built from."""

    name: str
    sha256: str
    bytes: int


class Changes(_Model):
    """What the entries of change files did to the version that they were applied to."""

    added: int
    deleted: int
    unchanged: int = Field(description="it was so already")


class EntryCounts(_Model):
    """Entries read + second readings + more points = indexed + repeated + refused.

    Of change files: = added + deleted + unchanged + refused. ``indexed`` is always what the version holds.
    """

    read: int = 0
    indexed: int = 0
    repeated: int = 0
    second_readings: int = Field(default=0, description="numbers that can be read in two ways are listed under both")
    more_points: int = Field(default=0, description="further points in the text of entries that hold several")
    refused: dict[str, int] = Field(default={}, description="entries that no index could take, by reason")
    changes: Changes | None = Field(default=None, description="null for a full copy")

    @property
    def balanced(self) -> bool:
        """Whether every entry that was read is accounted for."""
        used = self.indexed + self.repeated
        if self.changes is not None:
            used = self.changes.added + self.changes.deleted + self.changes.unchanged
        return self.read + self.second_readings + self.more_points == used + sum(self.refused.values())


class HandedOver(_Model):
    """A copy of a list that was given away: for what, to where, and what the file was."""

    purpose: str
    to_country: str
    people_in: list[str] | None = Field(description="where the people of the list are; null: not said")
    mechanism: str | None
    not_sensitive: bool
    recipe: str | None = Field(description="how entries were hashed; null: they went as they are")
    entries: int
    sha256: str
    noted: list[str] = Field(description="rules that did not stand against it, and had something to say")


class Loading(_Model):
    """One step in a list's history.

    A version became current, or was given away (``handed_over``), or (``version`` null) the list was dropped.
    """

    version: str | None
    at: datetime
    action: str
    removed_at: datetime | None = Field(
        default=None, description="when the version's files went, after their retention"
    )
    handed_over: HandedOver | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # The digest of a history is over this text: a later field must not change what earlier steps come to.
        step: dict[str, Any] = write(self)
        if self.handed_over is None:
            del step["handed_over"]
        return step


class History(_Model):
    """All steps of a list, oldest first. The last one says what is current. ``digest`` is over the steps."""

    name: str
    steps: list[Loading]
    digest: str = ""

    @property
    def current(self) -> str | None:
        """Version in force; None when the list was dropped."""
        return self.steps[-1].version if self.steps else None

    def sealed(self) -> History:
        """Return the same with the digest that belongs to it."""
        return self.model_copy(update={"digest": self.steps_digest})

    @property
    def steps_digest(self) -> str:
        """SHA-256 of the steps."""
        return hashlib.sha256("\n".join(step.model_dump_json() for step in self.steps).encode()).hexdigest()


class SideTable(_Model):
    """A table that a version keeps beside its indexes. ``digest`` is the XXH3-128 of the file."""

    bytes: int
    digest: str


class ListVersion(_Model):
    """One version of a list."""

    name: str
    kind: str
    as_of: date
    dated_by: str = Field(description="who says how old the list is")
    format: str = "plain"
    registry: str | None = Field(default=None, description="which public registry it is a copy of; sets its age limit")
    expires_after: int | None = Field(default=None, description="days a copy may be used, where the user said so")
    state: str | None = Field(default=None, description="state of the United States whose list it is")
    covers: list[str] | None = Field(default=None, description="area codes it speaks for; ['all'], or null: not said")
    san: str | None = None
    scope: str = "seller"
    region: str | None = Field(default=None, description="where numbers without a calling code belong")
    folds: list[str] = Field(default=[], description="how addresses are folded, at load and when they are looked up")
    base: str | None = Field(default=None, description="version that the change files in sources were applied to")
    changes_since: date | None = Field(default=None, description="first day that the change files speak for")
    sources: list[SourceFile]
    hash_recipes: list[str] = []
    counts: EntryCounts
    indexes: dict[str, Any] = Field(description="record of each index file, with its checksums")
    tables: dict[str, SideTable] = {}
    domains: list[str] = []

    @property
    def text(self) -> str:
        """What is written to disk. What was not given is left out, so that a later field changes no earlier version."""
        return self.model_dump_json(indent=1, exclude_unset=True)

    @property
    def version(self) -> str:
        """Content address: the same files read in the same way give the same version."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def undated(self) -> bool:
        """Whether nobody said how old the copy is; ``as_of`` is then only the day of the run."""
        return self.dated_by == UNDATED

    @property
    def known_as_of(self) -> date | None:
        """How old the copy is; None where nobody said."""
        return None if self.undated else self.as_of

    @property
    def vendor(self) -> str | None:
        """The one vendor whose leads the list speaks about, if its scope is a vendor."""
        scope, _, name = self.scope.partition(":")
        return name if scope == "vendor" else None
