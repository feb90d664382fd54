"""A few cases of each attack, with a new seed in every run; ``python -m tests.attack`` tries as many as wanted."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.attack.__main__ import PARTS, attack
from tests.attack.findings import Account
from tests.attack.syscalls import supported

pytestmark = pytest.mark.slow

#: Cases of each part: together some ten seconds of processor time.
CASES = {"formats": 8, "kills": 1, "errors": 1, "limits": 0, "flips": 2, "growth": 0}  # growth compares times


def test_every_attack_comes_to_nothing(tmp_path: Path) -> None:
    account = Account(tmp_path, secrets.randbelow(1 << 32))
    parts = {name: cases for name, cases in CASES.items() if cases and (name == "formats" or supported())}
    assert set(CASES) == set(PARTS)
    attack(account, list(parts), 0, parts)
    assert not account.findings, "\n".join(map(str, account.findings))
    assert {part.partition(",")[0] for part, _ in account.counts} >= set(parts)
