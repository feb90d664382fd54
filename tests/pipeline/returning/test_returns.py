"""What goes back under a contract: exactly these rows, at this instant, in these words."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import leadscrub
from tests.pipeline.selling import HEADER, RECEIVED, World, bad, good

pytestmark = pytest.mark.slow

LAST = RECEIVED + timedelta(hours=72)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "leads")


def table(path: Path) -> list[list[str]]:
    """Cells of a CSV as a program reads them."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


# The window


def test_on_the_last_second_of_the_window_it_goes_and_one_second_later_it_does_not(world: World) -> None:
    world.contract()
    world.sell(HEADER + good(0, 3) + bad(10, 2))
    assert world.going(LAST - SECOND) == [3, 4]
    assert world.going(LAST) == [3, 4]
    assert world.listed(LAST)["runs"][0]["seconds_left"] == 0
    assert world.going(LAST + SECOND) == []
    assert world.listed(LAST + SECOND)["runs"][0]["rows"]["expired"] == 2
    ran = world.returns(LAST + SECOND, "--deliver")
    assert (ran.code, "2 rows did not go back in time" in ran.out) == (0, True)
    assert world.outgoing() == []


def test_a_day_means_its_last_second(world: World) -> None:
    world.contract(window="3d")
    world.sell(HEADER + bad(10, 1), at=datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC))
    world.sell(HEADER + bad(20, 1), at=datetime(2026, 11, 3, 0, 0, 0, tzinfo=UTC))
    assert world.going("2026-11-05") == [0, 0]
    assert [run["seconds_left"] for run in world.listed("2026-11-05")["runs"]] == [0, 1]
    assert world.going("2026-11-06T02:00:00+02:00") == [0]
    assert world.going("2026-11-06") == []


@pytest.mark.parametrize(
    ("received", "window", "more", "last"),
    [
        ("2026-11-02T09:30:15", "72h", "", "2026-11-05T09:30:15"),
        ("2026-11-02T09:30:15", "14d", "", "2026-11-16T09:30:15"),
        # Friday afternoon, two business days: Monday, Tuesday.
        ("2026-11-06T15:00:00", "2bd", "", "2026-11-10T15:00:00"),
        # Saturday counts from the start of Monday.
        ("2026-11-07T15:00:00", "1bd", "", "2026-11-10T00:00:00"),
        # Thanksgiving in New York: Wednesday 10:00 there, one business day, is Friday 10:00.
        (
            "2026-11-25T15:00:00",
            "1bd",
            'time_zone = "America/New_York"\nholidays = [2026-11-26]',
            "2026-11-27T15:00:00",
        ),
        # Clocks change between the two days (to winter time on 1 November): the same hour there.
        ("2026-10-30T14:00:00", "1bd", 'time_zone = "America/New_York"', "2026-11-02T15:00:00"),
    ],
)
def test_windows_in_hours_days_and_business_days(
    world: World, received: str, window: str, more: str, last: str
) -> None:
    world.contract(window=window, more=more)
    world.sell(HEADER + bad(10, 1), at=datetime.fromisoformat(received).replace(tzinfo=UTC))
    end = datetime.fromisoformat(last).replace(tzinfo=UTC)
    assert world.listed(end)["runs"][0]["deadline"] == end.isoformat()
    assert (world.going(end), world.going(end + SECOND)) == ([0], [])


# The cap


def test_at_the_cap_all_go_and_one_over_stays(world: World) -> None:
    world.contract(more="cap_percent = 20")
    world.sell(HEADER + good(0, 16) + bad(100, 4))
    assert (world.going(LAST), world.going(LAST, "over_cap")) == ([16, 17, 18, 19], [])
    world.sell(HEADER + good(30, 3) + bad(200, 2), at=RECEIVED + SECOND)
    # 20 % of 25 is 5: the sixth stays, and it is the last of the younger drop.
    assert (world.going(LAST), world.going(LAST, "over_cap")) == ([16, 17, 18, 19, 3], [4])
    cap = world.listed(LAST)["caps"]
    assert cap == [{"period": "2026-11", "state": "", "received": 25, "allowed": 5, "returned": 0}]
    ran = world.returns(LAST)
    assert "cap of 2026-11: 20 % of 25 is 5; 0 went back before; left out 1:" in ran.out
    assert "rows 4\n" in ran.out


