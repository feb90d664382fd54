"""Which source column is which field of a lead: a layout's word first, then the register of header names."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.columns import CODE_FIELDS, DAYS, EMAIL_SLOTS, INSTANTS, PHONE_SLOTS
from schemas.config import Layout
from schemas.contact.blank import BLANKS
from schemas.errors import DropError
from schemas.headers import match_header
from schemas.names import did_you_mean

_LOOKS_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
#: A plus, or a ten-digit number with or without the usual punctuation.
_LOOKS_PHONE = r"^(?:\+[\d .()/-]{8,20}|1?[ .-]?\(?[2-9]\d{2}\)?[ .-]?\d{3}[ .-]?\d{4}|0\d([ .-]?\d\d){4})$"
_SAMPLE_ROWS = 2000


@dataclass(frozen=True)
class Mapping:
    """Field of a lead -> source column. ``doubts`` are sentences for a person; nothing in them was mapped.

    ``withheld`` columns hold phones or emails beyond the fourth: unscreened, so no clean row may carry them.
    """

    fields: dict[str, str]
    fax: frozenset[str]
    unmapped: tuple[str, ...]
    withheld: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that ``extra`` carries: the unmapped, and those whose cells may hold what could not be read."""
        may_fail = (*INSTANTS, *DAYS, *CODE_FIELDS, "is_business")
        kept = {self.fields[name] for name in may_fail if name in self.fields}
        return tuple(name for name in self.unmapped) + tuple(sorted(kept))


def map_columns(columns: tuple[str, ...], layout: Layout, path: str, *, by_post: bool = False) -> Mapping:
    """Decide the mapping of one file. `DropError` when no column holds a phone or an email (by post: an address)."""
    fields: dict[str, str] = {}
    doubts: list[str] = []
    faxes: list[str] = []
    withheld: list[str] = []
    for field, column in layout.columns.items():
        if column not in columns:
            raise DropError(
                f"'{path}' has no column '{column}', which the layout maps to {field}.", did_you_mean(column, columns)
            )
        if field == "fax":
            faxes.append(column)
        else:
            fields[field] = column
    taken = {*fields.values(), *faxes, *layout.ignore}
    for column in columns:
        match = None if column in taken else match_header(column)
        if match is None:
            continue
        if not match.sure:
            doubts.append(f"column '{column}' may hold {match.field} ({match.why}); map it with --layout if it does")
        elif match.field == "fax":
            faxes.append(column)
        elif not _place(match.field, column, fields):
            if match.field in {"phone", "email"}:
                withheld.append(column)
            else:
                doubts.append(f"column '{column}' also means {match.field} and is left in extra")
    # Faxes take what the phones leave free.
    placed = {column: _place("phone", column, fields) for column in faxes}
    withheld += [column for column, slot in placed.items() if slot is None]
    contacts = (*PHONE_SLOTS, *EMAIL_SLOTS, *(["address_1"] if by_post else []))
    if not any(field in fields for field in contacts):
        raise _no_contact(columns, path, doubts)
    doubts += [
        f"column '{column}' is a fifth contact point of its kind: it is not screened, and left out of clean"
        for column in withheld
    ]
    used = {*fields.values(), *withheld}
    return Mapping(
        fields,
        frozenset(slot for slot in placed.values() if slot is not None),
        tuple(column for column in columns if column not in used),
        tuple(withheld),
        tuple(doubts),
    )


def _place(field: str, column: str, fields: dict[str, str]) -> str | None:
    """Give the column the first free place of its field; None when there is none."""
    places = {"phone": PHONE_SLOTS, "email": EMAIL_SLOTS}.get(field, (field,))
    free = next((place for place in places if place not in fields), None)
    if free is not None:
        fields[free] = column
    return free


def _no_contact(columns: tuple[str, ...], path: str, doubts: list[str]) -> DropError:
    shown = ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")
    if any("@" in name or sum(c.isdigit() for c in name) >= 7 for name in columns):
        return DropError(
            f"'{path}' has no header line: its first line holds data.",
            "Add a line with the columns' names.",
        )
    return DropError(
        f"'{path}' has no column that surely holds a phone or an email. Its columns: {shown}.",
        " ".join(
            [
                *(doubt + "." for doubt in doubts[:1]),
                'Name it in a layout: [columns] phone = "..." (--layout).',
            ]
        ),
    )


def contact_like(frame: pl.DataFrame, columns: tuple[str, ...], prefix: str) -> list[str]:
    """Sentences about unmapped columns whose values look like phones or emails, judged by the first rows."""
    warnings = []
    sample = frame.head(_SAMPLE_ROWS)
    for column in columns:
        cells = BLANKS.cleaned(sample.get_column(prefix + column)).drop_nulls()
        for kind, pattern in (("emails", _LOOKS_EMAIL), ("phones", _LOOKS_PHONE)):
            if len(cells) and int(cells.str.contains(pattern).sum()) * 2 > len(cells):
                warnings.append(
                    f"column '{column}' is not mapped, but its values look like {kind}: they are not screened"
                )
    return warnings
