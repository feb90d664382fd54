"""Locks, with the system's own and with SQLite's in their place: exclusive, shared, and gone with their process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.support import locks
from schemas.support.places import lock_file, open_folder

ROOT = Path(__file__).parents[3]
#: Locks a file and says so, until stdin ends.
HOLDER = """
import sys
from pathlib import Path
if sys.argv[2] == "hidden":
    sys.modules["fcntl"] = None
from schemas.support.locks import lock
from schemas.support.places import lock_file
path = Path(sys.argv[1])
lock(lock_file(path), path, shared=sys.argv[3] == "shared")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["system", "hidden"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether there is ``fcntl``."""
    if request.param == "hidden":
        monkeypatch.setattr(locks, "_system", None)
    return str(request.param)


@contextmanager
def holder(path: Path, kind: str, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path, kind, how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def taken(path: Path, *, shared: bool = False) -> bool:
    """Whether this process gets the lock, which it gives back."""
    handle = lock_file(path)
    try:
        locks.lock(handle, path, shared=shared)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        locks.unlock(handle)


@pytest.mark.slow
def test_a_lock_keeps_others_out_until_its_process_is_killed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "lock"
    with holder(path, kind) as process:
        assert not taken(path)
        assert not taken(path, shared=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert taken(path)


@pytest.mark.slow
def test_a_shared_lock_lets_others_share_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "lock"
    with holder(path, kind, "shared"):
        assert not taken(path)
        assert taken(path, shared=True)
    assert taken(path)


def test_a_lock_changes_its_kind_and_is_given_back(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "lock"
    handle = lock_file(path)
    locks.lock(handle, path)
    assert not taken(path)
    locks.lock(handle, path, shared=True)
    assert (taken(path), taken(path, shared=True)) == (False, True)
    locks.unlock(handle)
    assert taken(path)
    assert locks._beside == {}


def test_a_folder_that_is_gone_leaves_no_lock(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    handle, other = open_folder(folder), open_folder(folder)
    locks.lock(handle, folder)
    with pytest.raises(BlockingIOError):
        locks.lock(other, folder)
    locks.unlock(other)
    folder.rmdir()
    locks.unlock(handle)
    assert list(tmp_path.iterdir()) == []
