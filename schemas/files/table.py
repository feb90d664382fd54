"""A table of a drop: what the pipeline sees of a file, whatever its format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import polars as pl

from schemas.errors import FileError
from schemas.files.inputs import Delivery, Input, Rows
from schemas.files.limits import refuse_rows
from schemas.frame_columns import SOURCE


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

    def take_whole(self, given: Input, block_bytes: int = 4 << 20) -> None:
        """Count and hash a file that is not read from its start to its end; rows of a table have their hash."""
        if isinstance(given, Rows):
            self.sha256, self.size = given.sha256, given.size
            return
        with given.open("rb") as stream:
            while block := stream.read(block_bytes):
                self.take(block)
        self.close()

    def close(self) -> None:
        """Fix the hash."""
        self.sha256 = self._digest.hexdigest()


def delivery_of(given: Input, tally: FileTally) -> Delivery:
    """Return the file as the vendor sent it: an archive, where the table's file came out of one."""
    return given.delivery or Delivery(tally.sha256, tally.size)


class Reader(Protocol):
    """How the records of one table are read."""

    def describe(self) -> dict[str, str]:
        """How it is read, for the manifest and for people: ``format``, and what else was understood."""
        ...

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """Yield batches: ``src:`` columns as text, ``source_line`` (u64) and ``raw``; in reading order, all records.

        ``tally`` takes the bytes of the table's file as they are read and counts the records.
        """
        ...


class Table(NamedTuple):
    """One table of a drop. ``name`` is what outputs call its file, ``sheet`` the part of it that the table is.

    ``columns`` are the header's names, made unique; ``header`` is as it came. Without header, ``columns`` are named by
    their position. ``notes`` are sentences for a person about what was passed over or inferred.
    """

    input: Input
    name: str
    columns: tuple[str, ...]
    header: tuple[str, ...]
    reader: Reader
    sheet: str | None = None
    notes: tuple[str, ...] = ()
    has_header: bool = True

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.input}" if self.sheet is None else f"{self.input} [{self.sheet}]"


def read_batches(table: Table, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
    """Yield the batches of a table (see `Reader.batches`). Raises `FileError` that names the faulty file."""
    for batch in _named_faults(table, tally, block_bytes):
        refuse_rows(table.place, tally.records)
        yield batch
        del batch


def _named_faults(table: Table, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
    try:
        yield from table.reader.batches(tally, block_bytes)
    except OSError as error:
        raise FileError(f"Drop '{table.place}' cannot be read: {error}.", "Check the disk.") from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"'{table.place}' is not {error.encoding}: byte {error.start} does not fit.",
            "Correct the layout's encoding.",
        ) from error
    except FileError as error:
        raise FileError(f"'{table.place}': {error.message}", error.hint) from error


def first_rows(table: Table, block_bytes: int = 256 << 10) -> pl.DataFrame:
    """Return the first batch of a table, for a look at its values; it may have no rows."""
    empty = pl.DataFrame(schema=dict.fromkeys([SOURCE + name for name in table.columns], pl.String()))
    return next(read_batches(table, FileTally(), block_bytes), empty)
