"""Tasks of a job, one for each part: started, heard, and what stops one said in our words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import LeadscrubError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Lines that one partition behind a shuffle compares in memory: some hundred megabytes.
_LINES: Final = 4_000_000


def places(session: SparkSession, count: int) -> DataFrame:
    """A row for each of so many places, each in a partition of its own."""
    return session.range(0, count, 1, max(count, 1))


def partitions(lines: int) -> int:
    """How many partitions compare so many lines."""
    return max(1, -(-lines // _LINES))


def collected(frame: DataFrame) -> list[Any]:
    """Run a job and bring its rows here. Raises `LeadscrubError` when a task failed as often as Spark tries it."""
    try:
        return list(frame.collect())
    except Exception as error:
        raise stopped(error) from error


def stopped(error: Exception) -> LeadscrubError:
    """What to say of a job that failed; words of other libraries may quote cells."""
    ours = re.search(r"leadscrub: (internal error [^\n]*)", str(error))
    if ours is not None:
        return LeadscrubError(f"A task of the Spark job failed: {ours[1]}.", "Nothing was changed. Please report it.")
    return LeadscrubError(
        f"The Spark job failed ({type(error).__name__}); nothing was changed.",
        "Why is in the log of the task that failed, on its executor.",
    )
