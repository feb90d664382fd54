"""Shows what a scrub would read from a drop, and keeps it as a layout that reads the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.columns.contact_values import contact_like
from pipeline.columns.layout_file import save_layout
from pipeline.columns.mapping import Mapping, map_columns
from pipeline.reading.opening import open_drop
from pipeline.reading.value_kinds import column_kind
from pipeline.terminal import plain_table, print_lines, print_notes, print_text, write_json
from pipeline.workspace import remote_choice, workspace_of
from schemas.contact.blank import BLANKS
from schemas.errors import FileError
from schemas.files.table import FileTally, Table, first_rows, read_batches
from schemas.frame_columns import SOURCE
from schemas.headers import match_header
from schemas.layout import Layout
from schemas.masking import mask
from schemas.support.figures import counted, share
from schemas.support.shown import masked_addresses, printable, shown

_SAMPLES = 3
_SAMPLE_WIDTH = 28
_SHOWN_LINES = 5
_BLOCK = 8 << 20


@dataclass(frozen=True)
class Column:
    """One source column: the field that it is mapped to, how surely and why, its kind, and masked samples."""

    name: str
    field: str | None
    confidence: str
    why: str
    kind: str
    filled: float
    samples: list[str]


@dataclass(frozen=True)
class Inspection:
    """What one table of a drop would be read as. ``malformed_lines`` are the first of them."""

    file: str
    sheet: str | None
    read_as: dict[str, str]
    records: int
    malformed: int
    malformed_lines: list[int]
    careful: bool
    columns: list[Column]
    notes: list[str]
    problem: str | None


def inspect(drops: list[str], layout: Layout | None = None) -> list[Inspection]:
    """Say how a scrub would read every table of a drop, and judge no row. Raises `DropError` when one cannot be read.

    ``drops`` are files, folders, globs or URLs, as the command line takes them.
    """
    layout = layout or Layout()
    return [
        inspect_table(table, layout)[0] for table in open_drop(drops, layout, remote_choice(drops, workspace_of(None)))
    ]


def inspect_table(table: Table, layout: Layout) -> tuple[Inspection, Mapping]:
    """Read a whole table, without judging its rows. Raises `DropError` when it cannot be read."""
    problem = None
    try:
        mapping = map_columns(table, layout, layout.region)
    except FileError as error:
        mapping, problem = map_columns(table, layout, layout.region, checked=False), str(error)
    head = first_rows(table)
    tally = FileTally()
    malformed = 0
    lines: list[int] = []
    for batch in read_batches(table, tally, _BLOCK):
        bad = batch.filter(pl.col("raw").is_not_null()).get_column("source_line")
        malformed += len(bad)
        lines += bad.head(_SHOWN_LINES - len(lines)).to_list()
    unclaimed = contact_like(head, mapping.unmapped, layout.region)
    inspection = Inspection(
        table.name,
        table.sheet,
        table.reader.describe(),
        tally.records,
        malformed,
        lines,
        bool(tally.careful_blocks),
        [_column(name, head, mapping, unclaimed) for name in table.columns],
        [*table.notes, *mapping.doubts],
        problem,
    )
    return inspection, mapping


def _column(name: str, head: pl.DataFrame, mapping: Mapping, unclaimed: dict[str, str]) -> Column:
    cells = BLANKS.cleaned(head.get_column(SOURCE + name)).drop_nulls()
    fields = [field for field, column in mapping.fields.items() if column == name]
    if fields:
        shown = ", ".join("fax" if field in mapping.fax else field for field in fields)
        confidence, why = "sure", mapping.why.get(fields[0], "")
    elif name in mapping.refusals:
        about = mapping.refusals[name]
        shown, confidence, why = f"{about.kind} {', '.join(about.channels)}", "sure", mapping.why.get(name, "")
    elif name in mapping.types.values():
        shown, confidence, why = "type of a phone", "sure", "beside it"
    elif name in mapping.withheld:
        shown, confidence, why = None, "withheld", "a fifth contact point of its kind"
    elif name in unclaimed:
        shown, confidence, why = None, "look", f"nobody claims it, and its values look like {unclaimed[name]}"
    elif (match := match_header(name)) is not None and not match.sure:
        shown, confidence, why = None, "doubt", f"may be {match.field}: {match.why}"
    else:
        shown, confidence, why = None, "none", ""
    return Column(
        name,
        shown,
        confidence,
        why,
        column_kind(cells),
        round(len(cells) / len(head), 3) if len(head) else 0.0,
        [mask(value)[:_SAMPLE_WIDTH] for value in cells.unique(maintain_order=True).head(_SAMPLES)],
    )


def print_inspection(drops: list[str], layout: Layout, *, as_json: bool, save: Path | None) -> None:
    """Inspect every table of a drop and print it; write the first one's layout where asked."""
    found: list[Inspection] = []
    for table in open_drop(drops, layout, remote_choice(drops, workspace_of(None))):
        inspection, mapping = inspect_table(table, layout)
        if save is not None and not found:
            save_layout(save, table, mapping)
        found.append(inspection)
    if as_json:
        write_json([_document(inspection) for inspection in found])
        return
    for inspection in found:
        _print(inspection)


def _document(inspection: Inspection) -> dict[str, object]:
    """What JSON says of a table; a name that is an address is masked, as everywhere."""
    columns = [replace(column, name=masked_addresses(column.name)) for column in inspection.columns]
    notes = [masked_addresses(note) for note in inspection.notes]
    return asdict(replace(inspection, file=masked_addresses(inspection.file), columns=columns, notes=notes))


def _print(inspection: Inspection) -> None:
    place = shown(inspection.file + (f" ({inspection.sheet})" if inspection.sheet else ""))
    read_as = ", ".join(f"{name.replace('_', ' ')} {value!r}" for name, value in inspection.read_as.items())
    print_text((place, "bold"), f"  {printable(read_as)}")
    lines = ", ".join(str(line) for line in inspection.malformed_lines)
    count = counted(inspection.records, "record")
    if inspection.malformed:
        more = " and more" if inspection.malformed > len(inspection.malformed_lines) else ""
        count += f", {inspection.malformed:,} of them malformed (lines {lines}{more})"
    print_lines(count + (", read record by record in places" if inspection.careful else ""))
    table = plain_table()
    for title in ("column", "field", "confidence", "kind", "filled", "samples", "why"):
        table.add_column(title)
    for column in inspection.columns:
        samples = ", ".join(column.samples)
        cells = (
            masked_addresses(column.name),
            column.field or "",
            column.confidence,
            column.kind,
            share(column.filled, 1),
            samples,
        )
        table.add_row(*cells, column.why)
    table.print()
    print_notes(*inspection.notes)
    if inspection.problem:
        print_notes(f"a scrub would stop: {inspection.problem}")
