"""Lists that seem to do nothing: what was looked up in them, and whether that it found nothing is a cause for alarm."""

from __future__ import annotations

from typing import Final

from pipeline.context import Context
from pipeline.run.tally import Tally
from suppression.erased import ERASED
from suppression.lists import SuppressionList

#: A hashed list that matches none of so many values was most likely hashed in another way than its recipe says.
_LARGE_RUN: Final = 10_000


def looked_up(suppression: SuppressionList, context: Context, tallies: list[Tally]) -> int:
    """How many contact points of a run were looked up in a list."""
    kind = suppression.kind
    slots = (context.phone_slots if kind.phones else ()) + (context.email_slots if kind.emails or kind.domains else ())
    return sum(tally.valid[slot] for tally in tallies for slot in slots)


def silence(
    suppression: SuppressionList, context: Context, tallies: list[Tally], matches: dict[str, int]
) -> str | None:
    """Sentence of alarm when a hashed list matched nothing over a large run; None when all is well."""
    if suppression.digests is None or suppression.facts.name == ERASED or matches.get(suppression.authority, 0):
        return None
    count = looked_up(suppression, context, tallies)
    if count < _LARGE_RUN:
        return None
    recipes = " or ".join(suppression.facts.hash_recipes)
    return (
        f"none of {count:,} values is on this hashed list: it was probably not made by {recipes}; "
        "ask who made it, and prove the recipe with --planted"
    )
