"""The files of ``OUT/`` but for the manifest: clean, rejected, findings and the vendor's return."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Context
from pipeline.results.canonical_rows import Digests, FindingHashes, RowHashes, canonical_columns
from pipeline.results.identity import program_version
from pipeline.results.lane import Lane
from pipeline.results.parquet import SELDOM_REPEATS, ParquetOutput
from pipeline.results.row_proof import in_order
from pipeline.results.row_tree import RowTree
from pipeline.results.vendor_csv import Returned, ReturnFile
from pipeline.results.verdict import Verdict
from schemas.coded_findings import SAID_SCHEMA, CodedFindings
from schemas.columns import POINTS, SCHEMA_VERSION
from schemas.findings import FINDING_SCHEMA
from schemas.frame_columns import ORIGINAL
from schemas.frames import output_types
from schemas.manifest import OutputFile, RowsProof
from schemas.support.arrow_columns import column, few_values
from schemas.support.many_hashes import DIGEST

#: Name of the return file of a drop whose vendor was not named.
UNNAMED_VENDOR = "unnamed-vendor"
#: Columns of text, or of lists of it, of clean and rejected that have few different values in a whole run.
_FEW = frozenset(
    {"run_id", "vendor", "source_file", "source_sheet", "source_sha256", "phone_type", "phone_region", "time_zones"}
    | {"channels", "reason", "reasons", "reason_detail", "disposition", "flags"}
)


class ResultRows(NamedTuple):
    """A decided batch in the form of the outputs."""

    clean: pa.Table
    rejected: pa.Table
    findings: pa.Table
    returned: Returned | None
    hashes: Digests


class ResultFiles:
    """Writes decided batches, in order; with ``beside`` each file on a thread of its own. A context manager."""

    def __init__(self, folder: Path, context: Context, run_id: str, *, beside: bool) -> None:
        metadata = {
            "run_id": run_id,
            "leadscrub.version": program_version(),
            "schema_version": SCHEMA_VERSION,
        }
        extra, original = list(context.extra_columns), list(context.columns)
        clean, rejected = output_types(extra, None), output_types(extra, original)
        self._folder = folder
        self._clean = ParquetOutput(folder / "clean.parquet", clean, context.codes, metadata, _FEW)
        self._rejected = ParquetOutput(
            folder / "rejected.parquet", rejected, context.codes, metadata, _FEW, _repeating_cells(context)
        )
        self._findings = ParquetOutput(
            folder / "findings.parquet", FINDING_SCHEMA, context.codes, metadata, frozenset(SAID_SCHEMA)
        )
        self._columns = canonical_columns(extra, original)
        self._hashes = RowHashes(self._columns)
        self._tree = RowTree(folder)
        self._returns = None if context.rescrub else return_file(folder, context)
        self._lanes = {
            name: Lane(f"write {name}", beside=beside) for name in ("clean", "rejected", "findings", "returns")
        }

    def formed(self, verdict: Verdict, found: CodedFindings) -> ResultRows:
        """Check a decided batch and its findings and form what is written. Runs on any thread."""
        clean, rejected = self._clean.formed(verdict.clean), self._rejected.formed(verdict.rejected)
        said = _encoded(found)
        findings = self._findings.formed_alike(pa.table({"row_id": found.row_id}), said, found.which)
        hashed = FindingHashes(found.row_id, found.which, self._hashes.of_findings(said))
        both = ((clean, "clean"), (rejected, "rejected"))
        return ResultRows(
            clean,
            rejected,
            findings,
            None if self._returns is None else self._returns.formed(verdict.rejected),
            in_order(*((table["row_id"], self._hashes.of(table, name, hashed)) for table, name in both)),
        )

    def add(self, rows: ResultRows) -> None:
        """Take a batch. Waits while too many others wait to be written."""
        self._tree.add(rows.hashes)
        self._lanes["clean"].do(self._clean.add, rows.clean)
        self._lanes["rejected"].do(self._rejected.add, rows.rejected)
        self._lanes["findings"].do(self._findings.add, rows.findings)
        if self._returns is not None and rows.returned is not None:
            self._lanes["returns"].do(self._returns.add, rows.returned)

    def close(self) -> dict[str, OutputFile]:
        """Finish all files; sizes, rows and hashes by name."""
        parquets = {"clean": self._clean, "rejected": self._rejected, "findings": self._findings}
        for name, parquet in parquets.items():
            self._lanes[name].do(ParquetOutput.close, parquet)
        for lane in self._lanes.values():
            lane.finish()
        written = {parquet.path.name: parquet.file for parquet in parquets.values()}
        if self._returns is not None:
            path = self._returns.path
            path.touch()
            written[str(path.relative_to(self._folder))] = output_file(path, self._returns.rows)
        return written

    def proof(self, threads: int = 1) -> RowsProof:
        """The root over all rows that were taken."""
        return RowsProof(root=self._tree.root(threads).hex(), rows=self._tree.rows, columns=self._columns)

    def save_hashes(self, path: Path) -> None:
        """Write the hashes of the rows, for whoever puts the parts of a result together (`together_proof`)."""
        with path.open("wb") as file:
            file.writelines(rows.tobytes() for rows in self._tree.hashes())

    @property
    def seconds(self) -> dict[str, float]:
        """How long writing took, by file."""
        return {lane.name: seconds for lane in self._lanes.values() for seconds in lane.timer.seconds.values()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for lane in self._lanes.values():
            lane.stop()
        self._tree.close()


def together_proof(parts: Iterable[Path], context: Context, folder: Path) -> RowsProof:
    """The root over the rows of a result that was written in parts, from the hashes of each, in order."""
    with RowTree(folder) as tree:
        for path in parts:
            with path.open("rb") as file:
                while content := file.read(DIGEST << 14):
                    tree.add(np.frombuffer(content, np.uint8).reshape(-1, DIGEST))
        columns = canonical_columns(list(context.extra_columns), list(context.columns))
        return RowsProof(root=tree.root().hex(), rows=tree.rows, columns=columns)


def return_file(folder: Path, context: Context) -> ReturnFile:
    """Begin the file with what goes back to the vendor of a run."""
    (folder / "returns").mkdir()
    path = folder / "returns" / f"{context.vendor or UNNAMED_VENDOR}.csv"
    withheld = frozenset[str]()
    if context.rules is not None:
        from suppression.rules.data_transfers import not_returned  # noqa: PLC0415  # only runs with rule packs need the law

        withheld = not_returned(context.rules)
    return ReturnFile(path, context.columns, context.codes, withheld)


def _repeating_cells(context: Context) -> list[str]:
    """The source columns that are fields whose values repeat, as they are called in rejected.parquet."""
    named = [each for source in context.sources for each in source.mapping.fields.items()]
    seldom = {name for field, name in named if field in SELDOM_REPEATS}
    return sorted({f"{ORIGINAL}.{name}" for _, name in named if name not in seldom})


def _encoded(found: CodedFindings) -> pa.Table:
    """What findings say, with the different texts of each column apart, but for details: most of them differ."""
    codes, of_code = found.codes
    text = pa.large_string()
    columns = {
        "code": few_values(pa.array(codes, text), of_code),
        "point": few_values(pa.array([*POINTS, None], text), found.points),
    }
    table = found.said.drop(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
    for name in table.column_names:
        values = column(table, name)
        columns[name] = values if name == "detail" else values.dictionary_encode()
    return pa.table({name: columns[name] for name in found.said.columns})


def output_file(path: Path, rows: int) -> OutputFile:
    """Hash a written file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return OutputFile(sha256=digest, bytes=path.stat().st_size, rows=rows)
