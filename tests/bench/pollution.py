"""One table of 84 leads with 9 columns, written in many ways, one pollution each, and what must be read from each.

``python -m tests.bench.pollution_score`` prints the score of every file and the means.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

Row = tuple[str, ...]
HEADER: Row = ("lead_id", "first_name", "last_name", "phone", "email", "city", "state", "consent_at", "note")
ROWS = 84
_NAMES = ("Ann", "Bo", "Chloé", "Dmitri", "Eve", "José", "Zoë")
_CITIES = (("Washington", "DC"), ("Denver", "CO"), ("Austin", "TX"), ("Boise", "ID"))
_NOTES = ("", "call after six", "asked for a quote, twice", 'said "maybe"', "two\nlines", "7 rooms; 2 floors")

#: How often each pollution meets a reader of real files, beside the others; shared by the files of a group.
WEIGHTS = {
    "plain": 100.0,
    "line end LF": 100.0,
    "delimiter ;": 100.0,
    "no header": 40.0,
    "preamble": 30.0,
    "missing delimiter": 20.0,
    "extra delimiter": 20.0,
    "missing last cells": 20.0,
    "mark behind delimiter": 20.0,
    "delimiter tab": 15.0,
    "encoding": 15.0,
    "footer": 10.0,
    "extra quote": 10.0,
    "no final line end": 10.0,
    "several tables": 5.0,
    "delimiter |": 5.0,
    "quote": 5.0,
    "blank lines": 5.0,
    "delimiter other": 2.0,
    "escape": 2.0,
    "line end CR": 2.0,
    "header only": 2.0,
    "empty": 1.0,
    "comment": 1.0,
}


@dataclass(frozen=True)
class Polluted:
    """A file and what a perfect reader makes of it. ``header`` is empty where the file has none."""

    name: str
    group: str
    content: bytes
    header: Row
    rows: tuple[Row, ...]


def lead_rows() -> list[Row]:
    """Return the table's rows: reserved numbers and domains, and cells that need quotes."""
    rows: list[Row] = []
    for number in range(ROWS):
        first = _NAMES[number % len(_NAMES)]
        city, state = _CITIES[number % len(_CITIES)]
        rows.append(
            (
                f"L-{1000 + number}",
                first,
                f"Example{number}",
                f"(202) 555-01{number:02}",
                f"lead{number}@example.com",
                city,
                state,
                f"2026-0{1 + number % 9}-1{number % 10}T08:30:00Z",
                _NOTES[number % len(_NOTES)],
            )
        )
    return rows


def written(
    rows: list[Row],
    delimiter: str = ",",
    line_end: str = "\r\n",
    quote: str = '"',
    escape: str = "",
    *,
    every: bool = False,
) -> str:
    """Write rows, quoting what needs it, or every cell."""
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            text = cell
            if every or any(mark in cell for mark in (delimiter, quote, "\n", "\r")):
                inner = (
                    cell.replace(escape, escape * 2).replace(quote, escape + quote)
                    if escape
                    else cell.replace(quote, quote * 2)
                )
                text = quote + inner + quote
            cells.append(text)
        lines.append(delimiter.join(cells) + line_end)
    return "".join(lines)


def corpus() -> Iterator[Polluted]:
    """Yield every polluted file, always the same."""
    leads = lead_rows()
    table = [HEADER, *leads]
    flat = [(*row[:8], row[8].replace("\n", " ")) for row in table]
    plain = written(table)
    yield _file("plain", "plain", plain, leads)
    yield from _delimiters(table, leads)
    yield _file("line_end_lf", "line end LF", written(table, line_end="\n"), leads)
    yield _file("line_end_cr", "line end CR", written(flat, line_end="\r"), flat[1:])
    yield _file("line_end_cr_semicolon", "line end CR", written(flat, ";", "\r"), flat[1:])
    mixed = "".join(written([row], line_end=("\n", "\r\n", "\r")[at % 3]) for at, row in enumerate(flat))
    yield _file("line_end_mixed", "line end CR", mixed, flat[1:])
    yield _file("no_final_line_end", "no final line end", plain.removesuffix("\r\n"), leads)
    yield _file("no_final_line_end_lf", "no final line end", written(table, line_end="\n").removesuffix("\n"), leads)
    yield from _around(table, leads)
    yield from _tables(table, leads)
    yield from _rows(leads)
    yield from _quotes(table, leads)
    yield Polluted("empty", "empty", b"", (), ())
    yield _file("header_only", "header only", written([HEADER]), [])
    yield _file("header_only_semicolon", "header only", written([HEADER], ";", "\n"), [])
    yield _file("one_row", "header only", written(table[:2]), leads[:1])
    yield from _marked(leads)
    yield from _cut(table, leads)
    for codec in (
        "utf-8-sig",
        "cp1252",
        "cp850",
        "mac_roman",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
    ):
        yield Polluted(f"encoding_{codec}", "encoding", plain.encode(codec), HEADER, tuple(leads))


def _file(name: str, group: str, text: str, rows: list[Row], header: Row = HEADER) -> Polluted:
    return Polluted(name, group, text.encode(), header, tuple(rows))


def _delimiters(table: list[Row], leads: list[Row]) -> Iterator[Polluted]:
    named = {
        ";": "semicolon",
        "\t": "tab",
        "|": "pipe",
        ", ": "comma_space",
        "; ": "semicolon_space",
        "^": "caret",
        "||": "pipes",
        "~|~": "tilde_pipe",
        "\x01": "ctrl_a",
    }
    for delimiter, name in named.items():
        group = {";": "delimiter ;", "\t": "delimiter tab", "|": "delimiter |"}.get(delimiter, "delimiter other")
        for suffix, line_end in (("", "\r\n"), ("_lf", "\n")):
            yield _file(f"delimiter_{name}{suffix}", group, written(table, delimiter, line_end), leads)


def _marked(leads: list[Row]) -> Iterator[Polluted]:
    """All cells of a column begin with the same mark, and the header's name does not."""
    for mark, name in {"$": "dollar", "€": "euro", "#": "hash", "-": "minus", "/": "slash"}.items():
        rows = [(*row[:8], f"{mark}{11 + number}") for number, row in enumerate(leads)]
        for delimiter, suffix in ((",", ""), (";", "_semicolon"), ("\t", "_tab")):
            text = written([HEADER, *rows], delimiter, "\n")
            yield _file(f"mark_{name}{suffix}", "mark behind delimiter", text, rows)


def _cut(table: list[Row], leads: list[Row]) -> Iterator[Polluted]:
    """Empty cells at the end of a row are left out, as some programs do; or leads come before the header."""
    for delimiter, suffix in ((",", ""), (";", "_semicolon")):
        lines = [written([row], delimiter, "\n") for row in table]
        text = "".join(line.rstrip(delimiter + "\n") + "\n" for line in lines)
        yield _file(f"cut_empty{suffix}", "missing last cells", text, leads)
        rows = [row if number % 9 else (*row[:5], *[""] * 4) for number, row in enumerate(leads)]
        text = written([HEADER, *(row if row[5] else row[:5] for row in rows)], delimiter, "\n")
        yield _file(f"cut_five{suffix}", "missing last cells", text, rows)
        above: list[Row] = [(row[4], row[1]) for row in leads[:20]]
        text = written(above, delimiter, "\n") + written(table, delimiter, "\n")
        yield _file(f"leads_above{suffix}", "several tables", text, [*above, *leads])


def _around(table: list[Row], leads: list[Row]) -> Iterator[Polluted]:
    for delimiter, suffix in ((",", ""), (";", "_semicolon")):
        text = written(table, delimiter, "\n")
        padding = delimiter * 8
        headerless = written(leads, delimiter, "\n")
        yield _file(f"no_header{suffix}", "no header", headerless, leads, ())
        preambles = {
            "title": "Leads of November\n",
            "title_and_blank": "Leads of November\n\n",
            "report": "Report: leads\nMade for: Example Company\nMade on: 2026-11-20\n\n",
            "padded_title": f"Leads of November{padding}\n{padding}\n",
            "remark": '"This export, made by hand, holds everything; ask before use"\n',
        }
        for name, preamble in preambles.items():
            yield _file(f"preamble_{name}{suffix}", "preamble", preamble + text, leads)
        footers = {
            "total": "Total: 84\n",
            "padded_total": f"Total{padding}\n",
            "count": "84 records\n",
            "remark": "\nEnd of report\n",
        }
        for name, footer in footers.items():
            yield _file(f"footer_{name}{suffix}", "footer", text + footer, leads)
    lines = [written([row], line_end="\n") for row in table]
    yield _file("comment_top", "comment", "# exported by hand\n# do not edit\n" + "".join(lines), leads)
    yield _file("comment_inside", "comment", "".join([*lines[:40], "# second page\n", *lines[40:]]), leads)
    yield _file("blank_top", "blank lines", "\n\n" + "".join(lines), leads)
    yield _file("blank_inside", "blank lines", "".join([*lines[:40], "\n\n", *lines[40:]]), leads)
    yield _file("blank_end", "blank lines", "".join([*lines, "\n\n\n"]), leads)
    yield _file("blank_between_all", "blank lines", "\n".join(lines), leads)
    yield _file("header_repeated", "several tables", "".join([*lines[:40], lines[0], *lines[40:]]), leads)


def _tables(table: list[Row], leads: list[Row]) -> Iterator[Polluted]:
    text = written(table, line_end="\n")
    fewer: list[Row] = [("first_name", "phone", "email"), *((row[1], row[3], row[4]) for row in leads[:20])]
    more: list[Row] = [(*HEADER, "company", "zip"), *((*row, "Example Company", "20001") for row in leads[:20])]
    other: list[Row] = [tuple(reversed(HEADER)), *(tuple(reversed(row)) for row in leads[:20])]
    for name, second in (("fewer_columns", fewer), ("more_columns", more), ("other_order", other)):
        for gap, between in (("", ""), ("_blank", "\n")):
            header = (*HEADER, *second[0])
            rows = [*leads, *second[1:]]
            whole = text + between + written(second, line_end="\n")
            yield _file(f"tables_{name}{gap}", "several tables", whole, rows, header)
    summary = "\nstate,leads\nDC,21\nCO,21\nTX,21\nID,21\n"
    yield _file("tables_summary", "several tables", text + summary, leads)


def _rows(leads: list[Row]) -> Iterator[Polluted]:
    """One row with a delimiter too few or too many, or a quote where none belongs."""
    for number in range(0, ROWS, 7):
        column = 1 + number // 7 % 7
        row = leads[number]
        merged = (*row[:column], row[column] + row[column + 1], *row[column + 2 :])
        split = (*row[:column], "", *row[column:])
        quoted = (*row[:column], row[column][:1] + '"' + row[column][1:], *row[column + 1 :])
        opened = (*row[:column], '"' + row[column], *row[column + 1 :])
        for delimiter, suffix in ((",", ""), (";", "_semicolon")):
            for group, changed in (("missing delimiter", merged), ("extra delimiter", split)):
                text = written([HEADER, *leads[:number], changed, *leads[number + 1 :]], delimiter)
                # Only the empty last cell is missing where the delimiter before it is.
                read = row if changed == row[:-1] else changed
                rows = [*leads[:number], read, *leads[number + 1 :]]
                yield _file(f"{group.replace(' ', '_')}_{number}{suffix}", group, text, rows)
        for kind, changed in (("inside", quoted), ("at_start", opened)):
            # The one cell is written as it is, whatever it holds.
            stand_in = (*row[:column], "@@@@", *row[column + 1 :])
            text = written([HEADER, *leads[:number], stand_in, *leads[number + 1 :]])
            rows = [*leads[:number], changed, *leads[number + 1 :]]
            yield _file(f"quote_{kind}_{number}", "extra quote", text.replace("@@@@", changed[column]), rows)


def _quotes(table: list[Row], leads: list[Row]) -> Iterator[Polluted]:
    yield _file("quote_every_cell", "quote", written(table, every=True), leads)
    for quote, name in (("'", "single"), ("`", "backtick")):
        yield _file(f"quote_{name}", "quote", written(table, quote=quote), leads)
        yield _file(f"quote_{name}_every_cell", "quote", written(table, ";", quote=quote, every=True), leads)
    yield _file("escape_backslash", "escape", written(table, escape="\\"), leads)
    yield _file("escape_backslash_every_cell", "escape", written(table, ";", escape="\\", every=True), leads)
    yield _file("escape_single_quote", "escape", written(table, quote="'", escape="\\", every=True), leads)
    stream = io.StringIO(newline="")
    unquoted = csv.writer(stream, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None, lineterminator="\n")
    flat = [(*row[:8], row[8].replace("\n", " ")) for row in table]
    unquoted.writerows(flat)
    yield _file("escape_without_quotes", "escape", stream.getvalue(), flat[1:])
