"""Evidence that is there and cannot be read: where a rule may rest on it, the lead is for review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from schemas.codes import UNREAD_FIELDS
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.time_windows import Bools

#: Field -> code of a cell of it that cannot be read. Other fields are ``unread.evidence``.
UNREAD_CODES = {
    "country": "unread.country",
    "state": "unread.state",
    "postal_code": "unread.postal_code",
    "is_business": "unread.is_business",
    "consent_basis": "unread.consent_basis",
    "consent_at": "unread.consent_at",
    "received_at": "unread.received_at",
    "birth_date": "unread.birth_date",
}


@dataclass(frozen=True)
class UnreadEvidence:
    """A field that cannot be read, on these rows, and why that matters. ``point`` and ``channel`` None: for all."""

    field: str
    point: str | None
    channel: str | None
    rows: Bools
    source: str
    detail: str

    @property
    def code(self) -> str:
        """Its reason code."""
        return UNREAD_CODES.get(self.field, "unread.evidence")


def unread_evidence(rules: RuleSet, facts: Facts, columns: Mapping[str, str]) -> Iterator[UnreadEvidence]:
    """What cannot be read and matters. ``columns`` has the source column of each field, where it is known."""
    packs = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in rules.packs)

    def of_row(field: str, rows: Bools, why: str) -> UnreadEvidence:
        return UnreadEvidence(field, None, None, rows & facts.leads, packs, f"{_named(field, columns)}; {why}")

    yield of_row("country", facts.unread("country"), "whose law holds is not known")
    for field in ("state", "postal_code"):
        if facts.unread(field).any():
            yield of_row(
                field, facts.unread(field) & rules.told_apart(facts, "states"), "states have laws of their own"
            )
    if facts.unread("is_business").any():
        rows = facts.unread("is_business") & rules.told_apart(facts, "audience")
        yield of_row("is_business", rows, "the law tells businesses and people apart")
    yield from _by_rule(rules, facts, columns)


def _by_rule(rules: RuleSet, facts: Facts, columns: Mapping[str, str]) -> Iterator[UnreadEvidence]:
    """Fields for which a rule would stand against a point, could it be read; the first such rule is named."""
    told: dict[tuple[str, str, str], Bools] = {}
    for active, point, channel, by_field in rules.unread_hits(facts):
        for field, rows in by_field.items():
            key = (field, point, channel)
            new = rows & ~told.get(key, np.zeros(facts.rows, dtype=bool))
            told[key] = told.get(key, rows) | rows
            if new.any():
                detail = f"{_named(field, columns)}; {active.of.rule.id} may stand"
                yield UnreadEvidence(field, point, channel, new, active.of.authority, detail)


def _named(field: str, columns: Mapping[str, str]) -> str:
    column = columns.get(field)
    where = f"column '{column}' ({field})" if column else f"field {field}"
    what = UNREAD_FIELDS.get(field, field).partition(",")[0]
    return f"{where}: the cell cannot be read as {what}"
