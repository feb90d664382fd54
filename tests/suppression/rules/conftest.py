"""What tests of the law share: a scrub under rule packs, of leads that are given cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import DAY, Scrubbed, scrub_files

ENTITY = "Example Company"
#: Own customers, called by hand; of none of the goods that have rules of their own.
LAW = """\
[rules]
packs = ["all"]
[evidence]
country = "US"
dialling = "live"
texting = "manual"
product_class = []
dealt_with_us = true
"""
OWN = 'source_type = "own_customers"\norigin = "own shop"\n'
#: Registries that hold none of the leads.
EMPTY_REGISTRIES = {
    "dnc.national": ("+12025550999",),
    "dnc.state": ("+12025550999",),
    "phone.reassigned": ("+12025550999",),
}

LawScrub = Callable[..., Scrubbed]


@pytest.fixture
def law(tmp_path: Path) -> LawScrub:
    """Scrub leads (a dictionary of cells each) under a campaign's law, with lists as kind -> entries."""
    runs = iter(range(100))

    def run(
        *leads: dict[str, str],
        campaign: str = LAW,
        vendor: str | None = OWN,
        channels: tuple[str, ...] = ("call",),
        region: str | None = "US",
        lists: dict[str, tuple[str, ...]] | None = None,
        as_of: str = DAY,
        more: str = "",
    ) -> Scrubbed:
        folder = tmp_path / f"run-{next(runs)}"
        columns = dict.fromkeys(name for lead in leads for name in lead)
        drop = pl.DataFrame({name: [lead.get(name, "") for lead in leads] for name in columns}).write_csv()
        text = (
            f'name = "law"\nentity = "{ENTITY}"\nchannels = {list(channels)}\n'
            'treat_as_real = ["nanp-555-01xx", "ofcom-drama", "arcep-drama", "example.com"]\n'
            + (f'region = "{region}"\n' if region else "")
            + f"{more}[dedupe]\nkeys = []\n{campaign}"
            + "".join(_list(kind, as_of) for kind in EMPTY_REGISTRIES | (lists or {}))
        )
        files = {"leadscrub.toml": "", "campaigns/c.toml": text, "drop.csv": drop}
        options: list[str | Path] = []
        if vendor is not None:
            files["vendors/v.toml"] = f'name = "v"\n[evidence]\n{vendor}'
            options = ["--vendor", "v"]
        for kind, entries in (EMPTY_REGISTRIES | (lists or {})).items():
            files[f"{kind}.txt"] = "\n".join(entries) + "\n"
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        given = [folder / "drop.csv"], folder / "out", "--campaign", folder / "campaigns" / "c.toml", "--as-of", as_of
        ran = scrub_files(*given, *options)
        return Scrubbed(ran.code, ran.out, ran.err, folder / "out")

    return run


def _list(kind: str, as_of: str) -> str:
    """A list of the campaign, made on the day of the run."""
    name = kind.replace(".", "-")
    said = 'state = "TX"\n' if kind == "dnc.state" else ""
    return f'[[lists]]\nkind = "{kind}"\nname = "{name}"\nfile = "../{kind}.txt"\nas_of = {as_of}\n{said}'


Reasons = Callable[..., list[str]]
_OPTIONS = ("campaign", "vendor", "channels", "region", "lists", "as_of", "more")


@pytest.fixture
def reasons(law: LawScrub) -> Reasons:
    """The reasons against one lead for calls, given by the cells that differ; none when it is clean."""

    def of(**cells: Any) -> list[str]:
        options = {name: cells.pop(name) for name in _OPTIONS if name in cells}
        # The number is of the District of Columbia, which has no law of its own.
        lead = {"phone": "+12025550101", "country": "US", "state": "DC"} | cells
        result = law(lead, **options)
        assert result.code == 0, result.err
        rejected = result.rejected
        return [] if rejected.is_empty() else list(rejected.item(0, "reasons"))

    return of
