"""What was bought before: the same vendor's and another vendor's earlier deliveries, in a workspace with a ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Scrubbed, leadscrub

HEADER = "name,phone,email\n"


class Workspace:
    """A workspace with a ledger and two vendors; drops are scrubbed on days of November 2026."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "vendors").mkdir()
        (folder / "campaigns").mkdir()
        (folder / "leadscrub.toml").write_text("[ledger]\n")
        for vendor in ("acme", "bolt"):
            (folder / f"vendors/{vendor}.toml").write_text(f'name = "{vendor}"\n')
        self.campaign()

    def campaign(self, dedupe: str = "", channels: str = '"call", "email"') -> None:
        (self.folder / "campaigns/test.toml").write_text(
            f'name = "test"\nchannels = [{channels}]\nregion = "US"\n'
            'treat_as_real = ["nanp-555-01xx", "example.com"]\n' + (f"[dedupe]\n{dedupe}\n" if dedupe else "")
        )

    def scrub(self, drop: str, day: int, vendor: str | None, rows: str, *options: str | Path) -> Scrubbed:
        path = self.folder / drop
        path.write_text(HEADER + rows)
        out = self.folder / "runs" / f"{drop}.{day}"
        named = [] if vendor is None else ["--vendor", vendor]
        ran = leadscrub(
            "scrub", path, "-o", out, "--campaign", self.folder / "campaigns/test.toml", *named,
            "--as-of", f"2026-11-{day:02d}", "--threads", "1", *options,
        )  # fmt: skip
        return Scrubbed(ran.code, ran.out, ran.err, out)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def lead(number: int, email: int | None = None) -> str:
    """A line with the phone 202-555-01NN and, if it has one, the email of a number."""
    return f"Jo,202-555-01{number:02d},{'' if email is None else f'p{email}@example.com'}\n"


def test_what_the_vendor_delivered_before_is_a_duplicate(workspace: Workspace) -> None:
    assert workspace.scrub("a.csv", 1, "acme", lead(1) + lead(2)).code == 0
    second = workspace.scrub("b.csv", 3, "acme", lead(2) + lead(3))
    assert second.code == 0, second.err
    assert second.clean_rows("phone") == [("+12025550103",)]
    assert second.rejected_rows("phone", "reason", "disposition") == [("+12025550102", "duplicate.history", "return")]
    assert second.findings.select("row_id", "point", "code", "effect", "detail").rows() == [
        (0, "phone", "duplicate.history", "block", "delivered before, on 2026-11-01")
    ]


def test_the_first_seller_wins_and_the_second_is_not_told_of_it(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", lead(1) + lead(2))
    second = workspace.scrub("b.csv", 2, "bolt", lead(2) + lead(3))
    assert second.clean_rows("phone") == [("+12025550103",)]
    assert second.rejected_rows("phone", "reasons", "disposition", "reason_detail") == [
        (
            "+12025550102",
            ["duplicate.cross_vendor"],
            "suppress",
            "Another vendor delivered the contact point first, and it was accepted then (needs a ledger)."
            " phone: acme delivered it first, on 2026-11-01.",
        )
    ]
    returned = (second.folder / "returns/bolt.csv").read_text()
    assert "not accepted" in returned
    assert "acme" not in returned
    assert second.manifest["history"]["overlaps"] == {"acme": 1}


def test_every_copy_of_what_was_bought_before_is_history_and_none_is_kept(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", lead(1))
    second = workspace.scrub("b.csv", 2, "acme", lead(1) + lead(1) + lead(2) + lead(2))
    assert second.clean_rows("row_id") == [(2,)]
    assert second.found() == [
        (0, "phone", "duplicate.history"),
        (1, "phone", "duplicate.history"),
        (3, "phone", "duplicate.in_drop"),
    ]


def test_the_same_drop_again_changes_nothing(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", lead(1))
    rows = lead(1) + lead(2)
    first = workspace.scrub("b.csv", 2, "bolt", rows)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in first.folder.rglob("*") if path.is_file()}
    again = workspace.scrub("b.csv", 2, "bolt", rows)
    assert again.code == 0, again.err
    assert "nothing was changed" in again.err
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in first.folder.rglob("*") if p.is_file()} == before
    forced = workspace.scrub("b.csv", 2, "bolt", rows, "--force")
    assert forced.manifest["run_id"] == first.manifest["run_id"]
    assert forced.found() == first.found()
