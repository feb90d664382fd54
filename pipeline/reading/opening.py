"""Finds out what the files of a drop are, and opens the tables in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.reading.csv_table import open_csv
from pipeline.reading.files import find_files
from pipeline.reading.fixed_width import open_fixed_width
from pipeline.reading.remote import fetch, is_remote
from pipeline.reading.tables.opening import open_table
from pipeline.reading.tables.urls import table_url
from pipeline.reading.workbook_tables import open_workbook
from schemas.errors import DropError
from schemas.files.age_files import decrypted
from schemas.files.archives import is_packed, unpack
from schemas.files.arrow_table import open_arrow
from schemas.files.inputs import Input, LocalFile
from schemas.files.json_table import open_json
from schemas.files.kinds import Kind, is_xml, kind_of
from schemas.files.limits import limits
from schemas.files.spool import Spool
from schemas.files.table import Table
from schemas.layout import Layout
from schemas.support.shown import printable

if TYPE_CHECKING:  # few drops come from elsewhere
    from schemas.workspace import RemoteChoice

#: What the command line writes for a drop that comes on stdin.
STANDARD_INPUT = "-"


def open_drop(drops: list[str], layout: Layout, remote: RemoteChoice | None = None) -> list[Table]:
    """Open all tables of all that the command line names: paths, folders, globs, URLs, tables and ``-``, in order.

    ``remote``: what may be done over a network besides.
    """
    spool = Spool()
    inputs: list[Input] = []
    read: dict[Input, Table] = {}
    for drop in drops:
        for given in _inputs(drop, spool, remote, read):
            if given not in inputs:
                inputs.append(given)
    # What is no text, a result could not keep.
    names = [read[given].name if given in read else printable(str(given).rpartition("/")[2]) for given in inputs]
    tables: list[Table] = []
    for given, name in zip(inputs, names, strict=True):
        called = name if names.count(name) == 1 else printable(str(given))
        tables += [read[given]._replace(name=called)] if given in read else open_tables(given, called, layout, spool)
    return tables


def _inputs(drop: str, spool: Spool, remote: RemoteChoice | None, read: dict[Input, Table]) -> Sequence[Input]:
    """Find what one drop names. What is a table already, as one of a database, is put into ``read``."""
    if drop == STANDARD_INPUT:
        return [_standard_input(spool)]
    url = table_url(drop)
    if url is None and not is_remote(drop):
        return [LocalFile(path) for path in find_files([drop])]
    from schemas.workspace import RemoteChoice  # noqa: PLC0415  # as above

    allowed = remote or RemoteChoice()
    if url is None:
        return fetch(drop, spool, allowed)
    table = open_table(url, spool, allowed.catalogs)
    read.setdefault(table.input, table)
    return [table.input]


def _standard_input(spool: Spool) -> Input:
    """Take what comes on stdin to its end: readers go over a file more than once."""

    def watch(so_far: int) -> None:
        if so_far > limits().unpacked_bytes:
            raise DropError(
                f"What comes on stdin is larger than {limits().max_unpacked_gb} GB (max_unpacked_gb).",
                "Write it to a file.",
            )

    given = None if sys.stdin is None else spool.add(sys.stdin.buffer, "stdin", watch=watch)
    if given is None or not given.size:
        raise DropError("Nothing came on stdin.", "Send a drop to it, or name a file in place of '-'.")
    return given


def open_tables(given: Input | Path, name: str, layout: Layout, spool: Spool | None = None) -> list[Table]:
    """Open a file. Raises `DropError` when it is missing, empty or in no format that is read."""
    given = LocalFile(given) if isinstance(given, Path) else given
    spool = spool or Spool()
    try:
        kind = kind_of(given)
        if kind == "age":
            given = decrypted(given, spool)
            kind = kind_of(given)
        if not is_packed(kind):
            return _open(given, name, kind, layout, spool)
        tables = []
        for member in unpack(given, name, kind, spool):
            opened = _open(member.input, member.name, member.kind, layout, spool)
            tables += [opened[0]._replace(notes=(*member.notes, *opened[0].notes)), *opened[1:]]
        return tables
    except OSError as error:
        raise DropError(f"Drop '{given}' cannot be read: {error.strerror}.", "Check its permissions.") from error


def _open(given: Input, name: str, kind: Kind, layout: Layout, spool: Spool) -> list[Table]:
    """Open the tables of a file that is not packed."""
    if kind in ("parquet", "arrow"):
        return [open_arrow(given, name, kind, spool)]
    if kind in ("xlsx", "xlsb", "xls", "ods"):
        return open_workbook(given, name, kind, layout, spool)
    if layout.fields:
        return [open_fixed_width(given, name, layout)]
    if kind == "json":
        return [open_json(given, name, layout, spool)]
    if is_xml(given):
        raise DropError(f"'{given}' is XML, which is not read.", "Ask for the table itself, as CSV.")
    return open_csv(given, name, layout)
