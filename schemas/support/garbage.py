"""How often the interpreter looks for objects that only hold each other."""

from __future__ import annotations

import gc
from typing import Final

#: What a command loads is some 150,000 objects, which stay: looking through them again and again took a tenth of a
#: small scrub, and a fifth of reading odd values.
_NEW_OBJECTS: Final = 200_000


def seldom_collect() -> None:
    """Look for garbage only after so many new objects."""
    gc.set_threshold(_NEW_OBJECTS)
