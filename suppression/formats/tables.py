"""Any CSV with named columns: entries, and beside them dates, reasons, codes and severities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from schemas.contact.calling_codes import dialled_codes
from schemas.contact.countries import only_countries
from schemas.support.figures import counted
from suppression.formats.blocks import NO_ENTRY, NOT_LISTED, Block, Holds, empty_frame, refuse
from suppression.formats.entry_filters import kept_by_choice, text_at, with_facts
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import Roles, find_roles, has_entries
from suppression.formats.row_regions import row_regions
from suppression.formats.rows import read_records, whole_row
from suppression.formats.sample import Sample, is_separator_line, take_sample

#: Says of each record, in a column ``why``, whether its entries are refused (null: they are not); it may set
#: ``reason`` and ``codes`` (list of texts). It sees ``line``, ``text`` (the whole row), a column for each cell
#: (see `text_at`), and ``reason``, ``codes``,
#: ``severity`` and ``status`` where the table has them; and it returns the same rows.
Judge = Callable[[pl.DataFrame, tuple[str, ...], Roles], pl.DataFrame]
#: Field of a list's kind, what a column of it looks like, and its cells. Digits alone may be any identifier.
_LOOKS: Final = (
    ("email", "email addresses", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    ("phone", "phone numbers", r"^(?:\+[\d\s().-]{8,20}|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4})$"),
)
_LOOKED_AT: Final = 200
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
    sample = take_sample(member, options)
    titles = sample.titles
    layout: _Layout | None = None
    for records in read_records(member.stream, sample.delimiter, sample.width):
        frame = records.frame
        if layout is None and frame.height and is_separator_line(str(frame.item(0, "0"))):
            frame = frame.slice(1)
        if layout is None and titles:
            above = frame.head(titles).with_columns(whole_row(sample.width, sample.delimiter))
            titles -= above.height
            frame = frame.slice(above.height)
            yield Block(empty_frame(), "mixed", refused=refuse(above, NOT_LISTED + "a title above the header"))
        if layout is None and frame.height:
            header = _header(frame.drop("line").row(0), headerless=options.headerless)
            layout = _Layout(header, find_roles(header, options, known or {}, member.name), sample.delimiter)
            frame = frame if options.headerless else frame.slice(1)
            layout = replace(layout, roles=_with_codes(frame, layout, options))
            layout.unclaimed.extend(_contact_like(frame, layout, options))
        yield Block(empty_frame(), "mixed", refused=records.refused)
        if layout is not None and not frame.is_empty():
            yield from _blocks(frame, layout, options, judge, member)
    if layout is None:
        yield Block(empty_frame(), "mixed", warnings=warnings)
        return
    doubts = [
        f"Column '{name}' may hold phones or emails and is not read: name it if it does."
        for name in layout.roles.doubts
    ]
    doubts += [
        f"Column '{name}' looks like {what} and is not read: name it if it is." for name, what in layout.unclaimed
    ]
    lost = [
        f"{counted(count, 'cell')} of '{column}' could not be read and {'counts' if count == 1 else 'count'} as empty."
        for column, count in layout.unread.items()
    ]
    yield Block(empty_frame(), "mixed", warnings=(*warnings, *doubts, *lost))


@dataclass(frozen=True)
class _Layout:
    """What is known of a table. ``header``: a name for each column; ``unread``: cells that could not be, by header.

    ``unclaimed``: columns that nobody reads and that look like contact points, and like which.
    """

    header: tuple[str, ...]
    roles: Roles
    delimiter: str
    unread: dict[str, int] = field(default_factory=dict)
    unclaimed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def named(self) -> int:
        """How many columns the header has; those behind it have no name, and should be blank."""
        return max((position for position, name in enumerate(self.header, start=1) if name), default=0)


def _header(cells: tuple[str, ...], *, headerless: bool) -> tuple[str, ...]:
    if headerless:
        return tuple(str(position) for position in range(1, len(cells) + 1))
    return tuple(cell.strip("\ufeff \t") for cell in cells)


def _without_role(frame: pl.DataFrame, layout: _Layout) -> Iterator[tuple[int, pl.Series]]:
    """Yield the columns without a role, with their first filled cells."""
    used = {position for position, _ in layout.roles.entries}.union(*layout.roles.positions.values())
    for position in range(len(layout.header)):
        cells = frame.head(_LOOKED_AT).select(text_at(position).alias("cell")).filter(pl.col("cell") != "").to_series()
        if position not in used and not cells.is_empty():
            yield position, cells


def _with_codes(frame: pl.DataFrame, layout: _Layout, options: Options) -> Roles:
    """Take a column whose cells are dialled as calling codes are (``+44``) for theirs, whatever it is called."""
    roles = layout.roles
    if "phone" not in options.fields or roles.positions.get("calling_code"):
        return roles
    found = (position for position, cells in _without_role(frame, layout) if dialled_codes(cells))
    return roles._replace(positions={**roles.positions, "calling_code": tuple(found)[:1]})


def _contact_like(frame: pl.DataFrame, layout: _Layout, options: Options) -> Iterator[tuple[str, str]]:
    """Name columns without a role whose first cells are mostly points that the list's kind would hold, or countries."""
    for position, column in _without_role(frame, layout):
        name, cells = layout.header[position], column.to_frame()
        if name in layout.roles.doubts:
            continue
        if "phone" in options.fields and not layout.roles.positions.get("country") and only_countries(column):
            yield name, "countries"
        for field_name, what, pattern in _LOOKS:
            fitting = cells.select(pl.col("cell").str.contains(pattern).sum()).item()
            if field_name in options.fields and fitting * 2 > cells.height:
                yield name, what


