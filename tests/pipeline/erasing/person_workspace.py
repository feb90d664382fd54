"""A workspace in which one person is everywhere: three vendors, nights in many formats, returns, exports, lists."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sqlite3
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import xlsxwriter

from pipeline.ledger.history_file import PointsFile
from pipeline.ledger.history_points import email_history_points, joined, phone_history_points
from suppression.store import Store
from tests.conftest import campaign_text, leadscrub

PHONE, EMAIL = "(202) 555-0123", "Pat.Doe@mail.example.com"
NAMES = ("Pat", "Doesworthy")
#: What no byte of the workspace may have when the person is erased, but for lists that are kept.
TEXTS = ("2025550123", "pat.doe@mail.example.com", "doesworthy", "77 secret lane")
FIRST = date(2026, 11, 2)
HEADER = ("Lead ID", "First", "Last", "Phone", "Mobile", "Email", "Street", "State", "Note")


def person(lead: str, phone: str = PHONE, mobile: str = "", email: str = EMAIL) -> tuple[str, ...]:
    """The person as one of a vendor's leads."""
    return (lead, *NAMES, phone, mobile, email, "77 Secret Lane", "DC", "x")


def others(first: int, rows: int) -> list[tuple[str, ...]]:
    """Leads of other people, every third of whom cannot be called."""
    return [
        (
            f"L{n}",
            f"Ann{n}",
            "Lee",
            "12" if n % 3 == 2 else f"(303) 555-01{n % 100:02}",
            "",
            f"ann{n}@example.org",
            f"{n} Main St",
            "CO",
            "two\nlines" if n % 5 == 0 else "y",
        )
        for n in range(first, first + rows)
    ]


def as_csv(rows: list[tuple[str, ...]], end: str = "\n") -> bytes:
    """A CSV with the header."""
    quoted = (",".join(f'"{cell}"' if re.search(r'[,\n"]', cell) else cell for cell in row) for row in [HEADER, *rows])
    return (end.join(quoted) + end).encode()


def as_xlsx(rows: list[tuple[str, ...]]) -> bytes:
    """A workbook with one sheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Leads")
        for line, row in enumerate([HEADER, *rows]):
            sheet.write_row(line, 0, row)
    return content.getvalue()


def as_parquet(rows: list[tuple[str, ...]]) -> bytes:
    """A Parquet file."""
    content = io.BytesIO()
    pl.DataFrame(rows, schema=HEADER, orient="row").write_parquet(content)
    return content.getvalue()


def as_zip(**members: bytes) -> bytes:
    """A zip archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in members.items():
            archive.writestr(name.replace("_", "."), inside)
    return content.getvalue()


def make_workspace(folder: Path, nights: int = 5) -> Path:
    """Make it. The person is new in the first night, and comes again in the others, in other forms and with others.

    In fewer nights than five, the last one has all the drops that are left.
    """
    for name in ("campaigns", "vendors", "inbox/acme", "inbox/zen", "inbox/moe", "lists"):
        (folder / name).mkdir(parents=True)
    (folder / "leadscrub.toml").write_text("[nightly]\nsettle_seconds = 0\n[ledger]\n", encoding="utf-8")
    lists = '[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "../lists/ours.txt"\n'
    lists += '[[lists]]\nkind = "list.rivals"\nname = "rivals"\nfile = "../lists/rivals.csv"\n'
    campaign = campaign_text(("call", "email"), more='[dedupe]\nkeys = ["phone"]\n' + lists, name="calls")
    (folder / "campaigns" / "calls.toml").write_text(campaign, encoding="utf-8")
    (folder / "lists" / "ours.txt").write_text("3035550199\n", encoding="utf-8")
    (folder / "lists" / "rivals.csv").write_text("email,why\nrival@example.net,x\n", encoding="utf-8")
    returns = (
        '[returns]\nwindow = "30d"\nkey = "Lead ID"\n[returns.reasons]\n"phone.*" = "BAD"\n"duplicate.*" = "DUPE"\n'
    )
    for vendor in ("acme", "zen", "moe"):
        text = f'name = "{vendor}"\ncampaign = "calls"\nprice = 1.0\ncurrency = "USD"\n'
        (folder / "vendors" / f"{vendor}.toml").write_text(
            text + (returns if vendor != "moe" else ""), encoding="utf-8"
        )
    for number in range(nights):
        day = FIRST + timedelta(days=number)
        for delivery in range(number, number + 1 if number < nights - 1 else 5):
            deliver(folder, delivery)
        ran = leadscrub("nightly", "--workspace", folder, "--as-of", day.isoformat())
        assert ran.code in (0, 4), ran.err + ran.out
    at = datetime.combine(FIRST + timedelta(days=nights), datetime.min.time(), UTC).isoformat()
    ran = leadscrub("returns", "--workspace", folder, "--as-of", at, "--accept-unread", "--write")
    assert ran.code == 0, ran.err
    export_some(folder)
    load_lists(folder)
    with (folder / "lists" / "ours.txt").open("a", encoding="utf-8") as ours:
        ours.write("2025550123\n")
    with (folder / "lists" / "rivals.csv").open("a", encoding="utf-8") as rivals:
        rivals.write("pat.doe@mail.example.com,Doesworthy of a rival\n")
    (folder / "inbox" / "zen" / "waiting.csv.part").write_bytes(as_csv([person("W1"), *others(800, 2)]))
    return folder


