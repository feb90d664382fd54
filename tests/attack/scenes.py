"""Commands to interrupt, each in a folder of its own, and what must be true of the folder before, between and after."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from schemas.errors import LeadscrubError
from suppression.store import Store
from tests.attack.kept_state import State, folder_log, ledger, leftovers, results, whole
from tests.attack.later_scenes import LATER, make_changes
from tests.conftest import DAY, leadscrub, write_campaign
from tests.pipeline.nightly.workspaces import accounted, leads, make_workspace, put
from tests.pipeline.reviewing.desk import ABROAD, BY_RULE, PROMISES
from tests.pipeline.reviewing.desk import make_workspace as make_desk
from tests.pipeline.reviewing.desk import scrub as scrub_reviewed
from tests.pipeline.selling import HEADER, World, bad, good

_OLD: Final = datetime.now(UTC) - timedelta(days=1)
_LISTED: Final = "".join(f"+1202555{n:04}\n" for n in range(100, 140))
_SHORTER: Final = "".join(_LISTED.splitlines(keepends=True)[:15])


@dataclass(frozen=True)
class Scene:
    """``make`` fills a folder. ``words``: the command, run in it. ``state``: all that counts, equal whenever that
    has ended well. ``faults``: what is not whole at any time. ``kept``: files that no failure may touch.
    ``again``: how the command may end that is run again after it was stopped, perhaps when all was done.
    """

    name: str
    words: str
    make: Callable[[Path], None]
    state: Callable[[Path], State]
    faults: Callable[[Path], list[str]]
    kept: tuple[str, ...] = ()
    night: bool = False
    again: tuple[int, ...] = (0,)


def _make_scrub(folder: Path) -> None:
    """A result that is there already, of another drop, which the command replaces."""
    write_campaign(folder, more="")
    (folder / "list.txt").write_text(_LISTED, encoding="utf-8")
    pl.read_csv(leads(range(30, 50)).encode(), infer_schema=False).write_parquet(folder / "drop.parquet")
    (folder / "drop.csv.gz").write_bytes(gzip.compress(leads(range(45, 55)).encode(), mtime=0))
    for name, numbers in (("drop.csv", range(40)), ("second.csv", range(20, 60)), ("old.csv", range(5))):
        (folder / name).write_text(leads(numbers), encoding="utf-8")
    ran = leadscrub("scrub", folder / "old.csv", "-o", folder / "out", *_options(folder))
    assert ran.code == 0, ran.err


def _options(folder: Path) -> list[str]:
    listed = ["--dnc", f"{folder / 'list.txt'}@{DAY}"]
    return ["--campaign", str(folder / "campaign.toml"), "--as-of", DAY, "--threads", "1", *listed]


def _make_night(folder: Path) -> None:
    make_workspace(folder, ledger="[ledger]\n", nightly="")
    for vendor, numbers in (("acme", range(8)), ("zen", range(10, 16))):
        put(folder / "inbox" / vendor, f"{vendor}.csv", leads(numbers), _OLD)


def _night_faults(folder: Path) -> list[str]:
    """A drop is in the inbox or in the archive, and never in quarantine: it is as it should be."""
    faults = whole(folder)
    for vendor in ("acme", "zen"):
        name = f"{vendor}.csv"
        where = [path.relative_to(folder).parts[0] for path in folder.rglob(f"*{name}") if path.is_file()]
        places = sorted(set(where) - {"tmp", "runs"})
        if places not in (["inbox"], ["archive"]):
            faults.append(f"the drop {name} is in {places or 'no place'}")
    return faults


def _night_state(folder: Path) -> State:
    places = [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*.csv"))
        if not path.is_relative_to(folder / "runs")
    ]
    # Which drop comes first, and by that the id of a run, depends on which one had to wait.
    counts = sorted(repr(counts) for _, counts, _ in results(folder / "runs").values())
    log = folder_log(folder)["log"]
    return {"counts": counts, "places": places, "leads": accounted(folder), "log": [kind for kind, _ in log]}


def _make_lists(folder: Path) -> None:
    for name, text in (("old.txt", _SHORTER), ("new.txt", _LISTED)):
        (folder / name).write_text(text, encoding="utf-8")
    how = ("--kind", "dnc.national", "--covers", "all", "--region", "US", "--store", folder / "store")
    ran = leadscrub("lists", "add", "registry", folder / "old.txt", "--as-of", "2026-11-20", *how)
    assert ran.code == 0, ran.err


def _list_state(folder: Path) -> State:
    store = Store(folder / "store")
    facts = store.facts("registry")
    return {"version": facts.version, "left": leftovers(folder)}


def _list_faults(folder: Path) -> list[str]:
    """The list is the old or the new one, and answers."""
    try:
        as_of = Store(folder / "store").facts("registry").as_of
        Store(folder / "store").open("registry", date.fromisoformat(DAY))
    except LeadscrubError as error:
        return [f"the list does not open: {error}"]
    ran = leadscrub("lists", "lookup", "+12025550100", "--store", folder / "store")
    known = ran.code == 0 and "registry" in ran.out and str(as_of) in ("2026-11-20", DAY)
    return [] if known else [f"the list is of {as_of}; lookup ends with {ran.code}: {ran.out}{ran.err}"]


def _make_returns(folder: Path) -> None:
    world = World(folder)
    world.contract(more='deliver_to = "sent"')
    world.sell(HEADER + good(0, 3) + bad(10, 4))
    world.sell(HEADER + good(20, 3) + bad(30, 2))


def _sent(folder: Path) -> State:
    files = {path.name: path for path in sorted((folder / "sent").rglob("*")) if path.is_file()}
    return {"sent": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}}


def _sent_faults(folder: Path) -> list[str]:
    """No row goes back twice."""
    rows = [
        line
        for path in (folder / "sent").rglob("*.csv")
        if path.is_file() and not path.name.startswith(".")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    return whole(folder / "runs") + ([] if len(rows) == len(set(rows)) else ["a row went back twice"])


_KEEP: Final = "[retention]\nraw_days = 30\noutput_days = 60\nhistory_days = 90\n"


def _make_aged(folder: Path) -> None:
    """One of each thing that retention deletes, and a run that is kept."""
    world = World(folder)
    world.contract(more='deliver_to = "sent"')
    old, new = datetime(2024, 11, 2, 9, tzinfo=UTC), datetime(2025, 5, 20, 9, tzinfo=UTC)
    for number, at in enumerate((old, old, new)):
        world.sell(HEADER + good(20 * number, 3) + bad(20 * number + 10, 2), at=at)
        assert world.returns(at, "--deliver").code == 0
    kept = folder / "archive" / "acme" / "2024-11-02"
    kept.mkdir(parents=True)
    (kept / "drop.csv").write_text("name\nAnn\n", encoding="utf-8")
    with (folder / "leadscrub.toml").open("a", encoding="utf-8") as settings:
        settings.write(_KEEP)


def _aged_state(folder: Path) -> State:
    inside = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    files = [str(path) for path in inside if path.parts[0] not in ("ledger", "log", "tmp")]
    with chdir(folder):
        ran = leadscrub("retention", "--as-of", "2025-06-01", "--json")
    due = json.loads(ran.out)["items"] if ran.code == 0 else ran.err
    return ledger(folder) | folder_log(folder) | {"files": files, "due": due}


def _make_review(folder: Path) -> None:
    make_desk(folder)
    scrub_reviewed()
    ran = leadscrub("review", "apply", "--rule", ABROAD, *BY_RULE, "--as-of", DAY)
    assert ran.code == 0, ran.err


def _review_state(folder: Path) -> State:
    """What was decided, and what is released; with what the log tells of it."""
    decided = {
        path.parent.name: sorted(map(repr, pl.read_parquet(path).rows()))
        for path in (folder / "reviews").glob("*/decisions.parquet")
    }
    left = [path.name for path in (folder / "reviews").glob(".*")]
    return results(folder) | ledger(folder) | folder_log(folder) | {"decided": decided, "left over": left}


SCENES: Final = (
    Scene(
        "scrub",
        f"scrub drop.csv second.csv -o out --force --campaign campaign.toml --as-of {DAY} --threads 1 "
        f"--dnc list.txt@{DAY}",
        _make_scrub,
        lambda folder: results(folder) | {"left": leftovers(folder)},
        whole,
        kept=("drop.csv", "second.csv", "list.txt"),
    ),
    Scene(
        "scrub packed",
        f"scrub drop.parquet drop.csv.gz -o out --force --campaign campaign.toml --as-of {DAY} --threads 1 --no-lists",
        _make_scrub,
        lambda folder: results(folder) | {"left": leftovers(folder)},
        whole,
        kept=("drop.parquet", "drop.csv.gz"),
    ),
    Scene("nightly", "nightly --json", _make_night, _night_state, _night_faults, night=True),
    Scene(
        "lists add",
        f"lists add registry new.txt --kind dnc.national --covers all --region US --store store --as-of {DAY}",
        _make_lists,
        _list_state,
        _list_faults,
        kept=("new.txt",),
    ),
    Scene(
        "returns",
        "returns --deliver --accept-unread --as-of 2026-11-02T12:00:00+00:00",
        _make_returns,
        lambda folder: _sent(folder) | ledger(folder) | folder_log(folder),
        _sent_faults,
    ),
    Scene(
        "retention",
        "retention --delete --yes --as-of 2025-06-01",
        _make_aged,
        _aged_state,
        lambda folder: whole(folder / "runs"),
    ),
    Scene(
        "review apply",
        f"review apply --rule {PROMISES} {' '.join(BY_RULE).replace('Ann Officer', 'Ann')} --as-of {DAY}",
        _make_review,
        _review_state,
        whole,
        kept=("drop.csv",),
    ),
    Scene(
        "review withdraw",
        "review withdraw last --by Ann --because read-again",
        _make_review,
        _review_state,
        whole,
        kept=("drop.csv",),
    ),
    Scene(
        "lists update",
        f"lists update registry changes.txt --store store --as-of {DAY} --since 2026-11-20 "
        "--change-layout area,number,date,action --accept-unexpected",
        make_changes,
        _list_state,
        _list_faults,
        kept=("changes.txt",),
        again=(0, 5),  # a file of changes counts once
    ),
    *(Scene(name, *scene) for name, scene in LATER.items()),
)


class Stage:
    """A folder in which a scene is played again and again, always at the same path."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder / scene.name.replace(" ", "-")
        self._template = folder / f"{self.folder.name}.template"
        self.folder.mkdir()
        with chdir(self.folder):
            scene.make(self.folder)
        (self.folder / "tmp").mkdir()
        shutil.copytree(self.folder, self._template, symlinks=True)

    def begin(self) -> None:
        """Make all as it was before the command."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._template, self.folder, symlinks=True)

    def untouched(self) -> list[str]:
        """Which of the files that nobody may touch were."""
        return [
            f"{name} was changed"
            for name in self.scene.kept
            if not (self.folder / name).is_file()
            or (self.folder / name).read_bytes() != (self._template / name).read_bytes()
        ]
