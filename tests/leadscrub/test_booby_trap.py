"""A folder with modules of well-known names beside the drop: none of them is ever executed, by us or by a child."""

from __future__ import annotations

import json
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
LOADED = ("--kind", "dnc.internal", "--region", "US", "--as-of", DAY, "--store", "s")
#: What is run.
COMMANDS: dict[str, list[str]] = {
    "scrub": ["scrub", "drop.csv", "-o", "out-1", *LISTED],
    "scrub with processes": ["scrub", "odd.csv", "-o", "out-2", *LISTED, "--threads", "2"],
    "scrub a workbook": ["scrub", "drop.xlsx", "-o", "out-3", *LISTED],
    "inspect": ["inspect", "drop.xlsx"],
    "explain": ["explain", "done", "--row", "0"],
    "verify": ["verify", "done"],
    "reasons": ["reasons", "dnc.national"],
    "rescrub": ["rescrub", "done", "-o", "out-4", "--dnc", "list.txt", "--as-of", DAY],
    "init": ["init", "fresh"],
    "rules": ["rules", "show", "us.tsr.national-dnc"],
    "lists add": ["lists", "add", "ours", "list.xlsx", *LOADED],
    "returns": ["returns"],
    "vendors": ["vendors"],
    "retention": ["retention"],
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
    ran = run(folder, ["scrub", "drop.csv", "-o", "done", *LISTED, "--as-of", DAY])
    assert ran.returncode == 0, ran.stderr
    for name in TRAPS:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'SPRUNG')!r}, 'a').write({name!r} + ' ')\n")
    return folder


#: Runs commands, given as JSON, one after the other as the installed command does; prints their exit codes.
START = f"""\
import json, sys
sys.path.insert(0, {str(REPO)!r})
from leadscrub.__main__ import main
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    try:
        main()
    except SystemExit as stop:
        codes.append(stop.code)
print(*codes)
"""


def run(folder: Path, *commands: list[str]) -> subprocess.CompletedProcess[str]:
    """Run commands from a folder: their own folder is no place for modules."""
    return subprocess.run(
        [sys.executable, "-P", "-c", START, json.dumps(commands)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_trap_is_sprung(trapped: Path) -> None:
    """One process imports what all commands do; their children are processes of their own."""
    ran = run(trapped, *COMMANDS.values())
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
    assert ran.stdout.splitlines()[-1].split() == ["0"] * len(COMMANDS), ran.stderr
    sprung = trapped / "SPRUNG"
    assert not sprung.exists(), sprung.read_text()


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_no_trap_is_sprung_before_a_command(words: list[str], trapped: Path) -> None:
    assert run(trapped, words).returncode == 0
    assert not (trapped / "SPRUNG").exists()
