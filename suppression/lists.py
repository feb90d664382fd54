"""A suppression list that a run consults: opened from its version's folder, wherever that was built."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import ValidationError

from schemas.contact.apply import Apply
from schemas.errors import ListError
from schemas.list_kinds import ListKind, list_kind, max_age_days
from schemas.list_version import VERSION_FILE, ListVersion, SourceFile
from schemas.recipes import Recipe, parse_recipe
from suppression.build import IndexBuilder
from suppression.files import entries, open_members
from suppression.index.digests import DigestIndex
from suppression.index.numbers import NumberIndex
from suppression.index.texts import TextIndex


@dataclass(frozen=True)
class ListSource:
    """A list as the user names it. ``column`` is needed only where the header does not say."""

    kind: ListKind
    name: str
    path: Path
    column: str | None = None
    recipe: Recipe | None = None


@dataclass(frozen=True)
class SuppressionList:
    """An opened list: what is known of its version, and its indexes (None where the kind has none)."""

    facts: ListVersion
    kind: ListKind
    recipes: tuple[Recipe, ...]
    phones: NumberIndex | None
    emails: TextIndex | None
    digests: DigestIndex | None
    domains: frozenset[str]

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


def load_list(source: ListSource, folder: Path, *, as_of: date, region: str | None, apply: Apply) -> SuppressionList:
    """Read a list for this run only into ``folder``; it counts as dated ``as_of``.

    `ListError` when it holds no usable entry.
    """
    folder.mkdir(parents=True)
    builder = IndexBuilder(folder, source.name, source.kind, source.recipe, region)
    fields = {name for name, held in (("phone", source.kind.phones), ("email", source.kind.emails)) if held}
    for stream in open_members(source.path):
        for block in entries(stream, source.path, source.column, frozenset(fields or {"email"})):
            builder.add(block, apply)
    counts, indexes, domains = builder.write()
    if counts.indexed == 0:
        raise ListError(
            f"List '{source.name}' ({source.path}) has no usable entry among {builder.read:,}{builder.refused_most()}.",
            "A list that suppresses nobody is never what was meant: check the file, --region and --list-column.",
        )
    facts = ListVersion(
        name=source.name,
        kind=source.kind.kind,
        as_of=as_of,
        dated_by="the user: a list for this run only counts as dated on the day of the run",
        sources=[_source_file(source.path)],
        hash_recipes=[source.recipe.spelled] if source.recipe else [],
        counts=counts,
        indexes=indexes,
        domains=domains,
    )
    (folder / VERSION_FILE).write_text(facts.model_dump_json(indent=1), encoding="utf-8")
    return open_version(folder)


def open_version(folder: Path) -> SuppressionList:
    """Open a built version. Its files are memory-mapped and checked as they are used."""
    facts = read_facts(folder)
    found = facts.indexes
    return SuppressionList(
        facts,
        list_kind(facts.kind),
        tuple(parse_recipe(spelled) for spelled in facts.hash_recipes),
        NumberIndex(folder, found["phones"], facts.name) if "phones" in found else None,
        TextIndex(folder, found["emails"], facts.name) if "emails" in found else None,
        DigestIndex(folder, found["digests"], facts.name) if "digests" in found else None,
        frozenset(facts.domains),
    )


def read_facts(folder: Path) -> ListVersion:
    """What is known of a built version."""
    try:
        return ListVersion.model_validate_json((folder / VERSION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ListError(f"The list version '{folder}' is damaged.", "Load the list again.") from error


def _source_file(path: Path) -> SourceFile:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return SourceFile(name=path.name, sha256=digest, bytes=path.stat().st_size)
