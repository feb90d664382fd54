"""One job on the data of `registry_data`, as a process of its own; the answer is one JSON object on stdout.

    python -m tests.bench.registry_tasks screen FOLDER --store STORE --list NAME --point phone|email
    python -m tests.bench.registry_tasks duckdb FOLDER
    python -m tests.bench.registry_tasks polars FOLDER
    python -m tests.bench.registry_tasks hash FOLDER

`hits` and `checksum` (of the row ids that are listed) must be the same from all of them for the same leads.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

DAY = date(2026, 11, 21)
Answer = dict[str, Any]
#: Leads in a batch: about as many as a run reads at once (4 MB).
_BATCH = 1 << 15


@contextmanager
def _timed(answer: Answer, name: str) -> Iterator[None]:
    """Add wall and CPU seconds of all threads under ``name``."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    answer[name] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def _found(rows: pl.Series) -> Answer:
    return {"hits": len(rows), "checksum": int(rows.cast(pl.UInt64).sum())}


def screen(folder: Path, args: argparse.Namespace) -> Answer:
    """Open a list of a store and screen all leads as a run does: in batches on two threads, to findings.

    Twice: the first time the files are looked at, they are checked as well.
    """
    from schemas.support.ordered_map import in_order
    from suppression.screening import screen_points
    from suppression.store import Store

    answer: Answer = {}
    leads = pl.read_parquet(folder / f"{args.point}s.parquet").drop("number", strict=False)
    with _timed(answer, "open"):
        opened = Store(Path(args.store)).open(args.list, DAY)
    screened = partial(screen_points, lists=[opened])
    with _timed(answer, "first"):
        found = pl.concat(in_order(screened, leads.iter_slices(_BATCH), 2))
    with _timed(answer, "again"):
        pl.concat(in_order(screened, leads.iter_slices(_BATCH), 2))
    return answer | _found(found.get_column("row_id").unique())


def hashing(folder: Path, args: argparse.Namespace) -> Answer:
    """Hash all addresses as screening them does, and nothing else."""
    from schemas.recipes import parse_recipe

    answer: Answer = {}
    emails = pl.read_parquet(folder / "emails.parquet").get_column("email")
    with _timed(answer, "first"):
        parse_recipe("trim+lower+sha256").digest_all(emails)
    return answer


def duckdb(folder: Path, args: argparse.Namespace) -> Answer:
    """A semi-join in DuckDB, as few columns as will do."""
    import duckdb

    answer: Answer = {}
    leads, registry = folder / "phones.parquet", folder / "registry.parquet"
    with duckdb.connect(":memory:") as connection, _timed(answer, "first"):
        rows = connection.sql(
            f"SELECT row_id FROM read_parquet('{leads}') leads SEMI JOIN read_parquet('{registry}') USING (number)"  # noqa: S608 (our own paths)
        ).pl()
    return answer | _found(rows.get_column("row_id"))


def polars(folder: Path, args: argparse.Namespace) -> Answer:
    """A semi-join in polars, streamed."""
    answer: Answer = {}
    with _timed(answer, "first"):
        leads = pl.scan_parquet(folder / "phones.parquet").select("row_id", "number")
        rows = leads.join(pl.scan_parquet(folder / "registry.parquet"), on="number", how="semi").collect(
            engine="streaming"
        )
    return answer | _found(rows.get_column("row_id"))


TASKS: Mapping[str, Callable[[Path, argparse.Namespace], Answer]] = MappingProxyType(
    {"screen": screen, "hash": hashing, "duckdb": duckdb, "polars": polars}
)


def main(argv: Iterable[str] | None = None) -> int:
    """Run one task."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.registry_tasks", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store")
    parser.add_argument("--list")
    parser.add_argument("--point", choices=["phone", "email"], default="phone")
    args = parser.parse_args(None if argv is None else list(argv))
    sys.stdout.write(json.dumps(TASKS[args.task](args.folder, args)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
