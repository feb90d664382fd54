"""The progress bar on stderr: rows, rows per second, time left. Silent when nobody is watching."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Report(Protocol):
    """Told how far the run is: share done of the current pass (0 to 1) and rows so far."""

    def __call__(self, step: str, share: float, rows: int) -> None:
        """Show it."""
        ...


def silent(step: str, share: float, rows: int) -> None:
    """Show nothing."""


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Give a `Report` that draws on stderr when that is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def report(step: str, share: float, rows: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=1.0, rows=0, rate=0.0)
            task = bar.tasks[tasks[step]]
            elapsed = task.elapsed or 0.0
            bar.update(task.id, completed=share, rows=rows, rate=rows / elapsed if elapsed else 0.0)

        yield report
