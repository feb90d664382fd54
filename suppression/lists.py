"""A suppression list that a run consults: opened from its version's folder, wherever that was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from schemas.errors import ListError
from schemas.list_kinds import ListKind, list_kind, max_age_days
from schemas.list_version import VERSION_FILE, ListVersion
from schemas.recipes import Recipe, parse_recipe
from suppression.index.digests import DigestIndex
from suppression.index.numbers import NumberIndex
from suppression.index.texts import TextIndex
from suppression.side_tables import EXPIRING, FACTS, read_side


@dataclass(frozen=True)
class SuppressionList:
    """An opened list: what is known of its version, and its indexes (None where the kind has none).

    ``expiring`` are keys of entries in force on the day it was opened for, though not for ever; ``told`` what is said
    of entries (key, listed_on, reason, severity), None when nothing is.
    """

    facts: ListVersion
    kind: ListKind
    recipes: tuple[Recipe, ...]
    phones: NumberIndex | None
    emails: TextIndex | None
    digests: DigestIndex | None
    domains: frozenset[str]
    expiring: pl.Series
    told: pl.LazyFrame | None
    stale_allowed: bool = False

    @property
    def authority(self) -> str:
        """What a finding names as its source: kind, name, version and date."""
        facts = self.facts
        return f"{facts.kind}:{facts.name} version {facts.version[:12]} as of {facts.as_of.isoformat()}"

    @property
    def valid_until(self) -> date | None:
        """Last day on which this copy may be used; None when its kind does not age."""
        return last_day(self.facts)


def last_day(facts: ListVersion) -> date | None:
    """Last day on which a version may be used; None when its kind does not age."""
    days = max_age_days(list_kind(facts.kind), facts.registry, facts.expires_after)
    return None if days is None else facts.as_of + timedelta(days=days)


def open_version(folder: Path, day: date) -> SuppressionList:
    """Open a built version for a run on ``day``. Its files are memory-mapped and checked as they are used."""
    facts = read_facts(folder)
    found = facts.indexes
    expiring = read_side(folder, EXPIRING)
    in_force = (
        pl.Series(dtype=pl.String)
        if expiring is None
        else expiring.filter(pl.col("expires_on") >= day).select("key").collect().to_series()
    )
    return SuppressionList(
        facts,
        list_kind(facts.kind),
        tuple(parse_recipe(spelled) for spelled in facts.hash_recipes),
        NumberIndex(folder, found["phones"], facts.name) if "phones" in found else None,
        TextIndex(folder, found["emails"], facts.name) if "emails" in found else None,
        DigestIndex(folder, found["digests"], facts.name) if "digests" in found else None,
        frozenset(facts.domains),
        in_force.unique(),
        read_side(folder, FACTS),
    )


def read_facts(folder: Path) -> ListVersion:
    """What is known of a built version."""
    try:
        return ListVersion.model_validate_json((folder / VERSION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ListError(f"The list version '{folder}' is damaged.", "Load the list again.") from error
