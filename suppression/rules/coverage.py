"""Which questions of contact the packs answer: country by way of contact by audience.

A cell is answered when some rule in force speaks of that way of contact, in that country, to that audience, whatever a
campaign declares; or when a pack says that nothing bars it (``[[permits]]``). What is not answered is for review: no
rule that hits is not the same as a law that allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from schemas.config import Channel
from schemas.rules import CONTACT, EVERYWHERE, RuleChannel, Statute
from suppression.rules.loading import LoadedPack, PackRule

Who = Literal["consumer", "business"]
AUDIENCES: tuple[Who, ...] = ("consumer", "business")
#: Questions whose answer no declaration of a campaign or a vendor changes: rules that ask nothing else hold for a cell.
_OF_THE_LEAD = frozenset({"always", "listed", "no_copy", "opted_out", "withdrawn", "line"})
#: The channel of a campaign that each way of contact belongs to.
CHANNEL_OF: dict[RuleChannel, Channel] = {
    "live": "call",
    "automated": "call",
    "text": "text",
    "email": "email",
    "post": "post",
}


@dataclass(frozen=True)
class Cell:
    """One question: may people of this audience be contacted like this?"""

    way: RuleChannel
    audience: Who

    def __str__(self) -> str:
        ways = {"live": "live calls", "automated": "automated calls", "text": "texts", "email": "email", "post": "post"}
        return f"{ways[self.way]} to {'consumers' if self.audience == 'consumer' else 'businesses'}"


CELLS = tuple(Cell(way, audience) for way in CONTACT for audience in AUDIENCES)


def answers(packs: Iterable[LoadedPack], day: date) -> dict[str, dict[Cell, list[str]]]:
    """For each country that the packs cover, the ids that answer each cell on a day."""
    packs = list(packs)
    countries = sorted({region for pack in packs for region in pack.pack.covered} - {EVERYWHERE})
    found: dict[str, dict[Cell, list[str]]] = {country: {cell: [] for cell in CELLS} for country in countries}
    for statute, regions in _statutes(packs):
        for cell in CELLS if statute.in_force(day) else ():
            if _speaks_of(statute, cell):
                for region in found.keys() & set(regions):
                    found[region][cell].append(statute.id)
    return found


def unanswered(packs: Iterable[LoadedPack], first: date, last: date) -> dict[Cell, frozenset[str]]:
    """Countries in which a cell has no answer on some day; cells that every country answers are left out."""
    packs = list(packs)
    lacking: dict[Cell, set[str]] = {}
    for day in _days(packs, first, last):
        for country, cells in answers(packs, day).items():
            for cell, ids in cells.items():
                if not ids:
                    lacking.setdefault(cell, set()).add(country)
    return {cell: frozenset(lacking[cell]) for cell in CELLS if cell in lacking}


def _days(packs: list[LoadedPack], first: date, last: date) -> set[date]:
    """The first day, and each later one on which something comes into force or has ended."""
    changes = {first}
    for statute, _ in _statutes(packs) if first < last else ():
        ended = None if statute.in_force_to is None else statute.in_force_to + timedelta(days=1)
        changes |= {day for day in (statute.in_force_from, ended) if day is not None and first < day <= last}
    return changes


def _statutes(packs: list[LoadedPack]) -> Iterable[tuple[Statute, tuple[str, ...]]]:
    for pack in packs:
        for each in pack.rules:
            if _answers(each):
                yield each.rule, each.regions
        for permit in pack.pack.permits:
            yield permit, tuple(permit.regions or pack.pack.regions)


def _answers(each: PackRule) -> bool:
    """Whether a rule is about contact, and holds whatever is declared."""
    rule = each.rule
    if rule.level == "list" or rule.effect not in {"block", "review"} or rule.leaving or rule.states:
        return False
    return {asked.predicate.name for asked in each.asked} <= _OF_THE_LEAD and EVERYWHERE not in each.regions


def _speaks_of(statute: Statute, cell: Cell) -> bool:
    """A rule on every channel is one on the use of data, not on calls or messages; for post that is all there is."""
    of_all = len(statute.channels) == len(CONTACT)
    return (
        cell.way in statute.channels
        and (not of_all or cell.way == "post")
        and statute.audience in {"any", cell.audience}
    )
