"""Contact points from the drop to the verdict: two readings, calling codes, swapped cells, types, slips, folds."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Scrub, Scrubbed, Written, leadscrub

pytestmark = pytest.mark.slow

BUDAPEST, TEXAS = "+3612345678", "+13612345678"


def about(ran: Scrubbed, code: str) -> list[tuple[int, str, str]]:
    """Row, point and detail of each finding of a code."""
    assert ran.code == 0, ran.err
    return [(r, p, d) for r, p, d in ran.findings.filter(code=code).select("row_id", "point", "detail").rows()]


@pytest.mark.parametrize(
    ("listed", "masked", "said"),
    [(r"00 36 1 234 5678", "+361*****78", ""), (TEXAS, "+1361*****78", ", in its other reading")],
)
def test_either_reading_of_a_number_is_blocked(
    scrub: Scrub, written: Written, listed: str, masked: str, said: str
) -> None:
    """A list that says which of the two it means blocks both rows all the same."""
    internal = written("ours.txt", f"{listed}\n")
    ran = scrub(
        "phone\n+3612345678\n0113612345678\n+12125550123\n",
        *("--internal", internal, "--layout", written("layout.toml", 'region = "US"\n')),
        channels=("call",),
        region="FR",
    )
    assert about(ran, "dnc.internal") == [
        (0, "phone", f"{masked} is on the list ours{said}"),
        (1, "phone", f"{masked} is on the list ours{said}"),
    ]
    assert about(ran, "phone.ambiguous") == [
        (0, "phone", "+361*****78 as written, or +1361*****78"),
        (1, "phone", "+361*****78 as written, or +1361*****78"),
    ]
    assert ran.clean_rows("row_id") == [(2,)]
    assert ran.rejected_rows("row_id", "phone", "reason", "flags") == [
        (0, BUDAPEST, "dnc.internal", ["phone.ambiguous"]),
        (1, BUDAPEST, "dnc.internal", ["phone.ambiguous"]),
    ]


def test_a_number_of_two_readings_on_no_list_is_only_flagged(scrub: Scrub) -> None:
    """The point is the number as written; its other reading is in the finding, masked."""
    ran = scrub("phone\n+3612345678\n+2124900579\n", channels=("call",))
    assert ran.clean_rows("phone", "phone_region", "flags") == [
        (BUDAPEST, "HU", ["phone.ambiguous"]),
        ("+12124900579", "US", ["phone.repaired"]),
    ]
    assert about(ran, "phone.repaired") == [(1, "phone", "bogus + removed")]


def test_the_registry_must_cover_the_other_reading_too(scrub: Scrub, written: Written) -> None:
    registry = written("registry.txt", "212,5550100\n")
    store = registry.parent / "store"
    from tests.conftest import leadscrub

    added = leadscrub(
        *("lists", "add", "registry", registry, "--kind", "dnc.national", "--as-of", "2026-11-20"),
        *("--covers", "212", "--region", "US", "--store", store),
    )
    assert added.code == 0, added.err
    ran = scrub("phone\n+3612345678\n", "--store", store, "--list", "registry", channels=("call",))
    assert about(ran, "dnc.not_covered") == [
        (0, "phone", "+1361*****78: area code 361 is not in the registry copy, in its other reading")
    ]


def test_a_list_holds_both_readings_of_its_entries(scrub: Scrub, written: Written) -> None:
    """Whoever wrote the list made the same mistakes as vendors do."""
    ours = written("ours.txt", "+3612345678\n+2124900579\n")
    drop = "phone\n361-234-5678\n212-490-0579\n+3612345678\n212-490-0578\n"
    ran = scrub(drop, "--internal", ours, channels=("call",))
    assert [(row, detail.endswith("in its other reading")) for row, _, detail in about(ran, "dnc.internal")] == [
        (0, False),
        (1, False),
        (2, False),
    ]


def test_calling_codes_of_a_column_decide_the_country(scrub: Scrub) -> None:
    """The first phone's column serves the others too; a plus wins over it, and the conflict is told."""
    drop = (
        "phone_code,phone_number,alt_phone\n"
        "1,2025550100,\n"
        "44,020 7946 0001,020 7946 0009\n"
        "33.0,01 99 00 12 34,\n"
        ",2025550101,\n"
        "1,+442079460002,\n"
        "999,2025550102,\n"
        "44,2025550103,\n"
    )
    ran = scrub(drop, channels=("call",))
    assert ran.manifest["inputs"][0]["mapping"]["phone_code"] == "phone_code"
    assert ran.clean_rows("row_id", "phone", "phone_2") == [
        (0, "+12025550100", None),
        (1, "+442079460001", "+442079460009"),
        (2, "+33199001234", None),
        (3, "+12025550101", None),
        (4, "+442079460002", None),
    ]
    assert ran.rejected_rows("row_id", "reasons", "flags") == [
        (5, ["phone.country_unread"], []),
        (6, ["phone.invalid"], ["phone.code_conflict"]),
    ]
    assert about(ran, "phone.country_unread") == [(5, "phone", "column 'phone_code' holds no calling code; read in US")]
    assert about(ran, "phone.code_conflict") == [
        (4, "phone", "+4420*****02 is not of calling code 1"),
        (6, "phone", "valid, but not with the calling code 44"),
    ]
    codes = ran.clean.get_column("extra").struct.field("phone_code").to_list()
    assert codes == ["1", "44", "33.0", "", "1"]


