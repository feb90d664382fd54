"""No entry of a list turned to rubbish makes a drop cleaner (promise 3), over every format of a list.

Either loading stops, or the entry still blocks, or it is counted as refused; and no other entry is lost with it. With
the share of refused entries that is accepted unless said otherwise, a list as short as these stops.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contact.apply import apply_here
from schemas.errors import ListError
from schemas.list_kinds import list_kind
from schemas.recipes import parse_recipe
from suppression.formats.blocks import NOT_LISTED
from suppression.formats.options import Options
from suppression.formats.registry import FORMATS
from suppression.lists import open_version
from suppression.loading import Built, ListSpec, build_version
from tests.pipeline.reading.builders import write_xlsx

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 1)
_SIZE = 8


@dataclass(frozen=True)
class Written:
    """A list in a format: ``entries`` are what rows hold, ``row`` writes one. ``answers``: cells that say *listed*."""

    kind: str
    entries: tuple[str, ...]
    row: Callable[[str], str]
    header: str = ""
    end: str = ""
    name: str = "list.txt"
    region: str = "US"
    recipe: str | None = None
    answers: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def text(self, rows: list[str]) -> str:
        return self.header + "".join(f"{row}\n" for row in rows) + self.end


_PHONES = tuple(f"21273650{n:02}" for n in range(_SIZE))
_EMAILS = tuple(f"p{n}@example.org" for n in range(_SIZE))
_FLAT = tuple(f"212,73650{n:02}" for n in range(_SIZE))
_HEX = tuple(hashlib.sha256(email.encode()).hexdigest() for email in _EMAILS)
_BASE64 = tuple(base64.b64encode(bytes.fromhex(digest)).decode() for digest in _HEX)
_DOMAINS = tuple(f"d{n}.example" for n in range(_SIZE))


def _line(entry: str) -> str:
    return entry


LISTS: dict[str, Written] = {
    "ftc-flat": Written("dnc.national", _FLAT, _line),
    "canada-csv": Written("dnc.national", _FLAT, _line, region="CA"),
    "ftc-xml": Written(
        "dnc.national",
        tuple(f"73650{n:02}" for n in range(_SIZE)),
        lambda entry: f"<ph val='{entry}'/>",
        "<list type='full' level='area' val='212'><ac val='212'>\n",
        "</ac></list>",
    ),
    "canada-xml": Written(
        "dnc.national",
        tuple(f"73650{n:02}" for n in range(_SIZE)),
        lambda entry: f"<ac val='212'><ph val='{entry}'/></ac>",
        "<list type='full' level='all' val='' />\n",
        region="CA",
    ),
    "uk-tps": Written("dnc.national", tuple(f"0207 79304{n:02}" + " " for n in range(_SIZE)), _line, region="GB"),
    "california-drop": Written("dnc.internal", _BASE64, _line, recipe="trim+lower+sha256+base64"),
    "hex-hashes": Written("dnc.internal", _HEX, _line, recipe="trim+lower+sha256"),
    "hubspot": Written(
        "email.unsubscribed",
        _EMAILS,
        lambda entry: f"{entry},TRUE,",
        "Email,Portal Unsubscribe,Global Bounce\n",
        answers=("TRUE",),
    ),
    "mailchimp": Written(
        "email.unsubscribed",
        _EMAILS,
        lambda entry: f"{entry},Ann,2026-01-02 03:04:05",
        "Email Address,First Name,UNSUB_TIME\n",
        name="unsubscribed_email_audience_export_1.csv",
        answers=("2026-01-02 03:04:05",),
    ),
    "mailup": Written(
        "email.unsubscribed",
        _EMAILS,
        lambda entry: f"{entry},,1,20260102T111244,0",
        "Email,Phone Number,idList,OptOut_Date,optout_type\n",
        answers=("20260102T111244", "0"),
    ),
    "klaviyo": Written(
        "email.unsubscribed",
        _EMAILS,
        lambda entry: f"{entry},USER_SUPPRESSED,2026-01-02T20:07:38+00:00",
        "Email,Suppression Reason,Suppression Timestamp\n",
        answers=("USER_SUPPRESSED", "2026-01-02T20:07:38+00:00"),
    ),
    "sendgrid": Written(
        "email.unsubscribed",
        _EMAILS,
        lambda entry: f"{entry},2026-01-02 19:41:39",
        "email,created\n",
        answers=("2026-01-02 19:41:39",),
    ),
    "reassigned": Written(
        "phone.reassigned",
        _PHONES,
        lambda entry: f"{entry},01/02/2026,yes",
        "number,date,result\n",
        answers=("yes", "01/02/2026"),
    ),
    "wash": Written("dnc.national", _PHONES, lambda entry: f"{entry},Refused", "Number,Status\n", answers=("Refused",)),
    "litigators": Written(
        "dnc.litigator",
        _PHONES,
        lambda entry: f'{entry},Plaintiff,30,"TCPA,DNC"',
        "Phone,Type,Severity,Code\n",
        answers=("Plaintiff", "30", '"TCPA,DNC"'),
    ),
    "csv": Written(
        "dnc.internal",
        (*_PHONES[:4], *_EMAILS[:4]),
        lambda entry: (f"{entry},," if "@" not in entry else f",{entry},") + '2030-01-02,"a, note",US',
        "phone,email,expires,note,country\n",
        answers=("2030-01-02", '"a, note"', "US"),
    ),
    "csv, abroad": Written(
        "dnc.internal",
        tuple(f"20793048{n:02}" for n in range(_SIZE)),
        lambda entry: f"{entry},44,GB",
        "phone,country_code,country\n",
        answers=("44", "GB"),
    ),
    "litigators, chosen": Written(
        "dnc.litigator",
        _PHONES,
        lambda entry: f"{entry},Plaintiff,30,TCPA",
        "Phone,Type,Severity,Code\n",
        answers=("30", "TCPA"),
        options={"codes": frozenset({"TCPA"}), "min_severity": 20},
    ),
    "domains": Written("email.domain_suppressed", _DOMAINS, _line),
    "plain": Written("dnc.internal", (*_PHONES[:4], *_EMAILS[:4]), _line),
}

_WIDE: dict[int, int] = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
#: What becomes of a cell or a line: rubbish by any hand, tool or damage.
RUBBISH: dict[str, Callable[[str], str]] = {
    "words": lambda text: "call her back",
    "a sign": lambda text: "?",
    "an error": lambda text: "#REF!",
    "a quote before": lambda text: f'"{text}',
    "a quote behind": lambda text: f'{text}"',
    "a quote inside": lambda text: f'{text[:3]}"{text[3:]}',
    "a comma inside": lambda text: f"{text[:3]},{text[3:]}",
    "a tab inside": lambda text: f"{text[:3]}\t{text[3:]}",
    "words before": lambda text: f"do not call {text}",
    "words behind": lambda text: f"{text} DO NOT CALL",
    "a formula": lambda text: f'="{text}"',
    "Excel's mark": lambda text: f"'{text}",
    "a bracket": lambda text: f"<{text}",
    "a comment": lambda text: f"#{text}",
    "cut off": lambda text: text[: len(text) // 2],
    "twice": lambda text: f"{text} {text}",
    "invisible": lambda text: f"\u200b{text}\u00a0",
    "lost characters": lambda text: f"{text[:2]}\ufffd{text[3:]}",
    "digits": lambda text: "00",
    "below zero": lambda text: "-1",
    "no date": lambda text: "1900-01-01",
    "no answer": lambda text: "n/a",
    "full width": lambda text: text.translate(_WIDE),
    "a dash behind": lambda text: f"{text}-",
}


def _load(folder: Path, written: Written, rows: list[str] | Path, max_refused: float = 1.0) -> Built:
    path = rows if isinstance(rows, Path) else folder / written.name
    if not isinstance(rows, Path):
        path.write_text(written.text(rows), encoding="utf-8")
    kind = list_kind(written.kind)
    spec = ListSpec(
        kind,
        "own",
        (path,),
        DAY,
        options=Options(region=written.region, fields=kind.fields, **written.options),
        recipes=(parse_recipe(written.recipe),) if written.recipe else (),
        max_refused=max_refused,
    )
    return build_version(spec, folder / "version", apply_here)


#: Of these, any few digits or letters are an entry of their own, and no rubbish.
_ANOTHER_ENTRY = {"ftc-xml": {"cut off", "digits"}, "canada-xml": {"cut off", "digits"}, "domains": {"cut off"}}
#: Of a choice, other words and digits are another answer, and no rubbish.
_ANOTHER_ENTRY["litigators, chosen"] = {"cut off", "digits", "words", "a comma inside", "no date"}


def _keys(folder: Path) -> set[object]:
    opened = open_version(folder / "version", DAY)
    keys: set[object] = set(opened.domains) | set(opened.expiring)
    if opened.phones is not None:
        keys |= {f"+{number}" for numbers in opened.phones.each() for number in numbers}
    if opened.emails is not None:
        keys |= {email for texts in opened.emails.each() for email in texts}
    if opened.digests is not None:
        keys |= {digest.tobytes() for digests in opened.digests.each() for digest in digests}
    return keys


@cache
def _sound_keys(name: str) -> set[object]:
    written = LISTS[name]
    with tempfile.TemporaryDirectory() as folder:
        _load(Path(folder), written, [written.row(entry) for entry in written.entries], 0.0)
        return _keys(Path(folder))


def test_every_format_is_tried() -> None:
    """But for change files, which are no full copy of a list: an action that is rubbish is refused there."""
    assert {name.partition(",")[0] for name in LISTS} | {"ftc-change"} == {made.name for made in FORMATS}


@pytest.mark.parametrize("name", LISTS)
def test_the_lists_are_sound(name: str, tmp_path: Path) -> None:
    written = LISTS[name]
    facts = _load(tmp_path, written, [written.row(entry) for entry in written.entries], 0.0).facts
    assert len(_keys(tmp_path)) == _SIZE
    assert facts.counts.refused == {}


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=6)
@given(data=st.data())
def test_rubbish_never_takes_an_entry_off_in_silence(name: str, data: st.DataObject) -> None:
    written = LISTS[name]
    rows = [written.row(entry) for entry in written.entries]
    at = data.draw(st.integers(0, _SIZE - 1), "entry")
    cell = data.draw(st.sampled_from((written.entries[at], *written.answers)), "cell")
    ways = sorted(RUBBISH.keys() - _ANOTHER_ENTRY.get(name, set()))
    how = data.draw(st.sampled_from(ways), "rubbish")
    before, _, after = rows[at].rpartition(cell) if cell in written.answers else rows[at].partition(cell)
    broken = [*rows[:at], before + RUBBISH[how](cell) + after, *rows[at + 1 :]]
    with tempfile.TemporaryDirectory() as part:
        try:
            facts = _load(Path(part), written, broken).facts
        except ListError:
            return
        lost = _sound_keys(name) - _keys(Path(part))
        refused = sum(count for why, count in facts.counts.refused.items() if not why.startswith(NOT_LISTED))
        assert len(lost) <= min(refused, 1)
        if lost:
            with tempfile.TemporaryDirectory() as strict, pytest.raises(ListError, match="cannot be read"):
                _load(Path(strict), written, broken, 0.01)


def _as_file(folder: Path, written: Written, cells: list[list[str]], kind: str) -> Path:
    """Write a table of that header and these cells as a file of another kind."""
    header = next(csv.reader([written.header]))
    path = folder / Path(written.name).with_suffix(f".{kind}").name
    if kind == "xlsx":
        return write_xlsx(path, {"A": [[*row] for row in (header, *cells)]})
    frame = pl.DataFrame({name: [row[at] for row in cells] for at, name in enumerate(header)})
    if kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ndjson(path)
    return path


@pytest.mark.parametrize("kind", ["xlsx", "jsonl", "parquet"])
@settings(max_examples=6)
@given(data=st.data())
def test_nor_in_files_of_other_kinds(kind: str, data: st.DataObject) -> None:
    tables = [name for name, made in LISTS.items() if made.header and not made.header.startswith("<")]
    written = LISTS[name := data.draw(st.sampled_from(tables), "list")]
    rows = [next(csv.reader([written.row(entry)])) for entry in written.entries]
    at = data.draw(st.integers(0, _SIZE - 1), "entry")
    cells = {written.entries[at], *(answer.strip('"') for answer in written.answers)}
    places = [place for place, cell in enumerate(rows[at]) if cell in cells]
    place = data.draw(st.sampled_from(places), "cell")
    how = data.draw(st.sampled_from(sorted(RUBBISH.keys() - _ANOTHER_ENTRY.get(name, set()))), "rubbish")
    rows[at][place] = RUBBISH[how](rows[at][place])
    with tempfile.TemporaryDirectory() as folder:
        try:
            facts = _load(Path(folder), written, _as_file(Path(folder), written, rows, kind)).facts
        except ListError:
            return
        lost = _sound_keys(name) - _keys(Path(folder))
        refused = sum(count for why, count in facts.counts.refused.items() if not why.startswith(NOT_LISTED))
        assert len(lost) <= min(refused, 1)
