"""Any CSV with named columns: entries, and beside them dates, reasons, codes and severities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import polars as pl

from schemas.contact.blank import trimmed
from suppression.formats.blocks import Block, Holds, empty_frame, refuse
from suppression.formats.entry_filters import kept_by_choice, with_facts
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import Roles, find_roles, has_entries
from suppression.formats.rows import read_records
from suppression.formats.sample import Sample, is_separator_line, take_sample

#: Says of each record, in a column ``why``, whether its entries are refused (null: they are not); it may set
#: ``reason`` and ``codes`` (list of texts). It sees ``line``, ``raw``, ``cells``, and ``reason``, ``codes``,
#: ``severity`` and ``status`` where the table has them; and it returns the same rows.
Judge = Callable[[pl.DataFrame, tuple[str, ...], Roles], pl.DataFrame]
_FACTS: Final = ("listed_on", "expires_on", "reason", "severity", "action")


def read_table(
    member: Member,
    options: Options,
    known: Mapping[str, tuple[str, ...]] | None = None,
    judge: Judge | None = None,
    warnings: tuple[str, ...] = (),
) -> Iterator[Block]:
    """Yield a block for each kind of entry that a piece of the table holds; every filled cell is one entry.

    A row with more cells than the header is refused, since it is not known which cell is which. A last, empty block
    carries the warnings. `ListError` when the columns are not there.
    """
    header: tuple[str, ...] | None = None
    roles: Roles | None = None
    unread: dict[str, int] = {}
    for records in read_records(member.stream, take_sample(member, options).delimiter):
        frame = records.frame
        if header is None and frame.height and is_separator_line(str(frame.item(0, "raw"))):
            frame = frame.slice(1)
        if header is None and frame.height:
            first = frame.item(0, "cells").to_list()
            header = tuple(str(place) for place in range(1, len(first) + 1)) if options.headerless else _header(first)
            roles = find_roles(header, options, known or {}, member.name)
            frame = frame if options.headerless else frame.slice(1)
        yield Block(empty_frame(), "mixed", refused=records.refused)
        if header is None or roles is None or frame.is_empty():
            continue
        yield from _blocks(frame, header, roles, options, judge, unread, member)
    doubts = [
        f"Column '{name}' may hold phones or emails and is not read: name it if it does."
        for name in (roles.doubts if roles else ())
    ]
    lost = [f"{count:,} cells of '{column}' could not be read and count as empty." for column, count in unread.items()]
    yield Block(empty_frame(), "mixed", warnings=(*warnings, *doubts, *lost))


def _header(cells: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip("\ufeff \t") for cell in cells)


def _blocks(
    frame: pl.DataFrame,
    header: tuple[str, ...],
    roles: Roles,
    options: Options,
    judge: Judge | None,
    unread: dict[str, int],
    member: Member,
) -> Iterator[Block]:
    surplus = pl.col("cells").list.slice(len(header)).list.join("").str.strip_chars() != ""
    again = (_cell(0) == header[0]) & (pl.col("cells").list.join("\x1f").str.strip_chars() == "\x1f".join(header))
    fault = (
        pl.when(surplus)
        .then(pl.lit(f"more cells than the {len(header)} of the header"))
        .when(again & (not options.headerless))
        .then(pl.lit("the header again"))
    )
    frame = frame.with_columns(fault.alias("why"))
    faults = frame.filter(pl.col("why").is_not_null()).rename({"raw": "text"})
    rows = with_facts(frame.filter(pl.col("why").is_null()), header, roles, options, unread)
    if judge is not None:
        rows = judge(rows, header, roles)
    rows = kept_by_choice(rows, options, member.name)
    filled = pl.any_horizontal([_cell(place).fill_null("") != "" for place, _ in roles.entries])
    vacant = rows.filter(~filled).rename({"raw": "text"})
    refused = [refuse(faults, pl.col("why")), refuse(vacant, "no entry in this row")]
    yield Block(empty_frame(), "mixed", refused=pl.concat(refused).sort("line"))
    for holds in dict.fromkeys(held for _, held in roles.entries):
        yield _entries(rows, [place for place, held in roles.entries if held == holds], holds, roles.place("area"))


def _entries(rows: pl.DataFrame, places: list[int], holds: Holds, area: int | None) -> Block:
    """Make entries of the cells of some columns, in the order of the rows."""
    facts = [name for name in _FACTS if name in rows.columns]
    american = area is not None and holds == "phone"
    parts = []
    for place in places:
        text = _cell(place)
        if american and area is not None:
            # A seven-digit number beside its area code; other signs in it are only layout.
            text = pl.concat_str(_cell(area).fill_null(""), text.str.replace_all(r"[ .()-]", ""))
        parts.append(rows.filter(_cell(place) != "").select(text.alias("text"), "line", *facts, "why"))
    entries = pl.concat(parts).sort("line", maintain_order=True)
    if american:
        sound = pl.col("text").str.contains(r"^[0-9]{10}$")
        fault = pl.when(~sound).then(pl.lit("not an area code and a seven-digit number"))
        entries = entries.with_columns(pl.coalesce("why", fault).alias("why"))
    refused = refuse(entries.filter(pl.col("why").is_not_null()), pl.col("why"))
    return Block(entries.filter(pl.col("why").is_null()).drop("why"), holds, american, refused=refused)


def _cell(place: int) -> pl.Expr:
    return trimmed(pl.col("cells").list.get(place, null_on_oob=True))


def read_csv(member: Member, options: Options) -> Iterator[Block]:
    """Yield the entries of every column that is declared, or whose header surely says phone or email."""
    yield from read_table(member, options)


def _is_csv(sample: Sample) -> bool:
    return bool(sample.rows) and (sample.options.headerless or has_entries(sample.rows[0], sample.options))


CSV: Final = Format(
    "csv",
    "any CSV with named columns: number or email, and date, reason, severity, code, expiry",
    "documented",
    "columns by their headers, or as declared",
    _is_csv,
    read_csv,
)
