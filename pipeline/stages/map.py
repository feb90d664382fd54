"""Stage: source columns become fields of a lead; records that are no lead (blank, totals, headers) are named."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import polars as pl

from pipeline.columns.date_cells import perhaps_zoned, zoned_cells
from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from pipeline.stages.consent_dates import consent_findings
from schemas.coded_findings import CodedFindings, coded, together
from schemas.columns import CODE_FIELDS, DAYS, INSTANTS, PERSON, PLAIN_FIELDS, POINTS, WORD_LISTS
from schemas.contact.blank import BLANKS, COUNTRY_BLANKS, EMPTY_WORDS, NAME_BLANKS, POINT_BLANKS, Blanks, trimmed
from schemas.findings import findings, no_findings
from schemas.frame_columns import CELLS_MISSING, IS_LEAD, SOURCE, UNREAD, ZONED
from schemas.words import answered, audience_of

#: How databases write that there is no date.
_NULL_DATE = r"^(?:0000-00-00|0001-01-01)(?:[T ].*)?$"
#: The whole text of a record that is only a total or a remark: words for it, numbers and punctuation, nothing else.
_FOOTER = (
    r"(?i)^\W*(?:(?:grand|sub)[ -]?totals?|totals?|(?:total )?(?:number of )?(?:rows?|records?|leads?|count)"
    r"|end of (?:file|report|list))\b[\s\d.,:;|=()\"'*-]*(?:records?|rows?|leads?)?[\s\d.,:;|=()\"'*-]*$"
)
#: How everything begins that is empty or that `_FOOTER` finds, whatever is between the words; little else does.
_PERHAPS = r"(?i)^[^a-z]*(?:$|grand|sub|total|number|row|record|lead|count|end)"
_READER = "record reader"


def map_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, CodedFindings]:
    """Add the fields, trimmed and null where blank, and ``is_lead``. Returns the frame and findings."""
    frame, fields = batch.frame, source.mapping.fields
    known = [point for point in POINTS if point in fields and point in context.points]
    cells = {
        name: _blanks_of(name).cleaned(source.mapping.cells(name, frame))
        for name in (*known, *CODE_FIELDS, *PLAIN_FIELDS)
        if name in fields
    }
    if "is_business" in cells:
        cells["is_business"] = _without(cells["is_business"], EMPTY_WORDS - {"0"})
    if "withdrawn_at" in cells:
        cells["withdrawn_at"] = _without_no(cells["withdrawn_at"])
    read = [_read(name, cell, source).alias(name) for name, cell in cells.items()]
    mapped = frame.with_columns_seq(read)
    no_lead = _no_leads(mapped, source, known)
    is_lead = np.ones(len(mapped), np.bool_)
    if not no_lead.is_empty():
        is_lead[(no_lead.get_column("row_id") - mapped.item(0, "row_id")).to_numpy()] = False
    zoned = _zoned(mapped, cells, source) if context.rules is not None else []
    mapped = mapped.with_columns_seq([*_unread(mapped, cells), *zoned, pl.Series(IS_LEAD, is_lead)])
    # A repeated header has the names of its columns as points.
    heads = [point for point in known if mapped.get_column(point).filter(~mapped.get_column(IS_LEAD)).count()]
    if heads:
        mapped = mapped.with_columns_seq(pl.when(IS_LEAD).then(pl.col(point)).alias(point) for point in heads)
    unread = source.dates.unread(mapped, cells)
    found = [*_undecided(mapped, cells, fields), consent_findings(mapped, context.as_of)]
    short = []
    if CELLS_MISSING in mapped.columns:
        rows = mapped.filter(pl.col(CELLS_MISSING) > 0)
        short = [findings(rows, "row.short", source=_READER, detail=_missing(len(source.table.columns)))]
        mapped = mapped.drop(CELLS_MISSING)
    return mapped, together([*map(coded, [no_lead, *short]), *unread, *map(coded, found)])


def _missing(width: int) -> pl.Expr:
    cells = pl.col(CELLS_MISSING)
    return pl.format("{} of {} cells missing at its end: taken for empty", cells, pl.lit(width))


def _read(name: str, cells: pl.Series, source: Source) -> pl.Series:
    """Turn trimmed cells into what the field holds; null where they cannot be read with certainty."""
    if name in (*INSTANTS, *DAYS):
        return source.dates.read(name, cells)
    if name in WORD_LISTS:
        return cells.str.replace_all("[;|]", ",").str.split(",").list.eval(trimmed(pl.element()))
    if name == "is_business":
        # Who trades alone is a natural person, whom most laws protect.
        words = cells.unique().drop_nulls().to_list()
        read = {word: found == "business" for word in words if (found := audience_of(word)) is not None}
        return cells.replace_strict(read, default=None, return_dtype=pl.Boolean)
    return cells


def _blanks_of(name: str) -> Blanks:
    if name == "country" or name in CODE_FIELDS:
        return COUNTRY_BLANKS
    # In a column of yes and no, 0 is an answer.
    return POINT_BLANKS if name in POINTS else NAME_BLANKS if name in (*PERSON, "is_business") else BLANKS


def _without(cells: pl.Series, words: Collection[str]) -> pl.Series:
    """Cells but for some words, in any case."""
    says = ~pl.col("cell").str.to_lowercase().is_in(words)
    return cells.to_frame("cell").select(pl.when(says).then("cell")).to_series()


def _without_no(cells: pl.Series) -> pl.Series:
    """A column of withdrawals without the cells that say that there is none: a no, or a database's null date."""
    words = [word for word in cells.unique().drop_nulls() if answered(word) is False or re.match(_NULL_DATE, word)]
    return _without(cells, [word.lower() for word in words]) if words else cells