def test_what_went_back_before_counts_against_the_cap(world: World) -> None:
    world.contract(more="cap_percent = 10")
    world.sell(HEADER + good(0, 27) + bad(100, 3))
    world.returns(RECEIVED, "--write")
    world.sell(HEADER + good(30, 8) + bad(200, 2), at=RECEIVED + SECOND)
    assert (world.going(LAST), world.going(LAST, "over_cap")) == ([8], [9])
    # A month later, all is new.
    world.sell(HEADER + good(50, 9) + bad(300, 1), at=RECEIVED + timedelta(days=30))
    assert world.going(RECEIVED + timedelta(days=31)) == [9]


def test_a_cap_by_state_knows_names_and_letters(world: World) -> None:
    world.contract(more='cap_percent = 50\ncap_by = "state"')
    world.sell(
        HEADER + good(0, 1, "CA") + bad(100, 1, "California") + bad(101, 1, "ca") + bad(200, 2, "TX") + bad(300, 1, "")
    )
    # Three in California: one. Two in Texas: one. One without a state: none.
    assert world.going(LAST) == [1, 3]
    assert world.going(LAST, "over_cap") == [2, 4, 5]
    states = [(cap["state"], cap["received"], cap["allowed"]) for cap in world.listed(LAST)["caps"]]
    assert states == [("", 1, 0), ("CA", 3, 1), ("TX", 2, 1)]


@pytest.mark.parametrize(
    ("per", "going"),
    # Sunday and Monday are of two ISO weeks and of one month. A quarter of four rows is one.
    [("drop", [2, 2]), ("week", [2, 2]), ("month", [2, 3])],
)
def test_a_cap_counts_by_drop_week_or_month(world: World, per: str, going: list[int]) -> None:
    world.contract(more=f'cap_percent = 25\ncap_per = "{per}"', window="10d")
    world.sell(HEADER + good(0, 2) + bad(100, 2), at=datetime(2026, 11, 8, 12, tzinfo=UTC))
    world.sell(HEADER + good(10, 2) + bad(200, 2), at=datetime(2026, 11, 9, 12, tzinfo=UTC))
    assert world.going("2026-11-10") == going


# Which rows, and once


def test_a_row_goes_back_once_in_whatever_run_it_stands(world: World) -> None:
    world.contract()
    world.campaign("others", 'entity = "Other"'.replace("entity", "# entity"))
    world.sell(HEADER + good(0, 2) + bad(10, 2))
    world.sell(HEADER + good(0, 2) + bad(10, 2), campaign="others")
    listed = world.listed(RECEIVED)
    assert [run["rows"]["returnable"] for run in listed["runs"]] in ([2, 0], [0, 2])
    assert sum(run["rows"]["repeated"] for run in listed["runs"]) == 2
    assert world.returns(RECEIVED, "--write").code == 0
    # A corrected drop has the same leads again, one of them still bad and one new.
    world.sell(HEADER + good(0, 3) + bad(11, 1) + bad(12, 1), at=RECEIVED + SECOND)
    listed = world.listed(RECEIVED + SECOND)
    assert [run["rows"]["already_returned"] for run in listed["runs"]] == [2, 2, 1]
    assert [(row["row_id"], row["fate"]) for row in listed["rows"]] == [(4, "returnable")]
    assert world.returns(RECEIVED, "--write").code == 0
    assert world.returns(RECEIVED, "--write").code == 0
    assert [path.suffix for path in world.outgoing()] == [".csv", ".csv"]
    assert len(world.ledger_rows()) == 3


def test_without_a_key_each_copy_of_a_row_goes_back_once(world: World) -> None:
    path = world.contract()
    path.write_text(path.read_text().replace('key = "Lead ID"\n', ""))
    text = "Name,Phone\nAnn,202-555-0101\nAnn,202-555-0101\nAnn,202-555-0101\nBo,12\n"
    world.sell(text)
    assert world.going(RECEIVED) == [1, 2, 3]
    world.returns(RECEIVED, "--write")
    world.sell("Name,Phone\nBo,12\nBo,12\n", at=RECEIVED + SECOND)
    assert world.going(RECEIVED) == [1]
    # A key named later does not make them new.
    path.write_text(path.read_text().replace("[returns]\n", '[returns]\nkey = "Name"\n'))
    assert world.listed(RECEIVED)["runs"][0]["rows"]["already_returned"] == 3


