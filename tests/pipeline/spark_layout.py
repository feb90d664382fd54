"""Results as a Spark job lays them out (docs/spark.md), made by a scrub on one machine: no Spark is started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.results.folder import PARQUETS
from pipeline.results.writer import output_file
from pipeline.run import second_pass
from pipeline.run.run_state import RunState
from schemas.manifest import Manifest, OutputFile, RowsProof

#: Rows of a part.
ROWS = 2


@contextmanager
def as_spark_lays_out() -> Iterator[None]:
    """Scrubs of this process write their tables as folders, a part for every two rows of the drop.

    Manifest, signature, ledger and log come after that, so they are of these files.
    """
    close = second_pass.close_run

    def close_in_parts(run: RunState, staging: Path, written: dict[str, OutputFile], proof: RowsProof) -> Manifest:
        for name in PARQUETS:
            del written[f"{name}.parquet"]
            written |= _in_parts(staging, name, run.records)
        return close(run, staging, written, proof)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_pass, "close_run", close_in_parts)
        yield


def _in_parts(staging: Path, name: str, records: int) -> dict[str, OutputFile]:
    whole = staging / f"{name}.parquet"
    table = pq.read_table(whole)
    whole.unlink()
    (staging / name).mkdir()
    files = {}
    for part, first in enumerate(range(0, max(records, 1), ROWS)):
        ids = table.column("row_id")
        rows = table.filter(pc.and_(pc.greater_equal(ids, first), pc.less(ids, first + ROWS)))
        path = staging / name / f"part-{part:05d}.parquet"
        with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
            if len(rows):
                writer.write_table(rows)
        files[f"{name}/{path.name}"] = output_file(path, len(rows))
    return files
