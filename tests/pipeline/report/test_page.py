"""What the page says: sentences from counts, nothing of a vendor's text as markup, and never too large."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.bccache import Bucket

from pipeline.report.calling import zone_hours
from pipeline.report.page import headline, run_page
from pipeline.report.render import render
from pipeline.report.source import PastDrop, ReportSource
from pipeline.report.template_cache import TemplateCache
from pipeline.report.vendor_band import out_of_band
from pipeline.results.folder import open_manifest
from schemas.report_counts import ReportCounts, Window
from schemas.support.figures import counted, share
from tests.conftest import Scrub, Scrubbed, Written

HOSTILE = "<script>alert(1)</script>\u202e\u200b&amp;\"'"


def page_of(ran: Scrubbed) -> str:
    assert ran.code == 0, ran.err
    return (ran.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 0, ""),
        (0, 5, "0%"),
        (5, 5, "100%"),
        (1, 100_000, "under 0.1%"),
        (99_999, 100_000, "over 99.9%"),
        (995, 1000, "99.5%"),
        (1, 3, "33%"),
        (1, 30, "3.3%"),
    ],
)
def test_a_share_is_neither_noise_nor_a_lie(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said


def test_the_headline() -> None:
    assert headline(12_528, 13_768) == "12,528 of 13,768 leads can be contacted (91%)."
    assert headline(1, 1) == "1 of 1 lead can be contacted (100%)."
    assert headline(0, 7) == "None of 7 leads can be contacted."
    assert headline(0, 0) == "No lead was received."
    assert counted(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("hours", "bars"),
    [
        (["08:00-21:00"], [(16, 26, 100)]),
        (["10:00-13:00", "14:00-20:00"], [(20, 6, 100), (28, 12, 100)]),
        (["08:10-20:50"], [(17, 24, 100)]),
        (["18:00-00:00"], [(36, 12, 100)]),
        ([], []),
    ],
)
def test_half_hours_that_are_open_throughout_are_drawn(hours: list[str], bars: list[tuple[int, int, int]]) -> None:
    (zone,) = zone_hours([Window(zone="America/New_York", hours=hours, rows=4)])
    assert [(bar.x, bar.width, bar.height) for bar in zone.bars] == bars
    assert zone.rows == 4


def test_zones_with_fewest_leads_are_shown_together() -> None:
    windows = [Window(zone=f"Zone/{n:02}", hours=["08:00-21:00"], rows=100 - n) for n in range(20)]
    shown = zone_hours(windows)
    assert (len(shown), shown[0].zone, shown[-1].zone) == (17, "Zone/00", "4 other zones, each in its own time")
    assert sum(zone.rows for zone in shown) == sum(window.rows for window in windows)


def drops(*rates: float) -> list[PastDrop]:
    start = date(2026, 11, 1)
    return [
        PastDrop(start + timedelta(days=n), 1000, round(1000 * rate), {"phone.invalid": 1000 - round(1000 * rate)})
        for n, rate in enumerate(rates)
    ]


@pytest.mark.parametrize(
    ("past", "now", "said"),
    [
        (drops(0.7, 0.72), drops(0.1)[0], []),
        (drops(0.7, 0.72, 0.74), drops(0.69)[0], []),
        (
            drops(0.7, 0.72, 0.74),
            drops(0.5)[0],
            [
                "Only 50% can be contacted; of its last 3 drops 70% to 74% could.",
                "phone.invalid: 50% of its leads; at most 30% in its last 3 drops.",
            ],
        ),
        (
            drops(0.7, 0.72, 0.74),
            drops(0.9)[0],
            ["90% can be contacted, more than usual; of its last 3 drops 70% to 74% could."],
        ),
        (
            drops(0.7, 0.72, 0.74),
            PastDrop(date(2026, 11, 9), 100, 71, {"phone.invalid": 19, "row.malformed": 10}),
            [
                "row.malformed: 10% of its leads; never in its last 3 drops.",
                "100 leads; its last 3 drops had 1,000.",
            ],
        ),
        # The eleventh drop before this one is forgotten.
        (drops(0.1, *[0.7] * 10), drops(0.6)[0], None),
    ],
)
def test_what_is_out_of_the_usual_band(past: list[PastDrop], now: PastDrop, said: list[str] | None) -> None:
    found = out_of_band(now, past)
    assert found == said if said is not None else found[0].startswith("Only 60%")


def test_text_from_elsewhere_is_text(scrub: Scrub, tmp_path: Path) -> None:
    """Markup in a file's name and in its cells is shown as such; what is invisible is spelled."""
    drop = tmp_path / f"{HOSTILE.replace('/', '')}.csv"
    drop.write_text(f"name,phone,state\n{HOSTILE},12,{HOSTILE}\nx,{HOSTILE},\n", encoding="utf-8")
    page = page_of(scrub(drop))
    assert "&lt;script&gt;alert(1)&lt;script&gt;\\u202e\\u200b&amp;amp;&#34;&#39;.csv" in page
    assert re.findall(r"<script|\u202e|\u200b|javascript:|onerror", page) == []


