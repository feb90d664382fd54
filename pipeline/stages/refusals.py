"""Stage: what the file itself says against contact, in columns such as DoNotCall or Accepts SMS Marketing."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.columns import POINTS, POST_POINT
from schemas.findings import findings, no_findings
from schemas.frame_columns import IS_LEAD, SOURCE, UNREAD
from schemas.refusals import REFUSAL_FIELDS, SALE, RefusalColumn, refusal_column, says
from schemas.words import fold_words, words_of

_READER = "the file"
_FAX = words_of("type", "fax")


def refusals_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add nothing to the frame; find the refusals of each channel, and numbers whose type says fax.

    Without rule packs a date of withdrawal is a refusal too; with packs their rules judge it.
    """
    frame, mapping = batch.frame, source.mapping
    leads = frame.filter(pl.col(IS_LEAD))
    found = [no_findings()]
    for column, about in mapping.refusals.items():
        if SOURCE + column in frame.columns:
            found += _refusals(leads, column, about, context)
    if context.rules is None and "withdrawn_at" in frame.columns:
        found += _withdrawals(leads, mapping.fields.get("withdrawn_at", "withdrawn_at"), context)
    for slot, column in mapping.types.items():
        if slot in frame.columns and SOURCE + column in frame.columns:
            found.append(_faxes(leads, slot, column))
    return frame, pl.concat(found)


def _refusals(leads: pl.DataFrame, column: str, about: RefusalColumn, context: Context) -> list[pl.DataFrame]:
    """Findings of one column; each word that occurs is read once."""
    cells = leads.get_column(SOURCE + column)
    answers = {cell: says(about, cell) for cell in cells.unique().drop_nulls()}
    found = []
    for against in ("refused", "unknown"):
        for channels in dict.fromkeys(channels for what, channels in answers.values() if what == against):
            words = [cell for cell, what in answers.items() if what == (against, channels)]
            rows = leads.filter(cells.is_in(words))
            detail = f"column '{column}' says so" if against == "refused" else f"column '{column}' has an unknown word"
            found += _against(rows, channels, detail, context)
            if against == "unknown":
                found.append(findings(rows, "refused.unknown_word", source=_READER, detail=detail))
    return found


def _against(rows: pl.DataFrame, channels: tuple[str, ...], detail: str, context: Context) -> list[pl.DataFrame]:
    if channels == (SALE,):
        # Like a list of people who asked that their data be neither sold nor shared: it says nothing until data leaves.
        points = [point for point in POINTS if point != POST_POINT and point in rows.columns]
        present = [(point, rows.filter(pl.col(point).is_not_null())) for point in points]
        return [findings(some, "sale.opted_out", point=point, source=_READER, detail=detail) for point, some in present]
    if set(context.campaign.channels) <= set(channels):
        return [findings(rows, "refused.in_file", source=_READER, detail=detail)]
    return [
        findings(rows, "refused.in_file", source=_READER, detail=detail, channel=channel)
        for channel in context.campaign.channels
        if channel in channels
    ]


def _withdrawals(leads: pl.DataFrame, column: str, context: Context) -> list[pl.DataFrame]:
    unread = pl.col(UNREAD.of("withdrawn_at")) if UNREAD.of("withdrawn_at") in leads.columns else pl.lit(False)
    rows = leads.filter(pl.col("withdrawn_at").is_not_null() | unread)
    about = refusal_column(column) or REFUSAL_FIELDS["no_contact"]
    return _against(rows, about.channels, f"column '{column}' has a date or a word of withdrawal", context)


def _faxes(leads: pl.DataFrame, slot: str, column: str) -> pl.DataFrame:
    """Numbers whose type, beside them, is that of a fax."""
    cells = leads.get_column(SOURCE + column)
    words = [cell for cell in cells.unique().drop_nulls() if _is_fax(cell)]
    rows = leads.filter(cells.is_in(words) & pl.col(slot).is_not_null())
    return findings(rows, "phone.fax", point=slot, source=_READER, detail=f"column '{column}' says that it is a fax")


def _is_fax(cell: str) -> bool:
    return not _FAX.isdisjoint(fold_words(cell).split())


REFUSALS = BatchCheck(
    "refusals",
    refusals_stage,
    codes=frozenset({"refused.in_file", "refused.unknown_word", "sale.opted_out", "phone.fax"}),
    after=("map",),
)
