"""Work on several batches at once, in order: the stages run on threads, since they leave the interpreter."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from schemas.support.interrupts import submit

Item = TypeVar("Item")
Done = TypeVar("Done")

#: More threads than this gain nothing, since the reader before them and the writer behind them are one each, and every
#: batch that is under way takes memory.
MOST_THREADS = 8


def in_order(work: Callable[[Item], Done], items: Iterable[Item], threads: int) -> Iterator[Done]:
    """Yield ``work(item)`` for each item, in order, on that many threads (at most `MOST_THREADS`).

    One item more is under way, so that no thread waits while a result is used. With one thread everything is done here.
    """
    if threads < 2:
        yield from map(work, items)
        return
    threads = min(threads, MOST_THREADS)
    with ThreadPoolExecutor(threads, "stages") as pool:
        waiting: deque[Future[Done]] = deque()
        try:
            for item in items:
                waiting.append(submit(pool, work, item))
                del item
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
