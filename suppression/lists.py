"""A suppression list that a run consults: opened from its version's folder, wherever that was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import polars as pl

from schemas.errors import ListError
from schemas.list_kinds import ListKind, list_kind, max_age_days
from schemas.list_version import VERSION_FILE, ListVersion
from schemas.recipes import Recipe, parse_recipe
from suppression.index.blobs import Blob
from suppression.index.digests import DigestIndex
from suppression.index.numbers import NumberIndex
from suppression.index.texts import TextIndex
from suppression.side_tables import EXPIRING, FACTS, REFUSED, OpenedTable


@dataclass(frozen=True)
class SuppressionList:
    """An opened list: what is known of its version, and its indexes (None where the kind has none).

    ``expiring`` are keys of entries in force on the day it was opened for, though not for ever. ``facts_table`` holds
    what is said of entries (key, listed_on, reason, severity), ``expiring_table`` all that expire, ``refused_table``
    what was not usable (text, why, line, member); None when there is nothing. ``max_age``: days that the run allows a
    copy, where it allows less than the kind does.
    """

    facts: ListVersion
    kind: ListKind
    recipes: tuple[Recipe, ...]
    phones: NumberIndex | None
    emails: TextIndex | None
    digests: DigestIndex | None
    domains: frozenset[str]
    expiring: pl.Series
    facts_table: OpenedTable | None
    expiring_table: OpenedTable | None
    refused_table: OpenedTable | None
    stale_allowed: bool = False
    max_age: int | None = None

    @cached_property
    def authority(self) -> str:
        """What a finding names as its source: kind, name, version and date."""
        facts = self.facts
        return f"{facts.kind}:{facts.name} version {facts.version[:12]} as of {facts.as_of.isoformat()}"

    @property
    def valid_until(self) -> date | None:
        """Last day on which this copy may be used; None when its kind does not age."""
        return last_day(self.facts, self.max_age)

    def release(self) -> None:
        """Let go of the memory of the indexes, as when everybody has been looked up."""
        for index in (self.phones, self.emails, self.digests):
            if index is not None:
                index.release()

    @property
    def folds(self) -> frozenset[str]:
        """How the list's addresses are folded, and so those that are looked up in it."""
        return frozenset(self.facts.folds)


def last_day(facts: ListVersion, max_age: int | None = None) -> date | None:
    """Last day on which a version may be used; None when neither its kind nor ``max_age`` sets a limit.

    A copy of unknown age is usable on the day of its run alone.
    """
    if facts.undated:
        return facts.as_of
    days = max_age_days(list_kind(facts.kind), facts.registry, facts.expires_after, max_age)
    return None if days is None else facts.as_of + timedelta(days=days)


def fault_on(day: date, facts: ListVersion, until: date | None) -> str | None:
    """Why a version whose `last_day` is ``until`` must not be used on a day; None when it may."""
    if facts.as_of > day:
        return f"dated {facts.as_of}, after {day}"
    return f"stale since {until}" if until is not None and until < day else None


def open_version(folder: Path, day: date, version: str | None = None) -> SuppressionList:
    """Open a built version for a run on ``day``. Its indexes are memory-mapped and checked as they are used.

    ``version`` is what the folder should hold; `ListError` when it does not.
    """
    facts = read_facts(folder, version)
    found = facts.indexes
    tables = {name: OpenedTable(folder, name, record, facts.name) for name, record in facts.tables.items()}
    refused = tables.get(REFUSED)
    if refused is not None:
        refused.check()
    expiring = tables.get(EXPIRING)
    return SuppressionList(
        facts,
        list_kind(facts.kind),
        tuple(parse_recipe(spelled) for spelled in facts.hash_recipes),
        NumberIndex(folder, found["phones"], facts.name) if "phones" in found else None,
        TextIndex(folder, found["emails"], facts.name) if "emails" in found else None,
        DigestIndex(folder, found["digests"], facts.name) if "digests" in found else None,
        frozenset(facts.domains),
        pl.Series(dtype=pl.String) if expiring is None else _in_force(expiring, day),
        tables.get(FACTS),
        expiring,
        refused,
    )


def check_version(folder: Path, version: str) -> None:
    """Read every byte of a version and compare it with its checksums. `ListError` when any differs."""
    opened = open_version(folder, date.min, version)
    for table in (opened.facts_table, opened.expiring_table):
        if table is not None:
            table.check()
    for index in opened.facts.indexes.values():
        for part in index.values():
            if isinstance(part, dict):
                Blob(folder, part, opened.facts.name).all()


def _in_force(expiring: OpenedTable, day: date) -> pl.Series:
    return expiring.read().filter(pl.col("expires_on") >= day).get_column("key").unique()


def read_facts(folder: Path, version: str | None = None) -> ListVersion:
    """What is known of a built version. Raises `ListError` when its file was changed."""
    path = folder / VERSION_FILE
    try:
        text = path.read_text(encoding="utf-8")
        facts = ListVersion.model_validate_json(text)
    except (OSError, ValueError) as error:
        raise ListError(f"The list version '{folder}' is damaged.", "Load the list again.") from error
    if facts.text != text or (version is not None and facts.version != version):
        raise ListError(
            f"Suppression list '{facts.name}' is damaged: '{path}' is not as it was written.", "Load the list again."
        )
    return facts
