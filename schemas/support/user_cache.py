"""What was compiled once, kept in the user's cache: read back when it is whole and nobody else can have written it.

A file appears in one step when it is complete, so that two processes at once, or one that is killed, leave nothing
half-written.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

_DIGEST_BYTES = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Where compiled code is kept: ``leadscrub`` in the user's cache (XDG_CACHE_HOME, else ~/.cache)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadscrub"


def read_cache(path: Path) -> bytes | None:
    """Return the compiled code, None where there is none that is whole and can only have been written by its owner."""
    try:
        with path.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            content = stream.read()
    except OSError:
        return None
    if hasattr(os, "getuid") and (facts.st_uid not in (os.getuid(), 0) or facts.st_mode & 0o022):
        return None
    digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return code if hashlib.sha256(code).digest() == digest else None


def write_cache(path: Path, code: bytes) -> None:
    """Put compiled code where `read_cache` finds it. Raises `OSError` where that cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(hashlib.sha256(code).digest() + code)
        beside.chmod(0o644)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
