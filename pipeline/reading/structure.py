"""Where a text's table begins, whether it has a header, and where other tables follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reading.sample import SampleRecord
from pipeline.reading.value_kinds import DATA_KINDS, is_data, kind_of
from schemas.headers import match_header

#: A header is looked for among this many records; a title page is not longer.
_FIRST = 60
_CONTACT = {"phone", "email", "fax"}


@dataclass(frozen=True)
class Structure:
    """Where a table is. Lines are 0-based; ``body`` is the line of its first record.

    ``skipped`` lines before it are no records. ``header`` is None when the columns have no names.
    """

    skipped: int
    header: tuple[str, ...] | None
    body: int
    width: int


def find_structure(records: Sequence[SampleRecord], *, header: bool | None = None) -> Structure:
    """Find the first table. ``header`` is what a layout says: that there is one, or that there is none."""
    filled = [record for record in records if not record.is_blank]
    usable = [record for record in filled if record.cells is not None]
    if not usable:
        return Structure(0, None, 0, 1)
    width = _usual_width(usable)
    named = None if header is False else _known_header(usable[:_FIRST], width)
    if named is None:
        first = _first_regular(usable, width)
        if first.cells is not None and (header or (header is None and _may_be_header(first.cells))):
            named = first
        else:
            return _headerless(filled, width, declared=header is False)
    assert named.cells is not None  # noqa: S101  # only such records are candidates
    after = [record.cells for record in usable if record.line > named.line and record.cells is not None]
    cells = _fitted(named.cells, after[:_FIRST], width)
    body = named.line + named.lines
    if cells is None:
        return Structure(body, None, body, width)
    return Structure(named.line, cells, body, len(cells))


def is_known_header(cells: Sequence[str], *, mostly: bool = False) -> bool:
    """Whether cells are surely columns' names: none is data, and two at least are known, or half (``mostly``: both)."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or any(kind_of(cell) in DATA_KINDS for cell in filled) or len(set(filled)) < len(filled) * 0.7:
        return False
    known = sum(match is not None and match.sure for match in map(match_header, filled))
    half = known * 2 >= len(filled) > 0
    return (known >= 2 and half) if mostly else (known >= 2 or half)


def names_contact(cells: Sequence[str]) -> bool:
    """Whether a name among the cells surely is a phone's, a fax's or an email's."""
    return any(match is not None and match.sure and match.field in _CONTACT for match in map(match_header, cells))


def other_headers(records: Sequence[SampleRecord], structure: Structure) -> list[SampleRecord]:
    """Records after the first table's header that are headers of other tables: they differ, and name a contact."""
    own = _folded(structure.header or ())
    return [
        record
        for record in records
        if record.line >= structure.body
        and record.cells is not None
        and len(record.cells) > 1
        # Cheapest first: nearly every record holds data.
        and not any(map(is_data, record.cells))
        and _folded(record.cells) != own
        and names_contact(record.cells)
        and is_known_header(record.cells, mostly=True)
    ]


def _folded(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _usual_width(records: Sequence[SampleRecord]) -> int:
    """Most frequent number of fields; the larger on a tie."""
    counts = Counter(len(record.cells) for record in records if record.cells is not None)
    return max(counts, key=lambda width: (counts[width], width))


def _known_header(records: Sequence[SampleRecord], width: int) -> SampleRecord | None:
    """Return the first record that is surely a header, unless data come before it."""
    for record in records:
        if record.cells is None:
            continue
        if is_known_header(record.cells) and (len(record.cells) > 1 or width == 1):
            return record
        if len(record.cells) == width > 1 and sum(kind_of(cell) in DATA_KINDS for cell in record.cells) > 1:
            return None
    return None


def _first_regular(records: Sequence[SampleRecord], width: int) -> SampleRecord:
    """Return the first record of the usual width that others follow, and that is no title in an otherwise empty row."""
    regular = [record for record in records if record.cells is not None and len(record.cells) == width]
    for place, record in enumerate(regular):
        assert record.cells is not None  # noqa: S101  # see above
        empty = sum(not cell.strip() for cell in record.cells)
        if width < 3 or empty < width - 1 or place == len(regular) - 1:
            return record
    return records[0]


def _may_be_header(cells: Sequence[str]) -> bool:
    """Whether nothing in the cells is data."""
    return any(cell.strip() for cell in cells) and not any(map(is_data, cells))


def _headerless(records: Sequence[SampleRecord], width: int, *, declared: bool) -> Structure:
    """Begin with the first line that may be somebody's data: only a title, one cell alone, is passed over."""
    start = next(
        (record.line for record in records if declared or record.cells is None or len(record.cells) > 1 or width == 1),
        0,
    )
    return Structure(start, None, start, width)


def _fitted(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int) -> tuple[str, ...] | None:
    """Fit a header to rows that all end with a delimiter more, or less, than it does.

    None when its names cannot be those of the columns, since nearly all rows have another number of fields.
    """
    usual = [row for row in rows if len(row) == width]
    if len(header) == width or len(usual) < 3 or len(usual) * 10 < len(rows) * 9:
        return header
    if len(header) < width and not any(cell.strip() for row in usual for cell in row[len(header) :]):
        return header + ("",) * (width - len(header))
    if len(header) > width and not any(name.strip() for name in header[width:]):
        return header[:width]
    return None
