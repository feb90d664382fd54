"""One function decides: a row is clean when some channel of the campaign has a contact point that nothing blocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.columns.mapping import Mapping
from pipeline.context import Context, Source
from pipeline.stages.contactable import contactable
from pipeline.stages.decide import decide_stage
from schemas.coded_findings import coded
from schemas.codes import CODES, PRECEDENCE
from schemas.config import Campaign, Channel
from schemas.contact.apply import apply_here
from schemas.files.converted import ConvertedReader
from schemas.files.inputs import LocalFile
from schemas.files.table import Table
from schemas.findings import FINDING_SCHEMA
from tests.conftest import POINT_ONLY, Scrub, Written

Finding = tuple[int, str | None, str]
#: Code that stands against one channel -> the channel.
_CLOSED: dict[str, Channel] = {"phone.not_textable": "text"}


@dataclass(frozen=True)
class Decided:
    """A verdict as frames."""

    clean: pl.DataFrame
    rejected: pl.DataFrame


def _forms(phones: pl.Series) -> pa.DictionaryArray:
    """What is told of numbers that begin with +1, and of others."""
    told = [
        [None, "mobile", "mobile"],
        [None, "US", "GB"],
        [None, ["Etc/Unknown"], ["Etc/Unknown"]],
    ]
    text = pa.large_string()
    parts = [pa.array(part, kind) for part, kind in zip(told, (text, text, pa.large_list(text)), strict=True)]
    which = [0 if phone is None else 1 if phone.startswith("+1") else 2 for phone in phones]
    return pa.DictionaryArray.from_arrays(
        pa.array(which, pa.int32()), pa.StructArray.from_arrays(parts, [":type", ":region", ":zones"])
    )


def decided(
    rows: list[dict[str, str | None]], found: list[Finding], *channels: Channel, effect: dict[str, str] | None = None
) -> Decided:
    """Decide rows that have already been normalised and screened; ``effect`` overrides a code's own."""
    names = [name for name in ("phone", "phone_2", "email", "email_2") if name in rows[0]]
    mapping = Mapping({name: name for name in names}, frozenset(), (), (), ())
    given = LocalFile(Path("drop.parquet"))
    source = Source(Table(given, "drop", tuple(names), tuple(names), ConvertedReader(given, {}, (), {})), mapping, "US")
    context = Context(Campaign(channels=list(channels)), None, date(2026, 11, 21), [], [source], apply_here)
    fixed = {"is_lead": True, "raw": None}
    types: dict[str, pl.DataType] = dict.fromkeys([*names, "raw"], pl.String())
    types |= {"row_id": pl.UInt64(), "source_line": pl.UInt64()}
    frame = pl.DataFrame(
        [{"row_id": number, "source_line": number + 2, **fixed, **row} for number, row in enumerate(rows)],
        schema_overrides=types,
    ).with_columns(pl.struct(names).alias("original"))
    effects = {code: reason.effect for code, reason in CODES.items()} | (effect or {})
    findings = coded(
        pl.DataFrame(
            [(row, point, code, effects[code], "test", "detail", _CLOSED.get(code)) for row, point, code in found],
            schema=FINDING_SCHEMA,
            orient="row",
        )
    )
    constants = {"vendor": None, "source_file": "drop.csv", "source_sha256": "0", "run_id": "0"}
    held = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    for slot in ("phone", "phone_2"):
        if slot in names:
            held = held.append_column(f"{slot}:form", _forms(frame.get_column(slot)))
    verdict = decide_stage(held, findings, contactable(frame, findings, context), source, context, constants)
    return Decided(pl.DataFrame(verdict.clean), pl.DataFrame(verdict.rejected))


A, B = "+12025550100", "+442079460001"


def test_a_point_with_a_block_or_an_open_review_may_not_be_used() -> None:
    """A flag blocks nothing."""
    rows: list[dict[str, str | None]] = [{"phone": A, "phone_2": B} for _ in range(5)]
    verdict = decided(
        rows,
        [
            (1, "phone", "phone.extension"),
            (2, "phone", "dnc.national"),
            (3, "phone", "email.role"),
            (4, "phone", "dnc.national"),
            (4, "phone_2", "email.role"),
        ],
        "call",
        effect={"email.role": "review"},
    )
    assert verdict.clean.select("row_id", "phone", "phone_2", "flags", "phone_region").rows() == [
        (0, A, B, [], "US"),
        (1, A, B, ["phone.extension"], "US"),
        (2, None, B, [], "GB"),
        (3, None, B, [], "GB"),
    ]
    assert verdict.rejected.select("row_id", "phone", "phone_2", "reasons", "flags").rows() == [
        (4, A, B, ["dnc.national", "email.role"], [])
    ]


def test_a_finding_on_the_whole_row_blocks_every_point() -> None:
    verdict = decided(
        [{"phone": A, "email": "a@example.com"}, {"phone": B, "email": "b@example.com"}],
        [(0, None, "lead.test_record")],
        "call",
        "email",
    )
    assert verdict.clean.select("row_id", "channels").rows() == [(1, ["call", "email"])]
    assert verdict.rejected.select("row_id", "reason", "reason_detail", "channels").rows() == [
        (0, "lead.test_record", CODES["lead.test_record"].summary + " detail.", [])
    ]