def test_everything_that_a_template_shows_is_made_visible() -> None:
    """Addresses are masked, and long texts are cut: a page has a size of its own."""
    page = render("base.html", title="a\x00\u2066b jo@mail.example 202-555-0123 " + "<" * 10_000)
    assert "<title>a\\x00\\u2066b j*****@m*****.example 202*****23 &lt;" in page
    assert page.count("&lt;") < 1000


def test_templates_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bucket() -> Bucket:
        return Bucket(Environment(autoescape=True), "key", "checksum")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made, found, other = bucket(), bucket(), bucket()
    made.code = compile("1 + 1", "page", "eval")
    cache = TemplateCache(b"options")
    cache.load_bytecode(found)
    assert found.code is None
    cache.dump_bytecode(made)
    cache.load_bytecode(found)
    assert found.code == made.code
    TemplateCache(b"other options").load_bytecode(other)
    assert other.code is None


def test_a_report_of_much_is_small(scrub: Scrub, written: Written) -> None:
    """Thousands of files and lists with long names, hundreds of reasons: under 1 MB, and it needs nothing else."""
    ran = scrub("phone\n202-555-0100\n12\n", "--internal", written("ours.txt", "2025550101\n"))
    manifest = open_manifest(ran.folder)
    counts = ReportCounts.model_validate_json((ran.folder / "report.json").read_text(encoding="utf-8"))
    (file,), (used,) = manifest.inputs, manifest.lists
    (seen,) = counts.reasons.values()
    example = seen.examples[0].model_copy(update={"why": "y" * 10_000, "file": "<" * 10_000})
    many = {f"us.rule-{n}": 1000 - n for n in range(700)}
    manifest = manifest.model_copy(
        update={
            "inputs": [file.model_copy(update={"name": "<" * 10_000, "doubts": ["&" * 10_000] * 9})] * 3000,
            "lists": [used.model_copy(update={"name": "n" * 10_000})] * 3000,
            "counts": manifest.counts.model_copy(
                update={"by_primary_reason": many, "by_reason": many, "by_flag": many, "rejected": 10**6}
            ),
        }
    )
    counts = counts.model_copy(
        update={
            "reasons": dict.fromkeys(many, seen.model_copy(update={"examples": [example] * 3})),
            "valid_until": {date(2026, 11, 21) + timedelta(days=n): 1 for n in range(3000)},
        }
    )
    page = run_page(ReportSource(manifest, counts))
    assert len(page.encode()) < 1_000_000
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:,)|url\(|@import""", page) == []


def test_what_was_not_checked_is_at_the_top(scrub: Scrub) -> None:
    page = page_of(scrub("phone\n202-555-0100\n"))
    above, _, _ = page.partition("From received to contactable")
    assert "Nobody was screened: no suppression list was used." in above
    assert "The law was not checked: no rule pack was applied." in above
    assert "may be contacted by law (not checked)" in page
    assert "are on no list against contact (not checked)" in page
