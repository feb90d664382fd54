"""Every rule has cases that hit and cases that pass, on each side of each of its dates; and each case can fail."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from suppression.rules.examples import Example as Case
from tests.rules.cases import outcome, packs, read_cases, rules, stands

CASES = list(read_cases())
#: Questions whose unknown answer is no answer: nobody withdrew, no list holds the number, no token was given.
NOTHING_MISSING = {
    "listed", "opted_out", "withdrawn", "younger", "consent_lacks", "token_malformed", "token_expired",
    "promise_bars_resale", "destination", "destination_outside", "no_copy", "line",
    "passed_on", "goes_abroad", "campaign_undeclared", "listed_anywhere", "exported",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    """The rule does what its case says, and where it hits, the outcome is another one without it."""
    found = outcome(case)
    assert stands(case, found) is case.hits
    if case.hits:
        assert sorted(map(str, outcome(case, without=case.rule))) != sorted(map(str, found))


def test_every_case_is_of_a_rule() -> None:
    assert [case.rule for case in CASES if case.rule not in rules()] == []


@pytest.mark.parametrize("rule", rules())
def test_every_rule_has_its_cases(rule: str) -> None:
    each = rules()[rule]
    mine = [case for case in CASES if case.rule == rule]
    kinds = {case.what.split()[0] for case in mine}
    assert {"hit", "pass"} <= kinds
    unknown_matters = [
        condition
        for condition in each.rule.when
        if condition.predicate not in NOTHING_MISSING | {"always"} and condition.parameters.get("unknown") != "for"
    ]
    if unknown_matters:
        assert "missing" in kinds
    days = {str(case.said["as_of"]) for case in mine if case.what.startswith(("in_force", "not_in_force"))}
    day = timedelta(days=1)
    if each.rule.in_force_from:
        assert {str(each.rule.in_force_from), str(each.rule.in_force_from - day)} <= days
    if each.rule.in_force_to:
        assert {str(each.rule.in_force_to), str(each.rule.in_force_to + day)} <= days


@pytest.mark.parametrize("rule", rules())
def test_every_rule_has_its_citation_and_review(rule: str) -> None:
    each = rules()[rule].rule
    assert each.citation.authority
    assert each.reviewed_on.year >= 2026
    assert re.search(r"[.!]$", each.title)


def test_every_predicate_is_used() -> None:
    from suppression.rules.predicates import PREDICATES

    used = {condition.predicate for pack in packs() for each in pack.rules for condition in each.rule.when}
    assert sorted(used) == sorted(PREDICATES)
