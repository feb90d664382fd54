"""A mapping in the making: which field has which column so far, and what became of a column that a field refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.columns.cells import InCellPart
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.layout import Layout
from schemas.refusals import REFUSAL_FIELDS, RefusalColumn, refusal_column


@dataclass
class Draft:
    """A mapping in the making."""

    columns: tuple[str, ...]
    layout: Layout
    fields: dict[str, str] = field(default_factory=dict)
    parts: dict[str, InCellPart] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    faxes: list[str] = field(default_factory=list)
    refusals: dict[str, RefusalColumn] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, column: str, why: str) -> None:
        """Give a column to a field, or say what became of it."""
        if name == "fax":
            self.faxes.append(column)
            self.why[column] = why
        elif name == "phone_code":
            self.codes[column] = why
        elif column in self.layout.in_cell and name in {"phone", "email"}:
            self._share(name, column, why)
        elif name in REFUSAL_FIELDS:
            self.refuse(column, REFUSAL_FIELDS[name], why)
        elif self.place(name, column, why) is None:
            if name == "withdrawn_at":
                # A second column of withdrawals is no less a no than the first.
                self.refuse(column, refusal_column(column) or REFUSAL_FIELDS["no_contact"], why)
            elif name in {"phone", "email"}:
                self.withheld.append(column)
            else:
                self.doubts.append(f"column '{column}' also means {name} and is left in extra")

    def refuse(self, column: str, says: RefusalColumn, why: str) -> None:
        """Read a column for what it says against contact."""
        self.refusals[column] = says
        self.why[column] = why

    def place(self, name: str, column: str, why: str) -> str | None:
        """Give the column the first free place of its field; None when there is none."""
        places = _slots(name)
        free = next((place for place in places if place not in self.fields), None)
        if free is not None:
            self.fields[free] = column
            self.why[free] = why
        return free

    def _share(self, name: str, column: str, why: str) -> None:
        """Give every free place of a field one part of the column's cells; the last has all that is left."""
        free = [place for place in _slots(name) if place not in self.fields]
        for number, place in enumerate(free):
            self.fields[place] = column
            self.why[place] = why
            self.parts[place] = InCellPart(number, is_last=number == len(free) - 1)


def _slots(name: str) -> tuple[str, ...]:
    return {"phone": PHONE_SLOTS, "email": EMAIL_SLOTS}.get(name, (name,))
