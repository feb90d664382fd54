"""Decides of every rejected row of a vendor what becomes of it, from the contract, the ledger and the instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, func, select

from pipeline.ledger.tables import returned_rows
from pipeline.ledger.vendor_runs import VendorRun
from pipeline.ledger.went_back import went_back
from pipeline.returning.caps import Cap, capped
from pipeline.returning.contracts import Contracts
from pipeline.returning.rows import ROW_SCHEMA, accepted_rows, original_columns
from pipeline.returning.windows import deadline
from schemas.config import Vendor
from schemas.contracts import ReturnTerms

#: What becomes of a rejected row; every one has exactly one fate.
FATES: Final = {
    "returnable": "goes back now",
    "over_cap": "left out: the cap of its period is reached",
    "already_returned": "went back before",
    "repeated": "an earlier row, of this run or another, has the same key",
    "no_key": "has no lead id, so the vendor could not identify the lead",
    "expired": "the window has closed",
    "unread": "most numbers or addresses of its run could not be read, so nothing of it goes back unless accepted",
    "gone": "the outputs of its run are no longer where the ledger says",
    "not_accepted": "the contract does not take it back, the vendor may not see why, or the row may not go abroad",
}


@dataclass(frozen=True)
class OpenRun:
    """A run whose window is open, with its accepted rows (`ROW_SCHEMA`) and its vendor's columns."""

    run: VendorRun
    deadline: datetime
    rows: pl.DataFrame
    columns: list[str]


@dataclass
class RunReturns:
    """A run and how many of its rows have which fate."""

    run: VendorRun
    deadline: datetime | None
    fates: Counter[str] = field(default_factory=Counter)

    def settle(self) -> None:
        """All rows that have no other fate are not accepted; each row is counted once."""
        self.fates["not_accepted"] += self.run.rejected - self.fates.total()
        assert min(self.fates.values()) >= 0, "more returns than rejected rows"  # noqa: S101  # promise 1


@dataclass
class VendorReturns:
    """What a vendor's contract comes to. ``rows``: those of open runs, with run, deadline and fate."""

    vendor: Vendor
    terms: ReturnTerms | None
    runs: list[RunReturns]
    rows: pl.DataFrame
    caps: list[Cap]
    open: dict[str, OpenRun]
    notes: list[str]

    @property
    def returnable(self) -> pl.DataFrame:
        """Rows that go back now, the most urgent first: `ROW_SCHEMA` with run, deadline and fate."""
        return self.rows.filter(pl.col("fate") == "returnable")

    def credit(self, rows: int) -> Decimal | None:
        """What so many rows are worth; None where no price was agreed."""
        return None if self.vendor.price is None else (self.vendor.price * rows).quantize(Decimal("0.01"))


def open_runs(
    found: list[VendorRun],
    terms: ReturnTerms,
    contracts: Contracts,
    now: datetime,
    is_there: Callable[[VendorRun], bool],
    secret: bytes,
) -> dict[str, OpenRun]:
    """Read the rows of those runs that may still be returned. On the last instant of a window it is open."""
    read: dict[str, OpenRun] = {}
    for run in found:
        last = deadline(run.received_at, terms)
        if now <= last and is_there(run):
            phrases = {code: phrase for code in run.reasons if (phrase := contracts.phrase(terms, code)) is not None}
            read[run.run_id] = OpenRun(run, last, accepted_rows(run, terms, phrases, secret), original_columns(run))
    return read


def plan_returns(
    connection: Connection,
    vendor: Vendor,
    found: list[VendorRun],
    contracts: Contracts,
    read: dict[str, OpenRun],
    unread: Collection[str],
    now: datetime,
) -> VendorReturns:
    """Say of every rejected row of these runs, which are all of the vendor's, what becomes of it at an instant.

    ``unread``: runs that are held back, since most of their numbers could not be read.
    """
    terms = vendor.returns
    if terms is None:
        returns = [RunReturns(run, None) for run in found]
        for each in returns:
            each.settle()
        return VendorReturns(vendor, None, returns, _empty(), [], {}, [])
    before = list(connection.execute(select(returned_rows).where(returned_rows.c.vendor == vendor.name)))
    gone = went_back()
    by_run = select(gone.c.run_id, func.sum(gone.c.rows)).where(gone.c.vendor == vendor.name).group_by(gone.c.run_id)
    went: Counter[str] = Counter(dict(connection.execute(by_run).all()))
    rows = _fated(_sorted(read), before)
    notes: list[str] = []
    caps: list[Cap] = []
    if terms.cap_percent is not None:
        rows, caps = capped(connection, rows, found, terms, notes)
    returns = [_returns_of(run, terms, contracts, rows, went, read, unread, now) for run in found]
    return VendorReturns(vendor, terms, returns, rows, caps, read, notes)