def load_lists(folder: Path) -> None:
    """Lists of the store that have the person: two that keep them by law, two that do not, with a replaced version."""
    source = folder / "source.txt"
    for name, kind, entries in (
        ("national", "dnc.national", "2125550100\n2025550123\n"),
        ("unsubscribed", "email.unsubscribed", "gone@example.org\npat.doe@mail.example.com\n"),
        ("bounces", "email.bounced", "pat.doe@mail.example.com\nbounce@example.org\n"),
        ("bounces", "email.bounced", "pat.doe@mail.example.com\nbounce@example.org\nmore@example.org\n"),
        ("partners", "list.partners", "Pat Doesworthy 2025550123\n2125550101\n"),
    ):
        source.write_text(entries, encoding="utf-8")
        covers = ("--covers", "all") if kind == "dnc.national" else ()
        region = ("--region", "US") if not kind.startswith("email") else ()
        ran = leadscrub(
            *("lists", "add", name, source, "--kind", kind, "--as-of", "2026-11-01", "--store", folder / "store"),
            *(*covers, *region, "--accept-refused", "--accept-shrinkage"),
        )
        assert ran.code == 0, ran.err
    source.unlink()


def deliver(folder: Path, number: int) -> None:
    """Put the drops of a night into the inboxes."""
    first = 40 * number
    dotted = person("P2", phone="202.555.0123", email="")
    blocked = ("B1", "Kim", "Poe", "(404) 555-0144", PHONE, "kim@example.org", "5 Elm St", "GA", "z")
    drops = {
        0: {
            "acme/one.csv": as_csv([*others(first, 4), person("P1"), *others(first + 4, 3)]),
            "zen/one.xlsx": as_xlsx([*others(first + 10, 3), person("P1", email="")]),
        },
        1: {
            "acme/two.csv.gz": gzip.compress(as_csv([dotted, *others(first, 5)], "\r\n")),
            "moe/two.zip": as_zip(
                a_csv=as_csv(others(first + 10, 3)), b_csv=as_csv([*others(first + 20, 3), person("M1")])
            ),
        },
        2: {"zen/three.parquet": as_parquet([*others(first, 3), person("P3", phone="", mobile=PHONE)])},
        3: {
            "acme/four.json": json.dumps(
                [dict(zip(HEADER, row, strict=True)) for row in [person("P4"), *others(first, 3)]]
            ).encode(),
            "moe/four.csv": as_csv(
                [*others(first + 10, 3), ("M2", *NAMES, "12", "", EMAIL, "77 Secret Lane", "DC", "q")]
            )
            .decode()
            .encode("utf-16"),
        },
        4: {"zen/five.csv": as_csv([blocked, *others(first, 3)]), "acme/bad.csv": b"%PDF-1.4 nothing"},
    }
    for name, content in drops.get(number, {}).items():
        path = folder / "inbox" / name
        path.write_bytes(content)
        (folder / "inbox" / f"{name}.done").touch()
        os.utime(path, (0, 0))


def export_some(folder: Path) -> None:
    """Exports in the workspace, as a person makes them."""
    results = sorted(path.parent for path in (folder / "runs").rglob("manifest.json"))
    (folder / "exports").mkdir()
    for number, (out, ending) in enumerate(zip(results, ("csv", "xlsx", "parquet"), strict=False)):
        ran = leadscrub(
            *(
                "export",
                out,
                "--to",
                folder / "exports" / f"{number}.{ending}",
                "--rows",
                "rejected",
                "--columns",
                "all",
            ),
            *("--as-of", "2026-11-07", "--allow-expired"),
        )
        assert ran.code in (0, 2), ran.err


def left_of_the_person(folder: Path, texts: tuple[str, ...] = TEXTS) -> list[str]:
    """Every place that still has one of the texts: bytes, unpacked, pages of Parquet and Arrow, SQLite, history."""
    left = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for name, content in _contents(path.name, path.read_bytes()):
            for form in (content, content.replace(b"\0", b"")):
                digits = re.sub(rb"[^0-9]", b"", form) if len(form) < 1 << 20 else form
                left += [
                    f"{path.relative_to(folder)}: {text} ({name})"
                    for text in texts
                    if text.encode() in form.lower() or (text.isdigit() and text.encode() in digits)
                ]
    left += [f"history: {name}" for name in _in_history(folder)]
    return sorted(set(left))


def _contents(name: str, content: bytes) -> list[tuple[str, bytes]]:
    found = [(name, content)]
    if content[:2] == b"\x1f\x8b":
        found += _contents("unpacked", gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for each in archive.namelist():
                found += _contents(each, archive.read(each))
    elif content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        found.append(("pages", "\n".join(map(str, table.to_pylist())).encode()))
        for at in range(table.num_columns):
            found.append(("metadata", str(table.schema.field(at)).encode()))
    elif content[:15] == b"SQLite format 3":
        with sqlite3.connect(":memory:") as memory:
            memory.deserialize(content[:18] + b"\1\1" + content[20:])  # in memory there is no log beside it
            found.append(("dump", "\n".join(memory.iterdump()).encode()))
    return found


def _in_history(folder: Path) -> list[str]:
    phones = phone_history_points(pl.Series(["+12025550123"]))
    points = joined([phones, email_history_points(pl.Series(["pat.doe@mail.example.com"]))])
    points = points.part(points.keys.argsort())
    files = [
        PointsFile(path.parent, path.stem, path.stat().st_size)
        for path in (folder / "ledger" / "history").glob("*.points")
    ]
    return [file.file for file in files if len(file.matches(points)[0])]


def lists_with_the_person(folder: Path) -> dict[str, int]:
    """Lists of the store and in how many versions on disk the person is."""
    from pipeline.erasing.person import person_named
    from suppression.entry_erasing import held_keys, open_any, versions_on_disk

    store, found = Store(folder / "store"), {}
    sought = person_named([PHONE], [EMAIL], [], "US", None).sought
    for name in store.all_names():
        held = [
            bool(held_keys(open_any(store, version, date.min), sought)) for version in versions_on_disk(store, name)
        ]
        if any(held):
            found[name] = sum(held)
    return found
