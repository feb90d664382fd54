"""The progress bar on stderr: rows, rows per second, time left. Silent when nobody is watching."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from pipeline.terminal import clear_sign, is_quiet, is_verbose, print_step
from schemas.support.figures import counted

if TYPE_CHECKING:  # loaded only where somebody watches
    from rich.progress import Progress, TaskID


class Report(Protocol):
    """Told how far the run is: share done of the current pass (0 to 1) and rows so far."""

    def __call__(self, step: str, share: float, rows: int) -> None:
        """Show it."""
        ...


def silent(step: str, share: float, rows: int) -> None:
    """Show nothing."""


class _Steps:
    """Prints a line when a step begins, and how many rows it had when it is done."""

    def __init__(self) -> None:
        self._step, self._rows = "", 0

    def __call__(self, step: str, share: float, rows: int) -> None:
        if step != self._step:
            self.end()
            self._step = step
            print_step(step)
        self._rows = rows

    def end(self) -> None:
        """Say what the last step came to."""
        if self._step:
            print_step(f"{self._step}: {counted(self._rows, 'row')}")


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Give a `Report` that draws on stderr when that is a terminal, or prints each step where that is wanted."""
    if is_verbose():
        steps = _Steps()
        yield steps
        steps.end()
        return
    if is_quiet() or not sys.stderr.isatty():
        yield silent
        return
    with ExitStack() as drawing:
        yield _Bars(drawing)


class _Bars:
    """Draws a bar for each step. Until the first one begins, the sign of life of the command stays."""

    def __init__(self, drawing: ExitStack) -> None:
        self._drawing = drawing
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, share: float, rows: int) -> None:
        if self._bars is None:
            clear_sign()
            self._bars = self._drawing.enter_context(_drawn())
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=1.0, rows=0, rate=0.0)
        task = self._bars.tasks[self._tasks[step]]
        elapsed = task.elapsed or 0.0
        self._bars.update(task.id, completed=share, rows=rows, rate=rows / elapsed if elapsed else 0.0)


def _drawn() -> Progress:
    from rich.console import Console  # noqa: PLC0415  # as above
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
