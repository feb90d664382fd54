"""Memory that the libraries keep: Arrow shares C's, unless whoever runs the program chose otherwise."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

_ASK = """
from schemas.support.freed_memory import share_freed_memory
share_freed_memory()
import pyarrow
print(pyarrow.default_memory_pool().backend_name)
"""

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only GNU's C library has mallopt")


def _backend(**more: str) -> str:
    given = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"} | more
    done = subprocess.run([sys.executable, "-c", _ASK], env=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_arrow_takes_its_memory_from_c() -> None:
    assert _backend() == "system"


def test_a_pool_that_was_chosen_is_kept() -> None:
    assert _backend(ARROW_DEFAULT_MEMORY_POOL="mimalloc") == "mimalloc"
