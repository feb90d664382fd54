"""``leadscrub report``: a result's page again, and pages about a night, a vendor, a month."""

from __future__ import annotations

import html
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Ran, Scrub, leadscrub
from tests.pipeline.selling import HEADER, World, bad, good

pytestmark = pytest.mark.slow

OCTOBER = datetime(2026, 10, 30, 12, tzinfo=UTC)
DAYS = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (3, 4, 5, 6)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Of acme three drops of nine in ten, then one of one in three; plain has no contract."""
    made = World(tmp_path_factory.mktemp("world") / "leads")
    made.contract(window="10d")
    (made.folder / "vendors" / "plain.toml").write_text('name = "plain"\n')
    made.sell(HEADER + good(0, 9) + bad(0, 1), at=OCTOBER)
    for n, day in enumerate(DAYS[:2], 1):
        made.sell(HEADER + good(20 * n, 9) + bad(20 * n, 1), at=day)
    made.sell(HEADER + good(60, 1), "plain", DAYS[2])
    made.sell(HEADER + good(70, 3) + bad(70, 6), "acme", DAYS[3], "--as-of", "2026-11-22")
    return made


def report(world: World, folder: Path, *options: str | Path) -> tuple[Ran, str]:
    path = folder / "page.html"
    ran = leadscrub("report", "--workspace", world.folder, "--to", path, *options)
    return ran, path.read_text(encoding="utf-8") if path.exists() else ""


def words(page: str) -> str:
    """The text of a page, without what is for machines."""
    page = re.sub(r"<(style|title|desc)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_result_is_reported_again_as_its_run_did(world: World, tmp_path: Path) -> None:
    """The vendor's price, contract and drops before it come from the workspace; later ones are not counted."""
    out = world.folder / "runs" / "4"
    ran, page = report(world, tmp_path, out)
    assert (ran.code, ran.out) == (0, f"wrote  {tmp_path / 'page.html'}\n"), ran.err
    assert page == (out / "report.html").read_text(encoding="utf-8")
    text = words(page)
    assert "3 of 9 leads can be contacted (33%)." in text
    assert "The vendor's fault 6 (67%) 15.00 USD at stake" in text
    assert "Only 33% can be contacted; of its last 3 drops 90% could." in text
    assert "2026-10-30 10 9 90% 2026-11-03 10 9 90% 2026-11-04 10 9 90% this drop 9 3 33%" in text
    earlier = words((world.folder / "runs" / "1" / "report.html").read_text(encoding="utf-8"))
    assert "With 1 earlier drop nothing is usual yet." in earlier
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600


def test_a_vendor(world: World, tmp_path: Path) -> None:
    ran, page = report(world, tmp_path, "--vendor", "acme", "--as-of", "2026-11-30")
    assert ran.code == 0, ran.err
    text = words(page)
    assert "Vendor acme 30 of 39 leads could be contacted (77%)." in text
    assert "acme 2026-10 1 10 9 90% 25.00 USD" in text
    assert "acme 2026-11 3 29 21 72% 72.50 USD" in text
    assert "The vendor's fault 9 (23%) 22.50 USD at stake" in text
    assert "Only 33% can be contacted" in text
    assert "plain" not in text


def test_a_month(world: World, tmp_path: Path) -> None:
    ran, page = report(world, tmp_path, "--month", "2026-11")
    assert ran.code == 0, ran.err
    text = words(page)
    assert "22 of 30 leads could be contacted (73%). 4 drops of 2 vendors, received in 2026-11." in text
    assert "plain 2026-11 1 1 1 100%" in text


def test_a_night(world: World, tmp_path: Path) -> None:
    ran, page = report(world, tmp_path, "--night", "2026-11-22")
    assert ran.code == 0, ran.err
    text = words(page)
    assert "3 of 9 leads could be contacted (33%). 1 drop of 1 vendor, scrubbed as of 2026-11-22." in text
    assert "acme: Only 33% can be contacted; of its last 3 drops 90% could." in text
    assert "The law was not checked" in text
    one_run = words((world.folder / "runs" / "4" / "report.html").read_text(encoding="utf-8"))
    assert (way := re.search(r"leads that left lost were received 9 .*? can be called 3", one_run)) is not None
    assert way[0] in text


def test_ways_and_days_are_summed_over_drops(world: World, tmp_path: Path) -> None:
    """What a vendor's four drops lost at each stage is what each of them lost; days begin with that of the report."""
    _, page = report(world, tmp_path, "--vendor", "acme", "--as-of", "2026-11-30")
    text = words(page)
    assert re.search(r"were received 39 .* have a phone that can be used 30 .9 .* can be called 30", text), text
    assert "How long the leads can be used" in text
    shutil.move(world.folder / "runs" / "1", world.folder / "gone")
    try:
        _, page = report(world, tmp_path, "--vendor", "acme", "--as-of", "2026-11-30")
    finally:
        shutil.move(world.folder / "gone", world.folder / "runs" / "1")
    assert "Of 3 drops: the results of the others are gone." in words(page)
    assert re.search(r"were received 29 .* can be called 21", words(page))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Name one of OUT, --night, --vendor and --month."),
        (["--night", "2026-11-22", "--month", "2026-11"], "Name one of OUT"),
        (["--night", "2026-11-23"], "No run as of 2026-11-23 is in the ledger. The last one is of 2026-11-22."),
        (["--night", "yesterday"], "'yesterday' is not a day."),
        (["--month", "2026-13"], "'2026-13' is not a month."),
        (["--month", "2025-01"], "No drop was received in 2025-01. The last one is of 2026-11-06."),
        (["--vendor", "acne"], "There is no vendor 'acne'. Did you mean 'acme'?"),
    ],
)
def test_what_cannot_be_reported_is_said(world: World, tmp_path: Path, options: list[str], said: str) -> None:
    ran, page = report(world, tmp_path, *options, *(["--as-of", "2026-11-30"] if "--vendor" in options else []))
    assert (ran.code, page) == (2, "")
    assert said in ran.err


def test_a_result_stays_as_it_was_written(scrub: Scrub, in_folder: Path) -> None:
    """A page goes beside a result and not into it; an older result without counts has one as well."""
    ran = scrub("phone\n202-555-0100\n12\n")
    again = leadscrub("report", ran.folder, "--to", ran.folder / "again.html")
    assert (again.code, "is a result" in again.err) == (2, True)
    assert leadscrub("verify", ran.folder).code == 0
    for name in ("report.json", "report.html"):
        (ran.folder / name).unlink()
    older = leadscrub("report", ran.folder)
    assert (older.code, older.out) == (0, "wrote  report-out.html\n"), older.err
    assert "1 of 2 leads can be contacted (50%)." in Path("report-out.html").read_text(encoding="utf-8")
    (ran.folder / "report.json").write_text("{}")
    damaged = leadscrub("report", ran.folder)
    assert (damaged.code, "is damaged" in damaged.err) == (2, True)
