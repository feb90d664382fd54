"""Screens a batch of normalised contact points against lists: which entry of which list matched."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.email import email_key
from schemas.findings import findings, no_findings
from schemas.list_kinds import code_of
from schemas.masking import masked_email, masked_phone
from schemas.recipes import Recipe
from suppression.build import digest_rows
from suppression.index.digests import DigestIndex
from suppression.index.numbers import number_key
from suppression.index.texts import text_keys
from suppression.lists import SuppressionList


def screen_points(frame: pl.DataFrame, lists: list[SuppressionList]) -> pl.DataFrame:
    """Return the findings of all lists over all contact points of ``frame``.

    ``frame`` has ``row_id``, the contact columns in canonical form, and for each email column ``<column>:given`` with
    the value as it came (partners hash what they were given).
    """
    found = [no_findings()]
    for slot in PHONE_SLOTS:
        if slot in frame.columns and frame.get_column(slot).null_count() < len(frame):
            found += _screen_phone(frame, slot, lists)
    for slot in EMAIL_SLOTS:
        if slot in frame.columns and frame.get_column(slot).null_count() < len(frame):
            found += _screen_email(frame, slot, lists)
    return pl.concat(found)


def _screen_phone(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    numbers = frame.select(number_key(pl.col(slot))).to_series()
    found = []
    for suppression in lists:
        hits = None
        if suppression.phones is not None:
            hits = suppression.phones.contains(numbers)
        elif suppression.digests is not None and suppression.kind.phones:
            hits = _hashed_hits(suppression.digests, suppression.recipes, [values, values.str.strip_prefix("+")])
        if hits is not None:
            found.append(_matches(frame, hits, slot, suppression, masked_phone(pl.col(slot))))
    return found


def _screen_email(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    folded = frame.select(email_key(pl.col(slot))).to_series()
    # Making the keys costs more than looking them up: once for all lists.
    keys = text_keys(folded) if any(suppression.emails is not None for suppression in lists) else None
    found = []
    for suppression in lists:
        hits = None
        if suppression.emails is not None and keys is not None:
            hits = pl.Series(suppression.emails.hits(folded, keys))
        elif suppression.digests is not None and suppression.kind.emails:
            hits = _hashed_hits(suppression.digests, suppression.recipes, [values, frame.get_column(f"{slot}:given")])
        elif suppression.domains:
            hits = _domain_hits(folded, suppression.domains)
        if hits is not None:
            found.append(_matches(frame, hits, slot, suppression, masked_email(pl.col(slot))))
    return found


def _matches(
    frame: pl.DataFrame, hits: pl.Series, slot: str, suppression: SuppressionList, masked: pl.Expr
) -> pl.DataFrame:
    return findings(
        frame.filter(hits),
        code_of(suppression.kind),
        point=slot,
        source=suppression.authority,
        detail=masked + f" is on the list {suppression.facts.name}",
    )


def _hashed_hits(index: DigestIndex, recipes: tuple[Recipe, ...], candidates: list[pl.Series]) -> pl.Series:
    """Hash each candidate form of the values by each recipe of the list; any form on the list is a hit."""
    hits = np.zeros(len(candidates[0]), dtype=bool)
    for values in candidates:
        present = np.flatnonzero(values.is_not_null().to_numpy())
        texts = values.gather(present).to_list()
        for recipe in recipes:
            hits[present] |= index.hits(digest_rows([recipe.digest(text) for text in texts], index.size))
    return pl.Series(hits)


def _domain_hits(folded: pl.Series, domains: frozenset[str]) -> pl.Series:
    of_address = folded.str.extract("@([^@]*)$", 1)
    suppressed = [domain for domain in of_address.unique().drop_nulls() if _on_domain_list(domain, domains)]
    return of_address.is_in(suppressed).fill_null(False)


def _on_domain_list(domain: str, domains: frozenset[str]) -> bool:
    if domain in domains or f"@{domain}" in domains:
        return True
    labels = domain.split(".")
    parents = (".".join(labels[start:]) for start in range(1, len(labels)))
    return any(parent in domains or f".{parent}" in domains for parent in parents)
