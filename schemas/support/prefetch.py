"""Reading ahead: what comes next is made on another thread while the last is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

from schemas.support.interrupts import interrupts_wait

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item], depth: int = 2) -> Iterator[Item]:
    """Yield ``items`` in order, made on another thread; at most ``depth`` are made or wait. Errors are raised here.

    Without ``depth`` each is made here when it is asked for.
    """
    if not depth:
        yield from items
        return
    made: queue.SimpleQueue[tuple[Item | None, BaseException | None]] = queue.SimpleQueue()
    room, stop = threading.Semaphore(depth), threading.Event()

    def work() -> None:
        try:
            while room.acquire() and not stop.is_set():
                item = next(items, None)
                made.put((item, None))
                if item is None:
                    return
                del item  # whoever takes it is the only one who has it
        except BaseException as error:  # raised again by the reader of the queue
            made.put((None, error))

    thread = threading.Thread(target=work, name="read-ahead", daemon=True)
    try:
        with interrupts_wait():  # what has begun to start can be waited for only when it has
            thread.start()
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is None:
                return
            room.release()
            yield item
            del item
    finally:
        stop.set()
        room.release()
        if thread.ident is not None:
            thread.join()
