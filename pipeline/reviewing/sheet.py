"""The file that a person fills in: a line for each row and reason that waits, with what is needed to decide.

Columns: `ID`, those to fill in (`FILL`), why the row waits, where it is from, and what is known of the person. Every
cell is text, and none is one that a spreadsheet would run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

import polars as pl

from pipeline.results.folder import scan
from pipeline.results.formula_cells import neutralised
from pipeline.results.publish import publish_file, staged_file
from pipeline.reviewing.queue import ReviewedRun
from schemas.columns import EMAIL_SLOTS, EVIDENCE, PERSON, PHONE_SLOTS, dtype_of
from schemas.errors import OutputError, UsageError

ID: Final = "id"
#: What a person fills in. ``evidence_until`` may stay empty: the evidence holds for ever.
FILL: Final = ("decision", "by", "on", "evidence", "evidence_until")
#: Why a row waits and what it is: to be read, and not changed.
OF_REASON: Final = (
    "reason",
    "concerns",
    "why",
    "what_releases_it",
    "vendor",
    "run_day",
    "file",
    "line",
    "vendor_lead_id",
)
OF_LEAD: Final = (*PERSON, *PHONE_SLOTS, *EMAIL_SLOTS, *EVIDENCE)
_MOST_ROWS: Final = 1_048_575


def sheet_of(run: ReviewedRun, lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of the file for these lines (`LINE`) of a run, all columns as text; `FILL` is empty."""
    rejected = scan(run.out, "rejected").filter(pl.col("row_id").is_in(lines.get_column("row_id").unique().implode()))
    lead = rejected.select("row_id", "source_file", "source_line", "vendor_lead_id", *map(_as_text, OF_LEAD)).collect()
    found = run.findings.group_by("row_id", "code").agg(
        pl.concat_str(pl.col("point").fill_null("row"), pl.format(" ({})", "channel"), ignore_nulls=True)
        .unique()
        .sort()
        .str.join(", ")
        .alias("concerns"),
        pl.col("detail").unique().sort().str.join("; ").alias("why"),
    )
    remedies = {code: run.remedy(code) for code in lines.get_column("code").unique()}
    joined = lines.join(found, on=["row_id", "code"]).join(lead, on="row_id").sort("row_id", "code")
    name = pl.format("{}-{}-{}", pl.lit(run.run_id[:12]), "row_id", "code")
    return joined.select(
        name.alias(ID),
        *(pl.lit(None, pl.String).alias(column) for column in FILL),
        pl.col("code").alias("reason"),
        "concerns",
        "why",
        pl.col("code").replace_strict(remedies, return_dtype=pl.String).alias("what_releases_it"),
        pl.lit(run.vendor).alias("vendor"),
        pl.lit(run.manifest.as_of.isoformat()).alias("run_day"),
        pl.col("source_file").alias("file"),
        pl.col("source_line").cast(pl.String).alias("line"),
        "vendor_lead_id",
        *OF_LEAD,
    )


def _as_text(name: str) -> pl.Expr:
    kind = dtype_of(name)
    if isinstance(kind, pl.List):
        return pl.col(name).list.join("; ").alias(name)
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S").alias(name)
    if isinstance(kind, pl.Boolean):
        return pl.col(name).replace_strict({True: "yes", False: "no"}, return_dtype=pl.String).alias(name)
    return pl.col(name).cast(pl.String).alias(name)


def write_sheet(to: Path, runs: list[ReviewedRun], code: str | None, day: date, *, force: bool) -> int:
    """Write what waits to a ``.csv`` or ``.xlsx`` file, readable by its owner only. Returns how many lines it has.

    Raises `UsageError` when it is another kind of file or nothing waits, `OutputError` when it exists or cannot hold
    the lines.
    """
    if to.suffix.lower() not in (".csv", ".xlsx"):
        raise UsageError(f"'{to}' is no kind of file that can be filled in.", "Name a .csv or .xlsx file.")
    parts = list(_parts(runs, code))
    count = sum(map(len, parts))
    if not count:
        what = "nothing waits for a person" if code is None else f"nothing waits for '{code}'"
        raise UsageError(f"No file was written: {what}.", "See 'leadscrub review list'.")
    whole = pl.concat(parts)
    # Columns of a lead that none of the lines has would only be in the way.
    empty = [name for name in (*OF_LEAD, "vendor_lead_id") if whole.get_column(name).null_count() == count]
    whole = whole.drop(empty)
    whole = whole.select(neutralised(pl.col(name)).alias(name) for name in whole.columns)
    with staged_file(to, force=force) as staging:
        if to.suffix.lower() == ".csv":
            whole.write_csv(staging / to.name)
        elif count > _MOST_ROWS:
            raise OutputError(f"A sheet holds {_MOST_ROWS:,} rows, and these are more.", "Write a .csv.")
        else:
            _write_xlsx(staging / to.name, whole, day)
        publish_file(staging, to)
    return count


def _parts(runs: list[ReviewedRun], code: str | None) -> Iterator[pl.DataFrame]:
    for run in runs:
        lines = run.waiting if code is None else run.waiting.filter(code=code)
        if len(lines):
            yield sheet_of(run, lines)


def _write_xlsx(path: Path, whole: pl.DataFrame, day: date) -> None:
    import xlsxwriter  # noqa: PLC0415  # only where a workbook is written

    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    parts = path.parent / "parts"
    parts.mkdir(mode=0o700)
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(parts), **plain}) as book:
        book.set_properties({"created": datetime.combine(day, time(), UTC)})
        sheet = book.add_worksheet("review")
        sheet.freeze_panes(1, 1)
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(whole.columns) - 1, None, text)
        for place, name in enumerate(whole.columns):
            sheet.write_string(0, place, name)
        for line, row in enumerate(whole.iter_rows(), 1):
            for place, cell in enumerate(row):
                if cell:
                    sheet.write_string(line, place, cell[:32_767])
