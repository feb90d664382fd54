"""A drop as it came: its files, how each is to be read, and their records in batches of bounded size."""

from __future__ import annotations

import codecs
import glob
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dialect import Dialect, detect_dialect
from pipeline.records import Records, Shape, split_block
from schemas.config import Layout
from schemas.errors import DropError

#: Columns of a raw batch beside the source's own, which are named ``src:<name>``.
SOURCE = "src:"


@dataclass(frozen=True)
class DropFile:
    """One file of a drop. ``dialect`` is None for Parquet. ``name`` is what outputs call it."""

    path: Path
    name: str
    columns: tuple[str, ...]
    dialect: Dialect | None

    def describe(self) -> dict[str, str]:
        """How it is read, for the manifest and for people."""
        return {"format": "parquet"} if self.dialect is None else {"format": "csv", **self.dialect.describe()}


@dataclass
class FileTally:
    """What reading a file found out; complete when its last batch was read."""

    sha256: str = ""
    size: int = 0
    records: int = 0
    careful_blocks: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def take(self, block: bytes) -> None:
        """Count and hash bytes as they are read."""
        self.size += len(block)
        self._digest.update(block)

    def close(self) -> None:
        """Fix the hash."""
        self.sha256 = self._digest.hexdigest()


def find_files(drops: list[str]) -> list[Path]:
    """Files that the command line names: a file, a folder (its files, by name) or a glob; in order, each once."""
    found: list[Path] = []
    for drop in drops:
        path = Path(drop)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file())
            if not inside:
                raise DropError(f"'{drop}' is a folder without a {' '.join(_SUFFIXES)} file.", "Name the drop's file.")
            found += inside
        elif path.exists():
            found.append(path)
        elif matches := sorted(glob.glob(drop, recursive=True)):  # noqa: PTH207  # the user's own pattern, absolute or not
            files = [Path(match) for match in matches if Path(match).is_file()]
            if not files:
                raise DropError(f"Drop '{drop}' names only folders.", "Name the files in them, as in 'drops/*.csv'.")
            found += files
        else:
            raise DropError(f"Drop '{drop}' does not exist.", "Check the path.")
    return list(dict.fromkeys(found))


_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


def open_drop(path: Path, name: str, layout: Layout) -> DropFile:
    """Find out how to read a file. `DropError` when it is missing, empty or neither CSV nor Parquet."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
        if magic == b"PAR1":
            return DropFile(path, name, tuple(pq.read_schema(path).names), None)
        dialect = detect_dialect(path, delimiter=layout.delimiter, encoding=layout.encoding)
    except OSError as error:
        raise DropError(f"Drop '{path}' cannot be read: {error.strerror}.", "Check its permissions.") from error
    except pa.ArrowInvalid as error:
        raise DropError(f"'{path}' is a damaged Parquet file.", "Ask the vendor to send it again.") from error
    return DropFile(path, name, dialect.columns, dialect)


def read_batches(drop: DropFile, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
    """Yield batches: ``src:`` columns as text, ``source_line`` (u64) and ``raw``; in reading order, all records."""
    try:
        if drop.dialect is None:
            yield from _read_parquet(drop, tally, block_bytes)
        else:
            yield from _read_csv(drop, drop.dialect, tally, block_bytes)
    except OSError as error:
        raise DropError(f"Drop '{drop.path}' cannot be read: {error}.", "Check the disk.") from error
    except UnicodeDecodeError as error:
        raise DropError(
            f"'{drop.path}' is not {error.encoding}: byte {error.start} does not fit.",
            "Correct the layout's encoding.",
        ) from error
    except DropError as error:
        raise DropError(f"'{drop.path}': {error.message}", error.hint) from error


def _blocks(drop: DropFile, dialect: Dialect, tally: FileTally, block_bytes: int) -> Iterator[bytes]:
    """Blocks of the file in UTF-8, without the byte order mark."""
    encoding = dialect.encoding
    decoder = None if encoding.codec == "utf-8" else codecs.getincrementaldecoder(encoding.codec)()
    with drop.path.open("rb") as stream:
        skip = encoding.bom
        while block := stream.read(block_bytes):
            tally.take(block)
            text = block[skip:]
            skip = 0
            yield text if decoder is None else decoder.decode(text).encode()
        if decoder is not None:
            yield decoder.decode(b"", final=True).encode()


def _read_csv(drop: DropFile, dialect: Dialect, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
    shape = Shape(len(dialect.columns), dialect.delimiter, [SOURCE + name for name in dialect.columns])
    rest, line, header_seen = b"", 1, False
    blocks = _blocks(drop, dialect, tally, block_bytes)
    block = next(blocks, None)
    while block is not None:
        following = next(blocks, None)
        text = rest + block if rest else block
        records = split_block(text, shape, line, last=following is None) if text else None
        if records is not None:
            rest, line = text[records.consumed :], line + records.lines_consumed
            tally.careful_blocks += records.careful
            frame = records.cells.with_columns(records.lines, records.raw.alias("raw"))
            if not header_seen and len(frame) > dialect.blank_lines:
                _check_header(records, dialect)
                frame, header_seen = frame.slice(dialect.blank_lines + 1), True
            tally.records += len(frame)
            if len(frame):
                yield frame
        block = following
    tally.close()


def _check_header(records: Records, dialect: Dialect) -> None:
    if records.cells.row(dialect.blank_lines) != dialect.header:
        raise DropError("the header line cannot be parsed.", "Correct its quotes, or name the delimiter in a layout.")


def _read_parquet(drop: DropFile, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
    with drop.path.open("rb") as stream:
        while block := stream.read(block_bytes):
            tally.take(block)
    tally.close()
    # Rows of a hundred bytes: about the same memory as a block of text.
    rows = max(block_bytes // 128, 1)
    with pq.ParquetFile(drop.path) as source:
        for part in source.iter_batches(rows):
            frame = pl.from_arrow(pa.Table.from_batches([part]))
            assert isinstance(frame, pl.DataFrame)  # noqa: S101  # a table always becomes a frame
            text = frame.select(_as_text(frame.get_column(name)).alias(SOURCE + name) for name in frame.columns)
            lines = pl.int_range(tally.records + 1, tally.records + len(frame) + 1, dtype=pl.UInt64, eager=True)
            tally.records += len(frame)
            yield text.with_columns(lines.alias("source_line"), pl.lit(None, pl.String).alias("raw"))


def _as_text(column: pl.Series) -> pl.Series:
    """Text as a person would have typed it; nested values as JSON."""
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(column.dtype) == column).fill_null(False)
        return column.cast(pl.String).zip_with(~is_whole, whole.cast(pl.String))
    if column.dtype.is_nested():
        wrapped = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode()).to_series()
        inner = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
        return inner.zip_with(column.is_not_null(), pl.repeat(None, len(column), dtype=pl.String, eager=True))
    if column.dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String).fill_null("")
