"""A workspace with a ledger and two vendors, in which drops are scrubbed on days of November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline.ledger.database import Ledger, open_ledger
from pipeline.ledger.drops import Received, place_of
from schemas.workspace import LedgerChoice
from tests.conftest import Scrubbed, leadscrub

HEADER = "name,phone,email\n"
VENDORS = ("acme", "bolt", "crux")


class Workspace:
    """Real files below ``folder``; the ledger is SQLite there, or what ``url`` names."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder, self.url = folder, url
        for name in ("vendors", "campaigns", "drops"):
            (folder / name).mkdir(parents=True)
        (folder / "leadscrub.toml").write_text("[ledger]\n" + (f'url = "{url}"\n' if url else ""))
        for vendor in VENDORS:
            (folder / f"vendors/{vendor}.toml").write_text(f'name = "{vendor}"\n')
        self.campaign()

    def campaign(self, dedupe: str = "", name: str = "test") -> Path:
        """Write the campaign anew, with these lines in [dedupe]."""
        path = self.folder / f"campaigns/{name}.toml"
        path.write_text(
            f'name = "{name}"\nchannels = ["call", "email"]\nregion = "US"\nno_lists = true\n'
            f'treat_as_real = ["nanp-555-01xx", "example.com"]\n[dedupe]\n{dedupe}\n'
        )
        return path

    def drop(self, name: str, rows: str) -> Path:
        """Write a drop."""
        path = self.folder / "drops" / name
        path.write_text(HEADER + rows)
        return path

    def scrub(
        self,
        drop: str | list[Path],
        day: int,
        vendor: str | None,
        rows: str = "",
        *options: str | Path,
        campaign: str = "test",
        out: str | None = None,
    ) -> Scrubbed:
        """Scrub a drop of these rows, or files that are there; to a folder of its name and day."""
        paths = [self.drop(drop, rows)] if isinstance(drop, str) else drop
        folder = self.folder / "runs" / (out or f"{paths[0].name}.{day}")
        named = [] if vendor is None else ["--vendor", vendor]
        ran = leadscrub(
            "scrub", *paths, "-o", folder, "--campaign", self.folder / f"campaigns/{campaign}.toml", *named,
            "--as-of", f"2026-11-{day:02d}", "--threads", "1", *options,
        )  # fmt: skip
        return Scrubbed(ran.code, ran.out, ran.err, folder)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the ledger, for a look or as the nightly run does."""
        with open_ledger(LedgerChoice(url=self.url), self.folder) as ledger:
            yield ledger

    def received(self, vendor: str, done: Scrubbed) -> list[Received]:
        """The drops of a run as the ledger knows them."""
        with self.ledger() as ledger, ledger.reading() as connection:
            hashes = dict.fromkeys(file["sha256"] for file in done.manifest["inputs"])
            return [place_of(connection, vendor, sha256, noon(1)) for sha256 in hashes]


def noon(day: int) -> datetime:
    """The middle of a day of November 2026."""
    return datetime(2026, 11, day, 12, tzinfo=UTC)


def lead(number: int, email: int | None = None) -> str:
    """A line with the phone 202-555-01NN and, if it has one, the email of a number."""
    return f"Jo,202-555-01{number:02d},{'' if email is None else f'p{email}@example.com'}\n"


def leads(*numbers: int) -> str:
    """Lines with these phones."""
    return "".join(lead(number) for number in numbers)
