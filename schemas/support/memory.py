"""Memory that a process keeps although nothing is in it: how much of it the C library may keep.

Other C libraries than GNU's have no such calls, and keep less.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

#: The number of this setting (malloc.h), and how many lots of freed memory all threads share; each thread would have
#: its own, with hundreds of megabytes of arrays that are gone.
_ARENA_MAX, _ARENAS = -8, 2


def share_freed_memory() -> None:
    """Let the threads that begin from now on share the memory of arrays that are gone."""
    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        setting(_ARENA_MAX, _ARENAS)


def give_back_memory() -> None:
    """Return the memory of arrays that are gone to the system."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
