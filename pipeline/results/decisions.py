"""What people decided about rows in review, as a workspace keeps it.

    WORKSPACE/reviews/ID/review.json         what was decided when, how often, and what came of it
    WORKSPACE/reviews/ID/decisions.parquet   one line for each row and finding (`DECISIONS`); nobody's contact data
    WORKSPACE/reviews/ID/VENDOR-RUN/         the released rows of a run, as a result
    WORKSPACE/reviews/ID/withdrawn.json      from when on it is not in force any more

The folder appears in one step, with all of its results. A decision is about a row of a drop, and about what was found
in it: another run of the same drop for the same campaign knows both again.
"""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import LedgerError
from schemas.support.places import refuse_links

REVIEWS: Final = "reviews"
RECORD, TABLE, WITHDRAWN = "review.json", "decisions.parquet", "withdrawn.json"
RELEASE, DENY = "release", "deny"
#: Whose row and which: a record of a file of a drop, in the order in which `row_keys` gives it.
ROW: Final = ("source_sha256", "source_member", "source_sheet", "source_line")
#: What was found in it: equal where the finding is the same.
FINDING: Final = ("code", "point", "channel", "detail")
#: Lines of a decision. ``run_id`` and ``row_id``: of the result that was reviewed. ``until``: the last day on which the
#: evidence holds; null for ever. A denial is about the whole row: it names the reason as ``code``, and no finding.
#: ``settled``: with this review the row waits for a person no more.
DECISIONS: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("vendor", "campaign", "run_id"), pl.String()),
    "row_id": pl.UInt64(),
    **dict.fromkeys(("source_sha256", "source_member", "source_sheet"), pl.String()),
    "source_line": pl.UInt64(),
    **dict.fromkeys((*FINDING, "decision", "by"), pl.String()),
    "on": pl.Date(),
    "evidence": pl.String(),
    "until": pl.Date(),
    "review": pl.String(),
    "settled": pl.Boolean(),
}


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class RunReviewed(_Model):
    """What a review decided about the rows of a result, in rows. ``settled``: of these, how many no longer wait."""

    vendor: str | None
    campaign: str
    released: int = Field(description="rows in the supplementary clean set")
    refused: int = Field(description="rows that were to be released, and that a list or a rule rejects today")
    denied: int
    settled: int = Field(description="rows that wait for a person no more since then")
    result: str | None = Field(description="folder of the released rows, below that of the review")
    result_run_id: str | None


class ReviewRecord(_Model):
    """What is known of a review: ``runs`` by the id of the result that was reviewed."""

    review: str
    made_at: datetime
    as_of: date
    decisions: int
    decisions_sha256: str
    people: list[str]
    evidence: list[str]
    codes: dict[str, int]
    rests_on: list[str] = Field(description="earlier reviews without which rows of this one would not be released")
    runs: dict[str, RunReviewed]


class Withdrawal(_Model):
    """That a review is not in force any more."""

    by: str
    because: str
    at: datetime


def reviews_folder(workspace: Path) -> Path:
    """Where a workspace keeps what people decided."""
    return workspace / REVIEWS


def reviews_in(workspace: Path, *, withdrawn: bool = False) -> list[tuple[Path, ReviewRecord]]:
    """Reviews that are in force, or those that were withdrawn, in the order in which they were made.

    Raises `LedgerError` when a record cannot be read, `LinkError` when there is a link in its place.
    """
    found = []
    for path in reviews_folder(workspace).glob(f"*/{RECORD}"):
        folder = path.parent
        if folder.name.startswith(".") or (folder / WITHDRAWN).exists() != withdrawn:
            continue
        refuse_links(path, workspace)
        try:
            found.append((folder, ReviewRecord.model_validate_json(path.read_text(encoding="utf-8"))))
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise LedgerError(f"The review '{folder}' is damaged.", "Restore it from a copy.") from error
    return sorted(found, key=lambda each: (each[1].made_at, each[1].review))


def settled_rows(workspace: Path) -> dict[str, int]:
    """How many rows of each result wait no more, by the id of its run. Raises what `reviews_in` raises."""
    found: dict[str, int] = {}
    for _, record in reviews_in(workspace):
        for run_id, run in record.runs.items():
            found[run_id] = found.get(run_id, 0) + run.settled
    return found


def withdrawal_of(folder: Path) -> Withdrawal:
    """How a review was withdrawn. Raises `LedgerError` when that cannot be read."""
    try:
        return Withdrawal.model_validate_json((folder / WITHDRAWN).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise LedgerError(f"'{folder / WITHDRAWN}' is damaged.", "Restore it from a copy.") from error


def decisions_in(folder: Path, record: ReviewRecord) -> pl.DataFrame:
    """The decisions of a review (`DECISIONS`). Raises `LedgerError` when they are not those that were made."""
    path = folder / TABLE
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != record.decisions_sha256:
        raise LedgerError(f"'{path}' is not the file that the review wrote.", "Restore it from a copy.")
    return pl.read_parquet(io.BytesIO(content))


def decided(workspace: Path | None, vendor: str | None, campaign: str) -> pl.DataFrame:
    """Every decision in force about drops of a vendor for a campaign (`DECISIONS`).

    Raises what `reviews_in` and `decisions_in` raise.
    """
    found = [pl.DataFrame(schema=DECISIONS)]
    for folder, record in [] if workspace is None else reviews_in(workspace):
        if any((run.vendor, run.campaign) == (vendor, campaign) for run in record.runs.values()):
            found.append(decisions_in(folder, record))
    of_vendor = pl.col("vendor").eq_missing(pl.lit(vendor)) & (pl.col("campaign") == campaign)
    return pl.concat(found).filter(of_vendor)


def on_day(decisions: pl.DataFrame, day: date) -> pl.DataFrame:
    """Those decisions that count on a day: made by then, and released only while the evidence holds."""
    holds = (pl.col("decision") == DENY) | pl.col("until").is_null() | (pl.col("until") >= day)
    return decisions.filter((pl.col("on") <= day) & holds)


def member_of(source_file: pl.Expr) -> pl.Expr:
    """The part of ``source_file`` that is not the name of the drop: which file of an archive it is."""
    return source_file.str.extract("!(.*)$", 1)


def digest_of(decisions: pl.DataFrame) -> str:
    """Hash of decisions, whatever their order: what a run that knows them depends on."""
    names = [name for name in DECISIONS if name not in ("run_id", "row_id", "review", "settled")]
    rows = decisions.select(names).unique().sort(names, nulls_last=True)
    text = json.dumps(rows.rows(), default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
