"""Tokens of several people, one address and one second for a whole file: found over the run, at any block size."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.consent_clusters import most_of
from tests.conftest import Scrub, Scrubbed, Written

pytestmark = pytest.mark.slow

TOKEN = "https://cert.trustedform.com/" + "0a" * 20
OTHER = "https://cert.trustedform.com/" + "1b" * 20
LEADID = "0A1B2C3D-0000-4000-8000-00000000000A"
#: Asks nothing of live calls to consumers whose number is on no list, as long as the vendor's file is in order.
LAW = """
[rules]
packs = ["us"]
[evidence]
dialling = "live"
product_class = []
"""
VENDOR = 'name = "shop"\n[evidence]\nsource_type = "own_customers"\norigin = "own shop"\n'
HEADER = "phone,email,country,trustedform_cert_url\n"


def told(ran: Scrubbed, code: str = "consent.token_reused") -> list[tuple[int, str, str]]:
    """Row, effect and detail of each finding of a code."""
    assert ran.code == 0, ran.err
    rows = ran.findings.filter(code=code).select("row_id", "effect", "detail").rows()
    return [(int(row), str(effect), str(detail)) for row, effect, detail in rows]


@pytest.fixture
def lawful(scrub: Scrub, written: Written, in_folder: Path) -> Scrub:
    """Scrub for live calls under the pack us, with a vendor's file and registries that speak against nobody."""
    written("leadscrub.toml", "")
    written("vendors/shop.toml", VENDOR)
    registry, state = written("registry.txt", "2025550199\n"), written("state.txt", "2025550199\n")

    def run(drop: object, *options: object, **more: object) -> Scrubbed:
        lists = ("--dnc", f"{registry}@2026-11-20", "--list", f"dnc.state:texas={state}@2026-11-20", "--vendor", "shop")
        return scrub(drop, *lists, *options, **{"channels": ("call",), "campaign": LAW, **more})

    return run


def test_rows_with_a_token_of_several_people_are_for_review(lawful: Scrub) -> None:
    """Neither of the two can be told to be the token's; a third with a token of her own is clean."""
    ran = lawful(f"{HEADER}2025550100,,US,{TOKEN}\n2025550101,,US,{TOKEN}\n2025550102,,US,{OTHER}\n2025550103,,US,\n")
    assert ran.clean_rows("row_id") == [(2,), (3,)]
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [
        (0, ["consent.token_reused"], "review"),
        (1, ["consent.token_reused"], "review"),
    ]
    detail = "TrustedForm certificate of at least 2 people; first in row 0 (drop.csv line 2)"
    assert told(ran) == [(0, "review", detail), (1, "review", detail)]


def test_a_run_without_rule_packs_only_flags_them(scrub: Scrub) -> None:
    """Nothing asked for consent, so nothing rests on the token."""
    ran = scrub(f"{HEADER}2025550100,,US,{TOKEN}\n2025550101,,US,{TOKEN}\n", channels=("call",))
    assert ran.clean_rows("row_id", "flags") == [(0, ["consent.token_reused"]), (1, ["consent.token_reused"])]
    assert {effect for _, effect, _ in told(ran)} == {"flag"}


def test_the_same_phone_or_the_same_email_is_the_same_person(scrub: Scrub) -> None:
    """Directly or through another row of the token; spelling does not matter."""
    ends = f"2025550100,ann@example.com,US,{TOKEN}\n", f"+12025550101,bob@example.com,US,{TOKEN}\n"
    between = f"(202) 555-0101,ANN@example.com,US,{TOKEN}\n"
    assert told(scrub(HEADER + ends[0] + between + ends[1])) == []
    assert [row for row, _, _ in told(scrub(HEADER + "".join(ends), "--force"))] == [0, 1]


def test_columns_that_no_channel_uses_tell_people_apart_as_well(scrub: Scrub) -> None:
    """For an email campaign the phone is not read, and still it is the same one."""
    same = f"{HEADER}2025550100,ann@example.com,US,{TOKEN}\n(202) 555-0100,ann2@example.com,US,{TOKEN}\n"
    assert told(scrub(same, channels=("email",))) == []
    others = same.replace("(202) 555-0100", "2025550101")
    assert [row for row, _, _ in told(scrub(others, "--force", channels=("email",)))] == [0, 1]


def test_rows_without_any_contact_are_nobody(scrub: Scrub) -> None:
    ran = scrub(f"{HEADER}2025550100,,US,{TOKEN}\n,,US,{TOKEN}\n", channels=("call",))
    assert told(ran) == []


def test_a_token_of_the_wrong_form_is_no_token(scrub: Scrub) -> None:
    """The same word in every row is a gap, not a certificate."""
    ran = scrub(f"{HEADER}2025550100,,US,none\n2025550101,,US,none\n", channels=("call",))
    assert told(ran) == []


def test_leadids_are_tokens_over_all_files_of_a_run(scrub: Scrub, written: Written) -> None:
    first = written("a.csv", f"phone,universal_leadid\n2025550100,{LEADID}\n")
    second = written("b.csv", f"phone,universal_leadid\n2025550101,{LEADID.lower()}\n2025550102,{LEADID}\n")
    detail = "LeadiD of at least 3 people; first in row 0 (a.csv line 2)"
    assert told(scrub([first, second], channels=("call",))) == [(row, "flag", detail) for row in range(3)]


