"""What a result looks like: files, columns, types, what a vendor reads, and what is never shown."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import polars as pl
import pyarrow.parquet as pq

from schemas.manifest import manifest_json_schema
from tests.conftest import DAY, REPO, Scrub, Written, leadscrub

PERSON = (
    "first_name last_name full_name company job_title address_1 address_2 city state postal_code country birth_date"
)
CONTACT = "phone phone_2 phone_3 phone_4 email email_2 email_3 email_4"
ABOUT = "phone_type phone_region time_zones"
EVIDENCE = (
    "is_business consent_basis consent_at consent_channels consent_purposes consent_method consent_text consent_url "
    "consent_ip consent_named_parties consent_evidence trustedform_cert_url jornaya_lead_id last_purchase_at "
    "last_inquiry_at notice_at withdrawn_at"
)
PROVENANCE = "vendor source_file source_sha256 source_sheet source_line vendor_lead_id received_at run_id"
VERDICT = (
    "channels flags valid_until call_after call_before call_zone call_after_utc call_before_utc call_hours "
    "max_attempts attempt_days call_rules"
)
CLEAN = ["row_id", *f"{PERSON} {CONTACT} {ABOUT} {EVIDENCE} {PROVENANCE} {VERDICT}".split(), "extra"]
REJECTED = [*CLEAN, "reason", "reasons", "reason_detail", "disposition", "original", "raw"]
INSTANT = pl.Datetime("us", "UTC")
NOT_TEXT = {
    "row_id": pl.UInt64(),
    "source_line": pl.UInt64(),
    "birth_date": pl.Date(),
    "valid_until": pl.Date(),
    **dict.fromkeys(["call_after", "call_before"], pl.Time()),
    **dict.fromkeys(["call_after_utc", "call_before_utc"], INSTANT),
    **dict.fromkeys(["call_hours", "call_rules"], pl.List(pl.String())),
    "max_attempts": pl.UInt8(),
    "attempt_days": pl.UInt16(),
    "is_business": pl.Boolean(),
    "time_zones": pl.List(pl.String()),
    "consent_channels": pl.List(pl.String()),
    "consent_purposes": pl.List(pl.String()),
    "consent_named_parties": pl.List(pl.String()),
    "channels": pl.List(pl.String()),
    "flags": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),
    **dict.fromkeys(["consent_at", "last_purchase_at", "last_inquiry_at", "notice_at"], INSTANT),
    **dict.fromkeys(["withdrawn_at", "received_at"], INSTANT),
}

DROP = (
    "First Name,Last Name,Phone,Mobile,Email,City,Zip,Consent Date,Campaign Code,Remark\n"
    "Ann,Lee,(202) 555-0100,202-555-0101 x7,Ann.Lee@Example.com,Boston,02134,2026-03-04T05:06:07Z,007,=1+1\n"
    "Bo,Ray,202-555-0102,,bo@example.com,Reno,89501,,008,@home\n"
    "Cy,Fox,202-555-0103,12,cy@,,,last week,009,-2\n"
    "Di,Orr,202-555-0104,,,,,,010,+3\n"
    "too,few\n"
    '\n'
    "Ed,Poe,,,,,,,011,\n"
)  # fmt: skip


def fields(struct: pl.DataType) -> list[str]:
    """Names of a struct's fields, which are all text."""
    assert isinstance(struct, pl.Struct)
    assert {field.dtype for field in struct.fields} == {pl.String()}
    return [field.name for field in struct.fields]


def test_columns_are_the_contract_s_in_its_order(scrub: Scrub) -> None:
    ran = scrub(DROP)
    assert ran.clean.columns == CLEAN
    assert ran.rejected.columns == REJECTED
    assert ran.findings.columns == ["row_id", "point", "code", "effect", "source", "detail", "channel"]


