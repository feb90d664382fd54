"""Limits of a workspace hold for every format, in the process that reads apart too, and a refusal names the limit."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from schemas.files.limits import Limits
from schemas.workspace import LimitChoice
from tests.conftest import leadscrub, write_campaign
from tests.pipeline.reading.builders import write_xlsx


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, "phone\n2025550100\n")


_FRAME = pl.DataFrame({"name": ["Ann", "Bo", "Cy"], "phone": ["2025550100", "2025550101", "2025550102"]})

#: Setting -> a file that goes beyond a limit of 1 (of 0 for nesting), by its name.
FILES: dict[str, dict[str, Callable[[Path], object]]] = {
    "max_columns = 1": {
        "drop.csv": _FRAME.write_csv,
        "drop.json": _FRAME.write_json,
        "drop.parquet": _FRAME.write_parquet,
        "drop.arrow": _FRAME.write_ipc,
        "drop.xlsx": lambda path: write_xlsx(path, {"a": [list(_FRAME.columns), *map(list, _FRAME.rows())]}),
    },
    "max_rows = 1": {
        "drop.csv": _FRAME.write_csv,
        "drop.json": _FRAME.write_json,
        "drop.parquet": _FRAME.write_parquet,
        "drop.xlsx": lambda path: write_xlsx(path, {"a": [list(_FRAME.columns), *map(list, _FRAME.rows())]}),
    },
    "max_members = 1": {"drop.zip": _archive},
    "max_sheets = 1": {"drop.xlsx": lambda path: write_xlsx(path, {"a": [["phone"]], "b": [["phone"]]})},
    "max_record_mb = 1": {
        "drop.csv": lambda path: path.write_text("name,phone\n" + "x" * (2 << 20) + ",2025550100\n"),
        "drop.parquet": lambda path: pl.DataFrame({"phone": ["1"], "a": ["x" * (2 << 20)]}).write_parquet(path),
    },
    "max_nesting = 0": {"drop.parquet": lambda path: pl.DataFrame({"phone": ["1"], "a": [["x"]]}).write_parquet(path)},
}


def test_the_settings_are_the_limits() -> None:
    assert LimitChoice().model_dump() == asdict(Limits())


@pytest.mark.slow
@pytest.mark.parametrize("setting", FILES)
def test_a_refusal_names_the_setting(tmp_path: Path, setting: str) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "leadscrub.toml").write_text(f"[limits]\n{setting}\n", encoding="utf-8")
    campaign = write_campaign(tmp_path / "campaigns", ("call",))
    for name, make in FILES[setting].items():
        make(tmp_path / name)
        ran = leadscrub("scrub", tmp_path / name, "-o", tmp_path / "out", "--campaign", campaign, "--threads", "1")
        assert ran.code == 4, (name, ran)
        assert f"({setting.partition(' ')[0]})" in ran.err, name
        assert name in ran.err
        assert not (tmp_path / "out").exists()


def test_a_wrong_setting_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "leadscrub.toml").write_text("[limits]\nmax_column = 1\n", encoding="utf-8")
    campaign = write_campaign(tmp_path / "campaigns", ("call",))
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2025550100\n", encoding="utf-8")
    ran = leadscrub("scrub", drop, "-o", tmp_path / "out", "--campaign", campaign)
    assert ran.code == 3
    assert "max_columns" in ran.err
