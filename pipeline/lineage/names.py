"""What a dataset is called, by the naming rules of OpenLineage, where the same file has one name for every program.

Whole phones and emails in a name are masked, as everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from pipeline.reading.tables.urls import TableUrl, is_table, table_url, written
from schemas.support.shown import shown

#: The namespace of files on the machine's own disks.
LOCAL: Final = "file"


class DatasetName(NamedTuple):
    """Namespace and name."""

    namespace: str
    name: str


def file_name(place: str | Path, sheet: str | None = None) -> DatasetName:
    """The name of a file, a folder or an object: a path or a URL. ``sheet`` of it, where it is a workbook."""
    text = str(place)
    if is_table(text) and (table := table_url(text)) is not None:
        return _table_name(table)
    behind = "" if sheet is None else f"#{sheet}"
    if "://" not in text:
        return DatasetName(LOCAL, shown(str(Path(text).absolute()) + behind))
    url = urlsplit(text)
    return DatasetName(f"{url.scheme}://{url.netloc.rpartition('@')[2]}", shown(url.path.lstrip("/") + behind))


def _table_name(url: TableUrl) -> DatasetName:
    """Of whatever version: each is the same dataset. PostgreSQL has a name in OpenLineage's rules, a lake its place."""
    table = written(url.table)
    if url.kind == "delta":
        return DatasetName(LOCAL, shown(str(Path(url.place).absolute())))
    if url.kind == "duckdb":
        return DatasetName(LOCAL, shown(f"{Path(url.place).absolute()}#{table}"))
    if url.kind == "iceberg":
        return DatasetName(f"iceberg://{url.place}", shown(table))
    server = urlsplit(url.place)
    return DatasetName(
        f"postgres://{server.netloc.rpartition('@')[2]}", shown(f"{server.path.removeprefix('/')}.{table}")
    )


def list_name(namespace: str, name: str) -> DatasetName:
    """The name of a suppression list: each version of it is the same dataset."""
    return DatasetName(namespace, f"lists/{shown(name)}")
