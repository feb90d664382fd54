"""The files of ``OUT/`` but for the manifest: clean, rejected, findings and the vendor's return."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from pipeline.context import Context
from pipeline.results.identity import program_version
from pipeline.results.parquet import ParquetOutput
from pipeline.results.vendor_csv import ReturnFile
from pipeline.results.verdict import Verdict
from schemas.columns import SCHEMA_VERSION
from schemas.findings import FINDING_SCHEMA
from schemas.frames import output_types
from schemas.manifest import OutputFile
from suppression.rules.data_transfers import not_returned

#: Name of the return file of a drop whose vendor was not named.
UNNAMED_VENDOR = "unnamed-vendor"


class ResultFiles:
    """Writes decided batches, in order."""

    def __init__(self, folder: Path, context: Context, run_id: str) -> None:
        metadata = {
            "run_id": run_id,
            "leadscrub.version": program_version(),
            "schema_version": SCHEMA_VERSION,
        }
        extra, original = list(context.extra_columns), list(context.columns)
        clean, rejected = output_types(extra, None), output_types(extra, original)
        self._folder = folder
        self._clean = ParquetOutput(folder / "clean.parquet", clean, context.codes, metadata)
        self._rejected = ParquetOutput(folder / "rejected.parquet", rejected, context.codes, metadata)
        self._findings = ParquetOutput(folder / "findings.parquet", FINDING_SCHEMA, context.codes, metadata)
        self._beside = ThreadPoolExecutor(1, "clean rows")
        self._pending = self._beside.submit(lambda: None)
        self._returns = None if context.rescrub else _return_file(folder, context)

    def add(self, verdict: Verdict, findings: pl.DataFrame) -> None:
        """Take a decided batch and its findings (`FINDING_SCHEMA`).

        Clean rows are written beside the others, and while the next batch is decided.
        """
        self._pending.result()
        self._pending = self._beside.submit(self._clean.add, verdict.clean)
        self._rejected.add(verdict.rejected)
        self._findings.add(findings)
        if self._returns is not None:
            self._returns.add(verdict.rejected)

    def close(self) -> dict[str, OutputFile]:
        """Finish all files; sizes, rows and hashes by name."""
        self._pending.result()
        self._beside.shutdown()
        written = (self._clean, self._rejected, self._findings)
        for file in written:
            file.close()
        rows = {file.path: file.rows for file in (*written, self._returns) if file is not None}
        for path in rows:
            path.touch()
        return {str(path.relative_to(self._folder)): output_file(path, count) for path, count in rows.items()}


def _return_file(folder: Path, context: Context) -> ReturnFile:
    (folder / "returns").mkdir()
    path = folder / "returns" / f"{context.vendor or UNNAMED_VENDOR}.csv"
    withheld = not_returned(context.rules) if context.rules is not None else frozenset()
    return ReturnFile(path, context.columns, context.codes, withheld)


def output_file(path: Path, rows: int) -> OutputFile:
    """Hash a written file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return OutputFile(sha256=digest, bytes=path.stat().st_size, rows=rows)
