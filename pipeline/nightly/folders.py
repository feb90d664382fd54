"""Where things are in a workspace."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shlex import quote

from pipeline.proof.unfinished import entered
from schemas.support.durable import make_folder
from schemas.support.places import refuse_links
from schemas.support.shown import printable, shown

#: What a file may be called in most file systems, less what we put before and behind the vendor's name for it.
_LONGEST = 200
#: Behind the name of a drop in quarantine: why it is there.
WHY = ".why.txt"


@dataclass(frozen=True)
class Folders:
    """Paths below the workspace. ``token``: the lease that what is made belongs to, where machines share a ledger."""

    workspace: Path
    token: str = ""

    @property
    def hidden(self) -> Path:
        """What only a pass needs: its lock, what it remembers of unfinished uploads, drops on their way here."""
        return self.workspace / ".nightly"

    @property
    def fetched(self) -> Path:
        """Remote drops by vendor and content, until they are in the archive."""
        return self.hidden / "fetched" / self.token

    @property
    def fetching(self) -> Path:
        """Remote drops that are on their way."""
        return self.hidden / "fetching" / self.token

    @property
    def runs(self) -> Path:
        """Results."""
        return self.workspace / "runs"

    @property
    def partial(self) -> Path:
        """Results that are being made: on the disk of their final place."""
        return self.runs / ".partial" / self.token

    @property
    def complete(self) -> Path:
        """Results that are complete, until the ledger has them: only of a lease."""
        return self.partial / "complete"

    def results(self, vendor: str, day: date) -> Path:
        """Results of a vendor's drops of a day, each under its run's id."""
        return self.runs / day.isoformat() / vendor

    @property
    def archive(self) -> Path:
        """Raw drops that are done, by vendor and day."""
        return self.workspace / "archive"

    def archive_of(self, vendor: str, day: date) -> Path:
        """Where a vendor's raw drops of a day go."""
        return self.archive / vendor / day.isoformat()

    def archived(self, vendor: str, day: date, sha256: str, name: str, *, again: bool) -> Path:
        """Where a raw drop goes when it is done; one that was delivered before goes elsewhere."""
        folder = self.archive_of(vendor, day)
        return (folder / "again" if again else folder) / kept_name(sha256, name)

    def quarantined(self, vendor: str, sha256: str, name: str) -> Path:
        """Where a drop that cannot be read waits for a person."""
        return self.workspace / "quarantine" / vendor / kept_name(sha256, name)

    def made(self, folder: Path) -> Path:
        """Make a folder of the workspace. Raises `LinkError` when a part of its path is a link."""
        refuse_links(folder, self.workspace)
        make_folder(folder)
        return folder

    def discard(self, out: Path) -> None:
        """Remove a result that does not count, in one step for whoever looks."""
        aside = self.made(self.partial) / f"discarded-{out.name}"
        out.rename(aside)
        shutil.rmtree(aside)
        entered(self.workspace, out)

    def refuse_planted(self) -> None:
        """Raise `LinkError` when what a pass works in is a link, or leads through one."""
        for folder in (self.partial, self.fetched, self.fetching, self.archive, self.workspace / "quarantine"):
            refuse_links(folder, self.workspace)

    def clear_quarantine(self, vendor: str, sha256: str) -> None:
        """Remove what was said of a drop that has been taken after all, and a copy of it that is left there."""
        refuse_links(self.workspace / "quarantine" / vendor, self.workspace)
        for path in (self.workspace / "quarantine" / vendor).glob(f"{kept_name(sha256, '')}*"):
            path.unlink()

    def own(self, path: Path) -> bool:
        """Whether a path of the ledger is in this workspace: machines that share a ledger have their own."""
        return path.is_relative_to(self.workspace.absolute())

    def shown(self, path: Path) -> str:
        """A path as the summary shows it."""
        return str(path.relative_to(self.workspace.absolute()) if self.own(path) else path)

    def sweep(self) -> None:
        """Remove what a pass that was killed had begun."""
        for folder in (self.partial, self.fetching):
            shutil.rmtree(folder, ignore_errors=True)
        for begun in self.runs.glob("*/.summary-*.new"):
            if not begun.parent.is_symlink():
                begun.unlink(missing_ok=True)


def kept_name(sha256: str, name: str) -> str:
    """A raw drop's name in archive and quarantine: no two contents share one."""
    return f"{sha256[:12]}-{text_name(name)}"


def text_name(name: str) -> str:
    """What we call a vendor's file: as it is `shown`, without what a shell makes of a mask; of a long name the end."""
    return shown(name).replace("*", "-").encode()[-_LONGEST:].decode("utf-8", "ignore")


def shell_word(path: Path) -> str:
    """Write a path for a shell, whatever is in its name, so that it can be read and copied."""
    text = str(path)
    if printable(text) == text:
        return quote(text)
    return "$'" + printable(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"