def _unread(mapped: pl.DataFrame, cells: dict[str, pl.Series]) -> list[pl.Series]:
    """``<field>:unread`` for each date or yes/no column that has cells which could not be read."""
    found = []
    for name in UNREAD.points:
        if name in cells:
            unread = mapped.get_column(name).is_null() & cells[name].is_not_null()
            if unread.any():
                found.append(unread.alias(UNREAD.of(name)))
    return found


def _zoned(mapped: pl.DataFrame, cells: dict[str, pl.Series], source: Source) -> list[pl.Series]:
    """``<field>:zoned`` for each column of instants that has cells which name their zone, or may have had some."""
    if source.mapping.read_before:
        return [perhaps_zoned(mapped.get_column(name)).alias(ZONED.of(name)) for name in INSTANTS if name in cells]
    zoned = {name: zoned_cells(cells[name]) for name in INSTANTS if name in cells}
    return [found.alias(ZONED.of(name)) for name, found in zoned.items() if found is not None]


def _undecided(mapped: pl.DataFrame, cells: dict[str, pl.Series], fields: dict[str, str]) -> list[pl.DataFrame]:
    """Flag cells of a yes/no column that say neither."""
    if "is_business" not in cells:
        return []
    unread = mapped.filter(mapped.get_column("is_business").is_null() & cells["is_business"].is_not_null())
    detail = f"column '{fields['is_business']}' (is_business): neither yes nor no"
    return [findings(unread, "row.unread_value", source=_READER, detail=detail)]


def _no_leads(mapped: pl.DataFrame, source: Source, known: list[str]) -> pl.DataFrame:
    """Findings on records that are no lead: each gets exactly one."""
    # Only rows without any contact point, or whose first point is the column's own name, can be one of these.
    header = {SOURCE + column: name for column, name in zip(source.table.columns, source.table.header, strict=True)}
    first = SOURCE + source.mapping.fields[known[0]] if known else next(iter(header))
    no_point = np.ones(len(mapped), np.bool_)
    for point in known:
        no_point &= mapped.get_column(point).is_null().to_numpy()
    own_name = header[first].strip()
    rows = no_point
    if known:
        # The length first: it costs next to nothing.
        alike = mapped.get_column(known[0]).str.len_bytes() == len(own_name.encode())
        rows = no_point | alike.fill_null(value=False).to_numpy()
    candidates = mapped.select_seq("row_id", "raw", *header)[np.flatnonzero(rows)]
    named = trimmed(pl.col(first)).str.to_lowercase() == own_name.lower()
    begins = pl.concat_str(*header, separator=" ", ignore_nulls=True).str.contains(_PERHAPS)
    candidates = candidates.filter(
        (pl.lit(pl.Series(no_point[rows])) & (begins | pl.col("raw").is_not_null())) | named.fill_null(value=False)
    )
    if candidates.is_empty():
        return no_findings()
    cells = [trimmed(pl.col(column)).fill_null("") for column in header]
    raw = trimmed(pl.col("raw"))
    joined = pl.concat_str(cells, separator=" ").str.strip_chars()
    repeats = pl.all_horizontal(
        cell.str.to_lowercase() == name.strip().lower() for cell, name in zip(cells, header.values(), strict=True)
    )
    judged = candidates.select_seq(
        "row_id",
        code=pl.when(pl.coalesce(raw, joined) == "")
        .then(pl.lit("row.empty"))
        .when(pl.coalesce(raw, joined).str.contains(_FOOTER))
        .then(pl.lit("row.footer"))
        .when(raw.str.contains(r"^(?:#|//)"))
        .then(pl.lit("row.comment"))
        .when(raw.is_not_null())
        .then(pl.lit("row.malformed"))
        .when(repeats)
        .then(pl.lit("row.repeated_header")),
    )
    width = len(header)
    details = {
        "row.malformed": f"not {width} fields, a quote that does not close, or above the header; the text is in raw",
        "row.comment": "a line that begins with a comment's sign; the text is in raw",
        "row.empty": "a blank line, or delimiters only",
        "row.repeated_header": "each cell is its column's name",
        "row.footer": "words for a total and numbers, nothing else",
    }
    return pl.concat(
        findings(judged.filter(pl.col("code") == code), code, source=_READER, detail=detail)
        for code, detail in details.items()
    )


MAP = BatchCheck(
    "map",
    map_stage,
    codes=frozenset(
        {
            "row.malformed",
            "row.repeated_header",
            "row.footer",
            "row.comment",
            "row.empty",
            "row.short",
            "row.unread_value",
            "consent.future",
            "consent.after_delivery",
        }
    ),
    adds=(*POINTS, *CODE_FIELDS, *PLAIN_FIELDS, *UNREAD.names, *ZONED.names, IS_LEAD),
    counts="given",
)
