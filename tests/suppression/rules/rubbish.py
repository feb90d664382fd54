"""What nobody can read never opens a lead: ``python -m tests.suppression.rules.rubbish`` tries every example.

Each example of the packs becomes a campaign, a vendor, lists and a drop, in which each row changes one cell of the
example's lead. A cell that holds rubbish, a negation, a placeholder, another language or a date still to come may open
no channel and no point that the cell's worst readable value does not open.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.rules import CONTACT
from suppression.rules.examples import DAY, Example
from tests.conftest import scrub_files
from tests.suppression.rules.cases import (
    CAMPAIGN,
    CONSENT,
    ENTITY,
    LISTING,
    PASSED_ON,
    VENDOR,
    channel_of,
    read_cases,
    rules,
)

#: A field's readable values, of which the worst counts; the empty text is an empty cell.
_DATES = ("", "2019-05-01", "2026-08-01", "2026-10-30", "2099-01-01")
_RUBBISH = ("asdf", "see notes", "§§§", "не знаю", "未定")
_BAD_DATES = (
    *_RUBBISH,
    "yes",
    "STOP",
    "20260105",
    "05.01.2026",
    "31/31/2010",
    "tomorrow",
    "2027-13-45",
    "99",
    "-1",
    "2026-08-01T25:00:00Z",
    "2026-10-30 10:00 XST",
    "2099-01-01T00:00:00Z",
)
#: Field -> its readable values, and cells that must open no more than the worst of them.
# fmt: off
CELLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "country": (
        ("US", "FR", "GB", "DE", "CA", "RU", "AU", "IN", "CH", "PT", "NL", "IE", "NO", "DK", "CU"),
        (*_RUBBISH, "Atlantis", "not US", "neither", "US or so", "12345678", "home", "NORTH", "US, Mordor"),
    ),
    "state": (
        ("TX", "FL", "IN", "VA", "OK", "CA", "NY", "CT", "WA", "MD", "ME", "Puerto Rico"),
        (*_RUBBISH, "Xyz", "Bayern", "not TX", "TX FL", "48", "no state", "Teksas"),
    ),
    "is_business": (
        ("yes", "no", "B2B", "B2C", "sole trader"),
        (*_RUBBISH, "maybe", "B2B?", "yes and no", "not sure", "2", "Geschäft"),
    ),
    "birth_date": (
        ("1980-01-01", "2020-01-01", "2015-06-01"),
        (*_RUBBISH, "child", "minor", "12", "geb. 2015", "31/31/2010"),
    ),
    "consent_basis": (
        ("consent", "explicit consent", "legitimate interests", "contract", "no consent", "consent withdrawn"),
        (*_RUBBISH, "consent?", "maybe", "kind of", "consent refused by his mother", "not explicit", "Einwilligung?"),
    ),
    "consent_at": (_DATES, _BAD_DATES),
    "received_at": (_DATES, _BAD_DATES),
    "notice_at": (_DATES, _BAD_DATES),
    "withdrawn_at": (("2019-05-01", "2026-11-01"), (*_BAD_DATES, "unsubscribed", "widerrufen", "2099-01-01", "x", "1")),
    "last_purchase_at": (("", "2010-01-01", "2099-01-01"), (*_BAD_DATES, "2099-12-31", "never", "2027-01-01")),
    "last_inquiry_at": (("", "2010-01-01", "2099-01-01"), (*_BAD_DATES, "2099-12-31", "never", "2027-01-01")),
    "consent_method": (
        ("", "pre-ticked box", "box not ticked"),
        (*_RUBBISH, "unsigned", "not signed", "signed?", "box unticked", "web signup, not signed", "designed", "nein"),
    ),
    "consent_text": (
        ("",),
        ("no", "tbd", "x", "missing", "---", "I do not agree to be called", "pas de texte"),
    ),
    "consent_evidence": (
        ("",),
        ("no", "tbd", "x", "missing", "no recording", "recording lost", "keine Aufnahme"),
    ),
    "consent_url": (
        ("",),
        ("no", "tbd", "x", "missing", "no page", "http://", "web"),
    ),
    "consent_channels": (
        ("", "none"),
        (*_RUBBISH, "no calls", "not email", "keine Anrufe", "no sms", "never", "call?"),
    ),
    "consent_purposes": (
        ("", "other"),
        (*_RUBBISH, "not marketing", "no sale", "marketing?", "everything but marketing"),
    ),
    "consent_named_parties": (
        ("", "Somebody Else"),
        (*_RUBBISH, f"not {ENTITY}", f"all but {ENTITY}", f"{ENTITY} excluded", "Example", "partners", "no one"),
    ),
    "trustedform_cert_url": (
        ("", "https://example.com/x"),
        (*_RUBBISH, "no", "tbd", "cert.trustedform.com"),
    ),
    "jornaya_lead_id": (
        ("", "0"),
        (*_RUBBISH, "no", "tbd", "none given"),
    ),
    "job_title": (
        ("", "Baker"),
        (*_RUBBISH, "not a head teacher", "headteacherish"),
    ),
}
# fmt: on
#: Placeholders mean that nothing is there: they open what an empty cell opens.
BLANKS = ("n/a", "-", "(blank)", "#N/A", "   ")
_NO_WORDS_ARE_REAL = 'treat_as_real = ["nanp-555-01xx", "ofcom-drama", "arcep-drama", "example.com"]'


@dataclass(frozen=True)
class Opened:
    """What a cell opened that it must not."""

    case: str
    field: str
    cell: str
    opened: frozenset[str]

    def __str__(self) -> str:
        return f"{self.case}: {self.field} = {self.cell!r} opens {', '.join(sorted(self.opened))}"


def scenarios() -> list[Example]:
    """Examples that a scrub can play: about contact, with lists that a campaign can name."""
    return [
        case
        for case in read_cases()
        if "export" not in case.said
        and not any("registry" in copy for copy in case.said.get("consulted", []))
        and case.what.startswith(("hit", "pass"))
        and rules()[case.rule].rule.level == "lead"
    ]


def opened_by(case: Example, folder: Path) -> Iterator[Opened]:
    """Cells that open more than the worst readable value of their field does."""
    rows = list(_rows(case))
    opens = _scrubbed(case, [lead for _, _, lead in rows], folder)
    by_field: dict[str, list[tuple[str, frozenset[str]]]] = {}
    worst: dict[str, frozenset[str]] = {}
    for (field, kind, lead), opened in zip(rows, opens, strict=True):
        if kind == "readable":
            worst[field] = worst.get(field, opened) & opened
        else:
            by_field.setdefault(f"{field} {kind}", []).append((lead.get(field, ""), opened))
    empty = {field: opened for (field, kind, _), opened in zip(rows, opens, strict=True) if kind == "empty"}
    for named, cells in by_field.items():
        field, _, kind = named.partition(" ")
        limit = worst[field] if kind == "bad" else empty[field]
        yield from (Opened(str(case), field, cell, opened - limit) for cell, opened in cells if opened - limit)


def _rows(case: Example) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Field, kind of cell and the lead with it."""
    base = _lead(case)
    for field, (readable, bad) in CELLS.items():
        yield field, "empty", base | {field: ""}
        for kind, cells in (("readable", readable), ("bad", bad), ("blank", BLANKS)):
            for cell in cells:
                yield field, kind, base | {field: cell}


