"""Work that is done in order on a thread of its own, a little of it at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from schemas.support.interrupts import submit
from schemas.support.timer import Timer

Given = TypeVar("Given")

#: What may wait: more costs memory, and helps only while the others are late.
_WAITING = 1


class Lane:
    """Does one thing after the other, beside its caller, or at once. ``timer``: how long it took."""

    def __init__(self, name: str, *, beside: bool) -> None:
        self.name, self.timer = name, Timer()
        self._pool = ThreadPoolExecutor(1, name) if beside else None
        self._waiting: deque[Future[None]] = deque()

    def do(self, work: Callable[[Given], None], given: Given) -> None:
        """Do ``work(given)`` after what came before. Waits while too much waits; raises what earlier work raised."""
        if self._pool is None:
            self._timed(work, given)
            return
        while len(self._waiting) > _WAITING:
            self._waiting.popleft().result()
        self._waiting.append(submit(self._pool, self._timed, work, given))

    def finish(self) -> None:
        """Wait until all is done; raises what it raised."""
        while self._waiting:
            self._waiting.popleft().result()
        self.stop()

    def stop(self) -> None:
        """End the thread; what waits is not begun."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _timed(self, work: Callable[[Given], None], given: Given) -> None:
        with self.timer.step(self.name):
            work(given)