def test_a_layout_names_the_column_of_calling_codes(scrub: Scrub, written: Written) -> None:
    layout = written(
        "cc.toml", '[columns]\nphone = "number"\nphone_2 = "other"\nphone_code = "cc"\nphone_2_code = "occ"\n'
    )
    drop = "number,cc,other,occ\n2025550100,1,020 7946 0001,+44\n01 99 00 12 34,0033,,\n"
    ran = scrub(drop, "--layout", layout, channels=("call",), region="DE")
    assert ran.clean_rows("phone", "phone_2") == [("+12025550100", "+442079460001"), ("+33199001234", None)]
    assert about(ran, "phone.code_conflict") == []


def test_swapped_cells_are_told_and_nothing_is_moved(scrub: Scrub) -> None:
    drop = "phone,email\nann@example.com,202-555-0100\n202-555-0101,bo@example.com\n"
    ran = scrub(drop)
    assert ran.clean_rows("row_id") == [(1,)]
    assert ran.rejected_rows("row_id", "phone", "email", "reasons") == [
        (0, None, None, ["phone.is_email", "email.is_phone"])
    ]
    assert about(ran, "phone.is_email") == [(0, "phone", "xxx@xxxxxxx.xxx: it is an email address")]
    assert about(ran, "email.is_phone") == [(0, "email", "###-###-####: it looks like a phone number")]


def test_a_spreadsheet_s_error_is_damage_and_a_blank_word_is_nothing(scrub: Scrub) -> None:
    drop = "phone,email\n#N/A,#REF!\n(blank),N/A\n__________,0\n0000000000,\n"
    ran = scrub(drop)
    assert ran.rejected_rows("row_id", "reasons") == [
        (0, ["phone.damaged", "email.damaged"]),
        (1, ["contact.none"]),
        (2, ["contact.none"]),
        (3, ["phone.damaged"]),
    ]


def test_a_text_needs_a_number_that_can_receive_it(scrub: Scrub) -> None:
    """A landline may still be called; of two phones the mobile one is left for texts."""
    drop = "phone,phone_2\n07400 123456,\n020 7946 0001,\n020 7946 0002,07400 123457\n"
    ran = scrub(drop, channels=("text", "call"), region="GB")
    assert ran.clean_rows("row_id", "channels") == [(0, ["text", "call"]), (1, ["call"]), (2, ["text", "call"])]
    assert about(ran, "phone.not_textable") == [
        (1, "phone", "+4420*****01 is of type fixed line"),
        (2, "phone", "+4420*****02 is of type fixed line"),
    ]
    ran = scrub(drop, channels=("text",), region="GB", out="text")
    assert ran.clean_rows("row_id", "phone", "phone_2") == [(0, "+447400123456", None), (2, None, "+447400123457")]
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [(1, ["phone.not_textable"], "return")]
    # Nobody can tell an American landline from a mobile by its number.
    assert scrub("phone\n202-555-0100\n", channels=("text",), out="us").clean_rows("phone") == [("+12025550100",)]


TYPES = "phone\n+18004567890\n+447640123456\n+19002345678\n+443451234567\n+12025550100\n"


def test_types_of_number_are_judged_by_the_campaign(scrub: Scrub) -> None:
    """Toll-free, pager, premium rate, UAN: by default, and as a campaign may have it."""
    ran = scrub(TYPES, channels=("call",))
    assert ran.clean_rows("row_id", "phone_type", "flags") == [
        (0, "toll_free", ["phone.unusual_type"]),
        (3, "uan", ["phone.unusual_type"]),
        (4, "fixed_line_or_mobile", []),
    ]
    assert ran.rejected_rows("row_id", "phone_type", "reasons") == [
        (1, "pager", ["phone.unwanted_type"]),
        (2, "premium_rate", ["phone.premium_rate"]),
    ]
    policy = '[phone_types]\ntoll_free = "block"\npager = "allow"\npremium_rate = "flag"\nuan = "allow"\n'
    ran = scrub(TYPES, channels=("call",), campaign=policy, out="own")
    assert ran.clean_rows("row_id", "flags") == [(1, []), (2, ["phone.unusual_type"]), (3, []), (4, [])]
    assert ran.rejected_rows("row_id", "reasons") == [(0, ["phone.unwanted_type"])]


