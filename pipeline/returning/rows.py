"""Rows of a run that a contract accepts, by what the vendor would know them by.

A result's rejected rows are read part by part, so that memory does not grow with the drop: what is kept of each row
are hashes and its place, and the original is read again when it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.ledger.vendor_runs import VendorRun
from pipeline.ledger.went_back import keyed
from pipeline.results.folder import scan, table_files
from pipeline.results.manifest_file import read_manifest
from pipeline.results.vendor_csv import may_be_in
from schemas.columns import PHONE_SLOTS
from schemas.contracts import ReturnTerms
from schemas.frame_columns import ORIGINAL, SOURCE
from schemas.support.literal_fields import literal_field
from suppression.rules.us_states import state_named

#: What is kept of an accepted row. ``key`` is null where the vendor could not identify the lead.
ROW_SCHEMA = pl.Schema(
    {
        "row_id": pl.UInt64(),
        "source_file": pl.String(),
        "source_line": pl.UInt64(),
        "reason": pl.String(),
        "key": pl.String(),
        "content": pl.String(),
        "state": pl.String(),
        "unreadable": pl.Boolean(),
    }
)


def original_columns(run: VendorRun) -> list[str]:
    """Columns of the vendor's own rows, in order."""
    with table_files(run.out, "rejected")[0].open("rb") as stream:
        return [field.name for field in pq.read_schema(stream).field("original").type]


def original_rows(run: VendorRun, wanted: pl.Expr) -> Iterator[pl.DataFrame]:
    """Rejected rows that are wanted, a part at a time, in order of ``row_id``.

    Columns: as the rejected rows have them, those that a return needs; ``original`` has the vendor's cells.
    """
    columns = ["row_id", "source_file", "source_line", "state", "country", *PHONE_SLOTS]
    columns += ["reason", "disposition", "original", "raw"]
    for path in table_files(run.out, "rejected"):
        with path.open("rb") as stream, pq.ParquetFile(stream) as file:
            for group in range(file.num_row_groups):
                part = pl.DataFrame(file.read_row_group(group, columns=columns)).filter(wanted)
                if len(part):
                    yield part


def accepted_rows(run: VendorRun, terms: ReturnTerms, phrases: Mapping[str, str], secret: bytes) -> pl.DataFrame:
    """Rows (`ROW_SCHEMA`) whose primary reason has a phrase.

    Left out are those that a person may still release, and those of people whose data may not go to the vendor's
    country. What they are known by is hashed under ``secret``.
    """
    withheld = frozenset(read_manifest(run.out).rules.withheld_returns)
    wanted = pl.col("reason").is_in(list(phrases)) & (pl.col("disposition") != "review")
    has_key = terms.key is not None and terms.key in original_columns(run)
    parts = [
        _known_by(part.filter(~may_be_in(part, withheld)) if withheld else part, terms, has_key=has_key)
        for part in original_rows(run, wanted)
    ]
    rows = _told_apart(pl.concat([pl.DataFrame(schema=ROW_SCHEMA), *parts]), terms)
    return rows.with_columns(keyed(rows.get_column(name), secret) for name in ("key", "content"))


def _known_by(part: pl.DataFrame, terms: ReturnTerms, *, has_key: bool) -> pl.DataFrame:
    lead_id = pl.lit(None)
    if has_key and terms.key:
        fields = part.get_column(ORIGINAL).struct.fields
        lead_id = literal_field(ORIGINAL, fields, terms.key).str.strip_chars()
    table = part.select(
        "row_id",
        "source_file",
        "source_line",
        "reason",
        pl.when(lead_id != "").then(lead_id).cast(pl.String).alias("key"),
        _content(part).alias("content"),
        state_codes(part.get_column("state")).alias("state"),
        pl.col("raw").is_not_null().alias("unreadable"),
    )
    return table.with_columns(_hashed(table.get_column("key")), _hashed(table.get_column("content")))


def _content(part: pl.DataFrame) -> pl.Series:
    """A row as one text: its filled cells with their names, or the text of a record that could not be read."""
    cells = part.get_column(ORIGINAL).struct.unnest()
    names = cells.columns
    cells.columns = [SOURCE + name for name in names]
    filled = [
        pl.when(pl.col(SOURCE + name) != "").then(pl.lit(f"{name}\x1e") + pl.col(SOURCE + name) + pl.lit("\x1f"))
        for name in names
    ]
    return cells.select(pl.concat_str(filled, ignore_nulls=True)).to_series() + part.get_column("raw").fill_null("")


def _hashed(texts: pl.Series) -> pl.Series:
    digests = [None if text is None else hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    return pl.Series(texts.name, digests, pl.String)


def _told_apart(rows: pl.DataFrame, terms: ReturnTerms) -> pl.DataFrame:
    """Number rows of the same content, so that each copy of a run is one row wherever it is read again.

    Without a column of lead ids the content is the key. A row whose lead the vendor could not identify stays.
    """
    rows = rows.with_columns(copy=pl.int_range(pl.len()).over("content"))
    is_copy = rows.get_column("copy") > 0
    if is_copy.any():
        numbered = rows.filter(is_copy).select(pl.concat_str("content", pl.lit(":"), "copy")).to_series()
        rows = rows.with_columns(rows.get_column("content").scatter(is_copy.arg_true(), _hashed(numbered)))
    rows = rows.drop("copy")
    if terms.key is not None:
        return rows
    hidden = pl.col("unreadable") & (terms.columns is not None)
    return rows.with_columns(key=pl.when(~hidden).then("content"))


def state_codes(states: pl.Series) -> pl.Series:
    """States by two letters where they are of the United States, else as written in capitals; empty for none."""
    words = states.unique().drop_nulls().to_list()
    codes = {word: code for word in words if (code := state_named(word)) is not None}
    american = states.replace_strict(codes, default=None, return_dtype=pl.String)
    written = states.str.strip_chars().str.to_uppercase()
    return pl.select(pl.coalesce(american, written).fill_null("")).to_series().alias(states.name)


def rows_by_state(out: Path) -> dict[str, int]:
    """How many records of a run each state has."""
    found: dict[str, int] = {}
    for name in ("clean", "rejected"):
        counts = scan(out, name).group_by("state").len().collect()
        for code, rows in zip(state_codes(counts.get_column("state")), counts.get_column("len"), strict=True):
            found[code] = found.get(code, 0) + rows
    return found