def test_types_are_the_contract_s(scrub: Scrub) -> None:
    ran = scrub(DROP)
    for frame in (ran.clean, ran.rejected):
        types = dict(frame.schema)
        assert fields(types.pop("extra")) == ["Consent Date", "Campaign Code", "Remark"]
        if "original" in types:
            assert fields(types.pop("original")) == DROP.splitlines()[0].split(",")
        assert types == {name: NOT_TEXT.get(name, pl.String()) for name in types}
    assert ran.findings.schema["row_id"] == pl.UInt64()


def test_a_clean_row_has_everything_in_its_place(scrub: Scrub) -> None:
    ran = scrub(DROP)
    row = ran.clean.row(0, named=True)
    present = {name: value for name, value in row.items() if value is not None}
    assert present == {
        "row_id": 0,
        "first_name": "Ann",
        "last_name": "Lee",
        "city": "Boston",
        "postal_code": "02134",
        "phone": "+12025550100",
        "phone_2": "+12025550101",
        "email": "Ann.Lee@example.com",
        "phone_type": "fixed_line_or_mobile",
        "phone_region": "US",
        "time_zones": ["America/New_York"],
        "consent_at": datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        "source_file": "drop.csv",
        "source_sha256": ran.manifest["inputs"][0]["sha256"],
        "source_line": 2,
        "run_id": ran.manifest["run_id"],
        "channels": ["call", "email"],
        "flags": ["phone.extension"],
        "extra": {"Consent Date": "2026-03-04T05:06:07Z", "Campaign Code": "007", "Remark": "=1+1"},
    }


def test_a_row_that_could_not_be_parsed_keeps_its_text_and_line(scrub: Scrub) -> None:
    """Its cells are null, since nobody knows which is which."""
    ran = scrub(DROP)
    row = ran.rejected.filter(row_id=4).row(0, named=True)
    assert (row["source_line"], row["raw"], row["reason"]) == (6, "too,few", "row.malformed")
    assert row["reasons"] == ["row.malformed"]
    assert row["disposition"] == "return"
    assert set(row["original"].values()) == {None}
    assert set(row["extra"].values()) == {None}
    readable = ran.rejected.filter(~pl.col("row_id").is_in([4, 5]))
    assert readable.get_column("raw").drop_nulls().to_list() == []


def test_a_rejected_row_keeps_every_source_column_as_it_came(scrub: Scrub, written: Written) -> None:
    ran = scrub(DROP, "--internal", written("ours.txt", "2025550102\nbo@example.com\n"))
    row = ran.rejected.filter(row_id=1).row(0, named=True)
    assert row["original"] == {
        "First Name": "Bo",
        "Last Name": "Ray",
        "Phone": "202-555-0102",
        "Mobile": "",
        "Email": "bo@example.com",
        "City": "Reno",
        "Zip": "89501",
        "Consent Date": "",
        "Campaign Code": "008",
        "Remark": "@home",
    }
    assert row["reason"] == "dnc.internal"
    assert row["reason_detail"] == (
        "The contact point is on your own do-not-contact list. phone: +1202*****02 is on the list ours."
    )
    assert row["disposition"] == "suppress"
    assert row["valid_until"] is None


def test_every_record_is_in_exactly_one_output(scrub: Scrub, written: Written) -> None:
    ran = scrub(
        DROP,
        *("--internal", written("ours.txt", "2025550102\nbo@example.com\n")),
        *("--dnc", written("registry.txt", "202,5550103\n202,5550104\n")),
    )
    assert ran.clean_rows("row_id", "source_line") == [(0, 2)]
    assert ran.rejected_rows("row_id", "source_line", "reasons") == [
        (1, 3, ["dnc.internal"]),
        (2, 4, ["dnc.national", "phone.invalid", "email.syntax"]),
        (3, 5, ["dnc.national"]),
        (4, 6, ["row.malformed"]),
        (5, 7, ["row.empty"]),
        (6, 8, ["contact.none"]),
    ]
    counts = ran.manifest["counts"]
    assert (counts["read"], counts["clean"], counts["rejected"]) == (7, 1, 6)
    assert counts["by_primary_reason"] == {
        "contact.none": 1,
        "dnc.internal": 1,
        "dnc.national": 2,
        "row.empty": 1,
        "row.malformed": 1,
    }
    assert counts["by_reason"] == {**counts["by_primary_reason"], "email.syntax": 1, "phone.invalid": 1}
    assert counts["by_channel"] == {"call": 1, "email": 1}
    assert counts["by_flag"] == {"phone.extension": 1, "row.unread_value": 1}


