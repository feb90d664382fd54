"""Measuring a process tree, and writing the table; nothing here depends on how fast the machine is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("psutil")

from tests.bench import run
from tests.bench.measure import measure
from tests.bench.report import END, START, Result, insert, page, table

RESULTS = [
    Result("polars", 1_000_000, 0.5, (0.4, 0.6), 0.9, 200_000_000),
    Result("leadscrub", 1_000_000, 1.0, (0.9, 1.1), 1.8, 300_000_000),
    Result("usual", 10_000, 2.0, (1.5, 3.0), 2.0, 50_000_000),
]


def test_memory_of_children_counts(tmp_path: Path) -> None:
    """A child that holds 150 MB for a moment shows in the parent's peak."""
    child = "import time; block = b'x' * 150_000_000; time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    measured = measure([sys.executable, "-c", parent], tmp_path)
    assert measured.exit_code == 0
    assert measured.peak_bytes > 150_000_000


def test_exit_code_and_output_are_kept(tmp_path: Path) -> None:
    """A failing command is reported, not raised."""
    measured = measure([sys.executable, "-c", "import sys; print('out'); sys.exit('err')"], tmp_path)
    assert (measured.exit_code, measured.stdout, measured.stderr) == (1, "out\n", "err\n")


def test_table_compares_time_per_row() -> None:
    """With unequal row counts."""
    lines = table(RESULTS).splitlines()
    assert lines[3].endswith("| 1,000,000 | 1.00 (0.90-1.10) | 1.80 | 1,000,000 | 2.0 | 300 |")
    assert lines[4].endswith("| 10,000 | 2.00 (1.50-3.00) | 2.00 | 5,000 | 400.0 | 50 |")
    assert lines[-1] == "leadscrub is 200 times as fast as the usual script."


def test_page_names_the_date_and_the_machine() -> None:
    """And how to repeat it."""
    settings = {"rows": 10, "usual_rows": 5, "repeat": 3, "seed": 7, "mix": "us", "dnc_size": 20}
    text = page(RESULTS, {"CPU": "an abacus"}, "2026-11-21", settings)
    assert "Measured on 2026-11-21" in text
    assert "- CPU: an abacus" in text
    assert "--rows 10 --usual-rows 5 --repeat 3" in text


def test_readme_is_changed_between_the_markers_only(tmp_path: Path) -> None:
    """A README without markers is left alone, and a second run replaces the first."""
    readme = tmp_path / "README.md"
    readme.write_text("a\n", encoding="utf-8")
    assert not insert(readme, "x\n")
    readme.write_text(f"a\n{START}\nold\n{END}\nb\n", encoding="utf-8")
    assert insert(readme, "new\n")
    assert insert(readme, "newer\n")
    assert readme.read_text(encoding="utf-8") == f"a\n{START}\nnewer\n{END}\nb\n"


def test_unknown_program_is_refused() -> None:
    """Before anything is generated."""
    with pytest.raises(SystemExit, match="no program nosuch"):
        run.main(["--only", "polars,nosuch"])