def _lead(case: Example) -> dict[str, str]:
    said = {
        name: value
        for name, value in case.said.items()
        if not name.startswith(("campaign.", "vendor."))
        and name not in {"consent", "as_of", "consulted", "listed", "region", "channel"}
    }
    lead = (CONSENT if case.said.get("consent") else {}) | said
    return {name: _cell(value) for name, value in lead.items() if value != "missing"}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _scrubbed(case: Example, leads: list[dict[str, str]], folder: Path) -> list[frozenset[str]]:
    """Scrub the leads as the example's campaign does; what each opens: channels and points."""
    rule = rules()[case.rule].rule
    spoken = next((channel for channel in rule.channels if channel in CONTACT), "live")
    campaign = CAMPAIGN | ({"dialling": "automated"} if spoken == "automated" else {})
    campaign |= PASSED_ON if "transfer" in rule.leaving else {}
    campaign |= _of(case, "campaign.")
    day = case.said.get("as_of", DAY)
    lists = "".join(
        _list(kind, leads, folder, day, listed=kind in case.said.get("listed", []))
        for kind in dict.fromkeys(
            [*case.said.get("listed", []), *(c["kind"] for c in case.said.get("consulted", _COPIES))]
        )
    )
    region = case.said.get("region")
    text = (
        f'name = "rubbish"\nentity = "{ENTITY}"\nchannels = ["{channel_of(case)}"]\n{_NO_WORDS_ARE_REAL}\n'
        + (f'region = "{region}"\n' if region else "")
        + f'[dedupe]\nkeys = []\n[rules]\npacks = ["all"]\n[evidence]\n{_toml(campaign)}{lists}'
    )
    vendor = f'name = "v"\n[evidence]\n{_toml(VENDOR | _of(case, "vendor."))}'
    for name, content in {"leadscrub.toml": "", "campaigns/c.toml": text, "vendors/v.toml": vendor}.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(content, encoding="utf-8")
    columns = dict.fromkeys([*(name for lead in leads for name in lead)])
    pl.DataFrame({name: [lead.get(name, "") for lead in leads] for name in columns}).write_csv(folder / "drop.csv")
    ran = scrub_files(
        [folder / "drop.csv"], folder / "out", "--campaign", folder / "campaigns" / "c.toml", "--vendor", "v",
        "--as-of", str(day), "--force",
    )  # fmt: skip
    if ran.code != 0:
        raise AssertionError(f"{case}: {ran.err}")
    return _opens(folder / "out", len(leads))


