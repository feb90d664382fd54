"""Screens a batch of normalised contact points against lists: which entry of which list matched."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.findings import findings, no_findings
from schemas.list_kinds import code_of
from schemas.masking import masked_email, masked_phone
from schemas.recipes import Recipe
from suppression.build import digest_rows
from suppression.index.digests import DigestIndex
from suppression.index.numbers import number_key
from suppression.index.texts import text_keys
from suppression.lists import SuppressionList

#: Kinds whose registries are handed out by area code: calling into one that the copy does not cover is a violation,
#: also for numbers that are not listed (16 CFR 310.8).
_BY_AREA_CODE = frozenset({"dnc.national"})


def screen_points(frame: pl.DataFrame, lists: list[SuppressionList]) -> pl.DataFrame:
    """Return the findings of all lists over all contact points of ``frame``.

    ``frame`` has ``row_id``, the contact columns in canonical form, for each email column ``<column>:given`` with the
    value as it came (partners hash what they were given) and ``<column>:key``, its lower case, and for each phone column ``<column>:region``. A number that
    can be read in two ways has the other one in ``<column>:other``, of ``<column>:other_region``: it is screened too.
    """
    found = [no_findings()]
    for slot in PHONE_SLOTS:
        if slot in frame.columns and frame.get_column(slot).null_count() < len(frame):
            found += _screen_phone(frame, slot, lists)
            found += _screen_other_reading(frame, slot, lists)
    for slot in EMAIL_SLOTS:
        if slot in frame.columns and frame.get_column(slot).null_count() < len(frame):
            found += _screen_email(frame, slot, lists)
    return pl.concat(found)


def _screen_phone(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    numbers = frame.select(number_key(pl.col(slot))).to_series()
    found = [_not_covered(frame, slot, lists)]
    for suppression in lists:
        hits = None
        if suppression.phones is not None:
            hits = suppression.phones.contains(numbers)
        elif suppression.digests is not None and suppression.kind.phones:
            hits = _hashed_hits(suppression.digests, suppression.recipes, [values, values.str.strip_prefix("+")])
        if hits is not None:
            found.append(_matches(frame, hits, values, slot, suppression))
    return found


def _screen_other_reading(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> list[pl.DataFrame]:
    """Screen the other reading of the few numbers that have one; a hit blocks the point all the same."""
    other = f"{slot}:other"
    if other not in frame.columns or frame.get_column(other).null_count() == len(frame):
        return []
    read_otherwise = frame.filter(pl.col(other).is_not_null()).select(
        "row_id", pl.col(other).alias(slot), pl.col(f"{other}_region").alias(f"{slot}:region")
    )
    return [
        found.with_columns(detail=pl.col("detail") + ", in its other reading")
        for found in _screen_phone(read_otherwise, slot, lists)
    ]


def _screen_email(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    folded = frame.get_column(f"{slot}:key")
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
            found.append(_matches(frame, hits, folded, slot, suppression))
    return found


def _matches(
    frame: pl.DataFrame, hits: pl.Series, keys: pl.Series, slot: str, suppression: SuppressionList
) -> pl.DataFrame:
    """Findings on the rows that are hit, or that an expiring entry names, with what the list says of the entry."""
    if len(suppression.expiring):
        hits |= keys.is_in(suppression.expiring.implode()).fill_null(False)
    rows = frame.filter(hits)
    said = pl.lit("")
    if suppression.told is not None and len(rows):
        rows = rows.with_columns(keys.filter(hits).alias("key")).join(
            _told(suppression.told, keys.filter(hits)), on="key", how="left", maintain_order="left"
        )
        said = pl.col("told").fill_null("")
    masked = masked_phone(pl.col(slot)) if slot in PHONE_SLOTS else masked_email(pl.col(slot))
    return findings(
        rows,
        code_of(suppression.kind),
        point=slot,
        source=suppression.authority,
        detail=masked + f" is on the list {suppression.facts.name}" + said,
    )


def _told(facts: pl.LazyFrame, keys: pl.Series) -> pl.DataFrame:
    """One sentence part a key: the reason, severity and date that the list gives, the worst and earliest first."""
    parts = [
        pl.when(pl.col("reason").is_not_null()).then(", " + pl.col("reason")),
        pl.when(pl.col("severity").is_not_null()).then(", severity " + pl.col("severity").cast(pl.String)),
        pl.when(pl.col("listed_on").is_not_null()).then(", since " + pl.col("listed_on").cast(pl.String)),
    ]
    return (
        facts.filter(pl.col("key").is_in(keys.unique().implode()))
        .sort("severity", "listed_on", descending=[True, False], nulls_last=True)
        .group_by("key", maintain_order=True)
        .first()
        .select("key", told=pl.concat_str(parts, ignore_nulls=True))
        .collect()
    )


def _not_covered(frame: pl.DataFrame, slot: str, lists: list[SuppressionList]) -> pl.DataFrame:
    """United States numbers in area codes that no registry copy of the run speaks for."""
    copies = [lst for lst in lists if lst.kind.kind in _BY_AREA_CODE and lst.facts.covers is not None]
    covered = {area for copy in copies for area in copy.facts.covers or []}
    if not copies or "all" in covered or f"{slot}:region" not in frame.columns:
        return no_findings()
    area = pl.col(slot).str.slice(2, 3)
    outside = frame.filter((pl.col(f"{slot}:region") == "US") & ~area.is_in(covered))
    return findings(
        outside,
        "dnc.not_covered",
        point=slot,
        source="; ".join(copy.authority for copy in copies),
        detail=masked_phone(pl.col(slot)) + ": area code " + area + " is not in the registry copy",
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
