"""Work on several batches at once, in order: reading ahead, and the stages on threads (they leave the interpreter)."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")


def in_order(work: Callable[[Item], Done], items: Iterable[Item], threads: int) -> Iterator[Done]:
    """Yield ``work(item)`` for each item, in order, on that many threads; no more than that many are under way."""
    if threads < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads, "stages") as pool:
        waiting: deque[Future[Done]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def read_ahead(items: Iterator[Item], depth: int = 2) -> Iterator[Item]:
    """Yield ``items`` in order, made on another thread, at most ``depth`` waiting. Errors are raised here."""
    waiting: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()

    def hand_over(item: Item | None, error: BaseException | None) -> bool:
        while not stop.is_set():
            try:
                waiting.put((item, error), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not hand_over(item, None):
                    return
        except BaseException as error:  # raised again by the reader of the queue
            hand_over(None, error)
        else:
            hand_over(None, None)

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        thread.join()
