"""One process for all tests that forks their passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.nightly.workspaces import Passes, passes


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passes]:
    with passes(tmp_path_factory.mktemp("passes")) as made:
        yield made
