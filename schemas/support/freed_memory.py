"""How much memory the libraries of C and Arrow may keep although nothing is in it.

Other C libraries than GNU's have no such calls, and keep less.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

Item = TypeVar("Item")

#: The numbers of settings (malloc.h).
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
#: How many lots of freed memory all threads share: each thread would have one of its own, with hundreds of megabytes of
#: arrays that are gone.
_ARENAS: Final = 2
#: What is so large has memory of its own, which the system has back when it is gone. Otherwise blocks of a file would
#: be cut out of the shared memory, where the next one, a few bytes longer, does not fit: it would grow with the file.
_LARGE: Final = 16 << 20
#: How much may be free at the end of the shared memory: what is given back there is cleared before it is needed again,
#: by the next batch.
_FREE: Final = 256 << 20
#: Batches of a run between which `give_back_memory` is worth its price.
_GIVE_BACK: Final = 8


def share_freed_memory() -> None:
    """Let all threads that are yet to begin share the memory of arrays that are gone, but for large ones.

    Arrow's as well: memory of its own it gives back after every batch, and the system clears it before the next one.
    """
    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        setting(_ARENA_MAX, _ARENAS)
        setting(_MMAP_THRESHOLD, _LARGE)
        setting(_TRIM_THRESHOLD, _FREE)


def giving_back(batches: Iterable[Item]) -> Iterator[Item]:
    """Yield the batches of a run, and give back what some of them have left behind every now and then."""
    for number, batch in enumerate(batches, start=1):
        yield batch
        del batch  # its memory is for the next one
        if number % _GIVE_BACK == 0:
            give_back_memory()


def give_back_memory() -> None:
    """Return the memory of arrays that are gone to the system. It takes some 10 ms."""
    import pyarrow as pa  # noqa: PLC0415  # most commands need none

    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
