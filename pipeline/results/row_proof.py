"""The tree over the rows of a result that was written before: to check its root, and to prove one row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.results.canonical_rows import Digests, FindingHashes, RowHashes, alike, canonical_columns
from pipeline.results.folder import table_files
from pipeline.results.row_tree import RowTree
from schemas.manifest import RowsProof
from schemas.support.arrow_columns import column
from schemas.support.many_hashes import DIGEST

_OUTPUTS: Final = ("clean", "rejected")
#: Hashes that are taken back from the disk at a time.
_LOT: Final = 1 << 16


def in_order(*outputs: tuple[pa.ChunkedArray, Digests]) -> Digests:
    """The hashes of the rows of both outputs, each with its row_id, as one in the order of these."""
    numbers = np.concatenate([ids.to_numpy() for ids, _ in outputs])
    hashes = np.concatenate([hashes for _, hashes in outputs])
    if len(numbers) and numbers.max() - numbers.min() == len(numbers) - 1:
        # None is missing between them: each says itself where it comes.
        ordered = np.empty_like(hashes)
        # As one value each: numpy copies parts of them one by one.
        places, whole = (numbers - numbers.min()).astype(np.int64), np.dtype((np.void, DIGEST))
        ordered.view(whole)[places] = hashes.view(whole)
        return ordered
    return hashes[np.argsort(numbers, kind="stable")]


@contextmanager
def tree_of(folder: Path, columns: list[str]) -> Iterator[RowTree]:
    """The tree over all rows in a result's folder. ``columns``: as its manifest names them.

    Raises `KeyError` when a file has another column, `pyarrow.ArrowException` or `OSError` when one cannot be read.
    """
    with RowTree() as tree:
        for hashes in _in_lots(folder, RowHashes(columns)):
            tree.add(hashes)
        yield tree


def place_of(folder: Path, row_id: int) -> int:
    """The place of a row among all rows of a result, which is that of its leaf."""
    return sum(int(np.count_nonzero(_row_ids(folder, name) < row_id)) for name in _OUTPUTS)


def proof_of(folder: Path) -> RowsProof:
    """The root over the rows in a folder, for a manifest: as when a result is written again without some rows."""
    with table_files(folder, "rejected")[0].open("rb") as stream:
        schema = pq.read_schema(stream)
    columns = canonical_columns(*(_fields(schema.field(name).type) for name in ("extra", "original")))
    with tree_of(folder, columns) as tree:
        return RowsProof(root=tree.root().hex(), rows=tree.rows, columns=columns)


def row_hash(folder: Path, columns: list[str], output: str, row_id: int) -> tuple[pa.Table, bytes]:
    """A row of one of the outputs as a table, and its hash. Raises `KeyError` when it is not in there."""
    table = pq.read_table(table_files(folder, output), filters=[("row_id", "=", row_id)])
    if not len(table):
        raise KeyError(row_id)
    hashes = RowHashes(columns)
    return table, hashes.of(table, output, hashed_findings(hashes, findings_of(folder, table)))[0].tobytes()


def _fields(struct: pa.StructType) -> list[str]:
    return [struct.field(place).name for place in range(struct.num_fields)]


def hashed_findings(row_hashes: RowHashes, findings: pa.Table) -> FindingHashes:
    """The hashes of a table of findings, which is in the order of their rows."""
    texts = [column(findings, name).dictionary_encode() for name in findings.column_names if name != "row_id"]
    which, rows_of = alike(texts, len(findings))
    said = findings.take(pa.array(rows_of)) if len(findings) else findings
    return FindingHashes(findings["row_id"].to_numpy(), which, row_hashes.of_findings(said))


def _in_lots(folder: Path, row_hashes: RowHashes) -> Iterator[Digests]:
    """The hashes of all rows in the order of row_id; they are brought into it on disk."""
    ids = {name: _row_ids(folder, name) for name in _OUTPUTS}
    count = sum(map(len, ids.values()))
    if not count:
        return
    with tempfile.TemporaryFile() as file:
        hashes = np.memmap(file, np.uint8, "w+", shape=(count, DIGEST))
        for name, other in zip(_OUTPUTS, reversed(_OUTPUTS), strict=True):
            places = np.arange(len(ids[name])) + np.searchsorted(ids[other], ids[name])
            for rows in _row_groups(folder, name):
                found = row_hashes.of(rows, name, hashed_findings(row_hashes, findings_of(folder, rows)))
                hashes[places[: len(found)]] = found
                places = places[len(found) :]
        yield from (np.asarray(hashes[first : first + _LOT]) for first in range(0, count, _LOT))


def _row_groups(folder: Path, name: str) -> Iterator[pa.Table]:
    for path in table_files(folder, name):
        with pq.ParquetFile(path) as parquet:
            for group in range(parquet.num_row_groups):
                rows = parquet.read_row_group(group)
                if len(rows):  # other writers write row groups without rows
                    yield rows


def findings_of(folder: Path, rows: pa.Table) -> pa.Table:
    """The findings of rows that are next to each other; row groups of the file that have none are not read."""
    first, last = (rows["row_id"][place].as_py() for place in (0, -1))
    return pq.read_table(
        table_files(folder, "findings"), filters=[("row_id", ">=", first), ("row_id", "<=", last)], use_threads=False
    )


def _row_ids(folder: Path, name: str) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    ids: np.ndarray[tuple[int], np.dtype[np.uint64]] = pq.read_table(table_files(folder, name), columns=["row_id"])[
        "row_id"
    ].to_numpy()
    return ids
