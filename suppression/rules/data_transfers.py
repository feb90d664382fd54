"""What the rules of a run say of data that leaves beside its result: rows to the vendor, a list to somebody else."""

from __future__ import annotations

import polars as pl

from schemas.coded_findings import coded
from schemas.columns import CHANNEL_POINTS
from schemas.findings import no_findings
from suppression.rules.engine import RuleSet
from suppression.rules.loading import PackRule
from suppression.rules.setting import PointOnChannel


def not_returned(rules: RuleSet) -> frozenset[str]:
    """Regions whose people's rows may not go back to this vendor with their details."""
    return frozenset[str]().union(*(each.regions for each in rules.noted() if "return" in each.rule.leaving))


def against_export(rules: RuleSet) -> list[PackRule]:
    """Rules that stand against giving the list away that is `Setting.export`, or have something to say of it.

    Where the people of the list are is what ``rules`` was made with as ``always``.
    """
    one = rules.facts(pl.DataFrame({"row_id": [0], "is_lead": [True]}), coded(no_findings()), None)
    found = []
    for active in rules.active:
        if "export" in active.of.rule.leaving:
            at = PointOnChannel(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
            if rules.hits(active, one, at, whole_row=True) is not None:
                found.append(active.of)
    return found
