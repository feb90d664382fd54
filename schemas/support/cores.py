"""How many cores this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Count the cores that the process may run on: fewer than the machine's in a container or under ``taskset``."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