def test_a_row_without_a_lead_id_is_named_and_stays(world: World) -> None:
    world.contract(reasons='"row.malformed" = "Broken"')
    world.sell(HEADER + good(0, 2) + " ,Nobody,12,DC\nL9,too few\n" + bad(10, 1))
    listed = world.listed(RECEIVED)
    assert listed["runs"][0]["rows"]["no_key"] == 2
    assert [row["row_id"] for row in listed["rows"]] == [4]


def test_an_internal_reason_never_goes_out(world: World) -> None:
    """Also where a prefix would take it in, and where the row is bad in another way as well."""
    ours = world.folder / "lists" / "secretlist.txt"
    ours.write_text("2015550100\n2015550101\n")
    registry = world.folder / "lists" / "registry.txt"
    registry.write_text("2015550102\n2015550100\n")
    path = world.contract(reasons='"dnc.*" = "DNCC"\n"phone.*" = "PHONE"')
    path.write_text(path.read_text().replace('"dnc.national" = "DNCC"\n', ""))
    world.sell(HEADER + good(0, 4) + bad(10, 1), "acme", RECEIVED, "--internal", ours, "--dnc", registry)
    ran = world.returns(RECEIVED, "--deliver", "--json")
    [listed] = json.loads(ran.out)["vendors"]
    assert [(row["row_id"], row["reason"]) for row in listed["rows"]] == [(2, "dnc.national"), (4, "phone.invalid")]
    assert listed["runs"][0]["rows"]["not_accepted"] == 2
    [file] = world.outgoing()
    assert [row[0] for row in table(file)] == ["Lead ID", "L2", "L10"]
    assert [row[-1] for row in table(file)] == ["reason", "DNCC", "Wrong number"]
    for secret in ("internal", "secretlist", "not accepted", "L0", "L1,"):
        assert secret not in file.read_text(), secret


def test_what_a_person_may_still_release_does_not_go_back(world: World) -> None:
    world.contract(reasons='"us.*" = "TCPA"')
    campaign = world.folder / "campaigns" / "calls.toml"
    campaign.write_text(campaign.read_text() + '[rules]\npacks = ["us"]\n')
    world.sell(HEADER + good(0, 1) + bad(10, 1))
    [run] = world.listed(RECEIVED)["runs"]
    assert (run["rejected"], run["rows"]["returnable"], run["rows"]["not_accepted"]) == (2, 1, 1)


def test_a_rule_of_the_law_may_be_a_reason(world: World) -> None:
    path = world.contract(reasons='"consent.after-delivery" = "LATE CONSENT"')
    campaign = world.folder / "campaigns" / "calls.toml"
    campaign.write_text(campaign.read_text() + '[rules]\npacks = ["general"]\n')
    text = (
        "Lead ID,Name,Phone,Country,Consent Date,Received At\n"
        "A1,Ann,202-555-0101,US,2026-10-02T14:05:00Z,2026-10-01T00:00:00Z\n"
    )
    world.sell(text)
    rejected = pl.read_parquet(world.folder / "runs" / "0" / "rejected.parquet")
    assert rejected.get_column("reason").to_list() == ["consent.after-delivery"]
    assert world.going(RECEIVED) == [0]
    path.write_text(path.read_text().replace("consent.after-delivery", "us.*"))
    assert world.going(RECEIVED) == []


# The file


def test_the_file_is_the_vendors_own_row_and_one_phrase(world: World) -> None:
    world.contract(more='reason_column = "Return Reason"\nkey_column = "lead_id"')
    text = (
        "Lead ID,=Name,Phone,Notes,Return Reason\n"
        'L1,"+Ann",12,"a, ""b""\nc",@mine\n'
        "L2,Bo,202-555-0101,,\n"
        "-3,Cy,202-555-0101,\t=1+1,-x\n"
    )
    world.sell(text)
    assert world.returns(RECEIVED, "--write").code == 0
    [file] = world.outgoing()
    assert file.name.startswith("acme-2026-11-02-")
    assert file.stat().st_mode & 0o777 == 0o600
    assert table(file) == [
        ["lead_id", "'=Name", "Phone", "Notes", "Return Reason (yours)", "Return Reason"],
        ["L1", "'+Ann", "12", 'a, "b"\nc', "'@mine", "Wrong number"],
        ["'-3", "Cy", "202-555-0101", "'\t=1+1", "'-x", "DUPE"],
    ]


