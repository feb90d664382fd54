"""Spark's own daemon, which forks the processes of tasks, with the imports of tasks done: each would do them."""

from __future__ import annotations

import sys

import pyspark.daemon
import pyspark.worker

import pipeline.spark.check_part
import pipeline.spark.compare
import pipeline.spark.decide_part
import pipeline.spark.delta_tables  # noqa: F401
from tests.process_server import prepare

if __name__ == "__main__":
    prepare()
    # Each task forgets what it knows of archives on the path, and reads their tables of contents again.
    sys.path[:] = [path for path in sys.path if not path.endswith(".zip")]
    sys.path_importer_cache.clear()
    pyspark.daemon.manager()
