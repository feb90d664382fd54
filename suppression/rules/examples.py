"""Examples of the shipped rules: leads, campaigns and vendors written down as data. The tests run every one of them.

A file of ``packs/examples/`` belongs to a pack. Its table ``[given]`` holds for all; each other table is a rule, with

- ``given``: what its examples share,
- ``hit``, ``pass``: for each example what differs; an exemption "hits" when it lifts the rules that it names,
- ``missing``: examples that lack evidence, where a rule must hit and an exemption must not,
- ``in_force``, ``not_in_force``: days on which the first hit does and does not hit.

An example's keys are columns of the lead; ``consent = true`` stands for a consent that lacks nothing; ``campaign.X``
and ``vendor.X`` are their evidence; ``listed`` names kinds of list that hold the point; ``consulted`` the lists of the
run; ``as_of`` its day; ``export`` the list that is given away. Everything else is declared, and nothing in it speaks
against contact. Where a rule is about passing on, the result is sold unless the example says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tomli

from suppression.rules.loading import SHIPPED, PackRule

FOLDER = SHIPPED / "examples"
#: The day of the run, where an example gives none.
DAY = date(2026, 11, 21)
#: Kinds of example, in the order in which they are shown.
SHOWN = ("hit", "pass", "missing")


@dataclass(frozen=True)
class Example:
    """One example of one rule. ``hits``: whether the rule stands (an exemption: whether it lifts)."""

    rule: str
    what: str
    said: dict[str, Any]
    hits: bool

    def __str__(self) -> str:
        return f"{self.rule} {self.what}"


def examples_in(path: Path, exempt: frozenset[str]) -> Iterator[Example]:
    """Every example of a file; ``exempt`` are the ids of exemptions."""
    tables = tomli.loads(path.read_text(encoding="utf-8"))
    shared = tables.pop("given", {})
    for rule, table in tables.items():
        given = shared | table.get("given", {})
        for what, hits in (("hit", True), ("pass", False), ("missing", rule not in exempt)):
            for number, said in enumerate(table.get(what, [])):
                yield Example(rule, f"{what} {number}", given | said, hits)
        for what, hits in (("in_force", True), ("not_in_force", False)):
            for day in table.get(what, []):
                yield Example(rule, f"{what} {day}", given | table["hit"][0] | {"as_of": day}, hits)


def examples_of(each: PackRule) -> dict[str, Example]:
    """The first example of each kind of a rule; none for a rule of the workspace's own."""
    path = FOLDER / f"{each.pack}.toml"
    exempt = frozenset({each.rule.id} if each.rule.effect == "exempt" else ())
    found = examples_in(path, exempt) if path.exists() else ()
    mine = {example.what: example for example in found if example.rule == each.rule.id}
    return {kind: mine[f"{kind} 0"] for kind in SHOWN if f"{kind} 0" in mine}


def in_words(said: dict[str, Any]) -> str:
    """What an example gives, in words."""
    return "; ".join(_clause(name, value) for name, value in said.items())


def _clause(name: str, value: object) -> str:
    if name == "consent":
        return "a consent that lacks nothing" if value else "no consent"
    if name == "listed":
        return f"on a list of kind {_spelled(value)}" if value else "on no list"
    if name == "consulted":
        return f"lists consulted: {_spelled(value) or 'none'}"
    if name == "as_of":
        return f"on {value}"
    if value == "missing":
        return f"no {name}"
    return f"{name} {_spelled(value)}"


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_spelled, value))
    if isinstance(value, dict):
        return " ".join(f"{name} {_spelled(inner)}" for name, inner in value.items())
    return str(value)