def test_chosen_columns_come_in_their_order_behind_the_lead_id(world: World) -> None:
    world.contract(more='columns = ["State", "Phone"]')
    world.sell(HEADER + bad(1, 1))
    world.sell("Lead ID,Phone\nX,12\n", at=RECEIVED + SECOND)
    world.returns(RECEIVED, "--write")
    [file] = world.outgoing()
    assert table(file) == [
        ["Lead ID", "State", "Phone", "reason"],
        ["L1", "DC", "12", "Wrong number"],
        ["X", "", "12", "Wrong number"],
    ]


def test_a_record_that_could_not_be_read_goes_back_as_its_text(world: World) -> None:
    path = world.contract(reasons='"row.malformed" = "Broken"')
    path.write_text(path.read_text().replace('key = "Lead ID"\n', ""))
    world.sell(HEADER + good(0, 2) + "=cmd,too few\n")
    world.returns(RECEIVED, "--write")
    [file] = world.outgoing()
    assert table(file) == [
        ["Lead ID", "Name", "Phone", "State", "unreadable_text", "reason"],
        ["", "", "", "", "'=cmd,too few", "Broken"],
    ]


def test_a_workbook_holds_text_and_no_formula(world: World) -> None:
    world.contract(more='format = "xlsx"')
    text = "Lead ID,Name,Phone,ZIP\n007,=SUM(A1),12,01234\n008,http://x.example,4.41E+11,<ü>\n"
    world.sell(text)
    assert world.returns(RECEIVED, "--write").code == 0
    [file] = world.outgoing()
    back = pl.read_excel(file, engine="calamine", infer_schema_length=0)
    assert back.columns == ["Lead ID", "Name", "Phone", "ZIP", "reason"]
    assert back.rows() == [("007", "'=SUM(A1)", "12", "01234", "Wrong number")]
    with zipfile.ZipFile(file) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 't="s"' in sheet
    assert "<hyperlink" not in sheet


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_same_returns_have_the_same_bytes_and_name(tmp_path: Path, form: str) -> None:
    files = []
    for name in ("one", "two"):
        world = World(tmp_path / name)
        world.contract(more=f'format = "{form}"')
        world.sell(HEADER + good(0, 2) + bad(10, 3))
        world.returns(RECEIVED, "--write")
        files += [(path.name, path.read_bytes()) for path in world.outgoing()]
    assert files[0] == files[1]


# Contracts


def test_all_faults_of_all_contracts_are_listed_with_file_and_line(world: World) -> None:
    world.contract("fine")
    (world.folder / "vendors" / "fine.header.json").write_text("{}")
    (world.folder / "vendors" / "layout-of-b.toml").write_text('delimiter = ";"\n')
    (world.folder / "vendors" / "b.toml").write_text(
        'name = "b"\nlayout = "layout-of-b.toml"\nprice = -1\ncurrency = "dollars"\n\n[returns]\nwindow = "2 weeks"\n'
        'cap_per = "year"\nformat = "pdf"\ncolumns = ["a", "a"]\nkey_column = "id"\nholidays = [2026-12-25]\n'
        'time_zone = "America/NewYork"\ndeliver_to = "sftp://me:secret@host/x"\nunknown = 1\n'
        '[returns.reasons]\n"dnc.internal" = "DNC"\n"phone.*" = ""\nphone.invalidd = "x"\n"email.role" = "x"\n'
        '"rules.*" = "x"\n"Phone" = "x"\n"us.tsr.no-such-rule" = "x"\n'
    )
    (world.folder / "vendors" / "c.toml").write_text('name = "fine"\n[returns]\ncap_by = "state"\n')
    world.sell(HEADER + good(0, 1), "fine")
    ran = world.returns(RECEIVED)
    assert ran.code == 3
    faults = [line.strip().removeprefix(f"{world.folder}/vendors/") for line in ran.err.splitlines()[1:]]
    assert [fault.rpartition(": ")[0].split(": ")[0] for fault in faults] == [
        *(f"b.toml:{line}" for line in (3, 4, 7, 13, 17, 18, 19, 20, 21, 22, 23, 8, 9, 10, 11, 14, 15)),
        *("c.toml:2", "c.toml:2", "c.toml:3"),
    ]
    told = ran.err
    assert "returns.reasons.dnc.internal: an internal reason: the vendor may not be told it" in told
    assert "returns.reasons.phone.invalidd: there is no such reason. Did you mean 'phone.invalid'?" in told
    assert "returns.reasons.email.role: this only flags a row and rejects none" in told
    assert "returns.reasons.rules.*: a person may still release such a row" in told
    assert "secret" not in told
    assert world.outgoing() == []


