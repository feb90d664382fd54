"""CPU of each stage of a scrub, one after the other on one thread: where its time goes, whatever else the machine does.

    python -m tests.bench.stages scrub drop.csv -o out …

Takes the words of the command line. The ``timings`` of the result's manifest are seconds of CPU.
"""

from __future__ import annotations

import gc
import os
import sys
import time

import pyarrow as pa

from pipeline.cli.main import run_words
from schemas.support import timer


def main(words: list[str]) -> int:
    """Run a command of leadscrub; returns its exit code."""
    # Polars reads it when it is imported, which the command does.
    os.environ["POLARS_MAX_THREADS"] = "1"
    pa.set_cpu_count(1)
    timer.clock = time.process_time
    gc.set_threshold(50_000)  # as the command does for itself
    return run_words([*words, "--threads", "1"]).code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
