"""How much of a period may go back, and which rows that leaves out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from sqlalchemy import Connection, func, select

from pipeline.ledger.database import moment_of
from pipeline.ledger.tables import runs
from pipeline.ledger.vendor_runs import VendorRun, counted_once
from pipeline.ledger.went_back import went_back
from pipeline.results.folder import table_files
from pipeline.returning.rows import rows_by_state
from pipeline.returning.windows import period
from schemas.contracts import ReturnTerms

#: A period and a state; the state is empty where all of them count together.
Group = tuple[str, str]


@dataclass(frozen=True)
class Cap:
    """Of ``received`` leads of a group ``allowed`` may go back, and ``returned`` did before."""

    period: str
    state: str
    received: int
    allowed: int
    returned: int


def capped(
    connection: Connection, rows: pl.DataFrame, found: list[VendorRun], terms: ReturnTerms, notes: list[str]
) -> tuple[pl.DataFrame, list[Cap]]:
    """Leave out what is over the cap: rows that would go back are taken in their order until it is reached.

    ``rows`` have `ROW_SCHEMA`, ``run_id`` and ``fate``; they come back with ``period``, ``group`` and a new ``fate``.

    ``found`` are all runs of the vendor: what counts as received is each drop once, whenever its window closed.
    """
    by_state = terms.cap_by == "state"
    periods = {run.run_id: period(run.received_at, run.sequence, terms) for run in found}
    rows = rows.with_columns(
        period=pl.col("run_id").replace_strict(periods, default=None, return_dtype=pl.String),
        group=pl.col("state") if by_state else pl.lit(""),
    )
    wanted = set(rows.get_column("period"))
    of_periods = [run for run in counted_once(found) if periods[run.run_id] in wanted]
    received = _received(of_periods, periods, notes, by_state=by_state)
    before = _returned(connection, found, terms, by_state=by_state)
    percent = terms.cap_percent or Decimal(100)
    caps = [
        Cap(name, state, received[name, state], int(received[name, state] * percent // 100), before[name, state])
        for name, state in sorted(set(rows.select("period", "group").rows()))
    ]
    room = pl.DataFrame(
        [(cap.period, cap.state, max(cap.allowed - cap.returned, 0)) for cap in caps],
        schema={"period": pl.String(), "group": pl.String(), "room": pl.Int64()},
        orient="row",
    )
    rows = rows.join(room, on=["period", "group"], how="left", maintain_order="left")
    standing = pl.col("fate") == "returnable"
    over = standing & (standing.cast(pl.Int64).cum_sum().over("period", "group") > pl.col("room"))
    return rows.with_columns(fate=pl.when(over).then(pl.lit("over_cap")).otherwise("fate")).drop("room"), caps


def _received(found: list[VendorRun], periods: dict[str, str], notes: list[str], *, by_state: bool) -> Counter[Group]:
    received: Counter[Group] = Counter()
    for run in found:
        if not by_state:
            received[periods[run.run_id], ""] += run.read
        elif all(path.is_file() for name in ("clean", "rejected") for path in table_files(run.out, name)):
            for state, count in rows_by_state(run.out).items():
                received[periods[run.run_id], state] += count
        else:
            # Fewer received means fewer returned: never more than was agreed.
            notes.append(f"run {run.run_id} counts for no cap by state: its outputs are gone")
    return received


def _returned(connection: Connection, found: list[VendorRun], terms: ReturnTerms, *, by_state: bool) -> Counter[Group]:
    """What went back in each group, also from runs that were replaced since."""
    if not found:
        return Counter()
    gone = went_back()
    of = (gone.c.state_code, runs.c.received_at, runs.c.sequence)
    went = select(*of, func.sum(gone.c.rows)).join_from(gone, runs, gone.c.run_id == runs.c.run_id)
    wanted = went.where(gone.c.vendor == found[0].vendor).group_by(*of)
    returned: Counter[Group] = Counter()
    for state, received_at, sequence, rows in connection.execute(wanted):
        returned[period(moment_of(received_at), sequence, terms), state if by_state else ""] += rows
    return returned