def test_parquet_metadata_names_the_run(scrub: Scrub) -> None:
    ran = scrub(DROP)
    for name in ("clean", "rejected", "findings"):
        metadata = pq.read_schema(ran.folder / f"{name}.parquet").metadata
        assert metadata[b"run_id"].decode() == ran.manifest["run_id"]
        assert metadata[b"leadscrub.version"].decode() == ran.manifest["leadscrub"]
        assert metadata[b"schema_version"].decode() == ran.manifest["schema_version"]


def test_the_manifest_follows_its_published_schema(scrub: Scrub, written: Written) -> None:
    registry = written("registry.txt", "2025550103\nrubbish\n2025550104\n2025550104\n")
    ran = scrub(DROP, "--dnc", f"{registry}@2026-11-20", "--max-refused", "0.25")
    schema = json.loads(manifest_json_schema())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.check_schema(schema)
    validator.validate(ran.manifest)
    document = ran.manifest
    assert (document["as_of"], document["entity"], document["channels"]) == (
        DAY,
        "Example Company",
        ["call", "email"],
    )
    (used,) = document["lists"]
    assert {name: used[name] for name in ("name", "kind", "as_of", "age_days", "valid_until", "matches")} == {
        "name": "registry",
        "kind": "dnc.national",
        "as_of": "2026-11-20",
        "age_days": 1,
        "valid_until": "2026-12-21",
        "matches": 2,
    }
    entries = used["entries"]
    assert (entries["read"], entries["indexed"], entries["repeated"]) == (4, 2, 1)
    assert list(entries["refused"].values()) == [1]
    (read,) = document["inputs"]
    assert read["read_as"] == {"format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"'}
    assert read["mapping"]["phone_2"] == "Mobile"
    assert read["unmapped"] == ["Campaign Code", "Remark"]


def test_the_published_schema_file_is_current() -> None:
    published = REPO / "schemas" / "manifest.schema.json"
    if published.exists():
        assert published.read_text(encoding="utf-8") == manifest_json_schema()


def returned(folder: Path, vendor: str) -> list[dict[str, str]]:
    text = (folder / "returns" / f"{vendor}.csv").read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_vendor_reads_facts_about_its_data_and_nothing_of_our_lists(scrub: Scrub, written: Written) -> None:
    """Which internal list matched is never told, nor that it was one; a public registry is."""
    ran = scrub(
        DROP,
        *("--internal", written("ours.txt", "2025550102\nbo@example.com\n")),
        *("--dnc", written("registry.txt", "202,5550103\n202,5550104\n")),
        *("--vendor", "acme"),
    )
    rows = returned(ran.folder, "acme")
    assert [(row["delivered_line"], row["returned_because"]) for row in rows] == [
        ("4", "on a public do-not-call registry; phone invalid; email invalid"),
        ("5", "on a public do-not-call registry"),
        ("6", "row could not be read"),
        ("7", "empty row"),
        ("8", "no contact data"),
    ]
    text = (ran.folder / "returns" / "acme.csv").read_text(encoding="utf-8")
    for ours in ("ours", "internal", "dnc.", "registry.txt"):
        assert ours not in text
    assert rows[2]["unreadable_text"] == "too,few"
    assert "Bo" not in text, "a row on our own list stays here"


def test_rows_on_our_own_lists_stay_here(scrub: Scrub, written: Written) -> None:
    kinds = ("dnc.internal", "dnc.litigator", "phone.reassigned", "list.match", "list.competitors")
    drop = "phone\n"
    options: list[str] = []
    for number, kind in enumerate(kinds):
        drop += f"202-555-01{number:02}\n"
        path = written(f"l{number}.txt", f"20255501{number:02}\n")
        options += ["--list", f"{kind}:l{number}={path}"]
    ran = scrub(drop, *options, channels=("call",))
    assert ran.rejected["disposition"].to_list() == ["suppress"] * 5
    assert returned(ran.folder, "unnamed-vendor") == []


def test_cells_that_a_spreadsheet_would_run_are_neutralised(scrub: Scrub) -> None:
    """In every cell of the returned CSV: names, values and text that could not be parsed."""
    drop = (
        "phone,note,=HYPERLINK(1)\n"
        '1,=1+1,a\n2,+2,b\n3,-3,c\n4,@SUM(1),d\n5,"\t=5",e\n6,"\r=6",f\n7,safe = text,g\n=cmd\n'
    )
    ran = scrub(drop, channels=("call",))
    rows = returned(ran.folder, "unnamed-vendor")
    assert [row["note"] for row in rows] == ["'=1+1", "'+2", "'-3", "'@SUM(1)", "'\t=5", "'\r=6", "safe = text", ""]
    assert rows[-1]["unreadable_text"] == "'=cmd"
    for row in rows:
        for name, value in row.items():
            assert name[0] not in "=+-@\t\r\n", name
            assert not value or value[0] not in "=+-@\t\r\n", value


def test_a_returned_cell_reads_back_as_it_came(scrub: Scrub) -> None:
    cell = 'a "b", c\nd\r\ne;é'
    quoted = cell.replace('"', '""')
    ran = scrub(f'phone,note\n1,"{quoted}"\n', channels=("call",))
    assert returned(ran.folder, "unnamed-vendor")[0]["note"] == cell


SECRETS = (
    "2025550117", "555-0117", "5550117", "secret.person", "+12025550118", "5550118", "other.soul",
    "wrong.one", "99912345678", "202-555-01199",
)  # fmt: skip


def test_no_whole_phone_or_email_is_shown_anywhere(scrub: Scrub, written: Written) -> None:
    """Not in the manifest, not in a finding, not on the terminal, not in explain or verify."""
    drop = (
        "name,phone,phone 2,email\n"
        "A,202-555-0117,+12025550118,secret.person@example.com\n"
        "B,99912345678,202-555-01199,wrong.one@@example..com\n"
        "C,2025550117,202-555-0118 or 202-555-0119,mailto:other.soul@example.org\n"
        "D,2.025550117E+9,4.41E+11,other.soul@exam ple.org\n"
    )
    ours = written("ours.txt", "2025550117\nsecret.person@example.com\nwrong.one@\n")
    assert not re.search(r"wrong\.one|2025550117", scrub(drop, "--internal", ours).err)
    ran = scrub(drop, "--internal", ours, "--max-refused", "0.5")
    assert ran.code == 0, ran.err
    shown = [ran.out, ran.err, (ran.folder / "manifest.json").read_text(encoding="utf-8")]
    shown += [str(value) for row in ran.findings.rows() for value in row]
    shown += ran.rejected.get_column("reason_detail").to_list()
    for row in range(4):
        for more in ([], ["--json"]):
            told = leadscrub("explain", ran.folder, "--row", str(row), *more)
            assert told.code == 0, told.err
            shown += [told.out, told.err]
    told = leadscrub("explain", ran.folder, "--email", "secret.person@example.com")
    shown += [told.out, told.err]
    told = leadscrub("explain", ran.folder, "--phone", "+12025550119")
    shown += [told.out, told.err]
    for text in shown:
        for secret in SECRETS:
            assert secret not in text


def test_a_short_number_is_masked_too(scrub: Scrub, written: Written) -> None:
    """Where a whole number has few digits, most of them still stay hidden."""
    ours = written("ours.txt", "+29022158\n+12025550100\n")
    ran = scrub("phone\n+290 22158\n", "--internal", ours, channels=("call",))
    (detail,) = ran.findings.filter(code="dnc.internal").get_column("detail")
    assert sum(character.isdigit() for character in detail) <= 6


def test_extra_is_a_struct_also_when_every_column_is_mapped(scrub: Scrub) -> None:
    """Parquet has no struct without fields; a placeholder stands there."""
    ran = scrub("phone\n202-555-0100\n", channels=("call",))
    assert ran.clean_rows("phone", "extra") == [("+12025550100", {"_": None})]


def test_a_drop_with_a_header_alone_gives_empty_outputs(scrub: Scrub) -> None:
    ran = scrub("name,phone\n")
    assert ran.code == 0, ran.err
    assert (ran.clean.columns, len(ran.clean)) == (CLEAN, 0)
    assert (ran.rejected.columns, len(ran.rejected)) == (REJECTED, 0)
    assert ran.manifest["counts"]["read"] == 0
    assert leadscrub("verify", ran.folder).code == 0


def test_columns_beyond_the_fourth_phone_are_withheld_from_clean(scrub: Scrub) -> None:
    """They are not screened, so no clean row carries them; the run says so."""
    drop = "phone,phone 2,phone 3,phone 4,phone 5\n2025550100,2025550101,2025550102,2025550103,2025550104\n"
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("phone", "phone_2", "phone_3", "phone_4", "extra") == [
        ("+12025550100", "+12025550101", "+12025550102", "+12025550103", {"_": None})
    ]
    assert "column 'phone 5'" in ran.err


def test_points_outside_the_campaign_s_channels_are_not_in_clean(scrub: Scrub) -> None:
    """An email was not screened for a call-only campaign: it does not stand ready to be mailed."""
    ran = scrub("phone,email\n202-555-0100,ann@example.com\n", channels=("call",))
    assert ran.clean_rows("phone", "email", "channels", "extra") == [("+12025550100", None, ["call"], {"_": None})]


def test_several_files_share_one_result(scrub: Scrub, written: Written) -> None:
    """Rows are numbered over the run; each file has its own columns in extra and its own counts."""
    first = written("a.csv", "phone,colour\n202-555-0100,red\n12,blue\n")
    second = written("b.csv", "size;email\nXL;bo@example.com\n")
    ran = scrub([first, second])
    assert ran.clean_rows("row_id", "source_file", "source_line", "phone", "email", "extra") == [
        (0, "a.csv", 2, "+12025550100", None, {"colour": "red", "size": None}),
        (2, "b.csv", 2, None, "bo@example.com", {"colour": None, "size": "XL"}),
    ]
    assert ran.rejected_rows("row_id", "source_file", "original") == [
        (1, "a.csv", {"phone": "12", "colour": "blue", "size": None, "email": None})
    ]
    counts = [(file["name"], file["counts"]["read"], file["counts"]["clean"]) for file in ran.manifest["inputs"]]
    assert counts == [("a.csv", 2, 1), ("b.csv", 1, 1)]


def test_a_parquet_drop_reads_like_the_same_csv(scrub: Scrub, tmp_path: Path) -> None:
    """Numbers that a tool stored as numbers come as the digits that they are."""
    path = tmp_path / "drop.parquet"
    pl.DataFrame(
        {
            "phone": [2025550100, 2025550101, None],
            "email": ["a@example.com", "b@", None],
            "joined": [date(2026, 1, 2), None, None],
            "score": [1.5, 2.0, None],
            "tags": [["x", "y"], [], None],
        }
    ).write_parquet(path)
    ran = scrub(path)
    assert ran.clean_rows("row_id", "phone", "email", "source_line") == [
        (0, "+12025550100", "a@example.com", 1),
        (1, "+12025550101", None, 2),
    ]
    assert ran.clean.get_column("extra").to_list()[0] == {"joined": "2026-01-02", "score": "1.5", "tags": '["x","y"]'}
    assert ran.rejected_rows("row_id", "reason") == [(2, "row.empty")]
    assert ran.manifest["inputs"][0]["read_as"] == {"format": "parquet"}
