"""The list of people who were erased: hashes of their points under a secret, so that they are not taken in again.

It is a list of the store like any other, of the kind ``dnc.internal``, and every run of its workspace consults it,
whatever lists the run names. Nobody can read from it who was erased; who has the secret can ask about a point.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from schemas.list_kinds import list_kind
from schemas.list_version import EntryCounts, ListVersion
from schemas.recipes import KeyedRecipe, keyed_recipe, parse_recipe
from schemas.support.secret_keys import make_secret, subkey
from suppression.index.digests import DigestBuilder
from suppression.lists import SuppressionList
from suppression.loading import write_facts
from suppression.store import Store, Writer

#: Name of the list.
ERASED: Final = "erased"
_KIND: Final = "dnc.internal"


def erased_store(workspace: Path | None) -> Store | None:
    """The store of a workspace in which people were erased; None where none was.

    Raises `ConfigError` when the secret of its list is not here: the list would match nobody.
    """
    if workspace is None or not (workspace / "store" / "lists" / f"{ERASED}.json").is_file():
        return None
    store = Store(workspace / "store")
    if not store.is_current(ERASED):
        return None
    recipe_of(store)
    return store


def recipe_of(store: Store) -> KeyedRecipe:
    """How the list's entries are hashed; a new secret where there is no list yet.

    Raises `ConfigError` when the secret is not here, `OutputError` when a new one cannot be written.
    """
    if not store.is_current(ERASED):
        return keyed_recipe(make_secret())
    recipe = parse_recipe(store.facts(ERASED).hash_recipes[0])
    assert isinstance(recipe, KeyedRecipe)  # noqa: S101  # we made the list
    subkey(recipe.key_id, "inner")
    return recipe


def open_erased(store: Store, day: date) -> SuppressionList:
    """Open the list for a run on a day, which may be before the people were erased."""
    return store.open(ERASED, day)


def add_erased(writer: Writer, recipe: KeyedRecipe, points: list[str], at: datetime) -> int:
    """Put points (E.164, addresses in normal form) on the list. Returns how many of them were not on it yet."""
    digests = np.unique(recipe.digest_all(pl.Series(points, dtype=pl.String)), axis=0)
    before = writer.open(ERASED, at.date()) if writer.is_current(ERASED) else None
    index = None if before is None else before.digests
    new = digests if index is None else digests[~index.hits(digests)]
    if not len(new):
        return 0
    folder = writer.temporary
    builder = DigestBuilder(folder / "parts", recipe.digest_bytes)
    for known in () if index is None else index.each():
        builder.add(known)
    builder.add(new)
    record = builder.write(folder, "digests")
    entries = int(record["entries"])
    facts = ListVersion(
        name=ERASED,
        kind=list_kind(_KIND).kind,
        as_of=at.date() if before is None else before.facts.as_of,
        dated_by="leadscrub subject erase",
        sources=[],
        hash_recipes=[recipe.spelled],
        counts=EntryCounts(read=entries, indexed=entries),
        indexes={"digests": record},
    )
    write_facts(facts, folder)
    writer.commit(folder, facts, at=at, action="erase")
    return len(new)