def test_a_row_for_review_takes_no_good_copy_with_it(lawful: Scrub) -> None:
    """The first copy of the number has somebody else's token; the second copy stands on its own and is kept."""
    ran = lawful(
        f"{HEADER}2025550100,,US,{TOKEN}\n2025550101,,US,{TOKEN}\n2025550100,,US,{OTHER}\n2025550102,,US,\n"
        "2025550102,,US,\n"
    )
    assert ran.clean_rows("row_id") == [(2,), (3,)]
    assert ran.rejected_rows("row_id", "reasons") == [
        (0, ["consent.token_reused"]),
        (1, ["consent.token_reused"]),
        (4, ["duplicate.in_drop"]),
    ]


def people_of(rows: list[tuple[str, str, str]]) -> dict[int, int]:
    """For each row, how many people its token stands for: by the rule, one token at a time."""
    people: dict[int, int] = {}
    for token in {token for _, _, token in rows} - {""}:
        groups: list[tuple[set[str], set[int]]] = []
        for number, (phone, email, own) in enumerate(rows):
            if own != token or not (phone or email):
                continue
            contacts, members = {phone, email} - {""}, {number}
            for group in [group for group in groups if group[0] & contacts]:
                groups.remove(group)
                contacts, members = contacts | group[0], members | group[1]
            groups.append((contacts, members))
        people |= {number: len(groups) for _, members in groups for number in members}
    return {number: count for number, count in people.items() if count > 1}


@pytest.mark.parametrize("seed", [1, 2, random.SystemRandom().randrange(10**9)], ids=["one", "two", "fresh"])
@pytest.mark.parametrize("block", ["4", "0.001"])
def test_it_does_what_a_simple_model_does(scrub: Scrub, seed: int, block: str) -> None:
    """Random tables in which tokens, phones and emails repeat, read as one block and as many."""
    draw = random.Random(seed)
    tokens = ["", *(f"https://cert.trustedform.com/{number:040x}" for number in range(25))]
    rows = [
        (
            draw.choice(["", *(f"20255501{number:02}" for number in range(40))]),
            draw.choice(["", *(f"p{number}@example.com" for number in range(40))]),
            draw.choice(tokens),
        )
        for _ in range(80)
    ]
    drop = HEADER + "".join(f"{phone},{email},US,{token}\n" for phone, email, token in rows)
    expected = people_of(rows)
    assert expected
    found = told(scrub(drop, "--block-mb", block))
    assert {row: int(detail.split(" at least ")[1].split()[0]) for row, _, detail in found} == expected


def test_a_token_of_a_crowd_is_settled_by_its_first_rows(scrub: Scrub) -> None:
    """One token for the whole file: ten thousand rows are compared, and every row is told."""
    rows = "".join(f"p{number}@example.com,{TOKEN}\n" for number in range(12_000))
    ran = scrub("email,trustedform_cert_url\n" + rows, "--block-mb", "0.1", channels=("email",))
    detail = "TrustedForm certificate of at least 10000 people; first in row 0 (drop.csv line 2)"
    assert told(ran) == [(row, "flag", detail) for row in range(12_000)]


@given(st.lists(st.sampled_from([0, 1, 2, 2**63 - 1]), max_size=70), st.sampled_from([pl.Int64, pl.UInt64]))
def test_what_more_than_half_have_is_found(values: list[int], dtype: type[pl.DataType]) -> None:
    given_values = [value for value in values if value]
    most = {value for value in given_values if 2 * given_values.count(value) > len(given_values)}
    assert most_of(pl.Series(values, dtype=dtype)) == (len(given_values), most)


def consents(rows: int, same: int, *, time: str = "10:15:30") -> str:
    """A drop of ``rows`` leads, the last ``same`` of which gave consent at one second and from one address."""
    lines = ["phone,country,consent_at,consent_ip"]
    for number in range(rows):
        alone = number < rows - same
        second = (
            f"2026-06-{1 + number % 28:02}T09:{number // 28:02}:{number % 60:02}Z" if alone else f"2026-07-01T{time}Z"
        )
        lines.append(f"20255501{number:02},US,{second},{f'198.51.100.{number}' if alone else '203.0.113.9'}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("block", ["4", "0.001"])
def test_one_second_for_most_of_a_file_is_for_review(lawful: Scrub, block: str) -> None:
    """Eleven of twenty. One address is noted only: a call centre may have one."""
    ran = lawful(consents(20, 11), "--block-mb", block)
    late = range(9, 20)
    second = "11 of the 20 consents of drop.csv have the same second"
    assert told(ran, "consent.one_second") == [(row, "review", second) for row in late]
    address = "11 of the 20 consents of drop.csv have the same IP address"
    assert told(ran, "consent.one_ip") == [(row, "flag", address) for row in late]
    assert [row for (row,) in ran.clean_rows("row_id")] == list(range(9))
    assert set(ran.rejected.get_column("disposition")) == {"review"}
    assert not ran.findings.get_column("detail").str.contains("203.0.113.9", literal=True).any()


@pytest.mark.parametrize(
    "drop",
    [consents(20, 10), consents(19, 19), consents(20, 20, time="00:00:00").replace("203.0.113.9", "")],
    ids=["half", "too few", "a day without a time"],
)
def test_less_than_that_says_nothing(lawful: Scrub, drop: str) -> None:
    ran = lawful(drop)
    assert told(ran, "consent.one_second") == told(ran, "consent.one_ip") == []


def test_each_file_is_judged_alone(lawful: Scrub, written: Written) -> None:
    """Most of one file and few of the other; the first is not drowned by the second."""
    first, second = (
        written("a.csv", consents(20, 20)),
        written("b.csv", consents(60, 0).replace("20255501", "20255502")),
    )
    ran = lawful([first, second])
    assert [row for row, _, _ in told(ran, "consent.one_second")] == list(range(20))
