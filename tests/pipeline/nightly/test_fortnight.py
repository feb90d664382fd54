"""Two vendors over a fortnight in which everything happens that can: in the end as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pipeline.nightly.workspaces import (
    AREAS,
    FIRST,
    Passes,
    accounted,
    add_list,
    dump,
    leads,
    make_workspace,
    night,
    put,
)

pytestmark = pytest.mark.slow

#: How often passes are killed; LEADSCRUB_KILLS=100 for the whole show.
KILLS = int(os.environ.get("LEADSCRUB_KILLS", "5"))
NIGHTS = range(1, 15)
REGISTRY = "".join(f"{area},55501{n:02}\n" for area in AREAS for n in range(0, 100, 9))
STALE, FULL, BACK = 5, 10, 9


def may_mount(folder: Path) -> bool:
    """Whether a small disk can be had: only root mounts."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False).returncode == 0
    if done:
        subprocess.run(["umount", folder], check=True)
    return done


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Let a folder lie on a disk that has room for next to nothing."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@dataclass
class Fortnight:
    """Delivers, night after night. ``faults``: with what goes wrong on the way; the deliveries are the same."""

    workspace: Path
    passes: Passes
    faults: bool
    kills: random.Random
    codes: dict[int, int] = field(default_factory=dict)
    killed: int = 0
    delivered: dict[str, str] = field(default_factory=dict)

    def put(self, vendor: str, name: str, numbers: range, number: int, header: str = "lead id,name,phone") -> str:
        """Put a drop whose upload ended an hour before the pass."""
        text = leads(numbers, header, prefix=f"{name}:")
        put(self.workspace / "inbox" / vendor, name, text, night(number, 2))
        self.delivered[f"{vendor} {name}"] = text
        return text

    def deliver(self, n: int) -> None:
        """What the vendors send on a night: each two good drops that overlap with what was sold before."""
        self.put("acme", f"acme-{n}a.csv", range(n * 40, n * 40 + 30), n)
        header = "lead id,name,mobile" if n == 14 else "lead id,name,phone"
        self.put("zen", f"zen-{n}.csv", range(n * 40 + 20, n * 40 + 50), n, header)
        inbox = {vendor: self.workspace / "inbox" / vendor for vendor in ("acme", "zen")}
        if n in (3, 5, 8, 10, 13):
            self.put("acme", f"acme-{n}b.csv", range(n * 40 - 60, n * 40 - 20), n)
        if n == 4:  # it should have come on night 3
            self.put("zen", "zen-3-late.csv", range(150, 175), 3)
        if n == 6:
            again = leads(range(2 * 40 + 20, 2 * 40 + 50), prefix="zen-2.csv:")
            put(inbox["zen"], "zen-2-once-more.csv", again, night(n, 2))
            put(inbox["acme"], "acme-4a.csv", leads(range(160, 190), prefix="acme-4a.csv:"), night(n, 2))
        if n == 7:
            self.put("acme", "acme-6a-corrected.csv", range(240, 271), n)
        if n == 8:
            put(inbox["zen"], "zen-8.zip", b"PK\3\4" + b"no archive" * 9, night(n, 2), ".done")
        if n == 12:
            self.put("zen", "zen-12-other.csv", range(500, 510), n, "lead id,name,mobile")
        if n == 13:
            (kept,) = (self.workspace / "quarantine" / "zen").glob("*-zen-12-other.csv")
            kept.rename(inbox["zen"] / "zen-12-other.csv")

    def begin_uploads(self, n: int) -> None:
        """Uploads that are not complete when the pass comes, each in another way. They end before the next night's."""
        inbox = self.workspace / "inbox" / "acme"
        text = leads(range((n + 1) * 40, (n + 1) * 40 + 30), prefix=f"acme-{n + 1}a.csv:")
        if n == 3:
            put(inbox, "acme-4a.csv", text[: len(text) // 2], night(n) - timedelta(seconds=20))
        if n == 6:
            put(inbox, "acme-7a.csv.filepart", text[:100], night(n, 1))
        if n == 11:
            put(inbox, "acme-12a.csv", text[:-40], night(n, 1))
            put(inbox, "acme-12a.csv.sha256", "0" * 64 + "  acme-12a.csv\n", night(n, 1))
        if n == 12:
            put(inbox, "acme-13a.csv", "", night(n, 1))

    def end_uploads(self, n: int) -> None:
        """Remove what the full upload replaces."""
        for name in ("acme-7a.csv.filepart", "acme-12a.csv.sha256"):
            if n in (7, 12):
                (self.workspace / "inbox" / "acme" / name).unlink(missing_ok=True)

    def night(self, n: int, kills: int) -> None:
        """One night: deliveries, then passes that are killed, then one that is not."""
        self.end_uploads(n)
        self.deliver(n)
        if self.faults:
            self.begin_uploads(n)
        if n == STALE + (1 if self.faults else 0):
            add_list(self.workspace, FIRST + timedelta(days=2), REGISTRY)
        more = {"accept_drift": n == 13}
        at = night(n) - timedelta(hours=2) if self.faults and n == BACK else night(n)
        for _ in range(kills):
            code = self.passes.run(self.workspace, at, kill_after=self.kills.uniform(0, 0.35), **more)
            self.killed += code == -9
        self.codes[n] = self.passes.run(self.workspace, at, **more)


def fortnight(folder: Path, passes: Passes, *, faults: bool, full_disk: bool) -> Fortnight:
    workspace = make_workspace(folder, campaign='store_lists = ["registry"]')
    add_list(workspace, night(STALE).date() - timedelta(days=32), REGISTRY)
    told = Fortnight(workspace, passes, faults, random.Random(KILLS))
    for n in NIGHTS:
        kills = KILLS // len(NIGHTS) + (n <= KILLS % len(NIGHTS)) if faults else 0
        if faults and n == FULL and full_disk:
            with small_disk(workspace / "runs"):
                told.night(n, kills)
        else:
            told.night(n, kills)
    return told


def test_a_fortnight_with_every_fault_ends_as_one_without(forked: Passes, tmp_path: Path) -> None:
    """Late, cut off, repeated, corrected, broken, drifted drops, a stale list, a full disk, a clock set back, kills."""
    full_disk = may_mount(tmp_path / "mount")
    calm = fortnight(tmp_path / "calm", forked, faults=False, full_disk=False)
    rough = fortnight(tmp_path / "rough", forked, faults=True, full_disk=full_disk)
    outcomes = forked.outcomes()
    # The broken drop of night 8 waits in quarantine, and no night after it is green.
    assert calm.codes == {n: 4 if n >= 8 else 0 for n in NIGHTS}
    assert rough.codes == calm.codes | {STALE: 5} | ({FULL: 8} if full_disk else {})
    assert calm.delivered == rough.delivered
    assert set(outcomes.values()) == {"scrubbed"}
    for told in (calm, rough):
        lines = [
            f"{key.partition(' ')[0]} {row.partition(',')[0]}"
            for key, text in told.delivered.items()
            for row in text.splitlines()[1:]
        ]
        assert accounted(told.workspace) == sorted(lines)
        left = [path.name for path in (told.workspace / "inbox").rglob("*") if path.is_file()]
        assert left == []
        assert not list((told.workspace / "runs" / ".partial").glob("*"))
        names = sorted(path.name.partition("-")[2] for path in (told.workspace / "quarantine" / "zen").iterdir())
        assert names == ["zen-8.zip", "zen-8.zip.done", "zen-8.zip.why.txt"]
    without_days = dump(rough.workspace, by_drop=True)
    assert without_days == dump(calm.workspace, by_drop=True)
    assert len(without_days["runs"]) == len(calm.delivered)
    if KILLS:
        assert rough.killed > KILLS // 4
    print(f"{rough.killed} of {KILLS} passes were killed before they ended")  # noqa: T201


@pytest.mark.parametrize("share", range(2))
def test_a_pass_is_killed_before_each_change_of_the_disk(forked: Passes, tmp_path: Path, share: int) -> None:
    """A good drop, one that had come before, and a broken one; killed before every so-manieth change, then again."""
    workspace, prepared, count = tmp_path / "workspace", tmp_path / "prepared", tmp_path / "count"
    make_workspace(workspace)
    put(workspace / "inbox" / "acme", "first.csv", leads(range(20)), night(1, 2))
    assert forked.run(workspace, night(1)) == 0
    put(workspace / "inbox" / "acme", "good.csv", leads(range(10, 30), prefix="n"), night(2, 2), ".done")
    put(workspace / "inbox" / "acme", "once-more.csv", leads(range(20)), night(2, 2))
    put(workspace / "inbox" / "zen", "broken.zip", b"PK\3\4" + b"no archive" * 9, night(2, 2))
    workspace.rename(prepared)

    def again() -> None:
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(prepared, workspace)

    again()
    assert forked.run(workspace, night(2), count=str(count)) == 4
    changes, whole, files = count.stat().st_size, dump(workspace), tree(workspace)
    assert changes > 40
    every = max(2 * changes // max(KILLS, 1), 2)
    for moment in range(1 + share * every // 2, changes + 1, every):
        again()
        assert forked.run(workspace, night(2), kill_at=moment) == -9, moment
        assert forked.run(workspace, night(2)) == 4, moment
        assert dump(workspace) == whole, moment
        assert tree(workspace) == files, moment
    assert forked.run(workspace, night(2, 4)) == 4, "what is in quarantine waits for a person"
    assert dump(workspace) == whole


def tree(workspace: Path) -> list[str]:
    """All files but summaries, of which each pass writes one, and what was begun: history, and marks in the log."""
    files = (str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file())
    own = ("ledger/ledger.db", "ledger/history/.making-", "log/unfinished-")
    return sorted(name for name in files if "/summary-" not in name and not name.startswith(own))
