"""Prints which clean rows are about to go stale."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from pipeline.ledger.expiring import Expiring
from pipeline.terminal import plain_table, print_lines, write_json


def print_expiring(found: list[Expiring], as_of: date, *, as_json: bool) -> None:
    """Print them as a table, or as JSON."""
    if as_json:
        documents = [asdict(run) | {"valid_until": str(run.valid_until)} for run in found]
        write_json(documents)
        return
    if not found:
        print_lines("no clean rows go stale in that time")
        return
    table = plain_table()
    for name in ("vendor", "clean rows", "usable until", "days left", "result"):
        table.add_column(name, justify="right" if name in ("clean rows", "days left") else "left")
    for run in found:
        days = (run.valid_until - as_of).days if run.valid_until is not None else 0
        table.add_row(run.vendor, f"{run.clean:,}", str(run.valid_until), f"{days:,}", run.out)
    table.print()
