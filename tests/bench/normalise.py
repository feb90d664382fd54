"""How fast phones and emails alone are normalised: the time of a run's own functions, in a run's own batches.

    python -m tests.bench.normalise drop DROP.csv
    python -m tests.bench.normalise odd --rows 20000

`drop` takes the phone, email and country columns of a generated drop, and also times the polars copy of the file.
`odd` is the worst case: every value occurs once, and the tables and the pattern decide none of them. What is timed
begins with the columns in memory and ends with their normal forms; start-up and reading are left out. The result
goes to stdout as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipeline.run.process_pool import process_pool
from schemas.contact.apply import Apply, In, Out
from schemas.contact.countries import read_countries
from schemas.contact.email import email_forms, read_emails
from schemas.contact.phone import phone_forms
from schemas.contact.phone_points import read_points
from schemas.support.garbage import seldom_collect
from schemas.support.ordered_map import in_order
from tests.bench.rivals import polars_copy

Value = TypeVar("Value")

_BATCH = 25_000
#: Enough odd values to start the processes.
_WARM = 8_000
_PHONES = ("phone", "phone_2")


def normalise(leads: pl.DataFrame, apply: Apply) -> int:
    """Normalise a batch as the stage does; return how many points were read."""
    regions = read_countries(leads.get_column("country")).get_column("region").fill_null("US")
    slots = [name for name in _PHONES if name in leads.columns]
    phones = read_points(
        pl.concat([leads.get_column(name) for name in slots]), pl.concat([regions] * len(slots)), apply
    )
    emails = read_emails(leads.get_column("email"), apply)
    return phones.e164_column().count() + emails.normal.count()


def seconds(leads: pl.DataFrame, warm: pl.DataFrame) -> float:
    """Time all batches, on all cores. With ``warm``, the processes are started and the tables read before."""
    cores = os.cpu_count() or 1
    batches = [leads.slice(start, _BATCH) for start in range(0, len(leads), _BATCH)]
    with process_pool(cores) as apply:
        normalise(warm, apply)
        began = time.perf_counter()
        for _ in in_order(lambda batch: normalise(batch, apply), iter(batches), min(cores, 2)):
            pass
        return time.perf_counter() - began


def of_drop(path: Path) -> pl.DataFrame:
    """Contact columns of a generated drop, null where blank."""
    columns = pl.read_csv(path, columns=[*_PHONES, "email", "country"], infer_schema=False)
    return columns.select(pl.all().str.strip_chars().replace("", None))


def odd_leads(rows: int, seed: int) -> pl.DataFrame:
    """Leads whose phones and emails are all different, and all left to the libraries."""
    # Generators of the tests, which need what only the tests need.
    from tests.schemas.test_email_values import made_up_addresses
    from tests.schemas.test_numbering_values import REGIONS, made_up_values

    def phones(pairs: Sequence[tuple[str, str | None]], apply: Apply) -> None:
        phone_forms(
            pl.Series([pair[0] for pair in pairs]), pl.Series([pair[1] for pair in pairs], dtype=pl.String), apply
        )

    numbers = _left_to_library(rows, made_up_values(seed, REGIONS, {}), phones)
    addresses = _left_to_library(
        rows, made_up_addresses(seed), lambda values, apply: email_forms(pl.Series(values), apply)
    )
    return pl.DataFrame(
        {"phone": [value for value, _ in numbers], "country": [region for _, region in numbers], "email": addresses},
        schema={"phone": pl.String, "country": pl.String, "email": pl.String},
    )


def _left_to_library(
    count: int, values: Iterator[Value], read: Callable[[Sequence[Value], Apply], object]
) -> list[Value]:
    """Take from made-up values, each once, those that come to a library's call."""
    left: dict[Any, None] = {}

    def apply(work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
        left.update(dict.fromkeys(items))
        return work(items)

    while len(left) < count:
        read(list(islice(values, 5_000)), apply)
    return list(left)[:count]


def main(argv: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.normalise", description=__doc__)
    parser.add_argument("what", choices=["drop", "odd"])
    parser.add_argument("drop", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=20_000, help="of the worst case")
    args = parser.parse_args(argv)
    seldom_collect()  # as commands do
    leads = of_drop(args.drop) if args.what == "drop" else odd_leads(args.rows + _WARM, seed=7)
    if args.what == "odd":
        result: dict[str, float] = {"rows": args.rows, "seconds": seconds(leads[_WARM:], leads[:_WARM])}
    else:
        result = {"rows": len(leads), "seconds": seconds(leads, leads[:_WARM])}
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            polars_copy(args.drop, Path(folder))
            result["copy_seconds"] = time.perf_counter() - began
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
