"""A workspace in which vendors deliver drops, each scrubbed and entered for real."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from pipeline.ledger.database import open_ledger
from pipeline.ledger.tables import return_files, returned_rows
from schemas.workspace import LedgerChoice
from tests.conftest import Ran, campaign_text, leadscrub, scrub_files

#: When the drops of most tests are received.
RECEIVED = datetime(2026, 11, 2, 9, 30, 15, tzinfo=UTC)
CONTRACT = """\
name = "{name}"
price = 2.50
currency = "USD"

[returns]
window = "72h"
key = "Lead ID"
{more}
[returns.reasons]
"phone.unparseable" = "Bad number"
"phone.invalid" = "Wrong number"
"duplicate.in_drop" = "DUPE"
"dnc.national" = "DNCC"
{reasons}
"""
HEADER = "Lead ID,Name,Phone,State\n"


@dataclass
class World:
    """A workspace and its ledger."""

    folder: Path
    url: str | None = None

    def __post_init__(self) -> None:
        for name in ("vendors", "campaigns", "drops", "lists"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "leadscrub.toml").write_text("[ledger]\n" + (f'url = "{self.url}"\n' if self.url else ""))
        self.campaign("calls")

    def campaign(self, name: str, more: str = "") -> Path:
        path = self.folder / "campaigns" / f"{name}.toml"
        path.write_text(campaign_text(("call",), more=more, name=name))
        return path

    def contract(self, name: str = "acme", more: str = "", reasons: str = "", window: str = "72h") -> Path:
        path = self.folder / "vendors" / f"{name}.toml"
        text = CONTRACT.format(name=name, more=more, reasons=reasons)
        path.write_text(text.replace('window = "72h"', f'window = "{window}"'))
        return path

    def sell(
        self,
        text: str | Path,
        vendor: str = "acme",
        at: datetime = RECEIVED,
        *options: str | Path,
        campaign: str = "calls",
    ) -> str:
        """Deliver a drop and scrub it, which enters the run. Returns its id."""
        if isinstance(text, Path):
            path = text
        else:
            path = self.folder / "drops" / f"{vendor}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.csv"
            path.write_text(text)
        number = len(list((self.folder / "runs").glob("*"))) if (self.folder / "runs").exists() else 0
        out = self.folder / "runs" / str(number)
        toml = self.folder / "campaigns" / f"{campaign}.toml"
        ran = scrub_files(
            [path],
            out,
            "--campaign",
            toml,
            "--vendor",
            vendor,
            "--received-at",
            at.isoformat(),
            "--accept-drift",
            *options,
        )
        assert ran.code == 0, ran.err
        run_id: str = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["run_id"]
        return run_id

    def returns(self, at: datetime | str, *options: str | Path) -> Ran:
        """Run the command at an instant. Most drops of these tests are mostly bad on purpose."""
        instant = at if isinstance(at, str) else at.isoformat()
        return leadscrub("returns", "--workspace", self.folder, "--as-of", instant, "--accept-unread", *options)

    def listed(self, at: datetime | str, *options: str) -> dict[str, Any]:
        """What the command says of the one vendor that there is, or that is named."""
        ran = self.returns(at, "--json", *options)
        assert ran.code == 0, ran.err
        vendors = json.loads(ran.out)["vendors"]
        assert len(vendors) == 1
        found: dict[str, Any] = vendors[0]
        return found

    def going(self, at: datetime | str, fate: str = "returnable") -> list[int]:
        """Rows of a fate, of the one vendor that there is."""
        return [row["row_id"] for row in self.listed(at)["rows"] if row["fate"] == fate]

    def outgoing(self) -> list[Path]:
        """Files written so far."""
        return sorted(path for path in (self.folder / "outgoing").rglob("*") if path.is_file())

    def ledger_rows(self) -> list[tuple[str, int, str]]:
        """Run, row and state of each row that the ledger says went back."""
        with open_ledger(LedgerChoice(url=self.url), self.folder) as ledger, ledger.reading() as connection:
            found = select(returned_rows.c.run_id, returned_rows.c.row_id, return_files.c.state)
            wanted = found.join_from(returned_rows, return_files).order_by("run_id", "row_id")
            return [tuple(row) for row in connection.execute(wanted)]


def bad(first: int, rows: int, state: str = "DC") -> str:
    """Leads without a number that can be called."""
    return "".join(f"L{n},Lead {n},12,{state}\n" for n in range(first, first + rows))


def good(first: int, rows: int, state: str = "DC") -> str:
    """Leads that may be called."""
    return "".join(f"L{n},Lead {n},{201 + n // 100}-555-01{n % 100:02},{state}\n" for n in range(first, first + rows))
