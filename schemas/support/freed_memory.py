"""How much memory the C library may keep although nothing is in it.

Other C libraries than GNU's have no such calls, and keep less.
"""

from __future__ import annotations

import ctypes
from typing import Final

#: The number of this setting (malloc.h), and how many lots of freed memory all threads share: each thread would have
#: one of its own, with hundreds of megabytes of arrays that are gone.
_ARENA_MAX: Final = -8
_ARENAS: Final = 2


def share_freed_memory() -> None:
    """Let all threads that are yet to begin share the memory of arrays that are gone."""
    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        setting(_ARENA_MAX, _ARENAS)


def give_back_memory() -> None:
    """Return the memory of arrays that are gone to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
