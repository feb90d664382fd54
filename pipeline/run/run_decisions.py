"""What people decided about the rows of a run's drop: which of it counts, and what the run's id depends on."""

from __future__ import annotations

import polars as pl

from pipeline.context import Reviewed
from pipeline.results.decisions import decided, digest_of, on_day
from pipeline.results.folder import scan
from pipeline.run.plan import Plan
from pipeline.run.request import Request
from pipeline.workspace import workspace_of
from schemas.files.table import FileTally, delivery_of
from schemas.manifest import Counts, UsedReviews


def reviewed_rows(request: Request, plan: Plan) -> Reviewed | None:
    """The decisions that count in a run; None when there is none about its drop.

    A drop is read once more for its hash, where anything was decided about its vendor at all.
    Raises `LedgerError` when what was decided cannot be read.
    """
    known = request.decisions
    if known is None:
        known = decided(workspace_of(request.campaign), plan.vendor, plan.campaign.name)
    known = on_day(known, request.as_of)
    if known.is_empty():
        return None
    drops: tuple[str, ...] = ()
    if request.earlier is None:
        drops = tuple(_drop_of(plan, number) for number in range(len(plan.sources)))
        known = known.filter(pl.col("source_sha256").is_in(drops))
    else:
        rows = scan(request.earlier.folder, "clean").select("source_sha256", "source_line").unique()
        known = known.lazy().join(rows, on=["source_sha256", "source_line"], how="semi").collect()
    return None if known.is_empty() else Reviewed(known, drops)


def _drop_of(plan: Plan, number: int) -> str:
    given, tally = plan.sources[number].table.input, FileTally()
    if given.delivery is None:
        tally.take_whole(given)
    return delivery_of(given, tally).sha256


def decisions_digest(reviewed: Reviewed | None) -> str | None:
    """Hash of the decisions that count in a run; None when there is none."""
    return None if reviewed is None else digest_of(reviewed.decisions)


def used_reviews(reviewed: Reviewed | None, counts: Counts) -> UsedReviews | None:
    """What the manifest says of them."""
    if reviewed is None:
        return None
    return UsedReviews(
        reviews=sorted(set(reviewed.decisions.get_column("review").drop_nulls())),
        decisions_sha256=digest_of(reviewed.decisions),
        released=counts.by_flag.get("review.released", 0),
        denied=counts.by_reason.get("review.denied", 0),
    )
