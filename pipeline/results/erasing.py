"""Writes a result again without a person: their rows stay as rejected rows that have a number and nothing else.

So every row is still accounted for, and no other row gets another number. Tables are read and written a row group at a
time.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.results.folder import PARQUETS, rows_in, scan, table_files
from schemas.codes import CODES, ERASED_ROW
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.manifest import Counts, InputFile, Manifest
from schemas.support.places import new_file

#: Who says that a row was erased, in its finding.
_SOURCE: Final = "leadscrub subject erase"
#: What is kept of a row: by these it is accounted for.
_KEPT: Final = ("row_id", "source_file", "source_sha256", "source_sheet", "vendor", "run_id")


@dataclass(frozen=True)
class ErasedRows:
    """Rows that were erased, as they had been: ``clean`` and ``rejected``, without what is personal in them."""

    clean: pl.DataFrame
    rejected: pl.DataFrame

    def __len__(self) -> int:
        return len(self.clean) + len(self.rejected)

    @property
    def places(self) -> set[tuple[str, int]]:
        """Files and lines that they came from, by which a file of returns or an example of a report names them."""
        return {
            (file, line)
            for frame in (self.clean, self.rejected)
            for file, line in frame.select("source_file", "source_line").rows()
            if line is not None
        }


def erase_rows(out: Path, folder: Path, row_ids: set[int], day: str) -> ErasedRows:
    """Write the tables of a result into another folder, without what is in these rows; those that are erased already
    stay as they are. Of a result in parts those are written that have such rows. ``day``: what the rows say, as the day
    on which they were erased."""
    ids = sorted(row_ids)
    erased = ErasedRows(_rows(out, "clean", ids), _not_yet(_rows(out, "rejected", ids)))
    fresh = sorted([*erased.clean["row_id"].to_list(), *erased.rejected["row_id"].to_list()])
    detail = f"erased on {day}, as the person may ask"
    kept = pl.concat([erased.clean.select(_KEPT), erased.rejected.select(_KEPT)])
    tombs = kept.with_columns(
        reason=pl.lit(ERASED_ROW),
        reasons=pl.lit([ERASED_ROW]),
        reason_detail=pl.lit(detail),
        disposition=pl.lit(CODES[ERASED_ROW].disposition),
        channels=pl.lit([], pl.List(pl.String)),
        flags=pl.lit([], pl.List(pl.String)),
    )
    found = kept.select("row_id").with_columns(
        code=pl.lit(ERASED_ROW), effect=pl.lit("block"), source=pl.lit(_SOURCE), detail=pl.lit(detail)
    )
    parts = list(zip(*(table_files(out, name) for name in PARQUETS), strict=True))
    for part in parts:
        here = fresh if len(parts) == 1 else _of_part(part, fresh)
        if here:
            of_part = pl.col("row_id").is_in(here)
            for path, added in zip(part, (None, tombs.filter(of_part), found.filter(of_part)), strict=True):
                target = folder / path.relative_to(out.absolute())
                target.parent.mkdir(exist_ok=True, mode=0o700)
                _rewrite(path, target, here, added)
    for path in sorted((out / "returns").glob("*.csv")) if (out / "returns").is_dir() else []:
        (folder / "returns").mkdir(exist_ok=True, mode=0o700)
        without_lines(path, folder / "returns" / path.name, erased.places)
    return erased


def _of_part(part: tuple[Path, ...], ids: list[int]) -> list[int]:
    """Those of the rows that are in a part: its clean, its rejected and its findings are of the same rows."""
    clean, rejected, _ = part
    return sorted([*rows_in(clean, ids), *rows_in(rejected, ids)])


def _rows(out: Path, name: str, ids: list[int]) -> pl.DataFrame:
    """What is counted of these rows, and what is kept."""
    wanted = [
        *_KEPT,
        "source_line",
        "reason",
        "reasons",
        "disposition",
        "channels",
        "flags",
        *PHONE_SLOTS,
        *EMAIL_SLOTS,
    ]
    schema = scan(out, name).collect_schema()
    columns = [
        pl.col(name).is_not_null() if name in (*PHONE_SLOTS, *EMAIL_SLOTS) else pl.col(name)
        for name in wanted
        if name in schema
    ]
    return scan(out, name).filter(pl.col("row_id").is_in(ids)).select(columns).collect()


def _not_yet(rejected: pl.DataFrame) -> pl.DataFrame:
    return rejected.filter(pl.col("reason") != ERASED_ROW)


def _rewrite(path: Path, target: Path, ids: list[int], added: pl.DataFrame | None) -> None:
    """Copy a table in the order of rows without these, and with those that are ``added``."""
    unwanted = pl.Series(ids, dtype=pl.UInt64)
    waiting = None if added is None else added.sort("row_id")
    new_file(target).close()
    with path.open("rb") as stream, pq.ParquetFile(stream) as file:
        schema = file.schema_arrow
        with pq.ParquetWriter(target.absolute(), schema, compression="zstd", compression_level=1) as writer:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                ids_here = pl.Series(table.column("row_id").to_numpy(), dtype=pl.UInt64)
                table = table.filter(pa.array((~ids_here.is_in(unwanted.implode())).to_numpy()))
                if waiting is not None:
                    is_last = number == file.num_row_groups - 1
                    due = waiting if is_last else waiting.filter(pl.col("row_id") <= ids_here.max())
                    waiting = waiting.slice(len(due))
                    table = _merged(table, due, schema)
                if len(table):  # no reader expects a row group without rows
                    writer.write_table(table)
            if waiting is not None and len(waiting) and not file.num_row_groups:
                writer.write_table(_merged(schema.empty_table(), waiting, schema))


def _merged(table: pa.Table, added: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    if added.is_empty():
        return table
    given = added.to_arrow(compat_level=pl.CompatLevel.oldest())
    columns = [
        given.column(field.name).cast(field.type)
        if field.name in given.column_names
        else pa.nulls(len(given), field.type)
        for field in schema
    ]
    both = pa.concat_tables([table, pa.table(columns, schema=schema)])
    return both.take(pa.array(pl.Series(both.column("row_id").to_numpy()).arg_sort().to_numpy()))


def without_lines(path: Path, target: Path, places: set[tuple[str, int]]) -> int:
    """Copy a file of returns as a run writes it, without rows of these files and lines. Returns how many went."""
    gone = 0
    with path.open(encoding="utf-8", newline="") as stream, new_file(target) as sink:
        for number, (text, cells) in enumerate(_records(stream)):
            if number and _place(cells) in places:
                gone += 1
            else:
                sink.write(text.encode())
    return gone


def count_lines(path: Path) -> int:
    """Rows of a file of returns, below its header; none of an empty file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return max(sum(1 for _ in _records(stream)) - 1, 0)


