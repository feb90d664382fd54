"""Opens the catalogue of an Iceberg table, and says in our words what its library and its server complain of."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pipeline.reading.tables.urls import TableUrl
from schemas.config import WORKSPACE_FILE
from schemas.errors import DropError, LeadscrubError
from schemas.support.names import did_you_mean

#: What a system says of files that the table names, and libraries without a number.
_OF_THE_TABLE: Final = (None, errno.ENOENT, errno.EACCES, errno.EPERM)


def open_catalog(url: TableUrl) -> Any:
    """Open a catalogue by its name: with the properties of the workspace, beside those of pyiceberg's own file.

    Raises `DropError` when neither names it.
    """
    from pyiceberg.catalog import load_catalog  # noqa: PLC0415  # it needs the extra
    from pyiceberg.utils.config import Config  # noqa: PLC0415

    known = Config().config.get("catalog", {})
    names = list(known) if isinstance(known, dict) else []
    if not url.properties and url.place not in names:
        raise DropError(
            f"There is no catalogue '{url.place}'.",
            did_you_mean(url.place, names)
            or f"Describe it in ~/.pyiceberg.yaml, or in [remote.catalogs.{url.place}] of {WORKSPACE_FILE}.",
        )
    return load_catalog(url.place, **url.properties)


@contextmanager
def iceberg_faults(shown: str) -> Iterator[None]:
    """Turn what the library raises into a `DropError`. Its own messages may quote cells and secrets: not shown."""
    try:
        yield
    except (LeadscrubError, MemoryError):
        raise
    except Exception as error:
        kind = type(error).__name__
        if kind in ("UnauthorizedError", "ForbiddenError", "AuthorizationExpiredError") or isinstance(
            error, PermissionError
        ):
            raise DropError(f"Access to '{shown}' is denied.", "Check what your catalogue asks for.") from error
        if isinstance(error, OSError) and error.errno not in _OF_THE_TABLE:
            raise  # what is read is written to our own disk meanwhile
        if "equality delete" in str(error):
            raise DropError(
                f"'{shown}' has rows that are deleted by equality, which is not read here.",
                "Have the table compacted, or read it with 'leadscrub spark scrub'.",
            ) from error
        if isinstance(error, FileNotFoundError):
            raise DropError(
                f"'{shown}' names files that are gone.", "Check the table: a snapshot may have expired."
            ) from error
        raise DropError(
            f"'{shown}' cannot be read ({kind}).", "Check that the catalogue can be reached and the table is complete."
        ) from error
