"""Reading ahead: what comes next is made on another thread while the last is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

from schemas.support.interrupts import interrupts_wait

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item], depth: int = 2) -> Iterator[Item]:
    """Yield ``items`` in order, made on another thread, at most ``depth`` waiting. Errors are raised here.

    Without ``depth`` each is made here when it is asked for.
    """
    if not depth:
        yield from items
        return
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
    try:
        with interrupts_wait():  # what has begun to start can be waited for only when it has
            thread.start()
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()
