"""A workspace whose ledger is SQLite; and one for each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.ledger.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "leads")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return Workspace(tmp_path / "leads", url)
