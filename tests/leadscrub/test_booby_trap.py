"""A folder with modules of well-known names beside the drop: none of them is ever executed, by us or by a child."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter

from tests.conftest import DAY, REPO

pytestmark = pytest.mark.slow

#: Names that we or our children import, as a vendor could have put them beside its drop.
TRAPS = (
    "json", "schemas", "pipeline", "suppression", "polars", "pyarrow", "typer", "rich", "pydantic", "pickle", "struct",
    "socket", "multiprocessing", "fastexcel", "phonenumbers", "email_validator", "numpy", "logging", "tomllib", "csv",
)  # fmt: skip
LISTED = ("--channel", "call", "--region", "US", "--dnc", "list.txt")
#: What is run, and the exit code that it ends with.
COMMANDS: dict[str, tuple[list[str], int]] = {
    "version": (["--version"], 0),
    "help": (["--help"], 0),
    "scrub": (["scrub", "drop.csv", "-o", "out-1", *LISTED], 0),
    "scrub with processes": (["scrub", "odd.csv", "-o", "out-2", *LISTED, "--threads", "2"], 0),
    "scrub a workbook": (["scrub", "drop.xlsx", "-o", "out-3", *LISTED], 0),
    "inspect": (["inspect", "drop.xlsx"], 0),
    "explain": (["explain", "done", "--row", "0"], 0),
    "verify": (["verify", "done"], 0),
    "reasons": (["reasons", "dnc.national"], 0),
    "rescrub": (["rescrub", "done", "-o", "out-4", "--dnc", "list.txt", "--as-of", DAY], 0),
    "init": (["init", "fresh"], 0),
    "rules": (["rules", "show", "us.tsr.national-dnc"], 0),
    "lists add": (
        [
            "lists",
            "add",
            "ours",
            "list.xlsx",
            "--kind",
            "dnc.internal",
            "--region",
            "US",
            "--as-of",
            DAY,
            "--store",
            "s",
        ],
        0,
    ),
    "returns": (["returns"], 0),
    "vendors": (["vendors"], 0),
    "retention": (["retention"], 0),
}


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with drops, lists and a result, then traps."""
    folder = tmp_path_factory.mktemp("trapped")
    (folder / "leadscrub.toml").write_text("[ledger]\n[retention]\nraw_days = 400\n")
    (folder / "vendors").mkdir()
    (folder / "drop.csv").write_text("phone\n303-499-7111\n")
    # Enough odd values for worker processes: each has two numbers in it.
    odd = "".join(f"303-499-{n:04} // office {n}\n" for n in range(9000))
    (folder / "odd.csv").write_text(f"phone\n{odd}")
    (folder / "list.txt").write_text("303-499-7112\n")
    for name in ("drop", "list"):
        with xlsxwriter.Workbook(str(folder / f"{name}.xlsx")) as book:
            book.add_worksheet().write_column(0, 0, ["phone", "303-499-7112"])
    ran = run(folder, "scrub", "drop.csv", "-o", "done", *LISTED, "--as-of", DAY)
    assert ran.returncode == 0, ran.stderr
    for name in TRAPS:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'SPRUNG')!r}, 'a').write({name!r} + ' ')\n")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command from a folder, as the installed command does: its own folder is no place for modules."""
    start = f"import sys; sys.path.insert(0, {str(REPO)!r}); from leadscrub.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", start, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_no_trap_is_sprung(name: str, trapped: Path) -> None:
    words, code = COMMANDS[name]
    ran = run(trapped, *words)
    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False), ran.stderr
    sprung = trapped / "SPRUNG"
    assert not sprung.exists(), sprung.read_text()
