"""``rules show`` prints a rule with its law and its examples, which are those that the tests run."""

from __future__ import annotations

import json

from suppression.rules.examples import examples_of
from tests.conftest import leadscrub
from tests.suppression.rules.cases import read_cases, rules

CASES = list(read_cases())


def test_a_rule_is_shown_with_examples() -> None:
    shown = leadscrub("rules", "show", "us.tsr.national-dnc")
    assert shown.code == 0, shown.err
    lead = "phone +12025550101; email ann@example.com; country US; region US"
    assert f"  example      hits: on 2026-11-21; {lead}; on a list of kind dnc.national\n" in shown.out
    assert f"               passes: on 2026-11-21; {lead}\n" in shown.out


def test_an_exemption_lifts_and_does_not_where_evidence_is_missing() -> None:
    shown = leadscrub("rules", "show", "us.tsr.ebr-purchase")
    assert "lifts: " in shown.out
    assert "does not lift: " in shown.out
    assert "does not lift, evidence missing: " in shown.out
    given = json.loads(leadscrub("rules", "show", "us.tsr.ebr-purchase", "--json").out)["examples"]
    assert given["hit"]["given"]["last_purchase_at"] == "2025-05-21"
    assert [example["hits"] for example in given.values()] == [True, False, False]


def test_every_rule_has_examples_that_are_among_its_cases() -> None:
    """So that they are true: `test_cases` runs each of them."""
    examples = {name: examples_of(rule) for name, rule in rules().items()}
    assert [name for name, those in examples.items() if not {"hit", "pass"} <= set(those)] == []
    cases = {name: [case for case in CASES if case.rule == name] for name in examples}
    assert [each for name, those in examples.items() for each in those.values() if each not in cases[name]] == []
