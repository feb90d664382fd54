"""Turns what the rules say of a batch into findings."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.findings import findings
from suppression.rules.clocks import dates_of
from suppression.rules.consent import LACKS, Bits
from suppression.rules.engine import Hit, RuleSet
from suppression.rules.facts import Facts
from suppression.rules.lifting import lifted

#: The last day of each point's verdict stands in the frame, after the point's name.
UNTIL = ":until"


def judged(
    rules: RuleSet, frame: pl.DataFrame, found: pl.DataFrame, region: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame with ``<point>:until`` (date) for each point, and all findings: the rules' and those given.

    ``frame`` has normalised leads in order of ``row_id``, without gaps; ``found`` is what lists and quality say of
    them. Matches of registries that the law exempts come back as flags.
    """
    if frame.is_empty():
        return frame, found
    facts = rules.facts(frame, found, region)
    ids = frame.select("row_id")
    more = [_finding(hit, ids, facts) for hit in rules.judge(facts)] + _coverage(rules, facts, ids)
    found = lifted(rules, facts, found, ids)
    ends = [dates_of(rules.until(facts, point)).alias(point + UNTIL) for point in rules.points(facts)]
    return frame.with_columns(ends), pl.concat([found, *more])


def _finding(hit: Hit, ids: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    each = hit.active.of
    return findings(
        ids.filter(hit.rows).with_columns(_why(hit, facts)),
        each.rule.id,
        point=hit.point,
        source=each.authority,
        detail=pl.col("why"),
        effect=each.rule.reason.effect,
        channel=hit.channel,
    )


def _why(hit: Hit, facts: Facts) -> pl.Series:
    """What each row lacks: of the consent that would lift the rule, else the exemptions that do not hold."""
    others = [exemption.of.rule.id for exemption in hit.active.exemptions]
    for exemption in hit.active.exemptions:
        for asked in exemption.of.asked:
            if asked.predicate.lacking is not None:
                others.remove(exemption.of.rule.id)
                rest = f"; nor does {' or '.join(others)} hold" if others else ""
                return _told(asked.predicate.lacking(facts, hit.place, asked.given)[hit.rows], rest)
    rule = hit.active.of.rule
    nothing = f"to release it: {rule.remedy.rstrip('.')}" if rule.effect == "review" else "nothing lifts it"
    said = f"{' or '.join(others)} does not hold" if others else nothing
    return pl.Series("why", [said]).new_from_index(0, int(hit.rows.sum()))


def _told(lacks: Bits, rest: str) -> pl.Series:
    """Put each set of lacks into words once; few occur."""
    distinct, place = np.unique(lacks, return_inverse=True)
    texts = []
    for bits in distinct:
        missing = [words for bit, words in enumerate(LACKS.values()) if int(bits) >> bit & 1]
        # A consent that was not given lacks everything; one word says it.
        told = "no consent is given" if int(bits) & 1 else "consent lacks " + ", ".join(missing)
        texts.append((told if missing else "consent is not enough here") + rest)
    return pl.Series("why", texts, dtype=pl.String).gather(place)


def _coverage(rules: RuleSet, facts: Facts, ids: pl.DataFrame) -> list[pl.DataFrame]:
    """Points in countries whose law the run does not have, or without any country: not checked is not clean."""
    source = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in rules.packs)
    found = []
    for point in rules.points(facts):
        outside, unknown = rules.uncovered(facts, point)
        for rows, code, said in (
            (outside, "rules.not_covered", "number or address is in a country that these packs do not cover"),
            (unknown, "rules.no_country", "neither number nor address says the country"),
        ):
            if rows.any():
                found.append(findings(ids.filter(rows), code, point=point, source=source, detail=said))
    return found
