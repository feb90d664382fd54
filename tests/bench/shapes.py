"""The generated drop in other shapes: wide, damaged in every block, as a workbook.

    python -m tests.bench.shapes build/bench/default-500000-1000000-7 wide.csv

Each is made from the folder's `drop.csv` unless it is there; equal drops give equal bytes, but for the workbook's.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import polars as pl
import xlsxwriter

#: Columns of the wide drop.
WIDTH = 60
#: So many records of the damaged drop have one that is broken among them: some in a block of any size.
EVERY = 500


def _wide(drop: Path, out: Path) -> None:
    """More columns that nothing is mapped to, with short values of many kinds."""
    frame = pl.read_csv(drop, infer_schema=False, empty_string_is_null=False)
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    more = [
        (pl.lit(f"v{column}-") + (number * (column + 7) % (97 + column)).cast(pl.String)).alias(f"answer {column}")
        for column in range(WIDTH - frame.width)
    ]
    frame.with_columns(more).write_csv(out)


def _dirty(drop: Path, out: Path) -> None:
    """A cell too few, one too many, a quote that opens nothing, a blank line: in turn, in every block."""
    inside = False
    with drop.open("rb") as source, out.open("wb") as target:
        for number, line in enumerate(source):
            whole = not inside and b'"' not in line
            inside ^= line.count(b'"') % 2 == 1
            if number % EVERY or not number or not whole:
                target.write(line)
                continue
            cells = line.rstrip(b"\n").split(b",")
            broken = (cells[:-2], [*cells, b"more", b"cells"], [b'"open', *cells[1:]], [b""])
            target.write(b",".join(broken[number // EVERY % len(broken)]) + b"\n")


def _workbook(drop: Path, out: Path) -> None:
    """Every cell as text."""
    with xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        with drop.open(encoding="utf-8", newline="") as source:
            for place, cells in enumerate(csv.reader(source)):
                for column, cell in enumerate(cells):
                    sheet.write_string(place, column, cell)


SHAPES: Mapping[str, Callable[[Path, Path], None]] = MappingProxyType(
    {"wide.csv": _wide, "dirty.csv": _dirty, "drop.xlsx": _workbook}
)


def make(folder: Path, name: str) -> Path:
    """Make a shape of the folder's drop, unless it is there."""
    path, begun = folder / name, folder / f"begun-{name}"
    if not path.exists():
        SHAPES[name](folder / "drop.csv", begun)
        begun.rename(path)
    return path


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
