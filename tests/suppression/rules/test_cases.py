"""Every rule has cases that hit and cases that pass, on each side of each of its dates; and each case can fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from suppression.rules.describe import evidence_of
from suppression.rules.examples import Example as Case
from suppression.rules.predicates import consents, lead, run, transfer
from suppression.rules.predicates.predicate import Predicate
from suppression.rules.predicates.registry import PREDICATES
from tests.suppression.rules.cases import outcome, packs, read_cases, rules, stands

CASES = list(read_cases())
CASES_OF = {rule: [case for case in CASES if case.rule == rule] for rule in rules()}


def faults_of(case: Case) -> Iterator[str]:
    """What is wrong with a case: the rule does what it says, and where it hits, the outcome is another without it."""
    found = outcome(case)
    if stands(case, found) is not case.hits:
        yield f"{case}: {'no hit' if case.hits else 'a hit'}"
    if case.hits and sorted(map(str, outcome(case, without=case.rule))) == sorted(map(str, found)):
        yield f"{case}: the same outcome without the rule"


@pytest.mark.parametrize("rule", CASES_OF)
def test_the_first_case_of_a_rule(rule: str) -> None:
    assert [fault for case in CASES_OF[rule][:1] for fault in faults_of(case)] == []


@pytest.mark.slow
@pytest.mark.parametrize("rule", CASES_OF)
def test_all_other_cases_of_a_rule(rule: str) -> None:
    assert [fault for case in CASES_OF[rule][1:] for fault in faults_of(case)] == []


def test_every_case_is_of_a_rule() -> None:
    assert [case.rule for case in CASES if case.rule not in rules()] == []


def test_every_rule_has_its_cases() -> None:
    assert {rule: lacking for rule in rules() if (lacking := cases_wanted(rule) - cases_there(rule))} == {}


def cases_there(rule: str) -> set[str]:
    """Kinds of a rule's cases, and the days of those that ask whether it is in force."""
    days = {str(case.said["as_of"]) for case in CASES_OF[rule] if case.what.startswith(("in_force", "not_in_force"))}
    return days | {case.what.split()[0] for case in CASES_OF[rule]}


def cases_wanted(rule: str) -> set[str]:
    """Cases that hit and pass, one that lacks evidence where that matters, and both sides of each date."""
    each = rules()[rule].rule
    wanted = {"hit", "pass"}
    if any(
        PREDICATES[condition.predicate].lack_matters and condition.parameters.get("unknown") != "for"
        for condition in each.when
    ):
        wanted.add("missing")
    day = timedelta(days=1)
    if each.in_force_from:
        wanted |= {str(each.in_force_from), str(each.in_force_from - day)}
    if each.in_force_to:
        wanted |= {str(each.in_force_to), str(each.in_force_to + day)}
    return wanted


def test_every_rule_has_its_citation_and_review() -> None:
    each = {name: rule.rule for name, rule in rules().items()}
    assert [name for name, rule in each.items() if not rule.citation.authority] == []
    assert [name for name, rule in each.items() if rule.reviewed_on.year < 2026] == []
    assert [name for name, rule in each.items() if not re.search(r"[.!]$", rule.title)] == []


def test_every_predicate_is_used() -> None:
    used = {condition.predicate for pack in packs() for each in pack.rules for condition in each.rule.when}
    assert sorted(used) == sorted(PREDICATES)


def test_every_predicate_of_the_modules_is_registered_with_its_facts() -> None:
    made = [each for module in (consents, lead, run, transfer) for each in vars(module).values()]
    predicates = {id(each): each for each in made if isinstance(each, Predicate)}.values()
    assert sorted(each.name for each in predicates) == sorted(PREDICATES)
    assert [each.name for each in predicates if not (each.asks and each.unknown)] == []


def test_every_rule_names_the_evidence_that_it_reads() -> None:
    """A rule that reads nothing holds always, or of any list."""
    silent = {name for name, each in rules().items() if not evidence_of(each)}
    asked = {condition.predicate for name in silent for condition in rules()[name].rule.when}
    assert asked <= {"always"}
