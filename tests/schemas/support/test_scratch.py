"""What is thrown away leaves nothing, also when its process is killed: the next command removes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.support.scratch import scratch_folder
from tests.conftest import REPO, leadscrub

HOLD = """\
import sys
from schemas.support.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "leads").write_text("2025550123")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_or_strange_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, elsewhere = tmp_path / "tmp", tmp_path / "elsewhere"
    for folder in (temporary, elsewhere):
        folder.mkdir()
    (elsewhere / "kept").touch()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    held = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD],
            env={**os.environ, "PYTHONPATH": str(REPO)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    folders = [Path(each.stdout.readline().strip()) for each in held if each.stdout is not None]
    (temporary / "leadscrub-scratch-link").symlink_to(elsewhere)
    (temporary / "leadscrub-other").mkdir()
    held[0].kill()
    held[0].communicate()
    assert leadscrub("init", tmp_path / "new").code == 0
    assert [folder.exists() for folder in folders] == [False, True]
    held[1].communicate("")
    assert sorted(path.name for path in temporary.iterdir()) == ["leadscrub-other", "leadscrub-scratch-link"]
    assert (elsewhere / "kept").exists()


def test_a_scratch_folder_is_its_owners_and_goes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as folder:
        assert (folder.parent, folder.stat().st_mode & 0o777) == (tmp_path, 0o700)
    assert list(tmp_path.iterdir()) == []
