"""A person's entries in a store of lists: found in every version that is kept, and taken out of lists that need not
keep them.

Some lists have to keep who is on them: without the entry the person would be contacted again, which is what they asked
not to be. These are registries, and lists of refusals that were made to the seller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

import polars as pl

from schemas.contact.match_keys import fold_email
from schemas.list_version import EntryCounts, ListVersion
from schemas.support.column_bytes import binary_column
from suppression.build import IndexBuilder
from suppression.entries import Index
from suppression.index.numbers import number_key
from suppression.lists import SuppressionList
from suppression.loading import write_facts
from suppression.side_tables import SideTables
from suppression.store import Store, Writer
from suppression.updating import copy_base

#: Kinds of list that keep a person's entry when the person is erased, and by what law.
KEPT_BY_LAW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dnc.national": "a registry's copy: 16 CFR 310.4(b)(1)(iii)(B), and the register's own terms",
        "dnc.state": "a state registry's copy, and the state's law",
        "phone.reassigned": "an answer of the Reassigned Numbers Database: 47 CFR 64.1200(m)",
        "dnc.internal": "a refusal made to you: 47 CFR 64.1200(d)(6); GDPR Articles 17(3)(b) and 21(3)",
        "email.unsubscribed": "an opt-out made to you: 15 USC 7704(a)(4); GDPR Articles 17(3)(b) and 21(3)",
        "email.complained": "an objection made to you: GDPR Articles 17(3)(b) and 21(3)",
        "sale.opted_out": "an opt-out of sale made to you: Cal. Civ. Code 1798.135(c)",
    }
)


@dataclass(frozen=True)
class Sought:
    """Who is looked for: phones in E.164, emails as match keys, and what their texts are like."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]

    @property
    def points(self) -> list[str]:
        """All of them."""
        return [*self.phones, *self.emails]


def held_keys(suppression: SuppressionList, sought: Sought) -> dict[Index, pl.Series]:
    """Keys of a version that are the person's, by index; also of what expires."""
    phones = pl.Series("key", list(sought.phones), dtype=pl.String)
    emails = fold_email(pl.Series("key", list(sought.emails), dtype=pl.String), suppression.folds)
    held: dict[Index, pl.Series] = {}
    for name, keys in (("phones", phones), ("emails", emails)):
        index = suppression.phones if name == "phones" else suppression.emails
        numbers = pl.select(number_key(pl.lit(keys))).to_series() if name == "phones" else keys
        listed = pl.repeat(False, len(keys), dtype=pl.Boolean, eager=True)
        if index is not None and len(keys):
            listed = pl.Series(index.contains(numbers))
        for table in (suppression.expiring_table, suppression.facts_table):
            if table is not None and len(keys):
                listed |= keys.is_in(table.matching(keys).get_column("key").implode())
        if listed.any():
            held["phones" if name == "phones" else "emails"] = keys.filter(listed)
    if suppression.digests is not None and sought.points:
        for recipe in suppression.recipes:
            forms = [*sought.points, *(phone.removeprefix("+") for phone in sought.phones)]
            digests = recipe.digest_all(pl.Series(forms, dtype=pl.String))
            hits = suppression.digests.hits(digests)
            if hits.any():
                held["digests"] = binary_column(digests[hits]).unique()
    return held


def without_entries(
    base: SuppressionList, held: dict[Index, pl.Series], refused: pl.Series, writer: Writer
) -> tuple[ListVersion, bool]:
    """Build a version without these keys, and without refused entries at these rows. Returns its facts, and whether
    any entry is left; it is in the writer's temporary folder."""
    folder = writer.temporary
    sides = SideTables(folder)
    builder = IndexBuilder(folder, base.kind, base.recipes, sides)
    copy_base(base, held, builder, sides)
    lost = dict(base.facts.counts.refused)
    if base.refused_table is not None:
        rows = base.refused_table.read().with_row_index("at")
        kept = rows.filter(~pl.col("at").is_in(refused.implode()))
        lost = dict(kept.get_column("why").value_counts(sort=True).rows())
        for (member,), part in kept.drop("at").group_by("member", maintain_order=True):
            sides.add_refused(part.drop("member"), str(member))
    indexes, domains, indexed = builder.write()
    tables = sides.close()
    total = indexed + sides.expiring
    counts = EntryCounts(read=total + sum(lost.values()), indexed=total, refused=lost)
    facts = base.facts.model_copy(update={"counts": counts, "indexes": indexes, "tables": tables, "domains": domains})
    write_facts(facts, folder)
    return facts, total > 0


def versions_on_disk(store: Store, name: str) -> list[str]:
    """Versions of a list that are kept, the current one last."""
    steps = store.history(name).steps
    found = dict.fromkeys(step.version for step in reversed(steps) if step.version)
    return [version for version in reversed(found) if store.version_folder(version).is_dir()]


def kept_by_law(kind: str) -> str | None:
    """By what law a list of a kind keeps the entry of a person who is erased; None: it does not."""
    return KEPT_BY_LAW.get(kind)


def open_any(store: Store, version: str, day: date) -> SuppressionList:
    """Open any version that is kept."""
    from suppression.lists import open_version  # noqa: PLC0415

    return open_version(store.version_folder(version), day, version)


def replace_current(writer: Writer, name: str, facts: ListVersion, *, has_entries: bool, at: datetime) -> None:
    """Let the built version be the current one; a list without entries is taken out of force."""
    folder = writer.folder / "tmp" / "version"
    if has_entries:
        writer.commit(folder, facts, at=at, action="erase")
    else:
        writer.remove(name, at=at)
