"""Stage: a person, not a point. What a list says of any phone or address of a row binds the row."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.blank import POINT_BLANKS
from schemas.contact.countries import read_countries
from schemas.contact.email import email_forms
from schemas.contact.phone_points import phone_points
from schemas.findings import no_findings
from schemas.frame_columns import GIVEN, IS_LEAD, KEY, OTHER, OTHER_REGION, REGION
from schemas.list_kinds import KINDS, code_of
from suppression.lists import SuppressionList
from suppression.person import bound, scopes_of
from suppression.screening import screen_points


def person_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add nothing to the frame; return what binds the whole row.

    Points that no channel of the campaign reaches are looked up too, in the lists that reach everything: who said no by
    email is not called either.
    """
    scopes = scopes_of(context.campaign.person)
    far = [lst for lst in context.lists if scopes.get(lst.kind.kind) == "everything"]
    found = pl.concat([batch.findings.with_codes(scopes).frame(), *_beside(batch.frame, source, context, far)])
    return batch.frame, bound(batch.frame, found, scopes, tuple(context.campaign.channels))


def _beside(
    frame: pl.DataFrame, source: Source, context: Context, lists: Sequence[SuppressionList]
) -> list[pl.DataFrame]:
    """Matches of points that the campaign does not reach."""
    held = [
        slot for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if slot in source.mapping.fields and slot not in context.points
    ]
    wanted = [
        slot for slot in held if any(lst.kind.phones if slot in PHONE_SLOTS else lst.kind.emails for lst in lists)
    ]
    if not wanted:
        return [no_findings()]
    leads = frame.filter(pl.col(IS_LEAD))
    columns = [leads.get_column("row_id")]
    for slot in wanted:
        cells = POINT_BLANKS.cleaned(source.mapping.cells(slot, leads))
        columns += _phone(slot, cells, leads, source, context) if slot in PHONE_SLOTS else _email(slot, cells, context)
    return [screen_points(pl.DataFrame(columns), lists)]


def _phone(slot: str, cells: pl.Series, leads: pl.DataFrame, source: Source, context: Context) -> list[pl.Series]:
    regions = pl.repeat(source.region, len(leads), dtype=pl.String, eager=True)
    if "country" in leads.columns:
        named = read_countries(leads.get_column("country")).get_column("region")
        regions = named.zip_with(named.is_not_null(), regions)
    forms = phone_points(cells, regions, context.apply)
    names = {"e164": slot, "region": REGION.of(slot), "other": OTHER.of(slot), "other_region": OTHER_REGION.of(slot)}
    return [forms.get_column(part).alias(name) for part, name in names.items()]


def _email(slot: str, cells: pl.Series, context: Context) -> list[pl.Series]:
    forms = email_forms(cells, context.apply)
    return [
        forms.get_column("normal").alias(slot),
        cells.alias(GIVEN.of(slot)),
        forms.get_column("key").alias(KEY.of(slot)),
    ]


PERSON = BatchCheck(
    "person",
    person_stage,
    codes=frozenset(code_of(kind) for kind in KINDS.values() if kind.kind != "sale.opted_out"),
    after=("screen",),
)
