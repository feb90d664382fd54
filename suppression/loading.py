"""Makes a version of a list from a full copy of it: for one run, or for the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from schemas.contact.apply import Apply
from schemas.errors import ListError, UsageError
from schemas.list_kinds import ListKind
from schemas.list_version import UNDATED, VERSION_FILE, EntryCounts, ListVersion, SourceFile
from schemas.recipes import Recipe
from schemas.support.prefetch import read_ahead
from suppression.build import IndexBuilder
from suppression.entries import Entries, Reading
from suppression.formats.options import Options
from suppression.formats.reading import AUTO, read_list
from suppression.lists import open_version
from suppression.side_tables import SideTables
from suppression.sources import hashing

#: What a manifest says where nobody but the user vouches for a list's age.
RUN_ONLY = "the user: a list for this run only counts as dated on the day of the run"
#: The same, where the user named the day.
DATED_FOR_RUN = "the user, for this run"

#: Share of a list's entries that may block nobody because they cannot be read.
MAX_REFUSED: Final = 0.01


@dataclass(frozen=True)
class ListSpec:
    """A list as the user names it: what it is, where its files are, and what is said about them.

    ``state``: two letters, of a state's list. ``covers``: area codes it speaks for, or ``all``; None where nobody said.
    ``planted``: values that the user knows to be in a hashed list, to prove the recipe. ``folds``: how its addresses
    are folded (`schemas.contact.match_keys`). ``max_refused``: share of its entries that may hold no point that can be
    read.
    """

    kind: ListKind
    name: str
    paths: tuple[Path, ...]
    as_of: date
    dated_by: str = RUN_ONLY
    format: str = AUTO
    options: Options = field(default_factory=Options)
    recipes: tuple[Recipe, ...] = ()
    planted: tuple[str, ...] = ()
    covers: tuple[str, ...] | None = None
    registry: str | None = None
    state: str | None = None
    expires_after: int | None = None
    san: str | None = None
    scope: str = "seller"
    folds: frozenset[str] = frozenset()
    max_refused: float = MAX_REFUSED

    def __post_init__(self) -> None:
        """Refuse what no lookup could follow, and a state's list that does not say which. Raises `UsageError`."""
        if self.kind.kind == "dnc.state" and self.state is None:
            raise UsageError(
                f"List '{self.name}' is a state's and does not say which.",
                "Call it after the state (dnc.state:texas=FILE), or say --state TX (in TOML state).",
            )
        if self.folds and (self.recipes or not self.kind.emails):
            what = "is hashed" if self.recipes else f"of kind {self.kind.kind} holds no addresses"
            raise UsageError(
                f"List '{self.name}' {what}: nothing of it can be folded.",
                "The recipe of a hashed list may say striptag." if self.recipes else "",
            )

    @property
    def undated(self) -> bool:
        """Whether nobody said how old the copy is."""
        return self.dated_by == UNDATED

    def identity(self, hashes: Iterable[str]) -> str:
        """What the list is in a run's id: how it is read, and the SHA-256 of each of its files."""
        read_as = [self.format, sorted(self.folds), [recipe.spelled for recipe in self.recipes], asdict(self.options)]
        dated = [self.as_of.isoformat(), self.undated, self.registry, self.state]
        # Sets have no order of their own; everything else that is declared is text, a number or a table of those.
        facts = json.dumps([*dated, *read_as, list(hashes)], sort_keys=True, default=sorted).encode()
        return f"{self.kind.kind}:{self.name}:{hashlib.sha256(facts).hexdigest()}"


class Built(NamedTuple):
    """A version's facts, and sentences for the user about its files."""

    facts: ListVersion
    warnings: tuple[str, ...]


