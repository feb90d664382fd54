"""No cell that nobody can read opens more than the worst that it could say: a few of the examples, from all packs.

``python -m tests.suppression.rules.rubbish`` tries all of them, which takes half an hour.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from suppression.rules.describe import evidence_of
from tests.suppression.rules.cases import rules
from tests.suppression.rules.rubbish import CELLS, opened_by, scenarios

pytestmark = pytest.mark.slow

_TRIED = 5
#: Fields that a rule reads and whose cells cannot be rubbish: names and numbers are what they are.
_ANY_TEXT = {"email", "type of the number", "list kind", "purpose of the export"}


@pytest.mark.parametrize("number", range(_TRIED))
def test_rubbish_opens_nothing(number: int, tmp_path: Path) -> None:
    """The examples are in the packs' order, so that each comes from another pack."""
    tried = scenarios()
    case = tried[number * len(tried) // _TRIED]
    assert [str(each) for each in opened_by(case, tmp_path)] == []


def test_every_field_that_a_rule_reads_is_tried() -> None:
    """A field that a new rule reads needs its cells in ``CELLS``."""
    read = {field for each in rules().values() for field in evidence_of(each)}
    of_leads = {field for field in read if not field.startswith(("campaign ", "vendor ", "list "))}
    assert of_leads - _ANY_TEXT <= set(CELLS)