def _records(stream: io.TextIOBase) -> Iterator[tuple[str, list[str]]]:
    """Records of a CSV with their texts."""
    lines: list[str] = []

    def remembered() -> Iterator[str]:
        for line in stream:
            lines.append(line)
            yield line

    for cells in csv.reader(remembered()):
        yield "".join(lines), cells
        lines.clear()
    if lines:
        yield "".join(lines), []


def _place(cells: list[str]) -> tuple[str, int] | None:
    # A name that begins as a formula does has an apostrophe before it.
    if len(cells) > 2 and cells[2].isdecimal():
        return cells[1].removeprefix("'") if cells[1][:1] == "'" else cells[1], int(cells[2])
    return None


def counts_without(manifest: Manifest, erased: ErasedRows) -> Manifest:
    """The manifest with counts as they are when these rows are rejected rows without content."""
    inputs = []
    for file in manifest.inputs:
        clean, rejected = (_of_file(frame, file, manifest) for frame in (erased.clean, erased.rejected))
        used = {
            slot: points.model_copy(update={"usable": points.usable - int(clean.get_column(slot).sum())})
            if slot in clean.columns
            else points
            for slot, points in file.points.items()
        }
        inputs.append(file.model_copy(update={"counts": _counts(file.counts, clean, rejected), "points": used}))
    return manifest.model_copy(
        update={"inputs": inputs, "counts": _counts(manifest.counts, erased.clean, erased.rejected)}
    )


def _of_file(frame: pl.DataFrame, file: InputFile, manifest: Manifest) -> pl.DataFrame:
    """Rows of one table of the drop."""
    mine = frame.filter(pl.col("source_file") == file.name)
    sheets = [each for each in manifest.inputs if each.name == file.name]
    return mine if len(sheets) < 2 else mine.filter(pl.col("source_sheet").eq_missing(pl.lit(file.sheet, pl.String)))


def _counts(counts: Counts, clean: pl.DataFrame, rejected: pl.DataFrame) -> Counts:
    rows = len(clean) + len(rejected)
    if not rows:
        return counts
    reasons, primary = Counter(counts.by_reason), Counter(counts.by_primary_reason)
    reasons.subtract(rejected.get_column("reasons").explode().drop_nulls().to_list())
    primary.subtract(rejected.get_column("reason").to_list())
    reasons[ERASED_ROW] += rows
    primary[ERASED_ROW] += rows
    flags, channels = Counter(counts.by_flag), Counter(counts.by_channel)
    flags.subtract([flag for frame in (clean, rejected) for flag in frame.get_column("flags").explode().drop_nulls()])
    channels.subtract(clean.get_column("channels").explode().drop_nulls().to_list())
    return counts.model_copy(
        update={
            "clean": counts.clean - len(clean),
            "rejected": counts.rejected + len(clean),
            "by_reason": _some(reasons),
            "by_primary_reason": _some(primary),
            "by_flag": _some(flags),
            "by_channel": _some(channels),
        }
    )


def _some(counter: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counter.items()) if count > 0}
