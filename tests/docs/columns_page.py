"""The data dictionary: every column of every output, with its type and what it means."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl

from schemas.columns import COMMON_COLUMNS, REJECTED_COLUMNS, dtype_of
from schemas.findings import FINDING_SCHEMA

_STRUCT = "struct of texts"
_TYPES = {
    pl.String(): "text",
    pl.Boolean(): "true, false",
    pl.Date(): "day",
    pl.Time(): "time",
    pl.Datetime("us", "UTC"): "instant (µs, UTC)",
    pl.List(pl.String()): "list of texts",
}


def columns_page() -> str:
    """Every column as Markdown. A column that nobody describes raises `KeyError`."""
    means = tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))
    leads = {name: dtype_of(name) for name in COMMON_COLUMNS} | {"extra": None}
    rejected = {name: dtype_of(name) for name in REJECTED_COLUMNS} | {"original": None, "raw": pl.String()}
    lines = [
        "# Every column of every output",
        "",
        "Absent values are null. Contact points that may not be used are null too.",
    ]
    for title, columns, said in (
        ("`clean.parquet` and `rejected.parquet`", leads, means["leads"]),
        ("`rejected.parquet` besides", rejected, means["rejected"]),
        ("`findings.parquet`", dict(FINDING_SCHEMA), means["findings"]),
    ):
        assert set(columns) == set(said), sorted(set(columns) ^ set(said))
        lines += ["", f"## {title}", "", "| column | type | means |", "|---|---|---|"]
        lines += [f"| `{name}` | {_type(dtype)} | {said[name]} |" for name, dtype in columns.items()]
    return "\n".join(lines) + "\n"


def _type(dtype: pl.DataType | None) -> str:
    if dtype is None:
        return _STRUCT
    return _TYPES.get(dtype, f"number ({str(dtype).lower()})" if dtype.is_integer() else "text")