def _empty() -> pl.DataFrame:
    more = {"run_id": pl.String(), "sequence": pl.Int64(), "received_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(schema={**ROW_SCHEMA, **more, "deadline": pl.Datetime("us", "UTC"), "fate": pl.String()})


def _sorted(read: dict[str, OpenRun]) -> pl.DataFrame:
    """All accepted rows of open runs: the oldest deadline first, then in the order of receipt and of rows."""
    utc = pl.Datetime("us", "UTC")
    parts = [
        each.rows.with_columns(
            run_id=pl.lit(run_id),
            sequence=pl.lit(each.run.sequence, pl.Int64),
            received_at=pl.lit(each.run.received_at, utc),
            deadline=pl.lit(each.deadline, utc),
            fate=pl.lit("returnable"),
        )
        for run_id, each in read.items()
    ]
    return pl.concat([_empty(), *parts]).sort("deadline", "sequence", "run_id", "row_id")


def _fated(rows: pl.DataFrame, before: list[Any]) -> pl.DataFrame:
    """Take out what went back before, what nobody could tell apart, and all but the first of equal rows."""
    keys = pl.Series([row.key for row in before], dtype=pl.String)
    contents = pl.Series([row.content for row in before], dtype=pl.String)
    places = pl.DataFrame(
        {"run_id": [row.run_id for row in before], "row_id": [row.row_id for row in before], "went": True},
        schema={"run_id": pl.String(), "row_id": pl.UInt64(), "went": pl.Boolean()},
    )
    rows = rows.join(places, on=["run_id", "row_id"], how="left", maintain_order="left")
    known = [pl.col("key").is_in(keys.implode()), pl.col("content").is_in(contents.implode()), pl.col("went")]
    rows = rows.with_columns(
        fate=pl.when(pl.any_horizontal(each.fill_null(False) for each in known))
        .then(pl.lit("already_returned"))
        .when(pl.col("key").is_null())
        .then(pl.lit("no_key"))
        .otherwise("fate")
    ).drop("went")
    standing = rows.filter(pl.col("fate") == "returnable").select("run_id", "row_id", "key", "content")
    first = standing.unique("key", keep="first", maintain_order=True).unique(
        "content", keep="first", maintain_order=True
    )
    first = first.select("run_id", "row_id", first=pl.lit(True))
    rows = rows.join(first, on=["run_id", "row_id"], how="left", maintain_order="left")
    again = (pl.col("fate") == "returnable") & pl.col("first").is_null()
    return rows.with_columns(fate=pl.when(again).then(pl.lit("repeated")).otherwise("fate")).drop("first")


def _returns_of(
    run: VendorRun,
    terms: ReturnTerms,
    contracts: Contracts,
    rows: pl.DataFrame,
    went: Counter[str],
    read: dict[str, OpenRun],
    unread: Collection[str],
    now: datetime,
) -> RunReturns:
    returns = RunReturns(run, deadline(run.received_at, terms))
    if run.run_id in read:
        fates = rows.filter(pl.col("run_id") == run.run_id).get_column("fate")
        returns.fates.update(dict(fates.value_counts().rows()))
    else:
        accepted = sum(rows for code, rows in run.reasons.items() if contracts.phrase(terms, code) is not None)
        returns.fates["already_returned"] = went[run.run_id]
        closed = returns.deadline is not None and now > returns.deadline
        held = "unread" if run.run_id in unread else "gone"
        returns.fates["expired" if closed else held] = max(accepted - went[run.run_id], 0)
    returns.settle()
    return returns
