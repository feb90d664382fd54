"""Real commands that are killed at their so-manieth file operation, or it fails as on a full or dying disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from schemas.errors import LedgerError, ShortageError
from tests.attack.findings import Account
from tests.attack.forked import Asked, Came, Forked, forked
from tests.attack.kept_state import State
from tests.attack.scenes import SCENES, Scene, Stage

KILLED: Final = -9
_SHORT: Final = ShortageError.exit_code
#: One night in so many has its drops scrubbed in a process of their own, as in real life: it takes much longer.
_APART: Final = 12
_SHOWN: Final = 300


class Commands:
    """What attacks share: the stages, what a command does when nothing happens, and what must be true afterwards."""

    def __init__(self, forks: Forked, folder: Path) -> None:
        self.forks, self.folder = forks, folder
        self._stages: dict[str, Stage] = {}
        self._well: dict[str, tuple[Came, State]] = {}

    def stage(self, scene: Scene) -> Stage:
        """The stage of a scene, made at first need, with all as it was before the command."""
        if scene.name not in self._stages:
            self._stages[scene.name] = stage = Stage(scene, self.folder)
            self.forks.learn(scene.words.split(), stage.folder)
            stage.begin()
            came = self.run(scene)
            assert came.code == 0, f"{scene.name} fails without an attack: {came}"
            self._well[scene.name] = (came, scene.state(stage.folder))
        self._stages[scene.name].begin()
        return self._stages[scene.name]

    def drawn(self, draw: Random) -> tuple[Scene, bool]:
        """A scene that is ready, and whether its night has a process of its own for drops."""
        scene = draw.choice(SCENES)
        self.stage(scene)
        return scene, scene.night and draw.randrange(_APART) == 0

    def operations(self, scene: Scene) -> int:
        """How many there are when nothing happens."""
        return self._well[scene.name][0].seen

    def run(
        self, scene: Scene, at: int = 0, choice: int | None = None, *, lasting: bool = False, apart: bool = False
    ) -> Came:
        """Run the command of a scene."""
        folder = str(self._stages[scene.name].folder)
        return self.forks.run(Asked(scene.words.split(), folder, folder, at, choice, lasting, apart=apart))

    def after(self, scene: Scene) -> list[str]:
        """What is wrong, after the command was stopped; then the same command must succeed, and come to the same."""
        stage, well = self._stages[scene.name], self._well[scene.name][1]
        wrong = [*stage.untouched(), *scene.faults(stage.folder)]
        if wrong:
            return wrong
        came = self.run(scene)
        if came.code not in scene.again:
            return [f"the same command then ends with {came.code}: {came.err[-_SHOWN:]}{came.out[-_SHOWN:]}"]
        now = scene.state(stage.folder)
        unlike = [name for name in well.keys() | now.keys() if well.get(name) != now.get(name)]
        wrong = [f"the same command then leaves another {name}: {now.get(name)!r:.{_SHOWN}}" for name in unlike]
        return [*wrong, *stage.untouched(), *scene.faults(stage.folder)]


class Kills:
    """One case is one kill."""

    name = "kills"

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def case(self, number: int, account: Account) -> None:
        """Kill a command just before one of its operations."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        scene, apart = self._commands.drawn(draw)
        at = draw.randrange(1, self._commands.operations(scene) + 1)
        came = self._commands.run(scene, at, apart=apart)
        wrong = self._commands.after(scene)
        account.note(self.name, scene.name, "found" if wrong else "killed" if came.code == KILLED else "ended")
        for each in wrong[:1]:
            account.find(self.name, f"{number}", f"{scene.name}, killed before {at} ({came.met}): {each}")


class Errors:
    """One case is one operation that fails, or from which on all that write fail."""

    name = "errors"

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def case(self, number: int, account: Account) -> None:
        """Let an operation of a command fail."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        scene, apart = self._commands.drawn(draw)
        at, choice, lasting = (
            draw.randrange(1, self._commands.operations(scene) + 1),
            draw.randrange(60),
            draw.random() < 0.3,
        )
        came = self._commands.run(scene, at, choice, lasting=lasting, apart=apart)
        wrong = misjudged(came) or self._commands.after(scene)
        account.note(self.name, scene.name, "found" if wrong else "went on" if came.code == 0 else "shortage")
        for each in wrong[:1]:
            shown = f"{scene.name}, operation {at}{' and on' if lasting else ''} ({came.met}): {each}"
            account.find(self.name, f"{number}", shown)


def misjudged(came: Came) -> list[str]:
    """What a command says that should have said that this machine is short of something, or done its work."""
    said = (came.err + came.out)[-_SHOWN:]
    if came.code == LedgerError.exit_code and came.met.startswith("pread") and "/ledger.db" in came.met:
        return []  # SQLite itself calls a part of the disk that cannot be read damage of its file
    if came.code not in (0, _SHORT):
        return [f"it ends with {came.code}: {said}"]
    if "internal error" in said or "Traceback" in said:
        return [f"it says: {said}"]
    return []


@contextmanager
def commands() -> Iterator[Commands]:
    """Give what all attacks on commands share."""
    with tempfile.TemporaryDirectory(prefix="attack-") as folder, forked(Path(folder)) as forks:
        yield Commands(forks, Path(folder).resolve())
