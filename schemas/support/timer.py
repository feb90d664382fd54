"""Where a run's time goes: seconds by step, over all batches."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")

#: What time is. A benchmark of one thread takes `time.process_time`, and learns the processor's time by step.
clock = time.perf_counter


class Timer:
    """Adds up seconds of wall time by step; steps of several threads overlap."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a block of code."""
        began = clock()
        try:
            yield
        finally:
            self._add(name, clock() - began)

    def items(self, name: str, items: Iterator[Item]) -> Iterator[Item]:
        """Time how long each item takes to come."""
        while True:
            with self.step(name):
                item = next(items, None)
            if item is None:
                return
            yield item
            del item  # not held while the next one comes

    def merge(self, seconds: Mapping[str, float]) -> None:
        """Add what another timer measured."""
        for name, more in seconds.items():
            self._add(name, more)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by step, to the millisecond."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()}

    def _add(self, name: str, seconds: float) -> None:
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds
