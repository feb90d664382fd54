"""Where the tables among a file's first records begin, whether they have a header, and what comes before it.

The records are a text's lines or a sheet's rows. None that may hold somebody's contact data is passed over: above
a header it is a table of its own, or it is set aside with its text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.reading.header_fit import fitted_header
from pipeline.reading.sample import SampleRecord
from pipeline.reading.value_kinds import column_kind, holds_point, is_data
from schemas.contact.blank import EMPTY_WORDS
from schemas.headers import match_header

#: A header is looked for among this many records; a title page is not longer.
_FIRST = 60
_CONTACT = {"phone", "email", "fax"}
#: So many records that hold contact data above a header are a table, whatever their columns.
_TABLE = 3


class Structure(NamedTuple):
    """Where a table is. Lines are 0-based: it begins on ``start``, its header on ``top``, its records on ``body``.

    ``header`` is None when the columns have no names; then ``top`` is ``body``. Of the records from ``start`` to
    ``top``, ``aside`` are set aside with their text, and the others are titles.
    """

    start: int
    top: int
    header: tuple[str, ...] | None
    body: int
    width: int
    aside: tuple[SampleRecord, ...] = ()

    def notes(self, unit: str, names: Sequence[str]) -> tuple[str, ...]:
        """Sentences for a person about what was passed over or inferred.

        ``unit`` is ``line`` or ``row``, ``names`` the columns' by a layout.
        """
        aside = {line for record in self.aside for line in range(record.line, record.line + record.lines)}
        titles = [line for line in range(self.start, self.top) if line not in aside]
        notes = []
        if titles:
            notes.append(f"{_lines(titles, unit)} before the table: no records")
        if aside:
            notes.append(
                f"{_lines(sorted(aside), unit)} above the header with a phone, an email or a long number: "
                "set aside as row.malformed, with the text"
            )
        if self.header is None and not names:
            notes.append(
                "there is no header: columns are named by their position and mapped only where values are sure"
            )
        return tuple(notes)


def find_tables(records: Sequence[SampleRecord], delimiter: str, *, header: bool | None = None) -> list[Structure]:
    """Find the tables. ``header`` is what a layout says: that there is one, or that there is none.

    Raises `DropError` when a header cannot be fitted to its rows.
    """
    filled = [record for record in records if not record.is_blank]
    usable = [record for record in filled if record.cells is not None]
    if not usable:
        return [Structure(0, 0, None, 0, 1)]
    width = _usual_width(usable)
    if header is False:
        return [Structure(0, filled[0].line, None, filled[0].line, width)]
    named = _find_header(filled, width, delimiter, sure=header is True)
    if named is None:
        start = next((record.line for record in filled if not _is_title(record, width)), 0)
        return _with_others(records, Structure(0, start, None, start, width))
    above, aside = _above([record for record in filled if record.line < named.line])
    assert named.cells is not None  # noqa: S101  # only such records are headers
    after = [record.cells for record in usable if record.line > named.line]
    rows = [cells for cells in after[:_FIRST] if cells is not None]
    cells = fitted_header(named.cells, rows, width if rows else len(named.cells), named.line + 1)
    start = named.line if above else 0
    body = named.line + named.lines
    return [*above, *_with_others(records, Structure(start, named.line, cells, body, len(cells), aside))]


def is_known_header(cells: Sequence[str], *, mostly: bool = False) -> bool:
    """Whether cells are surely columns' names: none is data, and two at least are known, or half (``mostly``: both)."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or any(map(is_data, filled)) or len(set(filled)) < len(filled) * 0.7:
        return False
    known = sum(match is not None and match.sure for match in map(match_header, filled))
    half = known * 2 >= len(filled) > 0
    return (known >= 2 and half) if mostly else (known >= 2 or half)


def other_headers(records: Iterable[SampleRecord], first: Structure) -> list[SampleRecord]:
    """Records after a table's header that are headers of other tables: they differ, and name a contact."""
    own = _folded(first.header or ())
    return [
        record
        for record in records
        if record.line >= first.body
        and record.cells is not None
        and len(record.cells) > 1
        # Cheapest first: nearly every record holds data.
        and not any(map(is_data, record.cells))
        and _folded(record.cells) != own
        and _begins_table(record)
    ]


def table_at(header: SampleRecord) -> Structure:
    """Return the table that begins with this header."""
    cells = header.cells or ()
    return Structure(header.line, header.line, cells, header.line + header.lines, len(cells))


def _lines(lines: Sequence[int], unit: str) -> str:
    """Name 0-based lines for a person: ``lines 1 to 3 and 5``."""
    first = [lines[0], *(after for before, after in pairwise(lines) if after != before + 1)]
    last = [*(before for before, after in pairwise(lines) if after != before + 1), lines[-1]]
    ranges = [
        f"{start + 1}" if start == end else f"{start + 1} to {end + 1}" for start, end in zip(first, last, strict=True)
    ]
    shown = ", ".join(ranges[:10]) + (f" and {len(ranges) - 10} more" if len(ranges) > 10 else "")
    return f"{unit}{'s' if len(lines) > 1 else ''} {shown}"


def _with_others(records: Sequence[SampleRecord], first: Structure) -> list[Structure]:
    return [first, *map(table_at, other_headers(records, first))]


def _folded(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _usual_width(records: Sequence[SampleRecord]) -> int:
    """Most frequent number of fields; the larger on a tie."""
    counts = Counter(len(record.cells) for record in records if record.cells is not None)
    return max(counts, key=lambda width: (counts[width], width))


def _find_header(filled: Sequence[SampleRecord], width: int, delimiter: str, *, sure: bool) -> SampleRecord | None:
    """Return the record that is the first table's header; None when it has none. ``sure``: a layout says it has one."""
    for position, record in enumerate(filled[:_FIRST]):
        names = record if record.cells is not None else _repaired(record, delimiter)
        if names is None or names.cells is None or not _is_full(names.cells, width):
            continue
        # Behind a whole record that holds no title, only what names a contact begins a table.
        first = not any(_is_full(above.cells, width) for above in filled[:position] if above.cells is not None)
        if is_known_header(names.cells) if first else _begins_table(names):
            return names
    usable = [record for record in filled if record.cells is not None]
    regular = _first_regular(usable, width)
    if sure:
        return regular
    before = filled[: filled.index(regular)]
    return regular if _may_be_header(regular, usable) and not any(map(_holds_point, before)) else None


def _may_be_header(record: SampleRecord, usable: Sequence[SampleRecord]) -> bool:
    """Whether nothing in a record is data, nor is there a word for none, nor a blank above phones or emails."""
    cells = record.cells or ()
    if not any(map(str.strip, cells)) or any(map(is_data, cells)):
        return False
    if any(cell.strip() and cell.strip().lower() in EMPTY_WORDS for cell in cells):
        return False
    below = [row.cells for row in usable if row.line > record.line and row.cells and len(row.cells) == len(cells)]
    blank = [at for at, cell in enumerate(cells) if not cell.strip()]
    return not any(column_kind(row[at] for row in below[:_FIRST]) in _CONTACT for at in blank)


def _is_full(cells: Sequence[str], width: int) -> bool:
    """Whether as many cells are filled as in a row of names, and not only in a title."""
    filled = sum(cell.strip() != "" for cell in cells)
    return filled * 2 >= width and (len(cells) > 1 or width == 1)


def _begins_table(record: SampleRecord) -> bool:
    """Whether a record amid others surely names columns, a contact's among them."""
    cells = record.cells or ()
    named = {match.field for match in map(match_header, cells) if match is not None and match.sure}
    return bool(named & _CONTACT) and is_known_header(cells, mostly=True)


def _repaired(record: SampleRecord, delimiter: str) -> SampleRecord | None:
    """Read a header with a stray quote; None when its text does not surely name columns."""
    cells = tuple(cell.strip() for cell in record.text.rstrip("\r\n").replace('"', "").split(delimiter))
    names = SampleRecord(record.line, record.lines, cells, record.text)
    return names if _begins_table(names) else None


def _first_regular(records: Sequence[SampleRecord], width: int) -> SampleRecord:
    """Return the first record of the usual width that others follow, and that is no title in an otherwise empty row."""
    regular = [record for record in records if record.cells is not None and len(record.cells) == width]
    for place, record in enumerate(regular):
        assert record.cells is not None  # noqa: S101  # see above
        empty = sum(not cell.strip() for cell in record.cells)
        if width < 3 or empty < width - 1 or place == len(regular) - 1:
            return record
    return records[0]


def _is_title(record: SampleRecord, width: int) -> bool:
    """Whether a record above a table without header is no row of it: one cell alone, without contact data."""
    alone = record.cells is not None and len(record.cells) == 1 < width
    return alone and not _holds_point(record)


def _holds_point(record: SampleRecord) -> bool:
    return any(map(holds_point, (record.text,) if record.cells is None else record.cells))


def _above(records: Sequence[SampleRecord]) -> tuple[list[Structure], tuple[SampleRecord, ...]]:
    """Say what the records above a header are: a table without header, or some that are set aside."""
    points = tuple(filter(_holds_point, records))
    if not points:
        return [], ()
    rows = [record for record in records if record.line >= points[0].line and record.cells is not None]
    if rows and len(points) * 2 >= len(rows):
        width = _usual_width(rows)
        cells = [record.cells for record in rows if record.cells is not None and len(record.cells) == width]
        sure = any(column_kind(column) in _CONTACT for column in zip(*cells, strict=True))
        if sure or len(points) >= _TABLE:
            return [Structure(0, points[0].line, None, points[0].line, width)], ()
    return [], points