_COPIES: list[dict[str, str]] = [{"kind": "dnc.national"}, {"kind": "dnc.state"}]


def _opens(out: Path, rows: int) -> list[frozenset[str]]:
    opened = [frozenset[str]() for _ in range(rows)]
    points = (*PHONE_SLOTS, *EMAIL_SLOTS)
    for row in pl.read_parquet(out / "clean.parquet").select("row_id", "channels", *points).iter_rows(named=True):
        opened[row["row_id"]] = frozenset([*row["channels"], *(point for point in points if row[point])])
    return opened


def _of(case: Example, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in case.said.items() if name.startswith(prefix)}


def _list(kind: str, leads: list[dict[str, str]], folder: Path, day: date, *, listed: bool) -> str:
    """A list of a campaign that holds the leads' points, or somebody else's."""
    name = kind.replace(".", "-")
    held = {lead[point] for lead in leads for point in ("phone", "email") if point in lead} if listed else set()
    domains = {entry.partition("@")[2] for entry in held if "@" in entry} | {"else.example.org"}
    other = {"else@example.org", "+12025550999"} if kind in {"dnc.internal", "sale.opted_out"} else set()
    entries = domains if "domain" in kind else held | other | _OF_KIND.get(kind, {"+12025550999"})
    wanted = sorted(entry for entry in entries if kind not in _OF_KIND or ("@" in entry) == ("email" in kind))
    (folder / f"{name}.txt").parent.mkdir(exist_ok=True, parents=True)
    (folder / f"{name}.txt").write_text("\n".join(wanted) + "\n", encoding="utf-8")
    of_states = (
        [(f"{name}-{state}", f'state = "{state}"\n') for state in LISTING] if kind == "dnc.state" else [(name, "")]
    )
    return "".join(
        f'[[lists]]\nkind = "{kind}"\nname = "{called}"\nfile = "../{name}.txt"\nas_of = {day}\n{said}'
        for called, said in of_states
    )


_OF_KIND = {
    "dnc.national": {"+12025550999"},
    "dnc.state": {"+12025550999"},
    "phone.reassigned": {"+12025550999"},
    "email.unsubscribed": {"else@example.org"},
    "email.complained": {"else@example.org"},
    "email.bounced": {"else@example.org"},
}


def _toml(values: dict[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items() if value != "missing")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + " }"
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def main(argv: list[str] | None = None) -> int:
    """Try the examples; say what opened."""
    parser = argparse.ArgumentParser(prog="python -m tests.suppression.rules.rubbish", description=__doc__)
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="only each Nth example: all take half an hour"
    )
    parser.add_argument("--rule", default="", metavar="PREFIX", help="only examples of rules whose ids begin like this")
    args = parser.parse_args(argv)
    chosen = [case for case in scenarios() if case.rule.startswith(args.rule)][:: args.every]
    found = 0
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            for each in opened_by(case, Path(folder)):
                found += 1
                sys.stdout.write(f"{each}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} examples, {found} cells that open too much\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
