"""Makes a version of a list from its files: for one run, or for the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from schemas.ahead import read_ahead
from schemas.contact.apply import Apply
from schemas.errors import ListError
from schemas.list_kinds import ListKind
from schemas.list_version import VERSION_FILE, ListVersion, SourceFile
from schemas.recipes import Recipe
from suppression.build import IndexBuilder
from suppression.formats.options import Options
from suppression.formats.reading import AUTO, read_list
from suppression.lists import open_version
from suppression.sources import hashing

#: What stands in a manifest where nobody but the user vouches for a list's age.
RUN_ONLY = "the user: a list for this run only counts as dated on the day of the run"


@dataclass(frozen=True)
class ListSpec:
    """A list as the user names it: what it is, where its files are, and what is said about them.

    ``covers``: area codes it speaks for, or ``all``; None where nobody said. ``planted``: values that the user knows to
    be in a hashed list, to prove the recipe.
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
    expires_after: int | None = None
    san: str | None = None
    scope: str = "seller"


@dataclass(frozen=True)
class Built:
    """A version's facts, and sentences for the user about its files."""

    facts: ListVersion
    warnings: tuple[str, ...]


def build_version(spec: ListSpec, folder: Path, apply: Apply) -> Built:
    """Read all files into ``folder``. `ListError` when no entry is usable, or a planted value is not found."""
    folder.mkdir(parents=True, exist_ok=True)
    builder = IndexBuilder(folder, spec.name, spec.kind, spec.recipes, spec.options.region, apply)
    said: set[str] = set()
    warnings: list[str] = []
    with hashing(spec.paths) as sources:
        for block in read_ahead(read_list(spec.paths, spec.options, spec.format)):
            builder.add(block)
            said |= block.covers
            warnings += block.warnings
        covers = list(spec.covers) if spec.covers is not None else sorted(said) or None
        return Built(_finish(spec, builder, folder, covers, sources), tuple(dict.fromkeys(warnings)))


def _finish(
    spec: ListSpec,
    builder: IndexBuilder,
    folder: Path,
    covers: list[str] | None,
    sources: Callable[[], list[SourceFile]],
) -> ListVersion:
    """Write the indexes and the facts of a version."""
    counts, indexes, domains = builder.write()
    files = ", ".join(str(path) for path in spec.paths)
    if counts.indexed == 0:
        raise ListError(
            f"List '{spec.name}' ({files}) has no usable entry among {builder.read:,}{builder.refused_most()}.",
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
        sources=sources(),
        hash_recipes=[recipe.spelled for recipe in spec.recipes],
        counts=counts,
        indexes=indexes,
        domains=domains,
    )
    (folder / VERSION_FILE).write_text(facts.model_dump_json(indent=1), encoding="utf-8")
    _prove(spec, folder)
    return facts


def _prove(spec: ListSpec, folder: Path) -> None:
    """Look for the planted values: a wrong recipe makes a list that matches nobody, silently."""
    if not spec.planted:
        return
    digests = open_version(folder, spec.as_of).digests
    if digests is None:
        raise ListError(f"List '{spec.name}' is not hashed: planted values prove a recipe.", "Leave --planted away.")
    for number, value in enumerate(spec.planted, start=1):
        found = [digests.hits(recipe.digest_all(pl.Series([value]))) for recipe in spec.recipes]
        if not np.any(found):
            tried = " or ".join(recipe.spelled for recipe in spec.recipes)
            raise ListError(
                f"List '{spec.name}': planted value {number} is not found by {tried}.",
                "The recipe is not how the list was made; ask who made it.",
            )