def test_channels_are_those_with_a_usable_point_in_the_campaign_s_order() -> None:
    verdict = decided(
        [
            {"phone": A, "email": "a@example.com"},
            {"phone": B, "email": None},
            {"phone": None, "email": "c@example.com"},
        ],
        [(0, "phone", "dnc.national")],
        "email",
        "text",
        "call",
    )
    assert verdict.clean.select("row_id", "phone", "email", "channels").rows() == [
        (0, None, "a@example.com", ["email"]),
        (1, B, None, ["text", "call"]),
        (2, None, "c@example.com", ["email"]),
    ]


def test_reasons_stand_in_order_of_precedence_whatever_the_order_of_findings() -> None:
    """Each code once; the first is the primary one, and its disposition is the row's."""
    verdict = decided(
        [{"phone": A, "phone_2": B, "email": "a@example.com"}],
        [
            (0, "email", "email.syntax"),
            (0, "phone_2", "dnc.national"),
            (0, "phone", "duplicate.in_drop"),
            (0, "phone", "dnc.national"),
            (0, "email", "email.unsubscribed"),
            (0, "phone", "phone.extension"),
        ],
        "call",
        "email",
    )
    (row,) = verdict.rejected.select("reason", "reasons", "disposition", "flags").rows()
    assert row == (
        "email.unsubscribed",
        ["email.unsubscribed", "dnc.national", "email.syntax", "duplicate.in_drop"],
        "suppress",
        ["phone.extension"],
    )
    assert sorted(row[1], key=PRECEDENCE.__getitem__) == row[1]


def test_a_code_of_one_channel_closes_no_other() -> None:
    rows: list[dict[str, str | None]] = [{"phone": A, "phone_2": B}] * 3
    found = [(0, "phone", "phone.not_textable"), (1, "phone", "phone.not_textable"), (1, "phone_2", "dnc.national")]
    verdict = decided(rows, list(found), "call", "text")
    # Whoever works from a clean row may dial and text each of its phones: the landline is left out for the mobile.
    assert verdict.clean.select("row_id", "phone", "phone_2", "channels").rows() == [
        (0, None, B, ["call", "text"]),
        (1, A, None, ["call"]),
        (2, A, B, ["call", "text"]),
    ]
    verdict = decided(rows, list(found), "text")
    assert verdict.clean.select("row_id", "phone", "phone_2").rows() == [(0, None, B), (2, A, B)]
    assert verdict.rejected.select("row_id", "reasons").rows() == [(1, ["dnc.national", "phone.not_textable"])]


@pytest.mark.parametrize("code", [code for code, reason in CODES.items() if reason.effect != "flag"])
def test_each_code_that_is_no_flag_rejects_with_its_own_disposition(code: str) -> None:
    channel = _CLOSED.get(code, "call")
    verdict = decided([{"phone": A}], [(0, "phone", code)], channel)
    assert len(verdict.clean) == 0
    assert verdict.rejected.select("reason", "reasons", "disposition").rows() == [
        (code, [code], CODES[code].disposition)
    ]


@pytest.mark.parametrize("code", [code for code, reason in CODES.items() if reason.effect == "flag"])
def test_each_flag_leaves_the_row_clean(code: str) -> None:
    verdict = decided([{"phone": A}], [(0, "phone", code)], "call")
    assert verdict.clean.select("phone", "flags").rows() == [(A, [code])]


def test_a_row_cannot_be_rejected_without_a_reason() -> None:
    """That would be a defect of the program, and stops it."""
    with pytest.raises(AssertionError, match="without a reason"):
        decided([{"phone": None}], [], "call")


def test_facts_about_the_phone_are_of_the_first_that_may_be_used(scrub: Scrub, written: Written) -> None:
    """In rejected, where nothing may be used, of the first that was read."""
    drop = "phone,phone 2\n2025550100,+44 20 7946 0001\n2025550101,+44 20 7946 0002\n12,+44 20 7946 0003\n"
    own = written("own.txt", "2025550101\n2025550100\n+442079460001\n")
    ran = scrub(drop, "--internal", own, channels=("call",), campaign=POINT_ONLY)
    assert ran.clean_rows("row_id", "phone", "phone_2", "phone_region", "phone_type", "time_zones") == [
        (1, None, "+442079460002", "GB", "fixed_line", ["Europe/London"]),
        (2, None, "+442079460003", "GB", "fixed_line", ["Europe/London"]),
    ]
    assert ran.rejected_rows("row_id", "phone", "phone_2", "phone_region") == [
        (0, "+12025550100", "+442079460001", "US")
    ]


def test_a_campaign_for_calls_rejects_a_row_with_an_email_alone(scrub: Scrub) -> None:
    ran = scrub("phone,email\n,a@example.com\n2025550100,a@example.com\n", channels=("call",))
    assert ran.rejected_rows("row_id", "reasons", "reason_detail") == [
        (0, ["contact.none"], f"{CODES['contact.none'].summary} no contact point for call.")
    ]
    assert ran.clean_rows("row_id", "channels") == [(1, ["call"])]


