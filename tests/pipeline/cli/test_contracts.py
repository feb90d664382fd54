"""A drop is scrubbed by a data contract as by the layout that it was made of."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import DAY, leadscrub
from tests.pipeline.nightly.workspaces import make_workspace

DROP = """\
made by the vendor;;;
Kontakt;Zeichen;Datum;Notiz
(202) 555-0141;a1;21.11.2026;x
(212) 555-0142;a2;03.02.2026;y
"""
LAYOUT = """\
skip_lines = 1
region = "US"
required = ["phone"]
[columns]
phone = "Kontakt"
vendor_lead_id = "Zeichen"
consent_at = "Datum"
[dates]
consent_at = "%d.%m.%Y"
"""


@pytest.mark.slow
def test_a_saved_contract_reads_a_drop_as_its_layout_does(in_folder: Path) -> None:
    workspace = make_workspace(in_folder / "ws")
    drop = in_folder / "drop.csv"
    drop.write_text(DROP, encoding="utf-8")
    (in_folder / "acme.toml").write_text(LAYOUT, encoding="utf-8")
    contract = workspace / "vendors" / "acme.odcs.yaml"
    saved = leadscrub("inspect", drop, "--layout", "acme.toml", "--save-layout", contract)
    assert saved.code == 0, saved.err
    vendor = workspace / "vendors" / "acme.toml"
    vendor.write_text(vendor.read_text(encoding="utf-8") + 'layout = "acme.odcs.yaml"\n', encoding="utf-8")
    common: list[str | Path] = ["--campaign", workspace / "campaigns" / "calls.toml", "--as-of", DAY, "--threads", "1"]
    by_layout = leadscrub("scrub", drop, "-o", "one", *common, "--layout", "acme.toml", "--vendor", "zen")
    by_vendor = leadscrub("scrub", drop, "-o", "two", *common, "--vendor", "acme")
    assert (by_layout.code, by_vendor.code) == (0, 0), by_vendor.err
    one, two = (
        pl.read_parquet(f"{out}/clean.parquet").drop("vendor", "run_id", "received_at") for out in ("one", "two")
    )
    assert one.equals(two)
    assert one.select("phone", "vendor_lead_id").rows() == [("+12025550141", "a1"), ("+12125550142", "a2")]
    assert [str(day)[:10] for day in one["consent_at"]] == ["2026-11-21", "2026-02-03"]
    again = leadscrub("inspect", drop, "--layout", contract, "--save-layout", contract)
    assert again.code == 7
    drop.write_text(DROP.replace("Kontakt", "Handy"), encoding="utf-8")
    missing = leadscrub("scrub", drop, "-o", "three", *common, "--vendor", "acme")
    assert missing.code == 4
    assert "Kontakt" in missing.err


def test_what_a_contract_asks_in_vain_is_a_note_and_its_faults_end_with_3(in_folder: Path) -> None:
    (in_folder / "drop.csv").write_text("phone\n2025550141\n", encoding="utf-8")
    contract = in_folder / "theirs.yml"
    leads = "{name: leads, properties: [{name: phone, unique: true}]}"
    text = f"apiVersion: v3.0.2\nkind: DataContract\nschema: [{leads}]\n"
    contract.write_text(text, encoding="utf-8")
    options: list[str | Path] = [
        "--layout",
        contract,
        "--channel",
        "call",
        "--no-lists",
        "--region",
        "US",
        "--as-of",
        DAY,
    ]
    ran = leadscrub("scrub", "drop.csv", "-o", "out", *options)
    assert ran.code == 0, ran.err
    assert "theirs.yml: not checked, since a scrub judges leads and not the file: unique of 1 column" in ran.err
    contract.write_text(text.replace("v3.0.2", "v2.0.0"), encoding="utf-8")
    ran = leadscrub("scrub", "drop.csv", "-o", "out2", *options)
    assert ran.code == 3
    assert "theirs.yml:1: apiVersion: version 3 of the standard is read" in ran.err
