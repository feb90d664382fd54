"""Turns what the rules say of a batch into findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.coded_findings import SAID_SCHEMA, CodedFindings, together
from schemas.codes import CODES, Effect
from schemas.frame_columns import UNTIL
from schemas.support.distinct import distinct_numbers
from suppression.rules.consent import LACKS, Bits
from suppression.rules.engine import Hit, RuleSet
from suppression.rules.exemptions import lifted
from suppression.rules.facts import Facts
from suppression.rules.time_windows import dates_of
from suppression.rules.unread import UnreadEvidence, unread_evidence
from suppression.rules.unverified import Unanswered, unanswered_points
from suppression.rules.valid_until import until

Places = npt.NDArray[np.int64]


def judged(
    rules: RuleSet,
    frame: pl.DataFrame,
    found: CodedFindings,
    region: str | None,
    columns: Mapping[str, str] | None = None,
) -> tuple[pl.DataFrame, CodedFindings]:
    """Return the frame with ``<point>:until`` (date) for each point, and all findings: those given and the rules'.

    ``frame`` has normalised leads in order of ``row_id``, without gaps; ``found`` is what lists and quality say of
    them. Matches of registries that the law exempts come back as flags. ``columns`` has the source column of each
    field, which findings on unreadable cells name.
    """
    if frame.is_empty():
        return frame, found
    facts = rules.facts(frame, found, region)
    against = [_against(hit, facts) for hit in rules.judge(facts)]
    against += [_of_unanswered(each, rules) for each in unanswered_points(rules, facts)]
    against += [_of_unread(each) for each in unread_evidence(rules, facts, columns or {}) if each.rows.any()]
    found = lifted(rules, facts, found)
    ends = [dates_of(until(rules, facts, point)).alias(UNTIL.of(point)) for point in rules.points(facts)]
    return frame.with_columns_seq(ends), together([found, *_coded(against, facts.first)])


@dataclass(frozen=True)
class _Against:
    """One code against one point: at these places of the batch, each with one of ``details``."""

    places: Places
    point: str | None
    code: str
    effect: Effect
    source: str
    channel: str | None
    details: list[str]
    detail: Places


def _coded(against: list[_Against], first: int) -> list[CodedFindings]:
    """All of them as findings; ``first``: the batch's first ``row_id``."""
    if not against:
        return []
    starts = np.cumsum([0, *(len(each.details) for each in against)])
    said = pl.DataFrame(
        [
            (each.point, each.code, each.effect, each.source, detail, each.channel)
            for each in against
            for detail in each.details
        ],
        SAID_SCHEMA,
        orient="row",
    )
    places = np.concatenate([each.places for each in against]).astype(np.uint64)
    which = np.concatenate([start + each.detail for start, each in zip(starts, against, strict=False)])
    return [CodedFindings(places + np.uint64(first), which, said)]


def _against(hit: Hit, facts: Facts) -> _Against:
    each, places = hit.active.of, np.flatnonzero(hit.rows)
    details, detail = _why(hit, facts, places)
    effect = each.rule.reason.effect
    return _Against(places, hit.point, each.rule.id, effect, each.authority, hit.channel, details, detail)


def _why(hit: Hit, facts: Facts, places: Places) -> tuple[list[str], Places]:
    """What the row at each place lacks: of the consent that would lift the rule, else which exemptions do not hold."""
    others = [exemption.of.rule.id for exemption in hit.active.exemptions]
    for exemption in hit.active.exemptions:
        for asked in exemption.of.asked:
            if asked.predicate.lacking is not None:
                others.remove(exemption.of.rule.id)
                rest = f"; nor does {' or '.join(others)} hold" if others else ""
                return _told(asked.predicate.lacking(facts, hit.at, asked.given)[places], rest)
    rule = hit.active.of.rule
    nothing = f"to release it: {rule.remedy.rstrip('.')}" if rule.effect == "review" else "nothing lifts it"
    said = f"{' or '.join(others)} does not hold" if others else nothing
    return [said], np.zeros(len(places), dtype=np.int64)


def _told(lacks: Bits, rest: str) -> tuple[list[str], Places]:
    """Put each set of lacks into words once; few occur."""
    found, place = distinct_numbers(lacks)
    texts = []
    for bits in found:
        missing = [words for bit, words in enumerate(LACKS.values()) if int(bits) >> bit & 1]
        # A consent that was not given lacks everything; one word says it.
        told = "no consent is given" if int(bits) & 1 else "consent lacks " + ", ".join(missing)
        texts.append((told if missing else "consent is not enough here") + rest)
    return texts, place


def _of_unread(each: UnreadEvidence) -> _Against:
    places = np.flatnonzero(each.rows)
    none = np.zeros(len(places), dtype=np.int64)
    effect = CODES[each.code].effect
    return _Against(places, each.point, each.code, effect, each.source, each.channel, [each.detail], none)


def _of_unanswered(each: Unanswered, rules: RuleSet) -> _Against:
    source = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in rules.packs)
    places = np.flatnonzero(each.rows)
    none = np.zeros(len(places), dtype=np.int64)
    effect = CODES[each.code].effect
    return _Against(places, each.point, each.code, effect, source, each.channel, [each.detail], none)