def test_a_wrong_policy_is_a_fault_of_the_campaign(scrub: Scrub) -> None:
    ran = scrub("phone\n1\n", channels=("call",), campaign='[phone_types]\npagers = "allow"\nvoip = "no"\n')
    assert ran.code == 3
    assert "phone_types.pagers: unknown key" in ran.err and "phone_types.voip" in ran.err


def test_a_slip_of_a_domain_is_flagged_with_what_was_meant(scrub: Scrub) -> None:
    ran = scrub("email\nann@gnail.com\nbo@nowhere.con\ncy@gmail.com\n", channels=("email",))
    assert ran.clean_rows("email", "flags") == [
        ("ann@gnail.com", ["email.domain_typo"]),
        ("bo@nowhere.con", ["email.domain_typo"]),
        ("cy@gmail.com", []),
    ]
    assert about(ran, "email.domain_typo") == [
        (0, "email", "a*****@g*****.com: is gmail.com meant?"),
        (1, "email", "b*****@n*****.con: is nowhere.com meant?"),
    ]


def test_folds_make_one_mailbox_of_several_spellings(scrub: Scrub) -> None:
    """Only for duplicates: the address stays as it was, and without the option nothing is folded."""
    drop = "email\nJo.Doe+a@gmail.com\njodoe@googlemail.com\njo@nowhere.museum\njo+x@nowhere.museum\n"
    assert len(scrub(drop, channels=("email",)).clean) == 4
    ran = scrub(drop, channels=("email",), campaign='dedupe.email_folds = ["plus", "dots", "aliases"]', out="folded")
    assert ran.clean_rows("row_id", "email") == [(0, "Jo.Doe+a@gmail.com"), (2, "jo@nowhere.museum")]
    assert ran.rejected_rows("row_id", "reason") == [(1, "duplicate.in_drop"), (3, "duplicate.in_drop")]
    assert ran.manifest["dedupe"] == {
        "keys": ["email"],
        "policy": "first",
        "email_folds": ["plus", "dots", "aliases"],
    }


def test_a_wireless_domain_of_a_list_covers_its_subdomains(scrub: Scrub, written: Written) -> None:
    wireless = written("wireless.txt", "txt.example.net\n")
    drop = "email\nann@txt.example.net\nbo@a.txt.example.net\ncy@nottxt.example.net\n"
    ran = scrub(drop, "--list", f"email.wireless_domain:fcc={wireless}", channels=("email",))
    assert ran.rejected_rows("row_id", "reason") == [(0, "email.wireless_domain"), (1, "email.wireless_domain")]
    assert "disposable-email-domains" in ran.manifest["libraries"]


@pytest.mark.parametrize(
    ("region", "listed", "dropped"),
    [
        ("DE", "4915123020522", "+4915123020522"),
        ("DE", "+4915123020522", "4915123020522"),
        ("DE", "+494915123020522", "4915123020522"),
        ("DE", "49 6128 966000", "06128 966000"),
        ("DE", "06128 966000", "49 6128 966000"),
        ("DE", "+0491622920007", "0162 2920007"),
        ("RU", "+8 495 123-45-67", "8 495 123-45-67"),
        ("RU", "8 495 123-45-67", "+8 495 123-45-67"),
        ("KZ", "8 495 123-45-67", "+8 495 123-45-67"),
        ("KZ", "+8 495 123-45-67", "+7 495 123-45-67"),
        ("BR", "+55 3254-2097", "55 3254-2097"),
        ("BR", "55 800 123483", "+55 800 123483"),
        ("US", "'+2124900579", "212-490-0579"),
        ("US", '=""2124900579""', "`212-490-0579"),
        ("US", "do not call 212-490-0579", "tel. 212-490-0579"),
        ("US", "'dan@example.org", "dan@example.org"),
        ("US", "dan@example.org", "`dan@example.org"),
        ("US", '=""dan@example.org""', "SMTP:dan@example.org"),
        ("US", "(dan@example.org)", "'dan@example.org"),
    ],
)
def test_a_list_and_a_drop_find_each_other(
    scrub: Scrub, written: Written, region: str, listed: str, dropped: str
) -> None:
    """However either side writes the point."""
    kind = "email" if "@" in listed else "phone"
    ours = written("ours.csv", f'{kind}\n"{listed}"\n')
    ran = scrub(f'name,{kind}\nAnn,"{dropped}"\n', "--internal", ours, region=region)
    assert ran.code == 0, ran.err
    assert ran.rejected_rows("row_id", "reason") == [(0, "dnc.internal")]


def test_a_number_of_two_readings_is_explained_in_either(scrub: Scrub) -> None:
    ran = scrub("phone\n+4915123020522\n030 12345678\n", channels=("call",), region="DE")
    explained = leadscrub("explain", ran.folder, "--phone", "4915123020522", "--json")
    assert explained.code == 0, explained.err
    assert [story["row_id"] for story in json.loads(explained.out)["items"]] == [0]
