"""Keeps compiled templates, which take longer to compile than a small drop to scrub."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket, bc_magic

from schemas.support.user_cache import cache_folder, read_cache, write_cache


class TemplateCache(BytecodeCache):
    """Compiled templates in the user's cache, one file each. Its name says what it was compiled from, by what.

    ``options``: something that changes when options of the environment do.
    """

    def __init__(self, options: bytes) -> None:
        # The magic number knows Python's version and the form of the file, not what jinja2 compiles to.
        self._made_by = (version("jinja2"), bc_magic, options)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill ``bucket`` where the template was compiled before."""
        code = read_cache(self._file(bucket))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, where that is possible."""
        with suppress(OSError):
            write_cache(self._file(bucket), bucket.bytecode_to_string())

    def _file(self, bucket: Bucket) -> Path:
        parts = (self._made_by, bucket.key, bucket.checksum)
        return cache_folder() / f"page-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.bin"
