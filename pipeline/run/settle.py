"""Between the passes: each run check compares what it gathered, once, over the whole run."""

from __future__ import annotations

from pipeline.run.run_state import RunState
from pipeline.stages.checks import Settlement
from pipeline.stages.registry import SETTLING


def settle(run: RunState) -> None:
    """Ask the ledger for the run's past, where there is one, and settle the checks in the order of what they follow."""
    if run.request.ledger is not None:
        from pipeline.run.ledger_session import ask  # noqa: PLC0415  # what a ledger needs is loaded where there is one

        with run.timer.step("ask the ledger"):
            run.past = ask(run.request, run.plan, run.files, keep=not run.request.dry_run)
    settlement = Settlement(run.records, run.past)
    for check in sorted(run.checks, key=lambda check: SETTLING.index(type(check))):
        with run.timer.step(f"settle {check.name}"):
            check.settle(settlement)
