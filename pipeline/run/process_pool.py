"""Carries out per-value library calls on all cores, when there are enough of them to be worth it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from schemas.support.garbage import seldom_collect
from schemas.support.interrupts import children_without_interrupts, on_interrupt

if TYPE_CHECKING:  # loaded with the first processes, as below
    from concurrent.futures import ProcessPoolExecutor

In = TypeVar("In")
Out = TypeVar("Out")

#: Below this, handing values to other processes costs more than it saves.
_WORTH_IT = 4_000
_CHUNK = 2_000
_SAFE_PATH = "PYTHONSAFEPATH"


def _begin() -> None:
    """End a worker when its parent is gone, however that ended: nobody would hand it work again."""
    seldom_collect()
    import multiprocessing  # noqa: PLC0415  # as below

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel,), daemon=True).start()


def _wait_for(sentinel: int) -> None:
    from multiprocessing import connection  # noqa: PLC0415  # as below

    connection.wait([sentinel])
    os._exit(1)


class Pool:
    """An `Apply` that starts its processes at first need: a small drop never waits for them."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None
        self._starting = threading.Lock()

    def __call__(self, work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
        """Return the results of all chunks, here or from the processes. `rest` may not be called meanwhile."""
        if self._processes < 2 or len(items) < _WORTH_IT:
            return work(items)
        with self._starting:
            if self._executor is None:
                import multiprocessing  # noqa: PLC0415  # most drops need no processes
                from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

                # Never fork: polars and Arrow hold threads and locks that a forked child would inherit mid-flight.
                self._executor = ProcessPoolExecutor(
                    self._processes, multiprocessing.get_context("spawn"), initializer=_begin
                )
        chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
        with children_without_interrupts():  # it starts its processes as work is handed to it
            parts = self._executor.map(work, chunks)
        return [result for part in parts for result in part]

    def stop(self) -> None:
        """End the processes at once: whoever waits for their work gets an error."""
        import multiprocessing  # noqa: PLC0415  # as above

        for process in multiprocessing.active_children():
            process.kill()

    def rest(self) -> None:
        """End the processes, which take some 180 MB each, until there is work for them again."""
        with self._starting:
            if self._executor is not None:
                self._executor.shutdown(cancel_futures=True)
                self._executor = None


@contextmanager
def process_pool(processes: int) -> Iterator[Pool]:
    """Give an `Apply` on that many processes; with one, everything is done here. Ctrl-C does not wait for them."""
    pool = Pool(processes)
    # A new Python looks for modules in the current folder first, where a vendor's drop may be: not with this set.
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        with on_interrupt(pool.stop):
            yield pool
    finally:
        pool.rest()
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before
