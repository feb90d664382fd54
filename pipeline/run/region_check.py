"""Stops a run whose numbers need a country when nobody said which: before a row is judged or a file written."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.run.plan import Plan
from pipeline.run.request import Request
from pipeline.stages.checks import Batch
from pipeline.stages.map import MAP
from pipeline.stages.normalise import NORMALISE
from schemas.coded_findings import coded
from schemas.contact.apply import apply_here
from schemas.errors import ConfigError
from schemas.files.table import first_rows
from schemas.findings import no_findings
from schemas.support.figures import counted


def check_regions(request: Request, plan: Plan) -> None:
    """Look at the first rows of each table that has no region. Raises `ConfigError` when numbers there need one."""
    if plan.no_region or request.earlier is not None:
        return
    faults = []
    for source in plan.sources:
        if source.region is None and (found := _needing(source, plan, request)):
            needing, of = found
            where = f"{_label(source)}: {needing:,} of the first {counted(of, 'row')}"
            has = "has" if needing == 1 else "have"
            faults.append(f"{where} {has} phone numbers without a country, and no region is given.")
    if faults:
        raise ConfigError(
            faults,
            "Say which country they are of with --region US (or 'region' in the campaign, vendor or layout), or set "
            "them aside for review with --region none.",
        )


def _needing(source: Source, plan: Plan, request: Request) -> tuple[int, int] | None:
    """How many of how many rows need a region; None where none does."""
    context = Context(plan.campaign, plan.vendor, request.as_of, [], [source], apply_here)
    if not source.slots(context.phone_slots):
        return None
    frame = first_rows(source.table).with_row_index("row_id").with_columns(pl.col("row_id").cast(pl.UInt64))
    if frame.is_empty():
        return None
    batch = Batch(0, frame, coded(no_findings()))
    for check in (MAP, NORMALISE):
        batch = check(batch, source, context)
    needing = batch.findings.frame().filter(pl.col("code") == "phone.no_region").get_column("row_id").n_unique()
    return (needing, len(frame)) if needing else None


def _label(source: Source) -> str:
    return source.table.name + (f" [{source.table.sheet}]" if source.table.sheet else "")
