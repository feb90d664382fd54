"""How often the interpreter looks for objects that only hold each other."""

from __future__ import annotations

import gc
from typing import Final

#: What a command loads is some 150,000 objects, which stay: looking through them again and again took a tenth of a
#: small scrub, and a fifth of reading odd values. Every thread waits meanwhile: 70 ms for twice as many.
_NEW_OBJECTS: Final = 500_000


def seldom_collect() -> None:
    """Look for garbage only after so many new objects."""
    gc.set_threshold(_NEW_OBJECTS)


def end_without_collecting() -> None:
    """Let a process end without looking through all of its objects, which end with it. It takes as long."""
    gc.freeze()
