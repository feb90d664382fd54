"""More commands to interrupt (see `tests.attack.scenes`): what is done with a result, a list or a person later on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from tests.attack.kept_state import State, folder_log, leftovers, results, whole
from tests.conftest import DAY, leadscrub
from tests.pipeline.erasing.kills import small_workspace
from tests.pipeline.erasing.kills import state as without_the_person
from tests.pipeline.erasing.person_workspace import EMAIL
from tests.pipeline.nightly.workspaces import leads

_PERSON: Final = f"--phone +12025550123 --email {EMAIL} --region US"


def _log(folder: Path) -> State:
    """What the log tells. A command that is run again when all was done tells it again."""
    found = folder_log(folder)
    return {**found, "log": sorted(set(found["log"]))}


def make_result(folder: Path) -> None:
    """A result, and what it was exported to and scrubbed again to before: both are replaced."""
    (folder / "leadscrub.toml").write_text("")
    for name, numbers in (("old.csv", range(5)), ("drop.csv", range(40))):
        (folder / name).write_text(leads(numbers), encoding="utf-8")
    fixed = ("--channel", "call", "--region", "US", "--no-lists", "--as-of", DAY, "--threads", "1", "--force")
    for words in (
        ("scrub", "old.csv", "-o", "out", *fixed),
        ("export", "out", "--to", "leads.xlsx", "--as-of", DAY),
        ("rescrub", "out", "-o", "again", "--no-lists", "--as-of", DAY),
        ("scrub", "drop.csv", "-o", "out", *fixed),
    ):
        ran = leadscrub(*words)
        assert ran.code == 0, ran.err


def exported_state(folder: Path) -> State:
    """What was exported, and what the log says of it."""
    frame = pl.read_excel(folder / "leads.xlsx", infer_schema_length=0)
    return {"exported": frame.rows(), "left": leftovers(folder), **_log(folder)}


def make_changes(folder: Path) -> None:
    """A list of the store, and a file of changes to it."""
    (folder / "old.txt").write_text("".join(f"+1202555{n:04}\n" for n in range(100, 140)), encoding="utf-8")
    (folder / "changes.txt").write_text("202,5550199,2026-11-20,A\n202,5550101,2026-11-20,D\n", encoding="utf-8")
    how = ("--kind", "dnc.national", "--covers", "all", "--region", "US", "--store", folder / "store")
    ran = leadscrub("lists", "add", "registry", folder / "old.txt", "--as-of", "2026-11-20", *how)
    assert ran.code == 0, ran.err


def make_person(folder: Path) -> None:
    """A person in drops, results, returns, an export and a list."""
    small_workspace(folder)


LATER: Final = {
    "export": (
        f"export out --to leads.xlsx --force --as-of {DAY}",
        make_result,
        exported_state,
        whole,
        ("drop.csv",),
    ),
    "rescrub": (
        f"rescrub out -o again --force --no-lists --as-of {DAY}",
        make_result,
        lambda folder: results(folder) | {"left": leftovers(folder)} | _log(folder),
        whole,
        ("drop.csv", "leads.xlsx"),
    ),
    "subject erase": (
        f"subject erase {_PERSON} --yes --because asked --workspace .",
        make_person,
        without_the_person,
        lambda folder: whole(folder / "runs"),
        (),
    ),
}