def test_a_column_that_no_drop_has_is_a_fault_of_the_contract(world: World) -> None:
    path = world.contract(more='columns = ["Phon"]')
    world.contract("other")
    world.sell(HEADER + bad(1, 1))
    world.sell(HEADER + bad(1, 1), "other")
    ran = world.returns(RECEIVED, "--write")
    assert ran.code == 3
    assert f"{path}:8: returns.columns: no drop has 'Phon'. Did you mean 'Phone'?" in ran.err
    # The other vendor's rows went their way.
    assert [file.parent.name for file in world.outgoing()] == ["other"]


def test_outputs_that_are_gone_are_said_and_the_others_go(world: World) -> None:
    world.contract()
    world.sell(HEADER + bad(1, 1))
    world.sell(HEADER + bad(2, 1), at=RECEIVED + SECOND)
    (world.folder / "runs" / "0").rename(world.folder / "elsewhere")
    ran = world.returns(RECEIVED, "--write")
    assert (ran.code, "are gone, so their rows could not go back" in ran.err) == (4, True)
    assert len(world.ledger_rows()) == 1
    # A folder that another run was written into is not this run's.
    (world.folder / "elsewhere").rename(world.folder / "runs" / "0")
    (world.folder / "runs" / "1").rename(world.folder / "elsewhere")
    (world.folder / "runs" / "0").rename(world.folder / "runs" / "1")
    assert world.returns(RECEIVED).code == 4


def test_names_that_are_none_are_answered(world: World, tmp_path: Path) -> None:
    ran = leadscrub("returns", "--workspace", tmp_path)
    assert (ran.code, "is not a workspace" in ran.err) == (2, True)
    ran = leadscrub("returns", "--workspace", world.folder)
    assert (ran.code, "no run was entered" in ran.err) == (2, True)
    world.contract()
    world.sell(HEADER + bad(1, 1))
    ran = world.returns(RECEIVED, "--vendor", "acmee")
    assert (ran.code, "Did you mean 'acme'?" in ran.err) == (2, True)
    ran = world.returns("soon")
    assert (ran.code, "is not an instant" in ran.err) == (2, True)


def test_a_vendor_without_a_contract_gets_nothing_back(world: World) -> None:
    (world.folder / "vendors" / "plain.toml").write_text('name = "plain"\n')
    world.sell(HEADER + bad(1, 2), "plain")
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, ran.out) == (0, "plain: no [returns] in its contract, so nothing goes back\n\n")
    listed = world.listed(RECEIVED)
    assert (listed["has_contract"], listed["runs"][0]["rows"]["not_accepted"]) == (False, 2)


# Data that may not leave


def test_rows_that_may_not_go_to_the_vendors_country_stay_here(world: World) -> None:
    """GDPR Chapter V: a vendor in India, without a mechanism, gets back nobody who may be in Europe."""
    path = world.contract()
    path.write_text(path.read_text() + '\n[evidence]\ncountry = "IN"\n')
    rows = "1,Ann,12,TX,US\n2,Bea,12,,FR\n3,Cleo,12,,\n"
    world.sell("Lead ID,Name,Phone,State,Country\n" + rows, "acme", RECEIVED, "--rules", "all")
    assert world.going(RECEIVED) == [0]
    assert world.listed(RECEIVED)["runs"][0]["rows"]["not_accepted"] == 2
    world.returns(RECEIVED, "--write")
    [written] = world.outgoing()
    assert "Bea" not in written.read_text(encoding="utf-8")
