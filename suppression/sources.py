"""The files that a version is built from, hashed beside the reading of them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from schemas.list_version import SourceFile
from schemas.support.shown import printable

_BLOCK = 1 << 20


@contextmanager
def hashing(paths: Sequence[Path]) -> Iterator[Callable[[], list[SourceFile]]]:
    """Hash files on another thread; what is yielded waits for them. Leaving early stops it."""
    stop = threading.Event()
    with ThreadPoolExecutor(1, "hash-sources") as pool:
        files = [pool.submit(_source_file, path, stop) for path in paths]
        try:
            yield lambda: [file.result() for file in files]
        finally:
            stop.set()


def hash_files(paths: Sequence[Path]) -> list[SourceFile]:
    """Name, SHA-256 and size of each file."""
    with hashing(paths) as sources:
        return sources()


def _source_file(path: Path, stop: threading.Event) -> SourceFile:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while not stop.is_set() and (block := stream.read(_BLOCK)):
            digest.update(block)
    return SourceFile(name=printable(path.name), sha256=digest.hexdigest(), bytes=path.stat().st_size)
