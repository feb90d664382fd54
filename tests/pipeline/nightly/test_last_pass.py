"""A clock that is far from the last pass is asked about, before lists are too old and files are deleted for it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.nightly.folders import Folders
from pipeline.nightly.last_pass import last_day, note_day, refuse_odd_day
from schemas.errors import ConfigError
from tests.conftest import leadscrub
from tests.pipeline.nightly.workspaces import make_workspace

TODAY = date.today()


def left(workspace: Path, days: int) -> None:
    """The last pass was so many days ago."""
    (workspace / ".nightly").mkdir(exist_ok=True)
    (workspace / ".nightly" / "last-pass.json").write_text(json.dumps({"day": str(TODAY - timedelta(days=days))}))


@pytest.mark.parametrize("days", [8, 400, -1, -400])
def test_a_day_that_is_far_from_the_last_is_asked_about(days: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"say it once: leadscrub nightly --as-of {TODAY}"):
        workspace = make_workspace(tmp_path)
        left(workspace, days)
        refuse_odd_day(Folders(workspace), TODAY, "leadscrub nightly")


@pytest.mark.parametrize("days", [0, 1, 7])
def test_a_day_that_is_near_is_not(days: int, tmp_path: Path) -> None:
    left(make_workspace(tmp_path), days)
    refuse_odd_day(Folders(tmp_path), TODAY, "leadscrub nightly")


def test_an_earlier_day_that_is_done_again_is_not_the_last(tmp_path: Path) -> None:
    folders = Folders(make_workspace(tmp_path))
    for day, last in ((5, 5), (9, 9), (7, 9), (10, 10)):
        note_day(folders, date(2026, 11, day), today=date(2026, 11, 10))
        assert last_day(folders) == date(2026, 11, last)
    note_day(folders, date(2027, 11, 10), today=date(2027, 11, 10))
    note_day(folders, date(2026, 11, 11), today=date(2026, 11, 11))
    assert last_day(folders) == date(2026, 11, 11), "the clock had been wrong, and was set right"


@pytest.mark.slow
def test_a_night_and_retention_wait_until_a_person_says_the_day(in_folder: Path) -> None:
    workspace = make_workspace(in_folder / "leads", ledger="[ledger]\n[retention]\nraw_days = 1\n")
    old = workspace / "archive" / "acme" / str(TODAY - timedelta(days=30))
    old.mkdir(parents=True)
    (old / "drop.csv").touch()
    night = ("nightly", "--workspace", workspace, "--json")
    left(workspace, 30)
    ran = leadscrub(*night)
    (trouble,) = json.loads(ran.out)["troubles"]
    assert (ran.code, trouble["code"], trouble["vendor"]) == (3, 3, None)
    assert f"by this machine's clock it is {TODAY}, 30 days after the last pass" in trouble["why"]
    assert leadscrub(*night, "--as-of", str(TODAY)).code == 0
    assert leadscrub(*night).code == 0, "it is said once"
    left(workspace, -2)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(workspace)
        ran = leadscrub("retention", "--delete", "--yes")
        assert (ran.code, "before the last pass" in ran.err, (old / "drop.csv").exists()) == (3, True, True)
        assert leadscrub("retention", "--delete", "--yes", "--as-of", str(TODAY)).code == 0
    assert not (old / "drop.csv").exists()