def _blocks(
    frame: pl.DataFrame, layout: _Layout, options: Options, judge: Judge | None, member: Member
) -> Iterator[Block]:
    header, roles = layout.header, layout.roles
    frame = frame.with_columns(whole_row(len(header), layout.delimiter))
    unnamed = [text_at(position) != "" for position in range(layout.named, len(header))]
    again = pl.all_horizontal(text_at(position) == name for position, name in enumerate(header))
    fault = (
        pl.when(pl.any_horizontal(unnamed) if unnamed else pl.lit(False))
        .then(pl.lit(f"more cells than the {layout.named} of the header"))
        .when(again & (not options.headerless))
        .then(pl.lit(NOT_LISTED + "the header again"))
    )
    frame = frame.with_columns(fault.alias("why"))
    faults = frame.filter(pl.col("why").is_not_null())
    rows = with_facts(frame.filter(pl.col("why").is_null()), header, roles, options, layout.unread)
    if judge is not None:
        rows = judge(rows, header, roles)
    rows = _with_regions(kept_by_choice(rows, options, member.name), roles, options.region)
    filled = pl.any_horizontal([text_at(position) != "" for position, _ in roles.entries])
    vacant = rows.filter(~filled)
    refused = [refuse(faults, pl.col("why")), refuse(vacant, NO_ENTRY)]
    yield Block(empty_frame(), "mixed", refused=pl.concat(refused).sort("line"))
    for holds in dict.fromkeys(kind for _, kind in roles.entries):
        positions = [position for position, kind in roles.entries if kind == holds]
        yield _entries(rows, positions, holds, roles.position("area"))


def _with_regions(rows: pl.DataFrame, roles: Roles, home: str | None) -> pl.DataFrame:
    """Add ``region`` where the table says of each row what country its number belongs to."""
    columns = {
        role: rows.select(text_at(position)).to_series()
        for role in ("country", "calling_code")
        if (position := roles.position(role)) is not None
    }
    regions = row_regions(columns.get("country"), columns.get("calling_code"), home)
    return rows if regions is None else rows.with_columns(regions.alias("region"))


def _entries(rows: pl.DataFrame, positions: list[int], holds: Holds, area: int | None) -> Block:
    """Make entries of the cells of some columns, in the order of the rows."""
    kept = (*_FACTS, "region") if holds in ("phone", "mixed") else _FACTS
    facts = [name for name in kept if name in rows.columns]
    american = area is not None and holds == "phone"
    parts = []
    for position in positions:
        text = text_at(position)
        if american and area is not None:
            # A seven-digit number beside its area code; other signs in it are only layout.
            text = pl.concat_str(text_at(area), text.str.replace_all(r"[ .()-]", ""))
        parts.append(rows.filter(text_at(position) != "").select(text.alias("text"), "line", *facts, "why"))
    entries = pl.concat(parts).sort("line", maintain_order=True)
    if american:
        sound = pl.col("text").str.contains(r"^[0-9]{10}$")
        fault = pl.when(~sound).then(pl.lit("not an area code and a seven-digit number"))
        entries = entries.with_columns(pl.coalesce("why", fault).alias("why"))
    refused = refuse(entries.filter(pl.col("why").is_not_null()), pl.col("why"))
    return Block(entries.filter(pl.col("why").is_null()).drop("why"), holds, american, refused=refused)


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
