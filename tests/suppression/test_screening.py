"""Who is on a list is found, in whatever form the list came; who is not on it is left alone."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable

import pytest

from tests.conftest import POINT_ONLY, Scrub, Scrubbed, Written

pytestmark = pytest.mark.slow

PHONES = "phone\n202-555-0100\n202-555-0101\n(202) 555-0102\n+44 20 7946 0001\n"
EMAILS = "email\nann@example.com\nBo.Ray@Example.org\ncy@mail.example.net\ndi@example.net\n"


def zipped(members: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def rows_on_a_list(ran: Scrubbed) -> list[tuple[int, str, str]]:
    """Row, point and code of what lists found."""
    assert ran.code == 0, ran.err
    codes = ("dnc.", "list.", "phone.reassigned", "email.unsub", "email.bounc", "email.compl", "email.dom", "email.wir")
    return [found for found in ran.found() if str(found[2]).startswith(codes)]


@pytest.mark.parametrize("kind", ["dnc.national", "dnc.state", "dnc.internal", "dnc.litigator", "phone.reassigned"])
def test_each_kind_of_number_list_gives_its_code(scrub: Scrub, written: Written, kind: str) -> None:
    path = written("own.txt", "2025550101\n+442079460001\n")
    ran = scrub(PHONES, "--list", f"{kind}:{'texas' if kind == 'dnc.state' else 'own'}={path}", channels=("call",))
    assert rows_on_a_list(ran) == [(1, "phone", kind), (3, "phone", kind)]
    assert ran.clean_rows("row_id") == [(0,), (2,)]
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [(1, [kind], "suppress"), (3, [kind], "suppress")]


@pytest.mark.parametrize(
    "kind", ["email.unsubscribed", "email.bounced", "email.complained", "dnc.internal", "dnc.litigator"]
)
def test_each_kind_of_email_list_gives_its_code(scrub: Scrub, written: Written, kind: str) -> None:
    """Upper and lower case of an address are the same address."""
    path = written("own.txt", "ANN@example.com\nbo.ray@example.org\n")
    ran = scrub(EMAILS, "--list", f"{kind}:own={path}", channels=("email",))
    assert rows_on_a_list(ran) == [(0, "email", kind), (1, "email", kind)]
    assert ran.clean_rows("row_id") == [(2,), (3,)]


@pytest.mark.parametrize("kind", ["list.match", "list.competitors"])
def test_a_kind_of_the_user_s_own_matches_phones_and_emails(scrub: Scrub, written: Written, kind: str) -> None:
    path = written("own.txt", "bo@example.com\n2025550100\n")
    ran = scrub("phone,email\n202-555-0100,ann@example.com\n,bo@example.com\n", "--list", f"{kind}:own={path}")
    assert rows_on_a_list(ran) == [(0, "phone", "list.match"), (1, "email", "list.match")]
    assert ran.clean_rows("row_id", "phone", "email", "channels") == [(0, None, "ann@example.com", ["email"])]
    (source,) = set(ran.findings.filter(code="list.match").get_column("source"))
    assert source.startswith(f"{kind}:own version ")
    assert source.endswith(" as of 2026-11-21")


def test_the_short_options_name_their_kinds(scrub: Scrub, written: Written) -> None:
    ran = scrub(
        "phone,email\n202-555-0100,ann@example.com\n202-555-0101,\n",
        *("--dnc", written("a.txt", "2025550101\n")),
        *("--internal", written("b.txt", "2025550100\n")),
        *("--unsubscribe", written("c.txt", "ann@example.com\n")),
        campaign=POINT_ONLY,
    )
    assert rows_on_a_list(ran) == [
        (0, "phone", "dnc.internal"),
        (0, "email", "email.unsubscribed"),
        (1, "phone", "dnc.national"),
    ]
    assert [(entry["name"], entry["kind"], entry["matches"]) for entry in ran.manifest["lists"]] == [
        ("a", "dnc.national", 1),
        ("b", "dnc.internal", 1),
        ("c", "email.unsubscribed", 1),
    ]


FLAT = "202,5550101\r\n202,5550102\r\n000,0000000\r\n"
CSV = 'id,Phone,remark\r\n1,(202) 555-0101,"two\r\nlines"\r\n2,+1 202 555 0102,\r\n'
FLAT_WITH_ONE_ODD_LINE = "202,5550101\n" + "".join(f"212,55501{n:02}\n" for n in range(60)) + "(202) 555-0102\n"
FORMS: dict[str, tuple[str, bytes]] = {
    "registry's flat file": ("own.txt", FLAT.encode()),
    "flat, zipped": ("own.zip", zipped({"2026/own.txt": FLAT})),
    "flat, zipped in two members": ("own.zip", zipped({"a.txt": "202,5550101\n", "b.txt": "202,5550102\n"})),
    "flat, zipped under another name": ("own.dat", zipped({"a.txt": FLAT})),
    "flat, gzip": ("own.txt.gz", gzip.compress(FLAT.encode())),
    "flat without line end at the end": ("own.txt", FLAT.strip().encode()),
    "flat, one entry written otherwise": ("own.txt", FLAT_WITH_ONE_ODD_LINE.encode()),
    "one a line": ("own.txt", b"2025550101\n202-555-0102\n"),
    "one a line, blanks and CRLF": ("own.txt", b"\r\n  (202) 555-0101 \r\n\r\n1.202.555.0102\r\n"),
    "E.164": ("own.txt", b"+12025550101\n+12025550102\n"),
    "byte order mark": ("own.txt", b"\xef\xbb\xbf+12025550101\n2025550102\n"),
    "not UTF-8": ("own.txt", "202-555-0101\nZo\xeb\n202-555-0102\n".encode("latin-1")),
    "CSV column known by its name": ("own.csv", CSV.encode()),
    "CSV with semicolons": ("own.csv", CSV.replace(",", ";").encode()),
    "CSV, gzip": ("own.csv.gz", gzip.compress(CSV.encode())),
    "CSV, zipped": ("own.zip", zipped({"own.csv": CSV})),
    "CSV, two phone columns": ("own.csv", b"phone,mobile\n202-555-0101,202-555-0102\n"),
    "CSV of one column": ("own.csv", b"phone\n202-555-0101\n202-555-0102\n"),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_number_lists_are_read_in_each_form(scrub: Scrub, written: Written, name: str, content: bytes) -> None:
    ran = scrub(PHONES, "--dnc", written(name, content), "--max-refused", "1", channels=("call",))
    assert rows_on_a_list(ran) == [(1, "phone", "dnc.national"), (2, "phone", "dnc.national")]


def test_a_column_that_its_header_does_not_tell_is_named(scrub: Scrub, written: Written) -> None:
    path = written("own.csv", "ident,val,phone\n7,2025550101,2025550100\n")
    ran = scrub(PHONES, "--dnc", path, "--list-column", "own=val", channels=("call",))
    assert rows_on_a_list(ran) == [(1, "phone", "dnc.national")]


NUMBERS_OF_A_LIST = (
    "+44 20 7946 0001", "+4402079460001", "+44 (0)20 7946 0001", "0044 20 7946 0001", "+442079460001 ext 5",
)  # fmt: skip


@pytest.mark.parametrize("entry", NUMBERS_OF_A_LIST)
def test_a_number_of_a_list_is_read_as_a_lead_s_number_is(scrub: Scrub, written: Written, entry: str) -> None:
    """Each spelling that reaches a person in a drop also suppresses that person on a list."""
    path = written("own.txt", f"{entry}\n+12025550199\n")
    ran = scrub(f"phone\n+44 20 7946 0001\n{entry}\n", "--internal", path, channels=("call",), region="GB")
    expected = [(0, "phone", "dnc.internal"), (1, "phone", "dnc.internal")]
    assert rows_on_a_list(ran) == expected


def test_short_international_numbers_are_found_beside_north_american_ones(scrub: Scrub, written: Written) -> None:
    """Norway's numbers with calling code have ten digits, America's eleven."""
    path = written("own.txt", "+12025550100\n+4722865500\n+29022158\n+4533633363\n")
    drop = "phone\n+47 22 86 55 00\n+290 22158\n+45 33 63 33 63\n+1 202-555-0100\n+47 22 86 55 01\n"
    ran = scrub(drop, "--internal", path, channels=("call",))
    assert rows_on_a_list(ran) == [(row, "phone", "dnc.internal") for row in range(4)]


def test_national_numbers_of_a_list_belong_to_the_run_s_region(scrub: Scrub, written: Written) -> None:
    path = written("own.txt", "020 7946 0001\n")
    ran = scrub("phone\n+44 20 7946 0001\n+44 20 7946 0002\n", "--internal", path, region="GB", channels=("call",))
    assert rows_on_a_list(ran) == [(0, "phone", "dnc.internal")]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("recipe", "digest"),
    [
        ("trim+lower+md5", lambda text: md5(text.strip().lower())),
        ("lower+sha1", lambda text: sha1(text.lower())),
        ("lower+sha256", lambda text: sha256(text.lower())),
        ("lower+sha-256", lambda text: sha256(text.lower()).upper()),
    ],
)
def test_hashed_emails_match_by_their_recipe(
    scrub: Scrub, written: Written, recipe: str, digest: Callable[[str], str]
) -> None:
    path = written("own.txt", f"{digest('Ann@example.com')}\n{digest('bo.ray@example.org')}\n")
    ran = scrub(EMAILS, "--unsubscribe", path, "--list-hash", f"own={recipe}", channels=("email",))
    assert rows_on_a_list(ran) == [(0, "email", "email.unsubscribed"), (1, "email", "email.unsubscribed")]


def test_a_recipe_without_lower_hashes_what_was_given(scrub: Scrub, written: Written) -> None:
    """The address as it came and its normal form are both tried: the partner hashed one of them."""
    path = written("own.txt", f"{md5('Bo.Ray@Example.org')}\n{md5('ann@example.com')}\n{md5('DI@EXAMPLE.NET')}\n")
    ran = scrub(EMAILS, "--unsubscribe", path, "--list-hash", "own=md5", channels=("email",))
    assert rows_on_a_list(ran) == [(0, "email", "email.unsubscribed"), (1, "email", "email.unsubscribed")]


def test_hashed_numbers_match_by_their_recipe(scrub: Scrub, written: Written) -> None:
    path = written("own.txt", f"{sha256('2025550101')}\n")
    ran = scrub(PHONES, "--internal", path, "--list-hash", "own=digits+last10+sha256", channels=("call",))
    assert rows_on_a_list(ran) == [(1, "phone", "dnc.internal")]


def test_hashes_in_a_column_of_a_csv(scrub: Scrub, written: Written) -> None:
    path = written("own.csv", f"when,hash\n2026-01-01,{md5('ann@example.com')}\n")
    ran = scrub(
        EMAILS, "--unsubscribe", path, "--list-hash", "own=lower+md5", "--list-column", "own=hash", channels=("email",)
    )
    assert rows_on_a_list(ran) == [(0, "email", "email.unsubscribed")]


@pytest.mark.parametrize(
    ("entry", "rows"),
    [
        ("example.net", [2, 3]),
        ("@example.net", [3]),
        (".example.net", [2]),
        ("mail.example.net", [2]),
        ("EXAMPLE.Net", [2, 3]),
        ("ample.net", []),
        ("net.example", []),
    ],
)
def test_a_domain_list_says_which_domains_it_means(scrub: Scrub, written: Written, entry: str, rows: list[int]) -> None:
    """``d`` is a domain and its subdomains, ``@d`` it alone, ``.d`` its subdomains alone."""
    path = written("own.txt", f"{entry}\nother.example\n")
    ran = scrub(EMAILS, "--list", f"email.domain_suppressed:own={path}", channels=("email",))
    assert rows_on_a_list(ran) == [(row, "email", "email.domain_suppressed") for row in rows]


def test_a_domain_in_its_ascii_form_is_the_same_domain(scrub: Scrub, written: Written) -> None:
    """``xn--mnchen-3ya.example.com`` on a list is ``münchen.example.com`` in a drop, and the other way round."""
    drop = "email\nann@münchen.example.com\nbo@xn--mnchen-3ya.example.com\n"
    for entry in ("xn--mnchen-3ya.example.com", "münchen.example.com"):
        path = written("own.txt", f"{entry}\n")
        ran = scrub(drop, "--list", f"email.domain_suppressed:own={path}", "--force", channels=("email",))
        assert rows_on_a_list(ran) == [(row, "email", "email.domain_suppressed") for row in (0, 1)], entry


def test_wireless_domains_have_their_own_code(scrub: Scrub, written: Written) -> None:
    path = written("own.txt", "example.net\n")
    ran = scrub(EMAILS, "--list", f"email.wireless_domain:own={path}", channels=("email",))
    assert rows_on_a_list(ran) == [(2, "email", "email.wireless_domain"), (3, "email", "email.wireless_domain")]


def test_entries_that_no_index_can_take_are_counted_and_named(scrub: Scrub, written: Written) -> None:
    """Entries read = indexed + repeated + refused, and the run says that some were refused."""
    path = written("own.txt", "2025550101\n202-555-0101\nfoo\n12\nann@example.com\nbo@\n+12025550102\n")
    refused = scrub(PHONES, "--internal", path, channels=("call",))
    assert refused.code == 5
    assert "3 of 7 entries (43%) cannot be read and would block nobody; at most 1% may" in refused.err
    assert "(own.txt:3, own.txt:6, own.txt:4 …)" in refused.err
    ran = scrub(PHONES, "--internal", path, "--max-refused", "0.43", channels=("call",))
    (used,) = ran.manifest["lists"]
    entries = used["entries"]
    assert (entries["read"], entries["indexed"], entries["repeated"]) == (7, 3, 1)
    assert sum(entries["refused"].values()) == 3
    assert entries["refused"]["not an email address"] == 1
    assert "list own: 3 of 7 entries not usable" in ran.err
    assert "see own.txt:3, own.txt:6, own.txt:4" in ran.err


def test_every_point_of_a_row_is_screened(scrub: Scrub, written: Written) -> None:
    """A second phone on a list is not there to be dialled by accident."""
    drop = "phone,phone 2,phone 3,email,email 2\n202-555-0100,202-555-0101,202-555-0102,a@example.com,b@example.com\n"
    ran = scrub(drop, "--internal", written("own.txt", "2025550101\nb@example.com\n"), campaign=POINT_ONLY)
    assert ran.clean_rows("phone", "phone_2", "phone_3", "email", "email_2") == [
        ("+12025550100", None, "+12025550102", "a@example.com", None)
    ]
    assert rows_on_a_list(ran) == [(0, "phone_2", "dnc.internal"), (0, "email_2", "dnc.internal")]


def test_a_point_on_two_lists_has_both_reasons(scrub: Scrub, written: Written) -> None:
    ran = scrub(
        PHONES,
        *("--dnc", written("a.txt", "2025550101\n")),
        *("--internal", written("b.txt", "2025550101\n")),
        *("--list", f"dnc.state:tx={written('c.txt', '2025550101')}"),
        channels=("call",),
    )
    assert ran.rejected_rows("row_id", "reason", "reasons") == [
        (1, "dnc.internal", ["dnc.internal", "dnc.national", "dnc.state"])
    ]


def test_two_files_of_one_name_are_two_lists(scrub: Scrub, written: Written) -> None:
    ran = scrub(
        PHONES,
        *("--dnc", written("a/list.txt", "2025550101\n")),
        *("--internal", written("b/list.txt", "2025550102\n")),
        channels=("call",),
    )
    assert rows_on_a_list(ran) == [(1, "phone", "dnc.national"), (2, "phone", "dnc.internal")]
    assert len({entry["name"] for entry in ran.manifest["lists"]}) == 2


def test_a_list_of_the_campaign_is_relative_to_the_campaign(scrub: Scrub, written: Written) -> None:
    written("lists/ours.csv", "number;name\n2025550101;A\n")
    entry = '[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "lists/ours.csv"\ncolumn = "number"\n'
    ran = scrub(PHONES, channels=("call",), campaign=entry)
    assert rows_on_a_list(ran) == [(1, "phone", "dnc.internal")]
