"""A night takes files: a vendor whose inbox is a table is told, and the others are served."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.nightly.vendors import find_sellers
from tests.conftest import campaign_text


@pytest.mark.parametrize("inbox", ["delta:lake/leads", "postgresql://h/crm?table=leads", "iceberg://lake/sales.leads"])
def test_an_inbox_is_no_table(tmp_path: Path, inbox: str) -> None:
    for folder in ("vendors", "campaigns"):
        (tmp_path / folder).mkdir()
    (tmp_path / "campaigns" / "demo.toml").write_text(campaign_text(("call",)))
    (tmp_path / "vendors" / "acme.toml").write_text(f'name = "acme"\ncampaign = "demo"\ninbox = "{inbox}"\n')
    (tmp_path / "vendors" / "bright.toml").write_text('name = "bright"\ncampaign = "demo"\n')
    served = find_sellers(tmp_path, [], [])
    assert [seller.name for seller in served.sellers] == ["bright"]
    [(name, error)] = [fault for fault in served.faulty if fault[0] is not None]
    assert name == "acme"
    assert f"inbox: '{inbox}' is a table, and a night takes files" in str(error)
