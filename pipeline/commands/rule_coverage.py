"""Prints which questions of contact the packs answer: country by way of contact by audience."""

from __future__ import annotations

from datetime import date

from pipeline.commands.rule_reports import all_packs
from pipeline.terminal import plain_table, print_lines, write_json
from schemas.rules import CONTACT
from suppression.rules.coverage import AUDIENCES, Cell, answers

#: What a cell shows: rules were verified for both audiences, or for these only.
_MARKS = {("consumer", "business"): "yes", ("consumer",): "consumers", ("business",): "businesses", (): "-"}


def print_coverage(*, country: str | None, day: date, as_json: bool) -> None:
    """Print the matrix of a day, or one country's with the rules behind each cell."""
    found = answers(all_packs(), day)
    shown = found if country is None else {country: found.get(country, {})}
    if as_json:
        plain = {
            name: {way: {who: cells.get(Cell(way, who), []) for who in AUDIENCES} for way in CONTACT}
            for name, cells in shown.items()
        }
        write_json({"as_of": day.isoformat(), "countries": plain})
    elif country is None:
        _print_matrix(found)
    elif country not in found:
        print_lines(f"no pack for {country}: leads there are for review (rules.not_covered)")
    else:
        for cell, ids in found[country].items():
            print_lines(f"{cell!s:<32} {', '.join(ids) or 'nothing verified: for review (rules.unverified)'}")


def _print_matrix(found: dict[str, dict[Cell, list[str]]]) -> None:
    table = plain_table()
    for name in ("country", *CONTACT):
        table.add_column(name)
    for country, cells in found.items():
        table.add_row(country, *(mark(cells, way) for way in CONTACT))
    table.print()


def mark(cells: dict[Cell, list[str]], way: str) -> str:
    """What the matrix shows of one way of contact in a country."""
    verified = tuple(cell.audience for cell, ids in cells.items() if cell.way == way and ids)
    return _MARKS[verified]
