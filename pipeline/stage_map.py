"""Stage: source columns become fields of a lead; records that are no lead (blank, totals, headers) are named."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.reading.table import SOURCE
from schemas.columns import CODE_FIELDS, DAYS, INSTANTS, PERSON, PLAIN_FIELDS, POINTS, WORD_LISTS
from schemas.contact.blank import BLANKS, NAME_BLANKS, POINT_BLANKS, Blanks, trimmed
from schemas.findings import findings, no_findings

_ISO_DAY = r"^\d{4}-\d{2}-\d{2}$"
_ISO_INSTANT = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
#: Forms of an ISO 8601 instant, the commonest first; the last two carry an offset.
_INSTANT_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%dT%H:%M%#z",
)
_YES = ("yes", "y", "true", "t", "1", "oui", "ja", "si", "sí", "sim")
_NO = ("no", "n", "false", "f", "0", "non", "nein", "não")
#: The whole text of a record that is only a total or a remark: words for it, numbers and punctuation, nothing else.
_FOOTER = (
    r"(?i)^\W*(?:(?:grand|sub)[ -]?totals?|totals?|(?:total )?(?:number of )?(?:rows?|records?|leads?|count)"
    r"|end of (?:file|report|list))\b[\s\d.,:;|=()\"'*-]*(?:records?|rows?|leads?)?[\s\d.,:;|=()\"'*-]*$"
)
_READER = "record reader"


def map_stage(frame: pl.DataFrame, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the fields, trimmed and null where blank, and ``is_lead``. Returns the frame and findings."""
    fields = source.mapping.fields
    known = [point for point in POINTS if point in fields and point in context.points]
    cells = {
        name: _blanks_of(name).cleaned(frame.get_column(SOURCE + fields[name]))
        for name in (*known, *CODE_FIELDS, *PLAIN_FIELDS)
        if name in fields
    }
    mapped = frame.with_columns(_read(name, cell).alias(name) for name, cell in cells.items())
    no_lead = _no_leads(mapped, source, known)
    if no_lead.is_empty():
        mapped = mapped.with_columns(is_lead=True)
    else:
        mapped = mapped.with_columns(is_lead=~pl.col("row_id").is_in(no_lead.get_column("row_id").implode()))
        mapped = mapped.with_columns(pl.when("is_lead").then(pl.col(point)).alias(point) for point in known)
    return mapped, pl.concat([no_lead, *_unread(mapped, cells, fields)])


def _read(name: str, cells: pl.Series) -> pl.Series:
    """Turn trimmed cells into what the field holds; null where they cannot be read with certainty."""
    if name in INSTANTS:
        return _instants(cells)
    if name in DAYS:
        iso = cells.str.contains(_ISO_DAY)
        return cells.set(~iso.fill_null(False), None).str.to_date("%Y-%m-%d", strict=False)
    if name in WORD_LISTS:
        return cells.str.replace_all("[;|]", ",").str.split(",").list.eval(trimmed(pl.element()))
    if name == "is_business":
        word = cells.str.to_lowercase()
        return pl.select(pl.when(word.is_in(_YES)).then(True).when(word.is_in(_NO)).then(False)).to_series()
    return cells


def _blanks_of(name: str) -> Blanks:
    return POINT_BLANKS if name in POINTS else NAME_BLANKS if name in PERSON else BLANKS


def _instants(cells: pl.Series) -> pl.Series:
    """Read ISO 8601 days and instants. A naive one is read as UTC; anything else is null."""
    iso = cells.str.contains(_ISO_INSTANT)
    text = cells.str.replace(" ", "T", literal=True).str.replace("Z", "+00:00", literal=True)
    read = pl.repeat(None, len(cells), dtype=pl.Datetime("us", "UTC"), eager=True)
    for form in _INSTANT_FORMATS:
        if read.is_not_null().sum() == iso.sum():
            break
        parsed = text.to_frame("v").select(_parsed(pl.col("v"), form)).to_series()
        read = read.zip_with(read.is_not_null(), parsed.zip_with(iso.fill_null(False), read))
    return read


def _parsed(text: pl.Expr, form: str) -> pl.Expr:
    if form == "%Y-%m-%d":
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if form.endswith("z"):
        return text.str.to_datetime(form, time_unit="us", strict=False)
    return text.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")


def _unread(mapped: pl.DataFrame, cells: dict[str, pl.Series], fields: dict[str, str]) -> list[pl.DataFrame]:
    """Flag cells of dates and yes/no columns that hold something, yet could not be read with certainty."""
    return [
        findings(
            mapped.filter(mapped.get_column(name).is_null() & cells[name].is_not_null()),
            "row.unread_value",
            source=_READER,
            detail=f"column '{fields[name]}' ({name}): not in ISO 8601 form"
            if name != "is_business"
            else f"column '{fields[name]}' ({name}): neither yes nor no",
        )
        for name in (*INSTANTS, *DAYS, "is_business")
        if name in cells
    ]


def _no_leads(mapped: pl.DataFrame, source: Source, known: list[str]) -> pl.DataFrame:
    """Findings on records that are no lead: each gets exactly one."""
    # Only rows without any contact point, or whose first point is the column's own name, can be one of these.
    header = {SOURCE + column: name for column, name in zip(source.table.columns, source.table.header, strict=True)}
    first = SOURCE + source.mapping.fields[known[0]] if known else next(iter(header))
    no_point = pl.all_horizontal(pl.col(point).is_null() for point in known) if known else pl.lit(True)
    own_name = header[first].strip()
    if known:
        # The length first: it costs next to nothing.
        mapped = mapped.filter(no_point | (pl.col(known[0]).str.len_bytes() == len(own_name.encode())))
    candidates = mapped.filter(no_point | (trimmed(pl.col(first)).str.to_lowercase() == own_name.lower()))
    if candidates.is_empty():
        return no_findings()
    cells = [trimmed(pl.col(column)).fill_null("") for column in header]
    raw = trimmed(pl.col("raw"))
    joined = pl.concat_str(cells, separator=" ").str.strip_chars()
    repeats = pl.all_horizontal(
        cell.str.to_lowercase() == name.strip().lower() for cell, name in zip(cells, header.values(), strict=True)
    )
    judged = candidates.select(
        "row_id",
        code=pl.when(pl.coalesce(raw, joined) == "")
        .then(pl.lit("row.empty"))
        .when(pl.coalesce(raw, joined).str.contains(_FOOTER))
        .then(pl.lit("row.footer"))
        .when(raw.is_not_null())
        .then(pl.lit("row.malformed"))
        .when(repeats)
        .then(pl.lit("row.repeated_header")),
    )
    width = len(header)
    details = {
        "row.malformed": f"not {width} fields, or a quote that does not close; the text is in raw",
        "row.empty": "a blank line, or delimiters only",
        "row.repeated_header": "each cell is its column's name",
        "row.footer": "words for a total and numbers, nothing else",
    }
    return pl.concat(
        findings(judged.filter(pl.col("code") == code), code, source=_READER, detail=detail)
        for code, detail in details.items()
    )