def test_post_needs_a_street_and_a_place(scrub: Scrub) -> None:
    drop = (
        "name,phone,address,city,zip\n"
        "A,2025550100,1 Main St,Boston,02134\n"
        "B,,2 Main St,Boston,\n"
        "C,,3 Main St,,02134\n"
        "D,,4 Main St,,\n"
        "E,,,Boston,02134\n"
        "Total,,5,,\n"
    )
    ran = scrub(drop, channels=("call", "post"))
    assert ran.clean_rows("row_id", "channels", "address_1", "postal_code") == [
        (0, ["call", "post"], "1 Main St", "02134"),
        (1, ["post"], "2 Main St", None),
        (2, ["post"], "3 Main St", "02134"),
    ]
    assert ran.rejected_rows("row_id", "reasons") == [
        (3, ["contact.none"]),
        (4, ["contact.none"]),
        (5, ["row.footer"]),
    ]


def test_a_blocked_phone_does_not_close_the_post(scrub: Scrub, written: Written) -> None:
    drop = "phone,address,city\n2025550100,1 Main St,Boston\n"
    ran = scrub(drop, "--dnc", written("own.txt", "2025550100\n"), channels=("call", "post"))
    assert ran.clean_rows("row_id", "phone", "channels") == [(0, None, ["post"])]


def test_a_drop_of_addresses_alone_is_a_drop_for_post(scrub: Scrub) -> None:
    """An address is a contact point of that channel: no phone and no email is needed."""
    ran = scrub("name,address,city,zip\nAnn,1 Main St,Boston,02134\n", channels=("post",))
    assert ran.code == 0, ran.err
    assert ran.clean_rows("row_id", "channels") == [(0, ["post"])]


@pytest.mark.parametrize(
    ("options", "channels", "until"),
    [
        (["dnc.national"], ["call", "email"], date(2026, 12, 21)),
        (["email.wireless_domain"], ["call", "email"], date(2026, 12, 20)),
        (["dnc.national", "email.wireless_domain"], ["call", "email"], date(2026, 12, 20)),
        (["dnc.internal"], ["call", "email"], None),
        (["email.wireless_domain"], ["call"], None),
        (["dnc.national"], ["email"], None),
    ],
)
def test_a_verdict_is_valid_until_its_earliest_list_goes_stale(
    scrub: Scrub, written: Written, options: list[str], channels: tuple[str, ...], until: date | None
) -> None:
    """Counted from the day of the copy (31 days for the registry, 30 for wireless domains); others do not age."""
    content = {"email.wireless_domain": "wireless.example\n"}
    lists = []
    for kind in options:
        lists += ["--list", f"{kind}:{kind}={written(kind, content.get(kind, '2025550199'))}@2026-11-20"]
    ran = scrub("phone,email\n2025550100,a@example.com\n", *lists, channels=tuple(channels))
    assert ran.clean_rows("row_id", "valid_until") == [(0, until)]


def test_a_copy_of_unknown_age_is_good_for_the_day_of_the_run(scrub: Scrub, written: Written) -> None:
    ran = scrub("phone\n2025550100\n", "--dnc", written("own.txt", "2025550199\n"), channels=("call",))
    assert ran.clean_rows("row_id", "valid_until") == [(0, date(2026, 11, 21))]


def test_a_verdict_rests_on_the_lists_of_the_channels_that_are_open(scrub: Scrub, written: Written) -> None:
    """The registry's age does not limit a row that may only be emailed."""
    dnc = written("own.txt", "2025550100\n")
    ran = scrub("phone,email\n2025550100,a@example.com\n2025550101,\n", "--dnc", f"{dnc}@2026-11-20")
    assert ran.clean_rows("row_id", "channels", "valid_until") == [
        (0, ["email"], None),
        (1, ["call"], date(2026, 12, 21)),
    ]


def test_dates_and_yes_no_are_read_only_where_they_are_certain(scrub: Scrub) -> None:
    """What could not be read is null, flagged, and kept as it came in extra."""
    drop = (
        "phone,consent_at,birth_date,is_business\n"
        "2025550100,2026-03-04,1970-02-03,yes\n"
        "2025550101,2026-03-04T05:06+01:00,,no\n"
        "2025550102,03/04/2026,2/3/1970,maybe\n"
        "2025550103,2026-02-30,1970-13-01,\n"
    )
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id", "consent_at", "birth_date", "is_business", "flags") == [
        (0, datetime(2026, 3, 4, tzinfo=UTC), date(1970, 2, 3), True, []),
        (1, datetime(2026, 3, 4, 4, 6, tzinfo=UTC), None, False, []),
        (2, None, None, None, ["row.unread_value"]),
        (3, None, None, None, ["row.unread_value"]),
    ]
    assert ran.clean.get_column("extra").to_list()[2] == {
        "consent_at": "03/04/2026",
        "birth_date": "2/3/1970",
        "is_business": "maybe",
    }
