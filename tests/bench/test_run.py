"""Measuring a process tree, and writing the table; nothing here depends on how fast the machine is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.importorskip("psutil")

from schemas.contact.apply import In, Out
from schemas.contact.email import email_forms
from schemas.contact.phone import phone_forms
from tests.bench import run
from tests.bench.measure import measure
from tests.bench.normalise import odd_leads
from tests.bench.report import (
    BY_HAND,
    Normalised,
    Result,
    by_hand,
    normalised_table,
    page,
    stage_table,
    start_table,
    table,
)

pytestmark = pytest.mark.slow

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


def test_stages_are_given_by_row_and_share() -> None:
    """Of the sum of the stages, in their order; nothing where the scrub was not run."""
    lines = stage_table({"map": 3.0, "write": 1.0}, 2_000_000).splitlines()
    assert lines[-2:] == ["| map | 3.00 | 1.50 | 75% |", "| write | 1.00 | 0.50 | 25% |"]
    assert stage_table({}, 10) == ""


def test_small_commands_are_told_in_seconds() -> None:
    """Of wall time."""
    assert start_table({"`--help`": 0.254}).splitlines()[-1] == "| `--help` | 0.25 |"


def test_normalisation_is_compared_with_the_copy_where_there_is_one() -> None:
    """The worst case is no file."""
    alone = [Normalised("mix `us`", 1_000_000, 2.0, 4.0), Normalised("odd", 40_000, 1.0, None)]
    lines = normalised_table(alone).splitlines()
    assert lines[-2:] == [
        "| mix `us` | 1,000,000 | 2.00 | 500,000 | 4.00 | 0.50 |",
        "| odd | 40,000 | 1.00 | 40,000 | - | - |",
    ]
    assert normalised_table([]) == ""


def test_odd_leads_are_all_different_and_all_left_to_the_libraries() -> None:
    """The same for the same seed."""
    leads = odd_leads(300, seed=3)
    assert len(leads) == leads.select("phone", "country").n_unique() == leads.get_column("email").n_unique() == 300
    assert leads.equals(odd_leads(300, seed=3))
    asked: list[object] = []

    def apply(work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
        asked.extend(items)
        return work(items)

    phone_forms(leads.get_column("phone"), leads.get_column("country"), apply)
    email_forms(leads.get_column("email"), apply)
    assert len(asked) == 600


def test_what_was_written_by_hand_stays(tmp_path: Path) -> None:
    """At the end of the page."""
    path = tmp_path / "benchmark.md"
    assert by_hand(path) == ""
    path.write_text(f"old\n\n{BY_HAND}\n\nThis and that.\n", encoding="utf-8")
    assert "new\n" + by_hand(path) == f"new\n\n{BY_HAND}\n\nThis and that.\n"


def test_unknown_program_is_refused() -> None:
    """Before anything is generated."""
    with pytest.raises(SystemExit, match="no program nosuch"):
        run.main(["--only", "polars,nosuch"])
