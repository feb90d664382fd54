"""Builds the indexes of a version from keyed entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from schemas.list_kinds import ListKind
from schemas.recipes import Recipe
from schemas.support.column_bytes import binary_rows
from suppression.entries import Keyed
from suppression.index.digests import DigestBuilder
from suppression.index.numbers import NumberBuilder, number_key
from suppression.index.texts import TextBuilder
from suppression.side_tables import SideTables

_FACTLESS = frozenset({"local", "domains", "digests"})


class IndexBuilder:
    """Takes keyed entries; ``write`` makes the index files in ``folder``. What expires goes to ``sides`` alone."""

    def __init__(self, folder: Path, kind: ListKind, recipes: tuple[Recipe, ...], sides: SideTables) -> None:
        self._folder, self._kind, self._sides = folder, kind, sides
        self.taken = 0
        self.phones, self.emails = NumberBuilder(), TextBuilder()
        self.digests = DigestBuilder(folder / "digest-parts", recipes[0].digest_bytes) if recipes else None
        self._digest_bytes = recipes[0].digest_bytes if recipes else 0
        self.domains: set[str] = set()

    def take(self, keyed: Keyed) -> None:
        """Put entries into their index."""
        if keyed.frame.is_empty():
            return
        frame = keyed.frame if keyed.index in _FACTLESS else self._sides.add_facts(keyed.frame)
        self.taken += len(frame)
        keys = frame.get_column("key")
        if keyed.index == "local":
            self.phones.add_local(keys.to_numpy())
        elif keyed.index == "phones":
            self.phones.add(frame.select(number_key(pl.col("key"))).to_series().to_numpy())
        elif keyed.index == "emails":
            self.emails.add(keys)
        elif keyed.index == "domains":
            self.domains.update(keys)
        elif self.digests is not None:
            self.digests.add(binary_rows(keys, self._digest_bytes))

    def write(self) -> tuple[dict[str, Any], list[str], int]:
        """Finish: the record of each index, the domains, and how many entries all of these hold."""
        records: dict[str, Any] = {}
        if self.digests is not None:
            records["digests"] = self.digests.write(self._folder, "digests")
        elif not self._kind.domains:
            if self._kind.phones:
                records["phones"] = self.phones.write(self._folder)
            if self._kind.emails:
                records["emails"] = self.emails.write(self._folder, "emails")
        indexed = sum(int(record["entries"]) for record in records.values()) + len(self.domains)
        return records, sorted(self.domains), indexed
