"""Real commands on a machine that is too small: little memory, few open files, small files, a disk that fills up."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final

from tests.attack.faults import Commands, misjudged
from tests.attack.findings import Account
from tests.attack.forked import Asked, Came
from tests.attack.scenes import SCENES, Scene
from tests.pipeline.nightly.test_fortnight import may_mount

#: From how little to how much: beyond what the process has when it begins, but for the size of a file.
_LIMITS: Final = {"memory": (0, 900 << 20), "open files": (0, 25), "file size": (0, 100_000), "disk": (0, 400_000)}
#: Libraries written in Rust and C++ end their process when memory ends: SIGABRT, SIGSEGV, SIGBUS, or 127.
_NO_MEMORY: Final = (-6, -11, -7, 127)
_ROOMY: Final = "size=256m"


class Limits:
    """One case is one command under one limit."""

    name = "limits"

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    @cached_property
    def _may_mount(self) -> bool:
        return may_mount(self._commands.folder / "mountable")

    def case(self, number: int, account: Account) -> None:
        """Run a command under a limit, then without."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        scene = draw.choice(SCENES)
        folder = self._commands.stage(scene).folder
        kinds = [kind for kind in _LIMITS if kind != "disk" or self._may_mount]
        kind = kinds[number % len(kinds)]
        low, high = _LIMITS[kind]
        most = int(low + (high - low) * draw.random() ** 2)
        if kind == "disk":
            with _small_disk(folder, most):
                came = self._commands.run(scene)
                _mount("-o", f"remount,{_ROOMY}", str(folder))
                wrong = self._judged(scene, came, kind)
        else:
            came = self._commands.forks.run(
                Asked(scene.words.split(), str(folder), str(folder), limit=(kind, most), apart=scene.night)
            )
            wrong = self._judged(scene, came, kind)
        outcome = "went on" if came.code == 0 else "crashed" if came.code < 0 else "shortage"
        account.note(f"{self.name}, {kind}", scene.name, "found" if wrong else outcome)
        for each in wrong[:1]:
            account.find(self.name, f"{number}", f"{scene.name}, {kind} at most {most:,} more: {each}")

    def _judged(self, scene: Scene, came: Came, kind: str) -> list[str]:
        # What a process says that dies for want of memory cannot be told from another death.
        if kind == "memory" and (came.code in _NO_MEMORY or "The process that scrubbed it" in came.out):
            return self._commands.after(scene)
        return misjudged(came) or self._commands.after(scene)


@contextmanager
def _small_disk(folder: Path, more: int) -> Iterator[None]:
    """Put a folder on a disk of its own that has room for so many bytes more."""
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept, symlinks=True)
    # A file takes whole pages, a folder none.
    pages = sum(-(-path.stat().st_size // 4096) for path in kept.rglob("*") if path.is_file())
    _mount("-t", "tmpfs", "-o", f"size={4096 * (pages + 4) + more}", "tmpfs", str(folder))
    try:
        shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(kept)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)
