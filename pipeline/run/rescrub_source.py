"""The clean rows of an earlier result as a table: read again, they keep their row, their provenance and their extra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.columns.mapping import Mapping
from pipeline.results.folder import table_path
from pipeline.results.verdict import Verdict
from pipeline.results.writer import output_file
from schemas.coded_findings import CodedFindings
from schemas.columns import EMAIL_SLOTS, EVIDENCE, PERSON, PHONE_SLOTS, WORD_LISTS
from schemas.errors import DropError, ListError
from schemas.files.as_text import as_text
from schemas.files.inputs import Input, LocalFile
from schemas.files.table import FileTally, Table
from schemas.frame_columns import EARLIER_FLAGS, EARLIER_ROW, SOURCE
from schemas.manifest import EarlierRun, Manifest
from schemas.support.arrow_columns import column
from suppression.erased import ERASED

#: Columns that say where a row came from: they stay what they are.
PROVENANCE = ("vendor", "source_file", "source_sha256", "source_sheet", "source_line")
_FIELDS = (*PERSON, *PHONE_SLOTS, *EMAIL_SLOTS, *EVIDENCE, "vendor_lead_id", "received_at")
#: Bytes of a clean row in text, roughly: batches of it take as much memory as those of a drop.
_ROW_BYTES = 256


class Earlier(NamedTuple):
    """A result that is scrubbed again. ``valid_until``: the last day on which all its clean rows may be used.

    ``released_by``: the review that released these rows, which the run had rejected; ``drops``: they are of these.
    """

    folder: Path
    manifest: Manifest
    valid_until: date | None
    released_by: str | None = None
    drops: tuple[str, ...] = ()

    @property
    def clean(self) -> Path:
        """Its clean rows."""
        return table_path(self.folder, "clean")

    def record(self) -> EarlierRun:
        """What the manifest of the new run says of it."""
        manifest = self.manifest
        return EarlierRun(
            run_id=manifest.run_id,
            as_of=manifest.as_of,
            clean_sha256=manifest.outputs["clean.parquet"].sha256,
            clean=manifest.counts.clean,
            valid_until=self.valid_until,
            released_by=self.released_by,
        )


class EarlierReader(NamedTuple):
    """Reads ``clean.parquet`` of a result. ``columns`` is field -> name of its source column."""

    input: Input
    run_id: str
    columns: dict[str, str]
    extra: tuple[str, ...]

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": "clean rows of a result", "run_id": self.run_id}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`; beside that, batches have `EARLIER_ROW`, `EARLIER_FLAGS` and `PROVENANCE`.

        Raises `DropError` when the file is damaged.
        """
        tally.take_whole(self.input, block_bytes)
        try:
            with self.input.open("rb") as stream, pq.ParquetFile(stream) as source:
                for part in source.iter_batches(max(block_bytes // _ROW_BYTES, 1)):
                    frame = pl.DataFrame(pl.from_arrow(part))
                    tally.records += len(frame)
                    yield self._as_read(frame)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DropError("The file is damaged.", "Scrub the vendor's drop again.") from error

    def _as_read(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = [_text(frame[name]).alias(SOURCE + column) for name, column in self.columns.items()]
        kept = frame.get_column("extra").struct.unnest()
        texts += [kept.get_column(name).alias(SOURCE + name) for name in self.extra]
        return pl.DataFrame(texts).with_columns(
            frame["row_id"].alias(EARLIER_ROW),
            *(frame[name] for name in PROVENANCE),
            frame["flags"].alias(EARLIER_FLAGS),
            pl.lit(None, pl.String).alias("raw"),
        )


def _text(column: pl.Series) -> pl.Series:
    return column.list.join(",") if column.name in WORD_LISTS else as_text(column)


def open_earlier(earlier: Earlier) -> tuple[Table, Mapping]:
    """Open the clean rows of a result, and say which column is which.

    Raises `DropError` when the file is missing, damaged or not the one that its run wrote.
    """
    given = LocalFile(earlier.clean)
    as_written = earlier.manifest.outputs["clean.parquet"]
    if not earlier.clean.is_file() or output_file(earlier.clean, as_written.rows) != as_written:
        raise DropError(f"'{given}' is not the file that its run wrote.", "Scrub the vendor's drop again.")
    try:
        with given.open("rb") as stream:
            schema = pq.read_schema(stream)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DropError(f"'{given}' is missing or damaged.", "Scrub the vendor's drop again.") from error
    # Parquet has no struct without fields: "_" is there for none.
    extra = tuple(name for name in schema.field("extra").type.names if name != "_")
    mapped = {name for file in earlier.manifest.inputs for name in file.mapping}
    columns = {name: f"lead.{name}" if name in extra else name for name in _FIELDS if name in mapped}
    reader = EarlierReader(given, earlier.manifest.run_id, columns, extra)
    names = (*columns.values(), *extra)
    why = dict.fromkeys(columns, "the earlier result")
    mapping = Mapping(columns, frozenset(), extra, (), (), why=why, read_before=True)
    return Table(given, earlier.clean.name, names, names, reader), mapping


def check_consulted(earlier: Earlier, kinds: set[str], packs: set[str]) -> None:
    """Check that every kind of list and every rule pack of the earlier run is used again.

    Raises `ListError` when one is not.
    """
    manifest = earlier.manifest
    for lst in manifest.lists:
        # Whether anybody was erased is the workspace's to say, and not the run's.
        if lst.kind not in kinds and lst.name != ERASED:
            raise ListError(
                f"The earlier run consulted list '{lst.name}' ({lst.kind}), and this one has none of its kind.",
                "Name one with --list, --dnc, --internal or --unsubscribe, or the --campaign that names it.",
            )
    lacking = sorted({pack.name for pack in manifest.rules.packs} - packs)
    if lacking:
        raise ListError(
            f"The earlier run applied the rule packs {', '.join(lacking)}, and this one does not.",
            "Name them with --rules, or the --campaign that does.",
        )


def numbered_as_before(verdict: Verdict, found: CodedFindings, held: pa.Table) -> tuple[Verdict, CodedFindings]:
    """Give decided rows and findings the ``row_id`` of the earlier run again. ``held`` is the batch, in order."""
    earlier = column(held, EARLIER_ROW)
    first = column(held, "row_id")[0].as_py()
    ids = verdict.clean.column("row_id").to_numpy() - np.uint64(first)
    clean = verdict.clean.set_column(0, "row_id", earlier.take(pa.array(ids)))

    places = verdict.rejected.column("row_id").to_numpy() - np.uint64(first)
    rejected = verdict.rejected.set_column(0, "row_id", earlier.take(pa.array(places)))
    return Verdict(clean, rejected), replace(found, row_id=earlier.to_numpy()[found.places(first)])
