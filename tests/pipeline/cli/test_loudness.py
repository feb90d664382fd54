"""How much commands say: at once, on a terminal; less with -q, more with -v."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from tests.conftest import Ran, leadscrub, leadscrub_into
from tests.docs.cli_page import commands

REPO = Path(__file__).parents[3]
DROP = REPO / "data" / "sample" / "drops" / "brightleads-2026-11.csv"
LOUD = [name for name, command in commands() if any("--quiet" in each.opts for each in command.params)]


class Terminal(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self) -> bool:
        return True


def scrub(folder: Path, *options: str) -> Ran:
    trial = ("--channel", "call", "--region", "US", "--no-lists", "--as-of", "2026-11-21", "--threads", "1", "--force")
    return leadscrub("scrub", DROP, "-o", folder / "out", *trial, *options)


def test_commands_that_take_their_time_have_both() -> None:
    assert [f"leadscrub {name}" for name in ("scrub", "rescrub", "lists add", "lists update", "nightly")] == LOUD


@pytest.mark.parametrize("name", LOUD)
def test_less_and_more_at_once_is_wrong_usage(name: str) -> None:
    given = {
        "leadscrub scrub": ("x", "-o", "y"),
        "leadscrub lists add": ("n", "x", "--kind", "dnc.internal", "--as-of", "2026-11-20"),
        "leadscrub lists update": ("n", "x", "--as-of", "2026-11-20"),
    }
    ran = leadscrub(*name.split()[1:], *given.get(name, ()), "-q", "-v")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "leadscrub: --quiet and --verbose cannot go together. Leave one of them out.\n"


def test_quiet_is_one_line_that_hides_nothing_that_was_not_checked(tmp_path: Path) -> None:
    ran = scrub(tmp_path, "-q")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"run [0-9a-f]{32}: \S+/out: \d+ of 44 rows clean; not screened against any list; the law was not checked\n",
        ran.out,
    )
    assert scrub(tmp_path, "-q", "--max-reject-rate", "0.1").err == (
        "leadscrub: more rows were rejected than --max-reject-rate allows; outputs are written.\n"
    )


def test_verbose_names_each_step_and_what_it_took(tmp_path: Path) -> None:
    ran = scrub(tmp_path, "--verbose")
    steps = [line.partition(" s  ")[2] for line in ran.err.splitlines() if re.match(r" *\d+\.\d\d s  ", line)]
    assert steps[:4] == [
        "reading and checking",
        "reading and checking: 44 rows",
        "deciding and writing",
        "deciding and writing: 44 rows",
    ]
    assert steps[4].startswith("seconds of work, over all threads: ")
    assert ran.out == scrub(tmp_path).out


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        (("scrub", "none.csv", "-o", "out"), "opening the drop and the lists"),
        (("nightly", "--workspace", "none"), "looking into the inboxes"),
        (("lists", "add", "n", "none", "--kind", "dnc.internal", "--as-of", "2026-11-20"), "reading the list"),
    ],
)
def test_a_terminal_hears_at_once_that_a_command_has_begun(words: tuple[str, ...], sign: str) -> None:
    """The sign is there before anything is opened, and gone before anything else is printed."""
    err = Terminal()
    assert leadscrub_into(words, io.StringIO(), err)
    first = f"{sign} …"
    assert err.getvalue().startswith(f"{first}\r{' ' * len(first)}\rleadscrub: ")
    quiet = Terminal()
    assert leadscrub_into((*words, "-q"), io.StringIO(), quiet)
    assert quiet.getvalue().startswith("leadscrub: ")
