"""Feeds the CSV reader with whatever a coverage-guided fuzzer thinks of: ``python -m tests.bench.fuzz --runs 100000``.

It needs atheris (``pip install atheris``, Linux and macOS), which is no dependency of the project.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from pipeline.reading import csv_table, dialect, guessing, punctuation, sample, structure
from pipeline.reading.csv_table import open_csv
from schemas.errors import FileError
from schemas.files import encoding, record_parser, records
from schemas.files.inputs import LocalFile
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout


def read_bytes(content: bytes, folder: Path, block: int = 1 << 16) -> int | None:
    """Read a file of these bytes to its end; return its records, or None when it was refused by name.

    Every line of the file must belong to a record, or stand before the table.
    """
    path = folder / "drop.csv"
    path.write_bytes(content)
    count = 0
    try:
        for table in open_csv(LocalFile(path), path.name, Layout()):
            tally = FileTally()
            lines: list[int] = []
            for batch in read_batches(table, tally, block):
                lines += batch.get_column("source_line").to_list()
                malformed = batch.get_column("raw").is_not_null()
                cells = batch.drop("raw", "source_line", "cells_missing", strict=False)
                assert all((column.is_null() == malformed).all() for column in cells.get_columns())
            assert tally.records == len(lines)
            assert all(before < after for before, after in pairwise(lines))
            assert tally.size == len(content)
            count += len(lines)
    except FileError as error:
        assert str(error)
        return None
    return count


def main() -> None:
    """Fuzz for a number of runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    runs: int = parser.parse_args().runs
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris (Linux and macOS only).")
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        from tests.bench.pollution import corpus

        for polluted in corpus():
            (seeds / polluted.name).write_bytes(polluted.content[:600])

        def one(content: bytes) -> None:
            read_bytes(content, Path(folder), 1024)

        for module in (record_parser, csv_table, dialect, encoding, guessing, punctuation, records, sample, structure):
            for function in vars(module).values():
                if inspect.isfunction(function) and function.__module__ == module.__name__:
                    atheris.instrument_func(function)
        atheris.Setup([sys.argv[0], f"-runs={runs}", "-timeout=20", "-max_len=2048", str(seeds)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
