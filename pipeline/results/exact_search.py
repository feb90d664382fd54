"""Finds one person's rows in a result, by exact values: in every slot, the source's own cells, and raw text.

Masks are never enough to say that a row is somebody's: two numbers may look alike when masked. A blocked point of a
clean row is in no file of a result but masked; `rows_alike` names such rows apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from pipeline.results.folder import scan
from pipeline.results.person_wanted import Wanted
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.support.literal_fields import literal_field

#: One line for each cell that has what is looked for: the output's name, the row, and the column (``original:Phone``
#: is a cell of the source, under its name there).
FOUND_SCHEMA: Final[dict[str, pl.DataType]] = {"output": pl.String(), "row_id": pl.UInt64(), "column": pl.String()}

#: Texts that we wrote, or that are of the whole file: no cell of a person.
NOT_PERSONAL: Final = frozenset(
    {"phone_type", "phone_region", "vendor", "source_file", "source_sha256", "source_sheet", "run_id", "call_zone"}
    | {"reason", "reason_detail", "disposition"}
)
#: Cells that were looked at, of which the answer is kept.
_REMEMBERED: Final = 10_000
_FULL_NAME: Final = "first_name last_name"


def find_rows(out: Path, wanted: Sequence[Wanted]) -> pl.DataFrame:
    """Find the cells of a result that have one of what is wanted, columns `FOUND_SCHEMA`, in the order of rows.

    Reads ``clean.parquet`` and ``rejected.parquet``; findings have no whole value, and are found by ``row_id``.
    """
    found = [
        search_frame(scan(out, name), wanted).select(pl.lit(name).alias("output"), pl.col("row_id", "column"))
        for name in ("clean", "rejected")
    ]
    return pl.concat(found).cast(dict(FOUND_SCHEMA)).sort("row_id", maintain_order=True)  # type: ignore[arg-type]  # types by name


def search_frame(frame: pl.LazyFrame, wanted: Sequence[Wanted], key: str = "row_id") -> pl.DataFrame:
    """Find cells in any table: the ``key`` of their row, and their ``column``. Reads columns of text and their structs.

    Only columns that may have it, of rows that may, are taken out of the file.
    """
    cells = dict(_cells(frame.collect_schema(), wanted, key))
    if not cells:
        return pl.DataFrame(schema={key: frame.collect_schema()[key], "column": pl.String()})
    may = [each.may_have(cell).fill_null(False) for cell in cells.values() for each in wanted]
    # Columns are numbered meanwhile: a vendor's may be called anything.
    numbered = {str(number): name for number, name in enumerate(cells)}
    rows = (
        frame.filter(pl.any_horizontal(may))
        .select(pl.col(key).alias("key"), *(cells[name].alias(number) for number, name in numbered.items()))
        .collect()
    )

    @lru_cache(_REMEMBERED)  # a file may repeat one cell without end
    def has(text: str) -> bool:
        return any(each.is_in(text) for each in wanted)

    return pl.DataFrame(
        [
            (row["key"], numbered[number])
            for row in rows.iter_rows(named=True)
            for number in numbered
            if (text := row[number]) is not None and has(text)
        ],
        schema={key: rows.schema["key"], "column": pl.String()},
        orient="row",
    )


def rows_alike(out: Path, wanted: Sequence[Wanted]) -> list[int]:
    """Clean rows without the value, of which a blocked point looks like it when masked: the person's, or another's."""
    slots = {"phone": PHONE_SLOTS, "email": EMAIL_SLOTS}
    alike = [
        pl.col("point").is_in(slots[each.kind])
        & pl.any_horizontal(pl.col("detail").str.contains(shown, literal=True) for shown in each.shown)
        for each in wanted
        if each.kind in slots
    ]
    if not alike:
        return []
    named = scan(out, "findings").filter(pl.any_horizontal(alike)).select("row_id", "point").unique()
    points = [*PHONE_SLOTS, *EMAIL_SLOTS]
    taken_out = (
        scan(out, "clean")
        .select("row_id", *(pl.col(slot).is_null() for slot in points))
        .unpivot(points, index="row_id", variable_name="point", value_name="absent")
        .filter("absent")
    )
    rows = named.join(taken_out, on=["row_id", "point"]).select(pl.col("row_id").unique()).collect()["row_id"]
    return sorted(set(rows) - set(find_rows(out, wanted)["row_id"])) if len(rows) else []


def _cells(schema: pl.Schema, wanted: Sequence[Wanted], key: str) -> Iterator[tuple[str, pl.Expr]]:
    """Every cell of text that may be of a person, by the name under which it is found."""
    for name, dtype in schema.items():
        if name == key or name in NOT_PERSONAL:
            continue
        if dtype == pl.String:
            yield name, pl.col(name)
        elif isinstance(dtype, pl.List) and dtype.inner == pl.String:
            yield name, pl.col(name).list.join(" ", ignore_nulls=True)
        elif isinstance(dtype, pl.Struct):
            fields = [field.name for field in dtype.fields]
            yield from ((f"{name}:{field}", literal_field(name, fields, field)) for field in fields)
    if any(each.kind == "name" for each in wanted) and {"first_name", "last_name"} <= schema.keys():
        yield _FULL_NAME, pl.concat_str("first_name", "last_name", separator=" ")
