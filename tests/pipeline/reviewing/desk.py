"""A workspace with rows in review, and the file that a person fills in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from tests.conftest import DAY, Ran, leadscrub

CAMPAIGN = """\
name = "mail"
entity = "Example Company"
channels = ["email"]
region = "US"
treat_as_real = ["example.com", "example.net", "nanp-555-01xx"]
[rules]
packs = ["us"]
[evidence]
country = "US"
product_class = []
sender_identified = true
optout_offered = true
passes_on = "none"
[[lists]]
kind = "dnc.internal"
name = "ours"
file = "../ours.csv"
"""
VENDOR = """\
name = "{name}"
campaign = "mail"
[evidence]
country = "US"
origin = "Example survey"
custody = "clean"
source_type = "purchased"
{more}
"""
PROMISES = "vendor.promise-unchecked"
ABROAD = "rules.not_covered"
#: Row by row: one reason; two reasons; on our own list; twice the same; no address.
DROP = """\
Email,First Name,State,Country,Signed Up
ann@example.com,=Ann,NY,,2026-03-04
bob@example.com,Bob,,JP,2026-03-04
blocked@example.com,Cat,NY,,2026-03-04
dan@example.com,Dan,NY,,2026-03-04
DAN@example.com,Dan,NY,,2026-03-04
not an email,Eve,NY,,2026-03-04
"""
ANN = {"decision": "release", "by": "Ann Officer", "on": DAY, "evidence": "DOC-7"}
BY_RULE = ("--decision", "release", "--by", "Ann Officer", "--evidence", "DOC-7")


def make_workspace(folder: Path, *, ledger: bool = True, more: str = "", vendors: tuple[str, ...] = ("acme",)) -> None:
    """A campaign for email, vendors whose promises nobody has read, a list of our own, and drops."""
    write(folder / "leadscrub.toml", "[ledger]\n" if ledger else "")
    write(folder / "campaigns" / "mail.toml", CAMPAIGN)
    write(folder / "ours.csv", "email\nblocked@example.com\n")
    for name in vendors:
        write(folder / "vendors" / f"{name}.toml", VENDOR.format(name=name, more=more))
    write(folder / "drop.csv", DROP)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def scrub(out: str = "runs/1", drop: str = "drop.csv", vendor: str = "acme", *options: str) -> Ran:
    """Scrub a drop of the workspace that is the current folder."""
    fixed = ("--campaign", "campaigns/mail.toml", "--vendor", vendor, "--as-of", DAY, "--threads", "1")
    ran = leadscrub("scrub", drop, "-o", out, *fixed, *options)
    assert ran.code == 0, ran.err
    return ran


def review(*words: str | Path, code: int = 0) -> str:
    """What a command of ``review`` prints: on stdout, or on stderr where it fails as expected."""
    day = () if words[0] in ("export", "withdraw") or "--as-of" in words else ("--as-of", DAY)
    ran = leadscrub("review", *words, *day)
    assert ran.code == code, ran.out + ran.err
    return ran.out if code == 0 else ran.err


def told(*words: str | Path) -> Any:
    """The same as JSON."""
    return json.loads(review(*words, "--json"))


def waiting() -> dict[str, int]:
    """Rows that wait, by reason."""
    return {each["reason"]: each["rows"] for each in told("list")["waiting"]}


Cells = dict[str, str]


def exported(to: str = "review.csv") -> list[Cells]:
    """The lines of a new file."""
    review("export", "--to", to, "--force")
    text = Path(to).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def saved(lines: list[Cells], path: str = "filled.csv", *, delimiter: str = ",", encoding: str = "utf-8") -> str:
    """Save lines as a program would that writes CSV."""
    with Path(path).open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]), delimiter=delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(lines)
    return path


def filled(lines: list[Cells], decide: Callable[[Cells], Cells]) -> list[Cells]:
    """Lines with what ``decide`` fills in."""
    return [{**line, **decide(line)} for line in lines]


def rows(out: str | Path, name: str = "clean", *columns: str) -> list[tuple[Any, ...]]:
    """Rows of an output by ``row_id``."""
    return pl.read_parquet(Path(out) / f"{name}.parquet").select("row_id", *columns).rows()
