"""Files as vendors send them, one small one of each format: what mutations begin with."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.pipeline.reading.builders import Cell, ods_content, write_ods, write_xls, write_xlsb, write_xlsx

HEADER: Final = ("lead id", "name", "phone", "email", "note")
ROWS: Final = 40


def _leads() -> list[tuple[str, str, str, str, str]]:
    note = ("", 'said "call, later"', "două", "a;b", "x" * 40)
    return [(str(n), f"Ann {n}", f"202-555-01{n:02}", f"ann{n}@example.com", note[n % len(note)]) for n in range(ROWS)]


def _quoted(cell: str, delimiter: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if delimiter in cell or '"' in cell else cell


def _text(delimiter: str, codec: str = "utf-8", end: str = "\n") -> bytes:
    rows = [HEADER, *_leads()]
    return end.join(delimiter.join(_quoted(cell, delimiter) for cell in row) for row in rows).encode(
        codec
    ) + end.encode(codec.replace("utf-16", "utf-16-le"))


def _frame() -> pl.DataFrame:
    return pl.DataFrame(_leads(), schema=list(HEADER), orient="row")


def _objects() -> list[dict[str, object]]:
    return [dict(zip(HEADER, row, strict=True)) | {"tags": ["a", {"b": n}]} for n, row in enumerate(_leads())]


def _made(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        write(path)
        return path.read_bytes()


def _cells() -> list[list[Cell]]:
    rows: list[list[Cell]] = [[int(number), *rest] for number, *rest in _leads()]
    return [list(HEADER), *rows]


def _typed() -> pa.Table:
    """What a warehouse exports: numbers, days, a list and a dictionary besides text."""
    table: pa.Table = _frame().to_arrow(compat_level=pl.CompatLevel.oldest())
    numbers = list(range(ROWS))
    return (
        table.append_column("score", pa.array(numbers, pa.int32()))
        .append_column("day", pa.array(numbers, pa.date32()))
        .append_column("tags", pa.array([["a"] * (n % 3) for n in numbers], pa.list_(pa.string())))
        .append_column("state", pa.array(["TX", "FL", None, "NY"] * (ROWS // 4)).dictionary_encode())
    )


def _arrow(path: Path, *, stream: bool = False, compression: str | None = None) -> None:
    table = _typed()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(str(path), table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=16)


def _zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, codec="zstd", asbytes=True)
    return packed


_MAKERS: Final[dict[str, Callable[[], bytes]]] = {
    "leads.csv": lambda: _text(","),
    "semicolons.csv": lambda: _text(";", "utf-8", "\r\n"),
    "utf16.csv": lambda: _text(",", "utf-16"),
    "leads.tsv": lambda: _text("\t"),
    "leads.json": lambda: json.dumps(_objects()).encode(),
    "leads.jsonl": lambda: "".join(json.dumps(each) + "\n" for each in _objects()).encode(),
    "leads.parquet": lambda: _made(lambda path: pq.write_table(_typed(), path, row_group_size=16)),
    "plain.parquet": lambda: _made(
        lambda path: pq.write_table(_typed(), path, compression="none", use_dictionary=False, data_page_version="2.0")
    ),
    "leads.arrow": lambda: _made(_arrow),
    "stream.arrow": lambda: _made(lambda path: _arrow(path, stream=True)),
    "zstd.arrow": lambda: _made(lambda path: _arrow(path, compression="zstd")),
    "views.arrow": lambda: _made(lambda path: _frame().write_ipc(path)),
    "leads.xlsx": lambda: _made(lambda path: write_xlsx(path, {"Leads": _cells(), "More": _cells()[:5]})),
    "leads.xlsb": lambda: _made(lambda path: write_xlsb(path, "Leads", _cells())),
    "leads.xls": lambda: _made(lambda path: write_xls(path, {"Leads": _cells()})),
    "leads.ods": lambda: _made(lambda path: write_ods(path, ods_content({"Leads": _cells()}))),
    "leads.zip": lambda: _zip({"a/leads.csv": _text(","), "more.jsonl": json.dumps(_objects()[0]).encode()}),
    "leads.csv.gz": lambda: gzip.compress(_text(","), mtime=0),
    "leads.csv.bz2": lambda: bz2.compress(_text(",")),
    "leads.csv.zst": lambda: _zstd(_text(",")),
}
NAMES: Final = tuple(_MAKERS)


@cache
def sample(name: str) -> bytes:
    """The bytes of one of `NAMES`."""
    return _MAKERS[name]()
