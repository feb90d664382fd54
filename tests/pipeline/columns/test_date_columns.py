"""Dates are read where there is one way to read them, and flagged where there is none or more."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.columns.date_columns import ColumnDates, Order, OrderRefutedError
from pipeline.columns.mapping import map_columns
from pipeline.reading.opening import open_tables
from schemas.contact.blank import BLANKS
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from tests.conftest import Scrub, Scrubbed, Written
from tests.pipeline.reading.builders import Rows, write_xlsx

HEAD = "name,phone,consent date\n"


def drop_of(*dates: str) -> str:
    return HEAD + "".join(f'A{n},202-555-01{n:02},"{date}"\n' for n, date in enumerate(dates))


def consents(ran: Scrubbed) -> list[datetime | None]:
    assert ran.code == 0, ran.err
    return ran.clean.sort("row_id").get_column("consent_at").to_list()


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_month_as_a_word_leaves_no_doubt(scrub: Scrub) -> None:
    ran = scrub(drop_of("4 Mar 2026", "04-Mar-2026 05:06:07", "March 4, 2026 5:06 PM", "Mar 4th, 2026", "31 Feb 2026"))
    assert consents(ran) == [at(2026, 3, 4), at(2026, 3, 4, 5, 6, 7), at(2026, 3, 4, 17, 6), at(2026, 3, 4), None]
    assert ran.found("row_id", "code") == [(4, "row.unread_value")]


@pytest.mark.parametrize(
    ("last", "first"),
    [("12/31/2025", at(2026, 3, 4)), ("31/12/2025", at(2026, 4, 3)), ("11/12/2025 05:06", None)],
    ids=["month first", "day first", "both"],
)
def test_figures_are_read_where_the_whole_column_allows_one_order(
    scrub: Scrub, last: str, first: datetime | None
) -> None:
    """One date, thousands of rows further on, settles it; ISO dates among them settle nothing."""
    dates = ["03/04/2026", "2026-01-02", *["05/06/2026"] * 3000, last]
    drop = HEAD + "".join(f"A{n},+1202555{n:04},{date}\n" for n, date in enumerate(dates))
    ran = scrub(drop, "--block-mb", "0.01")
    rows = ran.clean if len(ran.clean) else ran.rejected
    assert rows.filter(row_id=0).get_column("consent_at").to_list() in ([first], [])
    unread = ran.findings.filter(code="row.unread_value")
    assert len(unread) == (3002 if first is None else 0)
    if first is None:
        assert set(unread.get_column("detail")) == {
            "column 'consent date' (consent_at): day and month could change places in the whole column"
        }


def test_a_column_put_together_from_two_orders_is_not_read(scrub: Scrub) -> None:
    ran = scrub(drop_of("25/12/2025", "12/26/2025", "01/02/2026"))
    assert consents(ran) == [None, None, None]
    assert {detail for (detail,) in ran.found("detail")} == {
        "column 'consent date' (consent_at): neither order of day and month fits the whole column"
    }


#: Of each file its dates of consent and of arrival, what the first of each is read as, and why not.
_MIDDLE = ["05/06/2026"] * 350
_MAY, _JUNE = at(2026, 5, 6), at(2026, 6, 5)
_COLUMNS: dict[str, tuple[list[str], list[str], datetime | None, datetime | None]] = {
    "month.csv": ([*_MIDDLE, "12/31/2025"], ["05/06/2026"] * 351, _MAY, None),
    "day.csv": (["05/06/2026", "31/12/2025", *_MIDDLE], ["31/12/2025", "5.6.2026", *_MIDDLE], _JUNE, at(2025, 12, 31)),
    "last-row.csv": (
        ["05/06/2026", "12/31/2025", *_MIDDLE, "31/12/2025"],
        ["12/31/2025", *_MIDDLE, *"--"],
        None,
        at(2025, 12, 31),
    ),
    "last-row-of-one.csv": (["05/06/2026", "12/31/2025", *_MIDDLE], ["05/31/2026", *_MIDDLE, "31/12/2025"], _MAY, None),
    "soon.csv": (["05/06/2026", "12/31/2025", "31/12/2025", *_MIDDLE], ["2026-01-02"] * 353, None, at(2026, 1, 2)),
    "all-fit-both.csv": (["05/06/2026", *_MIDDLE], ["05/06/2026", *_MIDDLE], None, None),
    "late-arrival.csv": (["05/06/2026", "12/31/2025", *_MIDDLE], ["", "", *_MIDDLE[1:], "31/12/2025"], _MAY, None),
    "invisible.csv": (["05/06/2026", "\u200b31/12/2025", *_MIDDLE], ["31/12/2025"] * 352, _JUNE, at(2025, 12, 31)),
    "book.xlsx": (["05/06/2026", "12/31/2025", *_MIDDLE], ["05/06/2026", "31/12/2025", *_MIDDLE], _MAY, _JUNE),
}


@pytest.mark.slow
def test_each_column_of_each_file_has_its_own_order(scrub: Scrub, written: Written, tmp_path: Path) -> None:
    """Whichever batch shows it, on two threads; what a later one refutes was not read. As from batches of all rows."""
    drops = []
    for name, (consents, arrivals, *_) in _COLUMNS.items():
        rows: Rows = [["name", "phone", "consent date", "received at"]]
        rows += [[f"A{n}", f"+1202555{n:04}", *both] for n, both in enumerate(zip(consents, arrivals, strict=False))]
        if name.endswith(".xlsx"):
            drops.append(write_xlsx(tmp_path / name, {"leads": rows}))
        else:
            drops.append(written(name, "".join(",".join(map(str, row)) + "\n" for row in rows)))
    ran = [scrub(drops, "--block-mb", size, "--threads", "2", out=size) for size in ("0.01", "8")]
    assert [each.code for each in ran] == [0, 0], ran[0].err
    assert len(ran[0].manifest["inputs"]) == len(_COLUMNS)
    columns = ("source_file", "source_line", "consent_at", "received_at")
    first = pl.concat([ran[0].clean.select(columns), ran[0].rejected.select(columns)]).filter(source_line=2)
    read = {name: (consent, arrival) for name, _, consent, arrival in first.rows()}
    assert read == {name: expected[2:] for name, expected in _COLUMNS.items()}
    for name in ("clean", "rejected", "findings"):
        small, large = (getattr(each, name) for each in ran)
        assert small.equals(large)


_DATES = ["05/06/2026", "5.6.2026 07:08", "12/31/2025", "12/31/2025", "31/12/2025", "2026-01-02", "4 Mar 2026", "", "x"]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_DATES), min_size=1, max_size=40), st.integers(1, 12))
@example(["12/31/2025", *["05/06/2026"] * 9, "31/12/2025"], 3)
@example(["05/06/2026"] * 9, 2)
def test_what_batches_show_is_what_the_whole_column_shows(cells: list[str], rows: int) -> None:
    """However a column is cut: what is read of it is what is read when all of it is known before."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drop.csv")
        path.write_text("phone,consent date\n" + "".join(f"202-555-0123,{cell}\n" for cell in cells))
        (table,) = open_tables(path, path.name, Layout())
        mapping = map_columns(table, Layout())
        frame = pl.concat(list(read_batches(table, FileTally(), 1 << 20)))
        column = BLANKS.cleaned(mapping.cells("consent_at", frame))

        def read(dates: ColumnDates) -> tuple[list[datetime | None], Order]:
            found = [dates.read("consent_at", column.slice(at, rows)) for at in range(0, len(column), rows)]
            return pl.concat(found).to_list(), dates.order("consent_at")

        assuming = ColumnDates(table, mapping, assumes=True)
        try:
            found = read(assuming)
        except OrderRefutedError:
            assuming.assumes = False
            found = read(assuming)
        assert found == read(ColumnDates(table, mapping))


