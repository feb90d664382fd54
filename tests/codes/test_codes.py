"""Every code of the register in a real run: ``<code>.toml`` has a drop, options, and exactly the rows that get it.

Keys of a case: ``about``, ``drop`` (CSV), ``expect``; as needed ``channels``, ``region``, ``treat_as_real``,
``campaign`` (more TOML), ``options`` of the scrub, ``vendor``, ``files`` (name to text), ``zone`` (DNS records that
--check-mx asks for), ``workspace`` (with a ledger), ``before`` (commands, or drops of vendors, that come first),
``again`` (options with which the clean rows are scrubbed again; that result is looked at), ``erase`` (options that name
a person who is erased from the result).
"""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import CODES
from tests.conftest import DAY, Scrubbed, leadscrub, unscreened
from tests.dns_server import dns_server

#: By name: a code, or a code and which of the places that find it, as in ``row.unread_value--date``.
CASES = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}
REAL = ["nanp-555-01xx", "arcep-drama", "example.com", "example.net"]


def test_every_code_has_a_case() -> None:
    assert sorted({name.partition("--")[0] for name in CASES}) == sorted(CODES)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_code(name: str, in_folder: Path) -> None:
    """Exactly these rows and points get the code, and go where the case says."""
    code = name.partition("--")[0]
    case: dict[str, Any] = tomllib.loads(CASES[name].read_text(encoding="utf-8"))
    ran = run(case, in_folder)
    assert ran.code == 0, ran.err
    expected = {(row["row"], row.get("point")) for row in case["expect"]}
    assert set(ran.findings.filter(code=code).select("row_id", "point").rows()) == expected
    for output, marks in (("clean", "flags"), ("rejected", "reasons")):
        rows = {row["row"] for row in case["expect"] if row["output"] == output}
        frame = getattr(ran, output)
        assert rows <= set(frame.get_column("row_id")), output
        for row_id, reasons, flags in zip(
            frame.get_column("row_id"), frame.get_column(marks), frame.get_column("flags"), strict=True
        ):
            noted = code in reasons or code in flags
            assert noted == (row_id in rows and is_noted(code, ran, row_id)), (output, row_id)


def is_noted(code: str, ran: Scrubbed, row: int) -> bool:
    """A row's reasons are of rejected rows and its flags of flags: a block on one point of a clean row is neither."""
    effects = ran.findings.filter(code=code, row_id=row).get_column("effect").to_list()
    return "flag" in effects or row in ran.rejected.get_column("row_id")


def run(case: dict[str, Any], folder: Path) -> Scrubbed:
    """Do what a case says, in its own folder."""
    for name, text in case.get("files", {}).items():
        write(folder / name, text)
    write_campaign(folder, case)
    if case.get("workspace"):
        write(folder / "leadscrub.toml", "[ledger]\n")
    for number, step in enumerate(case.get("before", [])):
        if "command" in step:
            ran = leadscrub(*step["command"])
        else:
            ran = scrub(folder, f"before-{number}", step["drop"], "--vendor", step["vendor"])
        assert ran.code == 0, ran.err
    options = list(case.get("options", []))
    with contextlib.ExitStack() as stack:
        if "zone" in case:
            server = stack.enter_context(dns_server(case["zone"]))
            options += ["--check-mx", "--dns-server", server.address]
        if "vendor" in case:
            options += ["--vendor", case["vendor"]]
        ran = scrub(folder, "out", case["drop"].lstrip("\n"), *options)
    if "erase" in case:
        erased = leadscrub("subject", "erase", "out", "--yes", *case["erase"])
        return Scrubbed(erased.code, erased.out, erased.err, folder / "out")
    if "again" in case:
        assert ran.code == 0, ran.err
        again = leadscrub(
            "rescrub",
            "out",
            "-o",
            "again",
            "--campaign",
            "campaigns/case.toml",
            "--no-lists",
            "--as-of",
            DAY,
            *case["again"],
        )
        return Scrubbed(again.code, again.out, again.err, folder / "again")
    return ran


def write_campaign(folder: Path, case: dict[str, Any]) -> None:
    """Write the campaign of a case: calls and emails from the United States, reserved numbers and domains are real."""
    channels = case.get("channels", ["call", "email"])
    lines = [
        'name = "case"',
        'entity = "Example Company"',
        f"channels = {channels!r}",
        f"treat_as_real = {case.get('treat_as_real', REAL)!r}",
        case.get("campaign", ""),
    ]
    if region := case.get("region", "US"):
        lines.insert(0, f'region = "{region}"')
    write(folder / "campaigns" / "case.toml", "\n".join(lines) + "\n")
    for step in case.get("before", []):
        if "vendor" in step:
            write(folder / "vendors" / f"{step['vendor']}.toml", f'name = "{step["vendor"]}"\n')
    if "vendor" in case and not (folder / "vendors" / f"{case['vendor']}.toml").exists():
        write(folder / "vendors" / f"{case['vendor']}.toml", f'name = "{case["vendor"]}"\n')


def scrub(folder: Path, out: str, drop: str, *options: str) -> Scrubbed:
    """Scrub a drop under the case's campaign."""
    write(folder / f"{out}.csv", drop)
    fixed = ("--campaign", "campaigns/case.toml", "--as-of", DAY, "--threads", "1")
    ran = leadscrub("scrub", f"{out}.csv", "-o", out, *fixed, *options, *unscreened((*fixed, *options)))
    return Scrubbed(ran.code, ran.out, ran.err, folder / out)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
