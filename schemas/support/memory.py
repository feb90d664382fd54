"""Memory that a process keeps although nothing is in it."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back_memory() -> None:
    """Return to the system what allocators keep of arrays that are gone.

    The C library's keeps hundreds of megabytes after many threads worked on large arrays. Other C libraries than GNU's
    have no such call.
    """
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
