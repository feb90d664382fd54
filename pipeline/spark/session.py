"""Starts Spark for the command line, and finds out whether what it names are files or a table."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.reading.files import refuse_lake
from pipeline.run.request import Request
from pipeline.run.scrub import Result
from pipeline.spark.scrub import scrub_drop, scrub_rows
from schemas.errors import DropError, UsageError
from schemas.support.cores import usable_cores

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PARQUET = ".parquet"


@contextmanager
def spark_session(master: str | None) -> Iterator[SparkSession]:
    """Give the session of ``spark-submit``, else one on this machine, which ends with the command.

    Raises `UsageError` when Spark is not installed or finds no Java that it runs on.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415  # there with an extra only
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("Spark is not installed.", "Install the extra: pip install 'leadscrub[spark]'.") from error
    before = SparkSession.getActiveSession()
    if before is not None:
        yield before
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("leadscrub")
    # Tasks share the cores: none needs threads of its own.
    builder = builder.config("spark.executorEnv.POLARS_MAX_THREADS", "1")
    if master is not None:
        builder = builder.master(master)
    elif "PYSPARK_GATEWAY_PORT" not in os.environ:
        builder = builder.master(f"local[{usable_cores()}]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # words of its start, which nobody can do anything about
            session = builder.getOrCreate()
    except PySparkException as error:
        raise UsageError(
            "Spark could not be started.",
            "It needs Java 17 or later: set JAVA_HOME. What went wrong is above, in Spark's own words.",
        ) from error
    try:
        session.sparkContext.setLogLevel("ERROR")
        yield session
    finally:
        session.stop()


def scrub_named(session: SparkSession, request: Request, delta: Path | None = None) -> Result:
    """Scrub what the command line names. Parquet and tables are read by Spark, other files each by one task.

    Raises `DropError` when it is neither a path nor a table, and what `leadscrub.scrub` raises.
    """
    rows = _rows_of(session, request.drops)
    return scrub_drop(session, request, delta=delta) if rows is None else scrub_rows(rows, request, delta=delta)


def _rows_of(session: SparkSession, drops: list[str]) -> DataFrame | None:
    """The rows that Spark itself reads; None where the names are files of a drop."""
    paths = [Path(drop) for drop in drops]
    if all(_is_parquet(path) for path in paths):
        for path in paths:
            refuse_lake(path)
        return session.read.parquet(*(path.absolute().as_uri() for path in paths))
    if len(drops) == 1 and not paths[0].exists() and "/" not in drops[0] and "*" not in drops[0]:
        if not session.catalog.tableExists(drops[0]):
            raise DropError(
                f"'{drops[0]}' is neither a file nor a table of Spark's catalogue.", "Check the path, or the name."
            )
        return session.table(drops[0])
    return None


def _is_parquet(path: Path) -> bool:
    """Whether a path is a Parquet file, or a folder in which nothing else is."""
    if path.is_dir():
        inside = [each for each in path.rglob("*") if each.is_file() and not each.name.startswith(("_", "."))]
        return bool(inside) and all(each.suffix == _PARQUET for each in inside)
    return path.is_file() and path.suffix == _PARQUET
