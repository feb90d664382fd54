"""Opens a result folder that an earlier scrub wrote."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from pipeline.results.manifest_file import MANIFEST, read_manifest
from schemas.errors import UsageError
from schemas.manifest import Manifest, OutputFile
from schemas.support.places import refuse_odd_name

PARQUETS = ("clean", "rejected", "findings")


def open_manifest(out: Path) -> Manifest:
    """Read the manifest of a result. Raises `UsageError` when the folder is none, or the manifest is damaged."""
    refuse_odd_name(out)
    if not (out / MANIFEST).is_file():
        raise UsageError(f"'{out}' is not a result of leadscrub: it has no {MANIFEST}.", "Name the folder given to -o.")
    try:
        return read_manifest(out)
    except (ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"'{out / MANIFEST}' is damaged.", "Run 'leadscrub verify', or scrub again.") from error


def is_result(folder: Path) -> bool:
    """Whether a folder holds a result, also one that lacks a table: of one machine, or of a cluster in folders."""
    tables = (path for name in PARQUETS for path in table_files(folder, name))
    return (folder / MANIFEST).is_file() and any(path.is_file() for path in tables)


def table_files(out: Path, name: str) -> list[Path]:
    """The files of one of the outputs, in the order of their rows: one, or those of a folder that a cluster wrote.

    Absolute, so that no library takes their beginning for a URL or for a home folder.
    """
    folder = (out / name).absolute()
    return sorted(folder.glob("part-*.parquet")) if folder.is_dir() else [folder.with_name(f"{name}.parquet")]


def table_path(out: Path, name: str) -> Path:
    """The one file of an output, absolute. Raises `UsageError` for a result of a cluster: its outputs are folders."""
    if (out / name).is_dir():
        raise UsageError(
            f"'{out}' is the result of a Spark job, whose tables are folders of files.",
            "Scrub the drop again as a Spark job; 'export' and all other commands take them as they are.",
        )
    return table_files(out, name)[0]


def is_whole(out: Path, manifest: Manifest) -> bool:
    """Whether a result has the files of its tables that its manifest names, and no others of their names."""
    return all(has_table(out, manifest, name) for name in PARQUETS)


def named_files(manifest: Manifest, name: str) -> dict[str, OutputFile]:
    """The files of one of the outputs as a manifest names them, in the order of their rows."""
    files = sorted(manifest.outputs.items())
    return {each: file for each, file in files if each.removesuffix(".parquet").partition("/")[0] == name}


def has_table(out: Path, manifest: Manifest, name: str) -> bool:
    """Whether a result has the files of one of its tables that its manifest names, and no others of their names."""
    files, named = table_files(out, name), {out.absolute() / each for each in named_files(manifest, name)}
    return set(files) == named and all(path.is_file() for path in files)


def scan(out: Path, name: str) -> pl.LazyFrame:
    """Scan one of the outputs. Its path is a path: no glob either, whatever is in it."""
    return pl.scan_parquet(table_files(out, name), glob=False, hive_partitioning=False)


def files_of_rows(out: Path, rows: Iterable[int]) -> list[str]:
    """The files of a result that have these rows, by their names in its folder: of clean rows, then of rejected."""
    ids = sorted(rows)
    return [
        path.relative_to(out.absolute()).as_posix()
        for name in ("clean", "rejected")
        for path in table_files(out, name)
        if len(rows_in(path, ids))
    ]


def rows_in(path: Path, rows: list[int]) -> list[int]:
    """Those of ``rows`` that a file of a result has."""
    scanned = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    return scanned.select("row_id").filter(pl.col("row_id").is_in(rows)).collect()["row_id"].to_list()


def earliest_valid_until(out: Path) -> date | None:
    """Return the last day on which all clean rows of a result may be used; None when none of them ages."""
    day = scan(out, "clean").select(pl.col("valid_until").min()).collect().item()
    return day if isinstance(day, date) else None


def rows_in_review(out: Path) -> int:
    """Rejected rows of a result that a person may release."""
    waiting = scan(out, "rejected").filter(pl.col("disposition") == "review")
    return int(waiting.select(pl.len()).collect().item())
