"""Screens a batch of normalised contact points against lists: which entry of which list matched."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.match_keys import fold_email
from schemas.findings import findings, no_findings
from schemas.frame_columns import GIVEN, KEY, NUMBER, OTHER, OTHER_REGION, REGION
from schemas.list_kinds import code_of
from schemas.masking import masked_email, masked_phone
from schemas.recipes import Recipe
from suppression.index.digests import DigestIndex
from suppression.index.numbers import Numbers, number_key
from suppression.index.packed import Keys, text_keys
from suppression.lists import SuppressionList

#: Of each row, whether its point is listed.
Hits = npt.NDArray[np.bool_]

#: Kinds whose registries are handed out by area code: calling into one that the copy does not cover is a violation,
#: also for numbers that are not listed (16 CFR 310.8).
_BY_AREA_CODE = frozenset({"dnc.national"})


def screen_points(frame: pl.DataFrame, lists: Sequence[SuppressionList]) -> pl.DataFrame:
    """Return the findings of all lists over all contact points of ``frame``.

    ``frame`` has ``row_id`` and the contact columns in canonical form. For each email column, ``<column>:given`` holds
    the value as it came (partners hash what they were given) and ``<column>:key`` its lower case; for each phone column
    ``<column>:region``, and perhaps ``<column>:number`` with its digits. A number that can be read in two ways has the
    other one in ``<column>:other``, of ``<column>:other_region``: it is screened too.
    """
    found = [no_findings()]
    for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
        if slot not in frame.columns or frame.get_column(slot).null_count() == len(frame):
            continue
        # What is not read here would be copied for each match.
        beside = [column.of(slot) for column in (NUMBER, REGION, OTHER, OTHER_REGION, GIVEN, KEY)]
        points = frame.select_seq("row_id", slot, *(name for name in beside if name in frame.columns))
        if slot in PHONE_SLOTS:
            as_written = pl.concat([no_findings(), *_screen_phone(points, slot, lists)])
            found += [as_written, *_screen_other_reading(points, slot, lists, as_written)]
        else:
            found += _screen_email(points, slot, lists)
    return pl.concat(found)


def _screen_phone(frame: pl.DataFrame, slot: str, lists: Sequence[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    numbers = _numbers(frame, slot)
    found = [_not_covered(frame, slot, lists)]
    for suppression in lists:
        hits = None
        if suppression.phones is not None:
            hits = suppression.phones.hits(numbers)
        elif suppression.digests is not None and suppression.kind.phones:
            hits = _hashed_hits(suppression.digests, suppression.recipes, [values, values.str.strip_prefix("+")])
        if hits is not None:
            found.append(_matches(frame, hits, values, slot, suppression))
    return found


def _numbers(frame: pl.DataFrame, slot: str) -> Numbers:
    """The numbers of a column as integers; 0 where there is none."""
    if NUMBER.of(slot) in frame.columns:
        return frame.get_column(NUMBER.of(slot)).to_numpy()
    return frame.select(number_key(pl.col(slot)).fill_null(0)).to_series().to_numpy()


def _screen_other_reading(
    frame: pl.DataFrame, slot: str, lists: Sequence[SuppressionList], as_written: pl.DataFrame
) -> list[pl.DataFrame]:
    """Screen the other reading of the few numbers that have one; a hit blocks the point all the same.

    Said only of lists that do not hold the number as written.
    """
    other = OTHER.of(slot)
    if other not in frame.columns or frame.get_column(other).null_count() == len(frame):
        return []
    read_otherwise = frame.filter(pl.col(other).is_not_null()).select_seq(
        "row_id", pl.col(other).alias(slot), pl.col(OTHER_REGION.of(slot)).alias(REGION.of(slot))
    )
    return [
        found.join(as_written, on=["row_id", "source", "code"], how="anti", maintain_order="left").with_columns_seq(
            detail=pl.col("detail") + ", in its other reading"
        )
        for found in _screen_phone(read_otherwise, slot, lists)
        if len(found)
    ]


def _screen_email(frame: pl.DataFrame, slot: str, lists: Sequence[SuppressionList]) -> list[pl.DataFrame]:
    values = frame.get_column(slot)
    plain = frame.get_column(KEY.of(slot))
    # Making the keys costs more than looking them up: once for all lists that fold addresses alike.
    keys_of: dict[frozenset[str], tuple[pl.Series, Keys]] = {}
    for folds in {suppression.folds for suppression in lists if suppression.emails is not None}:
        keys_of[folds] = (own := fold_email(plain, folds), text_keys(own))
    found = []
    for suppression in lists:
        hits, folded = None, plain
        if suppression.emails is not None:
            folded, keys = keys_of[suppression.folds]
            hits = suppression.emails.hits(folded, keys)
        elif suppression.digests is not None and suppression.kind.emails:
            hits = _hashed_hits(suppression.digests, suppression.recipes, [values, frame.get_column(GIVEN.of(slot))])
        elif suppression.domains:
            hits = _domain_hits(folded, suppression.domains)
        if hits is not None:
            found.append(_matches(frame, hits, folded, slot, suppression))
    return found


def _matches(frame: pl.DataFrame, hits: Hits, keys: pl.Series, slot: str, suppression: SuppressionList) -> pl.DataFrame:
    """Findings on the rows that are hit, or that an expiring entry names, with what the list says of the entry."""
    if len(suppression.expiring):
        hits = hits | keys.is_in(suppression.expiring.implode()).fill_null(False).to_numpy()
    places = np.flatnonzero(hits)
    if not len(places):
        return no_findings()
    rows = frame[places]
    mask, named = masked_phone if slot in PHONE_SLOTS else masked_email, f" is on the list {suppression.facts.name}"
    detail = mask(pl.col(slot), named)
    if suppression.facts_table is not None:
        keys = keys[places]
        told = _told(suppression.facts_table.matching(keys))
        rows = rows.with_columns(keys.alias("key")).join(told, on="key", how="left", maintain_order="left")
        detail += pl.col("told").fill_null("")
    return findings(
        rows,
        code_of(suppression.kind),
        point=slot,
        source=suppression.authority,
        detail=detail,
    )


def _told(facts: pl.DataFrame) -> pl.DataFrame:
    """One sentence part a key: the reason, severity and date that the list gives, the worst and earliest first."""
    parts = [
        pl.when(pl.col("reason").is_not_null()).then(", " + pl.col("reason")),
        pl.when(pl.col("severity").is_not_null()).then(", severity " + pl.col("severity").cast(pl.String)),
        pl.when(pl.col("listed_on").is_not_null()).then(", since " + pl.col("listed_on").cast(pl.String)),
    ]
    return (
        facts.sort("severity", "listed_on", descending=[True, False], nulls_last=True)
        .group_by("key", maintain_order=True)
        .first()
        .select("key", told=pl.concat_str(parts, ignore_nulls=True))
    )


def _not_covered(frame: pl.DataFrame, slot: str, lists: Sequence[SuppressionList]) -> pl.DataFrame:
    """United States numbers in area codes that no registry copy of the run speaks for."""
    copies = [lst for lst in lists if lst.kind.kind in _BY_AREA_CODE and lst.facts.covers is not None]
    covered = {area for copy in copies for area in copy.facts.covers or []}
    if not copies or "all" in covered or REGION.of(slot) not in frame.columns:
        return no_findings()
    area = pl.col(slot).str.slice(2, 3)
    outside = frame.filter((pl.col(REGION.of(slot)) == "US") & ~area.is_in(covered))
    return findings(
        outside,
        "dnc.not_covered",
        point=slot,
        source="; ".join(copy.authority for copy in copies),
        detail=masked_phone(pl.col(slot)) + ": area code " + area + " is not in the registry copy",
    )


def _hashed_hits(index: DigestIndex, recipes: tuple[Recipe, ...], candidates: list[pl.Series]) -> Hits:
    """Hash each candidate form of the values by each recipe of the list; any form on the list is a hit."""
    first, *others = candidates
    hits = np.zeros(len(first), dtype=bool)
    for recipe in recipes:
        prepared = recipe.prepared(first)
        rows = prepared.is_not_null().arg_true()
        hits[rows.to_numpy()] |= index.hits(recipe.hashed(prepared.gather(rows)))
        for values in others:
            # Most values are the same in every form, or become so: each is hashed once.
            rows = (values.is_not_null() & values.ne_missing(first)).arg_true()
            again = recipe.prepared(values.gather(rows))
            new = again.ne_missing(prepared.gather(rows))
            hits[rows.filter(new).to_numpy()] |= index.hits(recipe.hashed(again.filter(new)))
    return hits


def _domain_hits(folded: pl.Series, domains: frozenset[str]) -> Hits:
    of_address = folded.str.extract("@([^@]*)$", 1)
    suppressed = [domain for domain in of_address.unique().drop_nulls() if _on_domain_list(domain, domains)]
    return of_address.is_in(suppressed).fill_null(False).to_numpy()


def _on_domain_list(domain: str, domains: frozenset[str]) -> bool:
    if domain in domains or f"@{domain}" in domains:
        return True
    labels = domain.split(".")
    parents = (".".join(labels[start:]) for start in range(1, len(labels)))
    return any(parent in domains or f".{parent}" in domains for parent in parents)
