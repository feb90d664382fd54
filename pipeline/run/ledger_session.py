"""What a run asks of the ledger: the place of its drops in the order, and what had been let through before them."""

from __future__ import annotations

from datetime import UTC, datetime, time

from pipeline.ledger.drops import place_of, receive
from pipeline.ledger.history import open_history
from pipeline.ledger.history_past import Past, past_identity, past_of
from pipeline.ledger.run_past import RunPast
from pipeline.ledger.runs import overtaken, record_run
from pipeline.results.writer import UNNAMED_VENDOR
from pipeline.run.plan import Plan
from pipeline.run.request import Request
from schemas.files.table import FileTally, delivery_of
from schemas.manifest import UsedHistory


def ask(request: Request, plan: Plan, files: list[FileTally], *, keep: bool) -> RunPast:
    """Give the drops their places (only looked up, unless ``keep``), and open what is known of those before them."""
    ledger, dedupe = request.ledger, plan.campaign.dedupe
    assert ledger is not None  # noqa: S101  # nobody asks otherwise
    vendor = plan.vendor or UNNAMED_VENDOR
    if request.earlier is not None:
        return _ask_of_released(request, plan, vendor)
    deliveries = [delivery_of(source.table.input, file) for source, file in zip(plan.sources, files, strict=True)]
    names = {each.sha256: source.table.name for each, source in zip(deliveries, plan.sources, strict=True)}
    sizes = {each.sha256: each.size for each in deliveries}
    now = _received_at(request)
    if keep:
        for sha256, name in names.items():
            receive(ledger, vendor, sha256, name, sizes[sha256], now)
    with ledger.reading() as connection:
        received = [place_of(connection, vendor, sha256, now) for sha256 in names]
        pasts = {drop.sha256: past_of(ledger, connection, drop, dedupe.history_days) for drop in received}
        history = open_history(ledger, connection)
    return RunPast(received, [each.sha256 for each in deliveries], pasts, history, _used(plan, pasts))


def _ask_of_released(request: Request, plan: Plan, vendor: str) -> RunPast:
    """Of rows that a person released: what was let through before the first of the drops that they are from."""
    ledger = request.ledger
    assert ledger is not None  # noqa: S101  # it was asked
    assert request.earlier is not None  # noqa: S101  # likewise
    now = _received_at(request)
    with ledger.reading() as connection:
        places = [place_of(connection, vendor, sha256, now) for sha256 in request.earlier.drops]
        first = min(places, key=lambda drop: drop.sequence)
        pasts = {first.sha256: past_of(ledger, connection, first, plan.campaign.dedupe.history_days)}
        history = open_history(ledger, connection)
    return RunPast([first], [first.sha256] * len(plan.sources), pasts, history, _used(plan, pasts))


def _used(plan: Plan, pasts: dict[str, Past]) -> UsedHistory:
    dedupe = plan.campaign.dedupe
    return UsedHistory(
        history=dedupe.history,
        cross_vendor=dedupe.cross_vendor,
        history_days=dedupe.history_days,
        past=past_identity(pasts),
        runs=max((past.runs for past in pasts.values()), default=0),
        overlaps={},
    )


def enter(request: Request, past: RunPast) -> list[str]:
    """Enter the finished run. Returns the runs of later drops that were made with another past than is known now."""
    assert request.ledger is not None  # noqa: S101  # it was asked
    record_run(request.ledger, request.out, past.received, _received_at(request))
    return overtaken(request.ledger, max(drop.sequence for drop in past.received))


def _received_at(request: Request) -> datetime:
    """When drops came that the ledger has not seen."""
    return request.received_at or datetime.combine(request.as_of, time(), UTC)
