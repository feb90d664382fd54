"""Spark's own daemon, which forks the processes of tasks, with the imports of tasks done: each would do them."""

from __future__ import annotations

import gc
import sys

import pyspark.daemon
import pyspark.worker

import pipeline.spark.check_part
import pipeline.spark.compare
import pipeline.spark.decide_part
import pipeline.spark.delta_tables  # noqa: F401

if __name__ == "__main__":
    # Each task forgets what it knows of archives on the path, and reads their tables of contents again.
    sys.path[:] = [path for path in sys.path if not path.endswith(".zip")]
    gc.freeze()
    pyspark.daemon.manager()
