"""What of a command is told as lineage: where to, and what a person is told when it did not arrive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.lineage.jobs import Lineage


@contextmanager
def lineage_of(workspace: Path | None, *, dry_run: bool = False) -> Iterator[Lineage]:
    """Give what tells of the command's runs; at the end, say on stderr what did not arrive.

    Raises `ConfigError` when [lineage] of the workspace names nothing to send to, or what must not be sent to.
    """
    from pipeline.lineage.jobs import Lineage  # noqa: PLC0415
    from pipeline.terminal import print_notes  # noqa: PLC0415

    lineage = Lineage()
    if workspace is not None and not dry_run:
        from pipeline.lineage.opening import open_lineage  # noqa: PLC0415

        lineage = open_lineage(workspace, os.environ, lambda: datetime.now(UTC))
    try:
        yield lineage
    finally:
        print_notes(*lineage.close())


def plain_files(drops: Iterable[str]) -> list[str]:
    """The drops that name one file: not those that name a folder, several, or stdin."""
    return [drop for drop in drops if "://" in drop or Path(drop).is_file()]
