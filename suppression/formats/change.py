"""The registry's change file, in a layout that is declared.

The FTC says only that a change list has several items a record, separated by commas; which ones and in what order is
not published. So nothing is assumed: the columns are declared, and a file that does not fit them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from schemas.contact.blank import trimmed
from schemas.errors import ListError, UsageError
from schemas.support.names import did_you_mean
from suppression.formats.area_codes import codes_in_name, refuse_others
from suppression.formats.blocks import Block, refuse
from suppression.formats.dates import read_dates
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.rows import read_records, whole_row
from suppression.formats.sample import Sample

_COLUMNS: Final = ("area", "number", "date", "action", "-")
_LIKELY: Final = re.compile(r"\s*[0-9]{3},?[0-9]{7}\s*,.*|.*,\s*[0-9]{3},?[0-9]{7}\s*,.*")


def read_change(member: Member, options: Options) -> Iterator[Block]:
    """Yield ten-digit texts with ``action`` and, if declared, ``listed_on``, in the order of the file.

    Raises `ListError` when no layout is declared or most lines do not fit it, `UsageError` when the layout is wrong.
    """
    if options.change_layout is None:
        raise ListError(
            f"List '{member.name}' looks like a change file, whose layout is not published, or a table without header.",
            "Look at it and declare its columns in order, such as area,number,date,action; or that it has no header.",
        )
    layout = _parsed(options.change_layout)
    named = codes_in_name(member)
    for records in read_records(member.stream, options.delimiter or ",", len(layout)):
        block = _block(records.frame, records.refused, layout, options, named)
        if block.refused.height > block.frame.height:
            shown = block.refused.row(0, named=True)
            raise ListError(
                f"List '{member.name}' does not have the declared layout '{options.change_layout}': "
                f"line {shown['line']:,}, {shown['why']}.",
                "Look at the file and declare the layout and the actions that it has.",
            )
        refuse_others(member, named, frozenset(block.frame.get_column("text").str.slice(0, 3).unique()))
        yield block


def _parsed(spelled: str) -> list[str]:
    layout = [name.strip().lower() for name in spelled.split(",")]
    for name in layout:
        if name not in _COLUMNS:
            raise UsageError(f"A change file has no column '{name}'.", did_you_mean(name, _COLUMNS))
    named = [name for name in layout if name != "-"]
    if "number" not in named or "action" not in named or len(set(named)) < len(named):
        raise UsageError(f"Layout '{spelled}' must have number and action, each column once.", "")
    return layout


def _block(
    frame: pl.DataFrame, refused: pl.DataFrame, layout: list[str], options: Options, named: frozenset[str]
) -> Block:
    def cell(name: str) -> pl.Expr:
        return trimmed(pl.col(str(layout.index(name))))

    action = (
        cell("action").str.to_uppercase().replace_strict(options.action_words, default=None, return_dtype=pl.String)
    )
    apart = "area" in layout
    number = pl.concat_str(cell("area"), cell("number")) if apart else cell("number")
    parts = (
        cell("area").str.contains(r"^[0-9]{3}$") & cell("number").str.contains(r"^[0-9]{7}$") if apart else pl.lit(True)
    )
    sound = parts & number.str.contains(r"^1?[0-9]{10}$")
    columns = [number.str.slice(-10).alias("number"), action.alias("action")]
    undated = pl.lit(False)
    if "date" in layout:
        written = frame.select(cell("date").alias("listed_on")).to_series()
        frame = frame.with_columns(read_dates(written, options.day_first).alias("listed_on"))
        # The order of changes rests on their dates.
        undated = pl.col("listed_on").is_null()
    why = (
        pl.when(~sound)
        .then(pl.lit("not an area code and a seven-digit number"))
        .when(action.is_null())
        .then(pl.lit("an action that is not declared"))
        .when(undated)
        .then(pl.lit("a date that cannot be read"))
    )
    rows = frame.with_columns(*columns, why.alias("why"))
    faults = refuse(rows.filter(pl.col("why").is_not_null()).with_columns(whole_row(len(layout), ",")), pl.col("why"))
    kept = rows.filter(pl.col("why").is_null()).rename({"number": "text"})
    dates = ["listed_on"] if "date" in layout else []
    whole = pl.concat([refused, faults]).sort("line")
    return Block(kept.select("text", "line", *dates, "action"), "phone", True, named, whole)


def _looks_changed(sample: Sample) -> bool:
    """A registry number beside something else, and no header: a change file, which must be declared to be read."""
    if sample.options.change_layout is not None:
        return True
    headless = bool(sample.lines) and _LIKELY.fullmatch(sample.lines[0]) is not None
    return (
        headless and sample.all_lines(_LIKELY, 0.9) and sample.options.column is None and not sample.options.headerless
    )


FTC_CHANGE: Final = Format(
    "ftc-change",
    "change file of a registry, in a declared layout such as area,number,date,action",
    "unverified",
    "FTC, Q&A for Telemarketers and Sellers: several comma-separated items a record; the items are not published",
    _looks_changed,
    read_change,
)