def test_a_layout_s_format_is_read(scrub: Scrub, written: Written) -> None:
    layout = written("layout.toml", '[dates]\nconsent_at = "%d/%m/%y %H.%M"\n')
    ran = scrub(drop_of("03/04/26 05.06", "2026-01-02", "03/04/2026"), "--layout", layout)
    assert consents(ran) == [at(2026, 4, 3, 5, 6), at(2026, 1, 2), None]


def test_offsets_are_converted(scrub: Scrub) -> None:
    ran = scrub(drop_of("2026-10-02T14:05:00-05:00", "2026-10-02 14:05", "2026-10-02T14:05:00Z"))
    assert consents(ran) == [at(2026, 10, 2, 19, 5), at(2026, 10, 2, 14, 5), at(2026, 10, 2, 14, 5)]


def test_consent_in_the_future_or_after_delivery_is_flagged(scrub: Scrub) -> None:
    """The run's day is 2026-11-21; it is still that day somewhere at 11:59 UTC of the next."""
    rows = [
        ("2026-11-21", "2026-11-21"),
        ("2026-11-22", "2026-11-23"),
        ("2026-11-22T11:59:00Z", "2026-11-23"),
        ("2026-11-22T12:00:00Z", "2026-11-23"),
        ("2026-11-03T10:00:00Z", "2026-11-03T09:00:00Z"),
        ("2026-11-03T10:00:00Z", "2026-11-03"),
    ]
    drop = "name,phone,consent date,received at\n"
    drop += "".join(f"A,202-555-01{n:02},{consent},{received}\n" for n, (consent, received) in enumerate(rows))
    ran = scrub(drop)
    assert ran.code == 0, ran.err
    assert ran.found() == [
        (1, None, "consent.future"),
        (3, None, "consent.future"),
        (4, None, "consent.after_delivery"),
    ]
    assert len(ran.clean) == 6
