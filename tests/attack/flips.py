"""One changed bit in what the program keeps: found by the next command that would answer from it, or harmless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from pipeline.results.manifest_file import MANIFEST
from tests.attack.faults import Commands
from tests.attack.findings import Account
from tests.attack.forked import Asked, Came
from tests.attack.scenes import SCENES, Scene
from tests.attack.syscalls import flip_bit
from tests.conftest import DAY

_SCENES: Final = {scene.name: scene for scene in SCENES}
_SHOWN: Final = 300


@dataclass(frozen=True)
class Kept:
    """Something that is kept. ``scene`` makes it; ``files`` are those in which a bit is changed; ``words`` must find
    it, with one of the exit codes ``found``. ``exact``: also where the bit means nothing."""

    name: str
    scene: Scene
    files: Callable[[Path], list[Path]]
    words: str
    found: tuple[int, ...]
    exact: bool = True


def _outputs(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "out").rglob("*")) if path.is_file() and path.name != MANIFEST]


def _history(folder: Path) -> list[Path]:
    return sorted((folder / "ledger" / "history").glob("*.points*"))


def _store(folder: Path) -> list[Path]:
    files = (path for path in sorted((folder / "store").rglob("*")) if path.is_file())
    return [path for path in files if path.name not in ("lock", "refused.parquet")]


KEPT: Final = (
    Kept(
        "ledger",
        _SCENES["returns"],
        lambda folder: [folder / "ledger" / "ledger.db"],
        "vendors --json",
        (5,),
    ),
    Kept(
        "history",
        _SCENES["returns"],
        _history,
        f"scrub drops/again.csv -o out --campaign campaigns/calls.toml --vendor acme --as-of {DAY} --threads 1 "
        "--accept-drift",
        (5,),
    ),
    Kept(
        "store",
        _SCENES["lists add"],
        _store,
        "lists lookup +12025550100 --store store",
        (5,),
        exact=False,
    ),
    Kept("results", _SCENES["scrub"], _outputs, "verify out", (1, 2)),
    Kept("manifest", _SCENES["scrub"], lambda folder: [folder / "out" / MANIFEST], "verify out", (1, 2), exact=False),
)


class Flips:
    """One case is one bit, of something that is kept, or of what a run puts away while it works."""

    name = "flips"

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def case(self, number: int, account: Account) -> None:
        """Change a bit and ask."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        turn = draw.randrange(len(KEPT) + 1)
        if turn == len(KEPT):
            self._spill(number, draw, account)
        else:
            self._kept(KEPT[turn], number, draw, account)

    def _kept(self, kept: Kept, number: int, draw: Random, account: Account) -> None:
        folder = self._commands.stage(kept.scene).folder
        whole = self._answer(kept, folder)
        self._commands.stage(kept.scene)
        files = kept.files(folder)
        path = draw.choice(files)
        bit = draw.randrange(8 * max(path.stat().st_size, 1))
        flip_bit(path, bit)
        came = self._answer(kept, folder)
        harmless = not kept.exact and (came.code, came.out) == (whole.code, whole.out)
        right = came.code in kept.found and "Traceback" not in came.err and "internal error" not in came.err
        outcome = "damage told" if right else "harmless" if harmless else "found"
        account.note(self.name, kept.name, outcome)
        if outcome == "found":
            shown = f"bit {bit} of {path.relative_to(folder)}: '{kept.words}' ends with {came.code}"
            account.find(self.name, f"{number}", f"{shown}: {came.err[-_SHOWN:]}{came.out[-_SHOWN:]}")

    def _answer(self, kept: Kept, folder: Path) -> Came:
        (folder / "drops").mkdir(exist_ok=True)
        (folder / "drops" / "again.csv").write_text(
            "Lead ID,Name,Phone,State\nL1,Ann,201-555-0101,DC\n", encoding="utf-8"
        )
        return self._commands.forks.run(Asked(kept.words.split(), str(folder), str(folder)))

    def _spill(self, number: int, draw: Random, account: Account) -> None:
        """Change a bit of a file that a run has put away, when it takes it back."""
        scene = _SCENES["scrub"]
        folder = str(self._commands.stage(scene).folder)
        before = scene.state(Path(folder))
        asked = Asked(scene.words.split(), folder, folder, spill=True)
        opened = self._commands.forks.run(asked).seen
        self._commands.stage(scene)
        at = draw.randrange(1, opened + 1)
        came = self._commands.forks.run(
            Asked(scene.words.split(), folder, folder, at, draw.getrandbits(40), spill=True)
        )
        told = came.code in (1, 5) and any(word in came.err for word in ("is not as it was written", "damaged"))
        wrong = [] if told else [f"it ends with {came.code}: {came.err[-_SHOWN:]}"]
        if not wrong and scene.state(Path(folder)) != before:
            wrong = ["the earlier result is not as it was"]
        wrong = wrong or self._commands.after(scene)
        account.note(self.name, "spill", "found" if wrong else "damage told")
        for each in wrong[:1]:
            account.find(self.name, f"{number}", f"a bit of {came.met}: {each}")