def build_version(spec: ListSpec, folder: Path, apply: Apply) -> Built:
    """Read all files into ``folder``.

    Raises `ListError` when no entry is usable, too many are not, or a planted value is not found.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sides = SideTables(folder)
    reading = Reading(
        spec.name, spec.kind, spec.recipes[0] if spec.recipes else None, spec.options.region, spec.folds, apply
    )
    entries = Entries(reading, sides)
    builder = IndexBuilder(folder, spec.kind, spec.recipes, sides)
    named: set[str] = set()
    warnings: list[str] = []
    with hashing(spec.paths) as sources:
        for block in read_ahead(read_list(spec.paths, spec.options, spec.format)):
            if "action" in block.frame.columns:
                raise ListError(
                    f"List '{spec.name}': '{block.member}' is a change file, with additions and deletions.",
                    "Load a full copy first, then apply the changes with 'leadscrub lists update'.",
                )
            for keyed in entries.keyed(block):
                builder.take(keyed)
            named |= block.covers
            warnings += block.warnings
        covers = list(spec.covers) if spec.covers is not None else sorted(named) or None
        facts = _finish(spec, entries, builder, sides, covers, folder, sources)
        return Built(facts, tuple(dict.fromkeys([*warnings, *entries.warnings])))


def _finish(
    spec: ListSpec,
    entries: Entries,
    builder: IndexBuilder,
    sides: SideTables,
    covers: list[str] | None,
    folder: Path,
    sources: Callable[[], list[SourceFile]],
) -> ListVersion:
    """Write the indexes and the facts of a version."""
    if entries.lost < entries.read - entries.not_listed:
        entries.refuse_too_many_lost(spec.max_refused)
    indexes, domains, indexed = builder.write()
    tables = sides.close()
    counts = EntryCounts(
        read=entries.read,
        indexed=indexed + sides.expiring,
        repeated=builder.taken - indexed,
        second_readings=entries.second_readings,
        refused=dict(entries.refused.most_common()),
    )
    if entries.more_points:
        counts = counts.model_copy(update={"more_points": entries.more_points})
    if counts.indexed == 0:
        files = ", ".join(str(path) for path in spec.paths)
        raise ListError(
            f"List '{spec.name}' ({files}) has no usable entry among {entries.read:,}{entries.refused_most()}.",
            "A list that suppresses nobody is never what was meant: check the file, --region and its column.",
        )
    facts = ListVersion(
        name=spec.name,
        kind=spec.kind.kind,
        as_of=spec.as_of,
        dated_by=spec.dated_by,
        format=spec.format,
        registry=spec.registry,
        expires_after=spec.expires_after,
        covers=covers,
        san=spec.san,
        scope=spec.scope,
        region=spec.options.region,
        folds=sorted(spec.folds),
        sources=sources(),
        hash_recipes=[recipe.spelled for recipe in spec.recipes],
        counts=counts,
        indexes=indexes,
        tables=tables,
        domains=domains,
    )
    if spec.state is not None:
        # Set only where it is said: what is not given changes no version.
        facts = facts.model_copy(update={"state": spec.state})
    write_facts(facts, folder)
    prove(facts, folder, spec.planted)
    return facts


def write_facts(facts: ListVersion, folder: Path) -> None:
    """Close the account of a version and write its facts."""
    if not facts.counts.balanced:
        raise AssertionError(f"entries of '{facts.name}' are not all accounted for: {facts.counts}")
    (folder / VERSION_FILE).write_text(facts.text, encoding="utf-8")


def prove(facts: ListVersion, folder: Path, planted: tuple[str, ...]) -> None:
    """Look for the planted values: a wrong recipe makes a list that matches nobody, silently.

    Raises `ListError` when one is not found, or the list is not hashed.
    """
    if not planted:
        return
    opened = open_version(folder, facts.as_of)
    if opened.digests is None:
        raise ListError(f"List '{facts.name}' is not hashed: planted values prove a recipe.", "Leave --planted away.")
    for number, value in enumerate(planted, start=1):
        found = [opened.digests.hits(recipe.digest_all(pl.Series([value]))) for recipe in opened.recipes]
        if not np.any(found):
            tried = " or ".join(facts.hash_recipes)
            raise ListError(
                f"List '{facts.name}': planted value {number} is not found by {tried}.",
                "The recipe is not how the list was made; ask who made it.",
            )
