"""The table of the founding documents' statements names rules that exist, and leaves no statement out."""

from __future__ import annotations

import re

from tests.docs_build import ROOT
from tests.suppression.rules.cases import rules

TABLE = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", TABLE, flags=re.MULTILINE)


def test_every_statement_has_its_row() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 92))


def test_each_row_says_what_answers_it() -> None:
    kinds = ("rule", "evidence", "engine", "control", "not encoded", "national packs", "list")
    assert [number for number, _, answer in ROWS if not answer.startswith(kinds)] == []


def test_the_rules_named_exist() -> None:
    lists = {
        "dnc.internal",
        "email.unsubscribed",
        "email.bounced",
        "phone.reassigned",
        "list.customers",
        "sale.opted_out",
    }
    known = {*rules(), *lists}
    packs = {name.split(".")[0] for name in rules()}
    named = {name for _, _, answer in ROWS for name in re.findall(r"`([a-z0-9-]+(?:\.[a-z0-9-]+)+)`", answer)}
    assert {name for name in named if name.split(".")[0] in packs | {"consent", "vendor"}} <= known
