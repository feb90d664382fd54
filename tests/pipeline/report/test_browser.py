"""The pages in a real browser, at two widths, light and dark: nothing leaves them, and anyone can read them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPO, leadscrub
from tests.pipeline.selling import HEADER, World, bad, good

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.slow

#: What a page asked for, and what it or the browser said in the console.
Heard = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Where the tests must not be left out, it is missing out loud."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        assert os.environ.get("LEADSCRUB_BROWSER") != "required", "there is no Chromium, and its tests are required"
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of a run with law, lists and hours; of a run of a vendor with a past; of that vendor."""
    folder = tmp_path_factory.mktemp("pages")
    law = shutil.copytree(REPO / "data" / "sample" / "law", folder / "sample")
    ran = leadscrub(
        *("scrub", law / "drops" / "us.csv", "-o", folder / "law", "--threads", "1", "--as-of", "2026-11-21"),
        *("--campaign", law / "campaigns" / "us.toml", "--vendor", "broker", "--ledger", "none"),
    )
    assert ran.code == 0, ran.err
    world = World(folder / "leads")
    world.contract(window="10d")
    for n in range(4):
        name = f"{'very-long-name-' * 8}{n}.csv"
        (folder / name).write_text(HEADER + good(20 * n, 9) + bad(20 * n, 1 + 3 * n), encoding="utf-8")
        world.sell(folder / name, at=datetime(2026, 11, 1 + n, 12, tzinfo=UTC))
    made = leadscrub(
        *("report", "--workspace", world.folder, "--vendor", "acme", "--as-of", "2026-11-30"),
        *("--to", folder / "vendor.html"),
    )
    assert made.code == 0, made.err
    return {
        "law": folder / "law" / "report.html",
        "drop": world.folder / "runs" / "3" / "report.html",
        "vendor": folder / "vendor.html",
    }


def opened(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, Heard]:
    """A page in a window of its own, which may ask for nothing but the page itself."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    asked: list[str] = []
    said: list[str] = []

    def stop(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_() if route.request.url == path.as_uri() else route.abort()

    context.route("**/*", stop)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    return page, (asked, said)


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("law", 390, "light"), ("law", 1280, "dark"), ("drop", 1280, "light"), ("vendor", 390, "dark")],
)
def test_a_page_is_readable_and_keeps_to_itself(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str, tmp_path: Path
) -> None:
    page, (asked, said) = opened(browser, pages[name], width, scheme)
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert (asked, said) == ([pages[name].as_uri()], [])
    # Nothing but a table that can be moved is wider than the window.
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.screenshot(path=tmp_path / "page.png", full_page=True).startswith(b"\x89PNG")
    page.context.close()


def test_charts_have_words_headings_an_order_and_all_of_it_prints(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["law"], 1280, "light")
    without = page.eval_on_selector_all("svg", "all => all.filter(e => !e.querySelector('title')?.textContent).length")
    assert (without, page.locator("svg[role=img]").count()) == (0, page.locator("svg").count())
    levels = page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert page.locator("h2").all_inner_texts()[:2] == ["Not checked", "From received to contactable"]
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.context.close()


def test_the_checker_finds_what_cannot_be_read(browser: Browser, tmp_path: Path) -> None:
    """It is at work: grey on white, a picture without words."""
    path = tmp_path / "bad.html"
    path.write_text("<html lang=en><title>x</title><h1>x</h1><p style='color:#ccc'>grey</p><img src='data:,'>")
    page, _ = opened(browser, path, 390, "light")
    from axe_playwright_python.sync_playwright import Axe

    found = {each["id"] for each in Axe().run(page).response["violations"]}
    assert {"color-contrast", "image-alt"} <= found
    page.context.close()
